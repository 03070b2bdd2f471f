"""Who is written to about a round, and what became of it, by the log alone.

A letter goes to one person for one side of one utility, about all its partners whose proposals wait for an answer of
that side now (``matcher.rounds.answering.asked``). An entry ``letters`` says that they were printed or given to the
mail server, an entry ``delivered`` what the mail server said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

from matcher.rounds.answering import asked
from matcher.rounds.entry import Entry
from matcher.rounds.state import OUT, LivingRound, Pair, Side

SIDES: tuple[Side, Side] = ("mentor", "mentee")
UNDER_WAY = timedelta(minutes=15)
"""So long the mail server may still be at it; a letter of which nothing was heard by then may be sent again."""


@dataclass(frozen=True, slots=True)
class Letter:
    """To an account, for one side of a utility, about these partners."""

    account: str
    utility: str
    side: Side
    partners: tuple[str, ...]

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The proposals it is about."""
        if self.side == "mentor":
            return tuple((self.utility, partner) for partner in self.partners)
        return tuple((partner, self.utility) for partner in self.partners)

    def to_json(self) -> dict[str, Any]:
        """As an entry keeps it."""
        return {"account": self.account, "utility": self.utility, "side": self.side, "partners": list(self.partners)}


SendingState: TypeAlias = Literal["printed", "mailed", "failed", "under_way", "unsure", "left"]


@dataclass(frozen=True, slots=True)
class Sending:
    """One letter that was written: ``at`` an ISO time, ``on`` an ISO date, ``number`` that of its entry.

    ``under_way``: given to the mail server, which has not been heard of yet; ``unsure``: nobody knows whether it took
    the letter; ``left``: the sending was stopped before.
    """

    letter: Letter
    number: int
    at: str
    on: str
    how: Literal["mail", "print"]
    reminder: bool
    state: SendingState
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A utility whose answer is awaited on one side, and about whom."""

    utility: str
    side: Side
    partners: tuple[str, ...]


def waiting_for(state: LivingRound) -> list[Waiting]:
    """Whose answers are awaited now, by utility and side."""
    found: dict[tuple[str, Side], list[str]] = {}
    for each in state.in_phase(*OUT):
        for side in SIDES:
            if asked(state, each, side):
                own, other = (each.mentor, each.mentee) if side == "mentor" else (each.mentee, each.mentor)
                found.setdefault((own, side), []).append(other)
    return [Waiting(utility, side, tuple(sorted(found[utility, side]))) for utility, side in sorted(found)]


def sendings(log: Iterable[Entry]) -> list[Sending]:
    """Every letter written, oldest first."""
    found: dict[tuple[int, int], Sending] = {}
    for entry in log:
        if entry.kind == "letters":
            for at, form in enumerate(entry.body["letters"]):
                letter = Letter(form["account"], form["utility"], form["side"], tuple(form["partners"]))
                how = entry.body["how"]
                state: Literal["printed", "under_way"] = "printed" if how == "print" else "under_way"
                reminder = entry.body["reminder"]
                found[entry.number, at] = Sending(
                    letter, entry.number, entry.at, entry.body["on"], how, reminder, state
                )
        elif entry.kind == "delivered":
            for key, sending in found.items():
                if key[0] == entry.body["of"]:
                    found[key] = _heard(sending, key[1], entry.body)
    return list(found.values())


def _heard(sending: Sending, at: int, body: Mapping[str, Any]) -> Sending:
    failed, stopped = dict(body["failed"]), body.get("stopped", "")
    if at in failed:
        return replace(sending, state="failed", failure=failed[at])
    if at in body.get("unsure", ()):
        return replace(sending, state="unsure", failure=stopped)
    if at in body.get("left", ()):
        return replace(sending, state="left", failure=stopped)
    return replace(sending, state="mailed")


def due(
    state: LivingRound,
    log: Sequence[Entry],
    people: Mapping[str, Sequence[str]],
    now: datetime,
    *,
    unsure: bool = False,
) -> list[Letter]:
    """Letters to be written now: to everybody of ``people`` (accounts by utility) asked and not written to yet.

    What failed is due again, and with ``unsure`` that of which nobody knows whether it arrived; a pair that was
    published again is news again.
    """
    published = _published_at(log)
    told = {
        (sending.letter.account, sending.letter.side, pair)
        for sending in sendings(log)
        for pair in sending.letter.pairs
        if _stands(sending, now) and not (unsure and sending.state == "unsure")
        if sending.number > published.get(pair, 0)
    }
    return _letters(state, people, lambda account, side, pair: (account, side, pair) not in told)


def reminders(
    state: LivingRound, log: Sequence[Entry], people: Mapping[str, Sequence[str]], now: datetime, on: str
) -> list[Letter]:
    """Reminders to everybody asked who was not written to on this day (ISO date): once a day, however often asked."""
    today = {
        (sending.letter.account, sending.letter.side, pair)
        for sending in sendings(log)
        for pair in sending.letter.pairs
        if sending.on == on and _stands(sending, now)
    }
    return _letters(state, people, lambda account, side, pair: (account, side, pair) not in today)


def not_tried(letters: Iterable[Letter], log: Iterable[Entry], since: int) -> list[Letter]:
    """These letters without those that failed, or perhaps arrived, since an entry: what one sending tries once."""
    failed = {
        (each.letter.account, each.letter.side, pair)
        for each in sendings(log)
        if each.number > since and each.state in ("failed", "unsure")
        for pair in each.letter.pairs
    }
    return [each for each in letters if not any((each.account, each.side, pair) in failed for pair in each.pairs)]


def nobody_to_write_to(state: LivingRound, people: Mapping[str, Sequence[object]]) -> list[str]:
    """Utilities whose answer is awaited and for whom nobody has an account."""
    return sorted({each.utility for each in waiting_for(state) if not people.get(each.utility)})


def _letters(state: LivingRound, people: Mapping[str, Sequence[str]], wanted: Any) -> list[Letter]:
    found = []
    for each in waiting_for(state):
        for account in people.get(each.utility, ()):
            whole = Letter(account, each.utility, each.side, each.partners)
            left = zip(whole.partners, whole.pairs, strict=True)
            partners = tuple(partner for partner, pair in left if wanted(account, each.side, pair))
            if partners:
                found.append(Letter(account, each.utility, each.side, partners))
    return found


def _stands(sending: Sending, now: datetime) -> bool:
    if sending.state == "under_way":
        return now - datetime.fromisoformat(sending.at) < UNDER_WAY
    return sending.state not in ("failed", "left")


def _published_at(log: Iterable[Entry]) -> dict[Pair, int]:
    found: dict[Pair, int] = {}
    for entry in log:
        if entry.kind == "publish":
            found.update(dict.fromkeys(map(tuple, entry.body["pairs"]), entry.number))
    return found
