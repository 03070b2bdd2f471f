"""A round as far as a reader may see it: its state and its log without what is private, and without private words.

Who did what to which pair, and when, is told to everybody who may open the round. The words that people wrote (reasons,
remarks, answers) are told only where they are about pairs neither side of which keeps anything from the reader; words
about the whole round can speak of anybody, so they are kept back as soon as anything is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from matcher.rounds.concerned import concerned
from matcher.rounds.entry import Entry
from matcher.rounds.state import Answer, LivingRound, Note, Proposal
from matcher.rounds.words import SAID
from web.private import View
from web.private_documents import secret_topic, seen_policy

SILENCE = "…"
"""In place of a remark that is not told."""


def seen_round(state: LivingRound, view: View | None) -> LivingRound:
    """A round without private needs, topics, words and findings."""
    if view is None:
        return state
    solved = state.solved
    return state.model_copy(
        update={
            "policy": seen_policy(state.policy, view),
            "set_aside": tuple(topic for topic in state.set_aside if not secret_topic(topic.model_dump(), view)),
            "pins": _without_reasons(state.pins, view),
            "forbids": _without_reasons(state.forbids, view),
            "adjustments": _without_reasons(state.adjustments, view),
            "notes": tuple(_note(note, view) for note in state.notes),
            "findings": (),
            "rankings": {id: order for id, order in state.rankings.items() if not view.touches(id, *order)},
            "solved": None if solved is None else solved.model_copy(update={"reserves": {}}),
            "proposals": {key: _proposal(each, view) for key, each in state.proposals.items()},
        }
    )


def seen_log(entries: Iterable[Entry], view: View | None) -> list[Entry]:
    """A log to be shown; what a round was at some version is worked out from the whole log, not from this one."""
    return [entry if view is None else _entry(entry, view) for entry in entries]


def _entry(entry: Entry, view: View) -> Entry:
    about = concerned(entry) if entry.kind not in ("solved", "letters") else set()
    if about and not view.touches(*about, *(entry.body["mentors"] if entry.kind == "rank" else ())):
        return entry
    told = {name: value for name, value in entry.body.items() if name != SAID}
    if entry.kind == "rank" and view.touches(entry.body["mentee"], *entry.body["mentors"]):
        told["mentors"] = None  # whom it could rank follows from its needs
    return replace(entry, why="", body={**told, "text": SILENCE} if entry.kind == "note" else told)


def _without_reasons(decisions: Iterable[Any], view: View) -> tuple[Any, ...]:
    return tuple(
        each.model_copy(update={"reason": ""}) if view.touches(each.mentor, each.mentee) else each for each in decisions
    )


def _note(note: Note, view: View) -> Note:
    about = bool(note.mentor and note.mentee) and not view.touches(note.mentor, note.mentee)
    return note if about else note.model_copy(update={"text": SILENCE})


def _proposal(each: Proposal, view: View) -> Proposal:
    if not view.touches(each.mentor, each.mentee):
        return each
    public = each.mentor not in view.closed
    return each.model_copy(
        update={
            "needs": tuple(need for need in each.needs if public and (each.mentee, need) in view.public),
            "reason": "",
            "answers": {side: _answer(answer) for side, answer in each.answers.items()},
        }
    )


def _answer(answer: Answer) -> Answer:
    return answer.model_copy(update={"reason": "", "words": "", "topics": ()})
