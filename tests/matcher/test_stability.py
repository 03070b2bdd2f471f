"""Blocking pairs and the stable matching, against a plain reading of the definition."""

from __future__ import annotations

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


def blocks(problem: Problem, chosen: set[int], points: list[int], pair: int) -> bool:
    """The definition, one pair at a time."""
    if pair in chosen or problem.forbidden[pair]:
        return False
    for side, room in ((problem.pair_mentor, problem.places), (problem.pair_mentee, problem.wanted)):
        who = side[pair]
        mine = [other for other in chosen if side[other] == who]
        outranks = any((points[pair], -pair) > (points[other], -other) for other in mine)
        if room[who] == 0 or (len(mine) >= room[who] and not outranks):
            return False
    return True


@pytest.mark.parametrize("seed", range(200))
def test_against_the_definition(seed: int) -> None:
    problem = little_problem(seed)
    points = pair_points(problem, problem.goals[0])
    stable = stable_pairs(problem, points)
    assert len(blocking_pairs(problem, stable, points)) == 0
    some = stable[::2]
    expected = [
        pair for pair in range(problem.pair_count) if blocks(problem, set(some.tolist()), points.tolist(), pair)
    ]
    assert blocking_pairs(problem, some, points).tolist() == expected
