"""The commands printed in README and docs are run as they stand, and links between pages lead somewhere."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
FENCE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"^<!-- file: (\S+) -->\n```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
FOLDER = re.compile(r"^<!-- folder: (\S+) -->$", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:|#|/)([^)#]+)")


def steps(page: Path) -> list[tuple[str, int]]:
    """The ``$`` lines of the console blocks, each with the exit code its comment ``# exit N`` announces."""
    found = []
    for block in FENCE.findall(page.read_text(encoding="utf-8")):
        for line in block.splitlines():
            if line.startswith("$ "):
                command, _, code = line[2:].partition("# exit ")
                found.append((command.strip(), int(code or 0)))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if steps(page)], ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_of_a_page_run_in_order(page: Path, tmp_path: Path) -> None:
    """In an empty folder; a block after ``<!-- file: NAME -->`` is first written to that file, and
    ``<!-- folder: NAME -->`` makes a folder of the checkout appear there."""
    for name, content in FILE.findall(page.read_text(encoding="utf-8")):
        (tmp_path / name).write_text(content, encoding="utf-8")
    for name in FOLDER.findall(page.read_text(encoding="utf-8")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).symlink_to(ROOT / name)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WOP_")}
    for command, expected in steps(page):
        words = shlex.split(command)
        assert words[0] == "wop", f"{page.name} prints a command that is not wop: {command}"
        done = subprocess.run(
            [sys.executable, "-m", "web.cli", *words[1:]],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == expected, f"{command}\n{done.stdout}\n{done.stderr}"


def test_console_blocks_are_found() -> None:
    assert any(steps(page) for page in PAGES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}, which is not there"
