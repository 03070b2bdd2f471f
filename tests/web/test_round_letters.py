"""Publishing with letters: who is written to when, in which language, what a failed mail does, reminders."""

from __future__ import annotations

import json
import re
import socket
import threading
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from a_round import published_round
from apiflask import APIFlask
from flask.testing import FlaskClient
from postbox import Postbox, use_postbox, worked
from signed_in import Person
from small_world import AS_OF

from graph.accounts import Account, put_account
from graph.errors import BadInput, UnknownName
from graph.store import Store
from matcher.rounds.answers import accept
from matcher.rounds.keeping import read_log, read_state
from matcher.rounds.letters import due, reminders, sendings, waiting_for
from matcher.rounds.mailings import end_mailing, note_heard
from matcher.rounds.messages import checked_message, filled
from web.cli import main
from web.jobs import mailing as of_mail
from web.jobs.attempt import JobAttempt
from web.jobs.board import JobBoard, number_of
from web.jobs.records import Job
from web.stores import open_store

JSON = {"Accept": "application/json"}
HERE = {"Sec-Fetch-Site": "same-origin"}
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def post(client: FlaskClient, address: str, status: int = 200, **body: Any) -> dict[str, Any]:
    answer = client.post(address, json=body, headers=JSON)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] | None = answer.json
    assert found is not None
    return found


def get(client: FlaskClient, address: str) -> dict[str, Any]:
    answer = client.get(address, headers=JSON)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] | None = answer.json
    assert found is not None
    return found


def people(store: Store, **of: tuple[str, str | None]) -> None:
    with store.write() as transaction:
        for utility, (login, language) in of.items():
            account = Account(login, login.partition("@")[0], ("utility",), utilities=(utility,), language=language)
            put_account(transaction, account, NOW)


def mailed(app: APIFlask, client: FlaskClient, **body: Any) -> Job:
    """The job that mails letters, after a worker had it."""
    job = post(client, "/rounds/M1/letters", how="mail", **body)["job"]
    return worked(app, job)


@pytest.fixture
def store(app: APIFlask) -> Store:
    found: Store = app.extensions["wop"].store
    published_round(app, date.fromisoformat(AS_OF))
    return found


@pytest.fixture
def mailing(app: APIFlask, postbox: Postbox) -> Postbox:
    """The application with the mail server set; its settings were read before."""
    use_postbox(app)
    return postbox


def test_only_the_side_whose_turn_it_is_is_written_to(store: Store) -> None:
    with store.read() as reader:
        state = read_state(reader, "M1")
    assert {row.side for row in waiting_for(state)} == {"mentor"}
    pair = next(state.in_phase("published")).pair
    state = accept(store, "M1", pair, "mentor", who="Lake", on=date(2026, 3, 1))
    assert (pair[1], "mentee") in {(row.utility, row.side) for row in waiting_for(state)}


def test_letters_are_printed_once_each_in_its_language_and_the_link_leads_in(
    store: Store, client: FlaskClient, app: APIFlask
) -> None:
    people(store, M1=("ann@example.org", "fr"), M2=("ben", None))
    page = get(client, "/rounds/M1/letters")
    waiting = {row["utility"] for row in page["waiting"]}
    assert page["due_in_print"] == len(waiting & {"M1", "M2"}) > 0
    assert not page["mail"]
    assert {row["utility"] for row in page["nobody"]} == waiting - {"M1", "M2"}
    html = client.post("/rounds/M1/letters", data={"how": "print"}, headers=HERE)
    assert html.status_code == 200
    assert 'class="letter" lang="fr"' in html.text
    assert "Bonjour ann" in html.text
    key = re.findall(r"key=([\w-]+)", html.text)[0]
    entered = app.test_client(person=None).post("/sign-in/link", json={"key": key})
    assert entered.status_code < 400
    assert get(client, "/rounds/M1/letters")["due_in_print"] == 0
    assert "is to be written to now" in post(client, "/rounds/M1/letters", 400, how="print")["title"]
    for language in ("en", "fr", "es"):
        assert client.get(f"/rounds/M1/letters?lang={language}").status_code == 200
    assert get(client, "/rounds/M1/log?kind=letters")["entries"]


