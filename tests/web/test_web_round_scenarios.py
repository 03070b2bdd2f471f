"""Scenarios of a round: tried beside it by a worker, compared, and one of them chosen."""

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
OURS = {"Sec-Fetch-Site": "same-origin"}
ADDRESS = "/rounds/M1/scenarios"


def work(app: APIFlask) -> None:
    """Do the job that waits, as a worker would."""
    board: JobBoard = app.extensions["wop_jobs"]
    settings: Settings = app.extensions["wop_settings"]
    job = next(job for job in board.jobs() if job["ended_at"] is None)
    JobAttempt(board, number_of(job["id"]), lambda: open_store(settings.store), "worker", threading.Event()).run(1)
    assert board.job(job["id"])["state"] == "done", board.job(job["id"])


def post(client: FlaskClient, address: str, status: int = 200, **body: Any) -> dict[str, Any]:
    answer = client.post(address, json=body, headers=JSON)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] | None = answer.json
    assert found is not None
    return found


def shown(client: FlaskClient, address: str = ADDRESS) -> dict[str, Any]:
    found: dict[str, Any] | None = client.get(address, headers=JSON).json
    assert found is not None
    return found


@pytest.fixture
def solved(client: FlaskClient, app: APIFlask) -> FlaskClient:
    post(client, "/rounds", 201, title="Spring", as_of="2024-01-01", policy="best_fit")
    post(client, "/rounds/M1/step", step="check")
    post(client, "/rounds/M1/solve")
    work(app)
    return client


def test_scenarios_stand_beside_the_round_and_one_is_chosen(solved: FlaskClient, app: APIFlask) -> None:
    before = shown(solved, "/rounds/M1")
    pair = before["proposals"][0]
    forbidden = {"mentor": pair["mentor"], "mentee": pair["mentee"], "what": "withdraw", "why": "no"}
    version = post(solved, "/rounds/M1/decide", **forbidden)["version"]
    job = post(solved, ADDRESS, 201, policy=["own", "trade:mentees", "trade:urgent", "trade:weakest"])
    assert (job["kind"], job["of_round"], job["state"]) == ("sweep", "M1", "queued")
    page = solved.get(ADDRESS)
    assert "No worker is running" in page.text
    assert page.headers["Refresh"]
    assert shown(solved, "/rounds/M1")["phase"] == before["phase"], "a comparison is no solve of the round"
    work(app)
    data = shown(solved)
    assert data["version"] == version, "the round is not touched"
    rows = {row["policy_name"]: row for row in data["rows"] if row["document"]}
    assert len(rows) == 4
    for row in rows.values():
        document = shown(solved, f"/proposal/{row['document']}")
        served = {each["mentee"]["id"] for each in document["pairs"]}
        assert row["outcome"]["served"] == len(served) == sum(row["outcome"]["by_region"].values())
        pairs = {(each["mentor"]["id"], each["mentee"]["id"]) for each in document["pairs"]}
        assert (pair["mentor"], pair["mentee"]) not in pairs, "what the round forbids, no scenario proposes"
        had = {each["mentee"] for each in shown(solved, "/rounds/M1")["proposals"] if each["phase"] == "proposed"}
        assert set(row["outcome"]["gained"]) == served - had
        assert set(row["outcome"]["lost"]) == had - served
        # What is counted for every policy is what the goals of those that have them reached.
        counts = {"most_mentees": row["outcome"]["served"], **row["outcome"]["counts"]}
        reached = {goal["id"]: goal["value"] for goal in row["goals"] if goal["id"] in counts}
        assert reached == {id: counts[id] for id in reached}
    assert rows["Fragile states and low-income countries first, then the best fit"]["goals"][0]["id"] == "fragile_first"
    titles = [column["title_s"]["text"] for column in data["columns"]]
    assert titles[0] == "Mentees with a partner"
    for wanted in ("Partnerships in fragile states", "Needs of the highest priority covered"):
        assert wanted in titles
    assert all(len(column["values"]) == len(data["rows"]) for column in data["columns"])
    assert not data["changed_since"]
    assert "What it changes of the policy of the round:" in solved.get(ADDRESS).text
    choices = [choice["id"] for choice in data["choices"]]
    assert "ready:best_fit" not in choices, "it is the policy of the round already"
    for language in ("fr", "es", "en"):
        assert solved.get(f"{ADDRESS}?lang={language}").status_code == 200
    chosen = rows["As many mentees with a partner as possible, then the best fit"]
    assert "reason" in post(solved, f"{ADDRESS}/choose", 400, document=chosen["document"])["title"]
    post(solved, f"{ADDRESS}/choose", 409, document=chosen["document"], why="late", seen=1)
    post(solved, f"{ADDRESS}/choose", 404, document="R0", why="none")
    state = post(solved, f"{ADDRESS}/choose", document=chosen["document"], why="More are served", seen=version)
    assert state["phase"] == "solving"
    work(app)
    after = shown(solved, "/rounds/M1")
    assert after["phase"] == "proposed"
    served = {row["mentee"] for row in after["proposals"] if row["phase"] == "proposed"}
    assert len(served) == chosen["outcome"]["served"], "the round proposes what the scenario did"
    assert shown(solved, "/rounds/M1/policy")["trade"] == "mentees"
    log = solved.get("/rounds/M1/log").text
    assert "was chosen." in log
    assert "More are served" in log
    assert next(row for row in shown(solved)["rows"] if row["is_saved"] and row["document"])
    assert shown(solved)["changed_since"]


def test_an_edited_policy_is_tried_without_saving(solved: FlaskClient, app: APIFlask) -> None:
    same = post(solved, "/rounds/M1/policy/compare", 400)
    assert "is the saved one" in same["title"]
    job = post(solved, "/rounds/M1/policy/compare", 201, trade="urgent")
    assert job["policies"] == ["Best fit", "Best fit (edited)"]
    post(solved, f"/jobs/{job['id']}/cancel")
    assert "cancelled" in solved.get(ADDRESS).text
    post(solved, "/rounds/M1/policy/compare", 201, trade="urgent")
    work(app)
    assert [row["policy_name"] for row in shown(solved)["rows"]][1:] == ["Best fit", "Best fit (edited)"]
    assert shown(solved, "/rounds/M1/policy")["trade"] == "fit"
    assert post(solved, ADDRESS, 404, policy=["ready:best_fitt"])["status"] == 404
