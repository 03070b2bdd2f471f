"""A facilitator of some regions at work in a round of all: the own part, whole; of the rest nothing that is private."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from postbox import Postbox, use_postbox, worked
from private_worlds import SECRET, app_of
from signed_in import Person
from test_rounds_by_role import JSON, ZEBRA, with_round, without_times, world

from graph.accounts import Account, put_account
from matcher.rounds import edits
from matcher.rounds.keeping import read_state
from matcher.rounds.solving import begin_solve
from matcher.rounds.state import LivingRound

HERE = {"Sec-Fetch-Site": "same-origin"}
NORTH = Person("north@example.org", ("facilitator",), regions=("R2",), key="r2-key")
EGYPT = Person("egypt@example.org", ("facilitator",), regions=("R3",), key="r3-key")
ALL_MENTEES = Person("mentees@example.org", ("facilitator",), regions=("R1", "R3"), key="r13-key")
PAGES = ("/participants/own", "/letters", "/publish", "/exchange/M2/N1", "/exchange/M2/N1?to=M1", "/ready", "")
OWN = "/rounds/M1/participants/own"


@pytest.fixture
def app(tmp_path: Path) -> APIFlask:
    """A round that was solved and not yet published."""
    return with_round(app_of(world("pumps"), tmp_path / "round.sqlite"), "pumps", decide=False)


@pytest.fixture(scope="module")
def apps(tmp_path_factory: pytest.TempPathFactory) -> list[APIFlask]:
    """Two applications whose rounds differ in what the private need of a utility of R1 is about."""
    folder = tmp_path_factory.mktemp("regional")
    topics = ("pumps", "meters")
    return [with_round(app_of(world(topic), folder / f"{topic}.sqlite"), topic, decide=False) for topic in topics]


def ask(client: FlaskClient, address: str, status: int = 200, **body: Any) -> dict[str, Any]:
    answer = client.post(f"/rounds/M1/{address}", json=body, headers=JSON)
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


def state_of(app: APIFlask) -> LivingRound:
    with app.extensions["wop"].store.read() as reader:
        return read_state(reader, "M1")


def people(app: APIFlask, *accounts: Account) -> None:
    with app.extensions["wop"].store.write() as transaction:
        for account in accounts:
            put_account(transaction, account, datetime(2024, 1, 1, tzinfo=UTC))


def taking_part(data: dict[str, Any], side: str) -> list[str]:
    return [row["id"] for row in data[side]["utilities"] if row["takes_part"]]


def test_whatever_is_private_elsewhere_the_own_pages_are_the_same_to_the_byte(apps: list[APIFlask]) -> None:
    one, other = (app.test_client(person=NORTH) for app in apps)
    for page in PAGES:
        for headers in (JSON, {"Accept": "text/html"}):
            first, second = (client.get(f"/rounds/M1{page}", headers=headers) for client in (one, other))
            assert first.status_code == 200, (page, first.text)
            if page or headers is JSON:  # the desk tells when it was changed
                assert without_times(first.text) == without_times(second.text), page
            assert ZEBRA not in first.text
    choices: list[dict[str, Any]] = [{"mentors_out": ["M1"]}, {"mentors_out": ["M2"]}, {"mentors_out": ["M1", "M2"]}]
    for ticked in choices:
        drafts = [ask(client, "participants/own/draft", **ticked) for client in (one, other)]
        assert drafts[0] == drafts[1], ticked
        assert SECRET not in str(drafts[0]["findings"])
    assert drafts[0]["left_out"]["needs"] == 1


def test_own_utilities_are_taken_out_and_in_again_and_no_others(app: APIFlask) -> None:
    client = app.test_client(person=NORTH)
    before = get(client, OWN)
    assert taking_part(before, "mentors") == ["M1", "M2"]
    assert before["mentees"]["utilities"] == []
    assert (before["mentors"]["others"], before["mentees"]["others"]) == (1, 2), "without the one private need"
    ask(client, "participants/own", 400, mentors_out=["M1"])
    ask(client, "participants/own", 400, why="nothing is ticked")
    ask(client, "participants/own", 403, mentors_out=["M4"], why="not mine")
    ask(client, "participants/own", 409, mentees_in=["M1"], why="it needs nothing")
    assert ask(client, "participants/own/draft", mentors_out=["M1"])["mentors"]["own"] == 2, "nothing is saved yet"
    done = ask(client, "participants/own", mentors_out=["M1"], why="Its staff is away", seen=before["version"])
    assert taking_part(done, "mentors") == ["M2"]
    mentors = state_of(app).policy["participants"]["mentors"]
    assert mentors["without"] == ["M1"]
    log = client.get("/rounds/M1/log").text
    assert "Water of M1 takes part no longer as a mentor." in log
    assert "Its staff is away" in log, "who wrote it reads it, and it is about nobody hidden"
    assert ask(client, "participants/own", 409, mentors_in=["M1"], why="late", seen=before["version"])["status"] == 409
    elsewhere: dict[str, Any] = {"mentors_out": ["M4"], "why": "not this year", "seen": before["version"]}
    ask(app.test_client(person=EGYPT), "participants/own", **elsewhere)  # another region's choice is no conflict
    ask(client, "participants/own", mentors_in=["Water of M1"], why="It is back")
    found = (state_of(app).policy["participants"].get("mentors")) or {}
    assert found.get("without") == ["M4"]
    assert not found.get("also")
    assert ask(client, "step", step="undo")["id"] == "M1", "the own change is undone"
    egypt = app.test_client(person=EGYPT)
    assert "Its staff is away" in egypt.get("/rounds/M1/log").text
    page = client.post(OWN, data={"mentors_out": ["M2"]}, headers=HERE)
    assert page.status_code == 400
    assert 'value="M2" checked' in page.text, "what was ticked is not lost"


def test_who_takes_part_elsewhere_stays_hidden_when_others_change_it(app: APIFlask) -> None:
    """A change about the utility with a private need is told to those who see it; the others see that there was one."""
    leader, south = app.test_client(), app.test_client(person=NORTH)
    seen = state_of(app).version
    here = app.test_client(person=Person("r1@example.org", ("facilitator",), regions=("R1",), key="r1-key"))
    ask(here, "participants/own", mentees_out=[SECRET], why=ZEBRA)
    assert ZEBRA in leader.get("/rounds/M1/log").text
    assert ZEBRA in here.get("/rounds/M1/log").text
    told = south.get("/rounds/M1/log").text
    assert ZEBRA not in told
    assert "takes part no longer" not in told
    late = south.post("/rounds/M1/step", json={"step": "publish", "seen": seen}, headers=JSON)
    assert late.status_code == 409
    assert "takes part no longer" not in late.text
    assert f"Water of {SECRET}" not in late.text
    assert south.post("/rounds/M1/step", json={"step": "undo"}, headers=JSON).status_code == 403


def test_places_of_own_utilities_alone(app: APIFlask) -> None:
    client = app.test_client(person=NORTH)
    assert ask(client, "room", utility="Water of M1", places=2, why="One more team")["places"] == 2
    assert "does not lie in your regions" in ask(client, "room", 403, utility="M4", places=2, why="x")["title"]
    ask(app.test_client(), "room", utility="M4", places=3, why="x")
    assert [row["id"] for row in get(client, OWN)["room"]] == ["M1"]


def test_own_proposals_are_published_one_by_one_or_together(app: APIFlask) -> None:
    client = app.test_client(person=NORTH)
    page = get(client, "/rounds/M1/publish")
    assert {row["mentor"] for row in page["proposals"]} == {"M1", "M2"}
    html = client.get("/rounds/M1/publish").text
    assert "/messages" not in html
    assert 'name="deadline"' not in html
    assert "lies in your regions" in ask(client, "publish", 403, pairs=["M4/N3"])["title"]
    ask(client, "publish", 403, every=True, deadline="2999-01-01")
    ask(client, "publish", pairs=["M2/N1"])
    ask(client, "publish", every=True)
    phases = {each.mentor: each.phase for each in state_of(app).proposals.values()}
    assert phases == {"M1": "published", "M2": "published", "M4": "proposed"}
    assert "Write to whom is asked" in client.get("/rounds/M1").text


def test_letters_go_to_own_utilities_and_print_no_key_to_others(app: APIFlask, postbox: Postbox) -> None:
    people(
        app,
        Account("m1@example.org", "Mia", ("utility",), utilities=("M1",)),
        Account("both@example.org", "Bo", ("utility",), utilities=("M2", SECRET)),
        Account("chief@example.org", "Chi", ("utility", "administrator"), utilities=("M1",)),
        Account("m4@example.org", "Max", ("utility",), utilities=("M4",)),
    )
    edits.publish(app.extensions["wop"].store, "M1", who="Ana", deadline=date(2999, 1, 1))
    north = app.test_client(person=NORTH)
    page = get(north, "/rounds/M1/letters")
    assert {row["utility"] for row in page["waiting"]} == {"M1", "M2"}
    assert (page["due"], page["due_in_print"], page["not_printed"]) == (3, 1, 2)
    text = north.get("/rounds/M1/letters").text
    assert "2 letters are not printed" in text
    assert "/messages" not in text
    assert "Move the deadline" not in text
    printed = ask(north, "letters", how="print")
    assert [row["account"] for row in printed["letters"]] == ["m1@example.org"]
    assert "what it would tell you itself" in printed["letters"][0]["text"], "the mentee keeps its need private"
    assert get(app.test_client(person=EGYPT), "/rounds/M1/letters")["due"] == 1
    whole = get(app.test_client(), "/rounds/M1/letters")
    assert (whole["due"], whole["due_in_print"], whole["not_printed"]) == (3, 2, 1)
    use_postbox(app)
    assert worked(app, ask(north, "letters", how="mail")["job"])["state"] == "done"
    assert postbox.count == {"both@example.org": 1, "chief@example.org": 1}


def test_partners_are_exchanged_where_every_pair_is_own(app: APIFlask) -> None:
    north, egypt = app.test_client(person=NORTH), app.test_client(person=EGYPT)
    weighed = get(north, "/rounds/M1/exchange/M2/N1?to=M1")
    assert weighed["may"]
    assert weighed["left_out"]["needs"] == 1
    assert [row["mentee"] for row in weighed["swaps"]] == [SECRET]
    assert "M4" not in {row["mentor"] for row in weighed["come"]}
    beyond = get(north, "/rounds/M1/exchange/M2/N1?to=M4")
    assert not beyond["may"], "neither M4 nor N1 is of R2"
    assert "Water of M4" not in beyond["mentors"]
    assert "you may not do this" in north.get("/rounds/M1/exchange/M2/N1?to=M4").text
    move: dict[str, Any] = {"mentor": "M2", "mentee": "N1", "why": "They met"}
    assert "would go or come" in ask(north, "exchange", 403, to="M4", **move)["title"]
    assert "would go or come" in ask(north, "exchange", 403, to="M4", give="N3", **move)["title"]
    assert egypt.get("/rounds/M1/exchange/M2/N1").status_code == 403
    ask(egypt, "exchange", 403, to="M4", **move)
    ask(north, "exchange", to="M1", give=SECRET, **move)
    after = state_of(app)
    assert {(pin.mentor, pin.mentee) for pin in after.pins} == {("M1", "N1"), ("M2", SECRET)}
    assert "They met" not in egypt.get("/rounds/M1/log").text, "one of the two keeps something private"
    ask(egypt, "step", 403, step="undo")
    ask(north, "step", step="undo")
    assert not state_of(app).pins


def test_limits_to_regions_hold_where_nothing_is_private(app: APIFlask) -> None:
    """Who decides is a matter of regions, not only of what is hidden: who sees all of R1 leads no round of R3."""
    here = app.test_client(person=Person("r1@example.org", ("facilitator",), regions=("R1",), key="r1-key"))
    assert "left_out" not in get(here, "/rounds/M1")
    assert "mentees outside your regions: Water of N3." in ask(here, "step", 403, step="cancel", why="x")["title"]
    ask(here, "decide", 403, what="pin", mentor="M4", mentee="N3", why="x")
    ask(app.test_client(person=ALL_MENTEES), "decide", what="pin", mentor="M4", mentee="N3", why="x")


def test_a_round_begun_by_a_regional_facilitator_is_of_its_regions(app: APIFlask) -> None:
    south = app.test_client(person=ALL_MENTEES)
    assert "of your regions only" in south.get("/rounds").text
    assert "of your regions only" not in app.test_client().get("/rounds").text
    for body, mentors in (({}, {"M1", "M2", "M4"}), ({"own_mentors": True}, {"M4"}), ({"like": "M1"}, None)):
        made = south.post("/rounds", json={"title": "Mine", **body}, headers=JSON)
        assert made.status_code == 201, made.text
        assert made.json is not None
        ours = f"/rounds/{made.json['id']}"
        ready = get(south, f"{ours}/ready")
        assert ready["mentees"] == 3
        assert mentors is None or ready["mentors"] == len(mentors)
        assert south.post(f"{ours}/step", json={"step": "check"}, headers=JSON).status_code == 200
    north = app.test_client(person=NORTH)
    assert north.post("/rounds", json={"title": "Mine"}, headers=JSON).status_code == 201, "without any mentee, though"
    store = app.extensions["wop"].store
    edits.choose_by_filter(store, "M1", who="Ana", why="x", mentees={"regions": ["R1"]})
    refused = north.post("/rounds", json={"title": "Mine", "like": "M1"}, headers=JSON)
    assert refused.status_code == 403
    assert "other regions than yours" in refused.text


def test_the_desk_leads_each_to_the_own_next_step(app: APIFlask) -> None:
    for person in (NORTH, EGYPT):
        client = app.test_client(person=person)
        for language in ("en", "fr", "es"):
            desk = client.get(f"/rounds/M1?lang={language}")
            assert desk.status_code == 200
            for link in re.findall(r'href="(/rounds/M1[^"#]*)', desk.text):
                assert client.get(link.replace("&amp;", "&")).status_code == 200, link
        assert "Review the proposals of your regions" in get(client, "/rounds/M1")["next_step_s"]["text"]


def test_what_may_be_recorded_follows_the_order_of_answers(app: APIFlask) -> None:
    client = app.test_client()
    edits.publish(app.extensions["wop"].store, "M1", who="Ana")
    pair: dict[str, Any] = {"mentor": "M2", "mentee": "N1"}
    mentor, mentee = ["mentor_yes", "mentor_no"], ["mentee_yes", "mentee_no"]

    def awaited() -> list[str]:
        rows: list[dict[str, Any]] = get(client, "/rounds/M1?q=M2")["proposals"]
        return next(row["awaited"] for row in rows if row["mentee"] == "N1")

    for order, first in (("mentor_first", mentor), ("mentee_first", mentee), ("both", mentor + mentee)):
        ask(client, "settings", order=order)
        assert awaited() == first, order
    ask(client, "answer", **pair, said="mentee_yes")
    assert awaited() == mentor
    assert "needs its reason" in ask(client, "answer", 400, **pair, said="mentor_no")["title"]
    ask(client, "answer", **pair, said="mentor_yes")
    assert awaited() == ["signed", "mentor_no", "mentee_no"]
    desk = client.get("/rounds/M1").text
    assert "Who is asked first" in desk
    assert 'value="close"' not in desk, "what would be refused is not offered"
    assert 'value="lapse"' not in desk
    assert 'value="undo"' not in desk
    assert "changed: order of answers" in client.get("/rounds/M1/log").text
    mine = app.test_client(person=EGYPT).get("/rounds/M1?own=true", headers=JSON).json
    assert mine is not None
    assert [row["mentor"] for row in mine["proposals"]] == ["M4"]


def test_whom_a_mentee_with_private_needs_ranked_is_not_told_elsewhere(tmp_path: Path) -> None:
    """What it could rank follows from its needs; and a ranking stops no facilitator from solving."""
    app = app_of(world("pumps"), tmp_path / "choosing.sqlite")
    store, client = app.extensions["wop"].store, app.test_client()
    assert client.post("/rounds", json={"title": "Choosing", "as_of": "2024-01-01"}, headers=JSON).status_code == 201
    ask(client, "settings", recipients_choose=2)
    seen = ask(client, "step", step="check")["version"]
    assert "none has yet" in get(client, "/rounds/M1")["next_step_s"]["text"]
    secret = app.test_client(person=Person("s1@example.org", ("utility",), utilities=(SECRET,), key="s1-key"))
    shown = get(secret, f"/utilities/{SECRET}/shortlist/M1")
    assert [row["partner"]["id"] for row in shown["mentors"]] == ["M1"]
    answer = secret.post(f"/utilities/{SECRET}/shortlist/M1", json={"mentors": ["M1"]}, headers=JSON)
    assert answer.status_code == 200
    assert "1 has" in get(client, "/rounds/M1")["next_step_s"]["text"]
    assert [row["kind"] for row in get(client, "/rounds/M1")["decisions"]] == ["rank"]
    for person in (NORTH, EGYPT):
        other = app.test_client(person=person)
        assert get(other, "/rounds/M1")["decisions"] == []
        log = other.get("/rounds/M1/log").text
        assert "answered on its shortlist" in log
        assert "ranked its shortlist" not in log
    assert begin_solve(store, "M1", who="Ana", seen=seen).phase == "solving"
