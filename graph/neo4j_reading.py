"""Nodes and edges of a Neo4j store as columns: what readers and transactions have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Protocol

from graph import cypher
from graph.columns import EDGE_KEYS, NODE_KEYS, edge_kind, node_kind
from graph.neo4j_changes import Key, Row
from graph.schema import Field

IDS_A_QUERY = 10_000
"""Ids sent with one query; where more are asked for, all rows are read and chosen from, which takes less time."""


@dataclass(frozen=True, slots=True)
class Query:
    """A query with its parameters; ``grouped`` gives a source and the list of its edges in each row."""

    text: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    grouped: bool = False

    def rows(self, records: Iterable[Iterable[Any]]) -> list[Row]:
        """What the query returned, one row a node or edge."""
        if self.grouped:
            return [[source, *edge] for source, edges in records for edge in edges]
        return [list(record) for record in records]


class Fetch(Protocol):
    """Runs a query about one label or type and returns its rows, as lists, in any order."""

    def __call__(
        self, kind: str, query: Query, names: Sequence[str], keys: int, wanted: Callable[[Key], bool]
    ) -> list[Row]:
        """``names`` are the columns, the first ``keys`` of which identify a row; ``wanted`` tells which to keep."""


def read_nodes(fetch: Fetch, label: str, ids: Sequence[str] | None) -> dict[str, list[Any]]:
    """Nodes as columns, ordered by id."""
    fields = node_kind(label).fields
    names = (*NODE_KEYS, *cypher.node_fields(label))
    return as_columns(node_rows(fetch, label, ids), names, 1, fields)


def read_headings(fetch: Fetch, label: str) -> dict[str, list[Any]]:
    """Nodes as columns without their documents, ordered by id."""
    fields = [field for field in node_kind(label).fields if field.type != "document"]
    names = (*NODE_KEYS, *(field.name for field in fields))
    rows = fetch(label, Query(cypher.headings(label)), names, 1, lambda _key: True)
    return as_columns(rows, names, 1, fields)


def node_rows(fetch: Fetch, label: str, ids: Sequence[str] | None, *, places: bool = False) -> list[Row]:
    """Nodes as rows, in any order; lists of texts as Neo4j gives them; with ``places``, last, where each is kept."""
    names = (*NODE_KEYS, *cypher.node_fields(label))
    asked = None if ids is None else set(ids)
    if asked is None:
        return fetch(label, Query(cypher.nodes(label, places=places)), names, 1, lambda _key: True)
    if len(asked) <= IDS_A_QUERY:
        query = Query(cypher.nodes(label, by_id=True, places=places), {"ids": sorted(asked)})
        return fetch(label, query, names, 1, lambda key: key[0] in asked)
    rows = fetch(label, Query(cypher.nodes(label, places=places)), names, 1, lambda key: key[0] in asked)
    return [row for row in rows if row[0] in asked]


def read_edges(
    fetch: Fetch, type: str, sources: Sequence[str] | None, targets: Sequence[str] | None
) -> dict[str, list[Any]]:
    """Edges as columns, ordered by source, target, key."""
    names = (*EDGE_KEYS, *cypher.edge_fields(type))
    return as_columns(edge_rows(fetch, type, sources, targets), names, 3, edge_kind(type).fields)


def edge_rows(
    fetch: Fetch,
    type: str,
    sources: Sequence[str] | None = None,
    targets: Sequence[str] | None = None,
    *,
    places: bool = False,
) -> list[Row]:
    """Edges as rows, in any order; as ``node_rows``."""
    names = (*EDGE_KEYS, *cypher.edge_fields(type))
    from_, to = None if sources is None else set(sources), None if targets is None else set(targets)
    by_source = from_ is not None and len(from_) <= IDS_A_QUERY
    by_target = to is not None and len(to) <= IDS_A_QUERY
    asked: dict[str, list[str]] = {}
    if by_source:
        asked["sources"] = sorted(from_ or ())
    if by_target:
        asked["targets"] = sorted(to or ())

    def wanted(key: Key) -> bool:
        return (from_ is None or key[0] in from_) and (to is None or key[1] in to)

    if by_source or by_target:
        query = Query(cypher.edges(type, by_source=by_source, by_target=by_target, places=places), asked)
    else:
        query = Query(cypher.all_edges(type, places=places), grouped=True)
    rows = fetch(type, query, names, 3, wanted)
    if by_source == (from_ is not None) and by_target == (to is not None):
        return rows
    return [row for row in rows if wanted((row[0], row[1]))]


def as_columns(rows: list[Row], names: Sequence[str], keys: int, fields: Sequence[Field]) -> dict[str, list[Any]]:
    """Rows in order as columns, with lists of texts as tuples."""
    if not rows:
        return {name: [] for name in names}
    rows.sort(key=itemgetter(*range(keys)))  # by code point; Neo4j is not asked to sort what is sorted here anyway
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    for of in fields:
        if of.type == "texts":
            columns[of.name] = [None if value is None else tuple(value) for value in columns[of.name]]
    return columns
