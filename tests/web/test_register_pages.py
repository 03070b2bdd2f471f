"""The register's pages: filters and files, what the two sides enter, their answers, and the joint work plan."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest
from a_round import published_round
from apiflask import APIFlask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from signed_in import FACILITATOR, Person
from small_world import AS_OF

from matcher.rounds.answers import accept
from matcher.rounds.closing import close_round

HERE = {"Origin": "http://localhost"}
JSON = {"Accept": "application/json"}
PEOPLE = {
    "mentor": Person("m1@example.org", ("utility",), utilities=("M1",), key="m1-key"),
    "mentee": Person("n1@example.org", ("utility",), utilities=("N1",), key="n1-key"),
    "third": Person("n2@example.org", ("utility",), utilities=("N4",), key="n4-key"),
    "planner": Person("planner@example.org", ("planner",), key="planner-key"),
    "elsewhere": Person("elsewhere@example.org", ("facilitator",), regions=("R4",), key="r4-key"),
    "facilitator": FACILITATOR,
}
OURS, THEIRS = "/utilities/M1/partnerships/P1", "/utilities/N1/partnerships/P1"
ANSWER = {"reached": "yes", "again": "rather_yes", "words": "Send the engineers first"}


@pytest.fixture
def clients(app: APIFlask) -> dict[str, FlaskClient]:
    return {who: app.test_client(person=person) for who, person in PEOPLE.items()}


def post(client: FlaskClient, address: str, **body: Any) -> Any:
    response = client.post(address, json=body, headers=JSON)
    return response.status_code, response.json


def ids(client: FlaskClient, asked: str) -> list[str]:
    found = client.get(f"/partnerships?{asked}", headers=JSON).json
    assert found is not None
    return [pair["id"] for pair in found["pairs"]]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("", ["P2", "P1"]),
        ("mentee=sao", ["P1"]),
        ("mentor=zuid", []),
        ("region=R1&capability=leaks", ["P2", "P1"]),
        ("programme=WaterWorX", ["P2", "P1"]),
        ("first=2020", ["P1"]),
        ("last=2018", ["P1"]),
        ("status=unknown", ["P2", "P1"]),
        ("status=running", []),
        ("results=true", []),
    ],
)
def test_the_list_by_its_filters(client: FlaskClient, asked: str, expected: list[str]) -> None:
    assert ids(client, asked) == expected
    rows = client.get(f"/partnerships/download.csv?{asked}").text.splitlines()
    assert [row.partition(",")[0] for row in rows[1:]] == expected
    assert client.get("/partnerships?programme=WaterWor").status_code == 404


def test_files_hold_no_formula(app: APIFlask, client: FlaskClient) -> None:
    with app.extensions["wop"].store.write() as transaction:
        transaction.merge_nodes("Utility", {"id": ["N2"], "name": ["=1+1"]})
    text = client.get("/partnerships/download.csv").text
    assert ",'=1+1," in text
    book = load_workbook(io.BytesIO(client.get("/partnerships/download.xlsx").data))
    (cell,) = [cell for row in book["Sheet1"].iter_rows() for cell in row if cell.value == "'=1+1"]
    assert cell.data_type == "s"


def test_results_and_dates_are_entered_by_either_side(clients: dict[str, FlaskClient]) -> None:
    figures = {"capability": "leaks", "baseline": 40, "target": 30, "result": 32, "year": 2021, "source": "report"}
    assert post(clients["mentor"], f"{OURS}/results", **{**figures, "source": None, "seen": 0})[0] == 400
    status, data = post(clients["mentor"], f"{OURS}/results", **figures, indicator="losses in %", seen=0)
    assert status == 200
    assert data["version"] == 1
    dates = {"status": "completed", "start": "2018-03-01", "end": "2021-02-28"}
    # Another thing, decided on an older version: it stands beside the first.
    assert post(clients["mentee"], f"{THEIRS}/dates", **dates, seen=0)[0] == 200
    # The same thing: the second is told who was first.
    status, problem = post(clients["mentee"], f"{THEIRS}/results", **figures, seen=0)
    assert status == 409
    assert "m1@example.org" in problem["title"]
    shown = clients["third"].get("/partnerships/noord_nairobi").text
    assert "losses in %" in shown
    assert "completed" in shown
    assert ids(clients["third"], "results=true&status=completed") == ["P1"]


@pytest.mark.parametrize("who", ["third", "planner", "elsewhere"])
def test_others_enter_nothing(clients: dict[str, FlaskClient], who: str) -> None:
    for what in ("dates", "results", "answers", "plan/objectives", "plan/activities"):
        body: dict[str, Any] = {"capability": "leaks"} if what in ("results", "plan/objectives") else {}
        body |= ANSWER if what == "answers" else {"type": "training", "title": "x"} if "activities" in what else {}
        assert post(clients[who], f"{OURS}/{what}", **body)[0] == 403, what
    assert clients[who].get(OURS).status_code == 403
    assert "/utilities/M1/partnerships/P1" not in clients[who].get("/partnerships/noord_nairobi").text


def test_the_answers_are_for_the_two_and_their_facilitators(app: APIFlask, clients: dict[str, FlaskClient]) -> None:
    assert post(clients["mentor"], f"{OURS}/dates", status="running", start="2018-01-01")[0] == 200
    with app.extensions["wop"].store.write() as transaction:
        transaction.merge_nodes("Partnership", {"id": ["P1"], "end_year": [None]})
    assert post(clients["mentor"], f"{OURS}/answers", **ANSWER)[0] == 409, "it has not ended"
    assert post(clients["mentor"], f"{OURS}/dates", status="completed", start="2018-01-01", end="2021-01-31")[0] == 200
    assert post(clients["mentor"], f"{OURS}/answers", **ANSWER)[0] == 200
    assert "Send the engineers" not in clients["mentee"].get(THEIRS).text, "not before its own answers"
    assert "Send the engineers" in clients["facilitator"].get(THEIRS).text
    bad = {"reached": "no", "again": "no", "words": "They never came", "shared": "facilitators"}
    assert post(clients["mentee"], f"{THEIRS}/answers", **bad)[0] == 200
    assert "Send the engineers" in clients["mentee"].get(THEIRS).text
    assert "never came" not in clients["mentor"].get(OURS).text
    assert "never came" in clients["facilitator"].get(OURS).text
    told = {}
    for who in ("mentor", "third", "planner", "elsewhere", "facilitator"):
        text = clients[who].get("/partnerships/noord_nairobi").text + clients[who].get("/proposal/pair/M1/N1").text
        assert "never came" not in text
        assert "Send the engineers" not in text
        told[who] = text
    known = app.extensions["wop"].now().network
    (went,) = [part.went for part in known.partnerships if part.id == "P1"]
    assert went == pytest.approx((1 + 2 / 3) / 4)
    for who in ("third", "planner", "elsewhere"):
        seen = clients[who].get("/utilities/M1", headers=JSON).text
        assert "went" not in seen


def test_what_everybody_may_read_stands_on_the_page(clients: dict[str, FlaskClient]) -> None:
    assert post(clients["mentee"], f"{THEIRS}/answers", **{**ANSWER, "shared": "everyone"})[0] == 200
    assert "Send the engineers" in clients["third"].get("/partnerships/noord_nairobi").text


def test_a_private_topic_is_opened_by_the_mentee_alone(clients: dict[str, FlaskClient]) -> None:
    figures = {"capability": "meters", "baseline": 4711.5, "private": True}
    assert post(clients["mentee"], f"{THEIRS}/results", **figures)[0] == 200
    assert post(clients["mentor"], f"{OURS}/results", **{**figures, "private": False})[0] == 200
    for who in ("third", "planner", "elsewhere"):
        page = clients[who].get("/partnerships/noord_nairobi", headers=JSON).text
        file = clients[who].get("/partnerships/download.csv").text
        assert "meters" not in page + file
    assert "4,711.5" in clients["mentor"].get("/partnerships/noord_nairobi").text
    assert post(clients["mentee"], f"{THEIRS}/results", **{**figures, "private": False})[0] == 200
    assert "meters" in clients["third"].get("/partnerships/download.csv").text


def test_the_work_plan(clients: dict[str, FlaskClient]) -> None:
    training = {
        "type": "training",
        "title": "=Leak crews",
        "first": "2027-03",
        "last": "2027-05",
        "capability": "leaks",
    }
    assert post(clients["mentor"], f"{OURS}/plan/activities", **training, seen=0)[0] == 200
    assert post(clients["mentee"], f"{THEIRS}/plan/objectives", capability="leaks", text="Below 30 %", seen=0)[0] == 200
    status, plan = post(clients["mentee"], f"{THEIRS}/plan/activities", type="exchange", title="Visit", first="2027-01")
    assert status == 200
    assert [(row["title"], row["start"], row["length"]) for row in plan["activities"]] == [
        ("Visit", 0, 1),
        ("=Leak crews", 2, 3),
    ]
    done = {**training, "number": 1, "state": "done"}
    assert post(clients["mentor"], f"{OURS}/plan/activities", **done, seen=1)[0] == 200
    assert post(clients["mentee"], f"{THEIRS}/plan/activities", **done, seen=1)[0] == 409
    page = clients["mentee"].get(f"{THEIRS}/plan")
    assert "1 of 2 activities done, 0 under way." in page.text
    assert "Below 30 %" in page.text
    assert len(page.data) < 60_000
    assert ",'=Leak crews," in clients["mentor"].get(f"{OURS}/plan/download.csv").text
    for wrong in ({"first": "2027-13"}, {"last": "2027-01"}, {"first": "2027-05", "last": "2027-01"}):
        assert (
            post(clients["mentor"], f"{OURS}/plan/activities", **{**training, "first": "", "last": "", **wrong})[0]
            == 400
        )
    assert post(clients["mentor"], f"{OURS}/dates", status="stopped", end="2021-01-01")[0] == 200
    assert post(clients["mentor"], f"{OURS}/plan/activities", **training)[0] == 409


def test_a_closed_round_stands_on_the_page_of_its_partnership(app: APIFlask, clients: dict[str, FlaskClient]) -> None:
    state = published_round(app, date.fromisoformat(AS_OF))
    store = app.extensions["wop"].store
    pair = next(iter(state.in_phase("published"))).pair
    for side in ("mentor", "mentee"):
        accept(store, state.id, pair, side, who="Wanjiru", on=date(2026, 2, 1))
    with store.write() as transaction:
        transaction.merge_edges(
            "NEEDS", {"source": [pair[1]] * 2, "target": ["leaks", "meters"], "private": [True] * 2}
        )
    for other in [each.pair for each in state.in_phase("published") if each.pair != pair]:
        from matcher.rounds.edits import withdraw

        withdraw(store, state.id, [other], who="Ana", why="later")
    close_round(store, state.id, on=date(2026, 3, 1), who="Ana")
    page = clients["facilitator"].get(f"/partnerships/{state.id}-1").text
    assert "Spring round" in page
    assert page.count("Wanjiru") == 2
    outside = clients["third"].get(f"/partnerships/{state.id}-1")
    assert "Wanjiru" not in outside.text
    assert "Leak detection" not in outside.text, "a private need stays private as a topic"


def test_forms_of_a_page_are_sent_back_to_it(clients: dict[str, FlaskClient]) -> None:
    sent = clients["mentee"].post(f"{THEIRS}/answers", data={**ANSWER, "seen": "0", "shared": "two"}, headers=HERE)
    assert sent.status_code == 303
    assert sent.headers["Location"] == THEIRS
    page = clients["mentee"].get(THEIRS)
    assert "Send the engineers first" in page.text
    assert len(page.data) < 60_000
