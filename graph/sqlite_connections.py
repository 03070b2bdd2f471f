"""Connections to a SQLite store: opened, lent to one thread at a time, and their errors said in plain words."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from graph import sqlite_tables as sql
from graph.errors import StoreTooNew, StoreUnavailable
from graph.files import make_own
from graph.schema import SCHEMA_VERSION
from graph.sentences import Sentence, say
from graph.sqlite_inside import CREATE_TEMPORARY

BUSY_SECONDS = 10.0
"""How long a transaction waits for another process's before it gives up."""

_RETRY_SECONDS = 0.02
_CACHE_KIBIBYTES = 32_768
"""Pages a connection may keep in memory: enough that a large import does not push out what it is still filling."""


class Connections:
    """The idle connections of one process to one file.

    A connection serves one block at a time, in any thread, and goes back when the block ends. After a fork the
    child opens its own: a SQLite connection must not be used in two processes.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._idle: list[sqlite3.Connection] = []
        self._of_parent: list[list[sqlite3.Connection]] = []  # kept, never closed: they are the parent's
        self.close = weakref.finalize(self, _close_all, self._idle)

    @contextmanager
    def lent(self) -> Iterator[sqlite3.Connection]:
        """A connection for the length of a block; SQLite's errors inside it become ``StoreUnavailable``."""
        with plain_errors(self._path):
            connection = self._take()
            reusable = False
            try:
                yield connection
                reusable = True
            finally:
                if connection.in_transaction:
                    connection.rollback()
                self._give_back(connection, reusable)

    def _take(self) -> sqlite3.Connection:
        with self._lock:
            if self._process != os.getpid():
                self.close.detach()
                self._of_parent.append(self._idle)
                self._process, self._idle = os.getpid(), []
                self.close = weakref.finalize(self, _close_all, self._idle)
            if self._idle:
                return self._idle.pop()
        return _connect(self._path)

    def _give_back(self, connection: sqlite3.Connection, reusable: bool) -> None:
        with self._lock:
            if reusable and self.close.alive:
                self._idle.append(connection)
                return
        connection.close()


def prepare(path: Path) -> None:
    """Make the tables in a new file, and add to an older store what it lacks.

    Raises ``StoreUnavailable`` where the file cannot be used as a store, ``StoreTooNew`` where a newer version
    of the service wrote it. Opening a store that is up to date takes no lock.
    """
    with plain_errors(path):
        connection = _connect(path)
        try:
            _write_ahead(connection)
            if _schema_version(connection, path) != SCHEMA_VERSION or _missing(connection):
                connection.execute("BEGIN IMMEDIATE")
                _upgrade(connection, path)
                connection.commit()
        finally:
            connection.close()


@contextmanager
def plain_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite says about the file into ``StoreUnavailable``; errors of our own statements pass through."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        # Extended result codes keep the primary one in their low byte.
        explanation = _explain(code & 0xFF, str(path)) if code is not None else None
        if explanation is None:
            raise
        raise StoreUnavailable(*explanation) from error


def _explain(code: int, path: str) -> tuple[Sentence, Sentence] | None:
    match code:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED | sqlite3.SQLITE_PROTOCOL:
            return (
                say("The store {path} is being changed by somebody else.", path=path),
                say("Wait until the other import or run has finished, then try again."),
            )
        case sqlite3.SQLITE_NOTADB:
            return (
                say("{path} is not a store: it is some other kind of file.", path=path),
                say("Give the address of a store, or of a file that does not exist yet."),
            )
        case sqlite3.SQLITE_CORRUPT:
            return (
                say("The store {path} is damaged.", path=path),
                say("Restore the latest export into a new store."),
            )
        case sqlite3.SQLITE_FULL:
            return (
                say("The disk is full: the store {path} cannot grow. Nothing was changed.", path=path),
                say("Free some space, then try again."),
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return (
                say("The store {path} cannot be written.", path=path),
                say("Allow this user to write the file and its folder."),
            )
        case sqlite3.SQLITE_CANTOPEN:
            return (
                say("The store {path} cannot be opened.", path=path),
                say("Check that its folder exists and that this user may read and write there."),
            )
        case sqlite3.SQLITE_IOERR:
            return (
                say("The disk failed while the store {path} was read or written.", path=path),
                say("Check the disk, then try again."),
            )
    return None


def _connect(path: Path) -> sqlite3.Connection:
    with suppress(OSError):  # SQLite says what is wrong
        if not path.exists():
            make_own(path)
    # Transactions are begun by hand, and a lock of ours sees to it that one thread at a time uses a connection.
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIBIBYTES}")
        for statement in (*sql.create_wanted(), *CREATE_TEMPORARY):
            connection.execute(statement)
    except BaseException:
        connection.close()
        raise
    return connection


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Readers never wait for a writer in this journal mode; the file remembers it."""
    deadline = time.monotonic() + BUSY_SECONDS
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        # SQLite does not wait by itself where two processes open a new file in the same moment.
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_RETRY_SECONDS)


def _schema_version(connection: sqlite3.Connection, path: Path) -> int | None:
    """The version that wrote the store, ``None`` for a new file."""
    names = {name for (name,) in connection.execute(sql.TABLE_NAMES)}
    if not names:
        return None
    if "wop_store" not in names:
        raise StoreUnavailable(
            say("{path} is a database of something else.", path=str(path)),
            say("Give the address of a store, or of a file that does not exist yet."),
        )
    version = int(connection.execute(sql.READ_SCHEMA_VERSION).fetchone()[0])
    if version > SCHEMA_VERSION:
        raise StoreTooNew(
            say("The store {path} was written by a newer version of this service.", path=str(path)),
            say("Install the newer version, or restore an export of this version into a new store."),
        )
    return version


def _upgrade(connection: sqlite3.Connection, path: Path) -> None:
    # Asked again under the lock: another process may have done it meanwhile.
    version = _schema_version(connection, path)
    if version is None:
        connection.execute(sql.CREATE_META)
        connection.execute(sql.INSERT_META, (SCHEMA_VERSION,))
    for table in sql.all_tables():
        present = {name for (name,) in connection.execute(sql.COLUMN_NAMES, (table.name,))}
        if not present:
            connection.execute(sql.create(table))
        for field in table.fields if present else ():
            if field.name not in present:
                connection.execute(sql.add_column(table, field))
    for statement in _missing(connection):
        connection.execute(statement)
    connection.execute(sql.SET_SCHEMA_VERSION, (SCHEMA_VERSION,))


def _missing(connection: sqlite3.Connection) -> list[str]:
    """What would make the indexes and the notes of changes that a store lacks."""
    present = {name for (name,) in connection.execute(sql.INDEX_NAMES)}
    indexes = [statement for name, statement in sql.indexes().items() if name not in present]
    noted = ("wop_changed",) in connection.execute(sql.TABLE_NAMES).fetchall()
    return indexes if noted else [*indexes, sql.CREATE_CHANGED, sql.BEGIN_CHANGED]


def _close_all(connections: list[sqlite3.Connection]) -> None:
    while connections:
        connections.pop().close()
