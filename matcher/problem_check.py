"""Whether a problem is well formed: shapes, kinds, orders and ranges, before any solver sees it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from graph.errors import BadInput
from graph.sentences import Sentence, say
from matcher.problem import UNLIMITED, Problem

MOST_POINTS = 2**53
"""No column may carry more points, days or coefficient than this: beyond it solvers lose whole numbers."""


def check_problem(problem: Problem) -> None:
    """Raise ``BadInput`` naming the first part of the problem that is malformed."""
    mentors, mentees, needs = len(problem.mentor_ids), len(problem.mentee_ids), len(problem.need_ids)
    pairs, covers = problem.pair_count, len(problem.cover_pair)
    shapes: list[tuple[str, NDArray[Any], int, type[np.generic]]] = [
        ("places", problem.places, mentors, np.int64),
        ("minimum_load", problem.minimum_load, mentors, np.int64),
        ("staff_days", problem.staff_days, mentors, np.int64),
        ("wanted", problem.wanted, mentees, np.int64),
        ("need_mentee", problem.need_mentee, needs, np.int64),
        ("pair_mentor", problem.pair_mentor, pairs, np.int64),
        ("pair_mentee", problem.pair_mentee, pairs, np.int64),
        ("pinned", problem.pinned, pairs, np.bool_),
        ("forbidden", problem.forbidden, pairs, np.bool_),
        ("cover_pair", problem.cover_pair, covers, np.int64),
        ("cover_need", problem.cover_need, covers, np.int64),
        ("cover_days", problem.cover_days, covers, np.int64),
    ]
    for goal in problem.goals:
        shapes.append((f"goal {goal.id}, pair_values", goal.pair_values, pairs, np.int64))
        shapes.append((f"goal {goal.id}, cover_values", goal.cover_values, covers, np.int64))
    for limit in problem.limits:
        shapes.append((f"limit {limit.id}, pairs", limit.pairs, len(limit.pairs), np.int64))
        shapes.append((f"limit {limit.id}, coefficients", limit.coefficients, len(limit.pairs), np.int64))
    for name, values, count, kind in shapes:
        if values.shape != (count,):
            text = say(
                "{part} has shape {found}, expected {count} values.", part=name, found=f"{values.shape}", count=count
            )
            raise BadInput(text)
        if values.dtype != kind:
            raise BadInput(
                say("{part} holds {found}, expected {kind}.", part=name, found=str(values.dtype), kind=kind.__name__)
            )
    _check_ranges(problem)
    _check_orders(problem)
    _check_goals_and_limits(problem)


def _refuse(wrong: bool | np.bool_, text: Sentence) -> None:
    if wrong:
        raise BadInput(text)


def _check_ranges(problem: Problem) -> None:
    mentors, mentees, needs = len(problem.mentor_ids), len(problem.mentee_ids), len(problem.need_ids)
    for name, indices, count in (
        ("pair_mentor", problem.pair_mentor, mentors),
        ("pair_mentee", problem.pair_mentee, mentees),
        ("need_mentee", problem.need_mentee, mentees),
        ("cover_pair", problem.cover_pair, problem.pair_count),
        ("cover_need", problem.cover_need, needs),
    ):
        outside = (indices < 0).any() or (indices >= count).any()
        _refuse(outside, say("{part} has an index outside 0 to {last}.", part=name, last=count - 1))
    for name, amounts in (
        ("places", problem.places),
        ("minimum_load", problem.minimum_load),
        ("wanted", problem.wanted),
        ("cover_days", problem.cover_days),
    ):
        _refuse((amounts < 0).any(), say("{part} has a negative number.", part=name))
        _refuse((amounts > MOST_POINTS).any(), say("{part} has a number that is too large.", part=name))
    wrong = (problem.staff_days < 0) & (problem.staff_days != UNLIMITED)
    _refuse(wrong.any(), say("staff_days has a negative number (only -1, unlimited, is allowed)."))
    _refuse((problem.staff_days > MOST_POINTS).any(), say("{part} has a number that is too large.", part="staff_days"))


def _check_orders(problem: Problem) -> None:
    for part, first, second in (
        (
            say("Pairs must be ordered by mentee, then mentor, without repeats."),
            problem.pair_mentee,
            problem.pair_mentor,
        ),
        (say("Covers must be ordered by pair, then need, without repeats."), problem.cover_pair, problem.cover_need),
    ):
        same = first[1:] == first[:-1]
        in_order = (first[1:] > first[:-1]) | (same & (second[1:] > second[:-1]))
        _refuse(not in_order.all(), part)
    strange = problem.need_mentee[problem.cover_need] != problem.pair_mentee[problem.cover_pair]
    _refuse(strange.any(), say("A cover names a need of another mentee than its pair's."))


def _check_goals_and_limits(problem: Problem) -> None:
    _refuse(not problem.goals, say("A problem needs at least one goal."))
    for parts, text in (
        ([goal.id for goal in problem.goals], say("Each goal needs an id of its own.")),
        ([limit.id for limit in problem.limits], say("Each limit needs an id of its own.")),
        (problem.mentor_ids, say("Each mentor needs an id of its own.")),
        (problem.mentee_ids, say("Each mentee needs an id of its own.")),
    ):
        _refuse(len(set(parts)) != len(parts), text)
    for goal in problem.goals:
        total = sum(float(np.abs(values.astype(np.float64)).sum()) for values in (goal.pair_values, goal.cover_values))
        text = say("The points of the goal “{goal}” add up to too much for exact arithmetic.", goal=goal.title)
        _refuse(total > MOST_POINTS, text)
    for limit in problem.limits:
        rising = (limit.pairs[1:] > limit.pairs[:-1]).all()
        inside = ((limit.pairs >= 0) & (limit.pairs < problem.pair_count)).all()
        _refuse(not (rising and inside), say("The limit “{limit}” must list pairs once, in order.", limit=limit.title))
        total = float(np.abs(limit.coefficients.astype(np.float64)).sum())
        bounds = [abs(bound) for bound in (limit.lower, limit.upper) if bound is not None]
        text = say("The limit “{limit}” has numbers that are too large.", limit=limit.title)
        _refuse(total > MOST_POINTS or max(bounds, default=0) > MOST_POINTS, text)
