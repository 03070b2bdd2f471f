"""The embedded store: one SQLite file, used by several processes and threads at once."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from graph import sqlite_inside as inside
from graph import sqlite_tables as sql
from graph.columns import edge_columns, edge_kind, node_columns
from graph.errors import Conflict
from graph.inside import Candidates, Chain, Neighbourhood, SupplyDemand
from graph.part import Part
from graph.schema import EDGES, PEOPLE, Field
from graph.sentences import say
from graph.sqlite_connections import Connections, prepare
from graph.store import Columns, Counts, InsideReader, Transaction

_FLAGS = {None: None, 0: False, 1: True}
_APART = frozenset(sql.node_table(label) for label in PEOPLE)


class SqliteStore:
    """The store in the file ``path``, which is made where it does not exist (its folder must exist).

    Raises ``StoreUnavailable`` where the file cannot be opened or is no store, ``StoreTooNew`` where a newer
    version of the service wrote it. One store may be shared by all threads of a process, and survives a fork.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).absolute()
        prepare(self.path)
        self._connections = Connections(self.path)

    @contextmanager
    def read(self) -> Iterator[InsideReader]:
        """A consistent snapshot for reading; it neither waits for writers nor holds them up."""
        with self._connections.lent() as connection:
            connection.execute("BEGIN DEFERRED")
            # Reading the revision is what begins the snapshot.
            reader = SqliteReader(connection, _revision(connection))
            try:
                yield reader
            finally:
                reader.release()

    @contextmanager
    def write(self, expected_revision: int | None = None) -> Iterator[Transaction]:
        """A transaction; raises ``Conflict`` and ``StoreUnavailable`` as the port says."""
        with self._connections.lent() as connection:
            connection.execute("BEGIN IMMEDIATE")
            revision = _revision(connection)
            if expected_revision not in (None, revision):
                raise Conflict(
                    say("Somebody else changed the data in the meantime; nothing of yours was written."),
                    say("Look at the present state, then do it again."),
                )
            transaction = SqliteTransaction(connection, revision)
            try:
                yield transaction
                if transaction.changed:
                    connection.execute(sql.NEXT_REVISION)
                    connection.executemany(sql.NOTE_CHANGED, zip(sorted(transaction.changed), strict=True))
                connection.execute("COMMIT")
            finally:
                transaction.release()

    def revision(self) -> int:
        """The present revision."""
        with self._connections.lent() as connection:
            return _revision(connection)

    def close(self) -> None:
        """Release the file."""
        self._connections.close()


class SqliteReader:
    """A snapshot, good until its block ends."""

    def __init__(self, connection: sqlite3.Connection, revision: int) -> None:
        self._connection = connection
        self.revision = revision

    def release(self) -> None:
        """The block has ended: the connection will serve somebody else."""
        del self._connection

    def nodes(self, label: str, ids: Sequence[str] | None = None) -> dict[str, list[Any]]:
        """Nodes as columns, ordered by id."""
        return self._select(sql.node_table(label), {"id": ids})

    def headings(self, label: str) -> dict[str, list[Any]]:
        """Nodes as columns without their documents, ordered by id."""
        return self._select(sql.node_table_without_documents(label), {})

    def edges(
        self, type: str, *, sources: Sequence[str] | None = None, targets: Sequence[str] | None = None
    ) -> dict[str, list[Any]]:
        """Edges as columns, ordered by source, target, key."""
        return self._select(sql.edge_table(type), {"source": sources, "target": targets})

    def changed_since(self, revision: int) -> frozenset[str] | None:
        """What changed after a revision; ``None`` where changes were not noted yet."""
        noted = dict(self._connection.execute(sql.READ_CHANGED).fetchall())
        if noted.pop("") > revision:
            return None
        return frozenset(kind for kind, last in noted.items() if last > revision)

    def names(self, label: str) -> dict[str, list[Any]]:
        """Ids and names, ordered by id."""
        rows = self._connection.execute(sql.select_names(sql.node_table(label))).fetchall()
        return {"id": [id for id, _ in rows], "name": [name for _, name in rows]}

    def part(self, utility: str, known_rounds: Collection[str] = ()) -> Part | None:
        """The part of the graph around one utility."""
        return inside.part(self, self._connection, self.headings("Round"), utility, known_rounds)

    def neighbourhood(self, utility: str, depth: int, year: int, most: int) -> Neighbourhood | None:
        """Who is within some ties of a utility."""
        return inside.neighbourhood(self._connection, utility, depth, year, most)

    def chain(self, source: str, target: str, year: int) -> Chain | None:
        """A shortest chain of ties."""
        return inside.chain(self._connection, source, target, year)

    def candidate_mentors(self, utility: str, year: int, most: int) -> Candidates | None:
        """Who offers what a utility needs."""
        return inside.candidate_mentors(self._connection, utility, year, most)

    def supply_and_demand(self, year: int) -> tuple[SupplyDemand, ...]:
        """Offers and needs by capability and region."""
        return inside.supply_and_demand(self._connection, year)

    def _select(self, table: sql.Table, filters: dict[str, Sequence[str] | None]) -> dict[str, list[Any]]:
        filtered = []
        for column, ids in filters.items():
            if ids is not None:
                self._want(sql.WANTED[column], ids)
                filtered.append(column)
        rows = self._connection.execute(sql.select(table, tuple(filtered))).fetchall()
        columns = dict(zip(table.columns, map(list, zip(*rows, strict=True)), strict=True)) if rows else {}
        fields = {field.name: field for field in table.fields}
        return {name: _from_store(fields.get(name), columns.get(name, [])) for name in table.columns}

    def _want(self, wanted: str, ids: Sequence[str]) -> None:
        """Put ids into a temporary table: there may be more of them than a statement has parameters."""
        empty, insert = sql.fill_wanted(wanted)
        self._connection.execute(empty)
        # In order, since a table kept in order is filled fastest so.
        self._connection.executemany(insert, zip(sorted(set(ids)), strict=True))


