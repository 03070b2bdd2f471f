"""Sets of (mentor, mentee) pairs that answer for whole blocks of pairs at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher.problem import Flags, Ints

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PairSet:
    """Ordered pairs of utilities, by index; ``keys`` are ``first * size + second``, increasing.

    ``firsts`` bool[U] marks utilities that come first in any pair, so that most pairs need no search.
    """

    size: int
    keys: Ints
    firsts: Flags

    @classmethod
    def of(cls, size: int, pairs: Iterable[tuple[int, int]]) -> PairSet:
        """The set of these pairs of indices below ``size``."""
        keys = np.array(sorted({first * size + second for first, second in pairs}), dtype=np.int64)
        firsts = np.zeros(size, dtype=np.bool_)
        firsts[keys // max(size, 1)] = True
        return cls(size, keys, firsts)

    def contains(self, first: Ints, second: Ints) -> Flags:
        """Which of the pairs (int64[Q], int64[Q]) are in the set, bool[Q]."""
        return self.places(first, second) >= 0

    def places(self, first: Ints, second: Ints) -> Ints:
        """Where each of the pairs (int64[Q], int64[Q]) stands among ``keys``, int64[Q], -1 for one not in the set."""
        found = np.full(len(first), -1, dtype=np.int64)
        if len(self.keys):
            maybe = np.flatnonzero(self.firsts[first])
            wanted = first[maybe] * self.size + second[maybe]
            at = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
            found[maybe] = np.where(self.keys[at] == wanted, at, -1)
        return found


@dataclass(frozen=True, eq=False)
class PairValues:
    """A value in 0..1 for some ordered pairs: ``values`` float64 beside the keys of ``pairs``."""

    pairs: PairSet
    values: Floats

    @classmethod
    def of(cls, size: int, known: Mapping[tuple[int, int], float]) -> PairValues:
        """The values of these pairs of indices below ``size``."""
        values = np.array([known[pair] for pair in sorted(known)], dtype=np.float64)
        return cls(PairSet.of(size, known), values)

    def of_pairs(self, first: Ints, second: Ints) -> Floats:
        """The value of each of the pairs (int64[Q], int64[Q]), float64[Q], NaN where there is none."""
        places = self.pairs.places(first, second)
        found = np.full(len(first), np.nan)
        found[places >= 0] = self.values[places[places >= 0]]
        return found
