"""The network page in a real browser, over the real register: drawing and tables say the same, whatever is done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from following import follow

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WIDE = {"width": 1280, "height": 900}
COUNTS = "window.wopNetwork.drawing.counts()"


@pytest.fixture(scope="module")
def page(browser: Any, real_address: str) -> Iterator[Any]:
    context = browser.new_context(viewport=WIDE, accept_downloads=True)
    page = context.new_page()
    complaints: list[str] = []
    page.on(
        "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{real_address}/network?lang=en")
    page.wait_for_selector("#network[data-ready=yes]")
    yield page
    context.close()
    # What the browser says of its own drawing in software is no fault of the page.
    assert not [text for text in complaints if "WebGL" not in text and "GPU" not in text]


def told(page: Any) -> dict[str, int]:
    """What the table says is shown."""
    names = {"utilities": "utilitiesShown", "pairs": "pairsShown"}
    found = page.evaluate("({...document.getElementById('shown').dataset})")
    return {name: int(found[field]) for name, field in names.items()}


def until(page: Any, condition: str) -> None:
    """Wait until this holds in the page, asked from outside: the page's policy forbids to evaluate text."""
    for _ in range(400):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"It never held that {condition}.")


def settled(page: Any) -> None:
    """Wait until the page has taken the last answer."""
    until(page, "!document.querySelector('main').classList.contains('busy')")


def agree(page: Any) -> dict[str, int]:
    settled(page)
    counts = told(page)
    assert page.evaluate(COUNTS) == counts
    assert f"{counts['utilities']}." in page.locator("#summary").inner_text()
    return counts


def test_a_planner_explores_the_network(page: Any) -> None:
    whole = agree(page)
    assert whole["pairs"] > 100
    assert page.locator("#canvas canvas").count() > 3

    page.get_by_text("More filters").click()
    page.locator("select[name=region]").select_option(label="Eastern Africa")
    page.wait_for_url("**region=*")
    some = agree(page)
    assert 0 < some["pairs"] < whole["pairs"]

    page.locator("select[name=colour]").select_option("role")
    page.wait_for_url("**colour=role*")
    agree(page)
    assert "mentor and mentee" in page.locator(".key").inner_text()

    page.get_by_label("Name, place, programme or words").fill("VEI")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=VEI*")
    assert agree(page)["pairs"] <= some["pairs"]
    page.get_by_role("link", name="Clear").click()
    until(page, "!location.search.includes('VEI')")
    assert agree(page) == whole


def test_the_time_line_grows_the_network(page: Any) -> None:
    whole = agree(page)
    slider = page.get_by_label("Time line")
    slider.fill("2010")
    assert page.evaluate(COUNTS)["pairs"] < whole["pairs"]
    page.wait_for_url("**year=2010*")
    early = agree(page)
    slider.fill("2016")
    page.wait_for_url("**year=2016*")
    assert early["pairs"] < agree(page)["pairs"] < whole["pairs"]
    page.get_by_role("button", name="Play").click()
    until(page, "document.querySelector('.timeline output').textContent === 'by 2018'")
    page.get_by_role("button", name="Pause").click()
    page.wait_for_url("**year=20*")
    agree(page)


def test_the_keyboard_looks_at_a_utility_and_its_chain(page: Any, real_address: str) -> None:
    page.goto(f"{real_address}/network?lang=en")
    page.wait_for_selector("#network[data-ready=yes]")
    whole = agree(page)
    before = page.evaluate("window.wopNetwork.drawing.renderer.getCamera().getState()")
    page.locator("#canvas").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("+")
    until(page, "window.wopNetwork.drawing.renderer.getCamera().getState().ratio < 0.9")
    assert page.evaluate("window.wopNetwork.drawing.renderer.getCamera().getState().x") > before["x"]

    first, second = page.locator("tbody th a").nth(0).inner_text(), page.locator("tbody th a").nth(1).inner_text()
    page.locator("tbody th a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**selected=*")
    settled(page)
    assert page.locator(":focus").inner_text() == first
    page.locator(".nearness a", has_text="1 step").click()
    page.wait_for_url("**steps=1*")
    near = agree(page)
    assert 1 < near["utilities"] < whole["utilities"]
    page.locator(".nearness a", has_text="everything").click()
    until(page, "!location.search.includes('steps')")
    settled(page)
    page.get_by_text("Shortest chain to another utility").click()
    page.get_by_label("Id or exact name").fill(second)
    page.get_by_role("button", name="Find the chain").click()
    page.wait_for_url("**to=*")
    settled(page)
    on_chain = page.evaluate("document.getElementById('shown').dataset.chain.split(',').filter(Boolean).length")
    assert page.locator("#looked ~ details ol li").count() == on_chain


def test_a_view_is_saved_and_opened_and_the_drawing_taken_along(page: Any, real_address: str) -> None:
    page.goto(f"{real_address}/network?lang=en&only=cascades&colour=role")
    page.wait_for_selector("#network[data-ready=yes]")
    shown = agree(page)
    assert page.get_by_text("mentees that became mentors").is_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="PNG").click()
    assert download.value.suggested_filename == "network.png"
    with open(download.value.path(), "rb") as file:  # noqa: PTH123 - a temporary file of the browser
        assert file.read(8) == b"\x89PNG\r\n\x1a\n"
    page.locator("#views summary").click()
    page.get_by_label("Name of this view").fill("Who passed it on")
    follow(page.get_by_role("button", name="Save this view"))
    page.goto(f"{real_address}/network?lang=en")
    page.wait_for_selector("#network[data-ready=yes]")
    assert agree(page) != shown
    page.locator("#views summary").click()
    page.get_by_role("link", name="Who passed it on").click()
    page.wait_for_url("**only=cascades*")
    assert agree(page) == shown
    follow(page.locator("#views").get_by_role("button", name="Delete"))
    assert "Who passed it on" not in page.content()


def test_without_javascript_there_is_a_drawing_and_the_same_tables(browser: Any, real_address: str) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{real_address}/network?lang=en&table=pairs")
    assert (
        page.locator("noscript img, .drawing img").evaluate("image => image.decode().then(() => image.naturalWidth)")
        > 0
    )
    page.get_by_label("Name, place, programme or words").fill("VEI")
    follow(page.get_by_role("button", name="Show", exact=True))
    assert "q=VEI" in page.url
    assert page.locator("tbody tr").count() > 0
    context.close()
