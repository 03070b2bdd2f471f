"""The pages of rounds: a facilitator leads one from its draft to partnerships, and a worker solves it."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from graph.store import open_store
from web.jobs.attempt import JobAttempt
from web.jobs.board import JobBoard, number_of
from web.settings import Settings

JSON = {"Accept": "application/json"}


@pytest.fixture
def board(app: APIFlask) -> JobBoard:
    found: JobBoard = app.extensions["wop_jobs"]
    return found


def work(app: APIFlask, board: JobBoard) -> None:
    """Do the job asked last, as a worker would."""
    settings: Settings = app.extensions["wop_settings"]
    job = next(job for job in board.jobs() if job["ended_at"] is None)
    JobAttempt(board, number_of(job["id"]), lambda: open_store(settings.store), "worker", threading.Event()).run(1)
    ended = board.job(job["id"])
    assert (ended["state"], ended["kind"], ended["of_round"]) == ("done", "round", "M1"), ended


def post(client: FlaskClient, address: str, status: int = 200, **body: Any) -> dict[str, Any]:
    answer = client.post(address, json=body, headers=JSON)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] | None = answer.json
    assert found is not None
    return found


def desk(client: FlaskClient) -> dict[str, Any]:
    found: dict[str, Any] | None = client.get("/rounds/M1", headers=JSON).json
    assert found is not None
    return found


def solved(client: FlaskClient, app: APIFlask, board: JobBoard) -> dict[str, Any]:
    """A round begun, checked and solved."""
    post(client, "/rounds", 201, title="Spring", as_of="2024-01-01", policy="best_fit")
    post(client, "/rounds/M1/step", step="check")
    assert post(client, "/rounds/M1/solve")["phase"] == "solving"
    assert desk(client)["job_state"] == "queued"
    work(app, board)
    return desk(client)


def test_the_empty_list_says_how_to_begin(client: FlaskClient) -> None:
    page = client.get("/rounds").text
    assert "There is no round yet." in page
    assert 'name="title"' in page


def test_a_round_is_led_on_its_pages(client: FlaskClient, app: APIFlask, board: JobBoard) -> None:
    state = solved(client, app, board)
    assert state["phase"] == "proposed"
    pairs = [(row["mentor"], row["mentee"]) for row in state["proposals"]]
    assert pairs
    for address in (
        "/rounds",
        "/rounds/M1",
        "/rounds/M1/ready",
        "/rounds/M1/log",
        "/rounds/M1/compare",
        "/rounds/M1/record",
    ):
        for language in ("en", "fr", "es"):
            answer = client.get(f"{address}?lang={language}")
            assert answer.status_code == 200, address
            assert "<script>alert" not in answer.text
    ready = client.get("/rounds/M1/ready", headers=JSON).json
    assert ready is not None
    assert sum(row["count"] for row in ready["without"]) == ready["mentees"] - ready["most_served"]
    mentor, mentee = pairs[0]
    weighed = client.get(f"/rounds/M1/weigh/{mentor}/{mentee}?what=forbid", headers=JSON).json
    assert weighed is not None
    assert weighed["cost_s"]["text"]
    assert client.get(f"/rounds/M1/weigh/{mentor}/{mentee}").status_code == 200
    post(client, "/rounds/M1/decide", what="pin", mentor=mentor, mentee=mentee, why="they know each other")
    post(client, "/rounds/M1/decide", what="adjust", mentor=mentor, mentee=mentee, by=0.05, why="visit")
    shown = desk(client)
    assert [row["kind"] for row in shown["decisions"]] == ["pin", "adjust"]
    assert "they know each other" in client.get("/rounds/M1").text
    post(client, "/rounds/M1/step", step="undo")
    post(client, "/rounds/M1/settings", order="both", deadline="2999-12-31")
    post(client, "/rounds/M1/step", step="publish")
    for said in ("mentor_yes", "mentee_yes", "signed"):
        row = post(client, "/rounds/M1/answer", mentor=mentor, mentee=mentee, said=said, on="2024-02-01")
    assert row["phase"] == "signed"
    for each in desk(client)["proposals"]:
        if each["phase"] == "published":
            no: dict[str, Any] = {"said": "mentor_no", "reason": "distance", "on": "2024-02-01"}
            post(client, "/rounds/M1/answer", mentor=each["mentor"], mentee=each["mentee"], **no)
    while left := [row for row in desk(client)["proposals"] if row["phase"] == "published"]:
        pair: dict[str, Any] = {"mentor": left[0]["mentor"], "mentee": left[0]["mentee"]}
        post(client, "/rounds/M1/decide", what="withdraw", why="end", **pair)
    compared = client.get("/rounds/M1/compare", headers=JSON).json
    assert compared is not None
    ended = {(row["mentor"], row["mentee"]): (row["before"], row["after"]) for row in compared["pairs"]}
    assert ended[mentor, mentee] == ("proposed", "signed")
    assert set(pairs) <= set(ended)
    assert compared["lost"] == len({each for _, each in pairs} - {mentee})
    assert "they know each other" in client.get("/rounds/M1/compare").text
    same = client.get("/rounds/M1/compare?first=2&second=2", headers=JSON).json
    assert same is not None
    assert same["pairs"] == []
    assert client.get("/rounds/M1/compare?second=900", headers=JSON).status_code == 404
    record = client.get("/rounds/M1/record", headers=JSON).json
    assert record is not None
    assert record["proposed"] == record["kept"] + record["lost"]
    assert {row["who"] for row in record["overrides"]}
    assert post(client, "/rounds/M1/step", step="close")["phase"] == "closed"
    only = client.get("/rounds/M1/log?kind=close", headers=JSON).json
    assert only is not None
    assert len(only["entries"]) == 1


def test_the_second_facilitator_is_told_what_the_first_did(client: FlaskClient) -> None:
    post(client, "/rounds", 201, title="Spring", as_of="2024-01-01")
    post(client, "/rounds/M1/decide", what="forbid", mentor="M1", mentee="N1", why="court case", seen=1)
    answer = client.post(
        "/rounds/M1/decide", json={"what": "pin", "mentor": "M1", "mentee": "N1", "why": "x", "seen": 1}, headers=JSON
    )
    assert answer.status_code == 409
    assert "forbade" in answer.text
    assert "not been solved yet" in client.get("/rounds/M1/weigh/M1/N1").text


def test_who_is_refused_a_step_finds_back_to_the_round(client: FlaskClient) -> None:
    post(client, "/rounds", 201, title="Spring", as_of="2024-01-01")
    refused = client.post(
        "/rounds/M1/step", data={"step": "close", "seen": "1"}, headers={"Origin": "http://localhost"}
    )
    assert refused.status_code == 409
    assert 'href="/rounds/M1"' in refused.text
    assert 'role="search"' not in refused.text


def test_a_solve_that_nobody_does_can_be_stopped(client: FlaskClient, board: JobBoard) -> None:
    post(client, "/rounds", 201, title="Spring", as_of="2024-01-01")
    post(client, "/rounds/M1/step", step="check")
    post(client, "/rounds/M1/solve")
    assert "Stop the solve" in client.get("/rounds/M1").text
    assert post(client, "/rounds/M1/step", step="stop")["phase"] == "checked"
    assert [job["state"] for job in board.jobs()] == ["cancelled"]


def test_a_worker_that_has_to_end_leaves_the_round_to_the_next_one(
    client: FlaskClient, app: APIFlask, board: JobBoard
) -> None:
    post(client, "/rounds", 201, title="Spring", as_of="2024-01-01")
    post(client, "/rounds/M1/step", step="check")
    post(client, "/rounds/M1/solve")
    job = board.jobs()[0]
    ending, settings = threading.Event(), app.extensions["wop_settings"]
    ending.set()
    JobAttempt(board, number_of(job["id"]), lambda: open_store(settings.store), "first", ending).run(1)
    assert desk(client)["phase"] == "solving"
    JobAttempt(board, number_of(job["id"]), lambda: open_store(settings.store), "next", threading.Event()).run(2)
    assert board.job(job["id"])["state"] == "done"
    assert desk(client)["phase"] == "proposed"
    assert [row["kind"] for row in desk(client)["log"]].count("solved") == 1


@pytest.mark.parametrize(
    ("address", "body", "status", "words"),
    [
        ("/rounds", {"title": "x", "policy": "best"}, 400, "best"),
        ("/rounds", {}, 400, "title"),
        ("/rounds/M9/step", {"step": "check"}, 404, "M9"),
        ("/rounds/M1/step", {"step": "publish"}, 400, "Solve the round first"),
        ("/rounds/M1/decide", {"what": "pin", "mentor": "M1", "mentee": "N1"}, 400, "why"),
        ("/rounds/M1/decide", {"what": "pin", "mentor": "M1", "mentee": "nobody", "why": "x"}, 404, "nobody"),
    ],
)
def test_what_cannot_be_done_is_said(
    client: FlaskClient, address: str, body: dict[str, Any], status: int, words: str
) -> None:
    post(client, "/rounds", 201, title="Spring", as_of="2024-01-01")
    answer = client.post(address, json=body, headers=JSON)
    assert answer.status_code == status, answer.text
    assert words in answer.text
