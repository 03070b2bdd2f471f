"""The schema of a Neo4j store: constraints, indexes and their version, brought about step by step.

Each migration is a list of statements that do nothing where their work is done already, so one that was cut off is
simply run again. They are run in order, and the version in the store is raised after each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

import neo4j
import neo4j.exceptions

from graph import cypher
from graph.errors import StoreTooNew, StoreUnavailable
from graph.neo4j_connection import Neo4jConnection
from graph.schema import NODES, PEOPLE, SCHEMA_VERSION
from graph.sentences import say

WRITERS, STAGING = "writers", "staging"
LOCKS = (WRITERS, STAGING)


def _version_1() -> list[str]:
    return [
        cypher.UNIQUE_STORE,
        cypher.UNIQUE_LOCK,
        cypher.INDEX_CHANGES,
        *(cypher.unique_id(label) for label in NODES),
        cypher.AWAIT_INDEXES,
    ]


def _version_2() -> list[str]:
    return [cypher.unique_id("Job")]


def _version_3() -> list[str]:
    return [cypher.unique_id(label) for label in ("MatchingRound", "RoundEntry", "Proposal", "RoundInput")]


def _version_4() -> list[str]:
    return [cypher.unique_id(label) for label in PEOPLE]


def _version_5() -> list[str]:
    return [cypher.unique_id(label) for label in NODES]  # those that are there already stay


MIGRATIONS: Mapping[int, Callable[[], list[str]]] = {
    1: _version_1,
    2: _version_2,
    3: _version_3,
    4: _version_4,
    5: _version_5,
}
"""What brings a store of the version before to each version."""

ALREADY_MADE = "Neo.ClientError.Schema.EquivalentSchemaRuleAlreadyExists"
"""The server's word for a constraint or index that is there with the same name and meaning."""


def checked(state: neo4j.Record | None, place: str) -> neo4j.Record:
    """The state of a store whose schema is this service's; raises as ``check_version`` does."""
    version = None if state is None else state["schema_version"]
    check_version(version, place)
    return cast(neo4j.Record, state)


def check_version(version: int | None, place: str) -> None:
    """Raises ``StoreTooNew`` where a newer service wrote the store, ``StoreUnavailable`` where its schema is older."""
    if version is None:
        raise StoreUnavailable(
            say("The store {place} has no schema.", place=place),
            say("Make it with “wop store migrate”."),
        )
    if version > SCHEMA_VERSION:
        raise StoreTooNew(
            say("The store {path} was written by a newer version of this service.", path=place),
            say("Install the newer version, or restore an export of this version into a new store."),
        )
    if version < SCHEMA_VERSION:
        raise StoreUnavailable(
            say("The schema of the store {place} is older than this service.", place=place),
            say("Stop the older services, then bring it up to date with “wop store migrate”."),
        )


def stored_version(connection: Neo4jConnection) -> int | None:
    """The schema version of the store; ``None`` for an empty database.

    Raises ``StoreUnavailable`` where the database holds something else.
    """
    with connection.session(reading=True) as session:
        state = session.execute_read(lambda transaction: transaction.run(cypher.STATE).single())
        if state is not None:
            return int(state["schema_version"])
        other = session.execute_read(lambda transaction: transaction.run(cypher.ANY_NODE).single())
    if other is not None and not {*other["labels"]} & {"WopLock", "WopStore"}:
        raise StoreUnavailable(
            say("{path} is a database of something else.", path=connection.place),
            say("Give the address of a store, or of an empty database."),
        )
    return None


def missing_constraints(connection: Neo4jConnection) -> list[str]:
    """The names of the constraints that a store of this version has and this one lacks."""
    present = {record["name"] for record in connection.written(cypher.CONSTRAINT_NAMES)}
    return [name for name in map(cypher.unique_id_name, NODES) if name not in present]


def migrate(connection: Neo4jConnection) -> list[int]:
    """Bring the store up to this service's schema; the versions it went through, none where it was up to date.

    Raises ``StoreTooNew`` and ``StoreUnavailable`` as ``check_version`` and ``stored_version`` do.
    """
    version = stored_version(connection)
    if version is not None and version > SCHEMA_VERSION:
        check_version(version, connection.place)
    done = []
    for step in range(1, SCHEMA_VERSION + 1):
        for statement in MIGRATIONS[step]():
            _make(connection, statement)
        if version is not None and step <= version:
            continue  # only what somebody dropped by hand was made again
        done.append(step)
        if version is not None:
            connection.written(cypher.RAISE_SCHEMA_VERSION, schema_version=step)
    if version is None:
        for lock in LOCKS:
            connection.written(cypher.CREATE_LOCK, id=lock)
        # Last, and with the final version: whoever looks meanwhile sees an empty database, never a half-made store.
        connection.written(cypher.CREATE_STORE, schema_version=SCHEMA_VERSION)
    return done


def _make(connection: Neo4jConnection, statement: str) -> None:
    """Make one constraint or index, in a transaction of its own as Neo4j wants it."""
    try:
        connection.written(statement)
    except neo4j.exceptions.ClientError as error:
        # "If it does not exist" is looked at before the lock: of two who make the same at once, the second gets here.
        if error.code != ALREADY_MADE:
            raise
