"""Taking turns within a process, without waiting for ever."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from graph.errors import Busy
from graph.sentences import say


@contextmanager
def turn(lock: threading.Lock, seconds: float) -> Iterator[None]:
    """Hold a lock for the length of a block, once it is free.

    Raises ``Busy`` where it is not free within so many seconds.
    """
    if not lock.acquire(timeout=seconds):
        raise Busy(
            say("The service is still working on earlier questions. Nothing was changed."),
            say("Wait a little, then ask again. The setting WOP_REQUEST_TIMEOUT says how long a page waits."),
        )
    try:
        yield
    finally:
        lock.release()
