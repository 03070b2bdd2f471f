"""Programs that some tests start, such as nginx: found, else the test is skipped, or fails where they are required."""

from __future__ import annotations

import os
import shutil

import pytest

SYSTEM_PLACES = "/usr/sbin"
"""Where Debian keeps servers, which an ordinary user's path leaves out."""


def needed_program(name: str, package: str) -> str:
    """The path of a program; without it the test is skipped, or fails where ``WOP_REQUIRE_SERVERS`` is 1."""
    found = shutil.which(name) or shutil.which(name, path=SYSTEM_PLACES)
    if found is None:
        missing = f"{name} was not found: install the package {package} (apt-get install {package})."
        if os.environ.get("WOP_REQUIRE_SERVERS") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    return found
