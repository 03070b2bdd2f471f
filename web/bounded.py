"""Calls that are waited for so long and no longer, for work that cannot be interrupted from outside.

A driver that waits for a server which has stopped answering waits as long as its connection lives. Such a call runs in
a thread of its own; whoever is tired of waiting leaves, and the thread ends when the call at last does.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")


class Late(Exception):
    """A call took longer than it is waited for; what became of it is not known."""


class OwnThread:
    """Calls made one after another in one thread, each waited for ``seconds`` at most."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._asked: SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None] = SimpleQueue()
        self.late = False
        # A daemon, so that a call nobody waits for does not keep the process from ending.
        self._thread = threading.Thread(target=self._work, name="wop-bounded", daemon=True)
        self._thread.start()

    def call(self, work: Callable[[], T]) -> T:
        """What ``work`` returns or raises; raises ``Late`` where it takes too long, or an earlier one did."""
        if self.late:
            raise Late
        done: Future[T] = Future()
        self._asked.put((work, done))
        try:
            return done.result(self._seconds)
        except TimeoutError:
            if done.done():  # it was the work that raised this
                raise
            self.late = True
            raise Late from None

    def end(self, last: Callable[[], object] | None = None) -> None:
        """Let the thread end after what it was asked, and after ``last``, which nobody waits for."""
        if last is not None:
            self._asked.put((last, Future()))
        self._asked.put(None)

    @property
    def ended(self) -> bool:
        """Whether the thread is through with everything."""
        return not self._thread.is_alive()

    def _work(self) -> None:
        while (asked := self._asked.get()) is not None:
            work, done = asked
            try:
                done.set_result(work())
            except BaseException as error:
                done.set_exception(error)
            del asked, work, done  # nothing is held while waiting for the next


class Through:
    """An object whose methods are called in an ``OwnThread``; its other attributes are read as they are."""

    def __init__(self, target: object, thread: OwnThread) -> None:
        self._target = target
        self._thread = thread

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, name)
        if not callable(found):
            return found
        return lambda *words, **named: self._thread.call(lambda: found(*words, **named))
