"""A view of the network: what its address asks for, and which utilities and pairs that shows.

The drawing, the tables under it and every file are of the same view: this is the one place that decides.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from pydantic import Field

from graph.inside import DEPTHS
from graph.network_layout import Ints
from graph.sentences import say
from web.network_colours import Colouring, Sizing
from web.network_columns import UNKNOWN, Columns
from web.pages.utilities import check_known
from web.search import fold
from web.twin import Query

Mask: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]
SizeClass = Literal["small", "middle", "large", "unknown"]
SMALL, LARGE = 100_000, 1_000_000
"""People served below which a utility is small, and from which it is large."""
FIRST_YEAR, LAST_YEAR = 1900, 2200


class ViewQuery(Query):
    """Which part of the network, and how it is drawn."""

    q: str | None = Field(
        default=None,
        max_length=200,
        description="Words in the name or place of a utility, or in the programme, funder or facts of a partnership.",
    )
    capability: str | None = Field(default=None, description="Id of a capability the pair works on.")
    region: str | None = Field(default=None, description="Id of a region that at least one of the pair is in.")
    mentors_in: str | None = Field(default=None, max_length=200, description="A region or country of the mentors.")
    mentees_in: str | None = Field(default=None, max_length=200, description="A region or country of the mentees.")
    programme: str | None = Field(default=None, max_length=300, description="A programme.")
    funder: str | None = Field(default=None, max_length=300, description="A funder.")
    confidence: str | None = Field(default=None, max_length=30, description="How sure the register is of it.")
    people: SizeClass | None = Field(
        default=None, description="People served by at least one of the pair: under 100,000, to a million, more."
    )
    since: int | None = Field(default=None, ge=FIRST_YEAR, le=LAST_YEAR, description="Begun in this year or later.")
    year: int | None = Field(default=None, ge=FIRST_YEAR, le=LAST_YEAR, description="Begun by the end of this year.")
    only: Literal["cascades"] | None = Field(
        default=None, description="Only pairs of cascades: a mentee that became a mentor."
    )
    proposed: Literal["yes"] | None = Field(default=None, description="Also the pairs of the latest proposal.")
    alone: Literal["yes"] | None = Field(default=None, description="Also utilities without a pair.")
    selected: str | None = Field(default=None, max_length=200, description="Id of the utility looked at.")
    steps: int | None = Field(
        default=None, ge=DEPTHS[0], le=DEPTHS[-1], description="Only what is within so many pairs of that utility."
    )
    colour: Colouring = Field(default="region", description="What colours say.")
    size: Sizing = Field(default="partners", description="What sizes say.")


@dataclass(frozen=True)
class Shown:
    """What a view shows: ``pairs`` and ``standing`` (utilities shown whatever their pairs) leave the year aside.

    ``pairs_by_year`` and ``utilities`` are what is left by the year the view asks for.
    """

    pairs: Mask
    standing: Mask
    pairs_by_year: Mask
    utilities: Mask


def shown(columns: Columns, query: ViewQuery) -> Shown:
    """The utilities and pairs of a view.

    Raises ``UnknownName`` for a capability, region, programme, funder, confidence or utility nobody knows.
    """
    check(columns, query)
    who = _utilities(columns, query)
    pairs = _pairs(columns, query) & (who[columns.mentor] | who[columns.mentee])
    if query.q:
        named, told = _words(columns, query.q)
        pairs &= named[columns.mentor] | named[columns.mentee] | told
        who = who & named
    standing = who & (query.alone == "yes")
    if query.selected is not None:
        chosen = columns.number[query.selected]
        if query.steps is not None:
            near = within(columns, pairs, chosen, query.steps)
            pairs = pairs & near[columns.mentor] & near[columns.mentee]
            standing &= near
        standing[chosen] = True
    by_year = pairs if query.year is None else pairs & (columns.began != UNKNOWN) & (columns.began <= query.year)
    utilities = standing.copy()
    utilities[columns.mentor[by_year]] = True
    utilities[columns.mentee[by_year]] = True
    return Shown(pairs, standing, by_year, utilities)


def within(columns: Columns, pairs: Mask, start: int, steps: int) -> Mask:
    """The utilities that at most so many of these pairs lead to from one of them."""
    one, other = columns.mentor[pairs], columns.mentee[pairs]
    reached = np.zeros(len(columns.utilities), dtype=bool)
    reached[start] = True
    for _ in range(steps):
        ahead, back = reached[one], reached[other]
        reached[other[ahead]] = True
        reached[one[back]] = True
    return reached


def check(columns: Columns, query: ViewQuery) -> None:
    """Refuse a view of something nobody knows; raises ``UnknownName``."""
    network, coded = columns.known.network, columns.of_pairs
    check_known(
        (say("capability"), query.capability, network.capability_by_id),
        (say("region"), query.region, network.region_by_id),
        (say("region or country"), query.mentors_in, places_known(columns)),
        (say("region or country"), query.mentees_in, places_known(columns)),
        (say("programme"), query.programme, dict.fromkeys(coded["programme"].ids)),
        (say("funder"), query.funder, dict.fromkeys(coded["funder"].ids)),
        (say("confidence"), query.confidence, dict.fromkeys(coded["confidence"].ids)),
        (say("utility"), query.selected, network.utility_by_id),
    )


def bits(mask: Mask) -> str:
    """A mask as text for the page: its bits, the first the lowest of the first byte, in base 64."""
    return base64.b64encode(np.packbits(mask, bitorder="little").tobytes()).decode()


def size_class(people: float | None) -> SizeClass:
    """The class of a utility by the people it serves."""
    if people is None:
        return "unknown"
    return "small" if people < SMALL else "middle" if people < LARGE else "large"


def _utilities(columns: Columns, query: ViewQuery) -> Mask:
    found = np.ones(len(columns.utilities), dtype=bool)
    if query.region is not None:
        region = columns.attributes["region"]
        found &= region.codes == region.code(query.region)
    if query.people is not None:
        found &= np.array([size_class(people) == query.people for people in columns.people], dtype=bool)
    return found


def _pairs(columns: Columns, query: ViewQuery) -> Mask:
    found = np.ones(len(columns.mentor), dtype=bool)
    if query.proposed is None:
        found &= ~columns.is_proposed
    for name in ("programme", "funder", "confidence"):
        wanted = getattr(query, name)
        if wanted is not None:
            coded = columns.of_pairs[name]
            found &= coded.codes == coded.code(wanted)
    if query.capability is not None:
        found &= np.array([query.capability in topics for topics in columns.topics], dtype=bool)
    for ends, place in ((columns.mentor, query.mentors_in), (columns.mentee, query.mentees_in)):
        if place is not None:
            found &= _is_in(columns, place)[ends]
    if query.since is not None:
        found &= columns.began >= query.since
    if query.only == "cascades":
        found &= columns.is_cascade
    return found


def places_known(columns: Columns) -> dict[str, str]:
    """The names of regions and countries by id."""
    network = columns.known.network
    regions = {region.id: region.name for region in network.regions}
    return regions | {country.id: country.name for country in network.countries}


def _is_in(columns: Columns, place: str) -> Mask:
    """The utilities of a region, or of a country by its alpha-3 code."""
    countries = columns.known.network.country_by_id
    return np.array([place in (one.country, countries[one.country].region) for one in columns.utilities], dtype=bool)


def _words(columns: Columns, asked: str) -> tuple[Mask, Mask]:
    """The utilities whose name or place holds every word, and the pairs whose facts do."""
    words = fold(asked).split()
    named = [all(word in text for word in words) for text in columns.utility_texts]
    told = [all(word in text for word in words) for text in columns.pair_texts]
    return np.array(named, dtype=bool), np.array(told, dtype=bool)


def numbers(mask: Mask) -> Ints:
    """The places where a mask holds."""
    return np.asarray(np.flatnonzero(mask))
