"""The network in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TypedDict

from flask import Blueprint, Response

from graph.model import Partnership
from matcher.document import Totals
from web.knowledge import knowledge
from web.signing_in import signed
from web.snapshot import Knowledge
from web.twin import Query, answer, page

pages = Blueprint("overview", __name__)

TOP = 10


class DecadeRow(TypedDict):
    """Partnerships that began in the ten years from ``decade``; ``None`` where the year is not known."""

    decade: int | None
    partnerships: int


class RegionRow(TypedDict):
    """A region in numbers; ``given`` and ``received`` count mentor-mentee pairs."""

    region: str
    region_name: str
    utilities: int
    given: int
    received: int


class CapabilityRow(TypedDict):
    """How many utilities offer and need a capability."""

    capability: str
    capability_name: str
    offers: int
    needs: int


class FigureRow(TypedDict):
    """For how many utilities a figure is known."""

    metric: str
    metric_name: str
    utilities: int
    share: float


class FlowRow(TypedDict):
    """Pairs with a mentor in one region and a mentee in another (or the same)."""

    mentor_region_name: str
    mentee_region_name: str
    pairs: int


class ProposalSummary(TypedDict):
    """The latest proposal in short."""

    id: str
    as_of: str
    policy: str
    totals: Totals


class Overview(TypedDict):
    """The whole network in numbers, at one revision of the store."""

    revision: int
    as_of: str
    utilities: int
    countries: int
    mentors: int
    mentees: int
    both: int
    partnerships: int
    pairs: int
    decades: list[DecadeRow]
    regions: list[RegionRow]
    capabilities: list[CapabilityRow]
    figures: list[FigureRow]
    flows: list[FlowRow]
    proposal: ProposalSummary | None


@page(pages, "/", Query, Overview)
def overview(_query: Query) -> Response:
    """The network in numbers; for a utility member, the way to the own utilities first."""
    known, found = knowledge(), signed()
    mine = found.account.utilities if found is not None else ()
    own = [utility for utility in known.network.utilities if utility.id in mine] if mine else []
    return answer("overview.html", overview_of(known), own=own)


def overview_of(known: Knowledge) -> Overview:
    """The numbers of one snapshot."""
    network = known.network
    began: dict[str, int | None] = {}
    for partnership in network.partnerships:
        began[partnership.wop] = _earlier(began.get(partnership.wop), partnership)
    mentors = {partnership.mentor for partnership in network.partnerships}
    mentees = {partnership.mentee for partnership in network.partnerships}
    return Overview(
        revision=network.revision,
        as_of=known.as_of.isoformat(),
        utilities=len(network.utilities),
        countries=len({utility.country for utility in network.utilities}),
        mentors=len(mentors),
        mentees=len(mentees),
        both=len(mentors & mentees),
        partnerships=len(began),
        pairs=len(network.partnerships),
        decades=_decades(began.values()),
        regions=_regions(known),
        capabilities=capabilities_of(known)[:TOP],
        figures=_figures(known),
        flows=_flows(known),
        proposal=_summary(known),
    )


def capabilities_of(known: Knowledge) -> list[CapabilityRow]:
    """Every capability with how often it is offered and needed, most needed first."""
    offers = Counter(offer.capability for offer in known.network.offers)
    needs = Counter(need.capability for need in known.network.needs)
    rows = [
        CapabilityRow(
            capability=capability.id,
            capability_name=capability.name,
            offers=offers[capability.id],
            needs=needs[capability.id],
        )
        for capability in known.network.capabilities
    ]
    return sorted(rows, key=lambda row: (-row["needs"], -row["offers"], row["capability"]))


def _earlier(year: int | None, partnership: Partnership) -> int | None:
    years = [known for known in (year, partnership.start_year) if known is not None]
    return min(years, default=None)


def _decades(years: Iterable[int | None]) -> list[DecadeRow]:
    counted = Counter(None if year is None else year // 10 * 10 for year in years)
    known = sorted(decade for decade in counted if decade is not None)
    rows = [DecadeRow(decade=decade, partnerships=counted[decade]) for decade in known]
    return rows + ([DecadeRow(decade=None, partnerships=counted[None])] if counted[None] else [])


def _regions(known: Knowledge) -> list[RegionRow]:
    utilities = Counter(ref["region"] for ref in known.refs.values())
    given = Counter(known.refs[partnership.mentor]["region"] for partnership in known.network.partnerships)
    received = Counter(known.refs[partnership.mentee]["region"] for partnership in known.network.partnerships)
    rows = [
        RegionRow(
            region=region.id,
            region_name=region.name,
            utilities=utilities[region.id],
            given=given[region.id],
            received=received[region.id],
        )
        for region in known.network.regions
        if utilities[region.id]
    ]
    return sorted(rows, key=lambda row: (-row["given"] - row["received"], -row["utilities"], row["region"]))


def _figures(known: Knowledge) -> list[FigureRow]:
    counted = Counter(metric for _, metric in known.network.figures)
    rows = [
        FigureRow(
            metric=metric.id,
            metric_name=metric.name,
            utilities=counted[metric.id],
            share=counted[metric.id] / max(1, len(known.network.utilities)),
        )
        for metric in known.metrics.values()
        if counted[metric.id]
    ]
    return sorted(rows, key=lambda row: (-row["utilities"], row["metric"]))


def _flows(known: Knowledge) -> list[FlowRow]:
    counted = Counter(
        (known.refs[partnership.mentor]["region_name"], known.refs[partnership.mentee]["region_name"])
        for partnership in known.network.partnerships
    )
    return [
        FlowRow(mentor_region_name=mentor, mentee_region_name=mentee, pairs=pairs)
        for (mentor, mentee), pairs in sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:TOP]
    ]


def _summary(known: Knowledge) -> ProposalSummary | None:
    latest = known.latest
    if latest is None:
        return None
    return ProposalSummary(
        id=latest["id"], as_of=latest["as_of"], policy=latest["policy"]["name"], totals=latest["totals"]
    )
