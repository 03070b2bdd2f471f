"""The proposal of a round: pairs, goals, limits, totals; the unmatched, the idle mentors, and downloads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NotRequired, TypedDict

from flask import Blueprint, Response
from pydantic import Field

from graph.errors import BadInput, UnknownName
from graph.sentences import say
from matcher.document import (
    GoalUse,
    IdleMentor,
    LeftOut,
    LimitUse,
    ProposalDocument,
    ProposedPair,
    RegionTotals,
    Totals,
    UnmatchedMentee,
    Verification,
)
from web.knowledge import knowledge, proposal
from web.pages.utilities import check_known, place_of
from web.search import matches
from web.shown import Crumb, Part, cut
from web.snapshot import Knowledge
from web.twin import Paged, Query, answer, page, wants_json

pages = Blueprint("proposal", __name__)


class OfRound(Query):
    """Which round's proposal."""

    round: str | None = Field(default=None, max_length=200, description="Id of a round; the latest where absent.")


class ProposalQuery(Paged):
    """Which pairs of a proposal, in which order."""

    q: str | None = Field(default=None, max_length=200, description="Words in the names or places of a pair.")
    region: str | None = Field(default=None, description="Id of the mentee's region.")
    capability: str | None = Field(default=None, description="Id of a need covered by the pair.")
    min_fit: int | None = Field(default=None, ge=0, le=100, description="Lowest fit, out of 100.")
    sort: Literal["fit", "mentee", "mentor", "region", "covered"] = Field(
        default="fit", description="Column to sort by."
    )
    order: Literal["down", "up"] | None = Field(
        default=None, description="Direction; fit and needs covered begin with the highest, names with A."
    )

    @property
    def direction(self) -> Literal["down", "up"]:
        """The direction asked for, else the column's natural one."""
        return self.order or ("down" if self.sort in ("fit", "covered") else "up")


class Proposal(TypedDict):
    """A proposal, with one part of its pairs (the downloads hold everything)."""

    id: str
    as_of: str
    seed: int
    policy: dict[str, Any]
    method: str
    proven: bool
    input_hash: str
    versions: dict[str, str]
    totals: Totals
    goals: list[GoalUse]
    limits: list[LimitUse]
    regions: list[RegionTotals]
    verification: Verification
    part: Part
    pairs: list[ProposedPair]
    left_out: NotRequired[LeftOut]


class Unmatched(TypedDict):
    """The mentees a proposal leaves without a partner, one part of the list."""

    id: str
    as_of: str
    part: Part
    unmatched: list[UnmatchedMentee]
    left_out: NotRequired[LeftOut]


class Idle(TypedDict):
    """The mentors without a partner in a proposal, one part of the list."""

    id: str
    as_of: str
    part: Part
    idle_mentors: list[IdleMentor]
    left_out: NotRequired[LeftOut]


class PartOfRound(OfRound, Paged):
    """Which part of a list of a round."""

    q: str | None = Field(default=None, max_length=200, description="Words in the name or place.")
    region: str | None = Field(default=None, description="Id of a region.")


MIMETYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}


@page(pages, "/proposal", ProposalQuery, Proposal)
def latest(query: ProposalQuery) -> Response:
    """The latest proposal: who should mentor whom, on which needs."""
    return _shown(query, None)


@page(pages, "/proposal/<round_id>", ProposalQuery, Proposal)
def of_round(query: ProposalQuery, round_id: str) -> Response:
    """The proposal of one round."""
    return _shown(query, round_id)


@page(pages, "/proposal/unmatched", PartOfRound, Unmatched)
def unmatched(query: PartOfRound) -> Response:
    """The mentees without a partner, and why."""
    document = document_of(query.round)
    if document is None:
        return nothing_yet()
    _check_region(query.region)
    rows = [
        row
        for row in document["unmatched"]
        if (not query.region or row["mentee"]["region"] == query.region)
        and (not query.q or matches(query.q, row["mentee"]["name"], place_of(row["mentee"])))
    ]
    shown = cut(rows, query.page)
    data = Unmatched(id=document["id"], as_of=document["as_of"], part=shown.part, unmatched=list(shown.rows))
    if "left_out" in document:
        data["left_out"] = document["left_out"]
    return answer("unmatched.html", data, query=query, known=knowledge(), crumbs=CRUMBS, totals=document["totals"])


