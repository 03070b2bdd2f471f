"""From rules to eligibility and whole points, for any pairs: blocks of a round and single pairs alike.

Pair fit = (weight of cover * sum over needs of share * quality + sum over rules of weight * value) / all weights.
The need cover part is rounded to whole points per need, the rest once per pair; a pair's points are their sum, and
its fit is points / ``POINTS``. Unknown values count ``NEUTRAL``. What a human added to a pair's fit comes last, on the
part of the rules; the sum stays within 0..``POINTS``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher.covers import NEUTRAL
from matcher.document import POINTS
from matcher.features import Features
from matcher.policy import Policy
from matcher.problem import Flags, Ints
from matcher.rules.evaluation import Floats32
from matcher.rules.registry import RULES

COVER = "need_cover"


@dataclass(frozen=True, eq=False)
class Scores:
    """``context`` int64[Q] and ``cover`` int64[Q, S] in points; ``points`` int64[Q] is their sum."""

    context: Ints
    cover: Ints

    @property
    def points(self) -> Ints:
        """All points of each pair, int64[Q]."""
        total: Ints = self.context + self.cover.sum(axis=1)
        return total


def mandatory_rules(policy: Policy) -> tuple[str, ...]:
    """Ids of the rules that disqualify under a policy, in order."""
    return tuple(id for id, settings in policy.rules.items() if settings.mode == "mandatory")


def counted_rules(policy: Policy) -> tuple[str, ...]:
    """Ids of the rules that count in the fit under a policy, in order."""
    return tuple(id for id, settings in policy.rules.items() if settings.mode != "off" and settings.weight > 0)


def below(values: Floats32, threshold: float) -> Flags:
    """Which values disqualify; unknown (NaN) never does."""
    return values < np.float32(threshold)


def removed_by(features: Features, policy: Policy, mentors: Ints, mentees: Ints) -> Flags:
    """Which mandatory rules disqualify which pairs, bool[R, Q]; rows of ``features`` as arguments, int64[Q]."""
    rules = mandatory_rules(policy)
    removed = np.zeros((len(rules), len(mentors)), dtype=np.bool_)
    for at, id in enumerate(rules):
        settings = policy.rules[id]
        removed[at] = below(RULES[id].evaluate(features, mentors, mentees, settings).value, settings.threshold)
    return removed


def score(features: Features, policy: Policy, mentors: Ints, mentees: Ints) -> Scores:
    """Points of pairs, whether eligible or not; arguments are rows of ``features``, int64[Q]."""
    counted = counted_rules(policy)
    weights = sum(policy.rules[id].weight for id in counted)
    total = np.zeros(len(mentors))
    for id in counted:
        if id != COVER:
            settings = policy.rules[id]
            values = RULES[id].evaluate(features, mentors, mentees, settings).value
            total += settings.weight * np.where(np.isnan(values), np.float32(NEUTRAL), values)
    cover_weight = POINTS * policy.rules[COVER].weight / weights
    slots = features.need_slots.shape[1]
    cover: NDArray[np.int64] = np.zeros((len(mentors), slots), dtype=np.int64)
    for slot in range(slots):
        needed = features.need_slots[mentees, slot]
        worth = features.need_shares[mentees, slot] * features.covers.quality[mentors, needed]
        cover[:, slot] = np.rint(cover_weight * worth)
    context: Ints = np.rint(POINTS * total / weights).astype(np.int64)
    for mentor, mentee, by in adjusted_rows(features, policy):
        pairs = np.flatnonzero((mentors == mentor) & (mentees == mentee))
        points = context[pairs] + cover[pairs].sum(axis=1)
        context[pairs] += np.clip(points + round(POINTS * by), 0, POINTS) - points
    return Scores(context, cover)


def adjusted_rows(features: Features, policy: Policy) -> list[tuple[int, int, float]]:
    """The adjustments of the policy as (row of the mentor, row of the mentee, by), as far as both are here."""
    if not policy.adjustments:
        return []
    rows = {utility.name: at for at, utility in enumerate(features.network.utilities)} | dict(features.index)
    found = ((rows.get(each.mentor), rows.get(each.mentee), each.by) for each in policy.adjustments)
    return [(mentor, mentee, by) for mentor, mentee, by in found if mentor is not None and mentee is not None]