def test_a_letter_that_failed_is_sent_again_alone_and_nothing_is_taken_back(
    store: Store, client: FlaskClient, mailing: Postbox, app: APIFlask
) -> None:
    with store.read() as reader:
        mentors = sorted({each.mentor for each in read_state(reader, "M1").in_phase("published")})
    people(store, **{mentors[0]: ("gone@example.org", "es")})
    people(store, **({mentors[1]: ("ann@example.org", "fr")} if len(mentors) > 1 else {}))
    with store.write() as transaction:
        put_account(transaction, Account("eve@example.org", "Eve", ("utility",), utilities=(mentors[0],)), NOW)
    assert mailed(app, client)["state"] == "done"
    (failure,) = get(client, "/rounds/M1/letters")["failures"]
    assert (failure["account"], failure["reason"]) == ("gone@example.org", "nobody of this name")
    assert not failure["perhaps"]
    assert "gone@example.org" not in mailing.letters
    assert "eve@example.org" in mailing.letters
    assert "/partners" in mailing.letters["eve@example.org"].as_string().replace("%2F", "/")
    page = get(client, "/rounds/M1/letters")
    assert (page["failed"], page["due_by_mail"]) == (1, 1)
    assert "only it is sent again" in client.get("/rounds/M1/letters").text
    mailing.letters.clear()
    assert mailed(app, client)["state"] == "done"
    assert "wrote letters: 1" in client.get("/rounds/M1/log?kind=letters").text
    assert mailing.letters == {}
    assert "it did not take: gone@example.org" in client.get("/rounds/M1/log").text
    assert get(client, "/rounds/M1")["counts"]["published"]


def test_after_a_yes_the_other_side_is_written_to_by_itself(
    store: Store, client: FlaskClient, mailing: Postbox, app: APIFlask
) -> None:
    with store.read() as reader:
        pair = next(read_state(reader, "M1").in_phase("published")).pair
    people(store, **{pair[0]: ("mentor@example.org", None), pair[1]: ("mentee@example.org", "es")})
    mailed(app, client)
    assert set(mailing.letters) == {"mentor@example.org"}
    post(client, "/rounds/M1/answer", mentor=pair[0], mentee=pair[1], said="mentor_yes")
    assert "mentee@example.org" in mailing.letters
    # What the letters changed is nothing a decision rests on: it may be taken on the version before them.
    with store.read() as reader:
        log = read_log(reader, "M1")
    answered = next(entry.number for entry in log if entry.kind == "answer")
    assert log[-1].kind == "delivered"
    post(client, "/rounds/M1/settings", deadline="2998-01-01", seen=answered)


def test_an_answer_stands_where_the_mail_server_is_away(
    app: APIFlask, store: Store, client: FlaskClient, mailing: Postbox
) -> None:
    with store.read() as reader:
        pair = next(read_state(reader, "M1").in_phase("published")).pair
    people(store, **{pair[0]: ("mentor@example.org", None), pair[1]: ("mentee@example.org", "es")})
    mailed(app, client)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = {"smtp_port": free.getsockname()[1]}
    app.extensions["wop_settings"] = app.extensions["wop_settings"].model_copy(update=closed)
    post(client, "/rounds/M1/answer", mentor=pair[0], mentee=pair[1], said="mentor_yes")
    assert set(mailing.letters) == {"mentor@example.org"}
    assert get(client, "/rounds/M1/letters")["due_by_mail"] == 1, "the mentee is still to be written to"


def test_reminders_go_once_a_day_to_who_has_not_answered(store: Store) -> None:
    with store.read() as reader:
        state, log = read_state(reader, "M1"), read_log(reader, "M1")
    people_of = {row.utility: [f"{row.utility}@example.org"] for row in waiting_for(state)}
    assert len(reminders(state, log, people_of, NOW, "2026-03-01")) == len(waiting_for(state))
    body = {
        "how": "print",
        "reminder": True,
        "on": "2026-03-01",
        "letters": [letter.to_json() for letter in due(state, log, people_of, NOW)],
    }
    from matcher.rounds.keeping import record

    record(store, "M1", "letters", body, who="Ana", why="")
    with store.read() as reader:
        log = read_log(reader, "M1")
    assert reminders(state, log, people_of, NOW, "2026-03-01") == []
    assert len(reminders(state, log, people_of, NOW, "2026-03-02")) == len(waiting_for(state))
    assert due(state, log, people_of, NOW) == []


