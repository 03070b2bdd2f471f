"""What each goal of a policy counts, in whole points over pairs and covers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graph.errors import BadInput
from graph.sentences import Sentence, say
from matcher.features import INCOME_GROUPS, Features
from matcher.policy import Policy
from matcher.problem import Flags, Goal, Ints
from matcher.tie_breaks import id_hashes, mix, pair_hashes, tie_break_points

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
            say(
                "Choose the goal most_partnerships or most_needs instead; or let each mentee have one mentor:"
                " the policy's mentors_wanted, a mentee's own wish or a second pin asks for more."
            ),
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
            utilities = id_hashes([utility.id for utility in features.network.utilities])
            mixed = pair_hashes(utilities[scored.mentor], utilities[scored.mentee])
            on_pairs = tie_break_points(mixed)
            if (scored.wanted > 1).any() and covers:
                capabilities = id_hashes([capability.id for capability in features.network.capabilities])
                on_covers = tie_break_points(mix(mixed[scored.cover_pair] + capabilities[scored.cover_capability]))
        case _:
            raise KeyError(id)
    return Goal(id, GOAL_TITLES[id], on_pairs, on_covers)


def _learned_before(features: Features) -> Flags:
    learned = np.zeros(len(features.network.utilities), dtype=np.bool_)
    for part in features.partnerships:
        if part.mentee in features.index:
            learned[features.index[part.mentee]] = True
    return learned