class SqliteTransaction(SqliteReader):
    """A snapshot that can be changed; ``changed`` are the labels and types of what is known that were."""

    def __init__(self, connection: sqlite3.Connection, revision: int) -> None:
        super().__init__(connection, revision)
        self.changed: set[str] = set()

    def merge_nodes(self, label: str, columns: Columns) -> Counts:
        """Create or update by ``id``."""
        return self._merge(sql.node_table(label), node_columns(label, columns))

    def merge_edges(self, type: str, columns: Columns) -> Counts:
        """Create or update by ``source``, ``target`` and ``key``."""
        checked = edge_columns(type, columns)
        kind = edge_kind(type)
        for end, label in (("source", kind.source), ("target", kind.target)):
            self._want(sql.WANTED[end], checked[end])
            missing = self._connection.execute(sql.missing_wanted(sql.node_table(label), sql.WANTED[end])).fetchone()
            if missing is not None:
                raise ValueError(f"{type}: there is no {label} {missing[0]!r} for the {end} of an edge")
        return self._merge(sql.edge_table(type), checked)

    def delete_nodes(self, label: str, ids: Sequence[str]) -> int:
        """Delete nodes with all their edges; how many nodes there were."""
        nodes = sql.node_table(label)
        self._want("wanted", ids)
        for kind in EDGES.values():
            for end, end_label in (("source", kind.source), ("target", kind.target)):
                if end_label == label:
                    edges = sql.edge_table(kind.type)
                    self._delete(edges, sql.delete_wanted(edges, end, "wanted"))
        return self._delete(nodes, sql.delete_wanted(nodes, "id", "wanted"))

    def delete_edges(self, type: str, columns: Columns) -> int:
        """Delete edges by ``source``, ``target`` and ``key``; how many there were."""
        table = sql.edge_table(type)
        for name in columns:
            if name not in table.keys:
                raise ValueError(f"{type}: an edge is deleted by {', '.join(table.keys)}, not by {name!r}")
        rows = zip(*edge_columns(type, columns).values(), strict=True)
        return self._counted(table, sql.delete_row(table), rows)

    def clear(self) -> None:
        """Delete every node and edge of what is known."""
        for table in sql.all_tables():
            if table not in _APART:
                self._delete(table, sql.delete_all(table))

    def _merge(self, table: sql.Table, columns: dict[str, Sequence[Any]]) -> Counts:
        given = tuple(columns)
        fields = {field.name: field for field in table.fields}
        stored = [_to_store(fields.get(name), column) for name, column in columns.items()]
        count = len(stored[0])
        # Two passes in SQLite itself, which compares faster than rows can be fetched; into an empty table
        # the first pass is all there is.
        created = self._counted(table, sql.insert_new(table, given), zip(*stored, strict=True))
        updated = 0
        if created < count and len(given) > len(table.keys):
            updated = self._counted(table, sql.update_changed(table, given), zip(*stored, strict=True))
        return Counts(created, updated, count - created - updated)

    def _counted(self, table: sql.Table, statement: str, rows: Iterator[tuple[Any, ...]]) -> int:
        before = self._connection.total_changes
        self._connection.executemany(statement, rows)
        return self._note(table, self._connection.total_changes - before)

    def _delete(self, table: sql.Table, statement: str) -> int:
        return self._note(table, self._connection.execute(statement).rowcount)

    def _note(self, table: sql.Table, changes: int) -> int:
        if changes > 0 and table not in _APART:
            self.changed.add(table.kind)
        return changes


def _revision(connection: sqlite3.Connection) -> int:
    return int(connection.execute(sql.READ_REVISION).fetchone()[0])


def _to_store(field: Field | None, values: Sequence[Any]) -> Sequence[Any]:
    if field is not None and field.type == "texts":
        # Lists repeat (a country's languages, say): each is written out once.
        written = {value: None if value is None else json.dumps(value, ensure_ascii=False) for value in set(values)}
        return [written[value] for value in values]
    return values


def _from_store(field: Field | None, values: list[Any]) -> list[Any]:
    if field is not None and field.type == "texts":
        read = {text: None if text is None else tuple(json.loads(text)) for text in set(values)}
        return [read[text] for text in values]
    if field is not None and field.type == "flag":
        return [_FLAGS[value] for value in values]
    return values
