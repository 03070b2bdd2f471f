"""The versioned API: the prefix, the parts of long lists, versions, requests sent twice, kinds of problem."""

from __future__ import annotations

import re
import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from a_round import published_round
from apiflask import APIFlask
from flask.testing import FlaskClient
from small_world import AS_OF
from werkzeug.test import TestResponse

from graph.done_requests import LABEL, request_id
from graph.rounds import moment
from matcher.rounds.keeping import living_rounds, read_log
from web.problems import problem_kinds

NEW = {"title": "Autumn round"}


@pytest.fixture
def round_client(client: FlaskClient) -> FlaskClient:
    """A reader of a store with a published round, M1."""
    published_round(client.application, date.fromisoformat(AS_OF))
    return client


def begin(client: FlaskClient, key: str, **body: Any) -> TestResponse:
    return client.post("/api/v1/rounds", json=body or NEW, headers={"Idempotency-Key": key})


def rounds_of(client: FlaskClient) -> list[str]:
    with client.application.extensions["wop"].store.read() as reader:
        return [row.title for row in living_rounds(reader)]


def test_under_the_prefix_everything_is_json(round_client: FlaskClient) -> None:
    for address, status in (("", 200), ("/", 200), ("/rounds/M1", 200), ("/rounds/M9", 404), ("/nowhere", 404)):
        question = "?format=html" if status == 200 else ""
        answer = round_client.get(f"/api/v1{address}{question}", headers={"Accept": "text/html"})
        assert answer.status_code == status
        assert "html" not in str(answer.mimetype)
    stranger = round_client.application.test_client(person=None)
    refused = stranger.get("/api/v1/rounds", headers={"Accept": "text/html"})
    assert (refused.status_code, refused.mimetype) == (401, "application/problem+json")


def test_what_is_not_described_does_not_exist_under_the_prefix(client: FlaskClient) -> None:
    for address in ("/static/style.css", "/api/openapi.json", "/api/docs", "/metrics", "/api/v1/rounds"):
        assert client.get(f"/api/v1{address}").status_code == 404
    assert client.get("/api/v12/rounds").status_code == 404


def test_addresses_lead_on_under_the_prefix(round_client: FlaskClient) -> None:
    made = round_client.post("/api/v1/rounds", json=NEW)
    assert (made.status_code, made.headers["Location"]) == (201, "/api/v1/rounds/M2")
    assert round_client.get(made.headers["Location"]).json["title"] == "Autumn round"  # type: ignore[index]
    page = round_client.post("/rounds", json=NEW, headers={"Accept": "application/json"})
    assert page.headers["Location"] == "/rounds/M3"


def test_the_parts_of_a_long_list_lead_to_each_other(app: APIFlask) -> None:
    app.extensions["wop_settings"] = app.extensions["wop_settings"].model_copy(update={"rows_per_page": 5})
    client, seen, total, address = app.test_client(), [], 0, "/api/v1/utilities"
    while address:
        answer = client.get(address)
        assert answer.json is not None
        seen += [row["utility"]["id"] for row in answer.json["utilities"]]
        links = {relation: target for target, relation in re.findall(r'<([^>]*)>; rel="(\w+)"', answer.headers["Link"])}
        assert {"first", "last"} <= set(links)
        total = answer.json["part"]["total"]
        assert ("prev" in links) == (answer.json["part"]["page"] > 1)
        address = links.get("next", "")
    assert len(seen) == len(set(seen)) == total > 5


def test_an_edit_of_an_older_version_is_refused_with_what_others_did(round_client: FlaskClient) -> None:
    tag = round_client.get("/api/v1/rounds/M1").headers["ETag"]
    assert re.fullmatch(r'"\d+\.\w+"', tag)
    edit = {"deadline": "2999-11-30", "why": "More time"}
    done = round_client.post("/api/v1/rounds/M1/settings", json=edit, headers={"If-Match": tag})
    assert done.status_code == 200
    late = round_client.post("/api/v1/rounds/M1/settings", json=edit, headers={"If-Match": tag})
    assert (late.status_code, late.json["type"]) == (412, "/api/docs#problem-outdated")  # type: ignore[index]
    assert "deadline" in late.text
    again = round_client.post("/api/v1/rounds/M1/settings", json=edit, headers={"If-Match": done.headers["ETag"]})
    assert again.status_code == 200
    whatever = round_client.post("/api/v1/rounds/M1/settings", json=edit, headers={"If-Match": "*"})
    assert whatever.status_code == 200
    by_body = round_client.post("/api/v1/rounds/M1/settings", json={**edit, "seen": 1})
    assert by_body.status_code == 409


