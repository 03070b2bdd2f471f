"""A pair, proposed or not: reasons side by side, and how much evidence there is."""

from __future__ import annotations

from typing import TypedDict

from flask import Blueprint, Response

from matcher.document import PairExplanation, ProposalDocument, ProposedPair
from web.knowledge import knowledge
from web.pages.proposal import CRUMBS, OfRound, document_of
from web.pages.utilities import FigureValue, PastPartnership, figures_of, past
from web.partners import partners_of
from web.snapshot import Knowledge
from web.twin import answer, page

pages = Blueprint("pairs", __name__)


class Side(TypedDict):
    """One figure of the mentor beside the same of the mentee; ``None`` is unknown."""

    metric_name: str
    unit: str | None
    mentor: FigureValue | None
    mentee: FigureValue | None


class Pair(TypedDict):
    """Why a pair fits or may not be; ``proposed`` tells whether ``round``, if any, proposes it."""

    as_of: str
    policy: str
    round: str | None
    proposed: bool
    pinned: bool
    explanation: PairExplanation
    figures: list[Side]
    mentor_languages: list[str]
    mentee_languages: list[str]
    together_before: list[PastPartnership]


@page(pages, "/proposal/pair/<mentor_id>/<mentee_id>", OfRound, Pair)
def pair(query: OfRound, mentor_id: str, mentee_id: str) -> Response:
    """Why this pair fits or may not be: each rule's reason, the needs covered, and the evidence known."""
    known = knowledge()
    mentor = known.network.find_utility(mentor_id)
    mentee = known.network.find_utility(mentee_id)
    document = document_of(query.round)
    proposed = _proposed(document, mentor.id, mentee.id)
    data = Pair(
        as_of=document["as_of"] if document else known.as_of.isoformat(),
        policy=document["policy"]["name"] if document else known.policy.name,
        round=document["id"] if document else None,
        proposed=proposed is not None,
        pinned=proposed is not None and proposed["pinned"],
        explanation=proposed or _explained(known, mentor.id, mentee.id),
        figures=_sides(known, mentor.id, mentee.id),
        mentor_languages=list(mentor.languages),
        mentee_languages=list(mentee.languages),
        together_before=[
            past(known, partnership)
            for partnership in known.network.partnerships
            if {partnership.mentor, partnership.mentee} == {mentor.id, mentee.id}
        ],
    )
    return answer("pair.html", data, known=known, of=query.round, crumbs=CRUMBS)


def _proposed(document: ProposalDocument | None, mentor_id: str, mentee_id: str) -> ProposedPair | None:
    pairs = document["pairs"] if document else []
    return next(
        (pair for pair in pairs if pair["mentor"]["id"] == mentor_id and pair["mentee"]["id"] == mentee_id), None
    )


def _explained(known: Knowledge, mentor_id: str, mentee_id: str) -> PairExplanation:
    return partners_of(known).explain(mentor_id, mentee_id)


def _sides(known: Knowledge, mentor_id: str, mentee_id: str) -> list[Side]:
    """The newest figures either of the two has, side by side."""
    newest: list[dict[str, FigureValue]] = []
    for utility_id in (mentor_id, mentee_id):
        by_metric: dict[str, FigureValue] = {}
        for figure in figures_of(known, utility_id):
            by_metric.setdefault(figure["metric"], figure)
        newest.append(by_metric)
    mentor, mentee = newest
    return [
        Side(metric_name=metric.name, unit=metric.unit, mentor=mentor.get(id), mentee=mentee.get(id))
        for id, metric in known.metrics.items()
        if id in mentor or id in mentee
    ]
