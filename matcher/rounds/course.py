"""How a round went, from its log and state: each solve, who declined and why, what became of the first pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from matcher.rounds.entries import unfolded
from matcher.rounds.entry import Entry
from matcher.rounds.state import DECLINE_REASONS, LIVE, LivingRound, Pair, ProposalPhase, Side


@dataclass(frozen=True, slots=True)
class Solve:
    """One solve: its entry, whether it topped up, how many pairs came of it and how many of them are ``fresh``."""

    entry: Entry
    top_up: bool
    pairs: int
    fresh: int


@dataclass(frozen=True, slots=True)
class Decline:
    """A no to a proposal. ``reason`` is a key of ``DECLINE_REASONS``, empty where the reader may not know it."""

    mentor: str
    mentee: str
    side: Side
    reason: str
    on: str


@dataclass(frozen=True, slots=True)
class Gone:
    """A pair of the first solve that is none in the end; ``phase`` is what its proposal became."""

    mentor: str
    mentee: str
    phase: ProposalPhase | None


def solves(entries: Iterable[Entry]) -> list[Solve]:
    """Every solve that brought a proposal, in order; fresh are its pairs that had no live proposal before."""
    found: list[Solve] = []
    before: LivingRound | None = None
    for entry, state in unfolded(entries):
        if entry.kind == "solved" and before is not None:
            pairs = {(pair["mentor"], pair["mentee"]) for pair in entry.body["pairs"]}
            had = {each.pair for each in before.in_phase(*LIVE)}
            found.append(Solve(entry, before.solving_top_up, len(pairs), len(pairs - had)))
        before = state
    return found


def declines(state: LivingRound) -> list[Decline]:
    """Every proposal that was declined, by which side and why."""
    return [
        Decline(each.mentor, each.mentee, side, answer.reason, answer.on)
        for each in state.in_phase("declined")
        for side, answer in sorted(each.answers.items())
        if not answer.yes
    ]


def reasons(found: Sequence[Decline]) -> dict[str, dict[Side, int]]:
    """How often each reason was given by mentors and by mentees, in the order of the short list, the untold last."""
    counts = Counter((each.reason, each.side) for each in found)
    given = [reason for reason in (*DECLINE_REASONS, "") if counts[reason, "mentor"] or counts[reason, "mentee"]]
    return {reason: {"mentor": counts[reason, "mentor"], "mentee": counts[reason, "mentee"]} for reason in given}


def gone(state: LivingRound, first: Iterable[Pair]) -> list[Gone]:
    """The pairs of the first solve that hold no place in the end, by their ids."""
    found = [(pair, state.proposal(*pair)) for pair in sorted(first)]
    return [
        Gone(*pair, phase=None if each is None else each.phase)
        for pair, each in found
        if each is None or each.phase not in LIVE
    ]


def undone(entries: Iterable[Entry]) -> frozenset[int]:
    """The numbers of the entries that were taken back."""
    return frozenset(int(entry.body["number"]) for entry in entries if entry.kind == "undo")
