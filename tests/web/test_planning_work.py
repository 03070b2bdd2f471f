"""Planning questions on rounds too large to be solved while somebody waits: asked of a worker, and kept."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from signed_in import Person
from small_world import document, fill
from web_fixtures import settings_for

from graph.rounds import save_round
from graph.store import open_store
from web.app import create_app
from web.jobs.attempt import JobAttempt
from web.jobs.board import JobBoard, number_of

JSON = {"Accept": "application/json"}
OURS = {"Sec-Fetch-Site": "same-origin"}
PLANNER = Person("planner@example.org", ("planner",), key="planner-key")


@pytest.fixture
def large(tmp_path: Path) -> APIFlask:
    """The small network, with pages that solve no round of more than one pair."""
    settings = settings_for(tmp_path / "small.sqlite", explained_pairs=1)
    store = open_store(settings.store)
    fill(store)
    save_round(store, document())
    store.close()
    return create_app(settings)


def twin(client: FlaskClient, address: str, status: int = 200) -> dict[str, Any]:
    answer = client.get(address, headers=JSON)
    assert answer.status_code == status, answer.text
    data = answer.json
    assert isinstance(data, dict)
    return data


def work_on(app: APIFlask, job: str) -> None:
    board: JobBoard = app.extensions["wop_jobs"]
    settings = app.extensions["wop_settings"]
    JobAttempt(board, number_of(job), lambda: open_store(settings.store), "worker", threading.Event()).run(1)


QUESTIONS: dict[str, dict[str, Any]] = {
    "scarcity": {"policy": "best_fit"},
    "portfolio": {"policy": "best_fit", "budget": 200_000},
}


@pytest.mark.parametrize("question", sorted(QUESTIONS))
def test_a_large_round_is_answered_by_a_worker(large: APIFlask, app: APIFlask, question: str) -> None:
    asked = QUESTIONS[question]
    address = f"/plan/{question}?" + "&".join(f"{name}={value}" for name, value in asked.items())
    client = large.test_client(person=PLANNER)
    assert twin(client, address, 202)["state"] is None
    page = client.get(address)
    assert page.status_code == 202
    assert "Work it out" in page.text
    rows = f"/plan/{question}/{'near' if question == 'scarcity' else 'pairs'}?{address.split('?')[1]}"
    assert client.get(rows).status_code == 409

    sent = client.post(f"/plan/{question}/work", data=asked, headers=OURS)
    assert sent.status_code == 303
    again = client.post(f"/plan/{question}/work", json=asked, headers=JSON)
    assert (again.status_code, again.json and again.json["state"]) == (202, "queued")
    waiting = client.get(sent.headers["Location"])
    assert (waiting.status_code, waiting.headers["Refresh"]) == (202, "3")
    assert "It waits for a worker." in waiting.text
    job = twin(client, address, 202)["job"]
    work_on(large, job)

    told = twin(client, address)
    assert told == twin(app.test_client(person=PLANNER), address)  # as where pages solve it themselves
    assert client.get(address).status_code == 200
    assert client.get(rows).status_code == 200
    # Whoever sees more is not given what was worked out on less.
    everything = large.test_client()
    assert twin(everything, address, 202)["state"] is None
    assert "See the answer" in everything.get(f"/jobs/{job}").text

    # Kept for every process while the network stays as it is, whatever happens in rounds.
    other = create_app(large.extensions["wop_settings"]).test_client(person=PLANNER)
    assert other.get(address).status_code == 200
    store = large.extensions["wop"].store
    save_round(store, {**document(), "id": "round-2"})
    assert create_app(large.extensions["wop_settings"]).test_client(person=PLANNER).get(address).status_code == 200
    with store.write() as transaction:
        transaction.merge_nodes("Utility", {"id": ["M1"], "mentor_places": [3]})
    assert twin(client, address, 202)["state"] == "done"
    assert "Work it out" in client.get(address).text


def test_what_goes_wrong_is_said_and_may_be_tried_again(large: APIFlask) -> None:
    client = large.test_client()
    job = client.post("/plan/scarcity/work", json={"policy": "best_fit"}, headers=JSON).json
    assert job is not None
    error = {"text": "x", "template": "No proposal can satisfy all of it.", "values": {}}
    large.extensions["wop_jobs"].end(number_of(job["job"]), "failed", error=error)
    page = client.get("/plan/scarcity?policy=best_fit")
    assert "No proposal can satisfy all of it." in page.text
    assert "Try again" in page.text
    assert "Refresh" not in page.headers
    second = client.post("/plan/scarcity/work", json={"policy": "best_fit"}, headers=JSON).json
    assert second is not None
    assert second["job"] != job["job"]
    large.extensions["wop_jobs"].cancel(second["job"])
    assert twin(client, "/plan/scarcity?policy=best_fit", 202)["state"] == "cancelled"
    assert client.post("/plan/scarcity/work", json={"policy": "worst_fit"}, headers=JSON).status_code == 404
    assert client.post("/plan/portfolio/work", json={"budget": -1}, headers=JSON).status_code == 400


def test_small_rounds_are_answered_at_once(client: FlaskClient) -> None:
    assert client.get("/plan/scarcity?policy=best_fit").status_code == 200
    assert client.get("/plan/portfolio?policy=best_fit&budget=200000").status_code == 200
