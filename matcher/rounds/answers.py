"""What a mentor or a mentee says to a proposal, and who is asked now.

Acceptance and capacity are one transaction: the answer is checked against the state it is written to.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from graph.store import Store, Transaction
from matcher.rounds.answering import asked
from matcher.rounds.keeping import record
from matcher.rounds.state import OUT, LivingRound, Pair, Proposal, Side


def accept(
    store: Store, id: str, pair: Pair, side: Side, *, who: str, on: date, words: str = "", seen: int | None = None
) -> LivingRound:
    """One side says yes; with the second yes the pair has agreed.

    Raises ``Conflict`` where this side is not asked now or the last place is gone, ``BadInput`` after the deadline.
    """
    return _answer(store, id, pair, side, {"yes": True, "on": on.isoformat(), "words": words}, who, words, seen)


def decline(
    store: Store,
    id: str,
    pair: Pair,
    side: Side,
    reason: str,
    *,
    who: str,
    on: date,
    words: str = "",
    topics: Sequence[str] = (),
    seen: int | None = None,
) -> LivingRound:
    """One side says no, with a key of ``DECLINE_REASONS``; ``topics`` are the capabilities that do not fit.

    Where the round keeps a reserve list, the mentee's next best mentor is offered at once. Raises as ``accept``, and
    ``UnknownName`` for another reason.
    """
    answer = {"yes": False, "on": on.isoformat(), "reason": reason, "words": words, "topics": list(topics)}
    return _answer(store, id, pair, side, answer, who, words, seen)


def waiting(state: LivingRound, side: Side, utility: str) -> list[Proposal]:
    """The proposals a utility is asked about now, on one side."""
    found = state.in_phase(*OUT)
    return [each for each in found if getattr(each, side) == utility and asked(state, each, side)]


def _answer(
    store: Store, id: str, pair: Pair, side: Side, answer: dict[str, object], who: str, why: str, seen: int | None
) -> LivingRound:
    def body(state: LivingRound, transaction: Transaction) -> dict[str, Any]:
        said: dict[str, Any] = {"mentor": pair[0], "mentee": pair[1], "side": side, "answer": answer}
        if answer["yes"]:
            return said
        from matcher.rounds.room_left import barred

        return {**said, "barred": barred(transaction, state, pair)}

    return record(store, id, "answer", body, who=who, why=why, seen=seen)
