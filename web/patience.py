"""Waiting for a store that is away for a while, as long as there is something to lose by giving up."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from graph.errors import Conflict, StoreUnavailable, WopError

T = TypeVar("T")

PATIENCE = 120.0
"""Seconds waited for a store that cannot be reached; a restart of a server takes less."""


def patiently(work: Callable[[], T], wait: Callable[[float, WopError], object], patience: float | None = None) -> T:
    """What ``work`` returns, done again while the store is away; it must be the same done once or twice.

    ``wait`` is given the seconds to wait and what is wrong, and does the waiting. ``patience`` bounds their sum
    (``PATIENCE`` by default). Raises ``StoreUnavailable``, or ``Conflict`` where somebody else was always faster.
    """
    most = PATIENCE if patience is None else patience
    waited, pause = 0.0, 0.5
    while True:
        try:
            return work()
        except (StoreUnavailable, Conflict) as error:  # a conflict, too, is over the next time
            if waited >= most:
                raise
            wait(pause, error)
            waited, pause = waited + pause, min(2 * pause, 5.0)
