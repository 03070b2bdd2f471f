"""A view of the network in words: the rows of its tables, its legend, its cascades, and one utility looked at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict, cast

import numpy as np

from matcher.document import UtilityRef
from web.network_colours import BANDS, PALETTE, REST_PLACE, UNKNOWN_PLACE, Colouring
from web.network_columns import UNKNOWN, Columns, nones
from web.network_view import Mask, Shown, numbers, within

REST = (REST_PLACE, UNKNOWN_PLACE)
INTRODUCED = 6
"""Utilities that are named behind one partner; the others are counted."""


class UtilityShown(TypedDict):
    """A utility of a view; ``None`` is unknown. ``helped`` and ``helped_by`` count pairs of the view."""

    utility: UtilityRef
    role: str | None
    helped: int
    helped_by: int
    people: float | None
    community: int | None


class PairShown(TypedDict):
    """A pair of a view: a partnership, or a proposed one (then without ``wop``)."""

    mentor: UtilityRef
    mentee: UtilityRef
    wop: str | None
    start_year: int | None
    end_year: int | None
    programme: str | None
    funder: str | None
    confidence: str | None
    proposed: bool
    cascade: bool


class LegendRow(TypedDict):
    """A colour, what has it (``None``: what is unknown, "": what has no colour of its own), and how many."""

    colour: str
    name: str | None
    utilities: int


class Cascade(TypedDict):
    """A mentee that became a mentor: from whom it learned first, and whom it mentored later, with years."""

    utility: UtilityRef
    learned_from: UtilityRef
    learned: int
    mentored: UtilityRef
    taught: int


class PartnerShown(TypedDict):
    """A partner of the utility looked at; ``mentors`` says whether the partner is the mentor."""

    utility: UtilityRef
    mentors: bool
    start_year: int | None
    end_year: int | None
    proposed: bool


class Introduction(TypedDict):
    """Whom one partner could introduce the utility to: the first few, and how many there are."""

    through: UtilityRef
    others: list[UtilityRef]
    total: int


class Looked(TypedDict):
    """One utility looked at; ``None`` is unknown."""

    utility: UtilityRef
    income: str | None
    role: str | None
    community: int | None
    people: float | None
    people_year: int | None
    reach: int
    bridging: float
    partners: list[PartnerShown]
    introductions: list[Introduction]


def utilities_shown(columns: Columns, shown: Shown) -> list[int]:
    """The utilities of a view, those with the most pairs first, then by name."""
    count = len(columns.utilities)
    pairs = shown.pairs_by_year
    many = np.bincount(columns.mentor[pairs], minlength=count) + np.bincount(columns.mentee[pairs], minlength=count)
    places = numbers(shown.utilities)
    # Names are in their order already; a stable sort by the number of pairs keeps it among equals.
    places = places[np.argsort(columns.name_order[places], kind="stable")]
    return cast(list[int], places[np.argsort(-many[places], kind="stable")].tolist())


def utility_rows(columns: Columns, shown: Shown, places: Iterable[int]) -> list[UtilityShown]:
    """Utilities as the table shows them."""
    count, pairs = len(columns.utilities), shown.pairs_by_year
    helped = np.bincount(columns.mentor[pairs], minlength=count)
    helped_by = np.bincount(columns.mentee[pairs], minlength=count)
    return [
        UtilityShown(
            utility=ref(columns, place),
            role=said(columns, "role", place),
            helped=int(helped[place]),
            helped_by=int(helped_by[place]),
            people=columns.people[place],
            community=community(columns, place),
        )
        for place in places
    ]


def pairs_shown(columns: Columns, shown: Shown) -> list[int]:
    """The pairs of a view, the newest first, undated ones last."""
    pairs = numbers(shown.pairs_by_year)
    return cast(list[int], pairs[np.argsort(-columns.began[pairs], kind="stable")].tolist())


def pair_rows(columns: Columns, pairs: Iterable[int]) -> list[PairShown]:
    """Pairs as the table shows them."""
    rows = []
    for pair in pairs:
        past = columns.partnerships[pair] if pair < len(columns.partnerships) else None
        rows.append(
            PairShown(
                mentor=ref(columns, int(columns.mentor[pair])),
                mentee=ref(columns, int(columns.mentee[pair])),
                wop=past.wop if past else None,
                start_year=past.start_year if past else None,
                end_year=past.end_year if past else None,
                programme=past.programme if past else None,
                funder=past.funder if past else None,
                confidence=past.confidence if past else None,
                proposed=past is None,
                cascade=bool(columns.is_cascade[pair]),
            )
        )
    return rows


def legend_rows(columns: Columns, shown: Shown, colouring: Colouring) -> list[LegendRow]:
    """The colours of a view: those with a name of their own first, by how many utilities have them, or most first."""
    of_code, places = columns.colours[colouring]
    counted = np.bincount(np.array(places, dtype=np.int64)[shown.utilities], minlength=len(PALETTE))
    names = {place: columns.attributes[colouring].names[code] for code, place in of_code.items() if place not in REST}
    own = [LegendRow(colour=PALETTE[place], name=names[place], utilities=int(counted[place])) for place in names]
    rows = [row for row in own if row["utilities"]]
    rows = rows[::-1] if colouring in BANDS else sorted(rows, key=lambda row: -row["utilities"])
    for place, name in ((REST_PLACE, ""), (UNKNOWN_PLACE, None)):
        if counted[place]:
            rows.append(LegendRow(colour=PALETTE[place], name=name, utilities=int(counted[place])))
    return rows


def cascades(columns: Columns, shown: Shown) -> list[Cascade]:
    """The cascades whose pairs a view shows, the earliest first."""
    dated = numbers(shown.pairs_by_year & columns.is_cascade)
    dated = dated[np.argsort(columns.began[dated], kind="stable")]
    began: dict[int, int] = dict(zip(dated.tolist(), columns.began[dated].tolist(), strict=True))
    learned: dict[int, int] = {}
    taught: dict[int, int] = {}
    rows = zip(dated.tolist(), columns.mentor[dated].tolist(), columns.mentee[dated].tolist(), strict=True)
    for pair, mentor, mentee in rows:
        learned.setdefault(mentee, pair)
        if mentor in learned and mentor not in taught and began[pair] > began[learned[mentor]]:
            taught[mentor] = pair
    found = sorted(taught, key=lambda one: (began[learned[one]], one))
    return [
        Cascade(
            utility=ref(columns, one),
            learned_from=ref(columns, int(columns.mentor[learned[one]])),
            learned=began[learned[one]],
            mentored=ref(columns, int(columns.mentee[taught[one]])),
            taught=began[taught[one]],
        )
        for one in found
    ]


def looked(columns: Columns, shown: Shown, place: int) -> Looked:
    """One utility, its partners in a view, and whom they could introduce it to."""
    pairs = shown.pairs_by_year
    mine = numbers(pairs & ((columns.mentor == place) | (columns.mentee == place))).tolist()
    network = columns.known.network
    figure = network.figures.get((columns.utilities[place].id, "population_served"))
    return Looked(
        utility=ref(columns, place),
        income=said(columns, "income", place),
        role=said(columns, "role", place),
        community=community(columns, place),
        people=columns.people[place],
        people_year=figure.year if figure else None,
        reach=int(columns.sizes["reach"][place] or 0),
        bridging=float(columns.sizes["bridging"][place] or 0),
        partners=[
            _partner(columns, pair, place) for pair in sorted(mine, key=lambda pair: (-columns.began[pair], pair))
        ],
        introductions=_introductions(columns, pairs, place),
    )


def ref(columns: Columns, place: int) -> UtilityRef:
    """Enough of a utility to show a row."""
    return columns.known.refs[columns.utilities[place].id]


def said(columns: Columns, colouring: Colouring, place: int) -> str | None:
    """The name of what a utility is by one attribute."""
    coded = columns.attributes[colouring]
    code = int(coded.codes[place])
    return None if code == UNKNOWN else coded.names[code]


def community(columns: Columns, place: int) -> int | None:
    """The number of a utility's community, from 1."""
    code = int(columns.attributes["community"].codes[place])
    return None if code == UNKNOWN else code + 1


