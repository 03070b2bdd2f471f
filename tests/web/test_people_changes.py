"""Accounts changed on the People page: invitations, roles, steps that are asked twice, and the last administrator."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from signed_in import Person, plant
from werkzeug.test import TestResponse

from web.cli import main

ADMINISTRATOR = Person("admin@example.org", ("administrator",), key="key-of-an-administrator")
BO = {"login": "Bo@Example.org", "name": "Bo", "roles": ["planner"]}


@pytest.fixture
def desk(app: APIFlask) -> FlaskClient:
    """The administrator's browser, and the only one who is."""
    return app.test_client(person=ADMINISTRATOR)


def send(client: FlaskClient, address: str, **body: Any) -> TestResponse:
    return client.post(f"/api/v1{address}", json=body)


def of(answer: TestResponse) -> dict[str, Any]:
    found: dict[str, Any] | None = answer.json
    assert found is not None
    return found


def comes_in(app: APIFlask, link: str) -> FlaskClient | None:
    """A browser that opened a link."""
    client = app.test_client(person=None)
    answer = client.post("/sign-in/link", json={"key": link.partition("key=")[2]})
    return client if answer.status_code < 400 else None


def test_an_invited_person_comes_in_by_a_link_that_is_shown_once(app: APIFlask, desk: FlaskClient) -> None:
    form = {"login": "Bo@Example.org", "name": "Bo", "roles": ["utility"], "utilities": " N1 ;\n"}
    shown = desk.post("/people", data=form, headers={"Origin": "http://localhost"})
    assert shown.status_code == 200
    link = unescape(re.findall(r"<code>(http[^<]*)</code>", shown.text)[0])
    assert link.startswith("http://localhost/sign-in?key=")
    assert link not in desk.get("/people/person?login=bo@example.org").text
    browser = comes_in(app, link)
    assert browser is not None
    assert of(browser.get("/account", headers={"Accept": "application/json"}))["account"]["utilities"] == ["N1"]
    assert comes_in(app, link) is None
    assert send(desk, "/people", **BO).status_code == 400, "there is one already"


def test_links_begin_with_the_public_address(app: APIFlask, desk: FlaskClient) -> None:
    app.extensions["wop_settings"] = app.extensions["wop_settings"].model_copy(
        update={"public_address": "https://wop.example.org/here/"}
    )
    made = of(send(desk, "/people", **BO))
    assert made["link"].startswith("https://wop.example.org/here/sign-in?key=")
    assert made["days"] == 14


def test_what_somebody_is_changes_at_once(app: APIFlask, desk: FlaskClient) -> None:
    browser = comes_in(app, of(send(desk, "/people", **BO))["link"])
    assert browser is not None
    assert browser.get("/jobs", headers={"Accept": "application/json"}).status_code == 403
    changed = send(desk, "/people/change", **{**BO, "roles": ["facilitator"], "regions": ["R1"]})
    assert changed.status_code == 200
    assert browser.get("/jobs", headers={"Accept": "application/json"}).status_code == 200


def test_two_administrators_do_not_overwrite_each_other(app: APIFlask, desk: FlaskClient) -> None:
    other = app.test_client(person=Person("second@example.org", ("administrator",), key="key-of-the-second"))
    made = send(desk, "/people", **BO)
    assert made.headers["ETag"] == '"1"'
    seen = desk.get("/api/v1/people/person?login=bo@example.org")
    assert (of(seen)["version"], seen.headers["ETag"]) == (1, '"1"')
    facilitator = {**BO, "roles": ["facilitator"], "regions": ["R1"]}
    assert send(other, "/people/change", **facilitator).headers["ETag"] == '"2"'
    late = desk.post("/api/v1/people/change", json={**BO, "name": "Bob"}, headers={"If-Match": seen.headers["ETag"]})
    assert late.status_code == 412
    assert late.mimetype == "application/problem+json"
    assert "second@example.org at " in of(late)["title"]
    assert "Roles: facilitator (before: planner)" in of(late)["title"]
    step = {"login": "bo@example.org", "step": "disable", "sure": True}
    assert send(desk, "/people/step", **step, seen=1).status_code == 409
    assert of(desk.get("/api/v1/people/person?login=bo@example.org"))["account"]["name"] == "Bo"
    form = {**BO, "name": "Bob", "seen": "1"}
    page = desk.post("/people/change", data=form, headers={"Origin": "http://localhost"})
    assert page.status_code == 409
    assert 'value="Bob"' in page.text, "what was typed is kept"
    assert "second@example.org at " in page.text
    assert 'name="seen" value="2"' in page.text
    assert send(desk, "/people/step", **step, seen=2).status_code == 200
    person = desk.get("/people/person?login=bo@example.org").text
    assert "What administrators changed" in person
    assert "let in no more" in person
    assert send(desk, "/people/step", login="bo@example.org", step="disable", sure=True).headers["ETag"] == '"3"'


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"roles": ["utility"]}, 400),
        ({"roles": ["planner"], "regions": ["R1"]}, 400),
        ({"roles": ["utility"], "utilities": ["nobody"]}, 404),
        ({"roles": ["facilitator"], "regions": ["nowhere"]}, 404),
        ({"roles": ["king"]}, 400),
        ({"roles": []}, 400),
        ({"login": "nobody@example.org"}, 404),
    ],
)
def test_what_cannot_be_is_refused(desk: FlaskClient, changes: dict[str, Any], status: int) -> None:
    send(desk, "/people", **BO)
    assert send(desk, "/people/change", **{**BO, **changes}).status_code == status
    kept = of(desk.get("/api/v1/people/person?login=bo@example.org"))["account"]
    assert (kept["roles"], kept["regions"], kept["utilities"]) == (["planner"], [], [])


