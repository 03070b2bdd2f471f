"""Instances for tests and measurements: tiny ones drawn by hypothesis, larger ones from a seed."""

from __future__ import annotations

import os

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from graph.sentences import Sentence
from matcher.problem import UNLIMITED, Flags, Goal, Ints, Limit, Problem


def coupled(
    seed: int,
    mentors: int,
    mentees: int,
    candidates: int,
    *,
    regions: int = 22,
    limits: bool = True,
    cross_share: float = 0.3,
    floor_share: float = 0.2,
    goals: tuple[str, ...] = ("best_fit",),
    most: int = 10_000,
) -> Problem:
    """A believable round of any size: skewed regions, a cross-region ceiling, a money budget, a floor per region.

    Each mentee has about ``candidates`` eligible mentors. Goals: any of most_mentees, best_fit, stable.
    """
    random = np.random.default_rng(seed)
    weights = 1.0 / np.arange(1, regions + 1)
    mentor_region = random.choice(regions, mentors, p=weights / weights.sum())
    mentee_region = random.choice(regions, mentees, p=weights / weights.sum())
    keys = np.unique(
        np.repeat(np.arange(mentees), candidates) * mentors + random.integers(0, mentors, mentees * candidates)
    )
    pair_mentee, pair_mentor = keys // mentors, keys % mentors
    count = len(keys)
    same = mentor_region[pair_mentor] == mentee_region[pair_mentee]
    fit = np.clip(random.integers(0, most, count) * 0.8 + same * most * 0.2, 1, most).astype(np.int64)
    places = random.integers(1, 4, mentors)
    places = np.maximum(1, (places * (0.7 * mentees / max(1, places.sum()))).round()).astype(np.int64)
    values = {
        "most_mentees": np.ones(count, dtype=np.int64),
        "best_fit": fit,
        "stable": random.integers(0, 1 << 20, count),
    }
    empty = np.zeros(0, dtype=np.int64)
    rows: list[Limit] = []
    if limits:
        served = int(min(mentees, places.sum()))
        cross = np.flatnonzero(~same)
        rows.append(_limit("cross_region", cross, np.ones(len(cross)), None, int(cross_share * served)))
        cost = random.integers(20, 200, count)
        rows.append(_limit("money", np.arange(count), cost, None, int(served * 80)))
        for region in range(regions):
            inside = np.flatnonzero(mentee_region[pair_mentee] == region)
            size = int((mentee_region == region).sum())
            if len(inside) and size:
                rows.append(_limit(f"floor_{region}", inside, np.ones(len(inside)), int(floor_share * size), None))
    return Problem(
        tuple(f"m{i}" for i in range(mentors)),
        tuple(f"n{i}" for i in range(mentees)),
        places,
        np.zeros(mentors, dtype=np.int64),
        np.full(mentors, UNLIMITED),
        np.ones(mentees, dtype=np.int64),
        (),
        empty,
        pair_mentor,
        pair_mentee,
        empty,
        empty,
        empty,
        np.zeros(count, dtype=bool),
        np.zeros(count, dtype=bool),
        tuple(Goal(id, Sentence(id), values[id], empty) for id in goals),
        tuple(rows),
    )


def _limit(id: str, pairs: Ints, coefficients: NDArray[np.generic], lower: int | None, upper: int | None) -> Limit:
    return Limit(id, Sentence(id), pairs, coefficients.astype(np.int64), lower, upper)


EXAMPLES = int(os.environ.get("WOP_TEST_EXAMPLES", "1"))
"""Long campaigns multiply the number of examples of every property by this."""


@st.composite
def tiny_problems(draw: st.DrawFn, *, flow: bool = False) -> Problem:
    """Any problem small enough to try everything, with every feature on; ``flow``: only what a flow can carry."""
    small = st.integers(0, 3)
    mentors, mentees = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    need_mentee = sorted(draw(st.lists(st.integers(0, mentees - 1), max_size=4)))
    all_pairs = [(mentee, mentor) for mentee in range(mentees) for mentor in range(mentors)]
    pairs = sorted(draw(st.sets(st.sampled_from(all_pairs), max_size=6)))
    can_cover = [
        (pair, need) for pair, (mentee, _) in enumerate(pairs) for need, of in enumerate(need_mentee) if of == mentee
    ]
    covers = sorted(draw(st.sets(st.sampled_from(can_cover), max_size=6))) if can_cover else []
    count = len(pairs)

    def several(values: st.SearchStrategy[int], length: int) -> Ints:
        return np.array(draw(st.lists(values, min_size=length, max_size=length)), dtype=np.int64)

    def flags(length: int) -> Flags:
        """Mostly false."""
        return several(st.sampled_from([0, 0, 0, 0, 1]), length).astype(bool)

    forbidden = flags(count)
    points = st.integers(-3, 12)
    goals = tuple(
        Goal(f"goal_{at}", Sentence("a goal"), several(points, count), several(points, len(covers)))
        for at in range(draw(st.integers(1, 3)))
    )
    limits: list[Limit] = []
    for at in range(0 if flow else draw(st.integers(0, 2))):
        inside = sorted(draw(st.sets(st.integers(0, count - 1)))) if count else []
        limits.append(
            Limit(
                f"limit_{at}",
                Sentence("a limit"),
                np.array(inside, dtype=np.int64),
                several(st.integers(-2, 3), len(inside)),
                draw(st.none() | st.integers(-3, 3)),
                draw(st.none() | st.integers(-1, 5)),
            )
        )
    return Problem(
        tuple(f"m{at}" for at in range(mentors)),
        tuple(f"n{at}" for at in range(mentees)),
        several(small, mentors),
        several(st.sampled_from([0, 0, 0, 1, 2]), mentors),
        np.full(mentors, UNLIMITED) if flow else several(st.sampled_from([-1, -1, 3, 6]), mentors),
        several(st.integers(0, 1 if flow else 3), mentees),
        tuple(f"k{at}" for at in range(len(need_mentee))),
        np.array(need_mentee, dtype=np.int64),
        np.array([mentor for _, mentor in pairs], dtype=np.int64),
        np.array([mentee for mentee, _ in pairs], dtype=np.int64),
        np.array([pair for pair, _ in covers], dtype=np.int64),
        np.array([need for _, need in covers], dtype=np.int64),
        several(st.integers(0, 4), len(covers)),
        flags(count),
        forbidden,
        goals,
        tuple(limits),
    )
