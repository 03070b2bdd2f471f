"""Tokens of programs: made once, kept as hashes, good for their scopes, and no longer than they last."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from graph import keys
from web.access import ONLY_IN_PERSON, TABLE, scope_of

OURS = {"Sec-Fetch-Site": "same-origin"}
JSON = {"Accept": "application/json"}
NOW = datetime.now(UTC)


@pytest.fixture
def program(app: APIFlask) -> FlaskClient:
    """A client without cookies."""
    return app.test_client(person=None, use_cookies=False)


def made(client: FlaskClient, *scopes: str, **more: Any) -> str:
    answer = client.post("/account/tokens", json={"name": "robot", "scopes": scopes, **more}, headers=JSON)
    assert answer.status_code == 201, answer.text
    assert answer.json is not None
    return str(answer.json["token"])


def bearer(token: str) -> dict[str, str]:
    return {**JSON, "Authorization": f"Bearer {token}"}


def test_a_token_is_good_for_its_scopes(client: FlaskClient, program: FlaskClient) -> None:
    reading, solving = bearer(made(client, "read")), bearer(made(client, "solve"))
    admin = bearer(made(client, "admin", "write"))
    body = {"policy": ["best_fit"]}
    assert program.get("/utilities", headers=JSON).status_code == 401
    for headers, read, solve, people in ((reading, 200, 403, 403), (solving, 403, 201, 403), (admin, 403, 403, 200)):
        assert program.get("/utilities/N1", headers=headers).status_code == read
        assert program.post("/jobs", json=body, headers=headers).status_code == solve
        assert program.get("/people", headers=headers).status_code == people
        assert program.get("/account", headers=headers).status_code == 403
        assert (
            program.post("/account/tokens", json={"name": "x", "scopes": ["read"]}, headers=headers).status_code == 403
        )


def test_a_token_may_no_more_than_its_account(app: APIFlask, program: FlaskClient) -> None:
    from signed_in import Person

    planner = app.test_client(person=Person("planner@example.org", ("planner",), key="key-of-a-planner"))
    token = bearer(made(planner, "read", "solve", "write", "admin"))
    assert program.get("/proposal", headers=token).status_code == 200
    assert program.post("/jobs", json={"policy": ["best_fit"]}, headers=token).status_code == 403
    assert program.get("/people", headers=token).status_code == 403


def test_a_token_is_shown_once_and_kept_as_a_hash(app: APIFlask, client: FlaskClient) -> None:
    form = {"name": "my robot", "scopes": ["read", "solve"], "days": "7"}
    page = client.post("/account/tokens", data=form, headers=OURS)
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    token = page.text.partition("<code>")[2].partition("</code>")[0]
    assert len(token) > 40
    account = client.get("/account").text
    assert "my robot" in account
    assert token not in account
    with app.extensions["wop"].store.read() as reader:
        kept = reader.nodes("ApiToken")
    assert token not in str(kept)
    assert kept["scopes"] == [("read", "solve")]


def test_a_token_ends_and_is_revoked(app: APIFlask, client: FlaskClient, program: FlaskClient) -> None:
    token = made(client, "read")
    assert program.get("/utilities", headers=bearer(token)).status_code == 200
    data = client.get("/account", headers=JSON).json
    assert data is not None
    (row,) = data["tokens"]
    answer = client.post("/account/tokens/end", data={"token": row["id"]}, headers=OURS)
    assert answer.status_code == 303
    assert program.get("/utilities", headers=bearer(token)).status_code == 401
    with app.extensions["wop"].store.write() as transaction:
        old = keys.make_token(
            transaction, "facilitator@example.org", "old", ("read",), NOW - timedelta(days=2), timedelta(days=1)
        )
    assert program.get("/utilities", headers=bearer(old)).status_code == 401


def test_wrong_tokens_have_to_wait(app: APIFlask, program: FlaskClient, client: FlaskClient) -> None:
    now = datetime.now(UTC)  # the window must not end while other tests run
    with app.extensions["wop"].store.write() as transaction:
        for _ in range(49):
            keys.count_attempt(transaction, "token from 127.0.0.1", now, timedelta(minutes=15))
    assert program.get("/utilities", headers=bearer("wrong")).status_code == 401
    refused = program.get("/utilities", headers=bearer("wrong"))
    assert refused.status_code == 429
    assert refused.headers["Retry-After"]
    assert program.get("/utilities", headers=bearer(made(client, "read"))).status_code == 200


def test_every_address_has_its_scope() -> None:
    for endpoint in TABLE:
        for method in ("GET", "POST"):
            assert (scope_of(endpoint, method) is None) == (endpoint in ONLY_IN_PERSON)
