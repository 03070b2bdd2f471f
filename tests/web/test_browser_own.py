"""A utility's own pages in a real browser: on a phone without JavaScript, small, accessible, from right to left."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from a_round import choosing_round, published_round
from apiflask import APIFlask
from axe_playwright_python.sync_playwright import Axe
from signed_in import Person, plant

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MOST_BYTES = 60_000
PHONE = {"width": 360, "height": 740}
PAGES = {
    "partners": "/utilities/{mentor}/partners",
    "waiting": "/utilities/{mentee}/partners",
    "shortlist": "/utilities/{mentee}/shortlist/{choosing}",
    "wishes": "/utilities/{mentee}/wishes?q=water",
    "edit": "/utilities/{mentor}/edit",
    "need": "/utilities/{mentee}/edit/form?kind=need",
    "facts": "/utilities/{mentor}/edit/form?kind=facts&key=ready",
    "profile": "/utilities/{mentor}",
}


@pytest.fixture(scope="module")
def places(real_app: APIFlask) -> dict[str, str]:
    """A published pair and a round that lets recipients choose."""
    day = date(2026, 1, 1)
    state = published_round(real_app, day)
    best = max(state.in_phase("published"), key=lambda each: each.fit or 0)
    return {"mentor": best.mentor, "mentee": best.mentee, "choosing": choosing_round(real_app, day).id}


@pytest.fixture(scope="module")
def phone(browser: Any, real_app: APIFlask, places: dict[str, str]) -> Iterator[Any]:
    """A small screen without JavaScript, of somebody who speaks for both utilities."""
    both = Person("both@example.org", ("utility",), utilities=(places["mentor"], places["mentee"]), key="both-key")
    plant(real_app.extensions["wop"].store, both)
    context = browser.new_context(person=both, viewport=PHONE, java_script_enabled=False)
    yield context
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_small_and_fits_a_phone_in_both_directions(
    name: str, phone: Any, real_address: str, places: dict[str, str]
) -> None:
    page = phone.new_page()  # each with an empty cache: the stylesheet counts
    session, loaded = phone.new_cdp_session(page), []
    session.on("Network.loadingFinished", lambda event: loaded.append(event["encodedDataLength"]))
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    assert page.goto(real_address + PAGES[name].format(**places), wait_until="networkidle").status == 200
    assert len(loaded) > 1, "the stylesheet was loaded, too"
    assert sum(loaded) < MOST_BYTES
    assert page.locator("h1").is_visible()
    width = "document.documentElement.scrollWidth"
    assert page.evaluate(width) <= PHONE["width"]
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert page.evaluate(width) <= PHONE["width"]
    if folder := os.environ.get("WOP_SCREENSHOTS"):
        page.screenshot(path=str(Path(folder) / f"own-{name}-rtl.png"), full_page=True)
    page.close()


@pytest.fixture(scope="module")
def desktop(browser: Any, phone: Any) -> Iterator[Any]:
    """A large screen of the same person, whom the phone brought in."""
    assert phone
    person = Person("both@example.org", ("utility",), key="both-key")
    context = browser.new_context(person=person, viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible(name: str, desktop: Any, real_address: str, places: dict[str, str]) -> None:
    desktop.goto(real_address + PAGES[name].format(**places))
    found = Axe().run(desktop).response["violations"]
    assert not [
        (each["id"], each["help"], [node["html"][:200] for node in each["nodes"][:3]])
        for each in found
        if each["impact"] in ("serious", "critical")
    ]


def test_an_answer_is_given_by_keyboard_alone(phone: Any, real_address: str, places: dict[str, str]) -> None:
    page = phone.new_page()
    page.goto(f"{real_address}/utilities/{places['mentor']}/partners?lang=en")
    button = page.get_by_role("button", name="Yes, we want this partner").first
    for _press in range(60):
        page.keyboard.press("Tab")
        if button.evaluate("button => button === document.activeElement"):
            break
    else:
        pytest.fail("the button is never reached")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Waiting for others").wait_for()
    page.close()
