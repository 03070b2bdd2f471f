"""The whole model as one sparse matrix: the linear form of ``matcher.problem``, built without loops over pairs.

Columns are the P pairs, then the C covers, all in 0..1. A solver sees ``row_lower <= matrix @ x <= row_upper``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from scipy import sparse

from matcher.problem import UNLIMITED, Flags, Goal, Ints, Problem

INFINITE = np.int64(2**62)
"""An open side of a row."""


class Row(IntEnum):
    """What a row stands for; ``Linear.row_of`` is then the index of the mentor, mentee, need, cover or limit."""

    PLACES = 0
    WANTED = 1
    STAFF_DAYS = 2
    LIMIT = 3
    NEED_ONCE = 4
    COVER_IN_PAIR = 5
    PAIR_WORKS = 6
    REACHED = 7


@dataclass(frozen=True, eq=False)
class Linear:
    """``matrix`` int64 csr [R, P + C]; ``row_lower``, ``row_upper``, ``row_of`` int64[R]; ``row_kind`` int8[R].

    ``column_lower``, ``column_upper`` int64[P + C]: 1 and 1 for a pinned pair, 0 and 0 for a forbidden one.
    """

    pair_count: int
    matrix: sparse.csr_matrix
    row_lower: Ints
    row_upper: Ints
    row_kind: Ints
    row_of: Ints
    column_lower: Ints
    column_upper: Ints

    def rows(self, kind: Row) -> Ints:
        """Indices of the rows of one kind, in order of what they stand for."""
        return np.flatnonzero(self.row_kind == kind)

    def with_reached(self, reached: Sequence[tuple[Goal, int]]) -> Linear:
        """With a row ``goal >= value`` for each goal already settled."""
        if not reached:
            return self
        rows = sparse.csr_matrix(np.vstack([objective(goal) for goal, _ in reached]))
        many = len(reached)
        return Linear(
            self.pair_count,
            sparse.csr_matrix(sparse.vstack([self.matrix, rows], format="csr")),
            np.concatenate([self.row_lower, np.array([value for _, value in reached], dtype=np.int64)]),
            np.concatenate([self.row_upper, np.full(many, INFINITE)]),
            np.concatenate([self.row_kind, np.full(many, Row.REACHED, dtype=np.int64)]),
            np.concatenate([self.row_of, np.arange(many, dtype=np.int64)]),
            self.column_lower,
            self.column_upper,
        )

    def only(self, columns: Ints) -> Linear:
        """With these columns alone (increasing; the pairs among them first); the others are 0."""
        return replace(
            self,
            pair_count=int(np.searchsorted(columns, self.pair_count)),
            matrix=sparse.csr_matrix(self.matrix[:, columns]),
            column_lower=self.column_lower[columns],
            column_upper=self.column_upper[columns],
        )

    def holds(self, pairs: Flags, covers: Flags) -> bool:
        """Whether a choice keeps every row and every pin and forbid, in whole-number arithmetic."""
        x = np.concatenate([pairs, covers]).astype(np.int64)
        activity = self.matrix @ x
        return bool(
            (activity >= self.row_lower).all()
            and (activity <= self.row_upper).all()
            and (x >= self.column_lower).all()
            and (x <= self.column_upper).all()
        )


def objective(goal: Goal) -> Ints:
    """A goal's points by column, int64[P + C]."""
    return np.concatenate([goal.pair_values, goal.cover_values])


def linear_form(problem: Problem) -> Linear:
    """Every rule of the problem as rows. Rows that other rows imply (a need with one cover) are left out."""
    pairs, covers = problem.pair_count, len(problem.cover_pair)
    blocks = [
        _places(problem),
        _wanted(problem),
        _staff_days(problem),
        *_limits(problem),
        _need_once(problem),
        _cover_in_pair(problem),
        _pair_works(problem),
    ]
    matrix = sparse.csr_matrix(sparse.vstack([block.matrix for block in blocks], format="csr"))
    matrix.sort_indices()
    none, all_covers = np.zeros(covers, dtype=np.int64), np.ones(covers, dtype=np.int64)
    return Linear(
        pairs,
        matrix,
        np.concatenate([block.lower for block in blocks]),
        np.concatenate([block.upper for block in blocks]),
        np.concatenate([np.full(block.count, block.kind, dtype=np.int64) for block in blocks]),
        np.concatenate([block.of for block in blocks]),
        np.concatenate([problem.pinned.astype(np.int64), none]),
        np.concatenate([(~problem.forbidden).astype(np.int64), all_covers]),
    )


