"""Work counted in place of seconds, so that where a search ends is the same on every machine and under any load.

A unit is about a second of one processor of 2024 (measured roughly, on one machine). It is made of what solvers count
themselves (simplex iterations, nodes, CP-SAT's deterministic time) and, where they count nothing, of the size of what
they were given. A step that is larger than all that is left is not begun; one that is begun is ended within what is
left as far as its solver lets itself be ended.
"""

from __future__ import annotations

LP_STEP = 5e-8
"""One iteration of the simplex method, by row."""

CORE_ENTRY = 7e-5
"""An integer core before its first branch, by entry of its matrix."""

CORE_NODE = 5e-6
"""A node of its search, by entry."""

FLOW_ARC = 1.7e-6
"""A minimum cost flow, by arc."""

PRICED_ENTRY = 6e-8
"""All pairs valued at new prices, by entry of the matrix."""

TABLE_CELL = 2e-8
"""A table of loads, by cell and item."""

WHOLE_ENTRY = 1e-5
"""A whole model that CP-SAT settled, by entry: it does not tell how much it worked."""


class Work:
    """``done`` so far, and ``most`` (``None``: no limit), in units. Parts of one run share it."""

    def __init__(self, most: float | None = None) -> None:
        self.most, self.done = most, 0.0

    @property
    def left(self) -> float | None:
        """Units left, ``None`` without a limit."""
        return None if self.most is None else self.most - self.done

    def did(self, units: float) -> None:
        """Count what was done."""
        self.done += units

    def part(self, share: float) -> float | None:
        """How many units ``share`` of what is left is."""
        return None if self.left is None else max(self.left, 0.0) * share
