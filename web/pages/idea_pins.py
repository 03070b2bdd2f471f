"""Ideas for the facilitator: all of them, those a round could pin, and the pin itself."""

from __future__ import annotations

from typing import TypedDict, cast

from flask import Response, url_for
from pydantic import Field

from graph.errors import Conflict, Forbidden
from graph.rounds import read_round
from graph.sentences import say
from matcher.document import ProposalDocument, SentenceJson
from matcher.ideas.keeping import read_idea, read_ideas, record_idea
from matcher.ideas.state import PHASES, Idea
from matcher.rounds import edits
from matcher.rounds.keeping import read_state, utility_names
from matcher.rounds.state import ROUND_STEPS, LivingRound
from matcher.rounds.words import phase_name
from web.action import Body, Changed, action
from web.knowledge import keeper
from web.pages.idea_rows import IdeaRow, Ideas, idea_row
from web.pages.ideas import open_as, pages
from web.pages.round_changes import author
from web.pages.round_rows import crumbs_of
from web.pages.round_weighing import effect_of
from web.shown import cut
from web.signing_in import signed
from web.twin import Paged, Query, answer, page
from web.whose_round import decides

COSTS = 6
"""So many pairs are weighed for one page; the others say it on a page of their own."""


class PinPair(TypedDict):
    """One pair of an idea in a round: what became of it there, and what a pin would cost where that was worked out."""

    mentor: str
    mentor_name: str
    mentee: str
    mentee_name: str
    pinned: bool
    cost_s: SentenceJson | None


class Candidate(TypedDict):
    """An idea that a round could pin; ``may_pin``: the reader may, and something is left to pin."""

    idea: IdeaRow
    pairs: list[PinPair]
    may_pin: bool


class Candidates(TypedDict):
    """The ideas that both sides support, as a round's facilitator sees them; ``version`` is the round's."""

    id: str
    title: str
    phase_s: SentenceJson
    version: int
    candidates: list[Candidate]


class Pinned(Body):
    """A pin for each pair of an idea."""

    why: str = Field(default="", max_length=2000, description="The reason; absent: that both sides support the idea.")
    seen: int | None = Field(default=None, ge=1, description="The version of the round that was looked at.")
    idea_version: int | None = Field(default=None, ge=1, description="The version of the idea that was looked at.")


@page(pages, "/ideas", Paged, Ideas)
def ideas(query: Paged) -> Response:
    """All ideas of utilities that the reader facilitates, the latest first."""
    with keeper().store.read() as reader:
        found = [(idea, utility) for idea in read_ideas(reader) if (utility := open_as(idea)) is not None]
    shown = cut(found, query.page)
    data = Ideas(part=shown.part, ideas=[idea_row(idea, utility) for idea, utility in shown.rows])
    return answer("ideas.html", data, utility=None)


@page(pages, "/rounds/<round_id>/ideas", Query, Candidates)
def of_round(_query: Query, round_id: str) -> Response:
    """The ideas that both sides support: what pinning them in this round costs, and the pin."""
    data, state = _candidates(round_id)
    return answer("round_ideas.html", data, crumbs=crumbs_of(state))


@action(pages, "/rounds/<round_id>/ideas/<idea_id>/pin", Pinned, Candidates)
def pin(body: Pinned, round_id: str, idea_id: str) -> Changed:
    """Pin each pair of an idea that both sides support."""
    store = keeper().store
    with store.read() as reader:
        state, idea = read_state(reader, round_id), read_idea(reader, idea_id)
    if idea.phase not in ("supported", "pinned"):
        raise Conflict(
            say("This idea is {phase}; only what both sides support can be pinned.", phase=PHASES[idea.phase]), None
        )
    if body.idea_version is not None and body.idea_version != idea.version:
        raise Conflict(
            say("This idea was changed since you looked at it; nothing was pinned."),
            say("Look at its pairs and what they cost, then pin it."),
        )
    _check(round_id, idea)
    why = body.why or str(say("Both sides support the idea “{title}” ({id}).", title=idea.title, id=idea.id))
    seen, pinned = body.seen, {(each.mentor, each.mentee) for each in state.pins}
    for pair in idea.pairs:
        if pair not in pinned:
            state = edits.pin(store, round_id, pair, who=author(), why=why, seen=seen)
            seen = state.version
    record_idea(store, idea_id, "pinned", {"by": "", "round": round_id}, who=author(), why=why)
    data, _state = _candidates(round_id)
    return Changed(data, url_for("ideas.of_round", round_id=round_id))


def _candidates(round_id: str) -> tuple[Candidates, LivingRound]:
    with keeper().store.read() as reader:
        state = read_state(reader, round_id)
        found = [idea for idea in read_ideas(reader) if idea.phase == "supported" or idea.round == round_id]
        names = utility_names(reader, (id for idea in found for id in idea.utilities))
        document = cast(ProposalDocument, read_round(reader, state.solved.document)) if state.solved else None
    pinned = {(each.mentor, each.mentee) for each in state.pins}
    may = state.phase in ROUND_STEPS["pin"]
    rows = []
    for idea in found:
        utility = open_as(idea)
        if utility is None:
            continue
        pairs = [
            PinPair(
                mentor=mentor,
                mentor_name=names.get(mentor, mentor),
                mentee=mentee,
                mentee_name=names.get(mentee, mentee),
                pinned=(mentor, mentee) in pinned,
                cost_s=None,
            )
            for mentor, mentee in idea.pairs
        ]
        left = idea.phase == "supported" or not all(pair["pinned"] for pair in pairs)
        rows.append(
            Candidate(idea=idea_row(idea, utility), pairs=pairs, may_pin=may and left and _may_pin(round_id, idea))
        )
    open_pairs = [pair for row in rows for pair in row["pairs"] if not pair["pinned"]]
    for pair in open_pairs[:COSTS] if document is not None else ():
        pair["cost_s"] = effect_of(document, pair["mentor"], pair["mentee"])[0]
    data = Candidates(
        id=state.id,
        title=state.title,
        phase_s=phase_name(state.phase).to_json(),
        version=state.version,
        candidates=rows,
    )
    return data, state


def _may_pin(round_id: str, idea: Idea) -> bool:
    try:
        _check(round_id, idea)
    except Forbidden:
        return False
    return True


def _check(round_id: str, idea: Idea) -> None:
    """Refuse who may not decide on each of its pairs. Raises ``Forbidden``."""
    found = signed()
    if found is None or open_as(idea) is None:
        raise Forbidden(say("Your account may not do this."), None)
    for mentor, mentee in idea.pairs:
        decides(found.account, {"round_id": round_id, "mentor": mentor, "mentee": mentee})
