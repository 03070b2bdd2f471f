"""The Cypher text of the Neo4j store: what keeps the graph; what answers questions about it is ``graph.cypher_inside``.

No query is written anywhere but in these two. They are two since each is a subject of its own: here, rows of any label
and type, generated from the schema, with the revisions that hold them together; there, the questions, each one
query written by hand, that know what a partnership or a need means.

Every name in the text comes from ``graph.schema`` or from this module; values are always parameters. Rows go in as
columns, one list a field (``$c0``, ``$c1``, ...), which the driver packs with less work than a map a row, and are put
together again by ``UNWIND`` over their positions.

Beside the graph of ``graph.schema`` a store holds three kinds of its own nodes, none of them linked to anything:

    (:WopStore {id, schema_version, sequence, write, done, guard})  one: its schema and revision
    (:WopLock {id, holder})                                         one a lock: what writers queue for
    (:WopChange {revision, place, kind, rows, at, write})           what recent revisions changed, as it was before

``graph.neo4j_changes`` says what they are for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from graph.columns import NODE_KEYS, edge_kind, node_kind

# --- schema ---------------------------------------------------------------------------------------------------

STATE = """
MATCH (s:WopStore {id: 'store'})
RETURN s.schema_version AS schema_version, s.sequence AS sequence, s.write AS write, s.done AS done
"""
ANY_NODE = "MATCH (n) RETURN labels(n) AS labels LIMIT 1"
CREATE_STORE = """
MERGE (s:WopStore {id: 'store'})
ON CREATE SET s.schema_version = $schema_version, s.sequence = 0
"""
CREATE_LOCK = "MERGE (:WopLock {id: $id})"
# The first SET locks the node: of two who bring a store up to date, the slower must not lower its version.
RAISE_SCHEMA_VERSION = """
MATCH (s:WopStore {id: 'store'}) SET s.guard = 'schema'
WITH s WHERE s.schema_version < $schema_version
SET s.schema_version = $schema_version
"""
UNIQUE_STORE = "CREATE CONSTRAINT wop_store IF NOT EXISTS FOR (n:WopStore) REQUIRE n.id IS UNIQUE"
UNIQUE_LOCK = "CREATE CONSTRAINT wop_lock IF NOT EXISTS FOR (n:WopLock) REQUIRE n.id IS UNIQUE"
INDEX_CHANGES = "CREATE INDEX wop_change IF NOT EXISTS FOR (n:WopChange) ON (n.revision)"
AWAIT_INDEXES = "CALL db.awaitIndexes(300)"
CONSTRAINT_NAMES = "SHOW CONSTRAINTS YIELD name RETURN name"


@cache
def unique_id(label: str) -> str:
    """One node a label and id; the constraint brings the index that finds nodes by id."""
    return f"CREATE CONSTRAINT {unique_id_name(label)} IF NOT EXISTS FOR (n:{_quoted(label)}) REQUIRE n.id IS UNIQUE"


def unique_id_name(label: str) -> str:
    """The name of that constraint."""
    return f"wop_{node_kind(label).label}_id"


# --- revisions ------------------------------------------------------------------------------------------------

TAKE_LOCK = "MATCH (l:WopLock {id: $id}) SET l.holder = $holder RETURN l.id"
# The first SET locks the node, so that what the WHERE reads cannot change any more.
ANNOUNCE = """
MATCH (s:WopStore {id: 'store'}) SET s.guard = $write
WITH s WHERE s.sequence = $from OR (s.sequence = $to AND s.write = $write)
SET s.sequence = $to, s.write = $write, s.done = null
RETURN s.sequence AS sequence
"""
LOG_CHANGES = """
UNWIND range(0, size($kinds) - 1) AS i
CREATE (:WopChange {
  revision: $revision, place: $first + i, kind: $kinds[i], rows: $rows[i], write: $write, at: datetime()
})
"""
STAGED = """
MATCH (s:WopStore {id: 'store'}) SET s.guard = $write
WITH s WHERE s.sequence = $sequence AND s.write = $write
RETURN s.sequence AS sequence
"""
DONE = """
MATCH (s:WopStore {id: 'store'}) SET s.guard = $write
WITH s WHERE s.sequence = $sequence AND s.write = $write
SET s.done = $write
RETURN s.sequence AS sequence
"""
PUBLISH = """
MATCH (s:WopStore {id: 'store'}) SET s.guard = $write
WITH s WHERE s.sequence = $from AND s.write = $write
SET s.sequence = $to
RETURN s.sequence AS sequence
"""
TAKE_OVER = """
MATCH (s:WopStore {id: 'store'}) SET s.guard = $write
WITH s WHERE s.sequence = $sequence
SET s.write = $write
RETURN s.sequence AS sequence
"""
UNMARK_CHANGES = (
    "MATCH (c:WopChange) WHERE c.revision = $revision REMOVE c.write RETURN c.place AS place ORDER BY place DESC"
)
CHANGE_AT = """
MATCH (c:WopChange) WHERE c.revision = $revision AND c.place = $place
RETURN c.kind AS kind, c.rows AS rows
"""
END_TRANSACTION = """
SHOW TRANSACTIONS YIELD transactionId AS id, metaData WHERE metaData.write = $write
TERMINATE TRANSACTIONS id YIELD message
RETURN message
"""
CHANGES_SINCE = """
MATCH (c:WopChange) WHERE c.revision > $revision
RETURN c.revision AS revision, CASE WHEN c.kind = $kind THEN c.rows END AS rows
ORDER BY c.revision DESC, c.place DESC
"""
FORGET_OLD_CHANGES = """
MATCH (c:WopChange) WHERE c.at < datetime() - duration({seconds: $seconds}) AND c.revision <= $revision
DELETE c
"""
WRITTEN = "MATCH (c:WopChange) WHERE c.write = $write RETURN c.revision AS revision LIMIT 1"

_PLACE = {"n": ", elementId(n)", "r": ", elementId(r)"}

# --- reading --------------------------------------------------------------------------------------------------


@cache
def nodes(label: str, *, by_id: bool = False, places: bool = False) -> str:
    """All nodes of a label, or those with the ids ``$ids``; with ``places``, last, where each is kept."""
    found = _seek("n", label, "IN $ids") if by_id else f"MATCH (n:{_quoted(label)})"
    return f"{found} RETURN {_values('n', (*NODE_KEYS, *node_fields(label)))}{_PLACE['n'] if places else ''}"


@cache
def headings(label: str) -> str:
    """All nodes of a label without their documents."""
    fields = tuple(field.name for field in node_kind(label).fields if field.type != "document")
    return f"MATCH (n:{_quoted(label)}) RETURN {_values('n', (*NODE_KEYS, *fields))}"


@cache
def all_edges(type: str, *, places: bool = False) -> str:
    """All edges of a type, a row for each source with a list of its edges: half the work of a row for each edge."""
    kind = edge_kind(type)
    of_edge = f"[b.id, {_values('r', ('key', *edge_fields(type)))}{_PLACE['r'] if places else ''}]"
    edge = f"(a)-[r:{_quoted(type)}]->(b:{_quoted(kind.target)})"
    return f"MATCH (a:{_quoted(kind.source)}) RETURN a.id, [{edge} | {of_edge}]"


@cache
def edges(type: str, *, by_source: bool, by_target: bool, places: bool = False) -> str:
    """The edges of a type from the nodes ``$sources``, to the nodes ``$targets``, or both; as ``nodes``."""
    kind = edge_kind(type)
    edge = f"-[r:{_quoted(type)}]->"
    if by_source:
        found = f"{_seek('a', kind.source, 'IN $sources')} MATCH (a){edge}(b)"
        if by_target:
            found += " WHERE b.id IN $targets"
    else:
        found = f"{_seek('b', kind.target, 'IN $targets')} MATCH (a){edge}(b)"
    return f"{found} RETURN a.id, b.id, {_values('r', ('key', *edge_fields(type)))}{_PLACE['r'] if places else ''}"


@cache
def count_nodes(label: str) -> str:
    """How many nodes of a label there are; Neo4j knows the number."""
    return f"MATCH (n:{_quoted(label)}) RETURN count(n) AS count"


@cache
def count_edges(type: str) -> str:
    """How many edges of a type there are; Neo4j knows the number."""
    return f"MATCH ()-[r:{_quoted(type)}]->() RETURN count(r) AS count"


@cache
def node_fields(label: str) -> tuple[str, ...]:
    """The names of a label's fields."""
    return tuple(field.name for field in node_kind(label).fields)


