"""Another mentor for a mentee, or two proposals that swap: weighed before it is done."""

from __future__ import annotations

from functools import partial
from typing import NotRequired, TypedDict, cast

from flask import Response, url_for
from pydantic import Field

from graph.errors import BadInput, WopError
from graph.finding import find_utility
from graph.rounds import read_round
from graph.sentences import say
from matcher.document import LeftOut, ProposalDocument, SentenceJson
from matcher.rounds.by_hand import swap
from matcher.rounds.keeping import read_state, utility_names
from matcher.rounds.state import COMMITTED, LIVE, LivingRound, Pair
from matcher.rounds.swapping import crowded, exchange, move
from web.action import Changed, action
from web.knowledge import keeper, view_here
from web.own_regions import is_own
from web.pages.round_changes import Reasoned, account, author, changed_round
from web.pages.round_rows import crumbs_of
from web.pages.rounds import Row, pages, state_and_network
from web.solved import solved_keeper
from web.twin import Query, answer, page
from web.whose_round import may_lead

MOST_MENTORS = 400


class PairRow(TypedDict):
    """A pair with its names."""

    mentor: str
    mentor_name: str
    mentee: str
    mentee_name: str


class Exchange(TypedDict):
    """A mentee, the mentor it would move to, and what that costs; proposals of that mentor it could be swapped with."""

    id: str
    title: str
    version: int
    pair: PairRow
    to: str | None
    to_name: str | None
    gone: list[PairRow]
    come: list[PairRow]
    crowded: list[PairRow]
    swaps: list[PairRow]
    mentors: list[str]
    may: bool
    cost_s: SentenceJson | None
    changes: list[SentenceJson]
    unknown_s: SentenceJson | None
    left_out: NotRequired[LeftOut]


class ExchangeQuery(Query):
    """To which mentor, and which of its mentees comes in return."""

    to: str | None = Field(default=None, max_length=200, description="Id or exact name of the other mentor.")
    give: str | None = Field(default=None, max_length=200, description="Id of the mentee that comes in return: a swap.")


class Exchanging(Reasoned):
    """A mentee moved to another mentor, or two proposals swapped."""

    mentor: str = Field(min_length=1, max_length=200, description="Id of the present mentor.")
    mentee: str = Field(min_length=1, max_length=200, description="Id of the mentee.")
    to: str = Field(min_length=1, max_length=200, description="Id of the other mentor.")
    give: str | None = Field(default=None, max_length=200, description="Id of the mentee that comes in return.")


@page(pages, "/rounds/<round_id>/exchange/<mentor_id>/<mentee_id>", ExchangeQuery, Exchange)
def exchanging(query: ExchangeQuery, round_id: str, mentor_id: str, mentee_id: str) -> Response:
    """What another mentor for a mentee costs and displaces, alone or as a swap, before it is done."""
    view = view_here()
    with keeper().store.read() as reader:
        state, known = read_state(reader, round_id), reader.names("Utility")
        document = cast(ProposalDocument, read_round(reader, state.solved.document)) if state.solved else None
        pair = (find_utility(known, mentor_id), find_utility(known, mentee_id))
        to = find_utility(known, query.to) if query.to else None
        gone, come = _plan(pair, to, query.give) if to else ([], [])
        may = partial(_may, round_id)
        own = [each for each in _swaps(state, pair, to) if may(*exchange(pair, each))]
        # How many places a mentor has is not told where its profile is closed.
        over = [each for each in crowded(state, gone, come) if view is None or each[0] not in view.closed]
        mentors = [id for id in sorted(state.solved.places) if may([], [(id, pair[1])])] if state.solved else []
        ids = {*pair, *(id for each in (*gone, *come, *own, *over) for id in each), *mentors[:MOST_MENTORS]}
        names = utility_names(reader, ids)
    cost, changes, unknown = _effect(document, gone, come) if to else (None, [], None)
    data = Exchange(
        id=state.id,
        title=state.title,
        version=state.version,
        pair=_row(pair, names),
        to=to,
        to_name=names.get(to, to) if to else None,
        gone=[_row(each, names) for each in gone],
        come=[_row(each, names) for each in come],
        crowded=[_row(each, names) for each in over],
        swaps=[_row(each, names) for each in own],
        mentors=sorted(names.get(id, id) for id in mentors[:MOST_MENTORS] if id != pair[0]),
        may=may(gone, come),
        cost_s=cost,
        changes=changes,
        unknown_s=unknown,
    )
    if view is not None:
        data["left_out"] = view.worked_out
    return answer("round_exchange.html", data, crumbs=crumbs_of(state), give=query.give)


@action(pages, "/rounds/<round_id>/exchange", Exchanging, Row)
def exchanged(body: Exchanging, round_id: str) -> Changed:
    """Give a mentee another mentor, or swap two proposals, as one decision."""
    gone, come = _plan((body.mentor, body.mentee), body.to, body.give)
    _state, network = state_and_network(round_id)
    for id in {id for pair in come for id in pair}:
        if id not in network.utility_by_id:
            raise BadInput(say("There is no utility “{id}”.", id=id), say("Give the id of one of the round."))
    state = swap(keeper().store, network, round_id, gone, come, who=author(), why=body.why, seen=body.seen)
    return Changed(changed_round(state).data, url_for("rounds.desk", round_id=round_id))


def _plan(pair: Pair, to: str, give: str | None) -> tuple[list[Pair], list[Pair]]:
    return exchange(pair, (to, give)) if give else move(pair, to)


def _may(round_id: str, gone: list[Pair], come: list[Pair]) -> bool:
    """Whether whoever asks may decide on all of these pairs."""
    who = account()
    if not who.regions or may_lead(who, {"round_id": round_id}):
        return True
    return all(is_own(who, each) for each in (*gone, *come))


def _swaps(state: LivingRound, pair: Pair, to: str | None) -> list[Pair]:
    """The proposals of the other mentor that can be swapped with this one."""
    if to is None or to == pair[0]:
        return []
    live = [each for each in state.in_phase(*LIVE) if each.phase not in COMMITTED]
    return [each.pair for each in live if each.mentor == to and each.mentee != pair[1]]


def _effect(
    document: ProposalDocument | None, gone: list[Pair], come: list[Pair]
) -> tuple[SentenceJson | None, list[SentenceJson], SentenceJson | None]:
    """What the exchange costs, by solving again; or why that is not known."""
    if document is None:
        unknown = say("The round has not been solved yet, so what this costs is not known.")
        return None, [], unknown.to_json()
    from matcher.explain.exchange import effect_of_exchange

    try:
        effect = solved_keeper().answer(
            document, ("exchange", tuple(gone), tuple(come)), lambda round: effect_of_exchange(round, gone, come)
        )
    except WopError as stale:
        return None, [], stale.message.to_json()
    return effect["text_s"], [each["text_s"] for each in effect["moves"]], None


def _row(pair: Pair, names: dict[str, str]) -> PairRow:
    return PairRow(
        mentor=pair[0],
        mentor_name=names.get(pair[0], pair[0]),
        mentee=pair[1],
        mentee_name=names.get(pair[1], pair[1]),
    )
