"""Partners exchanged as one decision: two proposals swap mentors, or a mentee moves to another mentor.

What goes is withdrawn and forbidden, what comes is proposed and pinned, so that the next solve keeps to it. It is one
entry of the log and undone as one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph.errors import BadInput, Conflict
from graph.sentences import say
from matcher.policy import PairDecision
from matcher.rounds.moves import found_proposal, moved, put, settled, without
from matcher.rounds.state import COMMITTED, LIVE, LivingRound, Pair, Proposal
from matcher.rounds.words import proposal_phase_name


def exchange(first: Pair, second: Pair) -> tuple[list[Pair], list[Pair]]:
    """What goes and what comes when two proposals swap mentors. Raises ``BadInput`` where nothing would change."""
    if first[0] == second[0] or first[1] == second[1]:
        raise BadInput(
            say("The two proposals share a utility, so there is nothing to swap."),
            say("Choose a proposal of another mentor and another mentee."),
        )
    return [first, second], [(first[0], second[1]), (second[0], first[1])]


def move(pair: Pair, mentor: str) -> tuple[list[Pair], list[Pair]]:
    """What goes and what comes when the mentee of a pair gets another mentor. Raises ``BadInput`` for its own."""
    if mentor == pair[0]:
        raise BadInput(say("This is its mentor already."), say("Choose another mentor."))
    return [pair], [(mentor, pair[1])]


def swapped(state: LivingRound, body: Mapping[str, Any], why: str) -> LivingRound:
    """The state after a swap."""
    for mentor, mentee in body["gone"]:
        found = found_proposal(state, mentor, mentee)
        if found.phase in COMMITTED:
            raise settled(mentor, mentee)
        state = moved(state, found, "withdraw", reason=why)
        decided = PairDecision(mentor=mentor, mentee=mentee, reason=why)
        forbids = (*without(state.forbids, mentor, mentee), decided)
        state = state.model_copy(update={"forbids": forbids, "pins": without(state.pins, mentor, mentee)})
    for form in body["new"]:
        state = _proposed(state, form, why)
    return state


def _proposed(state: LivingRound, form: Mapping[str, Any], why: str) -> LivingRound:
    mentor, mentee = form["mentor"], form["mentee"]
    found = state.proposal(mentor, mentee)
    if found is not None and found.phase != "withdrawn":
        raise Conflict(
            say(
                "{mentor} and {mentee} have a proposal in this round: {state}.",
                mentor=mentor,
                mentee=mentee,
                state=proposal_phase_name(found.phase),
            )
        )
    places = state.room("mentor", mentor)
    if places is None:
        raise BadInput(
            say("{utility} takes no part in this round on that side.", utility=mentor),
            say("Import an offer or a need of it, and solve again."),
        )
    if state.held("mentor", mentor, *COMMITTED) >= places:
        raise Conflict(
            say("The last place of {mentor} has been taken.", mentor=mentor),
            say("Choose another mentor, or give it more places in this round."),
        )
    pins = (*without(state.pins, mentor, mentee), PairDecision(mentor=mentor, mentee=mentee, reason=why))
    update = {"pins": pins, "forbids": without(state.forbids, mentor, mentee)}
    new = Proposal(
        mentor=mentor,
        mentee=mentee,
        phase="pinned",
        by="hand",
        fit=form["fit"],
        needs=tuple(form["needs"]),
        reason=why,
    )
    return put(state.model_copy(update=update), new)


def crowded(state: LivingRound, gone: list[Pair], come: list[Pair]) -> list[Pair]:
    """Live proposals of mentors that would have more of them than places: whom the next solve may displace."""
    after = [each.pair for each in state.in_phase(*LIVE) if each.pair not in gone]
    mentors = {mentor for mentor, _mentee in come}
    full = {
        mentor
        for mentor in mentors
        if sum(pair[0] == mentor for pair in (*after, *come)) > (state.room("mentor", mentor) or 0)
    }
    return [pair for pair in after if pair[0] in full and pair not in come]
