"""How a write of the Neo4j store begins and ends: the lock, the steps of ``graph.neo4j_changes``, and recovery."""

from __future__ import annotations

import time
from collections.abc import Sequence

import neo4j
from neo4j.exceptions import DriverError, Neo4jError

from graph import cypher
from graph.errors import Conflict
from graph.neo4j_changes import KEPT_SECONDS, revision_of, sequence_of
from graph.neo4j_connection import Neo4jConnection
from graph.neo4j_migrations import WRITERS, check_version, checked
from graph.sentences import say

WRITE_SECONDS = 1800.0
"""The server ends a write that takes longer, so that a process that hangs does not keep others out for ever."""
CHANGES_A_QUERY = 4
"""A change holds up to ten thousand rows."""


def begun(connection: Neo4jConnection, session: neo4j.Session, write: str) -> tuple[neo4j.Transaction, int]:
    """A transaction that holds the writers' lock, and the revision it begins with."""
    deadline = time.monotonic() + connection.access.retry_seconds
    pause = 0.05
    while True:
        transaction = None
        try:
            transaction = session.begin_transaction(timeout=WRITE_SECONDS)
            _take_lock(transaction, write, connection)
            return transaction, _settled(connection, transaction)
        except (DriverError, Neo4jError) as error:
            if transaction is not None:
                transaction.close()
            if not error.is_retryable() or time.monotonic() > deadline:
                raise
        except BaseException:
            if transaction is not None:
                transaction.close()
            raise
        time.sleep(pause)
        pause = min(2 * pause, 1.0)


def commit(
    connection: Neo4jConnection,
    transaction: neo4j.Transaction,
    revision: int,
    write: str,
    changes: Sequence[tuple[str, str]],
) -> None:
    """Announce, commit and publish what a transaction did."""
    with connection.session() as session:
        session.execute_write(_announce, revision, write, changes)
    announced = sequence_of(revision, announced=True)
    if transaction.run(cypher.DONE, sequence=announced, write=write).single() is None:
        raise _overtaken()
    transaction.commit()
    _publish(connection, announced, write)


def recover(connection: Neo4jConnection) -> None:
    """Finish, or take back, what a writer that died left behind; nothing where there is nothing."""
    with connection.session(reading=True) as session:
        state = session.execute_read(lambda transaction: transaction.run(cypher.STATE).single(strict=True))
    if state["sequence"] % 2 == 0:
        return
    with connection.session() as session:
        transaction, _ = begun(connection, session, "recovery")
        transaction.close()


def _take_lock(transaction: neo4j.Transaction, write: str, connection: Neo4jConnection) -> None:
    # A write to one node: every other writer waits for its end, and the server drops it when the connection ends.
    if transaction.run(cypher.TAKE_LOCK, id=WRITERS, write=write).single() is None:
        check_version(None, connection.place)


def _settled(connection: Neo4jConnection, transaction: neo4j.Transaction) -> int:
    """The present revision, once nothing of a dead writer is left; the lock is held."""
    while True:
        state = checked(transaction.run(cypher.STATE).single(), connection.place)
        if state["sequence"] % 2 == 0:
            return revision_of(state["sequence"])
        # Whoever announced this has no lock any more. Committed or not, the rows announced as they were before
        # are what the earlier revision holds, so the step to the next one is right either way.
        _publish(connection, state["sequence"], state["write"])


def _announce(
    transaction: neo4j.ManagedTransaction, revision: int, write: str, changes: Sequence[tuple[str, str]]
) -> None:
    from_, to = sequence_of(revision), sequence_of(revision, announced=True)
    if transaction.run(cypher.ANNOUNCE, {"from": from_, "to": to, "write": write}).single() is None:
        raise _overtaken()
    for first in range(0, len(changes), CHANGES_A_QUERY):
        part = changes[first : first + CHANGES_A_QUERY]
        transaction.run(
            cypher.LOG_CHANGES,
            revision=revision + 1,
            first=first,
            write=write,
            kinds=[kind for kind, _ in part],
            rows=[rows for _, rows in part],
        ).consume()
    transaction.run(cypher.FORGET_OLD_CHANGES, seconds=KEPT_SECONDS, revision=revision).consume()


def _publish(connection: Neo4jConnection, announced: int, write: str) -> None:
    connection.written(cypher.PUBLISH, **{"from": announced, "to": announced + 1, "write": write})


def _overtaken() -> Conflict:
    return Conflict(
        say("Somebody else changed the data in the meantime; nothing of yours was written."),
        say("Look at the present state, then do it again."),
    )
