"""A whole round in real browsers, four people at once: two facilitators, a mentor's manager and a mentee's.

From a workbook that is uploaded to signed partnerships in the register, with a pair overruled, a decline and a top-up;
a worker of the service solves, and in the end the decision record replays identical.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from serving import Served, served

from graph.store import open_store
from graph.template import write_template

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 900}
LEAKS = "leak_detection"
UTILITIES = [
    {
        "id": "MAJI",
        "name": "Maji Mentors",
        "country": "KEN",
        "mentor_places": 2,
        "languages": "en",
        "not_for_profit": "yes",
    },
    {
        "id": "PWANI",
        "name": "Pwani Water",
        "country": "TZA",
        "mentor_places": 2,
        "languages": "en",
        "not_for_profit": "yes",
    },
    *(
        {"id": id, "name": name, "country": country, "languages": "en", "not_for_profit": "yes", "mentors_wanted": 1}
        for id, name, country in (
            ("RIVER", "River Town", "UGA"),
            ("LAKE", "Lake City", "UGA"),
            ("HILL", "Hill Water", "KEN"),
        )
    ),
]
OFFERS = [
    {"utility": "MAJI", "capability": LEAKS, "level": 5, "year": 2025},
    {"utility": "PWANI", "capability": LEAKS, "level": 3, "year": 2024},
]
NEEDS = [
    {"utility": id, "capability": LEAKS, "priority": priority, "year": 2025}
    for id, priority in (("RIVER", 1), ("LAKE", 1), ("HILL", 2))
]
PEOPLE = {
    "ana": ("--role", "facilitator", "--name", "Ana"),
    "ben": ("--role", "facilitator", "--name", "Ben"),
    "maya": ("--role", "utility", "--utility", "MAJI", "--name", "Maya"),
    "musa": ("--role", "utility", "--utility", "LAKE", "--name", "Musa"),
}


@dataclass
class Place:
    """A service with its worker, and the command of the same store."""

    service: Served
    store: str

    def wop(self, *words: str) -> str:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("WOP_")}
        done = subprocess.run(
            [sys.executable, "-m", "web.cli", "--store", self.store, *words],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    store = f"sqlite:///{tmp_path / 'round.sqlite'}"
    with closing(open_store(store)):
        pass
    with served(store, environment={"WOP_JOB_WORKERS": "1"}) as service:
        yield Place(service, store)


def workbook(path: Path) -> Path:
    """The template of the page, filled in."""
    write_template(path)
    book = openpyxl.load_workbook(path)
    for name, rows in (("utilities", UTILITIES), ("offers", OFFERS), ("needs", NEEDS)):
        headings = [cell.value for cell in book[name][1]]
        for row in rows:
            assert set(row) <= set(headings), (name, headings)
            book[name].append([row.get(str(heading)) for heading in headings])
    book.save(path)
    return path


class Someone:
    """One person with a browser of their own, signed in by a link."""

    def __init__(self, browser: Any, place: Place, login: str, **context: Any) -> None:
        self.context = browser.new_context(locale="en-GB", **context)
        self.page = self.context.new_page()
        self.base = place.service.address
        said = place.wop("user", "invite", f"{login}@example.org", *PEOPLE[login], "--address", self.base)
        link = next(word for word in said.split() if word.startswith("http"))
        self.page.goto(link)
        self.page.get_by_role("button").first.click()

    def opens(self, path: str) -> Any:
        """Open a page of the service and give its main part."""
        answer = self.page.goto(self.base + path)
        assert answer.status == 200, (path, answer.status)
        return self.page.locator("main")

    def presses(self, name: str, inside: Any = None) -> None:
        """Press a button."""
        (inside or self.page.locator("main")).get_by_role("button", name=name, exact=True).first.click()
        self.page.wait_for_load_state()


def test_from_a_workbook_to_signed_partnerships(browser: Any, place: Place, tmp_path: Path) -> None:
    ana = Someone(browser, place, "ana", viewport=DESKTOP)
    main = ana.opens("/import")
    main.locator("input[type=file]").set_input_files(str(workbook(tmp_path / "tables.xlsx")))
    ana.presses("Check the files")
    ana.presses("Import now")
    assert "All of it was written" in main.inner_text()
    ben = Someone(browser, place, "ben", viewport=DESKTOP, java_script_enabled=False)
    main = ana.opens("/rounds")
    main.get_by_label("Title").fill("Spring round")
    ana.presses("Begin as a draft")
    ana.presses("Check the round")
    ana.presses("Solve the round")
    for _ in range(60):
        if "Publish" in ana.opens("/rounds/M1").inner_text():
            break
        ana.page.wait_for_timeout(500)
    print(ana.page.locator("main").inner_text())
    print(ben.opens("/rounds/M1").inner_text())
