"""Two versions of a round beside each other: what changed, for whom, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, TypedDict

from matcher.rounds.entries import replayed
from matcher.rounds.entry import Entry
from matcher.rounds.state import LIVE, Proposal


class ChangedPair(TypedDict):
    """A pair whose proposal differs: the states before and after (``None``: there was none), and the entries why."""

    mentor: str
    mentee: str
    change: Literal["entered", "left", "moved"]
    before: str | None
    after: str | None
    entries: list[int]


class Comparison(TypedDict):
    """Pairs that differ between two versions; mentees that gained a first or lost their last live proposal."""

    first: int
    second: int
    pairs: list[ChangedPair]
    gained: list[str]
    lost: list[str]


def compare(log: Sequence[Entry], first: int, second: int) -> Comparison:
    """What changed from version ``first`` to version ``second`` of a round, by its log.

    The entries named are those in between that decided on the pair, and every solve. Raises ``ValueError`` for
    versions that do not exist.
    """
    if not 1 <= min(first, second) <= max(first, second) <= len(log):
        raise ValueError(f"versions are 1 to {len(log)}")
    before, after = replayed(log[:first]).proposals, replayed(log[:second]).proposals
    between = log[min(first, second) : max(first, second)]
    pairs = [
        _changed(before.get(key), after.get(key), between)
        for key in sorted({*before, *after})
        if (before[key].phase if key in before else None) != (after[key].phase if key in after else None)
    ]
    had, has = _served(before.values()), _served(after.values())
    return {
        "first": first,
        "second": second,
        "pairs": pairs,
        "gained": sorted(has - had),
        "lost": sorted(had - has),
    }


def _changed(before: Proposal | None, after: Proposal | None, between: Sequence[Entry]) -> ChangedPair:
    one = after or before
    assert one is not None  # noqa: S101 - a key of at least one of the two
    was, live = before is not None and before.phase in LIVE, after is not None and after.phase in LIVE
    return {
        "mentor": one.mentor,
        "mentee": one.mentee,
        "change": "entered" if live and not was else "left" if was and not live else "moved",
        "before": None if before is None else before.phase,
        "after": None if after is None else after.phase,
        "entries": [entry.number for entry in between if _about(entry, one.mentor, one.mentee)],
    }


def _about(entry: Entry, mentor: str, mentee: str) -> bool:
    if entry.kind in ("solved", "undo"):
        return True
    if [mentor, mentee] in entry.body.get("pairs", ()):
        return True
    if entry.kind == "answer":  # a decline may bring the next best for the same mentee
        return bool(entry.body["mentee"] == mentee)
    return bool(entry.body.get("mentor") == mentor and entry.body.get("mentee") == mentee)


def _served(proposals: Iterable[Proposal]) -> set[str]:
    return {each.mentee for each in proposals if each.phase in LIVE}
