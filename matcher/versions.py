"""Versions of everything that may change an answer; kept with every result."""

from __future__ import annotations

from functools import cache
from importlib import metadata


@cache
def versions() -> dict[str, str]:
    """Version by distribution, in order of name."""
    return {name: _version(name) for name in ("numpy", "ortools", "scipy", "wop-matcher")}


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"
