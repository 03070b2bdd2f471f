"""One row of a utility's profile, changed as an import would: the same columns, checks and sentences.

A row is texts by column (``graph.tables``), as a form or a cell holds them; empty is unknown. Each change is written in
one transaction with its entry of the log, on the row that was looked at (``mark``): who changes a row that somebody
else changed meanwhile is told, and nothing of either is lost.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal

from graph.cells import cell_text, clean
from graph.errors import BadInput, Conflict, UnknownName
from graph.ingest import import_within
from graph.profile_log import ProfileEntry, add_entry, read_entries
from graph.sentences import say
from graph.store import Reader, Store, Transaction
from graph.tables import NEEDS, OBSERVATIONS, OFFERS, UTILITIES
from graph.upload_columns import Table
from graph.uploads import RawTable, Upload

RowKind = Literal["facts", "offer", "need", "figure"]
TABLE_OF: Mapping[RowKind, Table] = {"facts": UTILITIES, "offer": OFFERS, "need": NEEDS, "figure": OBSERVATIONS}
SOURCE: Mapping[RowKind, str] = {"offer": "source", "need": "source", "figure": "source_url"}
"""The column that says who stated a row."""
FORM = "the form"
"""What stands in place of a file's name in a problem."""

Texts = Mapping[str, str]


class Overtaken(Conflict):
    """Somebody else changed the row meanwhile: ``present`` is how it is now, ``last`` who changed it last, if known."""

    def __init__(self, present: Texts, last: ProfileEntry | None) -> None:
        self.present = present
        self.last = last
        if last is None:
            message = say("Somebody else changed this meanwhile; nothing of yours was written.")
        else:
            when = last.at[:16].replace("T", " ")
            message = say(
                "{who} changed this meanwhile ({when}); nothing of yours was written.", who=last.who, when=when
            )
        super().__init__(message, say("Look at how it is now, then save again."))


def read_row(reader: Reader, utility: str, kind: RowKind, key: str) -> dict[str, str] | None:
    """A row as texts; ``None`` where there is none. ``key`` is a capability, or a metric and its year by a space.

    The row of ``facts`` has all columns of the utility, whatever its key. Raises ``UnknownName`` for the utility.
    """
    table = TABLE_OF[kind]
    if kind == "facts":
        found = reader.nodes("Utility", [utility])
        if not found["id"]:
            raise UnknownName(say("utility"), utility, reader.nodes("Utility")["id"])
        return _texts(table, {name: values[0] for name, values in found.items()})
    target, _, year = key.partition(" ")
    edges = reader.edges(table.edge, sources=[utility], targets=[target])
    for at, own in enumerate(edges["key"]):
        if own == (year if kind == "figure" else ""):
            return _texts(table, {name: values[at] for name, values in edges.items()})
    return None


