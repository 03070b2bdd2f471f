"""Who changed what of a utility by the pages, and when: entries that are only ever added.

An entry keeps what was there before and after, so that what a person changed can be taken back, by one more entry.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from graph.rounds import moment
from graph.store import Reader, Transaction

Kind = Literal["facts", "offer", "need", "figure", "partners", "suggestion"]
Row: TypeAlias = Mapping[str, Any]
"""Fields of the graph by name, as plain JSON values."""


@dataclass(frozen=True, slots=True)
class ProfileEntry:
    """One change: ``key`` tells the row apart within its kind; ``None`` before or after means there was no such row.

    ``number`` counts from 1 within the utility, ``at`` is an ISO time in UTC, ``undoes`` the number taken back.
    """

    utility: str
    number: int
    at: str
    who: str
    kind: Kind
    key: str
    before: Row | None
    after: Row | None
    undoes: int | None = None


def read_entries(reader: Reader, utility: str) -> list[ProfileEntry]:
    """All changes of one utility, the latest first."""
    nodes = reader.nodes("ProfileEntry", reader.edges("CHANGED", sources=[utility])["target"])
    rows = zip(*(nodes[name] for name in ("utility", "number", "at", "who", "kind", "key", "body")), strict=True)
    found = [ProfileEntry(*row[:6], **json.loads(row[6])) for row in rows]
    return sorted(found, key=lambda entry: -entry.number)


def add_entry(
    transaction: Transaction,
    utility: str,
    *,
    who: str,
    kind: Kind,
    key: str,
    before: Row | None,
    after: Row | None,
    undoes: int | None = None,
    at: datetime | None = None,
) -> ProfileEntry:
    """Add a change to the log of a utility, within the transaction that makes it."""
    number = len(transaction.edges("CHANGED", sources=[utility])["target"]) + 1
    entry = ProfileEntry(utility, number, moment(at), who, kind, key, before, after, undoes)
    id = f"{utility}/{number}"
    body = {"before": before, "after": after, "undoes": undoes}
    transaction.merge_nodes(
        "ProfileEntry",
        {
            "id": [id],
            "utility": [utility],
            "number": [number],
            "at": [entry.at],
            "who": [who],
            "kind": [kind],
            "key": [key],
            "body": [json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))],
        },
    )
    transaction.merge_edges("CHANGED", {"source": [utility], "target": [id]})
    return entry
