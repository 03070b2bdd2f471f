"""Small moves on the state of a round, which refuse what the tables of ``matcher.rounds.state`` do not know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph.errors import Conflict, UnknownName
from graph.sentences import say
from matcher.policy import PairDecision
from matcher.rounds.state import PROPOSAL_STEPS, LivingRound, Pair, Proposal, proposal_key
from matcher.rounds.words import proposal_phase_name


def pair_in(body: Mapping[str, Any]) -> Pair:
    """The pair an entry is about."""
    return body["mentor"], body["mentee"]


def found_proposal(state: LivingRound, mentor: str, mentee: str) -> Proposal:
    """The proposal of a pair; raises ``UnknownName`` where there never was one."""
    found = state.proposal(mentor, mentee)
    if found is None:
        raise UnknownName(
            say("proposal of this round"),
            f"{mentor} - {mentee}",
            [f"{each.mentor} - {each.mentee}" for each in state.proposals.values()],
        )
    return found


def moved(state: LivingRound, proposal: Proposal, step: str, **update: Any) -> LivingRound:
    """The state with a proposal one step on; raises ``Conflict`` where the table knows no such step."""
    after = PROPOSAL_STEPS[step].get(proposal.phase)
    if after is None:
        raise Conflict(
            say(
                "The proposal of {mentor} and {mentee} is {state}; this cannot be done with it.",
                mentor=proposal.mentor,
                mentee=proposal.mentee,
                state=proposal_phase_name(proposal.phase),
            ),
            say("Look at the present state of the round."),
        )
    return put(state, proposal.model_copy(update={"phase": after, **update}))


def put(state: LivingRound, proposal: Proposal) -> LivingRound:
    """The state with one proposal put in place."""
    return state.model_copy(update={"proposals": {**state.proposals, proposal_key(*proposal.pair): proposal}})


def without(decisions: tuple[PairDecision, ...], mentor: str, mentee: str) -> tuple[PairDecision, ...]:
    """Decisions without those on a pair."""
    return tuple(each for each in decisions if (each.mentor, each.mentee) != (mentor, mentee))


def must_hold(decisions: tuple[PairDecision, ...], mentor: str, mentee: str, what: str) -> None:
    """Raise ``UnknownName`` where there is no such decision to take back."""
    if not any((each.mentor, each.mentee) == (mentor, mentee) for each in decisions):
        known = [f"{each.mentor} - {each.mentee}" for each in decisions]
        raise UnknownName(say("pin") if what == "pin" else say("forbid"), f"{mentor} - {mentee}", known)


def settled(mentor: str, mentee: str) -> Conflict:
    """The refusal to disturb a pair that has agreed."""
    return Conflict(
        say("{mentor} and {mentee} have both agreed; the pair is not disturbed.", mentor=mentor, mentee=mentee),
        say("One of the two can still decline before it is signed."),
    )
