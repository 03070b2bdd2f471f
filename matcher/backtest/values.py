"""What each rule of the matching said of every candidate for a hidden pair, with what was known then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from matcher.backtest.hidden import Hidden
from matcher.covers import NEUTRAL, Floats
from matcher.features import build_features
from matcher.participants import offers_and_needs, with_capacity
from matcher.policy import Policy
from matcher.problem import Ints
from matcher.rules.registry import RULES
from matcher.scoring import score

OF_OFFERS = ("need_cover", "capability_closeness")
"""Rules that say 0 of a candidate without offers."""


@dataclass(frozen=True, eq=False)
class Judged:
    """A hidden pair and ``values`` float64[P, R] in 0..1: each candidate of its pool under each rule named.

    Unknown counts ``NEUTRAL``, as in the fit of a round. A candidate of which no offer is known is unknown under
    the rules that look at offers (a round would not ask it at all; here it is among those ranked). ``points``
    int64[P] are those a round would give under the policy as it is.
    """

    hidden: Hidden
    rules: tuple[str, ...]
    values: Floats
    points: Ints

    def fits(self, weights: Mapping[str, float]) -> Floats:
        """The fit of each candidate, float64[P]: the mean of its values by weight, eligible or not."""
        chosen = np.array([weights.get(rule, 0.0) for rule in self.rules])
        total = chosen.sum()
        fits: Floats = self.values @ chosen / (total if total > 0 else 1.0)
        return fits


def judge(hidden: Hidden, policy: Policy, rules_of: Policy, rules: tuple[str, ...]) -> Judged:
    """The candidates of one hidden pair: points by ``policy``, and values of ``rules`` as ``rules_of`` sets them."""
    past, mentee = hidden.past, hidden.partnership.mentee
    offers, needs = offers_and_needs(past, policy, hidden.as_of)
    participants = with_capacity(
        past,
        policy,
        hidden.as_of,
        [past.utility_by_id[id] for id in hidden.pool],
        [past.utility_by_id[mentee]],
        offers,
        needs,
    )
    features = build_features(past, participants, policy)
    mentors = np.array([features.index[id] for id in hidden.pool], dtype=np.int64)
    mentees = np.full(len(mentors), features.index[mentee], dtype=np.int64)
    offerers = {offer.utility for offer in offers}
    offering = np.array([id in offerers for id in hidden.pool], dtype=np.bool_)
    values = np.full((len(mentors), len(rules)), NEUTRAL)
    for at, rule in enumerate(rules):
        known = RULES[rule].evaluate(features, mentors, mentees, rules_of.rules[rule]).value.astype(np.float64)
        if rule in OF_OFFERS:
            known[~offering] = np.nan
        values[:, at] = np.where(np.isnan(known), NEUTRAL, known)
    return Judged(hidden, rules, values, score(features, policy, mentors, mentees).points)
