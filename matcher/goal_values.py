"""What each goal of a policy counts, in whole points over pairs and covers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graph.errors import BadInput
from graph.sentences import Sentence, say
from matcher.features import INCOME_GROUPS, Features
from matcher.policy import Policy
from matcher.problem import Flags, Goal, Ints

GOAL_TITLES: dict[str, Sentence] = {
    "most_mentees": say("Most mentees with a partner"),
    "most_partnerships": say("Most partnerships"),
    "most_needs": say("Most needs covered"),
    "most_priority": say("Most needs of the highest priority covered"),
    "fragile_first": say("Most partnerships in fragile states"),
    "low_income_first": say("Most partnerships in low-income countries"),
    "first_timers": say("Most partnerships with utilities that never had one"),
    "best_fit": say("Best total fit"),
    "fewest_changes": say("Fewest changes to what was published"),
    "stable": say("Ties broken by a hash of the two ids"),
}

TIE_BREAKS = 1 << 12
"""Tie-break points lie in 1..TIE_BREAKS."""


@dataclass(frozen=True, eq=False)
class Scored:
    """The pairs of a problem with what goals look at.

    ``mentor``, ``mentee`` int64[P] are rows of the features; ``context`` int64[P] and ``cover`` int64[C] points;
    ``cover_pair`` int64[C]; ``cover_capability`` int64[C]; ``cover_urgent`` bool[C] (a need of priority 1);
    ``published`` bool[P]; ``wanted`` int64[N] the mentors wanted.
    """

    mentor: Ints
    mentee: Ints
    context: Ints
    cover: Ints
    cover_pair: Ints
    cover_capability: Ints
    cover_urgent: Flags
    published: Flags
    wanted: Ints


def build_goals(features: Features, policy: Policy, scored: Scored) -> tuple[Goal, ...]:
    """The policy's goals in their order.

    Raises ``BadInput`` for ``most_mentees`` where a mentee may have several mentors: mentees are then no longer
    counted by partnerships.
    """
    if "most_mentees" in policy.goals and (scored.wanted > 1).any():
        raise BadInput(
            say("The goal most_mentees of the policy {file} needs one mentor per mentee.", file=policy.source),
            say("List most_partnerships or most_needs instead, or set mentors_wanted to 1."),
        )
    return tuple(_goal(id, features, scored) for id in policy.goals)


def _goal(id: str, features: Features, scored: Scored) -> Goal:
    pairs, covers = len(scored.mentor), len(scored.cover_pair)
    on_pairs, on_covers = np.zeros(pairs, dtype=np.int64), np.zeros(covers, dtype=np.int64)
    match id:
        case "most_mentees" | "most_partnerships":
            on_pairs = np.ones(pairs, dtype=np.int64)
        case "most_needs":
            on_covers = np.ones(covers, dtype=np.int64)
        case "most_priority":
            on_covers = scored.cover_urgent.astype(np.int64)
        case "fragile_first":
            on_pairs = (features.fragile[scored.mentee] == 1).astype(np.int64)
        case "low_income_first":
            on_pairs = (features.income[scored.mentee] == INCOME_GROUPS.index("low")).astype(np.int64)
        case "first_timers":
            on_pairs = (~_learned_before(features))[scored.mentee].astype(np.int64)
        case "best_fit":
            on_pairs, on_covers = scored.context, scored.cover
        case "fewest_changes":
            on_pairs = scored.published.astype(np.int64)
        case "stable":
            utilities = _hashes([utility.id for utility in features.network.utilities])
            mixed = _mix(utilities[scored.mentor] + _mix(utilities[scored.mentee]))
            on_pairs = _points(mixed)
            if (scored.wanted > 1).any() and covers:
                capabilities = _hashes([capability.id for capability in features.network.capabilities])
                on_covers = _points(_mix(mixed[scored.cover_pair] + capabilities[scored.cover_capability]))
        case _:
            raise KeyError(id)
    return Goal(id, GOAL_TITLES[id], on_pairs, on_covers)


def _learned_before(features: Features) -> Flags:
    learned = np.zeros(len(features.network.utilities), dtype=np.bool_)
    for part in features.partnerships:
        if part.mentee in features.index:
            learned[features.index[part.mentee]] = True
    return learned


def _hashes(ids: Sequence[str]) -> NDArray[np.uint64]:
    digests = (hashlib.blake2b(id.encode(), digest_size=8).digest() for id in ids)
    return np.array([int.from_bytes(digest, "little") for digest in digests], dtype=np.uint64)


def _mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of SplitMix64 (Steele, Lea, Flood 2014): every bit depends on every bit."""
    mixed = values + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _points(mixed: NDArray[np.uint64]) -> Ints:
    points: Ints = (mixed % np.uint64(TIE_BREAKS)).astype(np.int64) + 1
    return points
