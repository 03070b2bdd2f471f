"""Rounds whose policy asks for the stable pairing: whole tiny rounds, and every proposal there is beside them."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, combinations

import numpy as np
import pytest
from tiny_rounds import AS_OF, lost_to, tiny_rounds

from graph.errors import BadInput, NothingFeasible
from matcher.changes import Force, MorePlaces
from matcher.explain.best_proposals import best_proposals
from matcher.explain.effects import losses
from matcher.explain.fairness import fairness, stable_policy
from matcher.explain.frontier import frontier
from matcher.explain.round import SolvedRound, solved_round
from matcher.explain.screen import fit_points
from matcher.explain.smallest_change import smallest_change
from matcher.policy import parse_policy
from matcher.proposal import propose
from matcher.stability import blocking_pairs, fixed_to, stable_pairs
from matcher.verify import verify
from matcher.what_if import what_if


def stable_rounds(count: int) -> list[tuple[int, SolvedRound, SolvedRound | None]]:
    """Rounds as drawn, and each under the stable pairing where that keeps its limits."""
    found: list[tuple[int, SolvedRound, SolvedRound | None]] = []
    for seed, best in tiny_rounds(count):
        try:
            found.append((seed, best, solved_round(best.network, stable_policy(best.policy), AS_OF)))
        except NothingFeasible:
            found.append((seed, best, None))
    return found


ROUNDS = stable_rounds(40)
ALLOWED = [pytest.param(best, stable, id=f"seed {seed}") for seed, best, stable in ROUNDS if stable is not None]


def test_some_rounds_are_allowed_and_some_are_not() -> None:
    assert len(ALLOWED) >= 15
    assert len(ALLOWED) < len(ROUNDS)


@pytest.mark.parametrize(("best", "stable"), ALLOWED)
def test_no_pair_blocks_and_no_other_matching_is_stable(best: SolvedRound, stable: SolvedRound) -> None:
    problem, points = stable.problem, fit_points(stable)
    verify(problem, stable.result)
    assert stable.result.proven
    assert not len(blocking_pairs(problem, stable.result.pairs, points))
    others = chain.from_iterable(
        combinations(range(problem.pair_count), size) for size in range(problem.pair_count + 1)
    )
    for other in others:
        pairs = np.array(other, dtype=np.int64)
        load = np.bincount(problem.pair_mentor[pairs], minlength=len(problem.places))
        had = np.bincount(problem.pair_mentee[pairs], minlength=len(problem.wanted))
        fits = (load <= problem.places).all() and (had <= problem.wanted).all() and not problem.forbidden[pairs].any()
        days = (problem.staff_days == -1).all()
        if fits and days and other != tuple(stable.result.pairs.tolist()):
            assert len(blocking_pairs(problem, pairs, points)), other


@pytest.mark.parametrize(("best", "stable"), ALLOWED)
def test_its_cost_against_the_best_proposal_is_what_trying_everything_says(
    best: SolvedRound, stable: SolvedRound
) -> None:
    answer = fairness(stable)
    assert answer["blocking_count"] == 0
    assert answer["optimum"] is not None
    assert losses(answer["optimum"]) == lost_to(stable, stable.problem)
    assert all(lost <= 0 for lost in losses(answer["optimum"])[:1])
    before = fairness(best)
    assert before["optimum"] is None
    assert before["stable"]["allowed"]
    if best.policy.goals == stable.policy.goals:
        assert losses(before["stable"]["effect"]) == tuple(-lost for lost in losses(answer["optimum"]))


@pytest.mark.parametrize(("best", "stable"), ALLOWED[:8])
def test_what_if_is_the_stable_matching_of_the_changed_round(best: SolvedRound, stable: SolvedRound) -> None:
    problem, points = stable.problem, fit_points(stable)
    changes = [MorePlaces(at) for at in range(len(problem.places))] + [Force(at) for at in range(problem.pair_count)]
    for change in changes:
        outcome = what_if(problem, stable.result, change, solver=stable.solver)
        if outcome.result is None:
            continue
        if isinstance(change, Force):
            assert change.pair in outcome.result.pairs
            continue
        more = replace(problem, places=problem.places + (np.arange(len(problem.places)) == change.mentor))
        assert outcome.result.pairs.tolist() == stable_pairs(more, points).tolist()
    for mentee in problem.mentee_ids:
        assert smallest_change(stable, mentee)["text_s"]


@pytest.mark.parametrize(("best", "stable"), ALLOWED[:4])
def test_there_is_one_proposal_and_no_goal_to_trade(best: SolvedRound, stable: SolvedRound) -> None:
    assert len(best_proposals(stable, 3)["proposals"]) == 1
    with pytest.raises(BadInput, match="stable pairing"):
        frontier(stable, "best_fit", "most_partnerships")
    document = propose(stable.network, stable.policy, as_of=AS_OF)
    assert document["totals"]["pairs"] == len(stable.result.pairs)
    assert document["policy"]["pairing"] == "stable"


def test_a_limit_the_stable_pairs_do_not_keep_is_named() -> None:
    refused = [(seed, best) for seed, best, stable in ROUNDS if stable is None and best.problem.limits]
    assert refused
    for seed, best in refused:
        pairs = stable_pairs(best.problem, fit_points(best))
        assert not all(limit.kept_by(pairs) for limit in best.problem.limits), f"seed {seed}"
        with pytest.raises(NothingFeasible, match="Across regions"):
            solved_round(best.network, stable_policy(best.policy), AS_OF)
        free = replace(fixed_to(best.problem, pairs), limits=())
        best.solver(free)


def test_a_stable_pairing_needs_the_goal_both_sides_rank_by() -> None:
    with pytest.raises(BadInput, match="list best_fit among the goals"):
        parse_policy({"name": "x", "pairing": "stable", "goals": ["most_needs"]}, "x.toml")
    with pytest.raises(BadInput, match="must be one of 'best' or 'stable'"):
        parse_policy({"name": "x", "pairing": "stabel"}, "x.toml")
