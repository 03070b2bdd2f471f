"""Real partnerships of the past, as the register and uploads know them."""

from __future__ import annotations

from typing import TypedDict

from flask import Blueprint, Response
from pydantic import Field

from graph.errors import UnknownName
from graph.model import Partnership
from graph.register import FLAG_NOTES
from graph.sentences import say
from web.knowledge import Knowledge, knowledge
from web.pages.utilities import PastPartnership, check_known, past, place_of
from web.search import matches
from web.shown import Crumb, Part, cut
from web.twin import Paged, Query, answer, page

pages = Blueprint("partnerships", __name__)


class PartnershipsQuery(Paged):
    """Which partnerships."""

    q: str | None = Field(default=None, max_length=200, description="Words in the names, places or programme.")
    region: str | None = Field(default=None, description="Id of the region of the mentor or the mentee.")
    capability: str | None = Field(default=None, description="Id of a capability worked on.")


class Partnerships(TypedDict):
    """Mentor-mentee pairs of known partnerships, one part of the list."""

    part: Part
    pairs: list[PastPartnership]


class DocumentedPair(PastPartnership):
    """A pair with what its sources say."""

    facilitator: str | None
    funder: str | None
    status: str | None
    confidence: str | None
    excerpt_fact: str | None
    sources: list[str]


class Wop(TypedDict):
    """One partnership with all its pairs."""

    wop: str
    pairs: list[DocumentedPair]


@page(pages, "/partnerships", PartnershipsQuery, Partnerships)
def partnerships(query: PartnershipsQuery) -> Response:
    """Known partnerships by words, region and capability, the newest first."""
    known = knowledge()
    shown = cut(found(known, query), query.page)
    data = Partnerships(part=shown.part, pairs=[past(known, partnership) for partnership in shown.rows])
    return answer("partnerships.html", data, query=query, known=known)


@page(pages, "/partnerships/<wop>", Query, Wop)
def partnership(_query: Query, wop: str) -> Response:
    """One partnership: all its pairs, programme, years and sources."""
    known = knowledge()
    pairs = [pair for pair in known.network.partnerships if pair.wop == wop]
    if not pairs:
        raise UnknownName(say("partnership"), wop, sorted({pair.wop for pair in known.network.partnerships}))
    crumbs = [Crumb(say("Partnerships"), "partnerships.partnerships")]
    data = Wop(wop=wop, pairs=[_documented(known, pair) for pair in pairs])
    return answer("partnership.html", data, known=known, crumbs=crumbs, flags=FLAG_NOTES)


def found(known: Knowledge, query: PartnershipsQuery) -> list[Partnership]:
    """The pairs a query asks for, those begun last first.

    Raises ``UnknownName`` for a region or capability nobody knows.
    """
    check_known(
        (say("region"), query.region, known.network.region_by_id),
        (say("capability"), query.capability, known.network.capability_by_id),
    )

    def fits(pair: Partnership) -> bool:
        mentor, mentee = known.refs[pair.mentor], known.refs[pair.mentee]
        return (
            (not query.region or query.region in (mentor["region"], mentee["region"]))
            and (not query.capability or query.capability in pair.capabilities)
            and (
                not query.q
                or matches(query.q, mentor["name"], mentee["name"], place_of(mentor), place_of(mentee), _parties(pair))
            )
        )

    return sorted(
        (pair for pair in known.network.partnerships if fits(pair)),
        key=lambda pair: (-(pair.start_year or 0), pair.wop, pair.id),
    )


def _parties(pair: Partnership) -> list[str]:
    return [party for party in (pair.wop, pair.programme, pair.facilitator, pair.funder) if party]


def _documented(known: Knowledge, pair: Partnership) -> DocumentedPair:
    return DocumentedPair(
        **past(known, pair),
        facilitator=pair.facilitator,
        funder=pair.funder,
        status=pair.status,
        confidence=pair.confidence,
        excerpt_fact=pair.excerpt_fact,
        sources=[source for source in (pair.source_url, pair.source_url_2) if source],
    )
