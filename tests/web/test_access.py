"""Who may do what: every address and method, with every role and a stranger, against what is written here."""

from __future__ import annotations

import re
from html import unescape
from itertools import product
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask import url_for
from flask.testing import FlaskClient
from signed_in import Person
from web_fixtures import settings_for

from web.access import TABLE, Access, may, own_path
from web.action import ACTIONS
from web.api_prefix import API_PREFIX
from web.app import create_app
from web.twin import TWINS

JSON = {"Accept": "application/json"}
PEOPLE = {
    "stranger": None,
    "utility": Person("utility@example.org", ("utility",), utilities=("N1",), key="key-of-a-utility"),
    "planner": Person("planner@example.org", ("planner",), key="key-of-a-planner"),
    "facilitator": Person("regional@example.org", ("facilitator",), regions=("R1",), key="key-of-a-facilitator"),
    "administrator": Person("admin@example.org", ("administrator",), key="key-of-an-administrator"),
}
MAY = {
    "stranger": {"static", "health", "about", "people.sign_in", "people.enter", "people.enter_by_link"}
    | {"people.provider", "people.provider_back"},
    "utility": {"overview", "utilities", "network", "partnerships", "capabilities", "own"},
    "planner": {"overview", "utilities", "network", "partnerships", "capabilities", "proposal", "pairs", "own"}
    | {"explanations", "backtest", "planning"}
    | {f"rounds.{page}" for page in ("rounds", "desk", "ready", "log", "log_file", "compare", "record")},
    "facilitator": {"overview", "utilities", "network", "partnerships", "capabilities", "proposal", "pairs"}
    | {"explanations", "backtest", "jobs", "rounds", "suggest", "own", "planning"},
    "administrator": {"overview", "utilities", "network", "partnerships", "capabilities", "own", "people"}
    | {"jobs.jobs", "jobs.job", "jobs.cancel"},
}
"""Blueprints and endpoints, written a second time so that no slip in the table goes unseen; ``own`` is what everybody
signed in may do about oneself."""
OWN = {"people.sign_out", "people.account", "people.set_password", "people.end_session"} | {
    "people.make_token",
    "people.end_token",
}
ENDS = ("password", "sessions/end", "tokens", "tokens/end")
ONLY_OWN = {"network.mentors", "pairs.pair", "explanations.pair", "explanations.unmatched", "explanations.alternates"}
"""What a utility may see of itself."""
BY_ITSELF = {"own.answer", "own.say_to", "own.rank"}
"""What a utility says, and nobody for it."""
OF_ONE = {"own.partners", "own.wishes", "own.wish"} | {
    *(f"register.{name}" for name in ("ours", "dates", "results", "answers")),
    *(f"ideas.{name}" for name in ("of_utility", "new", "idea", "begin", "write", "plan", "change", "say_to")),
    *(f"workplan.{name}" for name in ("work_plan", "download", "objective", "activity")),
    *(f"own.{name}" for name in ("edit", "form", "shortlist", "remove", "confirm", "deny", "undo")),
    *(f"own.save_{name}" for name in ("facts", "offer", "need", "figure")),
}
"""A utility's own pages: for itself and the facilitators of its region (here R1, where N1 is)."""


def expected(who: str, endpoint: str, own: bool) -> bool:
    granted = MAY[who] | MAY["stranger"]
    if endpoint in OWN:
        return "own" in granted
    if endpoint in BY_ITSELF:
        return who == "utility" and own
    if endpoint in OF_ONE:
        return who in ("utility", "facilitator") and own
    if endpoint in ("own.interests", "ideas.ideas", "ideas.of_round", "ideas.pin"):
        return who == "facilitator"
    if who == "utility" and endpoint in ONLY_OWN:
        return own
    if endpoint.startswith("people."):
        return endpoint in granted or "people" in granted
    return endpoint in granted or endpoint.partition(".")[0] in granted


@pytest.fixture
def clients(app: APIFlask) -> dict[str, FlaskClient]:
    return {who: app.test_client(person=person) for who, person in PEOPLE.items()}


def test_every_address_is_in_the_table_and_the_table_holds_no_other(app: APIFlask) -> None:
    assert {rule.endpoint for rule in app.url_map.iter_rules()} == set(TABLE)


