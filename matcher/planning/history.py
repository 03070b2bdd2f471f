"""What was known when: the network of an earlier year, when a partnership began, and what is in use.

What is stated counts from its own year, or in every year where it has none; what the partnerships imply counts from
the first year in which they are known to have begun (``graph.register``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date
from typing import TypeAlias

from graph.model import Need, Offer, Partnership, Utility
from graph.network import Network
from graph.register import UNDATED_KNOWN_FROM, known_by, last_active_year, with_inferred

ASSUMED_YEARS = 3
"""A partnership without a known end counts as under way for so many years after its start, as in the rules."""


def by_year(network: Network, year: int) -> Network:
    """What was known by the end of a year: stated by then or without a year, and what partnerships imply by then.

    A private profile that shows nothing now shows nothing of its past either.
    """
    seen = {offer.utility for offer in network.offers} | {need.utility for need in network.needs}
    closed = {utility.id for utility in network.utilities if utility.private and utility.id not in seen}

    def then(one: Offer | Need) -> bool:
        return one.provenance == "stated" and (one.year is None or one.year <= year)

    found = with_inferred(
        replace(
            network,
            offers=tuple(offer for offer in network.offers if then(offer)),
            needs=tuple(need for need in network.needs if then(need)),
        ),
        date(year, 12, 31),
    )
    return replace(
        found,
        offers=tuple(offer for offer in found.offers if offer.utility not in closed),
        needs=tuple(need for need in found.needs if need.utility not in closed),
    )


def suppliers(network: Network, offers: Collection[Offer]) -> Mapping[str, set[str]]:
    """Who could be asked for each capability: those that offer it and are not known to work for profit."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for offer in offers:
        if network.utility_by_id[offer.utility].not_for_profit is not False:
            found[offer.capability].add(offer.utility)
    return found


def begun_in(partnership: Partnership) -> int:
    """The first year in which a partnership is known to have begun; see ``graph.register.known_by``."""
    return partnership.start_year or partnership.end_year or UNDATED_KNOWN_FROM


def under_way(partnership: Partnership, as_of: date) -> bool:
    """Whether a partnership is under way; one without an end for ``ASSUMED_YEARS`` after its start."""
    if partnership.status == "planned" or not known_by(partnership, as_of):
        return False
    if partnership.end_year is not None:
        return partnership.end_year >= as_of.year
    return partnership.start_year is not None and partnership.start_year + ASSUMED_YEARS >= as_of.year


Use: TypeAlias = Mapping[tuple[str, str], tuple[int | None, bool]]
"""(mentor, capability) to the last year it taught it, and whether a partnership on it is under way."""


def last_use(network: Network, as_of: date) -> Use:
    """(mentor, capability) to the last year it taught it in a partnership, and whether one is under way."""
    found: dict[tuple[str, str], tuple[int | None, bool]] = {}
    for part in network.partnerships:
        if part.status == "planned" or not known_by(part, as_of):
            continue
        year, now = last_active_year(part, as_of), under_way(part, as_of)
        for capability in part.capabilities:
            before, busy = found.get((part.mentor, capability), (None, False))
            years = [each for each in (before, year) if each is not None]
            found[part.mentor, capability] = (max(years, default=None), busy or now)
    return found


def working_languages(network: Network, utility: Utility) -> tuple[str, ...]:
    """The languages a utility works in; its country's where it named none."""
    return utility.languages or network.country_by_id[utility.country].languages
