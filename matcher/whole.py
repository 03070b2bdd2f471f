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

from graph.errors import NothingFeasible
from graph.sentences import say
from matcher.fold import fold
from matcher.goals import Chosen, Found, Improved, Progress, Stop, better, in_order, last_real_goal, nothing_found
from matcher.kernel import maximise_relaxed, maximise_whole
from matcher.linear import INFINITE, Linear, Row, linear_form, objective
from matcher.load_start import first_answer, pins_alone
from matcher.price_watch import Watch
from matcher.problem import Flags, Goal, Ints, Problem
from matcher.result import GoalValue, Prices
from matcher.work import Work

FEW_PAIRS = (5, 20)
"""How many pairs a mentee keeps in the small models that look for a first choice under a time limit."""

LEAST_SECONDS = 3.0
"""A search for a first choice may take this long even where the time limit is shorter."""


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
    work: Work | None = None,
    progress: Progress | None = None,
    cancelled: Stop | None = None,
    found: Found | None = None,
) -> WholeAnswer:
    """The optimum of any problem, or by ``time_limit`` (seconds) or the limit of ``work`` the best found with its
    proven bounds.

    Raises ``NothingFeasible`` where the rules contradict, ``TooLarge`` where not even one choice that keeps all
    rules was found in time, ``Cancelled`` where asked to stop.
    """
    folded = fold(problem)
    smaller = folded.problem
    linear = linear_form(smaller)
    left: list[float | None] = [time_limit]
    work = Work() if work is None else work

    def step(goal: Goal, reached: Sequence[tuple[Goal, int]], best: Chosen | None) -> Improved:
        over = any(each is not None and each <= 0 for each in (left[0], work.left))
        if over and best is not None:
            return Improved(None, relaxed_bound(linear.with_reached(reached), objective(goal), cancelled))
        hint = None if best is None else np.concatenate([best.pairs, best.covers])
        current = linear.with_reached(reached)
        answer = maximise_whole(
            current,
            objective(goal),
            seed=seed,
            seconds=left[0],
            work=work.left,
            hint=hint,
            cancelled=cancelled,
        )
        if left[0] is not None:
            left[0] -= answer.seconds
        work.did(answer.work)
        if answer.status == "infeasible":
            raise NothingFeasible([say("The pins, forbids, minimum loads and limits leave no possible proposal.")])
        # Without a choice of its own the solver's bound may be no more than an unset zero.
        trusted = answer.columns is not None and abs(answer.bound) < 2**53
        bound = floor(answer.bound + 1e-3) if trusted else None
        if answer.status != "optimal":
            bound = _tighter(bound, relaxed_bound(current, objective(goal), cancelled))
        if answer.columns is None:
            return Improved(None, bound)
        chosen = answer.columns > 0.5
        choice = Chosen(chosen[: smaller.pair_count], chosen[smaller.pair_count :])
        return Improved(choice if linear.holds(choice.pairs, choice.covers) else None, bound)

    start = _start(smaller, linear, left, work, seed, cancelled)
    best, values = in_order(smaller, step, start=start, progress=progress, cancelled=cancelled, found=found)
    if best is None:
        raise nothing_found(time_limit, work.most)
    chosen = Chosen(best.pairs, folded.unfold(best.pairs, best.covers))
    return WholeAnswer(chosen, values, relaxed_prices(smaller, linear, values, cancelled))


def relaxed_bound(linear: Linear, points: Ints, cancelled: Stop | None = None) -> int | None:
    """A proven bound from the relaxation's duals (Lagrangian: holds for any duals, so also for rounded ones)."""
    answer = maximise_relaxed(linear, points, cancelled=cancelled)
    if answer.status != "optimal":
        return None
    duals = np.where((linear.row_upper >= INFINITE) & (answer.duals > 0), 0.0, answer.duals)
    duals[(linear.row_lower <= -INFINITE) & (duals < 0)] = 0.0
    # Only finite sides are left with a dual.
    rows = np.where(duals > 0, duals * linear.row_upper, np.where(duals < 0, duals * linear.row_lower, 0.0)).sum()
    reduced = np.asarray(points - linear.matrix.T @ duals, dtype=np.float64)
    columns = np.where(reduced > 0, reduced * linear.column_upper, reduced * linear.column_lower).sum()
    total = float(rows + columns)
    margin = 1e-6 + 1e-11 * (float(np.abs(reduced).sum()) + abs(total))
    return floor(total + margin)


def _tighter(one: int | None, other: int | None) -> int | None:
    bounds = [bound for bound in (one, other) if bound is not None]
    return min(bounds, default=None)


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


def _start(
    problem: Problem, linear: Linear, left: list[float | None], work: Work, seed: int, cancelled: Stop | None
) -> Chosen | None:
    """A choice to fall back on: the pinned pairs alone where that keeps every rule, or if time or work is limited what
    flows and repair find.

    Else (floors, minimum loads), if time is limited, the best of few pairs for each mentee, within a third of the
    time: small models find a choice long before the whole one does.
    """
    known = pins_alone(problem, linear)
    if left[0] is None and work.most is None:
        return known
    points = objective(problem.goals[last_real_goal(problem.goals)])
    repaired = first_answer(problem, linear, points, problem.forbidden, Watch(None, cancelled, work))
    if known is not None or repaired is not None:
        return better(problem.goals, known, repaired)
    points = objective(problem.goals[0])
    for few in FEW_PAIRS:
        kept = _few_pairs(problem, few)
        columns = np.flatnonzero(np.concatenate([kept, kept[problem.cover_pair]]))
        model, seconds = linear.only(columns), None if left[0] is None else max(left[0] / 3, LEAST_SECONDS)
        # Without an objective the search ends at the first choice; then the same small model improves it.
        first = maximise_whole(
            model, np.zeros_like(columns), seed=seed, seconds=seconds, work=work.part(1 / 3), cancelled=cancelled
        )
        work.did(first.work)
        if left[0] is not None:
            left[0] -= first.seconds
        if first.columns is None:
            continue
        hint = first.columns > 0.5
        second = maximise_whole(
            model,
            points[columns],
            seed=seed,
            seconds=None if left[0] is None else left[0] / 3,
            work=work.part(1 / 3),
            hint=hint,
            cancelled=cancelled,
        )
        work.did(second.work)
        if left[0] is not None:
            left[0] -= second.seconds
        best = hint if second.columns is None else second.columns > 0.5
        chosen = np.zeros(len(points), dtype=bool)
        chosen[columns] = best
        found = Chosen(chosen[: problem.pair_count], chosen[problem.pair_count :])
        return found if linear.holds(found.pairs, found.covers) else None
    return None


def _few_pairs(problem: Problem, few: int) -> Flags:
    """Pinned pairs, and of each mentee the ``few`` best by the goals in their order."""
    order = np.lexsort((*(-goal.pair_values for goal in reversed(problem.goals)), problem.pair_mentee))
    rank = np.arange(problem.pair_count) - np.searchsorted(problem.pair_mentee, problem.pair_mentee)
    kept = problem.pinned.copy()
    kept[order[rank < few]] = True
    return kept
