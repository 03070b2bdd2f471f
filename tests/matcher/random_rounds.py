"""Rounds of a middle size from a seed, with every feature on, for solvers to be compared on."""

from __future__ import annotations

import numpy as np

from graph.sentences import say
from matcher.problem import UNLIMITED, Goal, Limit, Problem


def everything(seed: int, mentors: int, mentees: int, share: float) -> Problem:
    """A round with all features on: needs, several mentors, staff-days, loads, limits, pins and forbids."""
    random = np.random.default_rng(seed)
    where = random.random((mentees, mentors)) < share
    pair_mentee, pair_mentor = (axis.astype(np.int64) for axis in np.nonzero(where))
    pairs = len(pair_mentee)
    per_mentee = random.integers(0, 4, mentees)
    need_mentee = np.repeat(np.arange(mentees), per_mentee)
    need_of = np.concatenate([[0], np.cumsum(per_mentee)])
    cover_pair_list, cover_need_list = [], []
    for pair in range(pairs):
        for need in range(need_of[pair_mentee[pair]], need_of[pair_mentee[pair] + 1]):
            if random.random() < 0.7:
                cover_pair_list.append(pair)
                cover_need_list.append(need)
    cover_pair, cover_need = np.array(cover_pair_list, dtype=np.int64), np.array(cover_need_list, dtype=np.int64)
    covers = len(cover_pair)
    limits = []
    for at in range(3):
        inside = np.flatnonzero(random.random(pairs) < 0.4)
        amounts = random.integers(-3 if at == 2 else 1, 6, len(inside))
        amounts[amounts == 0] = 1
        upper = int(np.abs(amounts).sum() * 0.15) + 1
        lower = [None, 1, -upper][at]
        limits.append(Limit(f"limit_{at}", say("limit"), inside, amounts, lower, None if at == 1 else upper))
    places = random.integers(1, 4, mentors)
    staff_days = np.where(random.random(mentors) < 0.5, random.integers(15, 90, mentors), UNLIMITED)
    goals = [
        Goal("most", say("most"), np.ones(pairs, dtype=np.int64), np.zeros(covers, dtype=np.int64)),
        Goal("fit", say("fit"), random.integers(-200, 1000, pairs), random.integers(-50, 400, covers)),
        Goal("stable", say("stable"), random.integers(0, 1000, pairs), random.integers(0, 1000, covers)),
    ]
    order = random.permutation(3)[: random.integers(1, 4)]
    pinned = np.zeros(pairs, dtype=bool)
    if random.random() < 0.5:
        pinned[random.integers(0, pairs)] = True
    minimum_load = (random.random(mentors) < 0.1).astype(np.int64)
    return Problem(
        mentor_ids=tuple(f"m{i}" for i in range(mentors)),
        mentee_ids=tuple(f"n{i}" for i in range(mentees)),
        places=places,
        minimum_load=minimum_load,
        staff_days=staff_days.astype(np.int64),
        wanted=random.integers(1, 4, mentees),
        need_ids=tuple(f"k{i}" for i in range(len(need_mentee))),
        need_mentee=need_mentee,
        pair_mentor=pair_mentor,
        pair_mentee=pair_mentee,
        cover_pair=cover_pair,
        cover_need=cover_need,
        cover_days=random.integers(1, 40, covers),
        pinned=pinned,
        forbidden=(random.random(pairs) < 0.05) & ~pinned,
        goals=tuple(goals[at] for at in order),
        limits=tuple(limits),
    )


def middle_round(seed: int) -> Problem:
    """``everything`` in one of many sizes: 8 to 28 mentors, 20 to 90 mentees, dense or sparse."""
    return everything(seed, 8 + seed % 21, 20 + seed * 7 % 71, (0.15, 0.3, 0.5)[seed % 3])
