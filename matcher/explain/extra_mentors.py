"""Which kinds of extra mentor are worth asking about: capability sets by region and language, from unmet demand."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from graph.model import Offer, Utility
from graph.network import Network
from graph.sentences import say
from matcher.explain.round import SolvedRound

KINDS = 40
"""How many kinds are estimated."""

LEVEL = 4
"""The level an extra mentor is taken to teach at, of 5, with evidence of this very year."""


@dataclass(frozen=True)
class ExtraMentor:
    """A kind of mentor: what it offers, where it is and which language it works in. ``country`` stands for its region.

    ``asked_by`` is how many mentees with places to fill, of that region and language, need any of its capabilities.
    """

    id: str
    capabilities: tuple[str, ...]
    country: str
    language: str
    asked_by: int


def hungry_mentees(round: SolvedRound) -> list[int]:
    """Mentees with fewer mentors than they want."""
    problem = round.problem
    has = np.bincount(problem.pair_mentee[round.result.pairs], minlength=len(problem.mentee_ids))
    hungry: list[int] = np.flatnonzero(has < problem.wanted).tolist()
    return hungry


def kinds_of_extra_mentor(round: SolvedRound, most: int = KINDS) -> list[ExtraMentor]:
    """Kinds that the mentees with places to fill ask for, the most asked for first.

    For each region and language among them: every capability needed there, the two most needed together, and the
    three. The country is the one most of these mentees are in.
    """
    network = round.network
    needs: dict[str, set[str]] = defaultdict(set)
    for need in round.built.needs:
        needs[need.utility].add(need.capability)
    open_needs = _covered_left_out(round, needs)
    groups: dict[tuple[str, str], list[Utility]] = defaultdict(list)
    for at in hungry_mentees(round):
        utility = network.utility_by_id[round.problem.mentee_ids[at]]
        for language in _languages(network, utility):
            groups[network.region_of(utility).id, language].append(utility)
    kinds: list[ExtraMentor] = []
    for (_region, language), mentees in sorted(groups.items()):
        demand = Counter(capability for mentee in mentees for capability in sorted(open_needs[mentee.id]))
        ranked = sorted(demand, key=lambda id: (-demand[id], id))
        countries = Counter(mentee.country for mentee in mentees)
        country = min(countries, key=lambda id: (-countries[id], id))
        sets = [(id,) for id in ranked] + [tuple(sorted(ranked[:size])) for size in (2, 3) if len(ranked) >= size]
        kinds += [
            ExtraMentor("", wanted, country, language, sum(bool(open_needs[m.id] & set(wanted)) for m in mentees))
            for wanted in sets
        ]
    kinds.sort(
        key=lambda kind: (-kind.asked_by, len(kind.capabilities), kind.capabilities, kind.country, kind.language)
    )
    known = set(network.utility_by_id)
    return [_with_id(kind, place, known) for place, kind in enumerate(kinds[:most], start=1)]


def with_extra_mentors(network: Network, kinds: Sequence[ExtraMentor], places: int, year: int) -> Network:
    """The network with one utility of each kind; whatever else is to be known of a mentor is unknown of them."""
    utilities = [
        Utility(
            id=kind.id,
            name=str(say("Extra mentor {id}", id=kind.id)),
            country=kind.country,
            languages=(kind.language,),
            mentor_places=places,
        )
        for kind in kinds
    ]
    offers = [Offer(kind.id, capability, level=LEVEL, year=year) for kind in kinds for capability in kind.capabilities]
    return replace(
        network,
        utilities=tuple(sorted((*network.utilities, *utilities), key=lambda each: each.id)),
        offers=tuple(sorted((*network.offers, *offers), key=lambda each: (each.utility, each.capability))),
    )


def _covered_left_out(round: SolvedRound, needs: dict[str, set[str]]) -> dict[str, set[str]]:
    """Each mentee's needs that no mentor works on in the round."""
    covered = {round.problem.cover_need[cover] for cover in round.result.covers.tolist()}
    left = defaultdict(set, {id: set(capabilities) for id, capabilities in needs.items()})
    for at in covered:
        need = round.built.needs[at]
        left[need.utility].discard(need.capability)
    return left


def _languages(network: Network, utility: Utility) -> tuple[str, ...]:
    return utility.languages or network.country_by_id[utility.country].languages


def _with_id(kind: ExtraMentor, place: int, known: set[str]) -> ExtraMentor:
    id = f"EXTRA-{place:03d}"
    while id in known:
        id += "X"
    return ExtraMentor(id, kind.capabilities, kind.country, kind.language, kind.asked_by)
