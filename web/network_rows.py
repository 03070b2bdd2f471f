"""What a store answers by itself, in the form that JSON twins and ``wop network`` share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict

from graph.inside import Candidates, Chain, Neighbourhood, Place, SupplyDemand
from graph.model import Provenance


class PlaceRef(TypedDict):
    """A utility by name and alpha-3 code of its country; ``None`` is unknown."""

    id: str
    name: str | None
    country: str | None


class NeighbourRow(PlaceRef):
    """A utility some partnerships away, and the first one by id that is a partnership nearer and leads to it."""

    distance: int
    via: str


class Neighbours(TypedDict):
    """Who is within some partnerships; ``counts`` of exactly 1, 2, ... away count those not listed too."""

    utility: PlaceRef
    depth: int
    year: int
    counts: list[int]
    neighbours: list[NeighbourRow]


class TieRow(TypedDict):
    """A partnership between two utilities next to each other in a chain."""

    partnership: str
    wop: str | None
    mentor: str
    mentee: str
    start_year: int | None
    end_year: int | None


class ChainTo(TypedDict):
    """A shortest chain, ``links[n]`` between utility n and the next; both are empty where there is none."""

    utility: PlaceRef
    to: PlaceRef
    year: int
    utilities: list[PlaceRef]
    links: list[list[TieRow]]


class NeededRow(TypedDict):
    """A capability the utility needs."""

    capability: str
    capability_name: str | None
    provenance: Provenance
    private: bool


class SharedRow(TypedDict):
    """A capability a candidate offers; ``level`` 1 to 5, ``None`` is unknown."""

    capability: str
    capability_name: str | None
    provenance: Provenance
    level: int | None


class CandidateRow(PlaceRef):
    """A utility that offers what is needed."""

    shared: list[SharedRow]


class Mentors(TypedDict):
    """Who offers what a utility needs, the most first; ``total`` counts those not listed too."""

    utility: PlaceRef
    year: int
    needs: list[NeededRow]
    total: int
    candidates: list[CandidateRow]


class SupplyRow(TypedDict):
    """How many utilities of a region offer and need a capability; ``missing`` is by how many needs outnumber offers."""

    capability: str
    capability_name: str | None
    region: str | None
    region_name: str | None
    offers: int
    offers_stated: int
    needs: int
    needs_stated: int
    missing: int


def neighbours_of(found: Neighbourhood, depth: int, year: int) -> Neighbours:
    """A neighbourhood."""
    return Neighbours(
        utility=place_ref(found.utility),
        depth=depth,
        year=year,
        counts=list(found.counts),
        neighbours=[
            NeighbourRow(id=row.id, name=row.name, country=row.country, distance=row.distance, via=row.via)
            for row in found.neighbours
        ],
    )


def chain_of(found: Chain, year: int) -> ChainTo:
    """A chain."""
    return ChainTo(
        utility=place_ref(found.source),
        to=place_ref(found.target),
        year=year,
        utilities=[place_ref(place) for place in found.utilities],
        links=[
            [
                TieRow(
                    partnership=tie.partnership,
                    wop=tie.wop,
                    mentor=tie.mentor,
                    mentee=tie.mentee,
                    start_year=tie.start_year,
                    end_year=tie.end_year,
                )
                for tie in link
            ]
            for link in found.links
        ],
    )


def mentors_of(found: Candidates, year: int) -> Mentors:
    """Candidate mentors."""
    names = {need.capability: need.name for need in found.needs}
    return Mentors(
        utility=place_ref(found.utility),
        year=year,
        needs=[
            NeededRow(capability=need.capability, capability_name=need.name, provenance=need.need, private=need.private)
            for need in found.needs
        ],
        total=found.total,
        candidates=[
            CandidateRow(
                id=row.id,
                name=row.name,
                country=row.country,
                shared=[
                    SharedRow(
                        capability=one.capability,
                        capability_name=names[one.capability],
                        provenance=one.offer,
                        level=one.level,
                    )
                    for one in row.shared
                ],
            )
            for row in found.candidates
        ],
    )


def supply_of(rows: Iterable[SupplyDemand], capability: str | None, region: str | None) -> list[SupplyRow]:
    """The rows of a capability and a region (of all where ``None``), where need outstrips supply most first."""
    chosen = [
        SupplyRow(
            capability=row.capability,
            capability_name=row.capability_name,
            region=row.region,
            region_name=row.region_name,
            offers=row.offers,
            offers_stated=row.offers_stated,
            needs=row.needs,
            needs_stated=row.needs_stated,
            missing=row.needs - row.offers,
        )
        for row in rows
        if capability in (None, row.capability) and region in (None, row.region)
    ]
    return sorted(chosen, key=lambda row: (-row["missing"], -row["needs"], row["capability"], row["region"] or ""))


def place_ref(place: Place) -> PlaceRef:
    """A utility by name and country."""
    return PlaceRef(id=place.id, name=place.name, country=place.country)
