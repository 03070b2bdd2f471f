"""Ranked partners for one utility, also for needs given on the spot."""

from __future__ import annotations

from typing import Literal, TypedDict

from flask import Blueprint, Response
from pydantic import Field

from graph.errors import BadInput, UnknownName
from graph.model import Utility
from graph.sentences import say
from matcher.document import PairExplanation, UtilityRef
from matcher.pairs import suggest as suggest_for
from web.knowledge import knowledge
from web.pages.utilities import check_known, place_of
from web.partners import partners_of
from web.search import matches
from web.snapshot import Knowledge
from web.twin import Query, answer, page, wants_json

pages = Blueprint("suggest", __name__)
MOST_MEANT = 20
"""So many utilities are offered where words mean several."""


class SuggestQuery(Query):
    """For whom, in which role, on which needs."""

    utility: str | None = Field(default=None, max_length=300, description="Id or exact name of a utility.")
    role: Literal["mentee", "mentor"] = Field(
        default="mentee", description="Whether the utility looks for mentors (as mentee) or mentees (as mentor)."
    )
    need: tuple[str, ...] = Field(
        default=(), max_length=40, description="Ids of capabilities, in place of the needs known; may be repeated."
    )
    top: int = Field(default=10, ge=1, le=50, description="How many partners.")


class Suggestions(TypedDict):
    """Partners for one utility, best first; empty where no utility was chosen."""

    utility: UtilityRef | None
    role: Literal["mentee", "mentor"]
    needs: list[str]
    as_of: str
    policy: str | None
    partners: list[PairExplanation]


@page(pages, "/suggest", SuggestQuery, Suggestions)
def suggest(query: SuggestQuery) -> Response:
    """Ranked partners for one utility, with reasons."""
    known = knowledge()
    for capability in query.need:
        check_known((say("capability"), capability, known.network.capability_by_id))
    utility, meant = _asked_for(known, query.utility)
    partners: list[PairExplanation] = []
    problem: BadInput | None = None
    if utility is not None:
        try:
            if query.need:
                partners = suggest_for(
                    known.network,
                    known.policy,
                    utility.id,
                    known.as_of,
                    role=query.role,
                    needs=query.need,
                    top=query.top,
                )
            else:
                partners = partners_of(known).suggest(utility.id, role=query.role, top=query.top)
        except BadInput as lacking:  # nothing is known to match on: the form beside the message can supply it
            if wants_json():
                raise
            problem = lacking
    data = Suggestions(
        utility=known.refs[utility.id] if utility else None,
        role=query.role,
        needs=list(query.need),
        as_of=known.as_of.isoformat(),
        policy=known.policy.name if utility else None,
        partners=partners,
    )
    return answer("suggest.html", data, query=query, known=known, problem=problem, meant=meant)


def _asked_for(known: Knowledge, text: str | None) -> tuple[Utility | None, list[UtilityRef]]:
    """The utility of this id or exact name; for a reader of the page else those whose name or place has these words.

    Raises ``UnknownName`` where there is none, ``BadInput`` for programs where several share the name.
    """
    if not text:
        return None, []
    try:
        return known.network.find_utility(text), []
    except (UnknownName, BadInput):
        if wants_json():
            raise
        refs = sorted(known.refs.values(), key=lambda ref: (ref["name"], ref["id"]))
        meant = [ref for ref in refs if matches(text, ref["name"], ref["id"], place_of(ref))]
        if not meant:
            raise
        return None, meant[:MOST_MEANT]
