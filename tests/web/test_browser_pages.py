"""Every page in a real browser, on a desktop and on a phone: shape, accessibility, and no need of JavaScript."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from a_round import published_round
from apiflask import APIFlask
from axe_playwright_python.sync_playwright import Axe
from following import follow

from graph.network import Network
from matcher.document import ProposalDocument
from matcher.ideas.keeping import create_idea, record_idea
from matcher.ideas.note import build_note, with_needs
from matcher.policy import load_policy
from matcher.register.planning import put_activity
from matcher.scenarios import scenario
from web.jobs.board import JobBoard, number_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}
PAGES = {
    "overview": "/",
    "utilities": "/utilities?needs=non_revenue_water",
    "utility": "/utilities/{mentor}",
    "mentee": "/utilities/{mentee}",
    "network": "/utilities/{mentor}/network?depth=3",
    "chain": "/utilities/{mentee}/chain?to={mentor}",
    "mentors": "/utilities/{mentee}/mentors",
    "supply": "/supply",
    "explore": "/network?selected={mentor}&proposed=yes",
    "map": "/network/map?show=regions",
    "matrix": "/network/matrix?of=programmes",
    "partnerships": "/partnerships",
    "partnership": "/partnerships/{wop}",
    "partnership-ours": "/utilities/{side}/partnerships/{partnership}",
    "work-plan": "/utilities/{side}/partnerships/{partnership}/plan",
    "idea-new": "/utilities/{mentee}/ideas/new?partner={mentor}",
    "idea": "/utilities/{mentee}/ideas/{idea}",
    "idea-plan": "/utilities/{mentee}/ideas/{idea}/plan",
    "round-ideas": "/rounds/{round}/ideas",
    "proposal": "/proposal",
    "pair": "/proposal/pair/{mentor}/{mentee}",
    "pair-not-proposed": "/proposal/pair/{mentee}/{mentor}",
    "pair-in-round": "/proposal/pair/{mentor}/{mentee}/round",
    "pair-against-the-round": "/proposal/pair/{mentor}/{unmatched}/round",
    "unmatched": "/proposal/unmatched",
    "unmatched-in-round": "/proposal/unmatched/{unmatched}",
    "alternates": "/proposal/alternates/{mentee}",
    "scarcity": "/proposal/scarcity",
    "fairness": "/proposal/fairness",
    "recruitment": "/proposal/recruitment",
    "best": "/proposal/best",
    "frontier": "/proposal/frontier?first=best_fit&second=fragile_first",
    "idle": "/proposal/idle",
    "suggest": "/suggest",
    "suggestions": "/suggest?utility={mentee}&top=3",
    "suggestions-lacking": "/suggest?utility={mentor}",
    "rounds": "/rounds",
    "round": "/rounds/{round}",
    "round-ready": "/rounds/{round}/ready",
    "round-weigh": "/rounds/{round}/weigh/{mentor}/{mentee}?what=forbid",
    "round-exchange": "/rounds/{round}/exchange/{mentor}/{mentee}",
    "round-publish": "/rounds/{round}/publish",
    "round-letters": "/rounds/{round}/letters",
    "round-messages": "/rounds/{round}/messages",
    "round-carried": "/rounds/{round}/carried",
    "round-log": "/rounds/{round}/log",
    "round-compare": "/rounds/{round}/compare?first=1",
    "round-policy": "/rounds/{round}/policy",
    "round-participants": "/rounds/{round}/participants",
    "round-scenarios": "/rounds/{round}/scenarios",
    "round-record": "/rounds/{round}/record",
    "import": "/import",
    "jobs": "/jobs",
    "new-match": "/jobs/new",
    "job-running": "/jobs/{running}?refresh=off",
    "job-compared": "/jobs/{compared}",
    "capabilities": "/capabilities",
    "backtest": "/backtest",
    "plan": "/plan",
    "plan-supply": "/plan/supply",
    "plan-resilience": "/plan/resilience",
    "plan-reach": "/plan/reach",
    "plan-scarcity": "/plan/scarcity",
    "plan-portfolio": "/plan/portfolio?budget=500000",
    "plan-results": "/plan/results",
    "plan-rows": "/plan/supply/offers?where=capability:non_revenue_water",
    "account": "/account",
    "people": "/people",
    "person": "/people/person?login=facilitator@example.org",
    "person-asked": "/people/person?login=facilitator@example.org&asks=reset",
    "person-new": "/people/new",
    "sign-in": "/sign-in",
    "about": "/about",
    "api": "/api/docs",
    "not-found": "/nowhere",
}


@pytest.fixture(scope="module")
def places(real_app: APIFlask) -> dict[str, str]:
    """The best pair of the proposal and a mentee without a partner, to fill addresses with."""
    with real_app.app_context():
        known = real_app.extensions["wop"].now()
    pair = max(known.latest["pairs"], key=lambda pair: pair["fit"])
    return {
        "round": published_round(real_app, known.as_of).id,
        "mentor": pair["mentor"]["id"],
        "mentee": pair["mentee"]["id"],
        "unmatched": known.latest["unmatched"][0]["mentee"]["id"],
        "wop": known.network.partnerships[0].wop,
        "partnership": known.network.partnerships[0].id,
        "side": known.network.partnerships[0].mentee,
        "idea": idea_in(real_app.extensions["wop"].store, known.network, pair["mentor"]["id"], pair["mentee"]["id"]),
        **jobs_in(real_app.extensions["wop_jobs"], known.latest),
    }


def idea_in(store: Any, network: Network, mentor: str, mentee: str) -> str:
    """An idea of the mentee that the mentor supports, and an activity in the plan of a partnership; the proposal's
    input stays what it was."""
    part, on = network.partnerships[0], date(2026, 1, 1)
    activity = {"type": "training", "title": "Leak crews", "first": "2026-03", "last": "2026-05", "people": "Ana"}
    put_activity(store, part.id, part.mentee, **activity, who="Ana")  # type: ignore[arg-type]  # literals of the type
    needs = [need for need in network.needs if need.utility == mentee]
    note = build_note(with_needs(network, (mentee,), needs), load_policy("best_fit"), (mentor,), (mentee,), 12, on)
    body = {"by": mentee, "title": "Losses first", "mentors": [mentor], "mentees": [mentee], "months": 12, "note": note}
    idea = create_idea(store, {**body, "needs": [need.capability for need in needs]}, who="Ana")
    for kind, utility in (("send", mentee), ("yes", mentor)):
        record_idea(store, idea.id, kind, {"by": utility}, who="Ana")
    return idea.id


def jobs_in(board: JobBoard, document: ProposalDocument) -> dict[str, str]:
    """A job at work, and one that compared two policies."""
    policy = document["policy"]
    running = board.ask("match", [policy], document["as_of"], 0, 300.0, 1)
    attempt = board.claim(number_of(running["id"]), 1, "worker.example.org-4711-ab12")
    assert attempt is not None
    goal = document["goals"][0]
    attempt["doing"], attempt["share"] = "Scoring pairs", 0.62
    value, bound = goal["value"], (goal["bound"] or 0) + 9
    attempt["so_far"] = {"goal_s": goal["title_s"], "value": value, "bound": bound, "gap": 0.001}
    board.beat(number_of(running["id"]), attempt)
    compared = board.ask("sweep", [policy, policy], document["as_of"], 0, 300.0, 1)
    rows = [scenario(document), {**scenario(document), "round": "R000000000000", "policy_name": "Most partnerships"}]
    board.end(number_of(compared["id"]), "done", [document["id"], "R000000000000"], rows)
    return {"running": running["id"], "compared": compared["id"]}


@pytest.fixture(scope="module")
def desktop(browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport=DESKTOP)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def phone(browser: Any) -> Iterator[Any]:
    """A small screen, without JavaScript."""
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    yield context.new_page()
    context.close()


def picture(page: Any, name: str) -> None:
    """Keep a screenshot where a folder is given for it."""
    folder = os.environ.get("WOP_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_on_a_desktop_is_accessible(name: str, desktop: Any, real_address: str, places: dict[str, str]) -> None:
    complaints: list[str] = []
    desktop.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    response = desktop.goto(real_address + PAGES[name].format(**places))
    assert response.status == (404 if name == "not-found" else 200)
    picture(desktop, f"{name}-desktop")
    width = desktop.evaluate("document.documentElement.scrollWidth")
    assert width <= DESKTOP["width"]
    found = Axe().run(desktop).response["violations"]
    grave = [
        (violation["id"], violation["help"], [node["html"][:200] for node in violation["nodes"][:3]])
        for violation in found
        if violation["impact"] in ("serious", "critical")
    ]
    assert not grave
    assert not [text for text in complaints if "404" not in text], "the content security policy is kept"


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_page_fits_a_phone_without_javascript(
    name: str, language: str, phone: Any, real_address: str, places: dict[str, str]
) -> None:
    address = PAGES[name].format(**places)
    phone.goto(f"{real_address}{address}{'&' if '?' in address else '?'}lang={language}")
    if language == "en":
        picture(phone, f"{name}-phone")
    assert phone.locator("h1").is_visible()
    # Scripts of the page are off; the browser's own tooling still measures.
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_facilitator_goes_from_the_overview_to_a_reason(phone: Any, real_address: str) -> None:
    phone.goto(f"{real_address}/?lang=en")
    follow(phone.get_by_role("link", name="See the proposal"))
    phone.get_by_label("Name or place").fill("vod")
    follow(phone.get_by_role("button", name="Show"))
    assert "q=vod" in phone.url
    follow(phone.get_by_role("link", name="Clear"))
    follow(phone.locator("table").get_by_role("link", name=re.compile("^Why ")).first)
    assert "/proposal/pair/" in phone.url
    assert phone.get_by_role("heading", name="Reasons").is_visible()


def test_a_facilitator_learns_what_would_give_a_mentee_a_partner(phone: Any, real_address: str) -> None:
    phone.goto(f"{real_address}/proposal?lang=en")
    follow(phone.get_by_role("link", name="without a partner: see why"))
    follow(phone.get_by_role("link", name=re.compile("^What would give it a partner")).first)
    assert phone.get_by_role("heading", name="The smallest change").is_visible()
    follow(phone.get_by_role("link", name="All mentees without a partner"))
    assert phone.url.endswith("/proposal/unmatched")


def test_a_planner_finds_the_chain_between_two_utilities(phone: Any, real_address: str, places: dict[str, str]) -> None:
    phone.goto(f"{real_address}/utilities/{places['mentor']}?lang=en")
    phone.get_by_label("Partnerships away").select_option("1")
    follow(phone.get_by_role("button", name="Show"))
    partner = phone.locator("tbody th a").first.inner_text()
    phone.get_by_label("Another utility, by").fill(partner)
    follow(phone.get_by_role("button", name="Find the chain"))
    assert phone.get_by_text("They are partners.").is_visible()
    assert phone.locator("ol.chain > li").count() == 2


def test_a_decision_record_prints_on_two_pages_before_its_appendix(
    desktop: Any, real_address: str, places: dict[str, str]
) -> None:
    desktop.goto(real_address + PAGES["round-record"].format(**places))
    assert desktop.locator(".appendix pre").inner_text().startswith("name = ")
    whole = desktop.pdf(format="A4")
    desktop.evaluate("document.querySelector('.appendix').remove()")
    assert len(re.findall(rb"/Type\s*/Page\b", desktop.pdf(format="A4"))) <= 2
    assert len(re.findall(rb"/Type\s*/Page\b", whole)) >= 2


def test_the_keyboard_reaches_the_content_first(desktop: Any, real_address: str) -> None:
    desktop.goto(f"{real_address}/?lang=en")
    desktop.keyboard.press("Tab")
    assert desktop.locator(":focus").inner_text() == "Skip to the content"
    desktop.keyboard.press("Enter")
    desktop.locator("#main:focus").wait_for()


def test_sorting_shows_its_state(desktop: Any, real_address: str) -> None:
    desktop.goto(f"{real_address}/proposal?lang=en")
    assert desktop.locator("th[aria-sort=descending]").inner_text().startswith("Fit")
    follow(desktop.get_by_role("link", name="Mentee", exact=True).first)
    assert desktop.locator("th[aria-sort=ascending]").inner_text().startswith("Mentee")


def test_from_right_to_left_nothing_overflows(desktop: Any, real_address: str) -> None:
    desktop.set_viewport_size(PHONE)
    for address in ("/", "/proposal", "/utilities", "/plan/supply"):
        desktop.goto(real_address + address)
        desktop.evaluate("document.documentElement.dir = 'rtl'")
        if address == "/proposal":
            bar = desktop.locator("svg.bar").first
            assert bar.evaluate("each => getComputedStyle(each).transform").startswith("matrix(-1"), (
                "bars grow leftwards"
            )
        if address == "/plan/supply":
            ways = desktop.locator(".heat td").evaluate_all("all => all.map(each => getComputedStyle(each).direction)")
            assert set(ways) == {"ltr"}, "needs/offers of a cell keep their order"
        picture(desktop, f"right-to-left{address.replace('/', '-')}-phone")
        assert desktop.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    desktop.set_viewport_size(DESKTOP)


def test_the_first_page_is_light(browser: Any, real_address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    sizes: list[int] = []
    page.on("requestfinished", lambda request: sizes.append(sum(request.sizes()[part] for part in SIZE_PARTS)))
    page.goto(real_address, wait_until="networkidle")
    context.close()
    assert 0 < sum(sizes) < 100_000


SIZE_PARTS = ("responseBodySize", "responseHeadersSize")


def test_a_facilitator_asks_for_a_match_and_stops_it(phone: Any, real_address: str) -> None:
    phone.goto(f"{real_address}/jobs?lang=en")
    follow(phone.get_by_role("link", name="Ask for a match"))
    phone.get_by_label("Seconds for solving").fill("77")
    follow(phone.get_by_role("button", name="Ask"))
    assert "/jobs/J" in phone.url
    assert phone.get_by_text("No worker is running").is_visible()
    follow(phone.get_by_role("button", name="Cancel this job"))
    assert phone.get_by_role("heading", level=1).inner_text().endswith("cancelled")
