"""One line of a round's log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a round's log: ``number`` counts from 1, ``at`` is an ISO time in UTC, ``body`` plain JSON values.

    ``account`` is the id of who did it; empty where there is none, or it was written before ids were kept.
    """

    round: str
    number: int
    at: str
    who: str
    why: str
    kind: str
    body: Body
    account: str = ""