@cache
def edge_fields(type: str) -> tuple[str, ...]:
    """The names of a relationship type's fields."""
    return tuple(field.name for field in edge_kind(type).fields)


# --- merging --------------------------------------------------------------------------------------------------

_EACH = "UNWIND range(0, size($c0) - 1) AS i"


@cache
def known_nodes(label: str, fields: tuple[str, ...]) -> str:
    """Those of the nodes ``$c0`` that there are, with some of their fields."""
    return f"{_seek('n', label, 'IN $c0')} RETURN {_values('n', ('id', *fields))}"


@cache
def create_nodes(label: str, given: tuple[str, ...]) -> str:
    """Create nodes; the columns in the order of ``given``."""
    return f"{_EACH} CREATE (:{_quoted(label)} {_map(given)})"


@cache
def update_nodes(label: str, given: tuple[str, ...]) -> str:
    """Update nodes by id with the columns that follow it; ``null`` removes a property."""
    return f"{_EACH} {_seek('n', label, '= $c0[i]')} SET {_assigned('n', given, NODE_KEYS)}"


@cache
def delete_nodes(label: str) -> str:
    """Delete nodes, which have no edges any more, by where they are kept.

    Not by id: each look into the index costs more with every node that the same transaction deleted before.
    """
    return f"UNWIND $c0 AS place MATCH (n:{_quoted(label)}) WHERE elementId(n) = place DELETE n"


