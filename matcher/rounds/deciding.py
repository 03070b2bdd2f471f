"""What people decide about a round before and between its solves: settings, places, pairs, remarks, rankings.

Each is a step of ``matcher.rounds.entries``: the state after an entry of its kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal

from graph.errors import BadInput, Conflict, UnknownName
from graph.sentences import say
from matcher.policy import FitAdjustment, PairDecision, Topic
from matcher.rounds.entry import Entry
from matcher.rounds.moves import moved, must_hold, pair_in, settled, without
from matcher.rounds.state import COMMITTED, DECLINE_REASONS, LIVE, LivingRound, Note
from matcher.rounds.words import ABOUT, SAID


def _settings(state: LivingRound, entry: Entry) -> LivingRound:
    allowed = ("title", "as_of", "policy", "order", "deadline", "reserve", "messages", "recipients_choose", "choose_by")
    given = {name: value for name, value in entry.body.items() if name not in (SAID, ABOUT)}
    if unknown := sorted(set(given) - set(allowed)):
        raise UnknownName(say("setting of a round"), unknown[0], allowed)
    return LivingRound.model_validate({**state.model_dump(), **given})


def _capacity(state: LivingRound, entry: Entry) -> LivingRound:
    for utility, places in entry.body.get("places", {}).items():
        if places < (held := state.held("mentor", utility, *COMMITTED)):
            raise BadInput(
                say("{utility} has agreed to {held} already; places: {places}.", **_of(utility, held, places)),
                say("Give it at least so many."),
            )
    for utility, wanted in entry.body.get("wanted", {}).items():
        if wanted < (held := state.held("mentee", utility, *COMMITTED)):
            raise BadInput(
                say("{utility} has agreed to {held} already; mentors wanted: {places}.", **_of(utility, held, wanted)),
                say("Give it at least so many."),
            )
    return state.model_copy(
        update={
            "places": {**state.places, **entry.body.get("places", {})},
            "wanted": {**state.wanted, **entry.body.get("wanted", {})},
        }
    )


def _of(utility: str, held: int, places: int) -> dict[str, Any]:
    return {"utility": utility, "held": held, "places": places}


def _pin(state: LivingRound, entry: Entry) -> LivingRound:
    mentor, mentee = pair_in(entry.body)
    found = state.proposal(mentor, mentee)
    if found is not None and found.phase == "declined":
        raise Conflict(
            say("{mentor} and {mentee}: one of the two has declined.", mentor=mentor, mentee=mentee),
            say("A pair that was declined is not proposed again in this round."),
        )
    pins = (*without(state.pins, mentor, mentee), PairDecision(mentor=mentor, mentee=mentee, reason=entry.why))
    state = state.model_copy(update={"pins": pins, "forbids": without(state.forbids, mentor, mentee)})
    return moved(state, found, "pin") if found is not None and found.phase == "proposed" else state


def _unpin(state: LivingRound, entry: Entry) -> LivingRound:
    mentor, mentee = pair_in(entry.body)
    must_hold(state.pins, mentor, mentee, "pin")
    state = state.model_copy(update={"pins": without(state.pins, mentor, mentee)})
    found = state.proposal(mentor, mentee)
    return moved(state, found, "unpin") if found is not None and found.phase == "pinned" else state


def _forbid(state: LivingRound, entry: Entry) -> LivingRound:
    mentor, mentee = pair_in(entry.body)
    found = state.proposal(mentor, mentee)
    if found is not None and found.phase in COMMITTED:
        raise settled(mentor, mentee)
    forbids = (*without(state.forbids, mentor, mentee), PairDecision(mentor=mentor, mentee=mentee, reason=entry.why))
    state = state.model_copy(update={"forbids": forbids, "pins": without(state.pins, mentor, mentee)})
    if found is not None and found.phase in LIVE:
        return moved(state, found, "withdraw", reason=entry.why)
    return state


def _allow(state: LivingRound, entry: Entry) -> LivingRound:
    mentor, mentee = pair_in(entry.body)
    must_hold(state.forbids, mentor, mentee, "forbid")
    return state.model_copy(update={"forbids": without(state.forbids, mentor, mentee)})


def _adjust(state: LivingRound, entry: Entry) -> LivingRound:
    mentor, mentee = pair_in(entry.body)
    kept = tuple(each for each in state.adjustments if (each.mentor, each.mentee) != (mentor, mentee))
    if not entry.body["by"]:
        return state.model_copy(update={"adjustments": kept})
    new = FitAdjustment(mentor=mentor, mentee=mentee, by=float(entry.body["by"]), reason=entry.why)
    return state.model_copy(update={"adjustments": (*kept, new)})


def _rank(state: LivingRound, entry: Entry) -> LivingRound:
    """A mentee's order of the mentors it was shown; without any, its earlier answer is taken back."""
    mentee, mentors = entry.body["mentee"], tuple(entry.body["mentors"])
    if not state.recipients_choose:
        raise BadInput(say("In this round recipients do not choose."), say("Ask the facilitator of the round."))
    if state.choose_by and entry.body["on"] > state.choose_by:
        raise BadInput(
            say("The order was to be given by {day}.", day=state.choose_by),
            say("Ask the facilitator of the round to move the day."),
        )
    if unknown := [mentor for mentor in mentors if mentor not in entry.body["shown"]]:
        raise UnknownName(say("mentor on the shortlist"), unknown[0], entry.body["shown"])
    if len(set(mentors)) < len(mentors):
        raise BadInput(say("A mentor is named twice."), say("Name each mentor once."))
    others = {id: order for id, order in state.rankings.items() if id != mentee}
    return state.model_copy(update={"rankings": {**others, mentee: mentors} if mentors else others})


def _note(state: LivingRound, entry: Entry) -> LivingRound:
    note = Note(who=entry.who, at=entry.at, **entry.body)
    return state.model_copy(update={"notes": (*state.notes, note)})


def _carry(state: LivingRound, entry: Entry) -> LivingRound:
    """Each offer of a past round that was accepted, as if it were decided here; the others are only noted."""
    for offer in entry.body["accepted"]:
        why = str(DECLINE_REASONS.get(offer["reason"], ""))
        match offer["kind"]:
            case "forbid":
                body = {"mentor": offer["mentor"], "mentee": offer["mentee"]}
                state = _forbid(state, replace(entry, body=body, why=offer["words"] or why))
            case "places" | "wanted":
                state = _capacity(state, replace(entry, body={offer["kind"]: {offer["utility"]: offer["number"]}}))
            case "set_aside":
                side: Literal["offer", "need"] = "offer" if offer["side"] == "mentor" else "need"
                topic = Topic(utility=offer["utility"], capability=offer["capability"], side=side)
                if topic not in state.set_aside:
                    state = state.model_copy(update={"set_aside": (*state.set_aside, topic)})
    keys = [offer["key"] for offer in entry.body["accepted"]] + list(entry.body["left"])
    return state.model_copy(update={"carried": (*state.carried, *keys)})


DECIDED: Mapping[str, Callable[[LivingRound, Entry], LivingRound]] = {
    "settings": _settings,
    "capacity": _capacity,
    "pin": _pin,
    "unpin": _unpin,
    "forbid": _forbid,
    "allow": _allow,
    "adjust": _adjust,
    "note": _note,
    "carry": _carry,
    "rank": _rank,
}
"""The step of each kind of entry."""
