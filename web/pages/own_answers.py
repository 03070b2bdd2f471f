"""What a utility does on its desk: it answers a proposal of a round, or a suggestion. The act is the utility's own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal, TypedDict

from flask import Response, render_template, url_for
from pydantic import Field

from graph.errors import BadInput, Conflict, UnknownName
from graph.sentences import Sentence, say
from graph.suggestions import answer_suggestion
from matcher.rounds.answers import accept, decline
from matcher.rounds.authors import Author
from matcher.rounds.keeping import read_state
from matcher.rounds.state import LivingRound, Side
from matcher.words import with_names
from web.action import Body, Changed, action
from web.knowledge import keeper, knowledge
from web.pages.own import pages
from web.round_letters import write_what_follows
from web.shown import settings
from web.signing_in import signed_in
from web.snapshot import Knowledge
from web.twin import wants_json


class Answering(Body):
    """The answer to a proposal of a round."""

    round: str = Field(min_length=1, max_length=40, description="Id of the round.")
    role: Literal["mentor", "mentee"] = Field(description="The utility's own role in the pair.")
    partner: str = Field(min_length=1, max_length=200, description="Id of the other utility.")
    said: Literal["yes", "not_now", "no"] = Field(description="Yes; not now, which keeps the door open; or no.")
    reason: str = Field(default="", max_length=40, description="For a no: one of the short list of reasons.")
    words: str = Field(default="", max_length=2000, description="More in own words, for the facilitators.")
    topics: tuple[str, ...] = Field(
        default=(), max_length=40, description="For a topic that does not fit: ids of the capabilities meant."
    )


class Answered(TypedDict):
    """The state of the proposal after the answer."""

    round: str
    role: str
    partner: str
    phase: str


class Saying(Body):
    """The answer to a suggestion outside any round; without ``said`` an earlier one is taken back."""

    role: Literal["mentor", "mentee"] = Field(description="The utility's own role in the pair.")
    partner: str = Field(min_length=1, max_length=200, description="Id of the suggested utility.")
    said: Literal["interested", "not_now", "no_thanks"] | None = Field(default=None, description="The answer.")
    words: str = Field(default="", max_length=500, description="Why, in own words, for the facilitators.")


class SaidSo(TypedDict):
    """What the utility says to a suggested partner now; ``None``: nothing."""

    role: str
    partner: str
    said: str | None


@action(pages, "/utilities/<utility_id>/partners/answer", Answering, Answered)
def answer(body: Answering, utility_id: str) -> Changed:
    """Say yes, not now or no to a proposal of a round; acceptance and capacity are one transaction."""
    pair = (utility_id, body.partner) if body.role == "mentor" else (body.partner, utility_id)
    by, on = signed_in().account, datetime.now(UTC).date()
    who = Author(by.name, by.id)
    side: Side = body.role
    store, known = keeper().store, knowledge()
    reason = "not_ready" if body.said == "not_now" else body.reason
    if body.said == "no" and not reason:
        raise BadInput(say("Please choose the reason."), say("It helps the facilitator to find somebody who suits."))
    with store.read() as reader:
        state = read_state(reader, body.round)
    if state.proposal(*pair) is None or state.proposal(*pair).phase in ("proposed", "pinned", "withdrawn"):  # type: ignore[union-attr]  # looked at before
        raise UnknownName(say("proposal to you"), body.partner, [])
    try:
        if body.said == "yes":
            state = accept(store, body.round, pair, side, who=who, on=on, words=body.words)
        else:
            topics = body.topics if reason == "wrong_topic" else ()
            state = decline(store, body.round, pair, side, reason, who=who, on=on, words=body.words, topics=topics)
    except Conflict as gone:
        message = with_names(known.network, gone.message)
        if wants_json():
            raise Conflict(message, gone.hint) from None
        return Changed({}, "", page=_gone(known, utility_id, state, message, gone.hint))
    write_what_follows(store, settings(), state.id, who)
    found = state.proposal(*pair)
    assert found is not None  # noqa: S101 - a proposal that was answered is there
    data = Answered(round=state.id, role=body.role, partner=body.partner, phase=found.phase)
    return Changed(data, url_for("own.partners", utility_id=utility_id))


def _gone(known: Knowledge, utility_id: str, state: LivingRound, message: Sentence, hint: Sentence | None) -> Response:
    """The page that says why the answer came too late."""
    text = render_template(
        "own_gone.html", utility=known.refs[utility_id], title_of_round=state.title, message=message, hint=hint
    )
    return Response(text, 409, mimetype="text/html")


@action(pages, "/utilities/<utility_id>/partners/say", Saying, SaidSo)
def say_to(body: Saying, utility_id: str) -> Changed:
    """Say to a suggested partner: interested, not now, or no thanks; or take it back."""
    known = knowledge().refs
    for id in (utility_id, body.partner):
        if id not in known:
            raise UnknownName(say("utility"), id, known)
    who = signed_in().account.name
    answer_suggestion(keeper().store, utility_id, body.partner, body.role, body.said, who=who, words=body.words)
    data = SaidSo(role=body.role, partner=body.partner, said=body.said)
    return Changed(data, url_for("own.partners", utility_id=utility_id, _anchor="suggested"))
