"""The books that ``in_order`` keeps, whatever a step brings back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from instances import coupled

from matcher.goals import Chosen, Improved, SoFar, in_order
from matcher.problem import Goal
from matcher.solve import Method, SolvePolicy, solve


def test_a_goal_left_unproven_counts_what_a_later_step_reached() -> None:
    problem = coupled(1, 4, 6, 2, limits=False, goals=("most_mentees", "best_fit"))
    nothing = Chosen(np.zeros(problem.pair_count, dtype=bool), np.zeros(0, dtype=bool))
    one = Chosen(np.arange(problem.pair_count) == 0, np.zeros(0, dtype=bool))

    def step(goal: Goal, reached: Sequence[tuple[Goal, int]], best: Chosen | None) -> Improved:
        return Improved(one if reached else nothing)

    chosen, values = in_order(problem, step)
    assert chosen is one
    assert [value.value for value in values] == [1, int(problem.goals[1].pair_values[0])]
    assert all(value.value <= value.bound for value in values)


@pytest.mark.parametrize("method", ["price", "whole"])
def test_a_watcher_is_told_of_true_values_and_bounds_as_they_improve(method: Method) -> None:
    problem = coupled(3, 12, 30, 6, limits=True, goals=("most_mentees", "best_fit"))
    told: list[SoFar] = []
    result = solve(problem, SolvePolicy(method), 0, found=told.append)
    titles = [str(goal.title) for goal in problem.goals]
    assert [str(so_far.goal) for so_far in told] == sorted((str(one.goal) for one in told), key=titles.index)
    for goal, reached in zip(problem.goals, result.goals, strict=True):
        seen = [so_far for so_far in told if so_far.goal == goal.title]
        assert (seen[-1].value, seen[-1].bound) == (reached.value, reached.bound)
        assert all(one.value is None or one.value <= reached.value for one in seen)
        assert all(one.bound is None or one.bound >= reached.value for one in seen)
