"""The pages of jobs: asked for by a form or a program, watched, cancelled, and one of the compared kept."""

from __future__ import annotations

from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from small_world import document
from werkzeug.test import TestResponse

from graph.rounds import put_round
from matcher.scenarios import scenario
from web.app import create_app
from web.jobs.board import JobBoard
from web.settings import Settings

JSON = {"Accept": "application/json"}
OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def board(app: APIFlask) -> JobBoard:
    found: JobBoard = app.extensions["wop_jobs"]
    return found


def ask(client: FlaskClient, **changes: Any) -> dict[str, Any]:
    answer = client.post("/jobs", json={"policy": ["best_fit"], **changes}, headers=JSON)
    assert answer.status_code == 201, answer.text
    job: dict[str, Any] | None = answer.json
    assert job is not None
    assert answer.headers["Location"] == f"/jobs/{job['id']}"
    return job


def sent(client: FlaskClient, address: str, headers: dict[str, str], **form: Any) -> TestResponse:
    return client.post(address, data=form, headers=headers)


def test_the_empty_list_says_how_to_begin_and_that_no_worker_runs(client: FlaskClient) -> None:
    page = client.get("/jobs").text
    assert "No job was asked for yet." in page
    assert "No worker is running" in page
    assert 'href="/jobs/new"' in page


def test_a_person_asks_by_a_form_and_is_sent_to_the_job(client: FlaskClient, board: JobBoard) -> None:
    form = client.get("/jobs/new").text
    assert 'method="post" action="/jobs"' in form
    assert form.count('name="policy"') >= 2
    answer = sent(client, "/jobs", OURS, policy="best_fit", as_of="2024-01-01", time_limit="60")
    assert answer.status_code == 303
    page = client.get(answer.headers["Location"])
    assert page.headers["Refresh"] == "3"
    assert page.headers["Cache-Control"] == "no-store"
    assert "ETag" not in page.headers
    assert "It waits for a worker." in page.text
    assert "No worker is running" in page.text
    still = client.get(answer.headers["Location"] + "?refresh=off")
    assert "Refresh" not in still.headers
    assert (board.jobs()[0]["as_of"], board.jobs()[0]["time_limit"]) == ("2024-01-01", 60.0)


def test_several_policies_are_one_comparison(client: FlaskClient) -> None:
    job = ask(client, policy=["best_fit", "most_partnerships", "best_fit"])
    assert (job["kind"], job["policies"]) == ("sweep", ["Best fit", "Most partnerships"])
    assert ask(client, policy=["best_fit", "most_partnerships"])["id"] == job["id"]


def test_the_policy_of_the_latest_proposal_may_be_chosen(client: FlaskClient) -> None:
    choices = client.get("/jobs/new", headers=JSON).json
    assert choices is not None
    if choices["policies"][0]["id"] == "latest":
        assert ask(client, policy=["latest"])["policies"] == [choices["policies"][0]["name"]]


def test_progress_value_and_gap_are_shown(client: FlaskClient, board: JobBoard) -> None:
    job = ask(client)
    attempt = board.claim(1, 1, "worker-7")
    assert attempt is not None
    attempt["doing"], attempt["share"] = "Scoring pairs", 0.25
    goal = {"text": "Best total fit", "template": "Best total fit", "values": {}}
    attempt["so_far"] = {"goal_s": goal, "value": 900, "bound": 1000, "gap": 0.1}
    board.beat(1, attempt)
    board.be_present("worker-7")
    english, french = (client.get(f"/jobs/{job['id']}?lang={code}").text for code in ("en", "fr"))
    for words in ("25%", "Scoring pairs", "Best total fit", "1,000", "10.00%", "Cancel this job", "worker-7"):
        assert words in english
    assert "Scoring pairs" not in french
    twin = client.get(f"/jobs/{job['id']}", headers=JSON).json
    assert twin is not None
    assert (twin["state"], twin["share"], twin["workers"]) == ("running", 0.25, 1)
    assert "25%" in client.get("/jobs?lang=en").text


def test_a_job_is_cancelled_by_its_button(client: FlaskClient, board: JobBoard) -> None:
    job = ask(client)
    answer = sent(client, f"/jobs/{job['id']}/cancel", OURS)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/jobs/{job['id']}")
    page = client.get(f"/jobs/{job['id']}")
    assert "cancelled" in page.text
    assert "Ask again" in page.text
    assert "Refresh" not in page.headers
    again = client.post(f"/jobs/{job['id']}/cancel", json={}, headers=JSON)
    assert (again.status_code, again.json and again.json["state"]) == (200, "cancelled")


