"""What the pages of a round show of it: its proposals, decisions and log entries as rows, and the path to it."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypedDict

from graph.sentences import say
from matcher.document import SentenceJson
from matcher.rounds.answering import asked
from matcher.rounds.authors import told_apart
from matcher.rounds.entry import Entry
from matcher.rounds.state import ROUND_STEPS, LivingRound, Proposal, Side
from matcher.rounds.words import PROPOSAL_PHASES, proposal_phase_name, told
from web.knowledge import knowledge
from web.shown import Crumb

CRUMBS = [Crumb(say("Rounds"), "rounds.rounds")]


class ProposalRow(TypedDict):
    """A proposal of a round; ``awaited`` is what may be recorded of it now, by the order in which the two are asked."""

    mentor: str
    mentor_name: str
    mentee: str
    mentee_name: str
    phase: str
    phase_s: SentenceJson
    by: str
    fit: float | None
    needs: list[str]
    reason: str
    pinned: bool
    awaited: list[str]


class DecisionRow(TypedDict):
    """A pin, a forbid or a corrected fit; ``by`` is ``None`` but for the last."""

    kind: str
    mentor: str
    mentor_name: str
    mentee: str
    mentee_name: str
    by: float | None
    reason: str


class NoteRow(TypedDict):
    """A remark about the round, or about one pair."""

    at: str
    who: str
    text: str
    mentor: str | None
    mentee: str | None


class EntryRow(TypedDict):
    """One entry of the log; ``who`` is told apart by the account's id where two people share the name."""

    number: int
    at: str
    who: str
    why: str
    kind: str
    text_s: SentenceJson


def crumbs_of(state: LivingRound) -> list[Crumb]:
    """The path to a page of one round."""
    return [*CRUMBS, Crumb(state.title, "rounds.desk", {"round_id": state.id})]


def entry_row(entry: Entry, names: dict[str, str], same: Collection[str]) -> EntryRow:
    """An entry of the log as a row; ``same`` are the names that more than one person has (``same_names``)."""
    text = told(entry, names).to_json()
    who = told_apart(entry, same)
    return EntryRow(number=entry.number, at=entry.at, who=who, why=entry.why, kind=entry.kind, text_s=text)


def proposal_rows(state: LivingRound, names: dict[str, str]) -> list[ProposalRow]:
    """The proposals in the order of their states, best fit first."""
    order = {phase: at for at, phase in enumerate(PROPOSAL_PHASES)}
    pinned = {(pin.mentor, pin.mentee) for pin in state.pins}
    found = sorted(state.proposals.values(), key=lambda each: (order[each.phase], -(each.fit or 0), each.mentee))
    return [
        ProposalRow(
            mentor=each.mentor,
            mentor_name=names.get(each.mentor, each.mentor),
            mentee=each.mentee,
            mentee_name=names.get(each.mentee, each.mentee),
            phase=each.phase,
            phase_s=proposal_phase_name(each.phase).to_json(),
            by=each.by,
            fit=each.fit,
            needs=list(each.needs),
            reason=each.reason,
            pinned=each.pair in pinned,
            awaited=_awaited(state, each),
        )
        for each in found
    ]


def _awaited(state: LivingRound, each: Proposal) -> list[str]:
    """Answers that may be recorded: of the side whose turn it is; of an agreed pair a late no, or the signatures."""
    if state.phase not in ROUND_STEPS["answer"]:
        return []
    if each.phase == "agreed":
        return ["signed", "mentor_no", "mentee_no"]
    sides: tuple[Side, Side] = ("mentor", "mentee")
    return [f"{side}_{said}" for side in sides if asked(state, each, side) for said in ("yes", "no")]


def chosen_rows(
    rows: list[ProposalRow], q: str | None = None, region: str | None = None, phase: str | None = None
) -> list[ProposalRow]:
    """The proposals with all these words in a name or id, a utility of this region, and this state."""
    words, network = (q or "").casefold().split(), knowledge().network

    def has(row: ProposalRow) -> bool:
        text = f"{row['mentor_name']} {row['mentor']} {row['mentee_name']} {row['mentee']}".casefold()
        regions = [
            network.region_of(network.utility_by_id[row[side]]).id
            for side in ("mentor", "mentee")
            if region is not None and row[side] in network.utility_by_id
        ]
        return all(word in text for word in words) and (region is None or region in regions)

    return [row for row in rows if phase in (None, row["phase"]) and has(row)]


def note_rows(state: LivingRound, pair: tuple[str, str] | None = None) -> list[NoteRow]:
    """The remarks on a pair, or without one those on the whole round, the latest first."""
    chosen = [note for note in state.notes if (note.mentor, note.mentee) == (pair or ("", ""))]
    return [
        NoteRow(at=note.at, who=note.who, text=note.text, mentor=note.mentor or None, mentee=note.mentee or None)
        for note in reversed(chosen)
    ]


def decision_rows(state: LivingRound, names: dict[str, str]) -> list[DecisionRow]:
    """Pins, forbids and corrected fits, and the mentors that mentees ranked (the place stands for the reason)."""
    rows = [("pin", each.mentor, each.mentee, None, each.reason) for each in state.pins]
    rows += [("forbid", each.mentor, each.mentee, None, each.reason) for each in state.forbids]
    corrected = [("adjust", each.mentor, each.mentee, each.by, each.reason) for each in state.adjustments]
    return [
        DecisionRow(
            kind=kind,
            mentor=mentor,
            mentor_name=names.get(mentor, mentor),
            mentee=mentee,
            mentee_name=names.get(mentee, mentee),
            by=by,
            reason=reason,
        )
        for kind, mentor, mentee, by, reason in [*rows, *corrected, *_ranked(state)]
    ]


def _ranked(state: LivingRound) -> list[tuple[str, str, str, float | None, str]]:
    return [
        ("rank", mentor, mentee, None, f"{place}/{state.recipients_choose}")
        for mentee, mentors in sorted(state.rankings.items())
        for place, mentor in enumerate(mentors, start=1)
        if state.recipients_choose
    ]
