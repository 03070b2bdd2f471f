"""Small changes to a problem, for the question "what if": each gives a new problem with the same pairs.

Pair indices stay what they were, so that an answer before and an answer after can be compared pair by pair.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from graph.sentences import say
from matcher.problem import UNLIMITED, Flags, Ints, Limit, Problem


@dataclass(frozen=True, slots=True)
class Force:
    """This pair must be proposed."""

    pair: int


@dataclass(frozen=True, slots=True)
class Forbid:
    """This pair must not be proposed."""

    pair: int


@dataclass(frozen=True, slots=True)
class MorePlaces:
    """A mentor has so many more places."""

    mentor: int
    by: int = 1


@dataclass(frozen=True, slots=True)
class MoreDays:
    """A mentor has so many more staff-days."""

    mentor: int
    by: int


@dataclass(frozen=True, slots=True)
class WantMore:
    """A mentee may have so many more mentors (three at most)."""

    mentee: int
    by: int = 1


@dataclass(frozen=True, slots=True)
class MoveLimit:
    """One side of a limit moves by so much."""

    limit: int
    side: Literal["lower", "upper"]
    by: int


@dataclass(frozen=True, slots=True)
class Serve:
    """This mentee must have at least one mentor."""

    mentee: int


Change: TypeAlias = Force | Forbid | MorePlaces | MoreDays | WantMore | MoveLimit | Serve
MOST_WANTED = 3


def changed(problem: Problem, *changes: Change) -> Problem:
    """The problem after all changes.

    Raises ``ValueError`` where a limit has no such side, staff-days are not limited, or an index is out of range.
    """
    for change in changes:
        problem = _apply(problem, change)
    return problem


def _apply(problem: Problem, change: Change) -> Problem:
    match change:
        case Force(pair):
            return replace(
                problem, pinned=_set(problem.pinned, pair), forbidden=_set(problem.forbidden, pair, to=False)
            )
        case Forbid(pair):
            return replace(
                problem, forbidden=_set(problem.forbidden, pair), pinned=_set(problem.pinned, pair, to=False)
            )
        case MorePlaces(mentor, by):
            return replace(problem, places=_add(problem.places, mentor, by))
        case MoreDays(mentor, by):
            if problem.staff_days[mentor] == UNLIMITED:
                raise ValueError(f"the staff-days of mentor {mentor} are not limited")
            return replace(problem, staff_days=_add(problem.staff_days, mentor, by))
        case WantMore(mentee, by):
            return replace(problem, wanted=np.minimum(_add(problem.wanted, mentee, by), MOST_WANTED))
        case MoveLimit(index, side, by):
            limits = list(problem.limits)
            limits[index] = _moved(limits[index], side, by)
            return replace(problem, limits=tuple(limits))
        case Serve(mentee):
            return replace(problem, limits=(*problem.limits, _at_least_one(problem, mentee)))


def _set(flags: Flags, at: int, *, to: bool = True) -> Flags:
    after = flags.copy()
    after[_within(at, len(flags))] = to
    return after


def _add(numbers: Ints, at: int, by: int) -> Ints:
    after = numbers.copy()
    after[_within(at, len(numbers))] = max(0, int(after[at]) + by)
    return after


def _within(at: int, length: int) -> int:
    if not 0 <= at < length:
        raise ValueError(f"index {at} is not within 0..{length - 1}")
    return at


def _moved(limit: Limit, side: Literal["lower", "upper"], by: int) -> Limit:
    bound = limit.lower if side == "lower" else limit.upper
    if bound is None:
        raise ValueError(f"the limit {limit.id} has no {side} side")
    return replace(limit, lower=bound + by) if side == "lower" else replace(limit, upper=bound + by)


def _at_least_one(problem: Problem, mentee: int) -> Limit:
    pairs = np.flatnonzero(problem.pair_mentee == _within(mentee, len(problem.mentee_ids)))
    name = problem.mentee_ids[mentee]
    title = say("{mentee} has a mentor", mentee=name)
    return Limit(f"serve {name}", title, pairs, np.ones(len(pairs), dtype=np.int64), lower=1)
