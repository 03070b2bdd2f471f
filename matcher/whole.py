"""The whole model at once, exactly: for limits, staff-days and several mentors by need.

CP-SAT does the search (measured beside HiGHS and SCIP inside OR-Tools on 11 thousand pairs with limits and three
goals: about the same time, but in exact whole numbers, so nothing is lost to tolerances). Prices come from the
linear relaxation of the last real goal, solved by GLOP.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor

import numpy as np

from graph.errors import NothingFeasible, TooLarge
from graph.sentences import say
from matcher.fold import fold
from matcher.goals import Chosen, Improved, Progress, Stop, in_order, last_real_goal
from matcher.kernel import maximise_relaxed, maximise_whole
from matcher.linear import Linear, Row, linear_form, objective
from matcher.problem import Goal, Problem
from matcher.result import GoalValue, Prices


@dataclass(frozen=True, eq=False)
class WholeAnswer:
    """A choice, each goal's value with its proven bound, and prices (``None`` where the relaxation had none)."""

    chosen: Chosen
    goals: tuple[GoalValue, ...]
    prices: Prices | None


def solve_whole(
    problem: Problem,
    *,
    seed: int,
    time_limit: float | None = None,
    progress: Progress | None = None,
    cancelled: Stop | None = None,
) -> WholeAnswer:
    """The optimum of any problem, or by ``time_limit`` (seconds) the best found with its proven bounds.

    Raises ``NothingFeasible`` where the rules contradict, ``TooLarge`` where not even one choice that keeps all
    rules was found in time, ``Cancelled`` where asked to stop.
    """
    folded = fold(problem)
    smaller = folded.problem
    linear = linear_form(smaller)
    left = [time_limit]

    def step(goal: Goal, reached: Sequence[tuple[Goal, int]], best: Chosen | None) -> Improved:
        if left[0] is not None and left[0] <= 0:
            return Improved(None)
        hint = None if best is None else np.concatenate([best.pairs, best.covers])
        answer = maximise_whole(
            linear.with_reached(reached),
            objective(goal),
            seed=seed,
            seconds=left[0],
            hint=hint,
            cancelled=cancelled,
        )
        if left[0] is not None:
            left[0] -= answer.seconds
        if answer.status == "infeasible":
            raise NothingFeasible([say("The pins, forbids, minimum loads and limits leave no possible proposal.")])
        bound = floor(answer.bound + 1e-3) if np.isfinite(answer.bound) and abs(answer.bound) < 2**53 else None
        if answer.columns is None:
            return Improved(None, None)
        chosen = answer.columns > 0.5
        found = Chosen(chosen[: smaller.pair_count], chosen[smaller.pair_count :])
        return Improved(found if linear.holds(found.pairs, found.covers) else None, bound)

    best, values = in_order(smaller, step, start=_start(smaller, linear), progress=progress, cancelled=cancelled)
    if best is None:
        raise TooLarge(
            say(
                "No proposal that keeps every pin and limit was found within {seconds} seconds.",
                seconds=time_limit or 0,
            ),
            say("Allow more time (time_limit), or relax a limit."),
        )
    chosen = Chosen(best.pairs, folded.unfold(best.pairs, best.covers))
    return WholeAnswer(chosen, values, relaxed_prices(smaller, linear, values, cancelled))


def relaxed_prices(
    problem: Problem, linear: Linear, values: Sequence[GoalValue], cancelled: Stop | None = None
) -> Prices | None:
    """Duals of the last real goal's relaxation, with what the goals before it reached kept; points per unit.

    A limit's price is what moving its binding side by one (a ceiling up, a floor down) would add.
    """
    last = last_real_goal(problem.goals)
    reached = [(goal, value.value) for goal, value in zip(problem.goals[:last], values, strict=False)]
    answer = maximise_relaxed(linear.with_reached(reached), objective(problem.goals[last]), cancelled=cancelled)
    if answer.status != "optimal":
        return None

    def of(kind: Row, count: int) -> np.typing.NDArray[np.float64]:
        rows = linear.rows(kind)
        prices = np.zeros(count)
        prices[linear.row_of[rows]] = np.round(answer.duals[rows], 6) + 0.0
        return prices

    return Prices(
        np.maximum(of(Row.PLACES, len(problem.places)), 0.0),
        np.abs(of(Row.LIMIT, len(problem.limits))),
        np.maximum(of(Row.WANTED, len(problem.wanted)), 0.0),
    )


def _start(problem: Problem, linear: Linear) -> Chosen | None:
    """The pinned pairs alone (with all their covers, or with none), where that keeps every rule."""
    for covers in (problem.pinned[problem.cover_pair], np.zeros(len(problem.cover_pair), dtype=bool)):
        if linear.holds(problem.pinned, covers):
            return Chosen(problem.pinned.copy(), covers)
    return None
