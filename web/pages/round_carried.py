"""What the declines of a past round offer to this one: each is accepted or left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from flask import Response, url_for
from pydantic import Field

from graph.store import Reader
from matcher.document import SentenceJson
from matcher.rounds.carrying import Offer, past_of, said_of, waiting_offers
from matcher.rounds.edits import carry
from matcher.rounds.keeping import read_state, utility_names
from matcher.rounds.state import LivingRound
from web.action import Changed, action
from web.knowledge import keeper, view_here
from web.pages.round_changes import Reasoned, author, changed_round
from web.pages.round_rows import crumbs_of
from web.pages.rounds import Row, pages
from web.private_rounds import SILENCE
from web.shown import Part, cut
from web.twin import Paged, answer, page


class OfferRow(TypedDict):
    """One thing to carry over: what it would do, where it comes from, and what was said."""

    key: str
    kind: str
    does_s: SentenceJson
    source_s: SentenceJson
    words: str


class Carried(TypedDict):
    """What waits to be carried over from the round that this one was begun like."""

    id: str
    title: str
    version: int
    phase: str
    past: str | None
    part: Part
    offers: list[OfferRow]


class Carrying(Reasoned):
    """Which offers are accepted, and which left out."""

    accept: tuple[str, ...] = Field(default=(), max_length=10_000, description="Keys of offers that are accepted.")
    leave: tuple[str, ...] = Field(default=(), max_length=10_000, description="Keys of offers that are left out.")
    every: bool = Field(default=False, description="Accept all that wait.")


@page(pages, "/rounds/<round_id>/carried", Paged, Carried)
def carried(query: Paged, round_id: str) -> Response:
    """What the declines of the past round offer to this one."""
    with keeper().store.read() as reader:
        state = read_state(reader, round_id)
        shown = cut(waiting_offers(reader, state), query.page)
        names = _names(reader, shown.rows)
    quiet = view_here() is not None
    data = Carried(
        id=state.id,
        title=state.title,
        version=state.version,
        phase=state.phase,
        past=past_of(state),
        part=shown.part,
        offers=[_row(offer, names, quiet=quiet) for offer in shown.rows],
    )
    return answer("round_carried.html", data, crumbs=crumbs_of(state))


@action(pages, "/rounds/<round_id>/carried", Carrying, Row)
def carry_over(body: Carrying, round_id: str) -> Changed:
    """Accept offers of a past round's declines, or leave them out."""
    state = carry(
        keeper().store,
        round_id,
        accept=None if body.every else body.accept,
        leave=body.leave,
        who=author(),
        why=body.why,
        seen=body.seen,
    )
    return Changed(changed_round(state).data, _next(state))


def _next(state: LivingRound) -> str:
    """Back to the list as long as something waits, then to the desk."""
    with keeper().store.read() as reader:
        left = waiting_offers(reader, state)
    return url_for("rounds.carried" if left else "rounds.desk", round_id=state.id)


def _names(reader: Reader, rows: Sequence[Offer]) -> dict[str, str]:
    names = utility_names(reader, (id for offer in rows for id in (offer.mentor, offer.mentee)))
    topics = reader.nodes("Capability", sorted({offer.capability for offer in rows if offer.capability}))
    return {**names, **{id: name or id for id, name in zip(topics["id"], topics["name"], strict=True)}}


def _row(offer: Offer, names: dict[str, str], *, quiet: bool) -> OfferRow:
    does, source = said_of(offer, names)
    words = SILENCE if quiet and offer.words else offer.words
    return OfferRow(key=offer.key, kind=offer.kind, does_s=does.to_json(), source_s=source.to_json(), words=words)
