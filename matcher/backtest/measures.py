"""Where the true mentor came in a ranking, and how often near the top.

Candidates with equal numbers share their places: each order of them is as likely as another, and every measure is
its expectation over these orders. A mentor that is not among those ranked is not found: it counts 0 everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

import numpy as np

from matcher.covers import Floats

TOPS = (1, 5, 10, 20)
"""Lengths of the list a person would look at."""

_NORMAL_95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Placing:
    """``better`` candidates stand before the true mentor, ``ties`` (itself among them) share its place."""

    better: int
    ties: int

    def within(self, top: int) -> float:
        """Chance that it is among the first ``top``."""
        return min(1.0, max(0.0, (top - self.better) / self.ties))

    @property
    def reciprocal(self) -> float:
        """Expected 1 / rank."""
        return sum(1.0 / (self.better + place) for place in range(1, self.ties + 1)) / self.ties

    @property
    def rank(self) -> float:
        """Mean rank, from 1."""
        return self.better + (self.ties + 1) / 2


class Measured(TypedDict):
    """Shares in 0..1 of ``rows`` found in the first 1, 5, 10, 20; ``interval`` (95 %, Wilson) of the first ten."""

    rows: int
    top: dict[str, float]
    mean_reciprocal_rank: float
    interval: list[float]


def placing(numbers: Floats, place: int | None) -> Placing | None:
    """Where the candidate at ``place`` comes; ``None`` where it is not ranked."""
    if place is None:
        return None
    own = numbers[place]
    near = np.isclose(numbers, own, rtol=1e-9, atol=1e-12)
    return Placing(int(((numbers > own) & ~near).sum()), int(near.sum()))


def measure(placings: Sequence[Placing | None]) -> Measured:
    """The measures over rows; all 0 where there is no row."""
    rows = len(placings)
    found = [each for each in placings if each is not None]
    share = {str(top): sum(each.within(top) for each in found) / rows if rows else 0.0 for top in TOPS}
    return {
        "rows": rows,
        "top": share,
        "mean_reciprocal_rank": sum(each.reciprocal for each in found) / rows if rows else 0.0,
        "interval": list(wilson(share["10"], rows)),
    }


def wilson(share: float, rows: int) -> tuple[float, float]:
    """95 % score interval of a share of ``rows`` (Wilson 1927); 0 to 1 where there is no row."""
    if rows == 0:
        return 0.0, 1.0
    square = _NORMAL_95**2
    centre = (share + square / (2 * rows)) / (1 + square / rows)
    half = _NORMAL_95 * math.sqrt(share * (1 - share) / rows + square / (4 * rows * rows)) / (1 + square / rows)
    return max(0.0, centre - half), min(1.0, centre + half)
