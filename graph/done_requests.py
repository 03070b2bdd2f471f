"""Writes that a program may send again: which of them were done, and what was answered.

A program names a write by a key of its own. Before the write the key is claimed, afterwards the answer is kept with it,
for a day: the same key brings the same answer again, and nothing is done twice. The store keeps the key's hash only.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from graph.errors import Conflict, KeyUsed
from graph.rounds import moment
from graph.sentences import say
from graph.store import Reader, Transaction

KEPT = timedelta(hours=24)
LABEL = "DoneRequest"


@dataclass(frozen=True, slots=True)
class Answered:
    """What was answered; ``body`` is ``None`` where the answer is told only once."""

    status: int
    location: str
    body: str | None


def request_id(account: str, key: str) -> str:
    """The id of an account's request by its key."""
    return hashlib.sha256(f"{account}\n{key}".encode()).hexdigest()


def claim(transaction: Transaction, id: str, asked: str, now: datetime) -> Answered | None:
    """Claim a request, ``asked`` being the digest of what it asks; the answer where it was done already.

    Raises ``KeyUsed`` where the same key came with something else, ``Conflict`` where it is being done.
    """
    if (earlier := look(transaction, id, asked, now)) is not None:
        return earlier
    if id.startswith("0"):  # one key in sixteen tidies up: ended answers need not be read for each
        _forget_ended(transaction, now)
    new: dict[str, list[str | None]] = {"id": [id], "asked": [asked], "ends_at": [moment(now + KEPT)]}
    transaction.merge_nodes(LABEL, {**new, "status": [None], "location": [None], "body": [None]})
    return None


def look(reader: Reader, id: str, asked: str, now: datetime) -> Answered | None:
    """The answer of a request that was done; ``None`` where nobody claimed it. Raises as ``claim``."""
    found = reader.nodes(LABEL, [id])
    if not found["id"] or found["ends_at"][0] <= moment(now):
        return None
    if found["asked"][0] != asked:
        raise KeyUsed(
            say("This key was used for another request."),
            say("Give each request a key of its own; only a repetition of the same has the same one."),
        )
    if found["status"][0] is None:
        raise Conflict(
            say("The request with this key is being done, or was interrupted; what became of it is not known yet."),
            say("Try again shortly. If this does not change, look what is there, and use another key."),
        )
    return Answered(found["status"][0], found["location"][0] or "", found["body"][0])


def finish(transaction: Transaction, id: str, answered: Answered) -> None:
    """Keep what was answered."""
    where, what = [answered.location], [answered.body]
    transaction.merge_nodes(LABEL, {"id": [id], "status": [answered.status], "location": where, "body": what})


def let_go(transaction: Transaction, id: str) -> None:
    """The request was refused and nothing was done: it may be sent again."""
    transaction.delete_nodes(LABEL, [id])


def _forget_ended(transaction: Transaction, now: datetime) -> None:
    columns = transaction.nodes(LABEL)
    ended = [id for id, ends in zip(columns["id"], columns["ends_at"], strict=True) if ends <= moment(now)]
    if ended:
        transaction.delete_nodes(LABEL, ended)
