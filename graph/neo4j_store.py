"""The production store: a Neo4j server or cluster, shared by any number of processes and machines.

Reads are managed transactions of the driver, which tries them again over a short cut or a change of leader. A write
is a block of the caller's, which cannot be run twice: ``graph.neo4j_write`` says what is done instead.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import neo4j

from graph import cypher, neo4j_write
from graph.errors import Conflict, StoreUnavailable
from graph.neo4j_access import Neo4jAccess
from graph.neo4j_changes import Key, Row, revision_of, sequence_of, taken_back
from graph.neo4j_connection import Neo4jConnection
from graph.neo4j_inside import Answer, Neo4jInside
from graph.neo4j_migrations import check_version, checked, migrate, stored_version
from graph.neo4j_reading import Query
from graph.neo4j_recovery import begun_write, finish_dead_writes
from graph.neo4j_transaction import Neo4jTransaction
from graph.sentences import say
from graph.store import InsideReader, Transaction


class Neo4jStore:
    """The store in one database of the server or cluster at ``address``.

    One store may be shared by all threads of a process, and survives a fork. Nothing is connected before the first
    use; ``prepare`` makes the schema of an empty database and looks at the schema of any other.
    """

    def __init__(self, address: str, access: Neo4jAccess | None = None) -> None:
        self.connection = Neo4jConnection(address, access or Neo4jAccess())
        self._prepared = False
        self._preparing = threading.Lock()

    def prepare(self) -> None:
        """Make the schema where the database is empty, and finish what a writer that died left behind.

        Raises ``StoreTooNew`` where a newer service wrote the store, ``StoreUnavailable`` where it cannot be reached,
        holds something else, or has an older schema (which ``wop store migrate`` brings up to date: services of two
        versions may be running, so none changes the schema by itself).
        """
        version = stored_version(self.connection)
        if version is None:
            migrate(self.connection)
        else:
            check_version(version, self.connection.place)
        finish_dead_writes(self.connection)
        self._prepared = True

    @contextmanager
    def read(self) -> Iterator[InsideReader]:
        """A consistent snapshot for reading; it neither waits for writers nor holds them up."""
        self._once_prepared()
        with self.connection.session(reading=True) as session:
            reader = Neo4jReader(session, revision_of(session.execute_read(self._sequence)))
            try:
                yield reader
            finally:
                reader.release()

    @contextmanager
    def write(self, expected_revision: int | None = None) -> Iterator[Transaction]:
        """A transaction; raises ``Conflict`` and ``StoreUnavailable`` as the port says."""
        self._once_prepared()
        with ExitStack() as stack:
            write = begun_write(self.connection, stack, neo4j_write.BUSY_SECONDS)
            if expected_revision not in (None, write.revision):
                raise Conflict(
                    say("Somebody else changed the data in the meantime; nothing of yours was written."),
                    say("Look at the present state, then do it again."),
                )
            transaction = Neo4jTransaction(write)
            try:
                yield transaction
                if write.changed:
                    write.commit()
                elif write.changed_apart:
                    write.commit_apart()
            except BaseException:
                write.abandon()
                raise
            finally:
                transaction.release()

    def revision(self) -> int:
        """The present revision."""
        self._once_prepared()
        with self.connection.session(reading=True) as session:
            return revision_of(session.execute_read(self._sequence))

    def close(self) -> None:
        """Release the connections."""
        self.connection.close()

    def _once_prepared(self) -> None:
        if self._prepared:
            return
        with self._preparing:
            if not self._prepared:
                self.prepare()

    def _sequence(self, transaction: neo4j.ManagedTransaction) -> int:
        return int(checked(transaction.run(cypher.STATE).single(), self.connection.place)["sequence"])


class Neo4jReader(Neo4jInside):
    """A snapshot, good until its block ends."""

    def __init__(self, session: neo4j.Session, revision: int) -> None:
        self._session = session
        self.revision = revision

    def release(self) -> None:
        """The block has ended: the session is closed."""
        del self._session

    def _answer(self, query: str, parameters: Mapping[str, Any]) -> Answer | None:
        answer = self._session.execute_read(_only, query, parameters)
        return answer if answer["sequence"] == sequence_of(self.revision) else None

    def _fetch(
        self, kind: str, query: Query, names: Sequence[str], keys: int, wanted: Callable[[Key], bool]
    ) -> list[Row]:
        rows, changes = self._session.execute_read(self._rows_and_changes, kind, query)
        return taken_back(rows, changes, names, keys, wanted) if changes else rows

    def _rows_and_changes(
        self, transaction: neo4j.ManagedTransaction, kind: str, query: Query
    ) -> tuple[list[Row], list[str]]:
        rows = query.rows(transaction.run(query.text, dict(query.parameters)))
        # Only after the rows: whoever wrote while they were read is in the sequence by now.
        state = transaction.run(cypher.STATE).single(strict=True)
        if state["sequence"] == sequence_of(self.revision):
            return rows, []
        changes = list(transaction.run(cypher.CHANGES_SINCE, revision=self.revision, kind=kind))
        kept = {change["revision"] for change in changes}
        if any(revision not in kept for revision in range(self.revision + 1, revision_of(state["sequence"]) + 1)):
            raise StoreUnavailable(
                say("This view of the data is too old: what has changed since is no longer kept."),
                say("Do it again; it then starts from the present state."),
            )
        return rows, [change["rows"] for change in changes if change["rows"] is not None]


def _only(transaction: neo4j.ManagedTransaction, query: str, parameters: Mapping[str, Any]) -> neo4j.Record:
    return transaction.run(query, dict(parameters)).single(strict=True)
