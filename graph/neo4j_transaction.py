"""What a write does in a Neo4j store, and what it says beforehand about the rows it changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from graph import cypher
from graph.columns import EDGE_KEYS, NODE_KEYS, edge_columns, edge_kind, node_columns, node_kind
from graph.neo4j_changes import Key, Row, created_rows, rows_before
from graph.neo4j_inside import Answer, Neo4jInside
from graph.neo4j_reading import Query, edge_rows, node_rows
from graph.schema import EDGES, KNOWN, NODES, Field
from graph.store import Columns, Counts

ROWS_A_QUERY = 10_000
"""Rows sent with one ``UNWIND``: enough that the round trip does not count, few enough for a small server."""
NODES_STAGED = 1_000
"""Deleting more is staged before anything else is written: in one transaction, each look into an index for a node
costs more with every node of the label that the transaction deleted before."""


class Write(Protocol):
    """What a transaction is written through."""

    @property
    def revision(self) -> int:
        """The revision it begins with."""

    def run(self, query: str, **parameters: Any) -> list[Row]:
        """The rows of a query."""

    def single(self, query: str, **parameters: Any) -> Mapping[str, Any]:
        """The one row of a query, by name."""

    def stage(self) -> None:
        """Commit what there is, unseen, and go on in another transaction."""

    def changing(self, kind: str, before: str, rows: int) -> None:
        """Told what rows of a kind were before, in the form of ``graph.neo4j_changes``, before they are changed."""


class Neo4jTransaction(Neo4jInside):
    """The port's transaction."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self.revision = write.revision
        self._present: dict[str, set[str]] = {label: set() for label in NODES}
        self._filled: set[str] = set()

    def release(self) -> None:
        """The block has ended."""
        del self._write

    def _answer(self, query: str, parameters: Mapping[str, Any]) -> Answer | None:
        return self._write.single(query, **parameters)

    def merge_nodes(self, label: str, columns: Columns) -> Counts:
        """Create or update by ``id``."""
        checked = node_columns(label, columns)
        counts = self._merge(_Nodes(label), checked)
        self._present[label].update(checked["id"])
        return counts

    def merge_edges(self, type: str, columns: Columns) -> Counts:
        """Create or update by ``source``, ``target`` and ``key``."""
        checked = edge_columns(type, columns)
        kind = edge_kind(type)
        for end, label in (("source", kind.source), ("target", kind.target)):
            self._require(type, end, label, checked[end])
        return self._merge(_Edges(type), checked)

    def delete_nodes(self, label: str, ids: Sequence[str]) -> int:
        """Delete nodes with all their edges; how many nodes there were."""
        found = node_rows(self._fetch, label, ids, places=True)
        if not found:
            return 0
        gone = [row[0] for row in found]
        for kind in EDGES.values():
            if label in (kind.source, kind.target) and self._run(cypher.count_edges(kind.type), [])[0][0]:
                lost: dict[Key, Row] = {}
                for end, asked in ((kind.source, {"sources": gone}), (kind.target, {"targets": gone})):
                    if end == label:
                        rows = edge_rows(self._fetch, kind.type, **asked, places=True)
                        lost.update((tuple(row[:3]), row) for row in rows)
                self._delete(_Edges(kind.type), list(lost.values()))
        self._delete(_Nodes(label), found)
        self._present[label].difference_update(gone)
        return len(gone)

    def delete_edges(self, type: str, columns: Columns) -> int:
        """Delete edges by ``source``, ``target`` and ``key``; how many there were."""
        for name in columns:
            if name not in EDGE_KEYS and edge_kind(type):
                raise ValueError(f"{type}: an edge is deleted by {', '.join(EDGE_KEYS)}, not by {name!r}")
        kind, deleted = _Edges(type), 0
        for part in _parts(list(edge_columns(type, columns).values())):
            given = set(zip(*part, strict=True))
            rows = self._run(*kind.known(cypher.edge_fields(type), part))
            found = [row for row in rows if tuple(row[:3]) in given]
            self._delete(kind, found)
            deleted += len(found)
        return deleted

    def clear(self) -> None:
        """Delete every node and edge of what is known."""
        for type in EDGES:
            self._delete(_Edges(type), edge_rows(self._fetch, type, places=True))
        deleted = 0
        for label in KNOWN:
            rows = node_rows(self._fetch, label, None, places=True)
            self._delete(_Nodes(label), rows)
            self._present[label].clear()
            deleted += len(rows)
        self._filled.clear()
        if deleted > NODES_STAGED:
            self._write.stage()

    def _merge(self, kind: _Nodes | _Edges, checked: Mapping[str, Sequence[Any]]) -> Counts:
        given = tuple(checked)
        total = Counts()
        empty = self._is_empty(kind)
        for part in _parts(list(checked.values())):
            known = {} if empty else self._known(kind, given, part)
            total += self._merge_part(kind, given, part, known)
        return total

    def _merge_part(
        self, kind: _Nodes | _Edges, given: tuple[str, ...], part: list[Sequence[Any]], known: dict[int, Row]
    ) -> Counts:
        count, keys = len(part[0]), len(kind.keys)
        fields = len(given) - keys
        changed = [at for at, before in known.items() if before[:fields] != [column[at] for column in part[keys:]]]
        if len(known) < count:
            new = part if not known else _picked(part, [at for at in range(count) if at not in known])
            self._write.changing(kind.name, created_rows(zip(*new[:keys], strict=True)), len(new[0]))
            self._run(kind.create(given), new)
        if changed:
            after = _picked(part[keys:], changed)
            places = [known[at].pop() for at in changed] if isinstance(kind, _Edges) else []
            before = ([*(column[at] for column in part[:keys]), *known[at]] for at in changed)
            self._write.changing(kind.name, rows_before(given[keys:], before), len(changed))
            if isinstance(kind, _Edges):
                self._run(cypher.update_edges(kind.name, given[keys:]), [places, *after])
            else:
                self._run(cypher.update_nodes(kind.name, given), [*_picked(part[:keys], changed), *after])
        return Counts(count - len(known), len(changed), len(known) - len(changed))

    def _known(self, kind: _Nodes | _Edges, given: tuple[str, ...], part: list[Sequence[Any]]) -> dict[int, Row]:
        """The rows of a part that exist, by position, with the fields given as they are stored."""
        keys = len(kind.keys)
        lists = [at for at, name in enumerate(given) if at >= keys and kind.types[name] == "texts"]
        position = {key: at for at, key in enumerate(zip(*part[:keys], strict=True))}
        known: dict[int, Row] = {}
        for row in self._run(*kind.known(given[keys:], part)):
            for at in lists:
                if row[at] is not None:
                    row[at] = tuple(row[at])
            if (key := tuple(row[:keys])) in position:
                known[position[key]] = row[keys:]
        return known

    def _is_empty(self, kind: _Nodes | _Edges) -> bool:
        """Whether there is no row of a kind, so that none has to be looked for."""
        if kind.name in self._filled:
            return False
        self._filled.add(kind.name)
        return bool(self._run(kind.count(), [])[0][0] == 0)

    def _require(self, type: str, end: str, label: str, ids: Sequence[str]) -> None:
        """Raises ``ValueError`` where a node that an edge shall have is not there."""
        unsure = sorted(set(ids) - self._present[label])
        for part in _parts([unsure]):
            missing = self._run(cypher.missing_nodes(label), part)
            if missing:
                raise ValueError(f"{type}: there is no {label} {missing[0][0]!r} for the {end} of an edge")
        self._present[label].update(unsure)

    def _delete(self, kind: _Nodes | _Edges, rows: list[Row]) -> None:
        """Delete rows given with all fields and, last, where each is kept."""
        for start in range(0, len(rows), ROWS_A_QUERY):
            part = rows[start : start + ROWS_A_QUERY]
            places = [row.pop() for row in part]
            self._write.changing(kind.name, rows_before(tuple(kind.types), part, deleted=True), len(part))
            self._run(kind.delete(), [places])

    def _fetch(
        self,
        kind: str,  # noqa: ARG002 - of the protocol: nobody else changes anything while this transaction is open
        query: Query,
        names: Sequence[str],  # noqa: ARG002 - as above
        keys: int,  # noqa: ARG002 - as above
        wanted: Callable[[Key], bool],  # noqa: ARG002 - as above
    ) -> list[Row]:
        return query.rows(self._write.run(query.text, **query.parameters))

    def _run(self, query: str, columns: Sequence[Sequence[Any]]) -> list[Row]:
        return self._write.run(query, **{f"c{at}": list(column) for at, column in enumerate(columns)})


