"""What whoever asks a question that takes long wants to know while it is worked out, and may say meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Watch:
    """``check`` is told the number of eligible pairs before anything is solved and may raise.

    ``tell`` is told what is done and the share of the work behind it (0..1) and may raise, too; ``cancelled`` says
    whether a solve is to stop with ``Cancelled``.
    """

    check: Callable[[int], None] = lambda _pairs: None
    tell: Callable[[str, float], None] = lambda _text, _share: None
    cancelled: Callable[[], bool] = lambda: False


UNWATCHED = Watch()
