"""The answer to a problem: a frozen record that answers for itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from matcher.problem import STABLE, Ints


@dataclass(frozen=True, slots=True)
class GoalValue:
    """What a goal reached: its value, and a proven upper bound given the goals before it (whole points)."""

    id: str
    value: int
    bound: int

    @property
    def gap(self) -> int:
        """How much better an answer could at most be, in points; 0 is proven optimal."""
        return self.bound - self.value

    @property
    def proven(self) -> bool:
        """Whether no better value exists, given the goals before."""
        return self.gap == 0


@dataclass(frozen=True, eq=False)
class Prices:
    """What one more unit would add to the last goal, from the linear relaxation (points; ``None``: not computed).

    ``places`` float64[M] (one more place of a mentor), ``limits`` float64[L] (a limit moved by one),
    ``mentees`` float64[N] (what serving the mentee is worth at the margin).
    """

    places: NDArray[np.float64]
    limits: NDArray[np.float64]
    mentees: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Result:
    """Chosen pairs and covers (increasing indices into the problem's), and how good they are proven to be."""

    pairs: Ints
    covers: Ints
    goals: tuple[GoalValue, ...]
    method: Literal["flow", "whole", "price"]
    seed: int
    input_hash: str
    versions: Mapping[str, str] = field(default_factory=dict)
    prices: Prices | None = None

    @property
    def proven(self) -> bool:
        """Whether every goal is proven optimal; the goal that only breaks ties need not be."""
        return all(goal.proven for goal in self.goals if goal.id != STABLE)
