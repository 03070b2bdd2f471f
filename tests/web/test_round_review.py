"""Review comforts: notes, filters, the log as a file, versions picked in it, and a kind page where two meet."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

import pytest
from a_round import published_round
from apiflask import APIFlask
from flask.testing import FlaskClient
from small_world import AS_OF

from matcher.rounds.state import LivingRound

JSON = {"Accept": "application/json"}
HERE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def state(app: APIFlask) -> LivingRound:
    return published_round(app, date.fromisoformat(AS_OF))


def get(client: FlaskClient, address: str) -> dict[str, Any]:
    answer = client.get(address, headers=JSON)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] | None = answer.json
    assert found is not None
    return found


def test_notes_stand_where_they_belong(client: FlaskClient, state: LivingRound) -> None:
    pair = next(state.in_phase("published")).pair
    client.post("/rounds/M1/notes", json={"text": "call the ministry"}, headers=JSON)
    body = {"text": "they met in May", "mentor": pair[0], "mentee": pair[1]}
    assert client.post("/rounds/M1/notes", json=body, headers=JSON).status_code == 200
    assert [row["text"] for row in get(client, "/rounds/M1")["notes"]] == ["call the ministry"]
    weighed = get(client, f"/rounds/M1/weigh/{pair[0]}/{pair[1]}")
    assert [row["text"] for row in weighed["notes"]] == ["they met in May"]
    assert "they met in May" in client.get(f"/rounds/M1/weigh/{pair[0]}/{pair[1]}").text
    half = client.post("/rounds/M1/notes", json={"text": "x", "mentor": pair[0]}, headers=JSON)
    assert half.status_code == 400


def test_who_could_take_a_mentee_over_stands_beside_the_decision(client: FlaskClient, state: LivingRound) -> None:
    assert state.solved is not None
    mentee, (first, *_rest) = next((id, found) for id, found in state.solved.reserves.items() if found)
    pair = next(each.pair for each in state.proposals.values() if each.mentee == mentee)
    weighed = get(client, f"/rounds/M1/weigh/{pair[0]}/{pair[1]}")
    assert weighed["reserve"][0]["mentor"] == first[0]
    assert weighed["reserve"][0]["loss_s"]["text"]
    assert "solved for each" in weighed["reserve_s"]["text"]


def test_the_desk_is_filtered(client: FlaskClient, state: LivingRound) -> None:
    all_of = get(client, "/rounds/M1")["proposals"]
    one = all_of[0]
    assert {row["mentee"] for row in get(client, f"/rounds/M1?q={one['mentee']}")["proposals"]} == {one["mentee"]}
    assert get(client, "/rounds/M1?q=nobody+at+all")["proposals"] == []
    by_region = get(client, "/rounds/M1?region=R3")["proposals"]
    assert len(by_region) < len(all_of)
    assert client.get("/rounds/M1?region=R3&lang=es").status_code == 200


def test_the_log_is_filtered_and_kept_as_a_file(client: FlaskClient, state: LivingRound) -> None:
    pinned = state.pins[0]
    about = get(client, f"/rounds/M1/log?about={pinned.mentee}")["entries"]
    assert "pin" in {row["kind"] for row in about}
    assert get(client, "/rounds/M1/log?until=2000-01-01")["entries"] == []
    assert get(client, "/rounds/M1/log?since=2000-01-01")["part"]["total"] == state.version
    assert client.get("/rounds/M1/log?about=nobody", headers=JSON).status_code == 404
    whole = get(client, "/rounds/M1/log.json")["entries"]
    assert [row["number"] for row in whole] == list(range(1, state.version + 1))
    rows = list(csv.DictReader(io.StringIO(client.get("/rounds/M1/log.csv?by=Ben").data.decode("utf-8-sig"))))
    assert {row["who"] for row in rows} <= {"Ben"}
    assert client.get("/rounds/M1/log.xlsx").data[:2] == b"PK"
    page = client.get("/rounds/M1/log?lang=en").text
    assert 'name="first"' in page
    assert client.get("/rounds/M1/compare?first=2&second=5").status_code == 200


def test_where_two_meet_what_was_typed_is_kept(client: FlaskClient, state: LivingRound) -> None:
    pair = next(state.in_phase("published")).pair
    client.post("/rounds/M1/settings", json={"deadline": "2998-01-01"}, headers=JSON)
    form = {"what": "forbid", "mentor": pair[0], "mentee": pair[1], "why": "a <long> story", "seen": str(state.version)}
    page = client.post("/rounds/M1/decide?lang=en", data=form, headers=HERE)
    assert page.status_code == 409
    assert "Somebody else was here meanwhile" in page.text
    assert "a &lt;long&gt; story" in page.text
    assert f'name="seen" value="{state.version + 1}"' in page.text
    again = client.post("/rounds/M1/decide", data={**form, "seen": str(state.version + 1)}, headers=HERE)
    assert again.status_code == 303
    twin = client.post("/rounds/M1/decide", json={**form, "seen": 3}, headers=JSON)
    assert twin.status_code == 409
    assert twin.mimetype == "application/problem+json"


def test_what_was_declined_is_offered_to_the_round_begun_like_it(client: FlaskClient, state: LivingRound) -> None:
    pair = next(state.in_phase("published")).pair
    no = {"said": "mentor_no", "reason": "distance", "why": "two <days> by road", "mentor": pair[0], "mentee": pair[1]}
    assert client.post("/rounds/M1/answer", json=no, headers=JSON).status_code == 200
    assert client.post("/rounds", json={"title": "Next", "like": "M1"}, headers=JSON).status_code == 201
    assert get(client, "/rounds/M2")["carried"] == 1
    assert "/rounds/M2/carried" in client.get("/rounds/M2").text
    (offer,) = get(client, "/rounds/M2/carried")["offers"]
    assert "Spring round" in offer["source_s"]["text"]
    for language in ("en", "fr", "es"):
        page = client.get(f"/rounds/M2/carried?lang={language}")
        assert "two &lt;days&gt; by road" in page.text
    unknown = client.post("/rounds/M2/carried", json={"accept": ["forbid/none"]}, headers=JSON)
    assert unknown.status_code == 404
    done = client.post("/rounds/M2/carried", data={"accept": offer["key"]}, headers=HERE)
    assert done.status_code == 303
    decided = get(client, "/rounds/M2")
    assert decided["carried"] == 0
    assert pair in {(row["mentor"], row["mentee"]) for row in decided["decisions"]}
    assert "Nothing waits" in client.get("/rounds/M2/carried?lang=en").text
