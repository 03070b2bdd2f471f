"""Blocking pairs and the stable matching, against a plain reading of the definition."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.random import default_rng

from graph.sentences import say
from matcher.problem import Goal, Problem
from matcher.stability import blocking_pairs, pair_points, stable_pairs


def little_problem(seed: int) -> Problem:
    """A few mentors and mentees with random eligible pairs."""
    generator = default_rng(seed)
    mentors, mentees = int(generator.integers(1, 5)), int(generator.integers(1, 6))
    eligible = generator.random((mentees, mentors)) < 0.7
    mentee, mentor = np.nonzero(eligible)
    none = np.zeros(0, dtype=np.int64)
    return Problem(
        mentor_ids=tuple(f"M{m}" for m in range(mentors)),
        mentee_ids=tuple(f"N{n}" for n in range(mentees)),
        places=generator.integers(0, 3, mentors),
        minimum_load=np.zeros(mentors, dtype=np.int64),
        staff_days=np.full(mentors, -1),
        wanted=generator.integers(1, 3, mentees),
        need_ids=(),
        need_mentee=none,
        pair_mentor=mentor,
        pair_mentee=mentee,
        cover_pair=none,
        cover_need=none,
        cover_days=none,
        pinned=np.zeros(len(mentor), dtype=np.bool_),
        forbidden=generator.random(len(mentor)) < 0.1,
        goals=(Goal("best_fit", say("Best fit"), generator.integers(0, 4, len(mentor)), none),),
    )


def with_days(problem: Problem, seed: int) -> Problem:
    """The same with needs that take days, and mentors with few of them."""
    generator = default_rng(seed + 1000)
    pairs = np.sort(generator.choice(problem.pair_count, problem.pair_count * 2 // 3, replace=False))
    count = len(pairs)
    mentees = problem.pair_mentee[pairs]
    needs = np.unique(mentees)
    return replace(
        problem,
        staff_days=generator.choice([-1, 3, 6, 9], len(problem.mentor_ids)),
        need_ids=tuple(f"k{at}" for at in range(len(needs))),
        need_mentee=needs,
        cover_pair=pairs,
        cover_need=np.searchsorted(needs, mentees),
        cover_days=generator.integers(0, 6, count),
        goals=tuple(replace(goal, cover_values=generator.integers(0, 3, count)) for goal in problem.goals),
    )


def blocks(problem: Problem, chosen: set[int], points: list[int], pair: int) -> bool:
    """The definition, one pair at a time."""
    if pair in chosen or problem.forbidden[pair]:
        return False
    better = {other for other in chosen if (points[other], -other) > (points[pair], -pair)}
    for side, room in ((problem.pair_mentor, problem.places), (problem.pair_mentee, problem.wanted)):
        if sum(side[other] == side[pair] for other in better) >= room[side[pair]]:
            return False
    mentor = problem.pair_mentor[pair]
    if problem.staff_days[mentor] < 0:
        return True
    days = [days_of(problem, other) for other in (*better, pair) if problem.pair_mentor[other] == mentor]
    return sum(days) <= int(problem.staff_days[mentor])


def days_of(problem: Problem, pair: int) -> int:
    return min(
        (int(days) for days, own in zip(problem.cover_days, problem.cover_pair, strict=True) if own == pair), default=0
    )


@pytest.mark.parametrize("seed", range(200))
def test_against_the_definition(seed: int) -> None:
    problem = little_problem(seed)
    problem = with_days(problem, seed) if seed % 2 and problem.pair_count else problem
    points = pair_points(problem, problem.goals[0])
    stable = stable_pairs(problem, points)
    assert len(blocking_pairs(problem, stable, points)) == 0
    some = stable[::2]
    expected = [
        pair for pair in range(problem.pair_count) if blocks(problem, set(some.tolist()), points.tolist(), pair)
    ]
    assert blocking_pairs(problem, some, points).tolist() == expected


@pytest.mark.parametrize("seed", range(100))
def test_deferred_acceptance_ends_with_the_same_matching(seed: int) -> None:
    problem = little_problem(seed)
    points = pair_points(problem, problem.goals[0]).tolist()
    for side in (problem.pair_mentee, problem.pair_mentor):
        proposes = {
            int(one): room for one, room in enumerate(problem.wanted if side is problem.pair_mentee else problem.places)
        }
        other = problem.pair_mentor if side is problem.pair_mentee else problem.pair_mentee
        room = problem.places if side is problem.pair_mentee else problem.wanted
        refused: set[int] = set(np.flatnonzero(problem.forbidden).tolist())
        while True:
            open_to = [pair for pair in range(problem.pair_count) if pair not in refused]
            best = sorted(open_to, key=lambda pair: (-points[pair], pair))
            proposed = [
                pair
                for pair in best
                if [p for p in best if side[p] == side[pair]].index(pair) < proposes[int(side[pair])]
            ]
            turned_away = [
                pair
                for pair in proposed
                if [p for p in proposed if other[p] == other[pair]].index(pair) >= room[other[pair]]
            ]
            if not turned_away:
                break
            refused.update(turned_away)
        assert sorted(proposed) == stable_pairs(problem, np.array(points)).tolist()
