"""Reserve lists by loss, and what is asked again before one is offered."""

from __future__ import annotations

import pytest
from living_rounds import AS_OF, MENTEES, NETWORK, POLICY, TODAY, fill, network_by

from graph.store import Store
from matcher.explain.round import solved_round
from matcher.policy import PairDecision, Policy, parse_policy
from matcher.rounds import reserving
from matcher.rounds.answers import decline
from matcher.rounds.edits import create_round, publish
from matcher.rounds.keeping import at_version
from matcher.rounds.readiness import check_round
from matcher.rounds.solving import solve_round
from matcher.rounds.state import LivingRound


def solved(store: Store, policy: Policy = POLICY) -> LivingRound:
    fill(store)
    state = create_round(store, "Spring round", as_of=AS_OF, who="Ana", policy=policy)
    state = check_round(store, state, NETWORK, who="Ana")
    return solve_round(store, state.id, network_by, who="Ana")


def values(policy: Policy) -> tuple[int, ...]:
    result = solved_round(NETWORK, policy, AS_OF).result
    return tuple(goal.value for goal in result.goals if goal.id != "stable")


def test_a_reserve_list_is_in_the_order_of_what_solving_with_each_loses(store: Store) -> None:
    state = solved(store)
    assert state.solved is not None
    assert state.solved.reserve_basis == "exact"
    best = values(POLICY)
    asked = 0
    for mentee in MENTEES:
        present = [each.pair for each in state.in_phase("proposed") if each.mentee == mentee]
        lost = []
        for mentor, _fit, _needs in state.solved.reserves.get(mentee, ()):
            pins = (PairDecision(mentor=mentor, mentee=mentee),)
            forbids = tuple(PairDecision(mentor=one, mentee=other) for one, other in present)
            after = values(POLICY.model_copy(update={"pins": pins, "forbids": forbids}))
            lost.append(tuple(before - now for before, now in zip(best, after, strict=True)))
            asked += 1
        assert lost == sorted(lost)
        told = [form["text"] for form in state.solved.reserve_losses.get(mentee, ())]
        assert len(told) == len(lost)
        for text, loss in zip(told, lost, strict=True):
            assert ("loses nothing" in text) == all(each <= 0 for each in loss), (text, loss)
    assert asked >= len(MENTEES)


def test_a_large_round_says_that_its_order_is_an_estimate(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reserving, "EXACT_MENTEES", 0)
    state = solved(store)
    assert state.solved is not None
    assert state.solved.reserve_basis in ("prices", "points")
    assert state.solved.reserve_losses == {}
    assert all(state.solved.reserves[mentee] for mentee in MENTEES)


def test_whom_a_limit_forbids_is_not_offered_after_a_decline(store: Store) -> None:
    """M2 has room, but the limit lets it have only the one mentee it has; without the limit it is offered."""
    form = {
        "name": "test",
        "goals": ["most_mentees", "best_fit"],
        "limits": [{"id": "m2", "title": "At most 1 of M2", "mentor": {"utilities": ["M2"]}, "at_most": 1}],
    }
    offers = {}
    for limited in (True, False):
        state = publish(store, solved(store, parse_policy(form, "test") if limited else POLICY).id, who="Ana")
        assert state.solved is not None
        assert state.solved.limited == limited
        if not limited:  # one of M2's two places is free again
            taken = next(each for each in state.in_phase("published") if each.mentor == "M2")
            state = decline(store, state.id, taken.pair, "mentor", "distance", who="M2", on=TODAY)
        gone = next(each for each in state.in_phase("published") if each.mentor == "M1")
        assert state.solved is not None
        assert "M2" in {mentor for mentor, _fit, _needs in state.solved.reserves[gone.mentee]}
        state = decline(store, state.id, gone.pair, "mentor", "language", who="M1", on=TODAY)
        offers[limited] = {each.mentor for each in state.in_phase("published") if each.by == "reserve"}
        with store.read() as reader:
            assert at_version(reader, state.id, state.version) == state
    assert "M2" not in offers[True]
    assert "M2" in offers[False]
