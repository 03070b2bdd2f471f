"""A utility edits its own profile: small forms, the rules of the import, two people at once, undo, and next steps."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from signed_in import FACILITATOR, Person
from small_world import AS_OF

from graph.network import read_network
from graph.profile_log import read_entries
from graph.register import with_inferred
from matcher.completeness import MOST, next_steps
from matcher.pairs import explain_pair
from matcher.policy import load_policy
from web.knowledge import today

JSON = {"Accept": "application/json"}
HERE = {"Sec-Fetch-Site": "same-origin"}
M1 = Person("m1@example.org", ("utility",), utilities=("M1",), key="m1-key")
N1 = Person("n1@example.org", ("utility",), utilities=("N1",), key="n1-key")


@pytest.fixture
def ours(app: APIFlask) -> FlaskClient:
    return app.test_client(person=N1)


def data(client: FlaskClient, address: str) -> dict[str, Any]:
    answer = client.get(address, headers=JSON)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] | None = answer.json
    assert found is not None
    return found


def filled(client: FlaskClient, address: str) -> dict[str, Any]:
    """What a browser would send of the form at an address, as it stands there."""
    text = client.get(address).text
    form = text[text.index('class="own"') : text.index("</form>")]
    sent: dict[str, Any] = {}
    for name, value in re.findall(r'<input (?:type="hidden" )?name="(\w+)" value="([^"]*)"', form):
        sent[name] = unescape(value)
    for name, inside in re.findall(r'<select name="(\w+)".*?>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', inside)
        sent[name] = chosen[1] if chosen else ""
    for name, inside in re.findall(r'<textarea name="(\w+)".*?>(.*?)</textarea>', form, re.DOTALL):
        sent[name] = unescape(inside)
    sent.pop("csrf", None)
    return sent


def save(client: FlaskClient, what: str, expects: int = 303, /, **body: Any) -> str:
    answer = client.post(f"/utilities/N1/edit/{what}", data=body, headers=HERE)
    assert answer.status_code == expects, answer.text
    return str(answer.text)


def test_a_need_is_added_changed_removed_and_brought_back(app: APIFlask, ours: FlaskClient) -> None:
    form = filled(ours, "/utilities/N1/edit/form?kind=need")
    assert set(form) >= {"seen", "capability", "priority", "indicator", "baseline", "target", "status", "private"}
    save(
        ours,
        "need",
        **{**form, "capability": "tariffs", "priority": "1", "indicator": "Cost coverage", "baseline": "80"},
    )
    added = next(need for need in data(ours, "/utilities/N1")["needs"] if need["capability"] == "tariffs")
    assert (added["priority"], added["baseline"], added["provenance"]) == (1, 80.0, "stated")
    assert added["source"] == f"stated by Nairobi São Water, {today()}"
    form = filled(ours, "/utilities/N1/edit/form?kind=need&key=tariffs")
    assert (form["indicator"], form["key"]) == ("Cost coverage", "tariffs")
    save(ours, "need", **{**form, "target": "110", "private": "yes"})
    other = app.test_client(person=M1)
    assert "tariffs" not in [need["capability"] for need in data(other, "/utilities/N1")["needs"]]
    page = ours.get("/utilities/N1/edit/form?kind=need&key=tariffs&remove=true").text
    assert "Yes, remove it" in page
    seen = re.search(r'name="seen" value="(\w+)"', page)
    assert seen
    save(ours, "remove", kind="need", key="tariffs", seen=seen[1])
    assert "tariffs" not in [need["capability"] for need in data(ours, "/utilities/N1")["needs"]]
    changes = data(ours, "/utilities/N1/edit")["changes"]
    assert [(row["number"], row["undoable"]) for row in changes] == [(3, True), (2, False), (1, False)]
    save(ours, "undo", number=3)
    back = next(need for need in data(ours, "/utilities/N1")["needs"] if need["capability"] == "tariffs")
    assert (back["target"], back["private"], back["indicator"]) == (110.0, True, "Cost coverage")
    save(ours, "undo", 409, number=2 + 1)
    with app.extensions["wop"].store.read() as reader:
        log = read_entries(reader, "N1")
    assert [(entry.kind, entry.undoes, entry.who) for entry in log] == [
        ("need", 3, N1.login),
        *[("need", None, N1.login)] * 3,
    ]


def test_what_is_wrong_is_said_beside_the_field_in_the_words_of_the_import(ours: FlaskClient) -> None:
    form = filled(ours, "/utilities/N1/edit/form?kind=offer")
    page = save(
        ours, "offer", 422, **{**form, "capability": "leaks", "level": "9", "year": "soon", "evidence": "an award"}
    )
    assert "Expected a whole number from 1 to 5." in page
    assert "Expected a year from 1900 to 2100." in page
    assert "an award" in page, "what was typed stays"
    assert not [offer for offer in data(ours, "/utilities/N1")["offers"] if offer["provenance"] == "stated"]
    answer = ours.post("/utilities/N1/edit/offer", json={"key": "leaks", "level": 9}, headers=JSON)
    assert answer.status_code == 400
    assert "Level: Expected a whole number from 1 to 5." in answer.text
    assert ours.post("/utilities/N1/edit/offer", json={"level": 3}, headers=JSON).status_code == 400
    assert ours.post("/utilities/N1/edit/offer", json={"key": "swimming"}, headers=JSON).status_code == 400
    assert ours.post("/utilities/N1/edit/facts", json={"key": "hopes"}, headers=JSON).status_code == 404
    form = filled(ours, "/utilities/N1/edit/form?kind=facts&key=room")
    page = save(ours, "facts", 422, **{**form, "minimum_mentees": "3", "mentor_places": "1"})
    assert "It must not be less than minimum_mentees" in page


def test_two_people_at_once_lose_nothing(app: APIFlask, ours: FlaskClient) -> None:
    address = "/utilities/N1/edit/form?kind=need&key=leaks"
    facilitator = app.test_client(person=FACILITATOR)
    mine, theirs = filled(ours, address), filled(facilitator, address)
    save(facilitator, "need", **{**theirs, "priority": "3"})
    page = save(ours, "need", 409, **{**mine, "indicator": "Losses"})
    assert FACILITATOR.login in page
    assert "Now it is: 3" in page
    assert 'value="Losses"' in page
    again = re.search(r'name="seen" value="(\w*)"', page)
    assert again
    save(ours, "need", **{**mine, "indicator": "Losses", "seen": again[1]})
    need = next(need for need in data(ours, "/utilities/N1")["needs"] if need["capability"] == "leaks")
    assert (need["priority"], need["indicator"]) == (1, "Losses")
    elsewhere = Person("r4@example.org", ("facilitator",), regions=("R4",), key="r4-key")
    assert app.test_client(person=elsewhere).get("/utilities/N1/edit").status_code == 403
    with app.extensions["wop"].store.read() as reader:
        log = read_entries(reader, "N1")
    assert [entry.who for entry in log] == [N1.login, FACILITATOR.login]
    assert log[1].after is not None
    assert log[1].after["source"].startswith(f"stated for Nairobi São Water by {FACILITATOR.login}")


def test_facts_change_at_once_and_only_those_of_the_form(ours: FlaskClient) -> None:
    form = filled(ours, "/utilities/N1/edit/form?kind=facts&key=ready")
    save(ours, "facts", **{**form, "not_for_profit": "yes", "charter_signed_on": "31.05.2024"})
    facts = data(ours, "/utilities/N1")["facts"]
    assert (facts["not_for_profit"], facts["charter_signed_on"]) == (True, "2024-05-31")
    form = filled(ours, "/utilities/N1/edit/form?kind=facts&key=about")
    assert form["languages"] == "en;sw"
    save(ours, "facts", **{**form, "languages": "anglais; swahili", "services": ["water", "sanitation"]})
    shown = data(ours, "/utilities/N1")
    assert shown["languages"] == ["en", "sw"]
    assert shown["facts"]["services"] == ["water", "sanitation"]
    assert shown["facts"]["not_for_profit"] is True
    save(ours, "undo", number=1)
    assert data(ours, "/utilities/N1")["facts"]["not_for_profit"] is None


def test_a_figure_has_its_year_and_source(ours: FlaskClient) -> None:
    form = filled(ours, "/utilities/N1/edit/form?kind=figure&key=nrw_percent")
    save(ours, "figure", **{**form, "metric": "nrw_percent", "value": "35,5", "year": "2025"})
    figure = data(ours, "/utilities/N1")["figures"][0]
    assert (figure["value"], figure["year"]) == (35.5, 2025)
    assert figure["source_url"].startswith("stated by Nairobi São Water")
    form = filled(ours, "/utilities/N1/edit/form?kind=figure&key=nrw_percent+2025")
    save(ours, "figure", **{**form, "value": "35", "source_url": "https://example.org/report"})
    figure = data(ours, "/utilities/N1")["figures"][0]
    assert (figure["value"], figure["source_url"]) == (35.0, "https://example.org/report")


def test_what_is_old_is_confirmed_with_one_button(ours: FlaskClient) -> None:
    old = {(row["kind"], row["key"]): row for row in data(ours, "/utilities/N1/edit")["old"]}
    assert set(old) == {("figure", "nrw_percent 2021")}, "only the newest figure is asked about"
    row = old["figure", "nrw_percent 2021"]
    save(ours, "confirm", kind="figure", key=row["key"], seen=row["seen"])
    newest = data(ours, "/utilities/N1")["figures"][0]
    assert (newest["value"], newest["year"]) == (38.0, today().year)
    assert not data(ours, "/utilities/N1/edit")["old"]
    save(ours, "confirm", 409, kind="figure", key=row["key"], seen="another")


def test_what_is_inferred_is_denied_or_stated(app: APIFlask) -> None:
    n2 = Person("n2@example.org", ("utility",), utilities=("N2",), key="n2-key")
    client = app.test_client(person=n2)
    store = app.extensions["wop"].store
    with store.write() as transaction:
        transaction.delete_edges("NEEDS", {"source": ["N2"], "target": ["leaks"]})
    needs = data(client, "/utilities/N2/edit")["needs"]
    assert [(need["capability"], need["provenance"]) for need in needs] == [("leaks", "inferred")]
    assert "It is not so today" in client.get("/utilities/N2/edit/form?kind=need&key=leaks").text
    body = {"kind": "need", "key": "leaks"}
    assert client.post("/utilities/N2/edit/deny", json=body, headers=JSON).status_code == 200
    assert not data(client, "/utilities/N2/edit")["needs"]
    assert "Leak detection" in client.get("/utilities/N2/edit").text, "the denial can be seen and taken back"
    assert client.post("/utilities/N2/edit/undo", json={"number": 1}, headers=JSON).status_code == 200
    assert data(client, "/utilities/N2/edit")["needs"]
    form = filled(client, "/utilities/N2/edit/form?kind=need&key=leaks")
    answer = client.post("/utilities/N2/edit/need", data={**form, "priority": "2"}, headers=HERE)
    assert answer.status_code == 303
    assert data(client, "/utilities/N2")["needs"][0]["provenance"] == "stated"


def test_the_next_steps_are_what_the_rules_miss_and_vanish_when_done(app: APIFlask, ours: FlaskClient) -> None:
    steps = data(ours, "/utilities/N1/edit")["steps"]
    assert 0 < len(steps) <= MOST
    page = ours.get("/utilities/N1/edit").text
    for step in steps:
        address = f"/utilities/N1/edit/form?kind={step['kind']}&amp;key={step['key']}"
        assert address in page
        assert ours.get(unescape(address)).status_code == 200
    ready = next(step for step in steps if step["key"] == "ready")
    assert "Not for profit" in ready["text_s"]["text"]
    as_of, policy = date.fromisoformat(AS_OF), load_policy("best_fit")

    def unknown() -> set[str]:
        with app.extensions["wop"].store.read() as reader:
            network = with_inferred(read_network(reader), as_of)
        found = explain_pair(network, policy, "M1", "N1", as_of)
        return {reason["rule"] for reason in found["reasons"] if reason["value"] is None}

    assert {"not_for_profit", "investment_coming"} <= unknown()
    form = filled(ours, "/utilities/N1/edit/form?kind=facts&key=ready")
    done = {"not_for_profit": "yes", "charter_signed_on": "2023-01-01", "leadership_letter": "no"}
    save(ours, "facts", **{**form, **done, "investment_coming": "no"})
    assert not {"not_for_profit", "investment_coming", "leadership_letter"} & unknown()
    assert "ready" not in [step["key"] for step in data(ours, "/utilities/N1/edit")["steps"]]


def test_a_utility_of_which_nothing_is_known_is_asked_for_a_need_or_an_offer(app: APIFlask) -> None:
    with app.extensions["wop"].store.read() as reader:
        network = read_network(reader)
    assert [step.kind for step in next_steps(network, load_policy("best_fit"), "N4")] == ["need", "offer"]