def test_a_version_that_cannot_be_the_present_one(round_client: FlaskClient) -> None:
    before = rounds_of(round_client)
    deadline: dict[str, Any] = {"deadline": "2999-11-30"}
    for address, body, tag, status in (
        ("/rounds/M1/settings", deadline, '"nonsense"', 412),
        ("/rounds/M1/settings", deadline, '""', 412),
        ("/rounds/M1/settings", deadline, '"1", "2"', 412),
        ("/rounds/M1/settings", {**deadline, "seen": 1}, '"2"', 400),
        ("/rounds", NEW, '"1"', 400),
        ("/rounds/M1/answer", {"mentor": "M2", "mentee": "N1", "said": "mentor_yes"}, '"1"', 412),
    ):
        answer = round_client.post(f"/api/v1{address}", json=body, headers={"If-Match": tag})
        assert answer.status_code == status, (tag, answer.text)
    assert rounds_of(round_client) == before


def test_a_reader_who_has_this_version_is_not_sent_it_again(round_client: FlaskClient) -> None:
    for address in ("/rounds/M1", "/api/v1/rounds/M1", "/api/v1/utilities"):
        tag = round_client.get(address).headers["ETag"]
        again = round_client.get(address, headers={"If-None-Match": tag})
        assert (again.status_code, again.headers["ETag"]) == (304, tag)


def test_a_request_sent_twice_is_done_once_and_answered_the_same(client: FlaskClient) -> None:
    first, second = begin(client, "one"), begin(client, "one")
    assert first.status_code == second.status_code == 201
    assert first.data == second.data
    assert first.headers["Location"] == second.headers["Location"]
    assert second.headers["Idempotent-Replayed"] == "true"
    assert begin(client, "two").status_code == 201
    assert len(rounds_of(client)) == 2


def test_a_key_is_for_one_request_of_one_account(client: FlaskClient) -> None:
    assert begin(client, "one").status_code == 201
    other = begin(client, "one", title="Another")
    assert (other.status_code, other.json["type"]) == (422, "/api/docs#problem-key-used")  # type: ignore[index]
    from signed_in import Person

    neighbour = client.application.test_client(person=Person("else@example.org", ("facilitator",), key="another-key"))
    assert begin(neighbour, "one", title="Another").status_code == 201
    assert sorted(rounds_of(client)) == ["Another", "Autumn round"]


def test_a_refused_request_may_be_sent_again_with_its_key(client: FlaskClient) -> None:
    assert begin(client, "one", title="Autumn round", policy="unheard_of").status_code == 400
    assert begin(client, "one").status_code == 201
    for key in ("", "x" * 201, "naïve"):
        assert begin(client, key).status_code == 400


def test_after_a_day_the_key_is_free_again(client: FlaskClient) -> None:
    begin(client, "one")
    over = moment(datetime.now(UTC) - timedelta(seconds=1))
    with client.application.extensions["wop"].store.write() as transaction:
        transaction.merge_nodes(LABEL, {"id": [request_id("facilitator@example.org", "one")], "ends_at": [over]})
    assert "Idempotent-Replayed" not in begin(client, "one").headers
    assert len(rounds_of(client)) == 2


def test_a_token_is_told_once_and_made_once(client: FlaskClient) -> None:
    wanted, headers = {"name": "script", "scopes": ["read"]}, {"Idempotency-Key": "one"}
    made = client.post("/api/v1/account/tokens", json=wanted, headers=headers)
    assert made.status_code == 201
    assert client.post("/api/v1/account/tokens", json=wanted, headers=headers).status_code == 409
    account = client.get("/api/v1/account").json
    assert account is not None
    assert [token["name"] for token in account["tokens"]] == ["script"]
    with client.application.extensions["wop"].store.read() as reader:
        assert reader.nodes(LABEL)["body"] == [None]


def test_of_a_request_that_failed_on_our_side_nothing_is_claimed(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.doing_once.WAIT_SECONDS", 0.1)
    monkeypatch.setattr("web.pages.round_changes.edits.create_round", lambda *_given, **_named: 1 / 0)
    assert begin(client, "one").status_code == 500
    monkeypatch.undo()
    monkeypatch.setattr("web.doing_once.WAIT_SECONDS", 0.1)
    assert begin(client, "one").status_code == 409
    assert rounds_of(client) == []


def test_parallel_requests_with_one_key_do_it_once(app: APIFlask) -> None:
    clients = [app.test_client() for _ in range(6)]
    clients[0].get("/rounds")
    answers: list[TestResponse] = []
    together = threading.Barrier(len(clients))

    def send(client: FlaskClient) -> None:
        together.wait()
        answers.append(begin(client, "one"))

    threads = [threading.Thread(target=send, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {(answer.status_code, answer.data) for answer in answers} == {(201, answers[0].data)}
    assert rounds_of(clients[0]) == ["Autumn round"]
    with app.extensions["wop"].store.read() as reader:
        assert len(read_log(reader, "M1")) == 1


def test_each_kind_of_problem_is_explained(client: FlaskClient) -> None:
    page = client.get("/api/docs").text
    for kind in problem_kinds():
        assert kind.meaning
        assert f'id="problem-{kind.name}"' in page
    missing = client.get("/api/v1/utilities/nobody").json
    assert missing is not None
    assert missing["type"] == "/api/docs#problem-unknown-name"
