"""The log of a partnership in the store: read, and added to by one entry at a time, each in one transaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeAlias

from graph.errors import BadInput, Conflict, UnknownName
from graph.model import Partnership
from graph.network import read_partnership
from graph.rounds import moment
from graph.sentences import say
from graph.store import Reader, Store, Transaction
from matcher.register.state import Entry, Side, Told, told_by

Body: TypeAlias = Mapping[str, Any]
Ask: TypeAlias = Callable[[Partnership, Told], Body]


def read_log(reader: Reader, id: str) -> list[Entry]:
    """The whole log of a partnership, oldest first; empty where nobody told anything yet."""
    rows = reader.nodes("PartnershipEntry", reader.edges("TOLD", sources=[id])["target"])
    names = ("partnership", "number", "at", "who", "side", "kind")
    found = zip(*(rows[name] for name in names), map(json.loads, rows["body"]), strict=True)
    return sorted((Entry(*row) for row in found), key=lambda entry: entry.number)


def the_partnership(reader: Reader, id: str) -> Partnership:
    """A partnership by its id. Raises ``UnknownName``."""
    found = read_partnership(reader, id)
    if found is None:
        raise UnknownName(say("partnership"), id, reader.nodes("Partnership")["id"])
    return found


def side_of(partnership: Partnership, utility: str) -> Side:
    """The side a utility has in a partnership. Raises ``UnknownName`` where it has none."""
    if utility not in (partnership.mentor, partnership.mentee):
        raise UnknownName(say("utility of this partnership"), utility, [partnership.mentor, partnership.mentee])
    return "mentor" if utility == partnership.mentor else "mentee"


def record(
    store: Store,
    id: str,
    utility: str,
    kind: str,
    body: Body | Ask,
    *,
    who: str,
    seen: int | None = None,
    at: datetime | None = None,
    also: Callable[[Transaction, Told], None] | None = None,
) -> Told:
    """Add one entry for a utility's side; what is told after it. ``also`` is written in the same transaction.

    ``seen`` is the version that was looked at: raises ``Conflict`` where somebody has changed the same thing since (a
    change of another one does not matter). Raises ``UnknownName`` for a partnership or a side there is not,
    ``BadInput`` where nobody is named.
    """
    if not who.strip():
        raise BadInput(say("Nobody is named for this change."), say("Say who decides it."))
    with store.write() as transaction:
        partnership, log = the_partnership(transaction, id), read_log(transaction, id)
        side = side_of(partnership, utility)
        given = body(partnership, told_by(log)) if callable(body) else body
        plain = json.loads(_text(given))
        entry = Entry(id, (log[-1].number if log else 0) + 1, moment(at), who, side, kind, plain)
        if seen is not None:
            _refuse_overtaken(log, entry, seen)
        transaction.merge_nodes(
            "PartnershipEntry",
            {
                "id": [f"{id}/{entry.number}"],
                "partnership": [id],
                "number": [entry.number],
                "at": [entry.at],
                "who": [who],
                "side": [side],
                "kind": [kind],
                "body": [_text(plain)],
            },
        )
        transaction.merge_edges("TOLD", {"source": [id], "target": [f"{id}/{entry.number}"]})
        told = told_by([*log, entry])
        if also is not None:
            also(transaction, told)
    return told


def _refuse_overtaken(log: list[Entry], entry: Entry, seen: int) -> None:
    since = [each for each in log if each.number > seen and each.subject == entry.subject]
    if since:
        last = since[-1]
        raise Conflict(
            say(
                "{who} changed this at {at}; nothing of yours was written.",
                who=last.who,
                at=last.at[:16].replace("T", " "),
            ),
            say("Look at the present state, then do it again."),
        )


def _text(form: Any) -> str:
    return json.dumps(form, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
