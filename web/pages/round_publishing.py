"""Publishing in bulk: which proposals, by when their utilities should answer."""

from __future__ import annotations

from datetime import date
from typing import NotRequired, TypedDict
from urllib.parse import quote, unquote

from flask import Response, url_for
from pydantic import Field

from graph.errors import BadInput
from graph.sentences import say
from matcher.document import LeftOut
from matcher.rounds import edits
from matcher.rounds.keeping import names_of, read_state
from matcher.rounds.state import LivingRound, Pair
from web.action import Changed, action
from web.knowledge import keeper, knowledge, view_here
from web.pages.round_changes import Reasoned, account, author, changed_round
from web.pages.round_rows import ProposalRow, chosen_rows, crumbs_of, proposal_rows
from web.pages.rounds import Row, pages
from web.private_rounds import seen_round
from web.shown import Part, cut
from web.twin import Paged, answer, page
from web.whose_round import own_pairs


class Unpublished(TypedDict):
    """The proposals that nobody has been shown yet, as far as asked for."""

    id: str
    title: str
    version: int
    phase: str
    deadline: str
    all: int
    part: Part
    proposals: list[ProposalRow]
    left_out: NotRequired[LeftOut]


class UnpublishedQuery(Paged):
    """Which proposals."""

    q: str | None = Field(default=None, max_length=200, description="Words in the name of the mentor or the mentee.")
    region: str | None = Field(default=None, max_length=100, description="Id of a region of the mentor or the mentee.")


class Publishing(Reasoned):
    """Which proposals are shown to the two, and the last day for answers."""

    pairs: tuple[str, ...] = Field(
        default=(), max_length=100_000, description="Pairs: the two ids, URL-encoded, with a slash between them."
    )
    every: bool = Field(default=False, description="Instead of pairs: all that q and region choose.")
    q: str | None = Field(default=None, max_length=200, description="Words in the name of the mentor or the mentee.")
    region: str | None = Field(default=None, max_length=100, description="Id of a region of the mentor or the mentee.")
    deadline: date | None = Field(default=None, description="The last day for answers.")


@page(pages, "/rounds/<round_id>/publish", UnpublishedQuery, Unpublished)
def publishing(query: UnpublishedQuery, round_id: str) -> Response:
    """The proposals that may be published: all of them, those of a filter, or those ticked."""
    with keeper().store.read() as reader:
        state = read_state(reader, round_id)
        names = names_of(reader, state)
    view = view_here()
    rows = _unpublished(seen_round(state, view), names)
    chosen = chosen_rows(rows, query.q, query.region)
    shown = cut(chosen, query.page)
    data = Unpublished(
        id=state.id,
        title=state.title,
        version=state.version,
        phase=state.phase,
        deadline=state.deadline,
        all=len(rows),
        part=shown.part,
        proposals=list(shown.rows),
    )
    if view is not None:
        data["left_out"] = view.left_out
    return answer(
        "round_publish.html", data, crumbs=crumbs_of(state), query=query, pair_key=pair_key, known=knowledge()
    )


@action(pages, "/rounds/<round_id>/publish", Publishing, Row)
def publish(body: Publishing, round_id: str) -> Changed:
    """Show proposals to the two utilities; nobody is written to yet."""
    store = keeper().store
    if body.every:
        with store.read() as reader:
            state = read_state(reader, round_id)
            names = names_of(reader, state)
        rows = chosen_rows(_unpublished(state, names), body.q, body.region)
        pairs: list[Pair] = [(row["mentor"], row["mentee"]) for row in rows]
        seen = body.seen or state.version  # what is published is what the filter chose
    else:
        pairs, seen = [_pair(key) for key in body.pairs], body.seen  # type: ignore[assignment]  # None: as it stands
    if not pairs:
        raise BadInput(say("No proposal was chosen."), say("Tick the proposals to publish, or publish all of them."))
    state = edits.publish(store, round_id, pairs=pairs, deadline=body.deadline, who=author(), why=body.why, seen=seen)
    return Changed(changed_round(state).data, url_for("rounds.letters", round_id=round_id))


def pair_key(mentor: str, mentee: str) -> str:
    """How a form names a pair."""
    return f"{quote(mentor, safe='')}/{quote(mentee, safe='')}"


def _pair(key: str) -> Pair:
    mentor, slash, mentee = key.partition("/")
    if not slash or "/" in mentee:
        raise BadInput(say("“{key}” names no pair.", key=key[:200]), say("Write the two ids as {form}.", form="A/B"))
    return unquote(mentor), unquote(mentee)


def _unpublished(state: LivingRound, names: dict[str, str]) -> list[ProposalRow]:
    """The proposals that whoever asks may publish, and nobody has been shown yet."""
    rows = [row for row in proposal_rows(state, names) if row["phase"] in ("proposed", "pinned")]
    own = own_pairs(account(), state)
    return rows if own is None else [row for row in rows if (row["mentor"], row["mentee"]) in set(own)]
