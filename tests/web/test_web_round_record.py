"""The decision record: every item it promises, each against the log, the state and the proposals it rests on."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from test_web_round_scenarios import post, shown, work

from graph.store import open_store
from matcher.rounds.keeping import read_log, read_state
from matcher.rounds.replaying import replay
from matcher.rounds.state import LIVE

ROUND = "/rounds/M1"
SECRET = "our director fell out with theirs"


@pytest.fixture
def played(client: FlaskClient, app: APIFlask) -> FlaskClient:
    """A round with every kind of thing a record tells: declines, a top-up, decisions by hand, one taken back."""
    post(client, "/rounds", 201, title="Spring", as_of="2024-01-01", policy="best_fit")
    post(client, f"{ROUND}/step", step="check")
    post(client, f"{ROUND}/solve")
    work(app)
    pair = shown(client, ROUND)["proposals"][0]
    ids = {"mentor": pair["mentor"], "mentee": pair["mentee"]}
    post(client, f"{ROUND}/decide", what="adjust", by=0.2, why="they met at the congress", **ids)
    post(client, f"{ROUND}/decide", what="pin", why="a slip", **ids)
    post(client, f"{ROUND}/step", step="undo")
    post(client, f"{ROUND}/settings", order="both")
    post(client, f"{ROUND}/step", step="publish")
    post(client, f"{ROUND}/answer", said="mentor_no", reason="language", why=SECRET, on="2024-02-01", **ids)
    post(client, f"{ROUND}/solve", top_up=True)
    work(app)
    return client


def test_the_record_says_each_thing_as_it_was(played: FlaskClient, app: APIFlask) -> None:
    record = shown(played, f"{ROUND}/record")
    settings = app.extensions["wop_settings"]
    store = open_store(settings.store)
    with store.read() as reader:
        state, log = read_state(reader, "M1"), read_log(reader, "M1")
        for solve in record["solves"]:
            found = replay(reader, "M1", solve["number"])
            assert (found.identical, found.document, found.input_hash, found.pairs) == (
                True,
                solve["document"],
                solve["input_hash"],
                solve["pairs"],
            )
    store.close()
    # Policy, input hash, versions, goals, limits: those of the last solve.
    document = shown(played, f"/proposal/{record['document']}")
    for name in ("input_hash", "versions", "goals", "limits", "totals", "policy"):
        assert record[name] == document[name], name
    assert record["policy_short"][0]["text"].startswith("What matters most: The best fit")
    assert "No pair below a fit of 40 of 100." in [said["text"] for said in record["policy_short"]]
    # Overrides: who, when, why, and what was taken back.
    told = [(row["kind"], row["why"], row["undone"]) for row in record["overrides"]]
    assert told[:3] == [("adjust", "they met at the congress", False), ("pin", "a slip", True), ("undo", "", False)]
    for row in record["overrides"]:
        entry = log[row["number"] - 1]
        assert (row["who"], row["at"], row["kind"]) == (entry.who, entry.at, entry.kind)
    # Declines: by reason, by side, and never in words.
    refused = [
        (each, side) for each in state.in_phase("declined") for side, said in each.answers.items() if not said.yes
    ]
    assert [(row["mentor"], row["mentee"], row["side"]) for row in record["declines"]] == [
        (each.mentor, each.mentee, side) for each, side in refused
    ]
    counted = Counter(each.answers[side].reason for each, side in refused)
    assert {row["reason"]: row["by_mentors"] for row in record["decline_reasons"]} == dict(counted) == {"language": 1}
    # Top-up, and proposal against final.
    assert [solve["top_up"] for solve in record["solves"]] == [False, True]
    first = {(pair["mentor"], pair["mentee"]) for pair in log[record["solves"][0]["number"] - 1].body["pairs"]}
    live = {each.pair for each in state.in_phase(*LIVE)}
    assert {(row["mentor"], row["mentee"]) for row in record["final"]} == live
    assert {(row["mentor"], row["mentee"]) for row in record["gone"]} == first - live
    assert (record["proposed"], record["kept"], record["lost"], record["added"]) == (
        len(first),
        len(first & live),
        len(first - live),
        len(live - first),
    )
    assert record["even_final"]["served"] == len({mentee for _mentor, mentee in live})
    page = played.get(f"{ROUND}/record").text
    for words in ("topped up:", "they met at the congress", "taken back", "No common language", "Who declined"):
        assert words in page, words
    assert SECRET not in page
    assert not re.search(SECRET, str(record))
    for language in ("fr", "es"):
        assert played.get(f"{ROUND}/record?lang={language}").status_code == 200