def test_a_lost_worker_and_an_interruption_are_said(client: FlaskClient, board: JobBoard) -> None:
    job = ask(client)
    attempt = board.claim(1, 1, "w")
    assert attempt is not None
    attempt["released"] = True
    board.beat(1, attempt)
    assert "The next worker starts it again." in client.get(f"/jobs/{job['id']}").text
    board.end(1, "interrupted", error={"text": "x", "template": "It broke off.", "values": {}})
    assert "It broke off." in client.get(f"/jobs/{job['id']}").text


def test_one_of_the_compared_becomes_the_proposal(client: FlaskClient, app: APIFlask, board: JobBoard) -> None:
    job = ask(client, policy=["best_fit", "most_partnerships"])
    other = {**document(), "id": "round-2"}
    with app.extensions["wop"].store.write() as transaction:
        put_round(transaction, other, scenario=True)
    board.end(1, "done", ["round-1", "round-2"], [scenario(document()), scenario(other)])
    page = client.get(f"/jobs/{job['id']}").text
    assert page.count("Make it the proposal") == 1
    assert "the latest proposal" in page
    latest = client.get("/proposal", headers=JSON).json
    assert latest is not None
    assert latest["id"] == "round-1"
    answer = sent(client, f"/jobs/{job['id']}/keep", OURS, round="round-2")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/proposal/round-2")
    latest = client.get("/proposal", headers=JSON).json
    assert latest is not None
    assert latest["id"] == "round-2"
    assert sent(client, f"/jobs/{job['id']}/keep", OURS, round="round-9").status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {},
    ],
)
def test_a_form_of_another_site_changes_nothing(client: FlaskClient, board: JobBoard, headers: dict[str, str]) -> None:
    answer = sent(client, "/jobs", headers, policy="best_fit")
    assert answer.status_code == 403
    assert "nothing was changed" in answer.text
    assert board.jobs() == []


@pytest.mark.parametrize("headers", [OURS, {"Origin": "http://localhost"}, {"Sec-Fetch-Site": "none"}])
def test_a_form_of_ours_is_taken(client: FlaskClient, headers: dict[str, str]) -> None:
    assert sent(client, "/jobs", headers, policy="best_fit").status_code == 303


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"policy": ["best_fitt"]}, 404, "best_fit"),
        ({"policy": ["/etc/passwd"]}, 404, "ready policy"),
        ({"policy": []}, 400, "policy"),
        ({}, 400, "policy"),
        ({"policy": ["best_fit"], "time_limit": 0}, 400, "time_limit"),
        ({"policy": ["best_fit"], "as_of": "tomorrow"}, 400, "as_of"),
        ({"policy": ["best_fit"], "sed": 1}, 404, "seed"),
        ([], 400, "JSON object"),
    ],
)
def test_what_cannot_be_asked_is_said(client: FlaskClient, body: Any, status: int, words: str) -> None:
    answer = client.post("/jobs", json=body, headers=JSON)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert words in answer.text


def test_reading_never_changes_and_changing_is_never_read(client: FlaskClient, board: JobBoard) -> None:
    job = ask(client)
    assert client.get(f"/jobs/{job['id']}/cancel").status_code == 405
    assert client.post("/about", json={}).status_code == 405
    assert board.jobs()[0]["state"] == "queued"
    assert client.get("/jobs/J9-000000").status_code == 404


def test_an_empty_store_is_said_before_anything_is_asked(empty_client: FlaskClient) -> None:
    assert "Nothing is known yet" in empty_client.get("/jobs/new").text
    answer = empty_client.post("/jobs", json={"policy": ["best_fit"]}, headers=JSON)
    assert answer.status_code == 400
    assert "no utilities yet" in answer.text


def test_a_queue_that_is_away_is_said_and_other_pages_go_on(app: APIFlask) -> None:
    settings = Settings(store=app.extensions["wop_settings"].store, queue="redis://127.0.0.1:1/0")
    reader = create_app(settings).test_client()
    for answer in (reader.get("/jobs"), reader.get("/jobs/new"), reader.get("/jobs/J1-a"), sent(reader, "/jobs", OURS)):
        assert answer.status_code in (503, 400)
    away = reader.get("/jobs")
    assert away.status_code == 503
    assert "Retry-After" in away.headers
    assert "Nothing was lost" in away.text
    assert reader.get("/proposal").status_code == 200