def test_what_would_be_lost_is_asked_first(app: APIFlask, desk: FlaskClient) -> None:
    link = of(send(desk, "/people", **BO))["link"]
    browser = comes_in(app, link)
    assert browser is not None
    browser.post("/account/tokens", json={"name": "robot", "scopes": ["read"]})
    page = desk.get("/people/person?login=bo@example.org&asks=disable").text
    assert "Signed in now, and then no more: 1" in page
    assert "Tokens of programs that then work no more: 1" in page
    for step in ("disable", "reset", "end_sessions"):
        assert send(desk, "/people/step", login="bo@example.org", step=step).status_code == 400
    assert browser.get("/account").status_code == 200
    form = {"login": "bo@example.org", "step": "disable", "sure": "true"}
    assert desk.post("/people/step", data=form, headers={"Origin": "http://localhost"}).status_code == 303
    assert browser.get("/account").status_code == 401
    kept = of(desk.get("/api/v1/people/person?login=bo@example.org"))
    assert kept["account"]["disabled"] is True
    assert kept["keys"] == {"Session": 0, "SignInLink": 0, "ApiToken": 0}
    assert send(desk, "/people/step", login="bo@example.org", step="link").status_code == 409
    assert send(desk, "/people/step", login="bo@example.org", step="enable").status_code == 200
    again = of(send(desk, "/people/step", login="bo@example.org", step="link"))["link"]
    back = comes_in(app, again)
    assert back is not None
    assert send(desk, "/people/step", login="bo@example.org", step="end_sessions", sure=True).status_code == 200
    assert back.get("/account").status_code == 401


def test_the_last_administrator_stays(app: APIFlask, desk: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    desk.get("/people")
    step = {"login": "admin@example.org", "step": "disable", "sure": True}
    refused = send(desk, "/people/step", **step)
    assert refused.status_code == 409
    assert "last administrator" in refused.text
    person = {"login": "admin@example.org", "roles": ["planner"]}
    assert send(desk, "/people/change", **person).status_code == 409
    store = app.extensions["wop_settings"].store
    with pytest.raises(SystemExit) as ended:
        main(["--store", store, "user", "disable", "admin@example.org"])
    assert ended.value.code == 1
    assert "last administrator" in " ".join(capsys.readouterr().err.split())
    # One who was invited and can come in will do.
    send(desk, "/people", login="second@example.org", roles=["administrator"])
    assert send(desk, "/people/step", **step).status_code == 200
    assert desk.get("/people", headers={"Accept": "application/json"}).status_code == 401


def test_one_who_cannot_come_in_is_no_other_administrator(app: APIFlask, desk: FlaskClient) -> None:
    desk.get("/people")
    plant(app.extensions["wop"].store, Person("gone@example.org", ("administrator",), key="gone"))
    assert send(desk, "/people/step", login="gone@example.org", step="end_sessions", sure=True).status_code == 200
    step = {"login": "admin@example.org", "step": "disable", "sure": True}
    assert send(desk, "/people/step", **step).status_code == 409


def test_the_pages_of_people_lead_to_each_other(desk: FlaskClient) -> None:
    send(desk, "/people", **BO)
    assert "/people/person?login=bo@example.org" in unescape(desk.get("/people").text).replace("%40", "@")
    page = desk.get("/people/person?login=bo@example.org").text
    assert "Let in no more" in page
    assert "Invite somebody" in desk.get("/people/new").text
    assert desk.get("/people/person?login=nobody").status_code == 404


def test_two_of_one_name_are_told_apart_in_the_log_of_a_round(app: APIFlask) -> None:
    first = app.test_client(person=Person("ana@one.example", ("facilitator",), key="key-of-one"))
    second = app.test_client(person=Person("ana@two.example", ("facilitator",), key="key-of-two"))
    for client in (first, second):
        client.get("/rounds")
    with app.extensions["wop"].store.write() as transaction:
        transaction.merge_nodes("Account", {"id": ["ana@one.example", "ana@two.example"], "name": ["Ana", "Ana"]})
    app.extensions["wop_sign_ins"].forget()
    assert send(first, "/rounds", title="Spring round").status_code == 201
    assert "(ana@one.example)" not in first.get("/rounds/M1/log").text
    assert send(second, "/rounds/M1/settings", deadline="2999-12-31", why="Time").status_code == 200
    page = first.get("/rounds/M1/log").text
    assert "Ana (ana@one.example)" in page
    assert "Ana (ana@two.example)" in first.get("/rounds/M1").text
    found = of(first.get("/api/v1/rounds/M1/log?by=ana@two.example"))
    assert [entry["number"] for entry in found["entries"]] == [2]
    assert len(of(first.get("/api/v1/rounds/M1/log?by=Ana"))["entries"]) == 2
