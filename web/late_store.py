"""The store as a serving process holds it: opened when it is first reached, and timed.

A service that starts before its store, or loses it, goes on: each request tries again, and the first that reaches
the store makes every later one work.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, Protocol

from graph.errors import StoreUnavailable
from graph.store import Reader, Store, Transaction, open_store

_log = logging.getLogger("wop.store")

Operation = Literal["open", "revision", "read", "write"]


class Watch(Protocol):
    """Told of every use of the store: what it was, how long it took, and whether the store was there."""

    def __call__(self, operation: Operation, seconds: float, available: bool, /) -> None:
        """Note one use."""


class LateStore:
    """The store at an address, as ``graph.store.Store``; not opened before it is needed."""

    def __init__(self, address: str, watch: Watch | None = None) -> None:
        self._address = address
        self._watch = watch
        self._lock = threading.Lock()
        self._opened: Store | None = None

    def open(self) -> Store:
        """The store itself; raises as ``graph.store.open_store`` does, each time until it could be opened."""
        if self._opened is None:
            with self._lock:
                if self._opened is None:
                    with self._timed("open"):
                        self._opened = open_store(self._address)
        return self._opened

    def open_early(self) -> None:
        """Open it now, so that what cannot come right by itself is said at the start.

        A server that does not answer yet is waited for, by each request; a file that cannot be opened is not.
        Raises as ``graph.store.open_store`` does otherwise.
        """
        try:
            self.open()
        except StoreUnavailable as error:
            if self._address.startswith("sqlite:"):
                raise
            _log.warning("%s", error)

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """A consistent snapshot for reading."""
        store = self.open()
        with self._timed("read"), store.read() as reader:
            yield reader

    @contextmanager
    def write(self, expected_revision: int | None = None) -> Iterator[Transaction]:
        """A transaction; raises ``Conflict`` and ``StoreUnavailable`` as the port says."""
        store = self.open()
        with self._timed("write"), store.write(expected_revision) as transaction:
            yield transaction

    def revision(self) -> int:
        """The present revision."""
        store = self.open()
        with self._timed("revision"):
            return store.revision()

    def close(self) -> None:
        """Release files and connections."""
        if self._opened is not None:
            self._opened.close()

    @contextmanager
    def _timed(self, operation: Operation) -> Iterator[None]:
        began = time.perf_counter()
        available = True
        try:
            yield
        except StoreUnavailable:
            available = False
            raise
        finally:
            if self._watch is not None:
                self._watch(operation, time.perf_counter() - began, available)
