"""Utilities: finding one, and what is known of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, TypedDict

from flask import Blueprint, Response
from pydantic import Field

from graph.errors import UnknownName
from graph.model import Need, Offer, Partnership
from graph.sentences import Sentence, say
from matcher.document import UtilityRef
from web.asking import asked
from web.i18n import country_name
from web.knowledge import keeper, knowledge, seen
from web.search import matches
from web.shown import Crumb, Part, cut
from web.snapshot import Knowledge
from web.twin import Paged, Query, answer, page

pages = Blueprint("utilities", __name__)


class UtilitiesQuery(Paged):
    """Which utilities."""

    q: str | None = Field(default=None, max_length=200, description="Words in the name, country or region.")
    region: str | None = Field(default=None, description="Id of a region.")
    country: str | None = Field(default=None, description="Alpha-3 code of a country.")
    offers: str | None = Field(default=None, description="Id of a capability the utility offers.")
    needs: str | None = Field(default=None, description="Id of a capability the utility needs.")
    role: Literal["mentor", "mentee", "both"] | None = Field(
        default=None, description="What the utility did in known partnerships."
    )


class UtilityRow(TypedDict):
    """A utility in a list."""

    utility: UtilityRef
    offers: list[str]
    needs: list[str]
    mentored: int
    learned: int


class Utilities(TypedDict):
    """Utilities, one part of the list."""

    part: Part
    utilities: list[UtilityRow]


class OfferRow(TypedDict):
    """A capability the utility offers; ``None`` is unknown. ``wops`` are the partnerships it was inferred from."""

    capability: str
    capability_name: str
    level: int | None
    staff_days: float | None
    evidence: str | None
    wops: list[str]
    year: int | None
    source: str | None
    provenance: Literal["stated", "inferred"]


class NeedRow(TypedDict):
    """A capability the utility needs; ``None`` is unknown."""

    capability: str
    capability_name: str
    priority: int | None
    indicator: str | None
    baseline: float | None
    target: float | None
    status: str | None
    year: int | None
    source: str | None
    private: bool | None
    provenance: Literal["stated", "inferred"]


class FigureValue(TypedDict):
    """One figure with its own year and source."""

    metric: str
    metric_name: str
    unit: str | None
    value: float
    year: int | None
    source_url: str | None
    note: str | None


class PastPartnership(TypedDict):
    """A mentor-mentee pair of a known partnership."""

    id: str
    wop: str
    mentor: UtilityRef
    mentee: UtilityRef
    capabilities: list[str]
    start_year: int | None
    end_year: int | None
    programme: str | None
    flags: list[str]


class Profile(TypedDict):
    """A utility with all that is known of it."""

    utility: UtilityRef
    languages: list[str]
    facts: dict[str, str | int | float | bool | list[str] | None]
    offers: list[OfferRow]
    needs: list[NeedRow]
    figures: list[FigureValue]
    as_mentor: list[PastPartnership]
    as_mentee: list[PastPartnership]
    source_url: str | None
    note: str | None


FACTS = (
    "ownership",
    "not_for_profit",
    "charter_signed_on",
    "leadership_letter",
    "services",
    "water_source",
    "network_type",
    "climate",
    "mentor_places",
    "minimum_mentees",
    "mentor_staff_days",
    "mentors_wanted",
    "investment_coming",
    "twinned_with",
    "facilitator",
)


@page(pages, "/utilities", UtilitiesQuery, Utilities)
def utilities(query: UtilitiesQuery) -> Response:
    """Utilities by name, place, capabilities offered and needed, and role."""
    known = knowledge()
    shown = cut(found(known, query), query.page)
    return answer(
        "utilities.html",
        Utilities(part=shown.part, utilities=[row_of(known, ref) for ref in shown.rows]),
        query=query,
        known=known,
    )


@page(pages, "/utilities/<utility_id>", Query, Profile)
def utility(_query: Query, utility_id: str) -> Response:
    """A utility: offers, needs, figures with year and source, and past partnerships."""
    known = seen(asked(lambda reader: keeper().around(reader, utility_id), utility_id=utility_id))
    profile = profile_of(known, utility_id)
    crumbs = [Crumb(say("Utilities"), "utilities.utilities")]
    return answer("utility.html", profile, known=known, crumbs=crumbs, standing=standing_of(known, utility_id))


def found(known: Knowledge, query: UtilitiesQuery) -> list[UtilityRef]:
    """The utilities a query asks for, by name.

    Raises ``UnknownName`` for a region, country or capability nobody knows.
    """
    network = known.network
    check_known(
        (say("region"), query.region, network.region_by_id),
        (say("country"), query.country, network.country_by_id),
        (say("capability"), query.offers, network.capability_by_id),
        (say("capability"), query.needs, network.capability_by_id),
    )
    chosen = [
        ref
        for ref in known.refs.values()
        if (not query.region or ref["region"] == query.region)
        and (not query.country or ref["country"] == query.country)
        and (not query.offers or any(o.capability == query.offers for o in known.offers.get(ref["id"], ())))
        and (not query.needs or any(n.capability == query.needs for n in known.needs.get(ref["id"], ())))
        and (query.role not in ("mentor", "both") or ref["id"] in known.given)
        and (query.role not in ("mentee", "both") or ref["id"] in known.received)
        and (not query.q or matches(query.q, ref["name"], ref["id"], place_of(ref)))
    ]
    return sorted(chosen, key=lambda ref: (ref["name"].casefold(), ref["id"]))


def check_known(*asked: tuple[Sentence, str | None, Mapping[str, object]]) -> None:
    """Refuse a filter that names something nobody knows (what, asked, known).

    Raises ``UnknownName``.
    """
    for what, name, names in asked:
        if name and name not in names:
            raise UnknownName(what, name, names)


def place_of(ref: UtilityRef) -> list[str]:
    """The names of a utility's country and region, in English and in the reader's language."""
    return [ref["country"], ref["country_name"], country_name(ref["country"]), ref["region_name"]]


def row_of(known: Knowledge, ref: UtilityRef) -> UtilityRow:
    """A utility as a list shows it."""
    return UtilityRow(
        utility=ref,
        offers=[offer.capability for offer in known.offers.get(ref["id"], ())],
        needs=[need.capability for need in known.needs.get(ref["id"], ())],
        mentored=len(known.given.get(ref["id"], ())),
        learned=len(known.received.get(ref["id"], ())),
    )


def profile_of(known: Knowledge, utility_id: str) -> Profile:
    """All that is known of one utility."""
    utility = known.network.utility_by_id[utility_id]
    facts = {name: getattr(utility, name) for name in FACTS}
    return Profile(
        utility=known.refs[utility_id],
        languages=list(utility.languages),
        facts={name: list(value) if isinstance(value, tuple) else value for name, value in facts.items()},
        offers=[_offer(known, offer) for offer in known.offers.get(utility_id, ())],
        needs=[_need(known, need) for need in known.needs.get(utility_id, ())],
        figures=figures_of(known, utility_id),
        as_mentor=[past(known, each) for each in _newest_first(known.given.get(utility_id, ()))],
        as_mentee=[past(known, each) for each in _newest_first(known.received.get(utility_id, ()))],
        source_url=utility.source_url,
        note=utility.note,
    )


def figures_of(known: Knowledge, utility_id: str) -> list[FigureValue]:
    """The figures of one utility, newest first within each metric."""
    figures = known.figures.get(utility_id, ())
    return [
        FigureValue(
            metric=figure.metric,
            metric_name=known.metrics[figure.metric].name,
            unit=known.metrics[figure.metric].unit,
            value=figure.value,
            year=figure.year,
            source_url=figure.source_url,
            note=figure.note,
        )
        for figure in sorted(figures, key=lambda figure: (figure.metric, -(figure.year or 0)))
    ]


def _newest_first(partnerships: Iterable[Partnership]) -> list[Partnership]:
    """The latest begun first, those without any year last."""
    return sorted(partnerships, key=lambda each: (-(each.start_year or each.end_year or 0), each.id))


def past(known: Knowledge, partnership: Partnership) -> PastPartnership:
    """A known partnership as a profile shows it."""
    return PastPartnership(
        id=partnership.id,
        wop=partnership.wop,
        mentor=known.refs[partnership.mentor],
        mentee=known.refs[partnership.mentee],
        capabilities=list(partnership.capabilities),
        start_year=partnership.start_year,
        end_year=partnership.end_year,
        programme=partnership.programme,
        flags=list(partnership.flags),
    )


def standing_of(known: Knowledge, utility_id: str) -> dict[str, list[UtilityRef]]:
    """The partners the latest proposal gives a utility, as a mentor and as a mentee; itself where it got none."""
    pairs = known.latest["pairs"] if known.latest else []
    unmatched = known.latest["unmatched"] if known.latest else []
    return {
        "unmatched": [row["mentee"] for row in unmatched if row["mentee"]["id"] == utility_id],
        "mentees": [pair["mentee"] for pair in pairs if pair["mentor"]["id"] == utility_id],
        "mentors": [pair["mentor"] for pair in pairs if pair["mentee"]["id"] == utility_id],
    }


def _offer(known: Knowledge, offer: Offer) -> OfferRow:
    return OfferRow(
        capability=offer.capability,
        capability_name=known.capability_name(offer.capability),
        level=offer.level,
        staff_days=offer.staff_days,
        evidence=offer.evidence,
        wops=sorted({known.wop_of[id] for id in (offer.evidence or "").split("; ") if id in known.wop_of})
        if offer.provenance == "inferred"
        else [],
        year=offer.year,
        source=offer.source,
        provenance=offer.provenance,
    )


def _need(known: Knowledge, need: Need) -> NeedRow:
    return NeedRow(
        capability=need.capability,
        capability_name=known.capability_name(need.capability),
        priority=need.priority,
        indicator=need.indicator,
        baseline=need.baseline,
        target=need.target,
        status=need.status,
        year=need.year,
        source=need.source,
        private=need.private,
        provenance=need.provenance,
    )
