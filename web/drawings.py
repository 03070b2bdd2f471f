"""The drawing of the network, ready for all threads of a process: kept in the store, else worked out beside them."""

from __future__ import annotations

import logging
import threading
from typing import cast

from flask import current_app

from graph.drawing import Drawing, draw, drawing_digest, keep_drawing, kept_drawing
from graph.errors import WopError
from graph.network import Network
from graph.store import Store

PATIENCE = 4.0
"""Seconds a request waits for a drawing that is being worked out; the page asks again by itself."""
_log = logging.getLogger("wop.drawing")


class DrawingKeeper:
    """Has the drawing worked out, in a thread of its own, when it is first asked for."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._kept: Drawing | None = None
        self._digests: tuple[int, str] | None = None
        self._at_work: dict[str, threading.Thread] = {}

    def drawing(self, network: Network, patience: float = PATIENCE) -> Drawing | None:
        """The drawing of this network; ``None`` while it is worked out for longer than ``patience`` seconds.

        Raises ``StoreUnavailable`` where the store cannot be reached.
        """
        digest = self._digest(network)
        if self._kept is not None and self._kept.digest == digest:
            return self._kept
        with self._lock:
            work = self._at_work.get(digest)
            if work is None:
                with self._store.read() as reader:
                    before = kept_drawing(reader)
                if before is not None and before.digest == digest:
                    self._kept = before
                    return before
                # A process that ends waits for it: numerical libraries do not stand a thread that is cut off.
                work = threading.Thread(target=self._work, args=(network, digest, before))
                self._at_work[digest] = work
                work.start()
        work.join(patience)
        kept = self._kept
        return kept if kept is not None and kept.digest == digest else None

    def _digest(self, network: Network) -> str:
        known = self._digests
        if known is None or known[0] != network.revision:
            known = self._digests = (network.revision, drawing_digest(network.partnerships))
        return known[1]

    def _work(self, network: Network, digest: str, before: Drawing | None) -> None:
        try:
            self._kept = made = draw(network.partnerships, before)
            keep_drawing(self._store, made)
        except WopError:
            _log.warning("The drawing of the network could not be kept in the store.", exc_info=True)
        finally:
            self._at_work.pop(digest, None)


def drawing_keeper() -> DrawingKeeper:
    """The keeper of the application that answers this request."""
    return cast(DrawingKeeper, current_app.extensions["wop_drawing"])
