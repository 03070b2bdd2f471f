"""The books that ``in_order`` keeps, whatever a step brings back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from instances import coupled

from matcher.goals import Chosen, Improved, in_order
from matcher.problem import Goal


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
