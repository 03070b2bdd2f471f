"""The network's columns as each kind of reader sees them, kept for all threads of a process by revision."""

from __future__ import annotations

import gzip
import json
import threading
from collections import deque
from functools import cached_property
from typing import Any, cast

from flask import current_app

from graph.drawing import Drawing
from web.access import may
from web.drawings import PATIENCE, drawing_keeper
from web.knowledge import KEPT_VIEWS, keeper, knowledge
from web.network_columns import Columns
from web.settings import Settings
from web.signing_in import signed
from web.snapshot import Knowledge
from web.turns import turn


class SeenNetwork(Columns):
    """Columns with their JSON twin ready to be sent, and the maps that were made of them."""

    @cached_property
    def maps(self) -> dict[tuple[str, str, str], Any]:
        """Rows and picture by view, language and address of the service."""
        return {}

    @cached_property
    def body(self) -> bytes:
        """The twin as UTF-8 JSON, the same bytes for the same columns."""
        return json.dumps(self.twin, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    @cached_property
    def packed(self) -> bytes:
        """The same, compressed by gzip."""
        return gzip.compress(self.body, compresslevel=6, mtime=0)


class SeenKeeper:
    """Makes the columns of a kind of reader when they are first asked for, and keeps the newest few."""

    def __init__(self, settings: Settings) -> None:
        self._patience = settings.request_timeout
        self._lock = threading.Lock()
        self._kept: deque[tuple[Knowledge, bool, Drawing | None, SeenNetwork]] = deque(maxlen=KEPT_VIEWS)

    def of(self, known: Knowledge, drawing: Drawing | None, *, proposed: bool) -> SeenNetwork:
        """The columns of what is known to one kind of reader; raises ``Busy`` as ``web.turns.turn`` does."""
        with turn(self._lock, self._patience):
            for kept in self._kept:
                if kept[0] is known and kept[1] == proposed and kept[2] is drawing:
                    return kept[3]
            made = SeenNetwork(known, drawing, proposed=proposed)
            self._kept.appendleft((known, proposed, drawing, made))
            return made


def seen_columns(patience: float = PATIENCE) -> SeenNetwork:
    """The network as whoever sends this request may see it; without places while they are worked out.

    ``patience`` is for how many seconds they are waited for.
    """
    known = knowledge()
    found = signed()
    proposed = may(found.account if found is not None else None, "proposal.latest", {})
    drawing = drawing_keeper().drawing(keeper().now().network, patience)
    seen = cast(SeenKeeper, current_app.extensions["wop_seen_network"])
    return seen.of(known, drawing, proposed=proposed)
