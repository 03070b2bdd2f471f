"""The register: real partnerships of the past and of today, a page each, and as a file."""

from __future__ import annotations

from typing import TypedDict

from flask import Blueprint, Response

from graph.errors import UnknownName
from graph.register import FLAG_NOTES
from graph.sentences import say
from graph.store import Reader
from matcher.register.keeping import read_log
from matcher.register.planning import progress
from matcher.register.state import SHARED, SIDES, STATUSES, told_by
from matcher.rounds.keeping import read_state
from web.knowledge import keeper, knowledge, sees_private
from web.pages.register_rows import (
    HEADINGS,
    DocumentedPair,
    PartnershipsQuery,
    documented,
    found,
    names_of,
    sheet_rows,
)
from web.sheets import MIMETYPES, as_file
from web.shown import Crumb, Part, cut
from web.twin import Query, answer, json_response, page

pages = Blueprint("partnerships", __name__)


class Partnerships(TypedDict):
    """Mentor-mentee pairs of known partnerships, one part of the list."""

    part: Part
    pairs: list[DocumentedPair]


class Agreed(TypedDict):
    """Who said yes in a round, for which side, on which day."""

    side: str
    who: str
    on: str


class Advice(TypedDict):
    """What one side would tell the next, where everybody may read it."""

    side: str
    words: str
    on: str


class WopPair(DocumentedPair):
    """A pair on its partnership's page: the round it came from, who agreed there, what the sides tell.

    ``agreed`` is for the two and their facilitators, as ``speaks_for``: the sides the reader may enter things for.
    """

    round_id: str | None
    round_title: str | None
    agreed: list[Agreed]
    advice: list[Advice]
    plan_s: dict[str, object] | None
    speaks_for: list[str]


class Wop(TypedDict):
    """One partnership with all its pairs."""

    wop: str
    pairs: list[WopPair]


class Register(TypedDict):
    """All pairs that were asked for."""

    pairs: list[DocumentedPair]


@page(pages, "/partnerships", PartnershipsQuery, Partnerships)
def partnerships(query: PartnershipsQuery) -> Response:
    """Known partnerships by their two sides, topic, programme, years, status and results, the newest first."""
    known = knowledge()
    shown = cut(found(known, query), query.page)
    data = Partnerships(part=shown.part, pairs=[documented(known, pair) for pair in shown.rows])
    return answer(
        "partnerships.html",
        data,
        query=query,
        known=known,
        statuses=STATUSES,
        parties={name: names_of(known, name) for name in ("programme", "funder", "facilitator")},
        filters=query.model_dump(exclude_none=True, exclude={"page", "lang", "format"}),
    )


@page(pages, "/partnerships/download.<kind>", PartnershipsQuery, Register, also=tuple(MIMETYPES.values()))
def download(query: PartnershipsQuery, kind: str) -> Response:
    """The partnerships that were asked for as a file: csv, xlsx or json."""
    known = knowledge()
    rows = [documented(known, pair) for pair in found(known, query)]
    if kind == "json":
        return json_response(Register(pairs=rows))
    return as_file(kind, "partnerships", HEADINGS, sheet_rows(rows))


@page(pages, "/partnerships/<wop>", Query, Wop)
def partnership(_query: Query, wop: str) -> Response:
    """One partnership: all its pairs, programme, dates, results and sources."""
    known = knowledge()
    pairs = [pair for pair in known.network.partnerships if pair.wop == wop]
    if not pairs:
        raise UnknownName(say("partnership"), wop, sorted({pair.wop for pair in known.network.partnerships}))
    with keeper().store.read() as reader:
        rows = [_whole(reader, documented(known, pair)) for pair in pairs]
    return answer(
        "partnership.html",
        Wop(wop=wop, pairs=rows),
        known=known,
        crumbs=CRUMBS,
        flags=FLAG_NOTES,
        statuses=STATUSES,
        shared=SHARED,
    )


CRUMBS = [Crumb(say("Partnerships"), "partnerships.partnerships")]


def _whole(reader: Reader, pair: DocumentedPair) -> WopPair:
    told = told_by(read_log(reader, pair["id"]))
    ours = [utility for utility in (pair["mentor"]["id"], pair["mentee"]["id"]) if sees_private(utility)]
    came_from = reader.edges("BECAME", targets=[pair["id"]])["source"]
    state = read_state(reader, came_from[0]) if came_from else None
    proposal = state.proposal(pair["mentor"]["id"], pair["mentee"]["id"]) if state is not None else None
    return WopPair(
        **pair,
        round_id=state.id if state is not None else None,
        round_title=state.title if state is not None else None,
        agreed=[
            Agreed(side=side, who=answer.who, on=answer.on)
            for side, answer in sorted(proposal.answers.items())
            if answer.yes and ours
        ]
        if proposal is not None
        else [],
        advice=[
            Advice(side=side, words=told.answers[side].words, on=told.answers[side].on)
            for side in SIDES
            if side in told.answers and told.answers[side].words and told.answers[side].shared == "everyone"
        ],
        plan_s=progress(told).to_json() if ours and told.activities else None,
        speaks_for=ours,
    )