def _partner(columns: Columns, pair: int, place: int) -> PartnerShown:
    mentor, mentee = int(columns.mentor[pair]), int(columns.mentee[pair])
    start, end = nones(columns.start[[pair]])[0], nones(columns.end[[pair]])[0]
    return PartnerShown(
        utility=ref(columns, mentee if mentor == place else mentor),
        mentors=mentor != place,
        start_year=start,
        end_year=end,
        proposed=bool(columns.is_proposed[pair]),
    )


def _introductions(columns: Columns, pairs: Mask, place: int) -> list[Introduction]:
    """By partner: the utilities two pairs away that it is a partner of, most first."""
    partners = within(columns, pairs, place, 1)
    partners[place] = False
    beyond = within(columns, pairs, place, 2) & ~partners
    beyond[place] = False
    found: dict[int, set[int]] = {}
    for one, other in ((columns.mentor, columns.mentee), (columns.mentee, columns.mentor)):
        for pair in numbers(pairs & partners[one] & beyond[other]).tolist():
            found.setdefault(int(one[pair]), set()).add(int(other[pair]))
    ordered = sorted(found, key=lambda one: (-len(found[one]), columns.utilities[one].name.casefold(), one))
    return [
        Introduction(
            through=ref(columns, one),
            others=[
                ref(columns, other)
                for other in sorted(found[one], key=lambda other: (columns.utilities[other].name.casefold(), other))
            ][:INTRODUCED],
            total=len(found[one]),
        )
        for one in ordered
    ]