@page(pages, "/proposal/idle", PartOfRound, Idle)
def idle(query: PartOfRound) -> Response:
    """The mentors without a partner, and why."""
    document = document_of(query.round)
    if document is None:
        return nothing_yet()
    _check_region(query.region)
    rows = [
        row
        for row in document["idle_mentors"]
        if (not query.region or row["mentor"]["region"] == query.region)
        and (not query.q or matches(query.q, row["mentor"]["name"], place_of(row["mentor"])))
    ]
    shown = cut(rows, query.page)
    data = Idle(id=document["id"], as_of=document["as_of"], part=shown.part, idle_mentors=list(shown.rows))
    if "left_out" in document:
        data["left_out"] = document["left_out"]
    return answer("idle.html", data, query=query, known=knowledge(), crumbs=CRUMBS, totals=document["totals"])


@page(pages, "/proposal/download.<kind>", OfRound, ProposalDocument, also=(MIMETYPES["xlsx"], MIMETYPES["csv"]))
def download(query: OfRound, kind: str) -> Response:
    """The whole proposal as a file: xlsx, csv or json."""
    from matcher.downloads import proposal_csv, proposal_json, proposal_xlsx

    makers: dict[str, Callable[[ProposalDocument], bytes]] = {
        "xlsx": proposal_xlsx,
        "csv": proposal_csv,
        "json": proposal_json,
    }
    if kind not in makers:
        raise UnknownName(say("kind of download"), kind, makers)
    document = document_of(query.round)
    if document is None:
        raise BadInput(*NOTHING_YET)
    response = Response(makers[kind](document), content_type=MIMETYPES[kind])
    response.headers["Content-Disposition"] = f'attachment; filename="proposal-{document["as_of"]}.{kind}"'
    return response


NOTHING_YET = (say("No proposal was made yet."), say("Run “wop match” and load this page again."))
CRUMBS = [Crumb(say("Proposal"), "proposal.latest")]


def document_of(round_id: str | None) -> ProposalDocument | None:
    """The proposal of a round; the latest, if any, where no round is named.

    Raises ``UnknownName`` where there is no such round.
    """
    return proposal(round_id) if round_id else knowledge().latest


def _shown(query: ProposalQuery, round_id: str | None) -> Response:
    document = document_of(round_id)
    if document is None:
        return nothing_yet()
    known = knowledge()
    shown = cut(chosen_pairs(known, document, query), query.page)
    data = Proposal(
        id=document["id"],
        as_of=document["as_of"],
        seed=document["seed"],
        policy=document["policy"],
        method=document["method"],
        proven=document["proven"],
        input_hash=document["input_hash"],
        versions=document["versions"],
        totals=document["totals"],
        goals=document["goals"],
        limits=document["limits"],
        regions=document["regions"],
        verification=document["verification"],
        part=shown.part,
        pairs=list(shown.rows),
    )
    if "left_out" in document:
        data["left_out"] = document["left_out"]
    older = [heading for heading in known.headings if heading.id != document["id"]]
    # Addresses name the round only where it is not the latest one.
    of = None if known.latest and document["id"] == known.latest["id"] else document["id"]
    return answer("proposal.html", data, query=query, known=known, older=older, of=of, crumbs=CRUMBS if of else [])


def chosen_pairs(known: Knowledge, document: ProposalDocument, query: ProposalQuery) -> list[ProposedPair]:
    """The pairs a query asks for, in its order (then by mentee and mentor, so that no order is by chance).

    Raises ``UnknownName`` for a region or capability nobody knows.
    """
    _check_region(query.region)
    check_known((say("capability"), query.capability, known.network.capability_by_id))
    pairs = [
        pair
        for pair in document["pairs"]
        if (not query.region or pair["mentee"]["region"] == query.region)
        and (not query.capability or any(need["capability"] == query.capability for need in pair["covered"]))
        and (query.min_fit is None or pair["fit"] * 100 >= query.min_fit)
        and (
            not query.q
            or matches(
                query.q,
                pair["mentor"]["name"],
                pair["mentee"]["name"],
                place_of(pair["mentor"]),
                place_of(pair["mentee"]),
            )
        )
    ]
    pairs.sort(key=lambda pair: (pair["mentee"]["name"].casefold(), pair["mentor"]["name"].casefold()))
    pairs.sort(key=SORT_KEYS[query.sort], reverse=query.direction == "down")
    return pairs


SORT_KEYS: dict[str, Callable[[ProposedPair], Any]] = {
    "fit": lambda pair: pair["fit"],
    "covered": lambda pair: len(pair["covered"]),
    "mentee": lambda pair: pair["mentee"]["name"].casefold(),
    "mentor": lambda pair: pair["mentor"]["name"].casefold(),
    "region": lambda pair: pair["mentee"]["region_name"].casefold(),
}


def _check_region(region: str | None) -> None:
    check_known((say("region"), region, knowledge().network.region_by_id))


def nothing_yet() -> Response:
    """The answer where no match was run yet: the page says how to run one, and so does the twin's error."""
    if wants_json():
        raise BadInput(*NOTHING_YET)
    return answer("no_proposal.html", {}, known=knowledge())
