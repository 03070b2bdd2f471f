"""The matching problem as arrays: all a solver needs, and nothing about where it came from.

M mentors, N mentees, K needs, P eligible pairs, C covers (a pair that can work on one need of its mentee).
With ``y[p]`` = pair p is proposed and ``z[c]`` = in that pair the mentor works on that need:

    maximise   goal after goal:  sum pair_value[p] y[p] + sum cover_value[c] z[c]
    z[c] <= y[pair of c]
    y[p] <= sum of z over the covers of p          where the pair has covers at all
    sum of z over the covers of one need <= 1
    sum of y over the pairs of one mentee <= wanted
    sum of y over the pairs of one mentor <= places
    sum of days[c] z[c] over one mentor  <= staff_days     (where limited)
    lower <= sum coefficient y <= upper                    for each limit
    y = 1 for pinned pairs; forbidden pairs are 0
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from graph.sentences import Sentence

Ints: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]

STABLE = "stable"
"""The id of the goal that only breaks ties: nobody's aim, so prices never speak of it and it needs no proof."""

UNLIMITED = np.int64(-1)
"""In ``staff_days``: this mentor's staff-days are not limited."""


@dataclass(frozen=True, eq=False)
class Limit:
    """A linear rule over pairs: ``lower <= sum coefficients * y[pairs] <= upper``; ``None`` leaves a side open.

    ``pairs`` (indices of pairs, increasing, no repeats) and ``coefficients`` are int64 of one shape.
    """

    id: str
    title: Sentence
    pairs: Ints
    coefficients: Ints
    lower: int | None = None
    upper: int | None = None

    def amount(self, chosen: Ints) -> int:
        """What chosen pairs (increasing indices) come to."""
        return int(self.coefficients[np.isin(self.pairs, chosen, assume_unique=True)].sum())

    def kept_by(self, chosen: Ints) -> bool:
        """Whether chosen pairs (increasing indices) stay within both sides."""
        amount = self.amount(chosen)
        return (self.lower is None or amount >= self.lower) and (self.upper is None or amount <= self.upper)


@dataclass(frozen=True, eq=False)
class Goal:
    """What to maximise, in whole points: ``sum pair_values[P] y + sum cover_values[C] z``."""

    id: str
    title: Sentence
    pair_values: Ints
    cover_values: Ints


@dataclass(frozen=True, eq=False)
class Problem:
    """Mentors, mentees, pairs, limits and ordered goals; see the module for the mathematics.

    Shapes: ``places``, ``minimum_load``, ``staff_days`` int64[M]; ``wanted`` int64[N]; ``need_mentee`` int64[K];
    ``pair_mentor``, ``pair_mentee`` int64[P], ordered by (mentee, mentor), no repeats; ``cover_pair``,
    ``cover_need``, ``cover_days`` int64[C], ordered by (pair, need); ``pinned``, ``forbidden`` bool[P].
    ``minimum_load`` counts pairs of a mentor that must be proposed (0: none).
    """

    mentor_ids: tuple[str, ...]
    mentee_ids: tuple[str, ...]
    places: Ints
    minimum_load: Ints
    staff_days: Ints
    wanted: Ints
    need_ids: tuple[str, ...]
    need_mentee: Ints
    pair_mentor: Ints
    pair_mentee: Ints
    cover_pair: Ints
    cover_need: Ints
    cover_days: Ints
    pinned: Flags
    forbidden: Flags
    goals: tuple[Goal, ...]
    limits: tuple[Limit, ...] = field(default=())

    @property
    def pair_count(self) -> int:
        """How many eligible pairs there are (P)."""
        return len(self.pair_mentor)

    @cached_property
    def single(self) -> bool:
        """Whether needs fold into one score per pair: one mentor per mentee and no staff-day rule."""
        return bool((self.wanted <= 1).all() and (self.staff_days == UNLIMITED).all())

    @cached_property
    def input_hash(self) -> str:
        """SHA-256 over everything that can change the answer; equal problems have equal hashes."""
        digest = hashlib.sha256()

        def feed(value: object) -> None:
            if isinstance(value, np.ndarray):
                digest.update(f"{value.dtype}{value.shape}".encode())
                digest.update(np.ascontiguousarray(value).tobytes())
            elif isinstance(value, tuple):
                digest.update(f"({len(value)}".encode())
                for part in value:
                    feed(part)
            elif isinstance(value, Limit | Goal):
                for part in fields(value):
                    if part.name != "title":
                        feed(getattr(value, part.name))
            else:
                digest.update(f"{type(value).__name__}:{value!r};".encode())

        for part in fields(self):
            feed(getattr(self, part.name))
        return digest.hexdigest()