def test_what_the_mail_server_never_confirmed_is_due_again_later(store: Store) -> None:
    from matcher.rounds.keeping import record

    with store.read() as reader:
        state, log = read_state(reader, "M1"), read_log(reader, "M1")
    people_of = {row.utility: [f"{row.utility}@example.org"] for row in waiting_for(state)}
    found = due(state, log, people_of, NOW)
    body = {"how": "mail", "reminder": False, "on": "2026-03-01", "letters": [letter.to_json() for letter in found]}
    record(store, "M1", "letters", body, who="Ana", why="", at=NOW)
    with store.read() as reader:
        log = read_log(reader, "M1")
    assert {each.state for each in sendings(log)} == {"under_way"}
    assert due(state, log, people_of, NOW) == []
    assert due(state, log, people_of, NOW + timedelta(hours=1)) == found


def test_a_text_of_ones_own(store: Store, client: FlaskClient) -> None:
    text = "Good day {name}, {mentee}: {needs}\r\n{deadline} {link}"
    post(client, "/rounds/M1/messages", kind="mentor", language="en", text=text)
    shown = get(client, "/rounds/M1/messages?kind=mentor&language=en")
    assert shown["own"]
    assert shown["preview_text"].startswith("Good day …, ")
    for kind in ("mentor", "mentee", "reminder"):
        for language in ("en", "fr", "es"):
            page = client.get(f"/rounds/M1/messages?kind={kind}&language={language}")
            assert page.status_code == 200
            assert "<script>alert" not in page.text
    assert (
        "mentee"
        in post(client, "/rounds/M1/messages", 404, kind="mentor", language="en", text="{mente} {link}")["detail"]
    )
    assert (
        "link" in post(client, "/rounds/M1/messages", 400, kind="mentor", language="en", text="Hello {name}")["title"]
    )
    post(client, "/rounds/M1/messages", kind="mentor", language="en")
    assert not get(client, "/rounds/M1/messages")["own"]


def test_places_are_filled_once_and_braces_are_checked() -> None:
    assert filled("{mentor} {link}", {"mentor": "{link}", "link": "L"}) == "{link} L"
    for text in ("{link} }", "{ {link}", "{link} {{name}}"):
        with pytest.raises((BadInput, UnknownName)):
            checked_message(text)


def test_what_a_mentee_keeps_private_is_in_no_letter_to_its_mentor(store: Store, client: FlaskClient) -> None:
    with store.read() as reader:
        each = next(each for each in read_state(reader, "M1").in_phase("published") if each.needs)
    preview = "/rounds/M1/messages?kind={}&mentor={}&mentee={}".format
    open_text = get(client, preview("mentor", *each.pair))["preview_text"]
    with store.write() as transaction:
        transaction.merge_edges("NEEDS", {"source": [each.mentee], "target": [each.needs[0]], "private": [True]})
        name = transaction.nodes("Capability", [each.needs[0]])["name"][0]
    assert name in open_text
    assert name not in get(client, preview("mentor", *each.pair))["preview_text"]
    assert name in get(client, preview("mentee", *each.pair))["preview_text"]


def test_proposals_are_published_by_tick_or_by_filter(app: APIFlask, client: FlaskClient) -> None:
    from a_round import solved_round

    state = solved_round(app, date.fromisoformat(AS_OF))
    found = get(client, "/rounds/M1/publish")
    assert found["all"] == len(list(state.in_phase("proposed"))) > 1
    first, second = found["proposals"][:2]
    assert client.get("/rounds/M1/publish").text.count('type="checkbox"') == found["all"]
    assert "No proposal was chosen" in post(client, "/rounds/M1/publish", 400)["title"]
    post(client, "/rounds/M1/publish", pairs=[f"{first['mentor']}/{first['mentee']}"], deadline="2999-01-01")
    assert get(client, "/rounds/M1/publish")["all"] == found["all"] - 1
    filtered = get(client, f"/rounds/M1/publish?q={second['mentee']}")
    assert 0 < filtered["part"]["total"] <= found["all"] - 1
    done = client.post("/rounds/M1/publish", data={"every": "true", "q": second["mentee"], "seen": "9"}, headers=HERE)
    assert done.status_code in (303, 409)
    post(client, "/rounds/M1/publish", every=True)
    assert get(client, "/rounds/M1/publish")["all"] == 0
    assert get(client, "/rounds/M1")["deadline"] == "2999-01-01"
    assert (
        get(client, "/rounds")["rounds"][0]["made_at"] == post(client, "/rounds/M1/settings", order="both")["made_at"]
    )


