"""What the register of partnerships implies: offers and needs that nobody stated.

A utility that mentored on a capability has shown that it can teach it, so it *offers* it, with those partnerships
as evidence; a utility that learned a capability had a *need* of it. Both are history, not a statement of today:
they carry ``provenance="inferred"``, no level and no priority, and a source text that says so.

What counts as known by a date:

- a start year: from that year on (the register knows years only);
- only an end year: from that year on, since it had certainly begun by then;
- no year at all: from ``UNDATED_KNOWN_FROM`` on, when the register was gathered; before, it could be a leak;
- a partnership that is only planned, and one without topics, implies nothing; nor does a topic that is private.

The flags of the register never remove an inference; where *all* evidence of one carries a flag that matters, the
source text says so (``FLAG_NOTES``). No flag says which side is meant, so none is turned into a field of a utility.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from types import MappingProxyType

from graph.model import Need, Offer, Partnership
from graph.network import Network
from graph.sentences import Sentence, say

INFERRED_SOURCE = say("inferred from the register")
"""How every inferred offer and need is marked wherever it is shown."""

UNDATED_KNOWN_FROM = 2025
"""The newest start year of the register: what it tells without a year had happened by then."""

FLAG_NOTES: Mapping[str, Sentence] = MappingProxyType(
    {
        "programme_topics": say("topics are the programme's"),
        "programme_years": say("years are the programme's"),
        "mentor_vehicle": say("the mentor sends staff of several utilities"),
        "not_utility_side": say("one side is a city or agency"),
        "private_party": say("one side is a private company"),
        "commercial_boundary": say("partly commercial or unclear"),
        "war_emergency": say("help in war"),
        "two_way": say("an exchange of equals"),
    }
)
"""What each flag of a partnership means, in a few words, in the order in which they are shown."""


def known_by(partnership: Partnership, as_of: date) -> bool:
    """Whether the partnership can be known, by its years, to have begun by a date."""
    if partnership.start_year is not None:
        return partnership.start_year <= as_of.year
    if partnership.end_year is not None:
        return partnership.end_year <= as_of.year
    return as_of.year >= UNDATED_KNOWN_FROM


def last_active_year(partnership: Partnership, as_of: date) -> int | None:
    """The last year up to a date in which the partnership is known to have been active, if any.

    The end year, but not after ``as_of``; without one the start year: that it went on is not known.
    """
    if partnership.end_year is not None:
        return min(partnership.end_year, as_of.year)
    return partnership.start_year


def with_inferred(network: Network, as_of: date) -> Network:
    """The network with the offers and needs that its partnerships known by ``as_of`` imply.

    A stated offer (need) wins over an inferred one of the same utility and capability, and nothing is inferred that
    the utility denies (``not_offered``, ``not_needed``). Inferred records already
    there are replaced, so that asking again for another date gives what that date implies. Everything stays
    ordered by utility and capability.
    """
    given: defaultdict[tuple[str, str], list[Partnership]] = defaultdict(list)
    received: defaultdict[tuple[str, str], list[Partnership]] = defaultdict(list)
    for partnership in network.partnerships:
        if partnership.status == "planned" or not known_by(partnership, as_of):
            continue
        for capability in partnership.capabilities:
            if capability in partnership.private_topics:
                continue  # who mentors on it would tell whose need it was
            given[partnership.mentor, capability].append(partnership)
            received[partnership.mentee, capability].append(partnership)
    offers = {(offer.utility, offer.capability): offer for offer in network.offers if offer.provenance == "stated"}
    denied_offers = {(each.id, capability) for each in network.utilities for capability in each.not_offered}
    denied_needs = {(each.id, capability) for each in network.utilities for capability in each.not_needed}
    for (utility, capability), evidence in given.items():
        if (utility, capability) not in offers and (utility, capability) not in denied_offers:
            offers[utility, capability] = Offer(
                utility=utility,
                capability=capability,
                evidence="; ".join(sorted({partnership.id for partnership in evidence})),
                year=_newest_year(evidence, as_of),
                source=_source(evidence),
                provenance="inferred",
            )
    needs = {(need.utility, need.capability): need for need in network.needs if need.provenance == "stated"}
    for (utility, capability), evidence in received.items():
        if (utility, capability) not in needs and (utility, capability) not in denied_needs:
            needs[utility, capability] = Need(
                utility=utility,
                capability=capability,
                status="provisional",
                year=_newest_year(evidence, as_of),
                source=_source(evidence),
                provenance="inferred",
            )
    return replace(
        network,
        offers=tuple(offers[key] for key in sorted(offers)),
        needs=tuple(needs[key] for key in sorted(needs)),
    )


def parallel_partnerships(network: Network, as_of: date) -> Mapping[str, int]:
    """For each mentor, the most mentees it had in any one year up to a date: what it has shown it can carry.

    A partnership counts in each year from its start to its end (without an end, in its first year only; without a
    start, in its last). One without any year counts by itself. Planned ones do not count. Ordered by utility.
    """
    mentees: defaultdict[str, defaultdict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    mentors: set[str] = set()
    for partnership in network.partnerships:
        if partnership.status == "planned" or not known_by(partnership, as_of):
            continue
        mentors.add(partnership.mentor)
        last = last_active_year(partnership, as_of)
        if last is not None:
            first = last if partnership.start_year is None else partnership.start_year
            for year in range(first, last + 1):
                mentees[partnership.mentor][year].add(partnership.mentee)
    return {mentor: max((len(found) for found in mentees[mentor].values()), default=1) for mentor in sorted(mentors)}


def _newest_year(evidence: Sequence[Partnership], as_of: date) -> int | None:
    years = [year for partnership in evidence if (year := last_active_year(partnership, as_of)) is not None]
    return max(years, default=None)


def _source(evidence: Sequence[Partnership]) -> str:
    """The source text; it names the flags that all evidence carries."""
    return _marked(frozenset.intersection(*(frozenset(partnership.flags) for partnership in evidence)))


@cache
def _marked(common: frozenset[str]) -> str:
    """The text for evidence that has these flags in common; few sets occur, and often."""
    notes = tuple(note for flag, note in FLAG_NOTES.items() if flag in common)
    if not notes:
        return str(INFERRED_SOURCE)
    return str(say("{source} ({notes})", source=INFERRED_SOURCE, notes=notes))
