"""A whole round in real browsers, four people at once: two facilitators, a mentor's manager and a mentee's.

From a workbook that is uploaded to signed partnerships in the register, with a pair overruled, a decline and a top-up;
a worker of the service solves, and in the end the decision record replays identical.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from following import follow
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

    def __init__(self, browser: Any, base: str, link: str, **context: Any) -> None:
        self.context = browser.new_context(locale="en-GB", **context)
        self.page = self.context.new_page()
        self.base = base
        self.page.goto(link)
        follow(self.page.locator("main").get_by_role("button").first)

    def opens(self, path: str) -> Any:
        """Open a page of the service and give its main part."""
        answer = self.page.goto(self.base + path)
        assert answer.status == 200, (path, answer.status, self.page.locator("main").inner_text())
        return self.page.locator("main")

    def presses(self, name: str, inside: Any = None) -> str:
        """Press a button; what the main part of the page that follows says."""
        follow((inside or self.page.locator("main")).get_by_role("button", name=name, exact=True).first)
        return str(self.page.locator("main").inner_text())


def proposed(person: Someone) -> set[tuple[str, str]]:
    """Mentor and mentee of what is proposed, once no worker is at the round any more."""
    for _ in range(240):
        if "Stop the solve" not in person.opens("/rounds/M1").inner_text():
            break
        person.page.wait_for_timeout(250)
    rows = person.opens("/rounds/M1?phase=proposed").locator("section[aria-labelledby=proposals] tbody tr")
    return {
        (row.locator("th a").inner_text(), row.locator("td a").first.inner_text())
        for row in (rows.nth(at) for at in range(rows.count()))
    }


def links(letters: str) -> list[str]:
    """The links in printed letters, in their order."""
    return re.findall(r"http\S+/sign-in\?\S+", letters)


def records(person: Someone, pair: tuple[str, str], said: str) -> None:
    """Write down what one side said on the telephone."""
    desk = person.opens("/rounds/M1")
    row = desk.locator("tbody tr", has_text=pair[0]).filter(has_text=pair[1])
    row.locator("summary", has_text="Record an answer").click()
    row.get_by_label("What was said").select_option(said)
    person.presses("Record the answer", row)


def test_from_a_workbook_to_signed_partnerships(browser: Any, place: Place, tmp_path: Path) -> None:
    base = place.service.address

    def invited(login: str) -> str:
        said = place.wop("user", "invite", f"{login}@example.org", *PEOPLE[login], "--address", base)
        return next(word for word in said.split() if word.startswith("http"))

    ana = Someone(browser, base, invited("ana"), viewport=DESKTOP)
    ben = Someone(browser, base, invited("ben"), viewport=DESKTOP, java_script_enabled=False)

    # Ana brings the tables in, begins a round and has it solved by the worker.
    main = ana.opens("/import")
    main.locator("input[type=file]").set_input_files(str(workbook(tmp_path / "tables.xlsx")))
    assert "The files are in order" in ana.presses("Check the files")
    assert "All of it was written" in ana.presses("Import now")
    for login in ("maya", "musa"):
        place.wop("user", "add", f"{login}@example.org", *PEOPLE[login])
    ana.opens("/rounds").get_by_label("Title").fill("Spring round")
    ana.presses("Begin as a draft")
    place.wop("round", "set", "M1", "--no-reserve", "--who", "Ana")
    ana.opens("/rounds/M1")
    ana.presses("Check the round")
    ana.presses("Solve the round")
    first = proposed(ana)
    assert len(first) == 3
    assert {mentee for mentor, mentee in first if mentor == "Maji Mentors"} == {"Lake City", "River Town"}

    # Ben overrules a pair, while Ana still looks at the page of before: she is told what he did, and solves again.
    weighing = ben.opens("/rounds/M1/weigh/MAJI/RIVER?what=forbid")
    weighing.get_by_label("Reason").fill("Their offices are in court with each other")
    ben.presses("Decide")
    told = ana.presses("Solve again")
    assert "Ben" in told
    assert "forbade Maji Mentors" in told
    ana.opens("/rounds/M1")
    ana.presses("Solve again")
    second = proposed(ana)
    assert ("Maji Mentors", "River Town") not in second
    assert {mentee for mentor, mentee in second if mentor == "Maji Mentors"} == {"Lake City", "Hill Water"}

    # Published; the mentors are written to first. Maya opens her letter on a phone.
    main = ana.opens("/rounds/M1/publish")
    main.get_by_label("Deadline for answers").fill("2999-12-31")
    ana.presses("Publish all 3")
    main = ana.opens("/rounds/M1/letters")
    assert "1 utility has nobody with an account" in main.inner_text()
    letters = ana.presses("Print 1 letter")
    assert "Maya" in letters
    maya = Someone(browser, base, links(letters)[0], viewport=PHONE, java_script_enabled=False)
    assert "2 proposals wait for your answer" in maya.page.locator("main").inner_text()
    ask = maya.page.locator("article", has_text="Hill Water").first
    ask.locator("summary", has_text="No").last.click()
    ask.get_by_label("Reason").select_option("distance")
    ask.get_by_label("In your words").last.fill("Two days on the road")
    maya.presses("Decline Hill Water", ask)
    assert "One proposal waits for your answer" in maya.page.locator("main").inner_text()
    said = maya.presses("Yes, we want this partner Lake City")
    assert "Nothing is asked of you now" in said

    # Now the mentee is asked. Musa says yes.
    ana.opens("/rounds/M1/letters")
    letters = ana.presses("Print 1 letter")
    assert "Musa" in letters
    musa = Someone(browser, base, links(letters)[0], viewport=PHONE, java_script_enabled=False)
    said = musa.presses("Yes, we want this partner Maji Mentors")
    assert "agreed" in said
    assert "Two days on the road" not in said, "what one side said is for the facilitators"

    # Who was declined is topped up; the others stay as they are. Ben takes the answers of the third by telephone.
    ben.opens("/rounds/M1")
    ben.presses("Top up: only who has no partner")
    assert proposed(ana) == {("Pwani Water", "Hill Water")}
    ana.opens("/rounds/M1/publish")
    ana.presses("Publish this one")
    for mentee in ("River Town", "Hill Water"):
        for answer in ("mentor_yes", "mentee_yes"):
            records(ben, ("Pwani Water", mentee), answer)
    for pair in (("Maji Mentors", "Lake City"), ("Pwani Water", "River Town"), ("Pwani Water", "Hill Water")):
        records(ana, pair, "signed")
    ana.opens("/rounds/M1")
    assert "closed" in ana.presses("Close: what was agreed becomes partnerships")

    # The register has them, the record tells the story, and the solve replays to the byte.
    register = ben.opens("/partnerships").inner_text()
    for name in ("Maji Mentors", "Lake City", "Pwani Water", "River Town", "Hill Water"):
        assert name in register
    record = ana.opens("/rounds/M1/record").inner_text()
    for words in ("Ben", "in court with each other", "Lake City", "Hill Water"):
        assert words in record, words
    log = ben.opens("/rounds/M1/log").inner_text()
    for words in ("Ana", "Ben", "Maya", "Musa", "Two days on the road"):
        assert words in log, words
    assert "identical" in place.wop("replay", "M1")
    for person in (ana, ben, maya, musa):
        person.context.close()
