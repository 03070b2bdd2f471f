"""The first answer of large rounds: it keeps every rule, comes near to the best, and its prices bound every answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from brute_force import best_values
from hypothesis import given, settings
from instances import EXAMPLES, coupled, tiny_problems
from random_rounds import everything

from graph.errors import TooLarge
from matcher.fold import fold
from matcher.linear import Row, linear_form, objective
from matcher.load_start import first_answer, first_prices
from matcher.price_bound import Pricing
from matcher.price_watch import Watch
from matcher.problem import UNLIMITED, Problem
from matcher.solve import WHOLE_UP_TO, SolvePolicy, solve
from matcher.verify import verify


@settings(max_examples=200 * EXAMPLES, deadline=None, derandomize=EXAMPLES == 1)
@given(tiny_problems())
def test_it_keeps_every_rule_and_its_prices_bound_every_answer(problem: Problem) -> None:
    expected = best_values(problem)
    problem = fold(problem).problem
    linear, points = linear_form(problem), objective(problem.goals[0])
    if (problem.pinned & problem.forbidden).any() or (linear.row_lower > linear.row_upper).any():
        return
    found = first_answer(problem, linear, points, problem.forbidden, Watch(None, None))
    if found is not None:
        assert linear.holds(found.pairs, found.covers)
        assert expected is not None
        assert found.value(problem.goals[0]) <= expected[0]
    flowed = first_prices(problem, points, problem.pinned, problem.forbidden)
    if flowed is None or expected is None:
        return
    pricing = Pricing(problem, linear)
    duals = np.zeros(len(linear.row_kind))
    duals[linear.rows(Row.PLACES)], duals[linear.rows(Row.WANTED)] = flowed.places, flowed.mentees
    priced = pricing.price(points, duals[pricing.rows], problem.pinned, problem.forbidden)
    assert priced.points >= expected[0]


@pytest.mark.parametrize("seed", range(6))
def test_it_comes_near_to_the_best(seed: int) -> None:
    problem = coupled(seed, 30, 120, 12, goals=("best_fit",))
    problem = replace(problem, limits=problem.limits[:2])  # ceilings; floors may ask for more care
    best = solve(problem, SolvePolicy(), 1).goals[0].value
    linear = linear_form(problem)
    found = first_answer(problem, linear, objective(problem.goals[0]), problem.forbidden, Watch(None, None))
    assert found is not None
    assert found.value(problem.goals[0]) >= 0.75 * best


@pytest.mark.parametrize("seed", range(4))
def test_a_round_with_staff_days_has_an_answer_at_once(seed: int) -> None:
    """The deadline is over before it begins to search; the answer by flows alone is there, with its bound."""
    problem = everything(seed, 40, 120, 0.4)
    problem = replace(problem, limits=(), minimum_load=np.zeros_like(problem.places))
    problem = replace(problem, pinned=np.zeros(problem.pair_count, dtype=bool))
    assert (problem.staff_days != UNLIMITED).any()
    folded = fold(problem).problem
    found = first_answer(folded, linear_form(folded), objective(folded.goals[0]), folded.forbidden, Watch(None, None))
    assert found is not None
    assert found.pairs.sum() > 0
    result = solve(problem, SolvePolicy(), 1)
    verify(problem, result)
    assert result.goals[0].value >= found.value(folded.goals[0])


def test_nobody_paired_at_a_deadline_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matcher.price_watch.Watch.expired", property(lambda _: True))
    problem = coupled(1, 60, 300, 30)
    assert problem.pair_count > WHOLE_UP_TO
    problem = replace(problem, limits=problem.limits[:2])
    with pytest.raises(TooLarge, match="No proposal was found within 9 seconds"):
        solve(problem, SolvePolicy(method="price", time_limit=9.0), 1)
