"""Where a round lets recipients choose: a mentee sees its best mentors with reasons, and ranks them."""

from __future__ import annotations

from datetime import date
from typing import TypedDict

from flask import Response, url_for
from pydantic import Field

from graph.errors import UnknownName
from graph.sentences import say
from matcher.document import UtilityRef
from matcher.rounds.authors import Author
from matcher.rounds.input import policy_of
from matcher.rounds.keeping import read_state
from matcher.rounds.shortlist import rank as keep_ranking
from web.action import Body, Changed, action
from web.knowledge import keeper, knowledge, today
from web.pages.own import pages
from web.pages.own_choosing import is_open, shown_in
from web.pages.own_reasons import plain_pair
from web.pages.own_rows import Suggested
from web.signing_in import signed_in
from web.twin import Query, answer, page


class Shortlist(TypedDict):
    """The mentors a mentee may rank in a round, best first; ``ranked`` are ids in its order, none without an answer."""

    utility: UtilityRef
    round: str
    round_title: str
    choose_by: str
    open: bool
    mentors: list[Suggested]
    ranked: list[str]


class Ranking(Body):
    """A mentee's order."""

    mentors: tuple[str, ...] = Field(
        default=(),
        max_length=20,
        description="Ids of mentors shown, best first; none takes the answer back.",
    )


class Ranked(TypedDict):
    """What is kept now."""

    round: str
    mentors: list[str]


@page(pages, "/utilities/<utility_id>/shortlist/<round_id>", Query, Shortlist)
def shortlist(_query: Query, utility_id: str, round_id: str) -> Response:
    """A mentee's shortlist in a round, with reasons, and the order it gave."""
    with keeper().store.read() as reader:
        state = read_state(reader, round_id)
    known = knowledge()
    if utility_id not in known.refs:
        raise UnknownName(say("utility"), utility_id, known.refs)
    found = shown_in(state, utility_id)
    if not found:
        raise UnknownName(say("shortlist for this utility"), round_id, [])
    policy, as_of = policy_of(state.model_copy(update={"rankings": {}})), date.fromisoformat(state.as_of)
    data = Shortlist(
        utility=known.refs[utility_id],
        round=state.id,
        round_title=state.title,
        choose_by=state.choose_by,
        open=is_open(state),
        mentors=[
            Suggested(
                role="mentee",
                partner=pair["mentor"],
                pair=plain_pair(policy, pair["mentor"]["id"], utility_id, as_of, pair),
            )
            for pair in found
        ],
        ranked=list(state.rankings.get(utility_id, ())),
    )
    return answer("own_shortlist.html", data, known=known)


@action(pages, "/utilities/<utility_id>/shortlist/<round_id>", Ranking, Ranked)
def rank(body: Ranking, utility_id: str, round_id: str) -> Changed:
    """Rank the mentors of the shortlist, or take the ranking back."""
    store, mentors = keeper().store, [mentor for mentor in body.mentors if mentor]
    with store.read() as reader:
        state = read_state(reader, round_id)
    shown = [pair["mentor"]["id"] for pair in shown_in(state, utility_id)]
    by = signed_in().account
    keep_ranking(store, round_id, utility_id, mentors, shown, who=Author(by.name, by.id), on=today())
    return Changed(Ranked(round=round_id, mentors=mentors), url_for("own.partners", utility_id=utility_id))
