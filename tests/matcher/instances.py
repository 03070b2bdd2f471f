"""Instances for tests and measurements: tiny ones drawn by hypothesis, larger ones from a seed."""

from __future__ import annotations

import numpy as np

from graph.sentences import say
from matcher.problem import UNLIMITED, Goal, Ints, Limit, Problem


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
        tuple(Goal(id, say("{goal}", goal=id), values[id], empty) for id in goals),
        tuple(rows),
    )


def _limit(id: str, pairs: Ints, coefficients: Ints, lower: int | None, upper: int | None) -> Limit:
    return Limit(id, say("{limit}", limit=id), pairs, coefficients.astype(np.int64), lower, upper)
