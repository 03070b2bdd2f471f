"""A round that rests on a private need: what each reader sees of it, and what a regional facilitator may do."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from apiflask import APIFlask
from flask import url_for
from flask.testing import FlaskClient
from private_worlds import AS_OF, SECRET, World, app_of, network_of, without_ids
from signed_in import FACILITATOR, Person

from graph.errors import NothingFeasible
from graph.sentences import say
from matcher.policy import load_policy
from matcher.rounds import edits
from matcher.rounds.answers import decline
from matcher.rounds.readiness import check_round
from matcher.rounds.solving import solve_round
from web.access import TABLE
from web.jobs.board import JobBoard, number_of
from web.jobs.records import RoundAsked
from web.signing_in import _form_key

JSON = {"Accept": "application/json"}
ZEBRA = "Zebra said in confidence"
READERS = {
    "planner": Person("planner@example.org", ("planner",), key="planner-key"),
    "facilitator elsewhere": Person("other@example.org", ("facilitator",), regions=("R2",), key="r2-key"),
}
CLOSED_TO = {
    "stranger": None,
    "administrator": Person("admin@example.org", ("administrator",), key="admin-key"),
    "another utility": Person("n1@example.org", ("utility",), utilities=("N1", "M1"), key="n1-key"),
}
LEADING = Person("here@example.org", ("facilitator",), regions=("R1", "R3"), key="r1-key")
OWN_PART = {"rounds.begin", "rounds.publish", "rounds.set_room"}
"""What has a rule, and is taken as far as it is about the own part."""
PAGES = ("", "/ready", "/log", "/compare", "/record")


def world(topic: str) -> World:
    """S1 is matched on its private need alone; M1 offers both topics equally well. M4 and N3 are a pair of R3."""
    return World(
        mentors={"M1": "R2", "M2": "R2", "M4": "R3"},
        mentees={SECRET: "R1", "N1": "R1", "N3": "R3"},
        places={"M1": 1, "M2": 1, "M4": 1},
        offers=(("M1", "pumps", 5), ("M1", "meters", 5), ("M2", "leaks", 4), ("M4", "tariffs", 4)),
        needs=(("N1", "leaks", 1), ("N3", "tariffs", 2)),
        topic=topic,
        words=ZEBRA,
    )


def with_round(app: APIFlask, topic: str, *, decide: bool = True) -> APIFlask:
    """A round over a world: private words wherever words are taken, and a topic that a decline set aside."""
    store = app.extensions["wop"].store
    network = network_of(store)
    state = edits.create_round(store, "Spring", as_of=AS_OF, who="Ana", policy=load_policy("best_fit"))
    state = check_round(store, state, network, who="Ana")
    state = solve_round(store, state.id, lambda _as_of: network, who="Ana")
    assert state.proposal("M1", SECRET) is not None
    if decide:
        edits.pin(store, state.id, ("M1", SECRET), who="Ana", why=ZEBRA)
        edits.adjust(store, state.id, ("M2", SECRET), 0.1, who="Ana", why=ZEBRA)
        edits.note(store, state.id, ZEBRA, who="Ana")
        edits.publish(store, state.id, who="Ana", why=ZEBRA, deadline=date(2999, 1, 1))
        edits.change_settings(store, state.id, who="Ana", why=ZEBRA, order="mentee_first")
        said: dict[str, Any] = {"who": "S1", "on": AS_OF, "words": ZEBRA, "topics": [topic]}
        decline(store, state.id, ("M1", SECRET), "mentee", "wrong_topic", **said)
        edits.note(store, state.id, "N1 likes it", who="Ana", pair=("M2", "N1"))
        solve_round(store, state.id, lambda _as_of: network, who="Ana")
    return app


@pytest.fixture(scope="module")
def apps(tmp_path_factory: pytest.TempPathFactory) -> list[APIFlask]:
    """Two applications whose rounds differ in what the private need is about."""
    folder: Path = tmp_path_factory.mktemp("rounds")
    topics = ("pumps", "meters")
    return [with_round(app_of(world(topic), folder / f"{topic}.sqlite"), topic) for topic in topics]


@pytest.fixture
def app(tmp_path: Path) -> APIFlask:
    """A round that was solved and not yet published."""
    return with_round(app_of(world("pumps"), tmp_path / "round.sqlite"), "pumps", decide=False)


def without_times(text: str) -> str:
    return re.sub(r"\d{4}-\d\d-\d\dT[0-9:.+Z]*", "", without_ids(text))


def post(client: FlaskClient, address: str, **body: Any) -> tuple[int, str]:
    answer = client.post(f"/rounds/M1/{address}", json=body, headers=JSON)
    return answer.status_code, answer.text


@pytest.mark.parametrize("who", READERS)
def test_readers_see_the_round_without_what_is_private(apps: list[APIFlask], who: str) -> None:
    one, other = (app.test_client(person=READERS[who]) for app in apps)
    full = apps[0].test_client()
    assert ZEBRA in full.get("/rounds/M1/log").text
    documents = [full.get("/rounds/M1", headers=JSON).json, apps[1].test_client().get("/rounds/M1", headers=JSON).json]
    shown = [f"/rounds/M1{page}" for page in PAGES] + ["/rounds"]
    for address in shown:
        first, second = (client.get(address, headers=JSON) for client in (one, other))
        assert first.status_code == 200, (who, address)
        assert without_times(first.text) == without_times(second.text), (who, address)
        page = one.get(address)
        assert page.status_code == 200
        assert ZEBRA not in first.text + page.text, (who, address)
        assert address == "/rounds" or "what you may see" in page.text, (who, address)
    for document, client in zip(documents, (one, other), strict=True):
        assert document is not None
        for address in (f"/proposal/{document['document']}", f"/proposal/download.csv?round={document['document']}"):
            assert ZEBRA not in client.get(address, headers=JSON).text
    record = json.loads(one.get("/rounds/M1/record", headers=JSON).text)
    declined = [(row["mentor"], row["mentee"], row["side"], row["reason"]) for row in record["declines"]]
    assert declined == [("M1", SECRET, "mentee", None)], "that it was declined is seen, why is not"
    assert [row["reason"] for row in record["decline_reasons"]] == [None]
    assert {solve["input_hash"] for solve in record["solves"]} == {""}
    told = json.loads(one.get("/rounds/M1/log", headers=JSON).text)
    assert "N1 likes it" in json.dumps(told), "words about others are told"


@pytest.mark.parametrize("who", CLOSED_TO)
def test_rounds_are_closed_to_everybody_else(apps: list[APIFlask], who: str) -> None:
    client = apps[0].test_client(person=CLOSED_TO[who])
    for page in PAGES:
        assert client.get(f"/rounds/M1{page}", headers=JSON).status_code == (401 if who == "stranger" else 403)


def test_a_planner_changes_nothing(app: APIFlask) -> None:
    client = app.test_client(person=READERS["planner"])
    for address, body in (
        ("step", {"step": "publish"}),
        ("solve", {}),
        ("decide", {"what": "pin", "mentor": "M2", "mentee": "N1", "why": "x"}),
        ("answer", {"mentor": "M2", "mentee": "N1", "said": "mentor_yes"}),
        ("settings", {"order": "both", "why": "x"}),
    ):
        assert post(client, address, **body)[0] == 403, address
    desk = client.get("/rounds/M1").text
    assert 'name="step"' not in desk
    assert "/weigh/" not in desk


def test_a_regional_facilitator_decides_on_pairs_of_the_own_regions(app: APIFlask) -> None:
    client = app.test_client(person=READERS["facilitator elsewhere"])
    desk = client.get("/rounds/M1").text
    assert "/rounds/M1/weigh/M2/N1" in desk
    assert "/rounds/M1/weigh/M4/N3" not in desk
    assert "Publish the proposals of your regions" in desk
    assert client.get("/rounds/M1/weigh/M2/N1", headers=JSON).status_code == 200
    assert post(client, "decide", what="pin", mentor="M2", mentee="N1", why="They know each other")[0] == 200
    status, text = post(client, "decide", what="pin", mentor="M4", mentee="N3", why="They know each other")
    assert (status, "lies in your regions" in text) == (403, True)
    assert post(client, "step", step="undo")[0] == 200
    assert post(client, "step", step="publish")[0] == 200
    rows = app.test_client().get("/rounds/M1", headers=JSON).json
    assert rows is not None
    assert {(row["mentor"], row["phase"]) for row in rows["proposals"]} == {
        ("M1", "published"),
        ("M2", "published"),
        ("M4", "proposed"),
    }
    assert post(client, "answer", mentor="M2", mentee="N1", said="mentor_yes")[0] == 200
    assert post(client, "answer", mentor="M4", mentee="N3", said="mentor_yes")[0] == 403


@pytest.mark.parametrize("step", ["check", "lapse", "close", "cancel", "stop"])
def test_a_step_of_the_whole_round_is_refused_in_words(app: APIFlask, step: str) -> None:
    client = app.test_client(person=READERS["facilitator elsewhere"])
    status, text = post(client, "step", step=step, why="x")
    assert status == 403
    assert f"This round has mentees outside your regions: Water of N1, Water of N3, Water of {SECRET}." in text
    for address, body in (("solve", {}), ("settings", {"order": "both", "why": "x"})):
        assert post(client, address, **body)[0] == 403
    assert post(client, "step", step="publish", deadline="2999-01-01")[0] == 403, "a deadline is everybody's"


def test_every_rule_of_the_table_refuses_what_is_elsewhere(app: APIFlask) -> None:
    """Whatever the table guards by a rule, a step of everybody or a pair of others, is refused before it is read."""
    client = app.test_client(person=READERS["facilitator elsewhere"])
    parts = {"round_id": "M1", "mentor_id": "M4", "mentee_id": "N3"}
    body = {"mentor": "M4", "mentee": "N3", "step": "check"}
    walked = set()
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in TABLE or TABLE[rule.endpoint].rule is None:
            continue
        values = {name: parts.get(name, "nothing") for name in rule.arguments}
        with app.test_request_context():
            address = url_for(rule.endpoint, **values)  # type: ignore[arg-type]  # parts of the path
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            # Two endpoints may share an address; which of them is asked is by the method.
            asked = str(app.url_map.bind("localhost").match(address.partition("?")[0], method)[0])
            if asked in TABLE and TABLE[asked].rule is not None and asked not in OWN_PART:
                answer = client.open(address, method=method, headers=JSON, json=body if method == "POST" else None)
                assert answer.status_code == 403, (asked, method, answer.text)
                walked.add(asked)
    assert len(walked) >= 10


@pytest.mark.parametrize(
    ("address", "first", "second"),
    [
        ("step", {"step": "publish"}, {"step": "cancel"}),
        ("decide", {"mentor": "M2", "mentee": "N1"}, {"mentor": "M4", "mentee": "N3", "what": "pin", "why": "x"}),
        ("answer", {"mentor": "M2", "mentee": "N1"}, {"mentor": "M4", "mentee": "N3", "said": "mentor_yes"}),
        ("notes", {"mentor": "M2", "mentee": "N1"}, {"mentor": "M4", "mentee": "N3", "text": "x"}),
    ],
)
def test_the_gate_looks_at_the_fields_that_the_action_takes(
    app: APIFlask, address: str, first: dict[str, str], second: dict[str, str]
) -> None:
    """A form may name a field twice; what is own must not open the way for what is not."""
    client = app.test_client(person=READERS["facilitator elsewhere"])
    fields = [("csrf", _form_key("r2-key")), *first.items(), *second.items()]
    kind = "application/x-www-form-urlencoded"
    origin = {"Origin": "http://localhost"}
    answer = client.post(f"/rounds/M1/{address}", data=urlencode(fields), content_type=kind, headers=origin)
    assert answer.status_code == 403, answer.text
    assert app.test_client().get("/rounds/M1", headers=JSON).json["phase"] == "proposed"  # type: ignore[index]  # a round


@pytest.mark.parametrize("deadline", [0, "0"])
def test_a_deadline_is_everybodys_however_it_is_written(app: APIFlask, deadline: object) -> None:
    client = app.test_client(person=READERS["facilitator elsewhere"])
    assert post(client, "step", step="publish", deadline=deadline)[0] == 403


def a_job(app: APIFlask, *, of_round: bool) -> tuple[JobBoard, str]:
    """A job that waits for a worker."""
    board: JobBoard = app.extensions["wop_jobs"]
    asked: RoundAsked | None = {"id": "M1", "who": "Ana", "account": "ana"} if of_round else None
    policy = load_policy("best_fit").to_json()
    return board, board.ask("round" if of_round else "match", [policy], AS_OF.isoformat(), 0, 60.0, 1, asked)["id"]


def test_the_solve_of_a_round_is_stopped_by_who_leads_it(app: APIFlask) -> None:
    board, id = a_job(app, of_round=True)
    address = f"/jobs/{id}/cancel"
    elsewhere = app.test_client(person=READERS["facilitator elsewhere"])
    assert elsewhere.post(address, json={}).status_code == 403
    assert address not in elsewhere.get(f"/jobs/{id}").text
    assert address in app.test_client(person=LEADING).get(f"/jobs/{id}").text
    assert board.job(id)["state"] == "queued"
    assert app.test_client(person=LEADING).post(address, json={}, headers=JSON).status_code == 200
    assert board.job(id)["state"] == "cancelled"


@pytest.mark.parametrize("reader", [READERS["facilitator elsewhere"], CLOSED_TO["administrator"]])
def test_why_rules_clash_is_not_told_to_whom_it_would_tell_private_needs(app: APIFlask, reader: Person) -> None:
    board, id = a_job(app, of_round=False)
    told = NothingFeasible([say("The floor asks for {floor}, and {ids} can have a mentor.", floor=3, ids=ZEBRA)])
    board.end(number_of(id), "failed", error=told.message.to_json(), hint=None)
    assert ZEBRA in app.test_client().get(f"/jobs/{id}", headers=JSON).text
    for address in ("/jobs", f"/jobs/{id}"):
        for headers in (JSON, {}):
            text = app.test_client(person=reader).get(address, headers=headers).text
            assert ZEBRA not in text
            assert board.job(id)["digest"] not in text


def test_somebody_elses_decision_is_not_undone(app: APIFlask) -> None:
    edits.pin(app.extensions["wop"].store, "M1", ("M4", "N3"), who="Ana", why="They know each other")
    assert post(app.test_client(person=READERS["facilitator elsewhere"]), "step", step="undo")[0] == 403


@pytest.mark.parametrize("person", [FACILITATOR, LEADING])
def test_who_sees_everything_private_of_a_round_leads_it(app: APIFlask, person: Person) -> None:
    client = app.test_client(person=person)
    assert "left_out" not in client.get("/rounds/M1", headers=JSON).text
    assert ZEBRA in client.get(f"/utilities/{SECRET}").text
    assert post(client, "decide", what="pin", mentor="M4", mentee="N3", why="They know each other")[0] == 200
    assert post(client, "step", step="publish", deadline="2999-01-01")[0] == 200
    assert client.post("/rounds", json={"title": "Mine"}, headers=JSON).status_code == 201


def test_a_choice_of_participants_tells_no_reader_who_has_a_private_need(app: APIFlask) -> None:
    """Chosen one by one, with the words of the change in the log: neither tells of the hidden utility."""
    leader = app.test_client(person=FACILITATOR)
    body = {"mentees_also": [SECRET], "mentees_topics": ["leaks"], "why": ZEBRA}
    answer = leader.post("/rounds/M1/participants", json=body, headers=JSON)
    assert answer.status_code == 200, answer.text
    name = next(each["name"] for each in answer.json["mentees"]["utilities"] if each["id"] == SECRET)  # type: ignore[index]  # it has a body
    assert f"and also {name}" in leader.get("/rounds/M1/log").text
    for reader in READERS.values():
        client = app.test_client(person=reader)
        for page in ("/log", ""):
            text = client.get(f"/rounds/M1{page}").text
            assert "and also" not in text
            assert ZEBRA not in text
        elsewhere = client.get("/rounds/M1/participants/own")
        assert elsewhere.status_code == (403 if reader.roles == ("planner",) else 200)
        assert name not in elsewhere.text
        for closed in ("/participants", "/policy", "/policy.toml", "/scenarios"):
            assert client.get(f"/rounds/M1{closed}").status_code == 403
        drafted = client.post("/rounds/M1/participants/draft", json={"mentees_topics": ["pumps"]}, headers=JSON)
        assert drafted.status_code == 403