@dataclass(frozen=True, eq=False)
class _Block:
    """Rows of one kind; ``of`` says what each stands for."""

    kind: Row
    of: Ints
    lower: Ints
    upper: Ints
    matrix: sparse.csr_matrix

    @property
    def count(self) -> int:
        return len(self.of)


def _block(
    problem: Problem,
    kind: Row,
    of: Ints,
    bounds: tuple[Ints, Ints],
    entries: Iterable[tuple[Ints, Ints, Ints | int]],
) -> _Block:
    """A block from its entries (row, column, value), given in several parts.

    Each is made a matrix at once: all entries together as triplets would take several times its memory.
    """
    rows, columns, values = [], [], []
    for row, column, value in entries:
        rows.append(row)
        columns.append(column)
        values.append(np.broadcast_to(np.asarray(value, dtype=np.int64), row.shape))
    triplets = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    shape = (len(of), problem.pair_count + len(problem.cover_pair))
    return _Block(kind, of, *bounds, sparse.csr_matrix(triplets, shape=shape, dtype=np.int64))


def _open_below(upper: Ints) -> tuple[Ints, Ints]:
    return np.full(len(upper), -INFINITE), upper


def _places(problem: Problem) -> _Block:
    mentors = np.arange(len(problem.places))
    bounds = (problem.minimum_load, problem.places)
    return _block(problem, Row.PLACES, mentors, bounds, [(problem.pair_mentor, np.arange(problem.pair_count), 1)])


def _wanted(problem: Problem) -> _Block:
    mentees = np.arange(len(problem.wanted))
    entries = [(problem.pair_mentee, np.arange(problem.pair_count), 1)]
    return _block(problem, Row.WANTED, mentees, _open_below(problem.wanted), entries)


def _staff_days(problem: Problem) -> _Block:
    limited = np.flatnonzero(problem.staff_days != UNLIMITED)
    row_of = np.full(len(problem.staff_days), -1, dtype=np.int64)
    row_of[limited] = np.arange(len(limited))
    row = row_of[problem.pair_mentor[problem.cover_pair]]
    used = np.flatnonzero(row >= 0)
    entries = [(row[used], problem.pair_count + used, problem.cover_days[used])]
    return _block(problem, Row.STAFF_DAYS, limited, _open_below(problem.staff_days[limited]), entries)


def _limits(problem: Problem) -> list[_Block]:
    return [
        _block(
            problem,
            Row.LIMIT,
            np.array([index]),
            (
                np.array([-INFINITE if limit.lower is None else limit.lower]),
                np.array([INFINITE if limit.upper is None else limit.upper]),
            ),
            [(np.zeros(len(limit.pairs), dtype=np.int64), limit.pairs, limit.coefficients)],
        )
        for index, limit in enumerate(problem.limits)
    ]


def _need_once(problem: Problem) -> _Block:
    """At most one mentor works on a need; only where two could at once."""
    covers = np.bincount(problem.cover_need, minlength=len(problem.need_mentee))
    shared = np.flatnonzero((covers > 1) & (problem.wanted[problem.need_mentee] > 1))
    row_of = np.full(len(problem.need_mentee), -1, dtype=np.int64)
    row_of[shared] = np.arange(len(shared))
    row = row_of[problem.cover_need]
    used = np.flatnonzero(row >= 0)
    return _block(
        problem,
        Row.NEED_ONCE,
        shared,
        _open_below(np.ones(len(shared), dtype=np.int64)),
        [(row[used], problem.pair_count + used, 1)],
    )


def _cover_in_pair(problem: Problem) -> _Block:
    covers = np.arange(len(problem.cover_pair))
    entries: list[tuple[Ints, Ints, Ints | int]] = [
        (covers, problem.pair_count + covers, 1),
        (covers, problem.cover_pair, -1),
    ]
    return _block(problem, Row.COVER_IN_PAIR, covers, _open_below(np.zeros(len(covers), dtype=np.int64)), entries)


def _pair_works(problem: Problem) -> _Block:
    """A pair that has covers works on at least one need."""
    with_covers = np.unique(problem.cover_pair)
    covers = np.arange(len(problem.cover_pair))
    entries: list[tuple[Ints, Ints, Ints | int]] = [
        (np.arange(len(with_covers)), with_covers, 1),
        (np.searchsorted(with_covers, problem.cover_pair), problem.pair_count + covers, -1),
    ]
    return _block(
        problem, Row.PAIR_WORKS, with_covers, _open_below(np.zeros(len(with_covers), dtype=np.int64)), entries
    )
