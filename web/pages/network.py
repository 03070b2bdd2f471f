"""What the store answers by itself: neighbours, chains, candidate mentors, supply and demand."""

from __future__ import annotations

from typing import TypedDict

from flask import Blueprint, Response
from pydantic import Field

from graph.errors import UnknownName
from graph.inside import DEPTHS, Place
from graph.sentences import say
from web.asking import asked
from web.knowledge import keeper, supply_seen, today, view_here
from web.network_rows import ChainTo, Mentors, Neighbours, SupplyRow, chain_of, mentors_of, neighbours_of, supply_of
from web.private import seen_candidates
from web.shown import Crumb, Part, cut
from web.twin import Paged, Query, answer, page

pages = Blueprint("network", __name__)

NEIGHBOURS_SHOWN, CANDIDATES_SHOWN = 500, 50
ALL_CANDIDATES = 1_000_000
FIRST_YEAR, LAST_YEAR = 1900, 2200


class YearQuery(Query):
    """By which year."""

    year: int | None = Field(
        default=None, ge=FIRST_YEAR, le=LAST_YEAR, description="What was known by the end of it; the present year."
    )


class NetworkQuery(YearQuery):
    """How far."""

    depth: int = Field(default=2, ge=DEPTHS[0], le=DEPTHS[-1], description="How many partnerships away.")


class ChainQuery(YearQuery):
    """To whom."""

    to: str | None = Field(default=None, max_length=300, description="Id or exact name of another utility.")


class SupplyQuery(Paged):
    """Where, of what, and by which year."""

    capability: str | None = Field(default=None, description="Id of a capability.")
    region: str | None = Field(default=None, description="Id of a region.")
    year: int | None = Field(
        default=None, ge=FIRST_YEAR, le=LAST_YEAR, description="What was known by the end of it; the present year."
    )


class Supply(TypedDict):
    """Supply and demand, the greatest lack first, one part of the list."""

    year: int
    part: Part
    rows: list[SupplyRow]


@page(pages, "/utilities/<utility_id>/network", NetworkQuery, Neighbours)
def neighbours(query: NetworkQuery, utility_id: str) -> Response:
    """Utilities within 1 to 3 partnerships of one utility."""
    year = query.year or today().year
    found = asked(
        lambda reader: reader.neighbourhood(utility_id, query.depth, year, NEIGHBOURS_SHOWN), utility_id=utility_id
    )
    names = {found.utility.id: found.utility.name} | {row.id: row.name for row in found.neighbours}
    data = neighbours_of(found, query.depth, year)
    return answer("network.html", data, query=query, names=names, depths=DEPTHS, crumbs=_crumbs(found.utility))


@page(pages, "/utilities/<utility_id>/chain", ChainQuery, ChainTo)
def chain(query: ChainQuery, utility_id: str) -> Response:
    """The shortest chain of partnerships from one utility to another."""
    year = query.year or today().year
    found = asked(
        lambda reader: reader.chain(utility_id, query.to or utility_id, year), utility_id=utility_id, to=query.to
    )
    return answer("chain.html", chain_of(found, year), query=query, crumbs=_crumbs(found.source))


@page(pages, "/utilities/<utility_id>/mentors", YearQuery, Mentors)
def mentors(query: YearQuery, utility_id: str) -> Response:
    """Utilities that offer what one utility needs, before any rule of a policy."""
    year = query.year or today().year
    view = view_here()
    most = ALL_CANDIDATES if view is not None else CANDIDATES_SHOWN
    found = asked(lambda reader: reader.candidate_mentors(utility_id, year, most), utility_id=utility_id)
    if view is not None:
        found = seen_candidates(found, view, CANDIDATES_SHOWN)
    return answer("mentors.html", mentors_of(found, year), query=query, crumbs=_crumbs(found.utility))


@page(pages, "/supply", SupplyQuery, Supply)
def supply(query: SupplyQuery) -> Response:
    """Supply and demand by capability and region, where need outstrips supply first."""
    year = query.year or today().year
    with keeper().store.read() as reader:
        keeper().note(reader.revision)
        known = {label: reader.names(label) for label in ("Capability", "Region")}
        rows = reader.supply_and_demand(year)
    rows = supply_seen(rows)
    for what, label, name in (
        (say("capability"), "Capability", query.capability),
        (say("region"), "Region", query.region),
    ):
        if name and name not in known[label]["id"]:
            raise UnknownName(what, name, known[label]["id"])
    shown = cut(supply_of(rows, query.capability, query.region), query.page)
    data = Supply(year=year, part=shown.part, rows=list(shown.rows))
    chosen = {
        "capability": sorted({(row.capability, row.capability_name) for row in rows}),
        "region": sorted({(row.region, row.region_name) for row in rows if row.region is not None}),
    }
    return answer("supply.html", data, query=query, choices=chosen)


def _crumbs(utility: Place) -> list[Crumb]:
    return [
        Crumb(say("Utilities"), "utilities.utilities"),
        Crumb(utility.name or utility.id, "utilities.utility", {"utility_id": utility.id}),
    ]