class _Nodes:
    """The queries about one label."""

    keys = NODE_KEYS

    def __init__(self, label: str) -> None:
        self.name = label
        self.types = _types(node_kind(label).fields)

    def count(self) -> str:
        return cypher.count_nodes(self.name)

    def known(self, fields: tuple[str, ...], part: list[Sequence[Any]]) -> tuple[str, list[Sequence[Any]]]:
        return cypher.known_nodes(self.name, fields), part[:1]

    def create(self, given: tuple[str, ...]) -> str:
        return cypher.create_nodes(self.name, given)

    def delete(self) -> str:
        return cypher.delete_nodes(self.name)


class _Edges:
    """The queries about one relationship type."""

    keys = EDGE_KEYS

    def __init__(self, type: str) -> None:
        self.name = type
        self.types = _types(edge_kind(type).fields)

    def count(self) -> str:
        return cypher.count_edges(self.name)

    def known(self, fields: tuple[str, ...], part: list[Sequence[Any]]) -> tuple[str, list[Sequence[Any]]]:
        # All edges of the sources: looking for each by its ends would go through those of a source once for each.
        return cypher.edges_of(self.name, fields), [sorted(set(part[0]))]

    def create(self, given: tuple[str, ...]) -> str:
        return cypher.create_edges(self.name, given)

    def delete(self) -> str:
        return cypher.delete_edges(self.name)


def _types(fields: Sequence[Field]) -> dict[str, str]:
    return {field.name: field.type for field in fields}


def _parts(columns: list[Any]) -> Iterator[list[Sequence[Any]]]:
    """Columns in pieces of bounded length."""
    for start in range(0, len(columns[0]), ROWS_A_QUERY):
        yield [column[start : start + ROWS_A_QUERY] for column in columns]


def _picked(columns: list[Sequence[Any]], positions: Sequence[int]) -> list[Sequence[Any]]:
    return [[column[at] for at in positions] for column in columns]