def test_the_commands_write_and_remind(store: Store, app: APIFlask, tmp_path: Path, capsys: Any) -> None:
    people(store, M1=("ann@example.org", "fr"), M2=("ben", None))
    address = app.extensions["wop_settings"].store

    def wop(*words: str) -> dict[str, Any]:
        with suppress(SystemExit):
            main(["--store", address, "round", *words, "--who", "Ana", "--json"])
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    letters = tmp_path / "letters.html"
    sent = wop("write", "M1", "--letters", str(letters), "--address", "https://wop.example.org")["sent"]
    assert sent == letters.read_text().count("https://wop.example.org/sign-in?key=") > 0
    assert letters.stat().st_mode & 0o077 == 0
    assert wop("write", "M1", "--letters", str(letters)) == {"sent": 0, "failed": []}
    again = tmp_path / "reminders.html"
    assert wop("remind", "M1", "--letters", str(again), "--on", "2998-01-01", "--days", "7")["sent"] == 0
    day = ("--on", "2999-12-30", "--days", "7")
    assert wop("remind", "M1", "--letters", str(again), *day)["sent"] == sent
    assert wop("remind", "M1", "--letters", str(again), *day)["sent"] == 0
    own = tmp_path / "own.txt"
    own.write_text("Hello {link}")
    assert wop("message", "M1", "--kind", "mentor", "--language", "en", "--text", str(own))["messages"] == {
        "mentor.en": "Hello {link}"
    }


def many(store: Store, *more: str) -> list[str]:
    """Logins of people who speak for a utility whose answer is awaited: seven, and those named."""
    with store.read() as reader:
        utility = waiting_for(read_state(reader, "M1"))[0].utility
    found = sorted([*(f"p{at}@example.org" for at in range(7)), *more])
    with store.write() as transaction:
        for login in found:
            put_account(transaction, Account(login, login, ("utility",), utilities=(utility,)), NOW)
    return found


@pytest.fixture
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_mail, "AT_ONCE", 3)


@pytest.mark.usefixtures("few_at_once")
def test_all_letters_are_sent_by_one_press_and_who_was_refused_is_named(
    app: APIFlask, store: Store, client: FlaskClient, mailing: Postbox
) -> None:
    everybody = many(store, "gone@example.org")
    first = post(client, "/rounds/M1/letters", how="mail")["job"]
    assert post(client, "/rounds/M1/letters", how="mail")["job"] == first, "one sending at a time"
    assert "Letters are being sent" in client.get("/rounds/M1/letters").text
    job = worked(app, first)
    assert (job["state"], job["kind"], job["of_round"], job["share"]) == ("done", "mail", "M1", 1.0)
    assert mailing.count == {login: 1 for login in everybody if login != "gone@example.org"}
    page = client.get("/rounds/M1/letters")
    assert "nobody of this name" in page.text
    assert get(client, "/rounds/M1/letters")["due_by_mail"] == 1
    assert "M1" in client.get(f"/jobs/{first}").text