def mark(row: Texts | None, columns: tuple[str, ...] = ()) -> str:
    """What tells one state of a row (of these columns of it) from another; empty for a row that is not there."""
    if row is None:
        return ""
    told = json.dumps({name: row.get(name, "") for name in (columns or row)}, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def save_row(
    store: Store, utility: str, kind: RowKind, key: str, texts: Texts, *, who: str, seen: str, stated: str = ""
) -> bool:
    """Write a row; whether it changed anything. Of ``facts`` only the columns given are touched.

    ``seen`` is the ``mark`` of what was looked at, ``stated`` becomes the source of an offer or a need, and of a
    figure without one. Raises ``ImportProblems`` in the words of an import, ``Overtaken``, ``UnknownName``.
    """
    columns = tuple(sorted(texts)) if kind == "facts" else ()
    with store.write() as transaction:
        before = read_row(transaction, utility, kind, key)
        if mark(before, columns) != seen:
            raise _overtaken(transaction, utility, kind, key, before or {})
        given = dict(texts)
        if before is not None and kind != "facts" and all(before.get(n, "") == v for n, v in given.items()):
            return False
        source = SOURCE.get(kind)
        if source is not None and stated and not (kind == "figure" and _own_source(given, before, source)):
            given[source] = stated
        _write(transaction, utility, kind, key, given)
        return _logged(transaction, utility, kind, key, before, who, columns)


def remove_row(store: Store, utility: str, kind: RowKind, key: str, *, who: str, seen: str) -> None:
    """Take an offer, a need or a figure away. Raises as ``save_row``, ``BadInput`` for facts."""
    if kind == "facts":
        raise BadInput(say("Facts are not removed."), say("Empty the fields instead: an empty field is unknown."))
    with store.write() as transaction:
        before = read_row(transaction, utility, kind, key)
        if before is None:
            raise UnknownName(say("row of this profile"), key, [])
        if mark(before) != seen:
            raise _overtaken(transaction, utility, kind, key, before)
        _delete(transaction, utility, kind, key)
        _logged(transaction, utility, kind, key, before, who, ())


def undo_entry(store: Store, utility: str, number: int, *, who: str) -> None:
    """Take a change back, by one more entry, as long as the row is as that change left it.

    Raises ``UnknownName`` for an entry there is not, ``Conflict`` where the row was changed since.
    """
    with store.write() as transaction:
        log = read_entries(transaction, utility)
        entry = next((each for each in log if each.number == number and each.kind in TABLE_OF), None)
        if entry is None:
            raise UnknownName(say("change of this profile"), str(number), [str(each.number) for each in log])
        kind: RowKind = entry.kind  # type: ignore[assignment]  # looked for among these kinds
        if not is_standing(transaction, entry):
            raise Conflict(say("This was changed again since; it is not undone."), say("Look at how it is now."))
        before = read_row(transaction, utility, kind, entry.key)
        if entry.before is None:
            _delete(transaction, utility, kind, entry.key)
        else:
            _write(transaction, utility, kind, entry.key, entry.before)
        columns = tuple(sorted(entry.before or ())) if kind == "facts" else ()
        _logged(transaction, utility, kind, entry.key, before, who, columns, undoes=number)


def is_standing(reader: Reader, entry: ProfileEntry) -> bool:
    """Whether a row of the profile is still as this change left it."""
    if entry.kind not in TABLE_OF:
        return False
    kind: RowKind = entry.kind  # type: ignore[assignment]  # one of the table's, as just asked
    now = read_row(reader, entry.utility, kind, entry.key)
    if entry.after is None or now is None:
        return entry.after is None and now is None
    return all(now.get(name, "") == text for name, text in entry.after.items())


def _own_source(given: Texts, before: Texts | None, source: str) -> bool:
    """Whether a source was named for a figure; one that was filled in by an earlier form was not."""
    kept = before is not None and given.get(source) == before.get(source) and given[source].startswith("stated ")
    return bool(given.get(source)) and not kept


def _texts(table: Table, values: Mapping[str, Any]) -> dict[str, str]:
    return {
        column: clean(cell_text(values[field]))
        for column, field in table.fields.items()
        if field in values and column not in ("name", "country")
    }


def _write(transaction: Transaction, utility: str, kind: RowKind, key: str, texts: Texts) -> None:
    table = TABLE_OF[kind]
    target, _, year = key.partition(" ")
    row = dict(texts)
    if kind == "facts":
        found = transaction.nodes("Utility", [utility])
        row |= {"id": utility, "name": found["name"][0] or utility, "country": found["country"][0] or ""}
    elif kind == "figure":
        row |= {"utility_id": utility, "metric": target, "year": year}
    else:
        row |= {"utility": utility, "capability": target}
    headings = {name: name for name in row}
    upload = Upload([RawTable(table, FORM, "", headings, {name: [text] for name, text in row.items()}, [1])])
    import_within(transaction, upload)


def _delete(transaction: Transaction, utility: str, kind: RowKind, key: str) -> None:
    target, _, year = key.partition(" ")
    end = {"source": [utility], "target": [target], "key": [year if kind == "figure" else ""]}
    transaction.delete_edges(TABLE_OF[kind].edge, end)


def _logged(
    transaction: Transaction,
    utility: str,
    kind: RowKind,
    key: str,
    before: Texts | None,
    who: str,
    columns: tuple[str, ...],
    undoes: int | None = None,
) -> bool:
    """Keep what was changed; whether anything was. Of facts only the columns that were touched."""
    after = read_row(transaction, utility, kind, key)
    if columns:
        before = None if before is None else {name: before.get(name, "") for name in columns}
        after = None if after is None else {name: after.get(name, "") for name in columns}
    if before == after:
        return False
    add_entry(transaction, utility, who=who, kind=kind, key=key, before=before, after=after, undoes=undoes)
    return True


def _overtaken(reader: Reader, utility: str, kind: RowKind, key: str, present: Texts) -> Overtaken:
    log = read_entries(reader, utility)
    return Overtaken(present, next((each for each in log if (each.kind, each.key) == (kind, key)), None))
