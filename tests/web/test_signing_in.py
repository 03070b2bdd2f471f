"""Signing in and out: passwords, links, sessions, and what a guesser learns."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from apiflask import APIFlask
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import web.passwords
from graph import keys
from graph.accounts import Account, known_account, put_account, read_account
from graph.errors import SignInNeeded, TooOften
from graph.rounds import moment
from web.logs import JsonLines, PlainLines
from web.passwords import hash_password
from web.signing_in import COOKIE, KEPT_SECONDS, Signed, SignIns, _network

OURS = {"Sec-Fetch-Site": "same-origin"}
JSON = {"Accept": "application/json"}
PASSWORD = "four plain words together"
LOGIN = "ana@example.org"
NOW = datetime.now(UTC)


@pytest.fixture(scope="module", autouse=True)
def hashed_password() -> Iterator[str]:
    """Hashed with less work than in service, so that the tests take seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(web.passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        web.passwords._nobodys.cache_clear()
        yield hash_password(PASSWORD)
    web.passwords._nobodys.cache_clear()


@pytest.fixture
def store(app: APIFlask, hashed_password: str) -> Any:
    store = app.extensions["wop"].store
    with store.write() as transaction:
        put_account(transaction, Account(LOGIN, "Ana", ("planner",), password_hash=hashed_password), NOW)
    return store


@pytest.fixture
def stranger(app: APIFlask, store: Any) -> FlaskClient:
    return app.test_client(person=None)


def sign_in(client: FlaskClient, password: str = PASSWORD, login: str = LOGIN, **more: str) -> TestResponse:
    """As a person does: the form is opened, filled in and sent."""
    csrf = found(client.get("/sign-in").text, "csrf")
    return client.post("/sign-in", data={"csrf": csrf, "login": login, "password": password, **more}, headers=OURS)


def found(page: str, name: str) -> str:
    match = re.search(f'name="{name}" value="([^"]*)"', page)
    assert match, page
    return match[1]


def test_a_page_asks_a_stranger_to_sign_in_and_then_shows_itself(stranger: FlaskClient) -> None:
    refused = stranger.get("/proposal?page=1")
    assert refused.status_code == 401
    assert "Please sign in." in refused.text
    assert "Cache-Control" in refused.headers
    assert refused.headers["Cache-Control"] == "no-store"
    answer = sign_in(stranger, then=found(refused.text, "then"))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/proposal?page=1")
    assert stranger.get("/proposal?page=1").status_code == 200
    assert "Ana" in stranger.get("/").text


def test_the_cookie_is_for_us_alone_and_new_each_time(app: APIFlask, store: Any) -> None:
    seen = set()
    for base in ("http://localhost", "https://localhost"):
        client = app.test_client(person=None)
        page = client.get("/sign-in", base_url=base)
        form = {"csrf": found(page.text, "csrf"), "login": LOGIN, "password": PASSWORD}
        answer = client.post("/sign-in", data=form, headers=OURS, base_url=base)
        (cookie,) = [text for text in answer.headers.getlist("Set-Cookie") if text.startswith(COOKIE)]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert ("Secure" in cookie) == base.startswith("https")
        seen.add(cookie.partition(";")[0])
    assert len(seen) == 2
    with store.read() as reader:
        kept = reader.nodes("Session")
    assert not any(text.partition("=")[2] in str(kept) for text in seen)


def test_a_session_given_by_somebody_else_is_not_kept(app: APIFlask, store: Any) -> None:
    client = app.test_client(person=None)
    client.set_cookie(COOKIE, "chosen-by-somebody-else")
    sign_in(client)
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    assert cookie.value != "chosen-by-somebody-else"


def test_a_guesser_learns_nothing(stranger: FlaskClient, store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same words and the same work for a wrong password, an unknown name, a disabled account and none at all."""
    with store.write() as transaction:
        put_account(transaction, replace(known_account(transaction, LOGIN), id="off@example.org", disabled=True), NOW)
        put_account(transaction, Account("link@example.org", "L", ("planner",)), NOW)
    verified = []
    real = web.passwords._hasher.verify

    class Counted:
        def verify(self, kept: str, given: str) -> bool:
            verified.append(kept)
            return real(kept, given)

        hash = web.passwords._hasher.hash

    monkeypatch.setattr(web.passwords, "_hasher", Counted())
    pages = set()
    for login, password in (
        (LOGIN, "wrong"),
        ("nobody@example.org", "wrong"),
        ("off@example.org", PASSWORD),
        ("link@example.org", "x"),
        ("not a login", "x"),
    ):
        answer = sign_in(stranger, password, login)
        assert answer.status_code == 401
        pages.add(re.sub(r"Request [0-9a-f]+", "", answer.text))
    assert len(pages) == 1
    assert len(verified) == 5


def test_too_many_tries_have_to_wait_also_with_the_right_password(stranger: FlaskClient, app: APIFlask) -> None:
    most = app.extensions["wop_settings"].sign_in_tries
    assert [sign_in(stranger, "wrong").status_code for _ in range(most)] == [401] * most
    refused = sign_in(stranger)
    assert refused.status_code == 429
    assert refused.headers["Retry-After"]
    other = app.test_client(person=None)  # another process would find the same: it is counted in the store
    assert sign_in(other).status_code == 429
    store = app.extensions["wop"].store
    with store.write() as transaction:
        counted = transaction.nodes("Attempts")
        over = [moment(NOW - timedelta(seconds=1))] * len(counted["id"])
        transaction.merge_nodes("Attempts", {"id": counted["id"], "ends_at": over})
    assert sign_in(other).status_code == 303


def test_one_network_address_cannot_try_every_account(stranger: FlaskClient, app: APIFlask) -> None:
    store, now = app.extensions["wop"].store, datetime.now(UTC)  # the window must not end while other tests run
    with store.write() as transaction:
        for _ in range(50):
            keys.count_attempt(transaction, "address 127.0.0.1", now, timedelta(minutes=15))
    assert sign_in(stranger, login="somebody-else@example.org").status_code == 429


def test_a_form_needs_what_only_our_page_holds(stranger: FlaskClient, store: Any) -> None:
    form = {"login": LOGIN, "password": PASSWORD}
    assert stranger.post("/sign-in", data=form, headers=OURS).status_code == 403
    page = stranger.get("/sign-in").text
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {}):
        answer = stranger.post("/sign-in", data={**form, "csrf": found(page, "csrf")}, headers=headers)
        assert answer.status_code == 403
    assert stranger.post("/sign-in", data={**form, "csrf": "wrong"}, headers=OURS).status_code == 403
    signed = sign_in(stranger)
    assert signed.status_code == 303
    before = found(page, "csrf")
    assert stranger.post("/sign-out", data={"csrf": before}, headers=OURS).status_code == 403
    assert stranger.get("/account").status_code == 200


def test_signing_out_ends_the_session_itself(stranger: FlaskClient) -> None:
    sign_in(stranger)
    cookie = stranger.get_cookie(COOKIE)
    assert cookie is not None
    csrf = found(stranger.get("/account").text, "csrf")
    assert stranger.post("/sign-out", data={"csrf": csrf}, headers=OURS).status_code == 303
    stranger.set_cookie(COOKIE, cookie.value)
    assert stranger.get("/account").status_code == 401


def test_a_link_signs_in_once_and_looking_at_it_does_not_use_it_up(stranger: FlaskClient, store: Any) -> None:
    with store.write() as transaction:
        key = keys.make_link(transaction, LOGIN, NOW, timedelta(days=1))
        assert key not in str(transaction.nodes("SignInLink"))
    for _ in range(3):
        page = stranger.get(f"/sign-in?key={key}&then=/supply").text
        assert "Ana" in page
    form = {"csrf": found(page, "csrf"), "key": key, "then": found(page, "then")}
    answer = stranger.post("/sign-in/link", data=form, headers=OURS)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/supply")
    assert stranger.get("/supply").status_code == 200
    again = stranger.application.test_client(person=None)
    assert again.get(f"/sign-in?key={key}").status_code == 401
    page = again.get("/sign-in").text
    form = {"csrf": found(page, "csrf"), "key": key}
    assert again.post("/sign-in/link", data=form, headers=OURS).status_code == 401


def test_the_address_of_a_link_is_told_to_nobody_as_what_led_there(stranger: FlaskClient, store: Any) -> None:
    """Else the proxy's log has the key, beside each picture and style that the page asks for."""
    with store.write() as transaction:
        key = keys.make_link(transaction, LOGIN, NOW, timedelta(days=1))
    for address in (f"/sign-in?key={key}", "/sign-in?key=nobodys"):
        assert stranger.get(address).headers["Referrer-Policy"] == "strict-origin"


def test_one_network_counts_once_however_many_addresses_it_has(app: APIFlask, store: Any) -> None:
    """A household has 2^64 addresses of version 6."""
    sign_ins: SignIns = app.extensions["wop_sign_ins"]
    for at in range(50):
        with pytest.raises(SignInNeeded):
            sign_ins.by_link("nobodys", f"2001:db8:0:7::{at + 1:x}", "tests")
    with pytest.raises(TooOften):
        sign_ins.by_link("nobodys", "2001:db8:0:7:1:2:3:4", "tests")
    with pytest.raises(SignInNeeded):
        sign_ins.by_link("nobodys", "2001:db8:0:8::1", "tests")
    with pytest.raises(SignInNeeded):
        sign_ins.by_link("nobodys", "no address at all", "tests")
    assert _network("::ffff:192.0.2.1") != _network("::ffff:192.0.2.2"), "addresses of version 4, written longer"


def test_a_link_ends_by_itself(stranger: FlaskClient, store: Any) -> None:
    with store.write() as transaction:
        key = keys.make_link(transaction, LOGIN, NOW - timedelta(days=2), timedelta(days=1))
    assert stranger.get(f"/sign-in?key={key}").status_code == 401


def test_sessions_are_listed_and_ended(app: APIFlask, store: Any) -> None:
    first, second = app.test_client(person=None), app.test_client(person=None)
    for client, agent in ((first, "Browser one"), (second, "Browser two")):
        client.environ_base["HTTP_USER_AGENT"] = agent
        sign_in(client)
    page = first.get("/account")
    assert "Browser one" in page.text
    assert "Browser two" in page.text
    data = first.get("/account", headers=JSON).json
    assert data is not None
    (other,) = [session["id"] for session in data["sessions"] if not session["this"]]
    form = {"csrf": found(page.text, "csrf"), "session": other}
    assert first.post("/account/sessions/end", data=form, headers=OURS).status_code == 303
    assert second.get("/account").status_code == 401
    assert first.get("/account").status_code == 200


def test_nobody_ends_anothers_session(app: APIFlask, stranger: FlaskClient, store: Any) -> None:
    app.test_client().get("/account")
    sign_in(stranger)
    with store.read() as reader:
        (other,) = [
            id for id, who in zip(*(reader.nodes("Session")[n] for n in ("id", "account")), strict=True) if who != LOGIN
        ]
    form = {"csrf": found(stranger.get("/account").text, "csrf"), "session": other}
    assert stranger.post("/account/sessions/end", data=form, headers=OURS).status_code == 404
    assert app.test_client().get("/account").status_code == 200


def test_a_new_password_ends_every_other_session(app: APIFlask, store: Any) -> None:
    first, second = app.test_client(person=None), app.test_client(person=None)
    sign_in(first)
    sign_in(second)
    csrf = found(first.get("/account").text, "csrf")
    for present, new, status in (("wrong", "another good one", 400), (PASSWORD, "short", 400)):
        form = {"csrf": csrf, "present": present, "new": new}
        assert first.post("/account/password", data=form, headers=OURS).status_code == status
    form = {"csrf": csrf, "present": PASSWORD, "new": "another good one"}
    assert first.post("/account/password", data=form, headers=OURS).status_code == 303
    assert first.get("/account").status_code == 200
    assert second.get("/account").status_code == 401
    assert sign_in(second).status_code == 401
    assert sign_in(second, "another good one").status_code == 303


@pytest.mark.parametrize(("field", "past"), [("ends_at", timedelta()), ("seen_at", timedelta(hours=73))])
def test_a_session_ends_unused_and_in_any_case(stranger: FlaskClient, store: Any, field: str, past: timedelta) -> None:
    sign_in(stranger)
    with store.write() as transaction:
        id = transaction.nodes("Session")["id"]
        transaction.merge_nodes("Session", {"id": id, field: [moment(datetime.now(UTC) - past)] * len(id)})
    assert stranger.get("/account").status_code == 401


def test_an_account_disabled_elsewhere_is_out_within_seconds(app: APIFlask, stranger: FlaskClient, store: Any) -> None:
    sign_in(stranger)
    assert stranger.get("/account").status_code == 200
    with store.write() as transaction:
        put_account(transaction, replace(known_account(transaction, LOGIN), disabled=True), NOW)
    kept: SignIns = app.extensions["wop_sign_ins"]
    kept._kept = {id: (until - KEPT_SECONDS, who) for id, (until, who) in kept._kept.items()}
    assert stranger.get("/account").status_code == 401


@pytest.mark.parametrize("ended", ["session", "account"])
def test_who_was_let_out_makes_no_other_way_in_meanwhile(
    app: APIFlask, stranger: FlaskClient, store: Any, ended: str
) -> None:
    """A process knows a session for some seconds after it ended elsewhere: long enough for a token of a year."""
    sign_in(stranger)
    csrf = found(stranger.get("/account").text, "csrf")
    with store.write() as transaction:
        if ended == "session":
            keys.end_keys(transaction, "Session", LOGIN)
        else:
            put_account(transaction, replace(known_account(transaction, LOGIN), disabled=True), NOW)
    token = {"csrf": csrf, "name": "mine", "scopes": "read", "days": "366"}
    assert stranger.post("/account/tokens", data=token, headers=OURS).status_code == 401
    sign_ins: SignIns = app.extensions["wop_sign_ins"]
    with store.read() as reader:
        assert not keys.tokens_of(reader, LOGIN, NOW)
        account = known_account(reader, LOGIN)
    gone = Signed(replace(account, disabled=False), "gone", "gone", by_link=True)
    with pytest.raises(SignInNeeded):
        sign_ins.set_password(gone, "", "another good one", "tests")


def test_the_present_password_cannot_be_guessed_from_an_open_session(stranger: FlaskClient, store: Any) -> None:
    sign_in(stranger)
    form = {"csrf": found(stranger.get("/account").text, "csrf"), "new": "another good one"}
    for _try in range(10):
        answer = stranger.post("/account/password", data={**form, "present": "a wrong guess"}, headers=OURS)
        assert answer.status_code == 400
    answer = stranger.post("/account/password", data={**form, "present": PASSWORD}, headers=OURS)
    assert answer.status_code == 429


def test_no_secret_gets_into_a_log(app: APIFlask, store: Any) -> None:
    """Sign-ins and tokens, right and wrong, told by both forms of the log with every logger at its most talkative."""
    lines: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.extend(form.format(record) for form in (JsonLines(), PlainLines()))

    root, handler = logging.getLogger(), Kept()
    level, requests_level = root.level, logging.getLogger("wop.requests").level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    logging.getLogger("wop.requests").setLevel(logging.DEBUG)
    try:
        client = app.test_client(person=None)
        with store.write() as transaction:
            link = keys.make_link(transaction, LOGIN, NOW, timedelta(days=1))
            token = keys.make_token(transaction, LOGIN, "robot", ("read",), NOW, timedelta(days=1))
        sign_in(client, "a wrong password of somebody")
        client.get(f"/sign-in?key={link}")
        client.post("/sign-in/link", json={"key": link})
        sign_in(client)
        client.get("/utilities", headers={"Authorization": f"Bearer {token}"})
        client.get("/utilities", headers={"Authorization": "Bearer a-wrong-token-of-somebody"})
        session = client.get_cookie(COOKIE)
        csrf = found(client.get("/account").text, "csrf")
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        logging.getLogger("wop.requests").setLevel(requests_level)
    assert session is not None
    told = "\n".join(lines)
    assert "/sign-in/link" in told
    for secret in (PASSWORD, "a wrong password of somebody", link, token, "a-wrong-token", session.value, csrf):
        assert secret not in told


def test_signing_in_is_no_change_of_what_is_known(stranger: FlaskClient, store: Any) -> None:
    before = store.revision()
    sign_in(stranger, "wrong")
    sign_in(stranger)
    with store.read() as reader:
        assert read_account(reader, LOGIN) is not None
    assert store.revision() == before
