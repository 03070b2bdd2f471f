"""The driver of a Neo4j store: one a process, made when first used, closed at the end of the process."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import neo4j
from neo4j.exceptions import DriverError, Neo4jError

from graph.errors import BadInput
from graph.neo4j_access import Neo4jAccess
from graph.neo4j_errors import plain_errors
from graph.sentences import say

CONNECT_SECONDS = 5.0
"""To a server of the same network that long is broken; the driver's 30 s would hold up a page."""
LIFETIME_SECONDS = 1800.0
"""Below the idle limits of common load balancers and of Aura (an hour), so that none cuts a connection in use."""
LIVENESS_SECONDS = 30.0
"""A connection idle for longer is asked for a sign of life first: a restarted server closed it without telling."""
ROWS_A_FETCH = 10_000
"""Rows asked for at once: a snapshot has tens of thousands, and each ask is a round trip."""

Work = TypeVar("Work")


class Neo4jConnection:
    """The driver for one address, opened for each process that uses it."""

    def __init__(self, address: str, access: Neo4jAccess) -> None:
        """Raises ``BadInput`` for an address that carries a password or a part Neo4j has no use for."""
        self.place = _checked(address)
        self.access = access
        self._lock = threading.Lock()
        self._process = 0
        self._driver: neo4j.Driver | None = None
        self._of_parent: list[neo4j.Driver | None] = []  # kept, never closed: their connections are the parent's
        self.close: Callable[[], object] = lambda: None

    def driver(self) -> neo4j.Driver:
        """This process's driver: connections must not be shared over a fork, so a child makes its own."""
        with self._lock:
            if self._process != os.getpid():
                self._of_parent.append(self._driver)
                self._driver = neo4j.GraphDatabase.driver(
                    self.place,
                    auth=(self.access.user, self.access.password),
                    max_connection_pool_size=self.access.connections,
                    connection_timeout=CONNECT_SECONDS,
                    connection_acquisition_timeout=2 * CONNECT_SECONDS,
                    max_connection_lifetime=LIFETIME_SECONDS,
                    liveness_check_timeout=LIVENESS_SECONDS,
                    max_transaction_retry_time=self.access.retry_seconds,
                    fetch_size=ROWS_A_FETCH,
                    notifications_min_severity="OFF",  # a label nobody used yet is no news
                    telemetry_disabled=True,
                    user_agent="wop-matcher",
                )
                self._process = os.getpid()
                self.close = weakref.finalize(self, _close, self._driver, self._process)
            return cast(neo4j.Driver, self._driver)

    @contextmanager
    def session(self, *, reading: bool = False) -> Iterator[neo4j.Session]:
        """A session that sees what this process wrote (bookmarks), routed to a reader or to the leader."""
        driver = self.driver()
        with self.plain_errors():
            session = driver.session(
                database=self.access.database,
                default_access_mode=neo4j.READ_ACCESS if reading else neo4j.WRITE_ACCESS,
                bookmark_manager=driver.execute_query_bookmark_manager,
            )
            try:
                yield session
            finally:
                _close_quietly(session)

    @contextmanager
    def plain_errors(self) -> Iterator[None]:
        """Errors in the words of ``graph.errors``."""
        with plain_errors(self.place, self.access.database):
            yield

    def written(self, query: str, **parameters: Any) -> list[neo4j.Record]:
        """The rows of one query that writes, in a managed transaction of its own."""
        with self.session() as session:
            return session.execute_write(_rows, query, parameters)


def _rows(transaction: neo4j.ManagedTransaction, query: str, parameters: Mapping[str, Any]) -> list[neo4j.Record]:
    return list(transaction.run(query, dict(parameters)))


def _checked(address: str) -> str:
    parts = urlsplit(address)
    if parts.username or parts.password:
        raise BadInput(
            say("The store's address must not carry a user or a password: addresses are shown and logged."),
            say("Give them in WOP_STORE_USER and WOP_STORE_PASSWORD_FILE."),
        )
    if parts.path.strip("/") or parts.fragment or not parts.hostname:
        raise BadInput(
            say("“{address}” is not the address of a Neo4j server.", address=address),
            say("Write it as bolt://host:7687 or neo4j://host:7687; the database is named in WOP_STORE_DATABASE."),
        )
    return address


def _close(driver: neo4j.Driver, process: int) -> None:
    if process == os.getpid():
        driver.close()


def _close_quietly(session: neo4j.Session) -> None:
    try:
        session.close()
    except (DriverError, Neo4jError):  # what it was used for has failed already, or is done
        return
