"""Partners exchanged as one decision: weighed by solving again, one entry of the log, undone as one."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from a_round import solved_round
from apiflask import APIFlask
from flask.testing import FlaskClient
from small_world import AS_OF

from graph.errors import BadInput, Conflict
from graph.network import read_network
from graph.register import with_inferred
from matcher.explain.exchange import effect_of_exchange
from matcher.explain.round import solved_round as solve_again
from matcher.policy import PairDecision, load_policy
from matcher.rounds.answers import accept
from matcher.rounds.by_hand import swap
from matcher.rounds.edits import publish
from matcher.rounds.keeping import read_log, read_state
from matcher.rounds.state import LivingRound
from matcher.rounds.swapping import exchange, move
from web.cli import main

JSON = {"Accept": "application/json"}
DAY = date.fromisoformat(AS_OF)


@pytest.fixture
def state(app: APIFlask) -> LivingRound:
    return solved_round(app, DAY)


def other_mentor(app: APIFlask, state: LivingRound) -> tuple[tuple[str, str], str]:
    """A proposal, and a mentor of the round that is not in it."""
    pair = next(state.in_phase("proposed")).pair
    assert state.solved is not None
    return pair, next(id for id in sorted(state.solved.places) if id != pair[0])


def test_a_move_is_weighed_carried_out_as_one_entry_and_undone_as_one(
    app: APIFlask, client: FlaskClient, state: LivingRound
) -> None:
    pair, to = other_mentor(app, state)
    address = f"/rounds/M1/exchange/{pair[0]}/{pair[1]}"
    for query in ("", f"?to={to}", f"?to={to}&lang=fr", f"?to={to}&lang=es"):
        page = client.get(address + query)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
    weighed = client.get(f"{address}?to={to}", headers=JSON).json
    assert weighed is not None
    assert weighed["cost_s"]["text"]
    assert [(row["mentor"], row["mentee"]) for row in weighed["come"]] == [(to, pair[1])]
    body = {"mentor": pair[0], "mentee": pair[1], "to": to}
    assert client.post("/rounds/M1/exchange", json=body, headers=JSON).status_code == 400
    done = client.post("/rounds/M1/exchange", json={**body, "why": "asked for"}, headers=JSON)
    assert done.status_code == 200, done.text
    store = app.extensions["wop"].store
    with store.read() as reader:
        after, log = read_state(reader, "M1"), read_log(reader, "M1")
    assert len(log) == state.version + 1
    found, gone = after.proposal(to, pair[1]), after.proposal(*pair)
    assert found is not None
    assert (found.phase, found.by) == ("pinned", "hand")
    assert gone is not None
    assert gone.phase == "withdrawn"
    assert [(pin.mentor, pin.mentee) for pin in after.pins] == [(to, pair[1])]
    assert [(each.mentor, each.mentee) for each in after.forbids] == [pair]
    assert "exchanged" in client.get("/rounds/M1/log?lang=en").text
    assert client.post("/rounds/M1/step", json={"step": "undo"}, headers=JSON).status_code == 200
    with store.read() as reader:
        undone = read_state(reader, "M1")
    assert undone.model_copy(update={"version": state.version}) == state


def test_what_it_costs_is_what_solving_with_these_decisions_gives(app: APIFlask, state: LivingRound) -> None:
    with app.extensions["wop"].store.read() as reader:
        network = with_inferred(read_network(reader), DAY)
    policy = load_policy("best_fit")
    before = solve_again(network, policy, DAY)
    pair, to = other_mentor(app, state)
    effect = effect_of_exchange(before, *move(pair, to))
    decided = policy.model_copy(
        update={
            "pins": (PairDecision(mentor=to, mentee=pair[1]),),
            "forbids": (PairDecision(mentor=pair[0], mentee=pair[1]),),
        }
    )
    after = solve_again(network, decided, DAY)
    values = {goal.id: goal.value for goal in after.result.goals}
    assert effect["feasible"]
    assert {goal["id"]: goal["after"] for goal in effect["goals"]} == {
        goal["id"]: values[goal["id"]] for goal in effect["goals"]
    }


def test_what_cannot_be_exchanged_is_refused(app: APIFlask, state: LivingRound) -> None:
    store = app.extensions["wop"].store
    with store.read() as reader:
        network = with_inferred(read_network(reader), DAY)
    pair, to = other_mentor(app, state)
    with pytest.raises(BadInput, match="nothing to swap"):
        exchange(pair, pair)
    with pytest.raises(BadInput, match="mentor already"):
        move(pair, pair[0])
    with pytest.raises(BadInput, match="reason"):
        swap(store, network, "M1", *move(pair, to), who="Ana", why=" ")
    publish(store, "M1", who="Ana", pairs=[pair])
    for side in ("mentor", "mentee"):
        accept(store, "M1", pair, side, who="x", on=DAY)
    with pytest.raises(Conflict, match="both agreed"):
        swap(store, network, "M1", *move(pair, to), who="Ana", why="x")


def test_the_commands_swap_and_move(app: APIFlask, state: LivingRound, capsys: Any) -> None:
    store = app.extensions["wop_settings"].store

    def wop(*words: str) -> dict[str, Any]:
        with suppress(SystemExit):
            main(["--store", store, "round", *words, "--who", "Ana", "--why", "they know each other", "--json"])
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    pair, to = other_mentor(app, state)
    moved = wop("move", "M1", *pair, to)
    assert {each["mentor"] for each in moved["pins"]} == {to}
    others = [each for each in moved["proposals"] if each["phase"] == "proposed" and each["mentor"] != to]
    if others:
        second = others[0]
        back = wop("swap", "M1", to, pair[1], second["mentor"], second["mentee"])
        assert {(each["mentor"], each["mentee"]) for each in back["pins"]} == {
            (to, second["mentee"]),
            (second["mentor"], pair[1]),
        }
