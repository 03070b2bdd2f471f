"""Scenarios of a round: its participants and decisions under other policies, beside what it proposes at present."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple, TypedDict

from graph.network import Network
from graph.register import known_by
from matcher.policy import Policy, parse_policy
from matcher.rounds.input import policy_of
from matcher.rounds.state import LIVE, LivingRound, Pair

KEPT = ("participants", "pins", "forbids", "published", "adjustments")
"""What a policy takes over from the round's own, whatever else it says."""


class Outcome(TypedDict):
    """What a set of pairs comes to, and for whom it differs from the present proposals.

    Fits are 0..1 (``None``: not known of any pair). ``counts`` are what goals count, whether the policy has them or
    not, ``by_region`` mentees by the name of their region; ``gained``, ``lost`` and ``moved`` are ids of mentees that
    get a first mentor, lose their last, or get others: all empty where the pairs are the same.
    """

    pairs: int
    served: int
    total_fit: float | None
    mean_fit: float | None
    worst_fit: float | None
    counts: dict[str, int]
    by_region: dict[str, int]
    gained: list[str]
    lost: list[str]
    moved: list[str]


def for_round(policy: Policy, saved: Policy) -> Policy:
    """A policy with who takes part and the decisions on pairs as they are in the round's saved one."""
    kept = {name: saved.to_json()[name] for name in KEPT}
    return parse_policy({**policy.to_json(), **kept}, saved.source)


def solved_under(state: LivingRound, policies: Iterable[Mapping[str, Any]]) -> list[Policy]:
    """What is solved for each scenario: the policy with every decision of the round in it, as a solve would have it."""
    return [policy_of(state.model_copy(update={"policy": dict(policy)})) for policy in policies]


class Worked(NamedTuple):
    """What is known of a pair: its fit (0..1, ``None``: not known) and the needs that are worked on."""

    fit: float | None
    needs: tuple[str, ...]


def present_pairs(state: LivingRound) -> dict[Pair, Worked]:
    """The live proposals of a round."""
    return {each.pair: Worked(each.fit, each.needs) for each in state.in_phase(*LIVE)}


def document_pairs(document: Mapping[str, Any]) -> dict[Pair, Worked]:
    """The pairs of a proposal document."""
    return {
        (pair["mentor"]["id"], pair["mentee"]["id"]): Worked(
            pair["fit"], tuple(need["capability"] for need in pair["covered"])
        )
        for pair in document["pairs"]
    }


def outcome(network: Network, as_of: date, pairs: Mapping[Pair, Worked], present: Mapping[Pair, Worked]) -> Outcome:
    """What ``pairs`` come to, and whom they serve that ``present`` does not, or the other way round."""
    had, has = _mentors(present), _mentors(pairs)
    fits = [each.fit for each in pairs.values() if each.fit is not None]
    utilities = [network.utility_by_id[id] for id in sorted(has) if id in network.utility_by_id]
    regions = Counter(network.region_of(utility).name for utility in utilities)
    return {
        "pairs": len(pairs),
        "served": len(has),
        "total_fit": round(sum(fits), 4) if fits else None,
        "mean_fit": round(sum(fits) / len(fits), 4) if fits else None,
        "worst_fit": min(fits) if fits else None,
        "counts": _counts(network, as_of, pairs),
        "by_region": {name: regions[name] for name in sorted(regions)},
        "gained": sorted(has.keys() - had.keys()),
        "lost": sorted(had.keys() - has.keys()),
        "moved": sorted(id for id in has.keys() & had.keys() if has[id] != had[id]),
    }


def _counts(network: Network, as_of: date, pairs: Mapping[Pair, Worked]) -> dict[str, int]:
    """What each goal that counts something counts in these pairs; the same numbers as ``matcher.goal_values``."""
    countries = [
        network.country_by_id[network.utility_by_id[mentee].country]
        for _mentor, mentee in pairs
        if mentee in network.utility_by_id
    ]
    learned = {part.mentee for part in network.partnerships if known_by(part, as_of)}
    urgent = {(need.utility, need.capability) for need in network.needs if need.priority == 1}
    covered = [(mentee, need) for (_mentor, mentee), each in pairs.items() for need in each.needs]
    return {
        "most_partnerships": len(pairs),
        "most_needs": len(covered),
        "most_priority": sum(need in urgent for need in covered),
        "fragile_first": sum(country.fragile is True for country in countries),
        "low_income_first": sum(country.income_group == "low" for country in countries),
        "first_timers": sum(mentee not in learned for _mentor, mentee in pairs),
    }


def _mentors(pairs: Iterable[Pair]) -> dict[str, set[str]]:
    """The mentors of each mentee."""
    found: dict[str, set[str]] = {}
    for mentor, mentee in pairs:
        found.setdefault(mentee, set()).add(mentor)
    return found