@pytest.mark.parametrize(("who", "own"), [*((who, False) for who in PEOPLE), ("utility", True), ("facilitator", True)])
def test_every_address_with_every_method(clients: dict[str, FlaskClient], app: APIFlask, who: str, own: bool) -> None:
    """Who may not is refused before anything is read; who may is answered, whatever the answer is."""
    parts = {"utility_id": "N1" if own else "N3", "mentor_id": "M1", "mentee_id": "N1" if own else "N3"}
    client = clients[who]
    walked = 0
    for rule in app.url_map.iter_rules():
        values = {name: parts.get(name, "json" if name == "kind" else "nothing") for name in rule.arguments}
        with app.test_request_context():
            address = url_for(rule.endpoint, **values)  # type: ignore[arg-type]  # parts of the path
        for method, prefix in product(sorted(rule.methods or ()), ("", API_PREFIX)):
            if prefix and method not in ("GET", "POST"):
                continue  # the same endpoint by the same rule; two methods show that the prefix passes the gate
            if rule.endpoint in ("people.sign_out", "people.set_password", "people.end_session") and method == "POST":
                continue  # these end the very session that walks; below
            # Two endpoints may share an address; which of them is asked is by the method.
            endpoint = str(app.url_map.bind("localhost").match(address.partition("?")[0], method)[0])
            answer = client.open(prefix + address, method=method, headers=JSON, json={} if method == "POST" else None)
            if prefix and endpoint not in {*TWINS, *ACTIONS}:
                assert answer.status_code == 404, (who, method, address)
                continue
            refused = {401, 403} if endpoint != "health.metrics" else set()
            case = (who, method, prefix + address, answer.status_code)
            if expected(who, endpoint, own):
                assert answer.status_code not in refused, case
                assert answer.status_code < 500, case
            else:
                assert answer.status_code == (401 if who == "stranger" else 403), case
            walked += 1
    assert walked > 100


@pytest.mark.parametrize("who", [who for who in PEOPLE if who != "stranger"])
def test_no_page_shows_a_link_that_its_reader_may_not_open(clients: dict[str, FlaskClient], who: str) -> None:
    client, seen, todo = clients[who], set(), [("/", "")]
    while todo:
        address, shown_on = todo.pop()
        path = address.partition("?")[0]
        if path in seen:
            continue
        seen.add(path)
        with client.get(address) as answer:
            assert answer.status_code not in (401, 403, 404), (who, path, shown_on)
            text = answer.get_data(as_text=True) if answer.mimetype == "text/html" else ""
        todo += [(unescape(link), path) for link in re.findall(r'href="(/[^"#]*)', text)]
    assert len(seen) > 15


def test_a_utility_finds_its_own_page_first(clients: dict[str, FlaskClient]) -> None:
    assert "Your utility" in clients["utility"].get("/").text
    assert "Your utility" not in clients["planner"].get("/").text


@pytest.mark.parametrize("address", ["/sign-out", *(f"/account/{end}" for end in ENDS)])
def test_a_stranger_has_no_account_to_change(clients: dict[str, FlaskClient], address: str) -> None:
    assert clients["stranger"].post(address, json={"new": "long enough, surely"}, headers=JSON).status_code == 401


def test_an_address_that_is_not_in_the_table_is_refused_to_everybody(tmp_path: Path) -> None:
    app = create_app(settings_for(tmp_path / "new.sqlite"))
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret", methods=["GET", "POST"])
    for who, person in PEOPLE.items():
        client = app.test_client(person=person)
        if person is not None and person.utilities:
            continue  # there is no such utility here
        for method in ("GET", "HEAD", "POST", "OPTIONS"):
            answer = client.open("/forgotten", method=method, headers=JSON, json={} if method == "POST" else None)
            assert answer.status_code == (401 if who == "stranger" else 403)
            assert "secret" not in answer.text


def test_nothing_is_kept_for_the_next_reader(clients: dict[str, FlaskClient]) -> None:
    """The mark of a page depends on who reads it: a planner's page never passes for a facilitator's."""
    marks = {who: clients[who].get("/utilities/N1").headers.get("ETag") for who in PEOPLE if who != "stranger"}
    assert len(set(marks.values())) == len(marks)
    mark = marks["facilitator"]
    assert mark is not None
    assert clients["stranger"].get("/utilities/N1", headers={"If-None-Match": mark}).status_code == 401
    assert clients["planner"].get("/utilities/N1", headers={"If-None-Match": mark}).status_code == 200


def test_a_disabled_account_is_a_stranger() -> None:
    from graph.accounts import Account

    account = Account("x", "x", ("administrator",), disabled=True)
    assert not may(account, "people.people", {})
    assert may(account, "people.sign_in", {})
    assert not may(None, "nowhere.at_all", {})
    assert Access(frozenset()).own == frozenset()


@pytest.mark.parametrize(
    "given",
    [
        *("//evil.example/x", "https://evil.example", "/\\evil.example", "\\\\evil", "javascript:alert(1)", "evil", ""),
        *(None, "/a\nb", "/a\\b", "/\t/evil.example"),
    ],
)
def test_nobody_is_sent_to_another_site(app: APIFlask, given: str | None) -> None:
    with app.test_request_context():
        assert own_path(given) == "/"
        assert own_path("/proposal?page=2") == "/proposal?page=2"
