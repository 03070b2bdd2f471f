"""How a Neo4j store gives each reader one revision, although Neo4j itself only promises to show committed data.

Neo4j is *read committed*: two queries of one transaction may see two states, and even one query may see half of a
transaction that commits meanwhile. So each write says beforehand what it is about to change:

1. *announce*: one transaction writes, for every row that will change, what it was before (``:WopChange`` nodes), and
   makes ``sequence`` of ``:WopStore`` odd: ``2 * revision + 1``;
2. the write's own transaction commits, with the mark ``done``;
3. *publish*: ``sequence`` becomes ``2 * (revision + 1)``.

A reader of revision r reads its rows first and ``sequence`` afterwards. If that is still ``2 * r``, nothing was even
announced while it read. Otherwise it takes back what the changes after r say, newest first. A row that any write
since r touched has its state of r there, whichever state was read; every other row is the same in all of them. So no
mixture can come out, readers never wait, and writers are not disturbed by readers.

Writers queue for a lock that the server drops when they die. The next one that finds ``sequence`` odd finishes what
``done`` says was committed, or takes the announced rows back, and goes on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

KEPT_SECONDS = 900
"""How long changes are kept: no reader works longer than this on one snapshot."""

Row = list[Any]
Key = tuple[str, ...]


def sequence_of(revision: int, *, announced: bool = False) -> int:
    """The value of ``sequence`` at a revision, or while the write after it is under way."""
    return 2 * revision + announced


def revision_of(sequence: int) -> int:
    """The revision everybody sees."""
    return sequence // 2


def created_rows(keys: Iterable[Key]) -> str:
    """The form of rows that did not exist before."""
    return _encode({"created": list(keys)})


def rows_before(fields: Sequence[str], rows: Iterable[Sequence[Any]], *, deleted: bool = False) -> str:
    """The form of rows, keys first, whose ``fields`` were as given before they were updated or deleted."""
    return _encode({"deleted" if deleted else "updated": list(rows), "fields": list(fields)})


def taken_back(
    rows: list[Row],
    changes: Iterable[str],
    names: Sequence[str],
    keys: int,
    wanted: Callable[[Key], bool],
) -> list[Row]:
    """Rows with changes (newest first) taken back, unordered.

    ``names`` are the columns of a row, the first ``keys`` of which identify it; of rows that come back, only those
    ``wanted`` are kept.
    """
    by_key = {tuple(row[:keys]): row for row in rows}
    position = {name: at for at, name in enumerate(names)}
    for text in changes:
        change = json.loads(text)
        for key in change.get("created", ()):
            by_key.pop(tuple(key), None)
        at = [position.get(name) for name in change.get("fields", ())]
        for before in change.get("updated", ()):
            row = by_key.get(tuple(before[:keys]))
            if row is not None:
                _put(row, at, before[keys:])
        for before in change.get("deleted", ()):
            key = tuple(before[:keys])
            if wanted(key):
                row = [*before[:keys], *(None,) * (len(names) - keys)]
                _put(row, at, before[keys:])
                by_key[key] = row
    return list(by_key.values())


def _put(row: Row, at: Sequence[int | None], values: Sequence[Any]) -> None:
    for position, value in zip(at, values, strict=True):
        if position is not None:  # a field that another version of the service knows
            row[position] = value


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
