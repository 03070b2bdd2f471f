"""Letters on their way: what the mail server said of each, noted one by one while a sending goes on.

A ``Mailing`` is kept from the moment its letters are in the log until the log says what became of them. Before a letter
is handed to the mail server, that is noted. So a sending that broke off tells which letters went out and which did not,
and of at most one nobody knows; that one is not sent again by itself. Whoever ends a mailing takes it away: a sender
that was given up for dead and comes back finds it gone and sends nothing more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from graph.errors import Conflict
from graph.rounds import moment
from graph.sentences import say
from graph.store import Reader, Store, Transaction
from matcher.rounds.keeping import read_log, record
from matcher.rounds.letters import UNDER_WAY
from matcher.rounds.state import LivingRound

Heard = Mapping[int, "str | None"]
"""By place in its entry, what was heard of a letter: nothing yet (``None``), that it was taken (empty), or the refusal;
a letter that is not in it was not handed over."""


@dataclass(frozen=True, slots=True)
class Mailing:
    """A sending that has no end yet: the round and entry of its letters, the job that sends them, if any."""

    id: str
    round: str
    number: int
    job: str
    beat_at: str
    heard: Heard


def begin_mailing(transaction: Transaction, round_id: str, number: int, job: str, at: datetime) -> None:
    """Note that the letters of an entry are about to be sent."""
    _write(transaction, Mailing(_id(round_id, number), round_id, number, job, moment(at), {}))


def note_heard(store: Store, round_id: str, number: int, heard: Heard) -> None:
    """Keep what was heard so far, before the next letter. Raises ``Conflict`` where another ended the sending."""
    with store.write() as transaction:
        mailing = _mailing(transaction, round_id, number)
        _write(transaction, Mailing(mailing.id, round_id, number, mailing.job, moment(datetime.now(UTC)), heard))


def end_mailing(store: Store, round_id: str, number: int, heard: Heard | None, stopped: str, *, who: str) -> Any:
    """Tell the log what became of an entry's letters (``heard``; ``None``: as noted), and take the mailing away.

    ``stopped`` says why letters were left, where any were. The body of the entry. Raises as ``note_heard``.
    """
    kept: dict[str, Any] = {}

    def body(_state: LivingRound, transaction: Transaction) -> Mapping[str, Any]:
        mailing = _mailing(transaction, round_id, number)
        (entry,) = (each for each in read_log(transaction, round_id) if each.number == number)
        known = mailing.heard if heard is None else heard
        logins = [letter["account"] for letter in entry.body["letters"]]
        refused = {at: said for at, said in sorted(known.items()) if said}
        kept.update(
            of=number,
            sent=sum(said == "" for said in known.values()),
            failed=[list(each) for each in refused.items()],
            refused=sorted({logins[at] for at in refused}),
            unsure=[at for at, said in sorted(known.items()) if said is None],
            left=[at for at in range(len(logins)) if at not in known],
            stopped=stopped,
        )
        return kept

    def also(transaction: Transaction, _state: LivingRound) -> None:
        transaction.delete_nodes("Mailing", [_id(round_id, number)])

    record(store, round_id, "delivered", body, who=who, why="", also=also)
    return kept


def end_broken_off(store: Store, round_id: str, job: str, stopped: str, *, who: str) -> None:
    """End the mailings of a round that nobody goes on with: those of this job, and such as nothing is heard of."""
    with store.read() as reader:
        found = _mailings(reader)
    for each in found:
        silent = datetime.now(UTC) - datetime.fromisoformat(each.beat_at) > UNDER_WAY
        if each.round == round_id and (silent or (job and each.job == job)):
            end_mailing(store, round_id, each.number, None, stopped, who=who)


def _mailing(reader: Reader, round_id: str, number: int) -> Mailing:
    for each in _mailings(reader, [_id(round_id, number)]):
        return each
    raise Conflict(say("This sending was ended already."), say("Look at the letters of the round."))


def _mailings(reader: Reader, ids: list[str] | None = None) -> list[Mailing]:
    rows = reader.nodes("Mailing", ids)
    names = ("id", "round", "number", "job", "beat_at")
    heard = ({int(at): said for at, said in json.loads(text).items()} for text in rows["heard"])
    found = [Mailing(*row) for row in zip(*(rows[name] for name in names), heard, strict=True)]
    return sorted(found, key=lambda each: (each.round, each.number))


def _write(transaction: Transaction, mailing: Mailing) -> None:
    transaction.merge_nodes(
        "Mailing",
        {
            "id": [mailing.id],
            "round": [mailing.round],
            "number": [mailing.number],
            "job": [mailing.job],
            "beat_at": [mailing.beat_at],
            "heard": [json.dumps(mailing.heard)],
        },
    )


def _id(round_id: str, number: int) -> str:
    return f"{round_id}/{number}"
