"""One write of the Neo4j store: its lock, its transactions, and the steps of ``graph.neo4j_changes``.

A write is a block of the caller's, which cannot be run a second time; so it is no managed transaction of the driver,
and what the driver would do is done here. Up to the first line of the block everything is tried again. If the answer
to the commit is lost, the store is asked whether it took place.

A write that fits is one transaction. A larger one is staged: whenever ``ROWS_A_TRANSACTION`` rows have been sent, what
they were before is announced and the transaction is committed, and the next one begins. No reader sees such rows,
since every reader takes announced changes back; when the last is committed, publishing makes all of them visible at
once. Meanwhile a second lock tells other writers that the first is alive. If it dies, the server drops its locks, and
the next to write (or to open the store) takes everything back (``graph.neo4j_recovery``).
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, TypeVar

import neo4j
from neo4j.exceptions import DatabaseError, DriverError, Neo4jError

from graph import cypher
from graph.errors import Conflict, StoreUnavailable
from graph.neo4j_changes import KEPT_SECONDS, Row, revision_of, sequence_of
from graph.neo4j_connection import Neo4jConnection
from graph.neo4j_migrations import STAGING, WRITERS, check_version, checked
from graph.schema import PEOPLE
from graph.sentences import say

WRITE_SECONDS = 1800.0
"""The server ends a transaction that takes longer, so that a process that hangs does not keep others out for ever."""
BUSY_SECONDS = 10.0
"""How long a write waits for another's before it gives up."""
ROWS_A_TRANSACTION = 100_000
"""About 200 MB of the server's heap: a transaction may use 70 % of it, and half a gigabyte is the least for Neo4j."""
CHANGES_A_QUERY = 4
"""A change holds up to ten thousand rows."""

Done = TypeVar("Done")


class Neo4jWrite:
    """A write from its lock to its publication; ``revision`` is the one it begins with."""

    def __init__(
        self, connection: Neo4jConnection, stack: ExitStack, recover: Callable[[int], None], patience: float
    ) -> None:
        """Waits for the lock. ``recover`` takes back what is announced after a revision; ``stack`` closes the rest.

        Raises ``StoreUnavailable`` where the lock stays taken for ``patience`` seconds.
        """
        self._patience = patience
        self.id = secrets.token_hex(8)
        self.staged = False
        self._committing = False
        self._alive: neo4j.Transaction | None = None
        self._connection = connection
        self._stack = stack
        self._recover = recover
        self._changes: list[tuple[str, str]] = []
        self.changed_apart = False
        self._announced = 0
        self._rows = 0
        self._session = stack.enter_context(connection.session())
        self._transaction, self.revision = self._begun()
        stack.callback(lambda: self._transaction.close())

    @property
    def changed(self) -> bool:
        """Whether anything known was created, updated or deleted."""
        return self.staged or bool(self._changes)

    def run(self, query: str, **parameters: Any) -> list[Row]:
        """The rows of a query within the write."""
        return [list(record) for record in self._transaction.run(query, parameters)]

    def single(self, query: str, **parameters: Any) -> Mapping[str, Any]:
        """The one row of a query within the write, by name."""
        return self._transaction.run(query, parameters).single(strict=True)

    def changing(self, kind: str, before: str, rows: int) -> None:
        """Note what rows of a kind were before, in the form of ``graph.neo4j_changes``; call it before changing them.

        A write that has grown large enough is staged first, so that no change is committed unannounced.
        """
        if kind in PEOPLE:  # no revision is told of it, so no reader has to take it back
            self.changed_apart = True
            return
        if self._rows and self._rows + rows > ROWS_A_TRANSACTION:
            self.stage()
        self._rows += rows
        self._changes.append((kind, before))

    def stage(self) -> None:
        """Commit what there is, unseen, and go on in another transaction."""
        if self._alive is None:
            session = self._stack.enter_context(self._connection.session())
            self._alive = session.begin_transaction(metadata={"write": f"{self.id} staging"}, timeout=WRITE_SECONDS)
            self._stack.callback(self._alive.close)
            take_lock(self._connection, self._alive, STAGING, self.id)
        self._announce()
        self.staged = True
        if not self.run(cypher.STAGED, sequence=sequence_of(self.revision, announced=True), write=self.id):
            raise overtaken()
        self._transaction.commit()
        self._transaction = self._session.begin_transaction(metadata={"write": self.id}, timeout=WRITE_SECONDS)
        self._rows = 0

    def commit(self) -> None:
        """Announce, commit and publish. Raises ``StoreUnavailable`` where it cannot be known whether it took place."""
        self._announce()
        announced = sequence_of(self.revision, announced=True)
        if not self.run(cypher.DONE, sequence=announced, write=self.id):
            raise overtaken()
        self._committing = True
        try:
            self._transaction.commit()
        except (DriverError, Neo4jError) as error:
            if not self._took_place(error):
                self._committing = False
                raise
        try:
            publish(self._connection, announced, self.id)
        except (DriverError, Neo4jError) as error:
            raise self._in_doubt() from error

    def commit_apart(self) -> None:
        """Commit changes of ``PEOPLE`` alone, which no revision is told of; raises as ``commit`` does."""
        try:
            self._transaction.commit()
        except (DriverError, Neo4jError) as error:
            if isinstance(error, Neo4jError) and not isinstance(error, DatabaseError) and not error.is_retryable():
                raise
            raise self._in_doubt() from error

    def abandon(self) -> None:
        """Undo everything; what cannot be undone now is by the next to write."""
        self._transaction.close()
        if self._alive is not None:
            self._alive.close()
        if self.staged and not self._committing:
            with suppress(StoreUnavailable, DriverError, Neo4jError):
                self._recover(self.revision)

    def _begun(self) -> tuple[neo4j.Transaction, int]:
        def begin() -> tuple[neo4j.Transaction, int]:
            transaction = self._session.begin_transaction(metadata={"write": self.id}, timeout=WRITE_SECONDS)
            try:
                with giving_up(self._connection, self.id, self._patience):
                    take_lock(self._connection, transaction, WRITERS, self.id)
                return transaction, self._settled(transaction)
            except BaseException:
                transaction.close()
                raise

        return tried_again(begin, self._connection.access.retry_seconds)

    def _settled(self, transaction: neo4j.Transaction) -> int:
        """The present revision, once nothing of another writer is left; the writers' lock is held."""
        while True:
            state = checked(transaction.run(cypher.STATE).single(), self._connection.place)
            if state["sequence"] % 2 == 0:
                return revision_of(state["sequence"])
            # Whoever announced this holds the writers' lock no more: done, dead, or staging and holding the other.
            if state["done"] == state["write"]:
                publish(self._connection, state["sequence"], state["write"])
            else:
                self._recover(revision_of(state["sequence"]))

    def _announce(self) -> None:
        with self._connection.session() as session:
            session.execute_write(_announced, self.revision, self.id, self._changes, self._announced)
        self._announced += len(self._changes)
        self._changes = []

    def _took_place(self, error: DriverError | Neo4jError) -> bool:
        """Whether a commit took place whose answer did not come."""
        if isinstance(error, Neo4jError) and not isinstance(error, DatabaseError) and not error.is_retryable():
            return False  # the server itself said no; only one that failed (its disk, say) may not know
        try:
            return tried_again(self._is_done, self._connection.access.retry_seconds)
        except (DriverError, Neo4jError, StoreUnavailable):
            raise self._in_doubt() from error

    def _is_done(self) -> bool:
        with self._connection.session() as session, session.begin_transaction(timeout=WRITE_SECONDS) as transaction:
            # The lock is free only when the transaction in doubt has ended, whichever way.
            take_lock(self._connection, transaction, WRITERS, self.id)
            state = checked(transaction.run(cypher.STATE).single(), self._connection.place)
            if state["write"] == self.id:
                return bool(state["done"] == self.id)
            # Somebody else has written since: what was taken back has lost its mark.
            return transaction.run(cypher.WRITTEN, write=self.id).single() is not None

    def _in_doubt(self) -> StoreUnavailable:
        return StoreUnavailable(
            say("The store {place} was lost while it wrote: the change may or may not be kept.", place=self._place()),
            say("When it is back, look whether the change is there before you make it again."),
        )

    def _place(self) -> str:
        return self._connection.place


