"""The solvers against trying everything, against each other, and against changes that must not matter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from brute_force import best_values
from hypothesis import given, settings
from instances import EXAMPLES, coupled, tiny_problems

from graph.errors import BadInput, Cancelled, NothingFeasible
from matcher.flow import flow_applies
from matcher.problem import Problem
from matcher.result import Result
from matcher.solve import Method, SolvePolicy, solve
from matcher.verify import verify

GOALS = ("most_mentees", "best_fit", "stable")


def values(result: Result) -> tuple[int, ...]:
    return tuple(goal.value for goal in result.goals)


def answer(problem: Problem, method: Method = "auto") -> tuple[int, ...] | None:
    """The verified values a method reaches; ``None`` where it says that nothing is feasible."""
    try:
        result = solve(problem, SolvePolicy(method), 0)
    except NothingFeasible:
        return None
    verify(problem, result)
    assert result.proven
    return values(result)


@settings(max_examples=60 * EXAMPLES, derandomize=EXAMPLES == 1)
@given(tiny_problems())
def test_whole_model_is_the_best_of_everything(problem: Problem) -> None:
    assert answer(problem, "whole") == best_values(problem)


@settings(max_examples=100 * EXAMPLES, derandomize=EXAMPLES == 1)
@given(tiny_problems(flow=True))
def test_flow_is_the_best_of_everything(problem: Problem) -> None:
    assert flow_applies(problem)
    assert answer(problem, "flow") == best_values(problem)


@settings(max_examples=60 * EXAMPLES, derandomize=EXAMPLES == 1)
@given(tiny_problems(flow=True))
def test_a_sifted_flow_is_the_best_of_everything(problem: Problem) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("matcher.flow.SIFT_FROM", 0)
        patch.setattr("matcher.flow.CHEAPEST_PAIRS", 1)
        assert answer(problem, "flow") == best_values(problem)


@pytest.mark.parametrize("seed", range(4))
def test_a_sifted_flow_equals_the_flow(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = coupled(seed, 30, 200, 12, limits=False, goals=GOALS)
    expected = solve(problem, SolvePolicy("flow"), 0)
    monkeypatch.setattr("matcher.flow.SIFT_FROM", 0)
    monkeypatch.setattr("matcher.flow.CHEAPEST_PAIRS", 2)
    sifted = solve(problem, SolvePolicy("flow"), 0)
    assert sifted.goals == expected.goals
    assert expected.prices is not None
    assert sifted.prices is not None
    assert sifted.prices.places.tolist() == expected.prices.places.tolist()


@pytest.mark.parametrize("seed", range(4))
def test_flow_equals_the_whole_model_on_a_round(seed: int) -> None:
    problem = coupled(seed, 12, 40, 6, limits=False, goals=GOALS)
    assert answer(problem, "flow") == answer(problem, "whole")


@pytest.mark.parametrize("seed", range(3))
def test_flow_prices_are_exact_duals(seed: int) -> None:
    """Strong duality: places and mentees at their prices are worth exactly the goal."""
    problem = coupled(seed, 12, 40, 6, limits=False, goals=("best_fit",))
    result = solve(problem, SolvePolicy("flow"), 0)
    assert result.prices is not None
    worth = (result.prices.places * problem.places).sum() + result.prices.mentees.sum()
    assert worth == result.goals[0].value
    fit = problem.goals[0].pair_values
    assert (result.prices.places[problem.pair_mentor] + result.prices.mentees[problem.pair_mentee] >= fit).all()


@pytest.mark.parametrize("seed", range(3))
def test_a_price_of_a_place_is_what_one_more_place_adds(seed: int) -> None:
    problem = coupled(seed, 8, 30, 5, limits=False, goals=("best_fit",))
    result = solve(problem, SolvePolicy("flow"), 0)
    assert result.prices is not None
    for mentor in range(len(problem.places)):
        more = problem.places.copy()
        more[mentor] += 1
        after = solve(replace(problem, places=more), SolvePolicy("flow"), 0)
        assert after.goals[0].value - result.goals[0].value == result.prices.places[mentor]


@pytest.mark.parametrize("limits", [False, True])
def test_same_input_same_bytes(limits: bool) -> None:
    problem = coupled(5, 12, 40, 6, limits=limits, goals=GOALS, regions=4)
    first, second = (solve(problem, SolvePolicy(), 3) for _ in range(2))
    assert first.pairs.tobytes() == second.pairs.tobytes()
    assert first.goals == second.goals
    assert first.prices is not None
    assert second.prices is not None
    for name in ("places", "limits", "mentees"):
        assert getattr(first.prices, name).tobytes() == getattr(second.prices, name).tobytes()


def test_a_time_limit_returns_the_best_found_with_its_bound() -> None:
    problem = coupled(1, 60, 300, 10, goals=GOALS)
    problem = replace(problem, limits=tuple(replace(limit, lower=None) for limit in problem.limits))
    result = solve(problem, SolvePolicy("whole", time_limit=0.01), 0)
    verify(problem, result)
    assert not result.proven
    best = solve(problem, SolvePolicy("whole"), 0)
    assert result.goals[0].value <= best.goals[0].value <= result.goals[0].bound


def test_a_time_limit_with_floors_still_returns_a_proposal() -> None:
    problem = coupled(1, 60, 300, 10, goals=GOALS)
    assert any(limit.lower for limit in problem.limits)
    result = solve(problem, SolvePolicy("whole", time_limit=0.3), 0)
    verify(problem, result)


def test_cancelling_stops() -> None:
    problem = coupled(1, 60, 300, 10, goals=GOALS)
    asked = iter(range(1000))
    with pytest.raises(Cancelled):
        solve(problem, SolvePolicy("whole"), 0, cancelled=lambda: next(asked) > 2)


def test_flow_is_refused_where_limits_couple_pairs() -> None:
    with pytest.raises(BadInput, match="flow"):
        solve(coupled(1, 5, 10, 3), SolvePolicy("flow"), 0)


def test_an_empty_problem_has_an_empty_answer() -> None:
    problem = coupled(1, 3, 4, 2, limits=False, goals=GOALS)
    none = np.zeros(0, dtype=np.int64)
    empty = replace(
        problem,
        pair_mentor=none,
        pair_mentee=none,
        pinned=none.astype(bool),
        forbidden=none.astype(bool),
        goals=tuple(replace(goal, pair_values=none) for goal in problem.goals),
    )
    assert answer(empty, "flow") == (0, 0, 0)
    assert answer(empty, "whole") == (0, 0, 0)


def test_goals_too_large_to_fold_are_settled_one_after_another() -> None:
    problem = coupled(3, 12, 40, 6, limits=False, goals=GOALS)
    large = tuple(replace(goal, pair_values=goal.pair_values * 2**20) for goal in problem.goals)
    expected = answer(problem, "whole")
    assert expected is not None
    assert answer(replace(problem, goals=large), "flow") == tuple(value * 2**20 for value in expected)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"places": np.array([-1, 1, 1])}, "places"),
        ({"pair_mentor": np.array([9] * 8)}, "pair_mentor"),
        ({"wanted": np.array([1])}, "wanted"),
        ({"goals": ()}, "goal"),
        ({"mentor_ids": ("a", "a", "a")}, "id"),
        ({"staff_days": np.array([-2, 0, 0])}, "staff_days"),
    ],
)
def test_malformed_problems_are_refused(change: dict[str, object], text: str) -> None:
    problem = coupled(1, 3, 4, 2, limits=False)
    if "pair_mentor" in change:
        change = {"pair_mentor": np.full(problem.pair_count, 9)}
    with pytest.raises(BadInput, match=text):
        solve(replace(problem, **change), SolvePolicy(), 0)  # type: ignore[arg-type] # wrong on purpose


def test_unsorted_pairs_are_refused() -> None:
    problem = coupled(1, 3, 4, 2, limits=False)
    with pytest.raises(BadInput, match="ordered"):
        solve(replace(problem, pair_mentee=problem.pair_mentee[::-1].copy()), SolvePolicy(), 0)
