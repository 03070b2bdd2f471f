"""Folding: where a pair's needs compete with nothing, they become part of the pair's own value.

A mentee that wants one mentor gives that mentor all its needs to itself; where the mentor's staff-days are
not limited either, which needs the pair works on follows from the pair alone: every need that does not lower
the goals (compared in their order), and the best one where the pair has covers but none of these.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from matcher.problem import UNLIMITED, Flags, Goal, Ints, Problem


@dataclass(frozen=True, eq=False)
class Folded:
    """A smaller problem with the same pairs, and what is needed to come back.

    ``problem`` keeps all pairs, limits and goals; only the covers of ``kept_covers`` (indices into the original's
    covers) remain. ``taken`` bool[C of the original]: worked on whenever its (folded) pair is chosen.
    """

    original: Problem
    problem: Problem
    kept_covers: Ints
    taken: Flags

    def unfold(self, pairs: Flags, covers: Flags) -> Flags:
        """Covers of the original problem (bool[C]) for chosen pairs and chosen remaining covers."""
        chosen: Flags = self.taken & pairs[self.original.cover_pair]
        chosen[self.kept_covers] = covers
        return chosen


def fold(problem: Problem) -> Folded:
    """The problem with every cover folded that competes with no other pair's."""
    free_pair = (problem.wanted[problem.pair_mentee] <= 1) & (problem.staff_days[problem.pair_mentor] == UNLIMITED)
    free = free_pair[problem.cover_pair]
    taken = _taken(problem, free)
    kept = np.flatnonzero(~free)
    if not free.any():
        return Folded(problem, problem, kept, taken)
    goals = tuple(_folded_goal(goal, problem, taken, kept) for goal in problem.goals)
    smaller = replace(
        problem,
        cover_pair=problem.cover_pair[kept],
        cover_need=problem.cover_need[kept],
        cover_days=problem.cover_days[kept],
        goals=goals,
    )
    return Folded(problem, smaller, kept, taken)


def _folded_goal(goal: Goal, problem: Problem, taken: Flags, kept: Ints) -> Goal:
    added = np.zeros(problem.pair_count, dtype=np.int64)
    np.add.at(added, problem.cover_pair[taken], goal.cover_values[taken])
    return replace(goal, pair_values=goal.pair_values + added, cover_values=goal.cover_values[kept])


def _taken(problem: Problem, free: Flags) -> Flags:
    """Which free covers to work on: all that are not worse than leaving them, else the pair's best."""
    covers = np.flatnonzero(free)
    values = [goal.cover_values[covers] for goal in problem.goals]
    sign = np.zeros(len(covers), dtype=np.int64)
    for value in values:
        sign = np.where(sign == 0, np.sign(value), sign)
    good = sign >= 0
    pair_of = problem.cover_pair[covers]
    has_good = np.zeros(problem.pair_count, dtype=bool)
    has_good[pair_of[good]] = True
    # Best first within each pair: goals in their order, larger before smaller, then the smaller index.
    order = np.lexsort((covers, *(-value for value in reversed(values)), pair_of))
    first = np.ones(len(order), dtype=bool)
    first[1:] = pair_of[order][1:] != pair_of[order][:-1]
    only = order[first]
    good[only[~has_good[pair_of[only]]]] = True
    taken = np.zeros(len(free), dtype=bool)
    taken[covers[good]] = True
    return taken