@cache
def missing_nodes(label: str) -> str:
    """The first of the ids ``$c0`` that no node of a label has."""
    known = f"EXISTS {{ MATCH (:{_quoted(label)} {{id: id}}) }}"
    return f"UNWIND $c0 AS id WITH id WHERE NOT {known} RETURN id ORDER BY id LIMIT 1"


@cache
def edges_of(type: str, fields: tuple[str, ...]) -> str:
    """The edges from the nodes ``$c0``, with some of their fields and, last, where each is kept."""
    found = f"{_seek('a', edge_kind(type).source, 'IN $c0')} MATCH (a)-[r:{_quoted(type)}]->(b)"
    return f"{found} RETURN a.id, b.id, {_values('r', ('key', *fields))}{_PLACE['r']}"


@cache
def create_edges(type: str, given: tuple[str, ...]) -> str:
    """Create edges between nodes that exist; the columns in the order of ``given``."""
    kind = edge_kind(type)
    ends = f"{_seek('a', kind.source, '= $c0[i]')} {_seek('b', kind.target, '= $c1[i]')}"
    return f"{_EACH} {ends} CREATE (a)-[:{_quoted(type)} {_map(given, skip=2)}]->(b)"


@cache
def update_edges(type: str, given: tuple[str, ...]) -> str:
    """Update the edges ``$c0`` with the fields in the order of ``given``; ``null`` removes a property."""
    return f"{_EACH} {_one_edge(type)} SET {_assigned('r', ('', *given), ('',))}"


@cache
def delete_edges(type: str) -> str:
    """Delete the edges ``$c0``."""
    return f"{_EACH} {_one_edge(type)} DELETE r"


def _one_edge(type: str) -> str:
    return f"MATCH ()-[r:{_quoted(type)}]->() WHERE elementId(r) = $c0[i]"


def _seek(variable: str, label: str, condition: str) -> str:
    """Find nodes by their ids.

    With the hint, since a plan made while a label had few nodes would go through all of them; and edges are found
    from the nodes of one list, not node by node, since a plan may go through all edges of a type each time.
    """
    node = f"{variable}:{_quoted(label)}"
    return f"MATCH ({node}) USING INDEX {node}(id) WHERE {variable}.id {condition}"


def _values(variable: str, names: Iterable[str]) -> str:
    return ", ".join(f"{variable}.{_quoted(name)}" for name in names)


def _map(given: Sequence[str], skip: int = 0) -> str:
    return "{" + ", ".join(f"{_quoted(name)}: $c{at}[i]" for at, name in enumerate(given) if at >= skip) + "}"


def _assigned(variable: str, given: Sequence[str], keys: tuple[str, ...]) -> str:
    return ", ".join(f"{variable}.{_quoted(name)} = $c{at}[i]" for at, name in enumerate(given) if name not in keys)


def _quoted(name: str) -> str:
    return f"`{name}`"
