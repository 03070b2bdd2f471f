"""Price and fix: the same optimum as trying everything and as the whole model, and a bound that is never too low."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from brute_force import best_values
from hypothesis import given, settings
from hypothesis import strategies as st
from instances import coupled, tiny_problems
from random_rounds import everything

from graph.errors import Cancelled, NothingFeasible
from matcher import flow, price_and_fix, price_flow
from matcher.linear import linear_form, objective
from matcher.price_and_fix import solve_by_price
from matcher.price_bound import Pricing
from matcher.price_watch import Watch
from matcher.problem import Problem
from matcher.result import Result
from matcher.solve import SolvePolicy, solve
from matcher.verify import verify


def assert_proven(problem: Problem, result: Result) -> None:
    verify(problem, result)
    assert result.proven, result.goals


@settings(max_examples=300)
@given(tiny_problems())
def test_equals_trying_everything(problem: Problem) -> None:
    expected = best_values(problem)
    if expected is None:
        with pytest.raises(NothingFeasible):
            solve_by_price(problem, seed=1)
        return
    result = solve_by_price(problem, seed=1)
    assert_proven(problem, result)
    assert tuple(goal.value for goal in result.goals) == expected


def outcome(problem: Problem, method: str) -> tuple[int, ...] | None:
    try:
        result = solve(problem, SolvePolicy(method=method), seed=1)  # type: ignore[arg-type]  # two of its names
    except NothingFeasible:
        return None
    assert_proven(problem, result)
    return tuple(goal.value for goal in result.goals)


@pytest.mark.parametrize("seed", range(25))
def test_equals_the_whole_model_with_all_features(seed: int) -> None:
    problem = everything(seed, 6, 12, 0.5)
    assert outcome(problem, "price") == outcome(problem, "whole"), seed


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 300))
def test_equals_the_whole_model_on_hundreds(seed: int) -> None:
    problem = everything(seed, 4 + seed % 9, 8 + seed % 17, 0.3 + seed % 5 * 0.1)
    assert outcome(problem, "price") == outcome(problem, "whole"), seed


@pytest.mark.parametrize("seed", range(8))
def test_equals_the_whole_model_with_coupling_limits(seed: int) -> None:
    problem = coupled(seed, 12, 40, 6, regions=4, goals=("most_mentees", "best_fit", "stable"))
    assert outcome(problem, "price") == outcome(problem, "whole"), seed


@pytest.mark.parametrize(("some", "many"), [(0, 10**9), (0, 0)])
@pytest.mark.parametrize("seed", range(8))
def test_the_ways_of_large_rounds_give_the_same(
    monkeypatch: pytest.MonkeyPatch, seed: int, some: int, many: int
) -> None:
    problem = coupled(seed, 12, 40, 6, regions=4, goals=("most_mentees", "best_fit", "stable"))
    expected = outcome(problem, "price")
    monkeypatch.setattr(price_flow, "SOME_ROWS", some)
    monkeypatch.setattr(price_flow, "MANY_ROWS", many)
    monkeypatch.setattr(price_and_fix, "MANY_ROWS", many)
    assert outcome(problem, "price") == expected, seed
    # With a limit of time an answer is sought early, on the way; the end is the same.
    hurried = solve_by_price(problem, seed=1, time_limit=600.0)
    assert_proven(problem, hurried)
    assert tuple(goal.value for goal in hurried.goals) == expected, seed


@pytest.mark.parametrize("seed", range(20))
def test_sifted_flows_give_the_same(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    problem = replace(coupled(seed, 12, 60, 8, goals=("best_fit", "stable")), limits=())
    expected = outcome(problem, "flow")
    monkeypatch.setattr(flow, "SIFT_FROM", 10)
    monkeypatch.setattr(flow, "CHEAPEST_PAIRS", 1 + seed % 3)
    assert outcome(problem, "flow") == expected, seed


def test_a_first_answer_comes_before_the_goals_of_a_large_round(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = coupled(2, 40, 150, 20, goals=("most_mentees", "best_fit", "stable"))
    monkeypatch.setattr(price_flow, "SOME_ROWS", 0)
    work = price_and_fix._Run(problem, Watch(None, None), None)
    start = work.start()
    assert start is not None
    assert work.linear.holds(start.pairs, start.covers)


@settings(max_examples=100)
@given(tiny_problems())
def test_any_prices_give_a_bound_no_answer_exceeds(problem: Problem) -> None:
    expected = best_values(problem)
    if expected is None or not problem.goals:
        return
    linear = linear_form(problem)
    pricing = Pricing(problem, linear)
    random = np.random.default_rng(problem.pair_count)
    none = np.zeros(problem.pair_count, dtype=bool)
    for _ in range(5):
        duals = random.normal(0, 30, len(pricing.rows))
        priced = pricing.price(objective(problem.goals[0]), duals, none, none)
        assert priced.points >= expected[0]
        for pair in random.integers(0, problem.pair_count, 2 if problem.pair_count else 0):
            one = none.copy()
            one[pair] = True
            within = best_values(replace(problem, pinned=problem.pinned | one, forbidden=problem.forbidden & ~one))
            outside = best_values(replace(problem, forbidden=problem.forbidden | one, pinned=problem.pinned & ~one))
            if not problem.forbidden[pair] and within is not None:
                assert priced.with_pair()[pair] >= within[0]
            if not problem.pinned[pair] and outside is not None:
                assert priced.without()[pair] >= outside[0]


def test_same_inputs_same_bytes() -> None:
    problem = coupled(3, 40, 150, 20, goals=("most_mentees", "best_fit", "stable"))
    first, second = (solve_by_price(problem, seed=5) for _ in range(2))
    assert first.pairs.tobytes() == second.pairs.tobytes()
    assert first.goals == second.goals
    assert first.prices is not None
    assert second.prices is not None
    assert first.prices.limits.tobytes() == second.prices.limits.tobytes()
    assert first.prices.places.tobytes() == second.prices.places.tobytes()


def test_a_deadline_returns_the_best_found_with_a_proven_bound() -> None:
    problem = coupled(4, 60, 250, 20, floor_share=0.0)
    optimum = solve_by_price(problem, seed=1)
    hurried = solve_by_price(problem, seed=1, time_limit=1e-3)
    verify(problem, hurried)
    assert hurried.goals[0].value <= optimum.goals[0].value <= hurried.goals[0].bound


def test_cancel_stops_the_work() -> None:
    problem = coupled(5, 500, 3000, 30)
    began = time.monotonic()

    def cancelled() -> bool:
        return time.monotonic() - began > 0.4

    with pytest.raises(Cancelled):
        solve_by_price(problem, seed=1, cancelled=cancelled)


def test_prices_speak_of_the_last_real_goal() -> None:
    problem = coupled(6, 30, 200, 15, goals=("best_fit", "stable"))
    result = solve_by_price(problem, seed=1)
    assert result.prices is not None
    assert result.prices.places.shape == (30,)
    assert result.prices.limits.shape == (len(problem.limits),)
    assert (result.prices.places >= 0).all()
    assert result.prices.limits.max() > 0


@settings(max_examples=60)
@given(tiny_problems(), st.integers(0, 34), st.integers(0, 34))
def test_points_of_very_different_sizes_end_proven(problem: Problem, one: int, other: int) -> None:
    """Asked for by name too, price and fix hands what its floats cannot settle to the whole model."""
    problem = replace(
        problem,
        goals=tuple(
            replace(
                goal,
                pair_values=goal.pair_values << np.where(np.arange(problem.pair_count) % 2, one, 0),
                cover_values=goal.cover_values << other,
            )
            for goal in problem.goals
        ),
    )
    assert outcome(problem, "price") == best_values(problem)
