"""Looking after a store: its schema brought up to date, and what it holds checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graph.columns import EDGE_KEYS, NODE_KEYS, misfits
from graph.digest import graph_digest
from graph.neo4j_access import Neo4jAccess
from graph.schema import EDGES, NODES, SCHEMA_VERSION, Field
from graph.sentences import Sentence, say
from graph.store import NEO4J_SCHEMES, Columns, open_store

LISTED = 5
"""Problems of one kind that are named; the rest are counted."""


@dataclass(frozen=True, slots=True)
class StoreCheck:
    """What a store holds: rows by label and relationship type, and what is wrong with them."""

    schema_version: int
    revision: int
    rows: Mapping[str, int]
    digest: str
    problems: tuple[Sentence, ...] = ()


def is_neo4j(address: str) -> bool:
    """Whether a store's address is that of a Neo4j server."""
    return address.partition("://")[0] in NEO4J_SCHEMES


def migrate_store(address: str, access: Neo4jAccess | None = None) -> tuple[int, ...]:
    """Bring a store's schema up to this service's; the versions it went through, none where it was up to date.

    SQLite stores are brought up to date whenever they are opened. Raises as ``graph.store.open_store`` does.
    """
    if is_neo4j(address):
        from graph.neo4j_connection import Neo4jConnection
        from graph.neo4j_migrations import migrate

        connection = Neo4jConnection(address, access or Neo4jAccess())
        try:
            return tuple(migrate(connection))
        finally:
            connection.close()
    open_store(address).close()
    return ()


def check_store(address: str, access: Neo4jAccess | None = None) -> StoreCheck:
    """Read everything a store holds and look whether it is what the schema says.

    Raises as ``graph.store.open_store`` does; what is wrong with single rows is listed, not raised.
    """
    store = open_store(address, access)
    try:
        problems: list[Sentence] = []
        if is_neo4j(address):
            from graph.neo4j_connection import Neo4jConnection
            from graph.neo4j_migrations import missing_constraints

            connection = Neo4jConnection(address, access or Neo4jAccess())
            try:
                problems += [
                    say("The constraint {name} is missing: make it with “wop store migrate”.", name=name)
                    for name in missing_constraints(connection)
                ]
            finally:
                connection.close()
        with store.read() as reader:
            nodes = {label: reader.nodes(label) for label in NODES}
            edges = {type: reader.edges(type) for type in EDGES}
            for label, columns in nodes.items():
                problems += _problems(label, NODE_KEYS, NODES[label].fields, columns)
            for type, columns in edges.items():
                problems += _problems(type, EDGE_KEYS, EDGES[type].fields, columns)
            rows = {label: len(columns["id"]) for label, columns in nodes.items()}
            rows |= {type: len(columns["source"]) for type, columns in edges.items()}
            # What cannot be written as an export has no digest.
            digest = "" if problems else graph_digest(reader)
            return StoreCheck(SCHEMA_VERSION, reader.revision, rows, digest, tuple(problems))
    finally:
        store.close()


def _problems(kind: str, keys: tuple[str, ...], fields: tuple[Field, ...], columns: Columns) -> list[Sentence]:
    found: list[Sentence] = []
    for name in keys:
        bad = misfits("text", columns[name]) or [at for at, value in enumerate(columns[name]) if value is None]
        if bad:
            found.append(say("{kind}: {count} rows have no usable {name}.", kind=kind, count=len(bad), name=name))
    identities = list(zip(*(columns[name] for name in keys), strict=True))
    repeated = len(identities) - len(set(identities))
    if repeated:
        found.append(say("{kind}: {count} rows repeat others.", kind=kind, count=repeated))
    for field in fields:
        bad = misfits(field.type, columns[field.name])
        if bad:
            where = tuple(" ".join(map(str, identities[at])) for at in bad[:LISTED])
            found.append(
                say(
                    "{kind}: {count} rows have a {name} of another type than {type}, such as {rows}.",
                    kind=kind,
                    count=len(bad),
                    name=field.name,
                    type=field.type,
                    rows=where,
                )
            )
    return found
