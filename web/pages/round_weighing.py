"""What a decision on one pair of a round costs, before it is taken."""

from __future__ import annotations

from typing import NotRequired, TypedDict, cast

from flask import Response
from pydantic import Field

from graph.errors import WopError
from graph.finding import find_utility
from graph.rounds import read_round
from graph.sentences import say
from matcher.document import LeftOut, ProposalDocument, SentenceJson
from matcher.rounds.keeping import read_state
from matcher.rounds.state import LivingRound
from matcher.rounds.words import RESERVE_BASES
from web.knowledge import keeper, view_here
from web.pages.round_rows import NoteRow, crumbs_of, note_rows
from web.pages.rounds import Decision, pages
from web.private_rounds import seen_round
from web.solved import solved_keeper
from web.twin import Query, answer, page


class ReserveRow(TypedDict):
    """A mentor in reserve, its fit, and what the round would lose if it took over (``None``: not solved for)."""

    mentor: str
    mentor_name: str
    fit: float
    loss_s: SentenceJson | None


class Weighed(TypedDict):
    """A decision on one pair before it is taken: what the round would lose, and whose partner changes."""

    id: str
    title: str
    version: int
    phase: str
    what: str
    mentor: str
    mentor_name: str
    mentee: str
    mentee_name: str
    cost_s: SentenceJson | None
    changes: list[SentenceJson]
    unknown_s: SentenceJson | None
    reserve: list[ReserveRow]
    reserve_s: SentenceJson | None
    notes: list[NoteRow]
    left_out: NotRequired[LeftOut]


class WeighQuery(Query):
    """Which decision on a pair."""

    what: Decision = Field(default="pin", description="The decision to weigh.")


@page(pages, "/rounds/<round_id>/weigh/<mentor_id>/<mentee_id>", WeighQuery, Weighed)
def weigh(query: WeighQuery, round_id: str, mentor_id: str, mentee_id: str) -> Response:
    """What a decision on one pair costs and whom it displaces, before it is taken."""
    with keeper().store.read() as reader:
        state = read_state(reader, round_id)
        pair = reader.names("Utility")
        names = dict(zip(pair["id"], pair["name"], strict=True))
        document = cast(ProposalDocument, read_round(reader, state.solved.document)) if state.solved else None

    mentor, mentee = find_utility(pair, mentor_id), find_utility(pair, mentee_id)
    state = seen_round(state, view_here())
    cost, changes, unknown = effect_of(document, mentor, mentee)
    data = Weighed(
        id=state.id,
        title=state.title,
        version=state.version,
        phase=state.phase,
        what=query.what,
        mentor=mentor,
        mentor_name=names[mentor] or mentor,
        mentee=mentee,
        mentee_name=names[mentee] or mentee,
        cost_s=cost,
        changes=changes,
        unknown_s=unknown,
        reserve=_reserve(state, mentee, names),
        reserve_s=RESERVE_BASES[state.solved.reserve_basis].to_json() if state.solved else None,
        notes=note_rows(state, (mentor, mentee)),
    )
    if (view := view_here()) is not None:
        data["left_out"] = view.worked_out
    return answer("round_weigh.html", data, crumbs=crumbs_of(state))


def _reserve(state: LivingRound, mentee: str, names: dict[str, str]) -> list[ReserveRow]:
    """Who could take a mentee over, as the last solve left it."""
    if state.solved is None:
        return []
    losses = state.solved.reserve_losses.get(mentee, ())
    return [
        ReserveRow(
            mentor=mentor,
            mentor_name=names.get(mentor) or mentor,
            fit=fit,
            loss_s=losses[at] if at < len(losses) else None,
        )
        for at, (mentor, fit, _needs) in enumerate(state.solved.reserves.get(mentee, ()))
    ]


def effect_of(
    document: ProposalDocument | None, mentor: str, mentee: str
) -> tuple[SentenceJson | None, list[SentenceJson], SentenceJson | None]:
    """What forcing a pair that is not proposed costs, or losing one that is; or why that is not known."""
    if document is None:
        unknown = say("The round has not been solved yet, so what this costs is not known.")
        return None, [], unknown.to_json()
    from matcher.explain.pair import explain_in_round

    try:
        said = solved_keeper().answer(
            document, ("pair", mentor, mentee), lambda round: explain_in_round(round, mentor, mentee)
        )
    except WopError as stale:
        return None, [], stale.message.to_json()
    effect = said["effect"]
    moves = [move["text_s"] for move in effect["moves"]] if effect else []
    return said["text_s"], moves, None
