"""What a search through a small core of pairs is given, what it found, and what branching has taught it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from matcher.problem import Flags, Ints
from matcher.warm_program import Basis, Floats


@dataclass(frozen=True, eq=False)
class Core:
    """Maximise over 0/1 columns: ``matrix`` int64 csc [rows, columns], bounds int64, ``soft`` bool[rows] as in
    ``WarmProgram``, ``mentees`` bool[rows] those that count pairs of one mentee; the first ``pairs`` columns are
    branched on first. ``basis`` is where the first program starts."""

    matrix: sparse.csc_matrix
    row_lower: Ints
    row_upper: Ints
    lower: Ints
    upper: Ints
    soft: Flags
    mentees: Flags
    pairs: int
    penalty: float
    basis: Basis | None = None


@dataclass(eq=False)
class Budget:
    """How many more linear programs may be solved."""

    programs: int


@dataclass(eq=False)
class Found:
    """``columns`` bool of the best choice, if any reaches the target; ``value`` in points.

    ``complete``: no choice is better (nor reaches the target, where none was found). ``leaves`` are bounds on
    columns that together hold every choice of the same value; ``all_ties`` whether none of these was left out.
    """

    columns: Flags | None = None
    value: int = 0
    complete: bool = False
    all_ties: bool = False
    leaves: list[tuple[Ints, Ints]] = field(default_factory=list)


class Experience:
    """What branching on a column has cost the bound so far, in points per unit, down and up; float64[2, columns].

    Grows while a search goes on: columns that are asked again are then branched on without trying them out first.
    """

    def __init__(self, columns: int) -> None:
        self.total: Floats = np.zeros((2, columns))
        self.times: Floats = np.zeros((2, columns))

    def learn(self, side: int, column: int, lost: float) -> None:
        """Moving ``column`` by one down (0) or up (1) lost so many points a unit."""
        self.total[side, column] += lost
        self.times[side, column] += 1.0

    def only(self, columns: Ints) -> Experience:
        """That of some columns."""
        part = Experience(0)
        part.total, part.times = self.total[:, columns], self.times[:, columns]
        return part

    def keep(self, columns: Ints, learnt: Experience) -> None:
        """Take over what was learnt on some columns."""
        self.total[:, columns], self.times[:, columns] = learnt.total, learnt.times
