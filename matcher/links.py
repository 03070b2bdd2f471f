"""Sets of (mentor, mentee) pairs that answer for whole blocks of pairs at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from matcher.problem import Flags, Ints


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
        found = np.zeros(len(first), dtype=np.bool_)
        if len(self.keys):
            maybe = np.flatnonzero(self.firsts[first])
            wanted = first[maybe] * self.size + second[maybe]
            at = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
            found[maybe] = self.keys[at] == wanted
        return found