@pytest.mark.usefixtures("few_at_once")
def test_a_worker_that_dies_while_sending_costs_nobody_a_letter_and_nobody_gets_two(
    app: APIFlask, store: Store, client: FlaskClient, mailing: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody = many(store)
    job = post(client, "/rounds/M1/letters", how="mail")["job"]
    from web import round_mailing

    noted, told = note_heard, []

    def dies(*given: Any) -> None:
        noted(*given)
        told.append(given)
        if len(told) == 5:
            raise KeyboardInterrupt

    monkeypatch.setattr(round_mailing, "note_heard", dies)
    with pytest.raises(KeyboardInterrupt):
        worked(app, job)
    monkeypatch.setattr(round_mailing, "note_heard", noted)
    assert len(mailing.count) == 4
    assert worked(app, job, 2)["state"] == "done"
    assert set(mailing.count.values()) == {1}
    (unsure,) = get(client, "/rounds/M1/letters")["failures"]
    assert unsure["perhaps"], "it was noted as handed over, and nobody knows whether it was"
    assert set(mailing.count) == set(everybody) - {unsure["account"]}
    assert get(client, "/rounds/M1/letters")["due_by_mail"] == 0
    assert mailed(app, client, perhaps=True)["state"] == "done"
    assert mailing.count == dict.fromkeys(everybody, 1)


def test_a_line_that_breaks_while_a_letter_is_handed_over_leaves_that_one_open(
    app: APIFlask, store: Store, client: FlaskClient, mailing: Postbox
) -> None:
    everybody = many(store, "mute@example.org")
    job = mailed(app, client)
    assert job["state"] == "failed"
    assert job["error_s"] is not None
    assert "takes no letters" in str(job["error_s"]["text"])
    page = client.get("/rounds/M1/letters").text
    assert "Perhaps it arrived" in page
    assert "takes no letters" in page
    assert get(client, "/rounds/M1/letters")["due_by_mail"] == len(everybody) - 1
    assert mailing.count == {"mute@example.org": 1}
    assert mailed(app, client)["state"] == "done"
    assert mailing.count == dict.fromkeys(everybody, 1)


def test_a_sending_is_cancelled_between_two_letters_and_the_rest_is_sent_later(
    app: APIFlask, store: Store, client: FlaskClient, mailing: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody = many(store)
    job = post(client, "/rounds/M1/letters", how="mail")["job"]
    board: JobBoard = app.extensions["wop_jobs"]
    stopping = threading.Event()
    from web import round_mailing

    noted, told = note_heard, []

    def stops(*given: Any) -> None:
        noted(*given)
        told.append(given)
        if len(told) == 3:
            board.cancel(job)
            stopping.set()

    monkeypatch.setattr(round_mailing, "note_heard", stops)
    address = app.extensions["wop_settings"].store
    JobAttempt(board, number_of(job), lambda: open_store(address), "w", stopping).run(1)
    assert len(mailing.count) == 3
    assert get(client, "/rounds/M1/letters")["due_by_mail"] == len(everybody) - 3
    assert "not sent yet: 4" in client.get("/rounds/M1/log").text
    board.end(number_of(job), "cancelled")
    assert mailed(app, client)["state"] == "done"
    assert mailing.count == dict.fromkeys(everybody, 1)


def test_a_sender_whose_letters_somebody_else_ended_sends_none_of_them_twice(
    app: APIFlask, store: Store, client: FlaskClient, mailing: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody = many(store)
    from web import round_mailing

    noted, told = note_heard, []

    def given_up(*given: Any) -> None:
        told.append(given)
        if len(told) == 3:
            end_mailing(store, given[1], given[2], None, "given up", who="Ana")
        noted(*given)

    monkeypatch.setattr(round_mailing, "note_heard", given_up)
    assert mailed(app, client)["state"] == "done"
    assert mailing.count == dict.fromkeys(everybody, 1)


def test_without_a_mail_server_letters_are_printed(store: Store, client: FlaskClient) -> None:
    many(store)
    assert "No mail server is set" in post(client, "/rounds/M1/letters", 400, how="mail")["title"]
    assert len(post(client, "/rounds/M1/letters", how="print")["letters"]) == 7


def test_a_facilitator_of_some_regions_mails_only_there(
    app: APIFlask, store: Store, client: FlaskClient, mailing: Postbox
) -> None:
    with store.read() as reader:
        waiting = [row.utility for row in waiting_for(read_state(reader, "M1"))]
        countries = dict(zip(*(reader.edges("LOCATED_IN")[end] for end in ("source", "target")), strict=True))
        regions = dict(zip(*(reader.edges("IN")[end] for end in ("source", "target")), strict=True))
    for utility in waiting:
        people(store, **{utility: (f"{utility.lower()}@example.org", None)})
    here = regions[countries[waiting[0]]]
    there = Person("there@example.org", ("facilitator",), regions=(here,), key="key-of-there")
    assert mailed(app, app.test_client(person=there))["state"] == "done"
    own = {f"{id.lower()}@example.org" for id in waiting if regions[countries[id]] == here}
    assert set(mailing.count) == own
    assert mailed(app, client)["state"] == "done"
    assert mailing.count == {f"{id.lower()}@example.org": 1 for id in waiting}
