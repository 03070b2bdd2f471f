"""What each rule costs in pairs: how many it would disqualify if it were mandatory, with the others as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from graph.network import Network
from matcher.build import BLOCK_PAIRS
from matcher.features import build_features
from matcher.participants import Participants
from matcher.policy import Policy
from matcher.rules.registry import RULES
from matcher.scoring import below, mandatory_rules, removed_by


@dataclass(frozen=True, slots=True)
class RuleCounts:
    """``candidates`` pairs of a mentor and a mentee, ``eligible`` of them under all mandatory rules.

    ``would_remove`` says of each rule how many pairs that every *other* mandatory rule allows it would disqualify by
    its threshold; of a mandatory rule, how many it alone removes now.
    """

    candidates: int
    eligible: int
    would_remove: Mapping[str, int]


def rule_counts(network: Network, participants: Participants, policy: Policy) -> RuleCounts:
    """The counts for the participants of a round, in blocks of mentees; a rule that is not mandatory is asked only of
    the pairs still eligible."""
    features = build_features(network, participants, policy)
    mentors = np.array([features.index[id] for id in participants.mentor_ids], dtype=np.int64)
    mentees = np.array([features.index[id] for id in participants.mentee_ids], dtype=np.int64)
    mandatory = mandatory_rules(policy)
    counts = dict.fromkeys(policy.rules, 0)
    eligible = 0
    size = max(1, BLOCK_PAIRS // max(1, len(mentors)))
    for start in range(0, len(mentees), size):
        block = mentees[start : start + size]
        of_mentor, of_mentee = np.tile(mentors, len(block)), np.repeat(block, len(mentors))
        removed = removed_by(features, policy, of_mentor, of_mentee)
        times = removed.sum(axis=0, dtype=np.uint8)
        for rule, flags in zip(mandatory, removed, strict=True):
            counts[rule] += int((flags & (times == 1)).sum())
        left = np.flatnonzero(times == 0)
        eligible += len(left)
        for rule, settings in policy.rules.items():
            if settings.mode != "mandatory":
                values = RULES[rule].evaluate(features, of_mentor[left], of_mentee[left], settings).value
                counts[rule] += int(below(values, settings.threshold).sum())
    return RuleCounts(len(mentors) * len(mentees), eligible, counts)
