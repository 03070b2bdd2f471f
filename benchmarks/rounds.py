"""Seeded rounds of any size for measurements, straight as arrays: believable ones, and uniform noise for contrast.

Five kinds of limits at once: a floor per region, a ceiling on pairs across regions, a money budget, a balance between
what two large regions give and receive, and a ceiling for a group of mentors. Each is set around a plan made greedily
from disturbed fits, so that every round has an answer and every kind of limit binds or nearly does.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from graph.sentences import say
from matcher.problem import UNLIMITED, Flags, Goal, Ints, Limit, Problem

Kind = Literal["believable", "noise"]
Floats = NDArray[np.float64]

REGIONS = 22
TOPICS = 24
MOST_POINTS = 10_000


def round_of(
    seed: int,
    mentors: int,
    mentees: int,
    pairs: int,
    *,
    kind: Kind = "believable",
    goals: tuple[str, ...] = ("best_fit",),
    limits: bool = True,
) -> Problem:
    """A round with about ``pairs`` eligible pairs; goals: any of most_mentees, best_fit, stable."""
    random = np.random.default_rng(seed)
    weights = 1.0 / np.arange(1, REGIONS + 1)
    mentor_region = random.choice(REGIONS, mentors, p=weights / weights.sum())
    mentee_region = random.choice(REGIONS, mentees, p=weights / weights.sum())
    places = np.minimum(random.geometric(0.45, mentors), 8)
    places = np.maximum(1, np.round(places * 0.7 * mentees / places.sum())).astype(np.int64)
    pair_mentee, pair_mentor = _eligible(random, mentors, mentees, pairs)
    same = mentor_region[pair_mentor] == mentee_region[pair_mentee]
    fit = _fit(random, kind, pair_mentor, pair_mentee, same, mentors, mentees)
    count = len(fit)
    values = {
        "most_mentees": np.ones(count, dtype=np.int64),
        "best_fit": fit,
        "stable": random.integers(0, 1 << 20, count),
    }
    empty, no = np.zeros(0, dtype=np.int64), np.zeros(count, dtype=bool)
    rows: tuple[Limit, ...] = ()
    if limits:
        plan = _plan(random, fit, same, pair_mentor, pair_mentee, places, mentees)
        rows = _limits(random, plan, same, mentor_region, mentee_region, pair_mentor, pair_mentee)
    return Problem(
        tuple(f"m{at}" for at in range(mentors)),
        tuple(f"n{at}" for at in range(mentees)),
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
        no,
        no,
        tuple(Goal(id, say("{goal}", goal=id), values[id], empty) for id in goals),
        rows,
    )


def _eligible(random: np.random.Generator, mentors: int, mentees: int, pairs: int) -> tuple[Ints, Ints]:
    """About so many different pairs, ordered by mentee, then mentor."""
    if pairs * 3 > mentors * mentees:
        where = random.random(mentors * mentees) < pairs / (mentors * mentees)
        keys = np.flatnonzero(where)
    else:
        keys = np.unique(random.integers(0, mentors * mentees, int(pairs * 1.01)))
    return keys // mentors, keys % mentors


def _fit(
    random: np.random.Generator, kind: Kind, mentor: Ints, mentee: Ints, same: Flags, mentors: int, mentees: int
) -> Ints:
    """Points of each pair: noise, or topics offered and wanted, region, size and the mentor's reputation."""
    if kind == "noise":
        return random.integers(1, MOST_POINTS + 1, len(mentor))
    offers = random.random((mentors, TOPICS)) * (random.random((mentors, TOPICS)) < 0.3)
    needs = (random.random((mentees, TOPICS)) < 0.15).astype(np.float64)
    wanted = np.maximum(needs.sum(axis=1), 1)
    cover = np.zeros(len(mentor))
    for topic in range(TOPICS):
        cover += offers[mentor, topic] * needs[mentee, topic]
    size_gap = np.abs(random.normal(0, 1, mentors)[mentor] - random.normal(0, 1, mentees)[mentee])
    reputation = random.beta(4, 2, mentors)[mentor]
    shares: Floats = 0.45 * cover / wanted[mentee] + 0.2 * same + 0.15 * np.exp(-size_gap) + 0.2 * reputation
    return np.clip(np.round(shares * MOST_POINTS), 1, MOST_POINTS).astype(np.int64)


def _plan(
    random: np.random.Generator, fit: Ints, same: Flags, mentor: Ints, mentee: Ints, places: Ints, mentees: int
) -> Ints:
    """Pairs of a plan a person might make: best disturbed fits first, neighbours preferred."""
    liked = fit * random.uniform(0.7, 1.0, len(fit)) + same * 0.15 * MOST_POINTS
    left, open_mentee, plan = places.tolist(), [True] * mentees, []
    for pair, at, of in zip(*(axis.tolist() for axis in _in_order(liked, mentor, mentee)), strict=True):
        if left[at] and open_mentee[of]:
            left[at] -= 1
            open_mentee[of] = False
            plan.append(pair)
    return np.array(plan, dtype=np.int64)


def _in_order(liked: Floats, mentor: Ints, mentee: Ints) -> tuple[Ints, Ints, Ints]:
    order = np.argsort(-liked, kind="stable")
    return order, mentor[order], mentee[order]


def _limits(
    random: np.random.Generator,
    plan: Ints,
    same: Flags,
    mentor_region: Ints,
    mentee_region: Ints,
    pair_mentor: Ints,
    pair_mentee: Ints,
) -> tuple[Limit, ...]:
    every = np.arange(len(same))
    chosen = np.zeros(len(same), dtype=bool)
    chosen[plan] = True
    to, of = mentee_region[pair_mentee], mentor_region[pair_mentor]
    found = []
    for region in range(REGIONS):
        served = int((chosen & (to == region)).sum())
        if served:
            found.append(_limit(f"floor_{region}", np.flatnonzero(to == region), None, served, None))
    found.append(_limit("cross_region", np.flatnonzero(~same), None, None, int((chosen & ~same).sum())))
    cost = random.integers(20, 120, len(same)) + 60 * ~same
    found.append(_limit("money", every, cost, None, int(cost[chosen].sum())))
    flow = (of == 0).astype(np.int64) - (to == 0).astype(np.int64)
    moved, net = np.flatnonzero(flow), int(flow[chosen].sum())
    found.append(_limit("balance", moved, flow[moved], net - 2, net + 2))
    group = random.random(len(mentor_region)) < 0.15
    inside = np.flatnonzero(group[pair_mentor])
    found.append(_limit("mentor_group", inside, None, None, int(chosen[inside].sum())))
    return tuple(found)


def _limit(id: str, pairs: Ints, coefficients: Ints | None, lower: int | None, upper: int | None) -> Limit:
    amounts = np.ones(len(pairs), dtype=np.int64) if coefficients is None else coefficients.astype(np.int64)
    return Limit(id, say("{limit}", limit=id), pairs, amounts, lower, upper)