def take_lock(connection: Neo4jConnection, transaction: neo4j.Transaction, lock: str, holder: str) -> None:
    """Wait for a lock and hold it until the transaction ends; the server drops it when the connection ends."""
    if transaction.run(cypher.TAKE_LOCK, id=lock, holder=holder).single() is None:
        check_version(None, connection.place)


def publish(connection: Neo4jConnection, announced: int, write: str) -> None:
    """Make an announced and committed write what everybody sees; nothing where somebody else did so."""
    connection.written(cypher.PUBLISH, **{"from": announced, "to": announced + 1, "write": write})


def overtaken() -> Conflict:
    """The error of a write whose place somebody else took."""
    return Conflict(
        say("Somebody else changed the data in the meantime; nothing of yours was written."),
        say("Look at the present state, then do it again."),
    )


def tried_again(work: Callable[[], Done], seconds: float) -> Done:
    """What ``work`` returns, tried again for some seconds where the driver says that this may help."""
    deadline = time.monotonic() + seconds
    pause = 0.05
    while True:
        try:
            return work()
        except (DriverError, Neo4jError) as error:
            if not error.is_retryable() or time.monotonic() > deadline:
                raise
        time.sleep(pause)
        pause = min(2 * pause, 1.0)


@contextmanager
def giving_up(connection: Neo4jConnection, write: str, patience: float) -> Iterator[None]:
    """Ends the write's transaction if the block waits for longer: a query cannot be told to.

    Raises ``StoreUnavailable`` then, also where the block came through in the same moment: its transaction is lost.
    """
    moment = threading.Lock()
    over = gave_up = False

    def end() -> None:
        nonlocal gave_up
        with moment:
            if over:
                return
            gave_up = True
        try:
            with connection.session() as session:
                session.run(cypher.END_TRANSACTION, write=write).consume()
        except StoreUnavailable:
            return  # then whoever waits is told so too

    timer = threading.Timer(patience, end)
    timer.start()
    failed: Exception | None = None
    try:
        yield
    except (DriverError, Neo4jError) as error:
        failed = error
    finally:
        with moment:
            over = True
        timer.cancel()
    if gave_up:
        raise StoreUnavailable(
            say("The store {path} is being changed by somebody else.", path=connection.place),
            say("Wait until the other import or run has finished, then try again."),
        ) from failed
    if failed is not None:
        raise failed


def _announced(
    transaction: neo4j.ManagedTransaction, revision: int, write: str, changes: Sequence[tuple[str, str]], first: int
) -> None:
    from_, to = sequence_of(revision), sequence_of(revision, announced=True)
    if transaction.run(cypher.ANNOUNCE, {"from": from_, "to": to, "write": write}).single() is None:
        raise overtaken()
    for start in range(0, len(changes), CHANGES_A_QUERY):
        part = changes[start : start + CHANGES_A_QUERY]
        transaction.run(
            cypher.LOG_CHANGES,
            revision=revision + 1,
            first=first + start,
            write=write,
            kinds=[kind for kind, _ in part],
            rows=[rows for _, rows in part],
        ).consume()
    transaction.run(cypher.FORGET_OLD_CHANGES, seconds=KEPT_SECONDS, revision=revision).consume()
