"""Stability: which pairs would rather leave the proposal for each other, and the matching where none would.

Both sides rank partners by the points of their pair, the higher the better; equal points are ranked by the
pair's place in the problem, so that nothing depends on luck. With one ranking shared by both sides, taking the best
pair that still has room, again and again, gives the one stable matching (Gale and Shapley 1962 in the case
of aligned preferences; Ackermann et al. 2011, "Uncoordinated two-sided matching markets").
"""

from __future__ import annotations

import numpy as np

from matcher.problem import Flags, Goal, Ints, Problem


def pair_points(problem: Problem, goal: Goal) -> Ints:
    """int64[P]: what each pair adds to a goal when it works on every need it can."""
    points = goal.pair_values.copy()
    np.add.at(points, problem.cover_pair, goal.cover_values)
    return points


def blocking_pairs(problem: Problem, chosen: Ints, points: Ints) -> Ints:
    """Indices of pairs not chosen whose mentor and mentee would both rather have each other.

    A side would where it has room left, or where the pair outranks the worst pair it has. ``chosen`` are
    indices of pairs, ``points`` int64[P]. Forbidden pairs never block.
    """
    rank = _rank(points)
    taken = np.zeros(problem.pair_count, dtype=np.bool_)
    taken[chosen] = True
    free = ~taken & ~problem.forbidden
    mentor_would = _would(problem.pair_mentor, problem.places, chosen, rank)
    mentee_would = _would(problem.pair_mentee, problem.wanted, chosen, rank)
    return np.flatnonzero(free & mentor_would & mentee_would)


def stable_pairs(problem: Problem, points: Ints) -> Ints:
    """Indices (increasing) of the stable matching under places, mentors wanted, pins and forbids; limits are not
    looked at, nor needs: they belong to the optimiser."""
    places, wanted = problem.places.copy(), problem.wanted.copy()
    rank = _rank(points)
    rank[problem.pinned] += problem.pair_count
    chosen = []
    for pair in np.argsort(-rank, kind="stable").tolist():
        mentor, mentee = problem.pair_mentor[pair], problem.pair_mentee[pair]
        if places[mentor] > 0 and wanted[mentee] > 0 and not problem.forbidden[pair]:
            places[mentor] -= 1
            wanted[mentee] -= 1
            chosen.append(pair)
    return np.array(sorted(chosen), dtype=np.int64)


def _rank(points: Ints) -> Ints:
    """Larger is better, no two equal: by points, then by the earlier place."""
    order = np.lexsort((-np.arange(len(points)), points))
    rank = np.empty(len(points), dtype=np.int64)
    rank[order] = np.arange(len(points))
    return rank


def _would(side: Ints, room: Ints, chosen: Ints, rank: Ints) -> Flags:
    """bool[P]: this side of each pair has room left, or ranks the pair above the worst it has."""
    used = np.bincount(side[chosen], minlength=len(room))
    worst = np.full(len(room), np.iinfo(np.int64).max)
    np.minimum.at(worst, side[chosen], rank[chosen])
    would: Flags = (used < room)[side] | ((room > 0)[side] & (rank > worst[side]))
    return would
