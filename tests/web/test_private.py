"""What is private reaches nobody without the right: every page, twin and download, walked by every role."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from apiflask import APIFlask
from flask import url_for
from flask.testing import FlaskClient
from signed_in import FACILITATOR, Person
from small_world import fill
from web_fixtures import settings_for

from graph.network import read_network
from graph.register import with_inferred
from graph.rounds import save_round
from graph.store import open_store
from matcher.policy import PairDecision, load_policy
from matcher.proposal import propose
from matcher.rounds.edits import create_round, forbid, note, pin
from matcher.rounds.readiness import check_round
from matcher.rounds.solving import solve_round
from web.app import create_app

SECRETS = ("Zebra", "87654", "Geheime Messung")
"""Words that only a private need, a private figure and a closed profile hold."""
NUMBERS_OF_REQUESTS = re.compile(r"\b[0-9a-f]{16}\b")
"""Chance numbers, which may hold any five digits."""
CAPABILITY = "secret_topic"
JSON = {"Accept": "application/json"}
OTHERS = {
    "stranger": None,
    "planner": Person("planner@example.org", ("planner",), key="planner-key"),
    "administrator": Person("admin@example.org", ("administrator",), key="admin-key"),
    "another utility": Person("n2@example.org", ("utility",), utilities=("N2", "M1", "M2"), key="n2-key"),
    "facilitator elsewhere": Person("elsewhere@example.org", ("facilitator",), regions=("R4",), key="r4-key"),
}
RIGHTFUL = {
    "facilitator": FACILITATOR,
    "facilitator of the region": Person("here@example.org", ("facilitator",), regions=("R1", "R2"), key="r1-key"),
    "itself": Person("n1@example.org", ("utility",), utilities=("N1",), key="n1-key"),
}


@pytest.fixture(scope="module")
def secret_app(tmp_path_factory: pytest.TempPathFactory) -> APIFlask:
    """The small network with a private need, a private figure and a closed profile, and a proposal that uses them."""
    settings = settings_for(tmp_path_factory.mktemp("secret") / "store.sqlite")
    store = open_store(settings.store)
    fill(store)
    with store.write() as transaction:
        transaction.merge_nodes("Capability", {"id": [CAPABILITY], "name": ["Testing pipes"], "definition": ["Pipes."]})
        transaction.merge_edges("PART_OF", {"source": [CAPABILITY], "target": ["losses"]})
        transaction.merge_edges("OFFERS", {"source": ["M1"], "target": [CAPABILITY], "level": [5], "year": [2023]})
        need: dict[str, list[Any]] = {"source": ["N1", "N4"], "target": [CAPABILITY, CAPABILITY]}
        need |= {"priority": [1, 1], "indicator": ["Zebra losses", None], "stated_by": ["Zebra letter", None]}
        need |= {"private": [True, None]}
        transaction.merge_edges("NEEDS", need)
        figure: dict[str, list[Any]] = {
            "source": ["N1"],
            "target": ["nrw_percent"],
            "key": ["2023"],
            "value": [87654.25],
            "year": [2023],
        }
        figure |= {"note": ["Zebra note"], "private": [True]}
        transaction.merge_edges("OBSERVED", figure)
        transaction.merge_nodes("Utility", {"id": ["N3"], "private": [True], "note": ["Geheime Messung"]})
        transaction.merge_nodes("Utility", {"id": ["N3"], "source_url": ["https://example.org/Zebra"]})
    as_of = date(2024, 1, 1)
    with store.read() as reader:
        network = with_inferred(read_network(reader), as_of)
    policy = load_policy("best_fit").model_copy(update={"pins": (PairDecision(mentor="M1", mentee="N1"),)})
    document = propose(network, policy, as_of=as_of)
    assert any(need["capability"] == CAPABILITY for pair in document["pairs"] for need in pair["covered"])
    state = create_round(store, "Spring", as_of=as_of, who="Ana", policy=load_policy("best_fit"))
    state = check_round(store, state, network, who="Ana")
    state = solve_round(store, state.id, lambda _as_of: network, who="Ana")
    pin(store, state.id, ("M1", "N1"), who="Ana", why="Zebra pin")
    forbid(store, state.id, ("M1", "N3"), who="Ana", why="Geheime Messung")
    note(store, state.id, "Zebra note", who="Ana")
    save_round(store, document)
    store.close()
    return create_app(settings)


def addresses(app: APIFlask) -> Iterator[str]:
    """Every address that can be read, about every utility."""
    utilities = ("N1", "N2", "N3", "M1")
    known = app.extensions["wop"]
    with app.app_context():
        documents = [heading.id for heading in known.now().headings]
    parts = {
        "round_id": [*documents, "M1"],
        "wop": ["noord_nairobi"],
        "kind": ["json", "csv", "xlsx", "svg", "graphml", "gexf", "utilities.csv", "pairs.csv"],
        "mentor_id": ["M1", "M2"],
    }
    parts |= {"question": ["supply", "scarcity", "results"], "table": ["needs", "near", "outcomes"]}
    parts |= {"utility_id": list(utilities), "mentee_id": ["N1", "N3"], "job_id": ["J1"], "filename": ["wop.css"]}
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if "GET" not in (rule.methods or ()) or rule.endpoint == "static":
                continue
            filled: list[dict[str, str]] = [{}]
            for name in sorted(rule.arguments):
                filled = [{**one, name: value} for one in filled for value in parts.get(name, ["nothing"])]
            for values in filled:
                address = url_for(rule.endpoint, **values)  # type: ignore[arg-type]  # parts of the path
                yield address
                if rule.endpoint == "network.chain":
                    yield f"{address}?to=N1"
                if rule.endpoint == "network.explore":
                    yield from (f"{address}?alone=yes&proposed=yes&selected={id}" for id in utilities)
                    yield f"{address}?capability={CAPABILITY}&proposed=yes&table=pairs"
                if rule.endpoint == "network.world_map":
                    yield f"{address}?show=needs&capability={CAPABILITY}&proposed=yes"
                if rule.endpoint == "utilities.utilities":
                    yield f"{address}?needs={CAPABILITY}&q=Nairobi"
                if rule.endpoint == "suggest.suggest":
                    yield from (
                        f"{address}?utility={id}&role={role}" for id in utilities for role in ("mentee", "mentor")
                    )


def text_of(client: FlaskClient, address: str, headers: dict[str, str]) -> str:
    answer = client.get(address, headers=headers)
    assert answer.status_code < 500, (address, answer.status_code)
    if answer.data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
            return " ".join(book.read(name).decode() for name in book.namelist())
    return NUMBERS_OF_REQUESTS.sub("", answer.text)


@pytest.mark.parametrize("who", OTHERS)
def test_nothing_private_reaches_others(secret_app: APIFlask, who: str) -> None:
    client = secret_app.test_client(person=OTHERS[who])
    walked = 0
    for address in addresses(secret_app):
        for headers in (JSON, {"Accept": "text/html"}):
            told = text_of(client, address, headers)
            found = [secret for secret in SECRETS if secret in told]
            assert not found, (who, address, found)
            walked += 1
    assert walked > 100


@pytest.mark.parametrize("who", [who for who, person in OTHERS.items() if person is not None])
def test_who_has_a_private_need_is_not_told_by_any_twin(secret_app: APIFlask, who: str) -> None:
    """The topic is public and offered, and N4 needs it openly; that N1 needs it is in no answer."""
    client = secret_app.test_client(person=OTHERS[who])
    for address in addresses(secret_app):
        answer = client.get(address, headers=JSON)
        if answer.mimetype != "application/json" or answer.status_code != 200:
            continue
        for row in needing(json.loads(answer.data)):
            assert CAPABILITY not in json.dumps(row), (who, address, row)
    supply = client.get(f"/supply?capability={CAPABILITY}", headers=JSON).json
    assert supply is not None
    assert sum(row["needs"] for row in supply["rows"]) == 1


def needing(data: Any) -> Iterator[Any]:
    """The needs that an answer gives N1: of its profile and rows, and of pairs and mentees it is the mentee of."""
    if isinstance(data, list):
        for one in data:
            yield from needing(one)
        return
    if not isinstance(data, dict):
        return
    about = data.get("mentee") or data.get("utility") or {}
    if isinstance(about, dict) and about.get("id") == "N1":
        yield {
            name: part for name, part in data.items() if name in ("needs", "covered", "uncovered", "reasons", "text_s")
        }
        yield data.get("candidates", [])
    for part in data.values():
        yield from needing(part)


@pytest.mark.parametrize("who", RIGHTFUL)
def test_who_has_the_right_sees_it(secret_app: APIFlask, who: str) -> None:
    client = secret_app.test_client(person=RIGHTFUL[who])
    page = client.get("/utilities/N1").text
    assert "Zebra losses" in page
    assert "Zebra note" in page
    mentors = client.get("/utilities/N1/mentors", headers=JSON).json
    assert mentors is not None
    assert CAPABILITY in {need["capability"] for need in mentors["needs"]}


def test_a_candidate_partner_sees_the_fit_alone(secret_app: APIFlask) -> None:
    proposal = secret_app.test_client().get("/proposal?q=Nairobi", headers=JSON).json
    assert proposal is not None
    (full,) = [pair for pair in proposal["pairs"] if pair["mentee"]["id"] == "N1"]
    assert CAPABILITY in {need["capability"] for need in full["covered"]}
    assert full["reasons"]
    client = secret_app.test_client(person=OTHERS["another utility"])
    address = f"/proposal/pair/{full['mentor']['id']}/N1"
    shown = client.get(address, headers=JSON).json
    assert shown is not None
    assert shown["proposed"]
    assert shown["explanation"]["fit"] == full["fit"]
    assert shown["explanation"]["reasons"] == []
    assert "keeps private" in client.get(address).text


def test_an_explanation_says_what_was_left_out(secret_app: APIFlask) -> None:
    for person, needs in ((OTHERS["planner"], 3), (RIGHTFUL["facilitator of the region"], 1), (FACILITATOR, None)):
        client = secret_app.test_client(person=person)
        told = client.get("/proposal/scarcity", headers=JSON).json
        assert told is not None
        assert (told["left_out"]["needs"] if needs else told.get("left_out")) == needs
        assert ("Worked out on what you may see" in client.get("/proposal/scarcity").text) == (needs is not None)
