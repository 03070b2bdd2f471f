"""The store as a serving process holds it: opened when it is first reached, timed, and never waited for without end.

A service that starts before its store, or loses it, goes on: each request tries again, and the first that reaches
the store makes every later one work.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Literal, Protocol, TypeVar, cast

from graph.errors import StoreUnavailable
from graph.sentences import say
from graph.store import InsideReader, Store, Transaction
from web.bounded import Late, OwnThread, Through
from web.stores import open_for_pages

T = TypeVar("T")

_log = logging.getLogger("wop.store")

Operation = Literal["open", "revision", "read", "write"]

MOST_LATE = 32
"""Calls that may be left waiting for a store that does not answer; beyond, nobody asks it before one has ended."""
HURRIED = 3
"""By how much less each request but one waits for a store that others are waiting for in vain."""


class Watch(Protocol):
    """Told of every use of the store: what it was, how long it took, and whether the store was there."""

    def __call__(self, operation: Operation, seconds: float, available: bool, /) -> None:
        """Note one use."""


class LateStore:
    """The store at an address, as ``graph.store.Store``; not opened before it is needed.

    Each answer of a store on a server is waited for ``patience`` seconds, then ``StoreUnavailable`` is raised. Writing
    is not bounded so: what was asked must not happen after somebody was told that it did not.
    """

    def __init__(
        self,
        address: str,
        watch: Watch | None = None,
        patience: float = 15.0,
        opened_by: Callable[[str], Store] = open_for_pages,
    ) -> None:
        self._address = address
        self._open_it = opened_by
        self._watch = watch
        self._patience = patience
        self._bounded = not address.startswith("sqlite:")  # a file answers or fails by itself
        self._lock = threading.Lock()
        self._opened: Store | None = None
        self._late: list[OwnThread] = []
        self._probe = threading.Lock()

    def open(self) -> Store:
        """The store itself; raises as ``graph.store.open_store`` does, each time until it could be opened."""
        if self._opened is None:
            if not self._lock.acquire(timeout=self._patience):
                raise self._not_answering()
            try:
                if self._opened is None:
                    with self._timed("open"):
                        self._opened = self._open_it(self._address)
            finally:
                self._lock.release()
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
    def read(self) -> Iterator[InsideReader]:
        """A consistent snapshot for reading."""
        if not self._bounded:
            with self._timed("read"), self.open().read() as reader:
                yield reader
            return
        with self._timed("read"), self._own_thread() as thread:
            block = thread.call(lambda: self.open().read())
            reader = thread.call(block.__enter__)
            try:
                yield cast(InsideReader, Through(reader, thread))
            except Late:
                thread.end(partial(block.__exit__, None, None, None))
                raise
            except Exception as error:
                # The store has the last word on what went wrong: it turns the driver's errors into ours.
                if not thread.call(partial(block.__exit__, type(error), error, error.__traceback__)):
                    raise
            else:
                # Closing says goodbye to the server; nobody needs to wait for its answer.
                thread.end(partial(block.__exit__, None, None, None))

    @contextmanager
    def write(self, expected_revision: int | None = None) -> Iterator[Transaction]:
        """A transaction; raises ``Conflict`` and ``StoreUnavailable`` as the port says."""
        store = self.open()
        with self._timed("write"), store.write(expected_revision) as transaction:
            yield transaction

    def revision(self) -> int:
        """The present revision."""
        if not self._bounded:
            store = self.open()
            with self._timed("revision"):
                return store.revision()
        with self._timed("revision"), self._own_thread() as thread:
            return thread.call(lambda: self.open().revision())

    def close(self) -> None:
        """Release files and connections."""
        if self._opened is not None:
            self._opened.close()

    @contextmanager
    def _own_thread(self) -> Iterator[OwnThread]:
        self._late = [thread for thread in self._late if not thread.ended]
        if len(self._late) >= MOST_LATE:
            raise self._not_answering()
        # One at a time waits as long as ever: a store that is slow, not silent, would else never be heard again.
        probing = bool(self._late) and self._probe.acquire(blocking=False)
        thread = OwnThread(self._patience if probing or not self._late else self._patience / HURRIED)
        try:
            yield thread
        except Late:
            self._late.append(thread)
            raise self._not_answering() from None
        finally:
            thread.end()
            if probing:
                self._probe.release()

    def _not_answering(self) -> StoreUnavailable:
        return StoreUnavailable(
            say("The store {place} does not answer in time.", place=self._address),
            say("Nothing was lost. Try again in a moment; the setting WOP_STORE_TIMEOUT says how long a page waits."),
        )

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
