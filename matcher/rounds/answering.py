"""What an answer does to a round: agreement within the places there are, and what a decline means for the next solve.

After a decline the pair is forbidden; with ``no_capacity`` a mentor has no more places, and a mentee wants no more
mentors, than their other live proposals; with ``wrong_topic`` the offers (or needs) named are set aside.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from graph.errors import BadInput, Conflict, UnknownName
from graph.sentences import say
from matcher.policy import Topic
from matcher.rounds.moves import found_proposal, moved, pair_in, put, without
from matcher.rounds.state import (
    COMMITTED,
    DECLINE_REASONS,
    LIVE,
    OUT,
    Answer,
    LivingRound,
    Proposal,
    Side,
)
from matcher.rounds.words import proposal_phase_name


def answered(state: LivingRound, body: Mapping[str, Any], who: str) -> LivingRound:
    """The state after one side's answer; raises as ``matcher.rounds.entries.applied`` does."""
    mentor, mentee = pair_in(body)
    side: Side = body["side"]
    answer = Answer.model_validate({**body["answer"], "who": who})
    found = found_proposal(state, mentor, mentee)
    if state.deadline and answer.on > state.deadline and found.phase in OUT:
        raise BadInput(
            say("The answer was due by {deadline}.", deadline=state.deadline),
            say("Ask the facilitator of the round to move the deadline."),
        )
    if not asked(state, found, side) or (answer.yes and found.phase in COMMITTED):
        raise Conflict(
            say("{mentor} and {mentee}: no answer of this side is awaited now.", mentor=mentor, mentee=mentee),
            say("The proposal is {state}.", state=proposal_phase_name(found.phase)),
        )
    answers = {**found.answers, side: answer}
    if not answer.yes:
        return _declined(moved(state, found, "says no", answers=answers), found, side, answer, body.get("barred", ()))
    _must_have_room(state, mentor, mentee)
    return moved(state, found, "mentor says yes" if side == "mentor" else "mentee says yes", answers=answers)


def asked(state: LivingRound, proposal: Proposal, side: Side) -> bool:
    """Whether a side may answer now: its turn by the order set, not yet said yes; an agreed pair may still decline."""
    if proposal.phase == "agreed":
        return True
    first = {"mentor_first": "mentor", "mentee_first": "mentee", "both": side}[state.order]
    if proposal.phase == "published":
        return side == first
    return proposal.phase == ("accepted_by_mentor" if side == "mentee" else "accepted_by_mentee")


def _must_have_room(state: LivingRound, mentor: str, mentee: str) -> None:
    room = state.room("mentor", mentor)
    if room is not None and state.held("mentor", mentor, *COMMITTED) >= room:
        raise Conflict(
            say("The last place of {mentor} has been taken.", mentor=mentor),
            say("The facilitator of the round can offer another mentor."),
        )
    room = state.room("mentee", mentee)
    if room is not None and state.held("mentee", mentee, *COMMITTED) >= room:
        raise Conflict(
            say("{mentee} has all the mentors it wants.", mentee=mentee),
            say("The facilitator of the round can offer another mentee."),
        )


def _declined(state: LivingRound, before: Proposal, side: Side, answer: Answer, barred: Collection[str]) -> LivingRound:
    if answer.reason not in DECLINE_REASONS:
        raise UnknownName(say("reason to decline"), answer.reason, DECLINE_REASONS)
    mentor, mentee = before.pair
    update: dict[str, Any] = {"pins": without(state.pins, mentor, mentee)}
    if answer.reason == "no_capacity" and side == "mentor":
        update["places"] = {**state.places, mentor: state.held("mentor", mentor, *LIVE)}
    if answer.reason == "no_capacity" and side == "mentee":
        update["wanted"] = {**state.wanted, mentee: state.held("mentee", mentee, *LIVE)}
    if answer.reason == "wrong_topic":
        aside = [
            Topic(utility=before.mentor, capability=topic, side="offer")
            if side == "mentor"
            else Topic(utility=before.mentee, capability=topic, side="need")
            for topic in answer.topics
        ]
        update["set_aside"] = (*state.set_aside, *(topic for topic in aside if topic not in state.set_aside))
    state = state.model_copy(update=update)
    next_one = next_best(state, mentee, barred) if state.reserve else None
    return state if next_one is None else put(state, next_one)


def next_best(state: LivingRound, mentee: str, barred: Collection[str] = ()) -> Proposal | None:
    """The best mentor of a mentee's reserve list that has a free place and was not tried in this round, as published.

    ``barred`` are mentors whom a limit or their staff-days forbid now (``matcher.rounds.room_left``). ``None`` where
    the mentee wants no further mentor or its list is used up.
    """
    room = state.room("mentee", mentee)
    if state.solved is None or room is None or state.held("mentee", mentee, *LIVE) >= room:
        return None
    forbidden = {(forbid.mentor, forbid.mentee) for forbid in state.forbids}
    for mentor, fit, needs in state.solved.reserves.get(mentee, ()):
        free = (state.room("mentor", mentor) or 0) - state.held("mentor", mentor, *LIVE)
        if (
            mentor not in barred
            and free > 0
            and (mentor, mentee) not in forbidden
            and state.proposal(mentor, mentee) is None
        ):
            return Proposal(mentor=mentor, mentee=mentee, phase="published", by="reserve", fit=fit, needs=needs)
    return None
