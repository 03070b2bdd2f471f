"""Stability: which pairs would rather leave the proposal for each other, and the matching where none would.

Both sides rank partners by the points of their pair, the higher the better; equal points are ranked by the
pair's place in the problem, so that nothing depends on luck. With one ranking shared by both sides, taking the best
pair that still has room, again and again, gives the one stable matching, the same that deferred acceptance ends
with, whichever side proposes (Gale and Shapley 1962 in the case of aligned preferences; Roth 1984 for several places;
Ackermann et al. 2011, "Uncoordinated two-sided matching markets").

Room is a place of the mentor, one of the mentors a mentee wants, and staff-days for the shortest need of the pair.
Limits and minimum loads belong to the round, not to any two partners: they are not looked at here.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from matcher.problem import UNLIMITED, Goal, Ints, Problem

MOST = np.iinfo(np.int64).max
"""Staff-days that are not limited."""


def pair_points(problem: Problem, goal: Goal) -> Ints:
    """int64[P]: what each pair adds to a goal when it works on every need it can."""
    points = goal.pair_values.copy()
    np.add.at(points, problem.cover_pair, goal.cover_values)
    return points


def blocking_pairs(problem: Problem, chosen: Ints, points: Ints) -> Ints:
    """Indices of pairs not chosen whose mentor and mentee would both rather have each other.

    A side would where the partners it has and ranks higher leave room for the pair. ``chosen`` are indices of pairs,
    ``points`` int64[P]. Forbidden pairs never block.
    """
    rank = _rank(problem, points)
    days = shortest_days(problem)
    free = ~problem.forbidden
    free[chosen] = False
    unit = np.ones(problem.pair_count, dtype=np.int64)
    room_of = (
        (problem.pair_mentor, unit, problem.places),
        (problem.pair_mentee, unit, problem.wanted),
        (problem.pair_mentor, days, np.where(problem.staff_days == UNLIMITED, MOST, problem.staff_days)),
    )
    for side, taken, room in room_of:
        free &= _ranked_above(side, taken, chosen, rank) + taken <= room[side]
    return np.flatnonzero(free)


def stable_pairs(problem: Problem, points: Ints) -> Ints:
    """Indices (increasing) of the stable matching; pinned pairs come first, forbidden ones never."""
    places, wanted = problem.places.tolist(), problem.wanted.tolist()
    left = np.where(problem.staff_days == UNLIMITED, MOST, problem.staff_days).tolist()
    days = shortest_days(problem).tolist()
    mentors, mentees = problem.pair_mentor.tolist(), problem.pair_mentee.tolist()
    chosen = []
    order = np.argsort(-_rank(problem, points), kind="stable")
    for pair in order[~problem.forbidden[order]].tolist():
        mentor, mentee = mentors[pair], mentees[pair]
        if places[mentor] > 0 and wanted[mentee] > 0 and left[mentor] >= days[pair]:
            places[mentor] -= 1
            wanted[mentee] -= 1
            left[mentor] -= days[pair]
            chosen.append(pair)
    return np.array(sorted(chosen), dtype=np.int64)


def fixed_to(problem: Problem, pairs: Ints) -> Problem:
    """The problem with exactly these pairs; only the needs they work on are left open."""
    inside = np.zeros(problem.pair_count, dtype=np.bool_)
    inside[pairs] = True
    return replace(problem, pinned=inside, forbidden=~inside)


def shortest_days(problem: Problem) -> Ints:
    """int64[P]: the staff-days of the shortest need each pair can work on; 0 where it works on none."""
    days = np.full(problem.pair_count, MOST)
    np.minimum.at(days, problem.cover_pair, problem.cover_days)
    days[days == MOST] = 0
    return days


def _rank(problem: Problem, points: Ints) -> Ints:
    """Larger is better, no two equal: pinned pairs, then by points, then by the earlier place."""
    order = np.lexsort((-np.arange(len(points)), points, problem.pinned))
    rank = np.empty(len(points), dtype=np.int64)
    rank[order] = np.arange(len(points))
    return rank


def _ranked_above(side: Ints, taken: Ints, chosen: Ints, rank: Ints) -> Ints:
    """int64[P]: how much of their room the chosen partners that this side of each pair ranks higher take."""
    count = len(rank)
    ordered = chosen[np.lexsort((-rank[chosen], side[chosen]))]
    # One number for side and rank, rising from each side's best partner to its worst.
    keys = side * count + (count - 1 - rank)
    sums = np.concatenate([[0], np.cumsum(taken[ordered])])
    before = np.searchsorted(keys[ordered], keys)
    first = np.searchsorted(side[ordered], side)
    above: Ints = sums[before] - sums[first]
    return above
