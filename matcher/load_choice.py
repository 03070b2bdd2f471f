"""The best choice of loads, proven: every load near enough to its mentor's best, and one whole-number program.

At the prices found, an answer is worth at most the bound less what each of its loads lacks of its mentor's best. A
better answer than the best known has therefore only loads that lack less than bound minus answer. These are listed
completely (Baldacci, Christofides, Mingozzi, "An exact algorithm for the vehicle routing problem based on the set
partitioning formulation", 2008), and HiGHS chooses among them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from matcher.goals import Chosen
from matcher.linear import INFINITE, Linear, Row
from matcher.load_columns import Load, empty_matrix, shared_part
from matcher.load_pricing import LoadPricing, PricedLoads
from matcher.load_tables import Filled, Items, fill
from matcher.price_core import solve_core
from matcher.price_relaxation import Sifting
from matcher.price_watch import Watch
from matcher.problem import Flags, Ints


@dataclass(frozen=True, eq=False)
class LoadAnswer:
    """``chosen`` the best choice found (``None``: none); ``bound`` in whole points on all choices whose loads were
    listed (``None``: not proven); ``used`` bool[P]: pairs in any of these loads, and all pairs of other mentors."""

    chosen: Chosen | None
    bound: int | None
    used: Flags


def near_loads(pricing: LoadPricing, priced: PricedLoads, margin: int, most: int, watch: Watch) -> list[Load] | None:
    """Every load that lacks at most ``margin`` (scaled) of its mentor's best; ``None``: more than ``most``, or the
    time was over."""
    items, covers = pricing.items_of(pricing.near(priced.reduced, margin), priced.reduced, near=margin)
    watch.did(pricing.work(items))
    if watch.expired:
        return None
    filled = fill(pricing.places, pricing.least, pricing.days, items, keep=True)
    found: list[Load] = []
    starts = np.searchsorted(items.table, np.arange(len(pricing.mentors) + 1))
    for table in range(len(pricing.mentors)):
        if watch.expired:
            return None
        search = _Search(pricing, items, covers, filled, table, int(starts[table]), int(starts[table + 1]))
        for columns in search.loads(int(priced.filled.best[table]) - margin):
            found.append((table, columns))
            if len(found) > most:
                return None
    return found


class _Search:
    """All loads of one mentor above a value, from its last pair to its first; the tables say what is still possible."""

    def __init__(
        self, pricing: LoadPricing, items: Items, covers: Ints, filled: Filled, table: int, start: int, end: int
    ) -> None:
        self.least, self.places = int(pricing.least[table]), int(pricing.places[table])
        self.days, self.pair_count = int(pricing.days[table]), pricing.problem.pair_count
        pairs = items.pair[start:end]
        firsts: list[int] = []
        if end > start:
            firsts = (start + np.flatnonzero(np.append(True, pairs[1:] != pairs[:-1]))).tolist()
        shape = (self.places + 1, self.days + 1)
        self.before = [np.maximum.accumulate(filled.before[at].reshape(shape)).tolist() for at in firsts]
        bounds = [*firsts, end]
        self.pairs = [int(items.pair[at]) for at in firsts]
        self.forced = [bool(items.forced[at]) for at in firsts]
        self.opening = [int(items.opening[at]) for at in firsts]
        self.needs = [
            sorted(
                (
                    (int(items.worth[at]), int(items.days[at]), int(covers[at]))
                    for at in range(bounds[place], bounds[place + 1])
                ),
                reverse=True,
            )
            for place in range(len(firsts))
        ]

    def loads(self, cutoff: int) -> Iterator[tuple[int, ...]]:
        """The columns of every load worth at least ``cutoff``, none for the empty one."""
        for own in self._below(len(self.pairs), self.places, self.days, 0, (), cutoff):
            if own:
                yield tuple(sorted(own))

    def _below(
        self, place: int, places: int, days: int, value: int, own: tuple[int, ...], cutoff: int
    ) -> Iterator[tuple[int, ...]]:
        """Loads that add to ``own`` pairs before ``place`` only."""
        for at in range(place - 1, -1, -1):
            before = self.before[at]
            if places:
                for worth, took, columns in self._ways(at, before[places - 1], days, cutoff - value):
                    yield from self._below(at, places - 1, days - took, value + worth, own + columns, cutoff)
            if self.forced[at] or value + before[places][days] < cutoff:
                return
        if value >= cutoff and self.places - places >= self.least:
            yield own

    def _ways(self, at: int, before: list[int], days: int, missing: int) -> Iterator[tuple[int, int, tuple[int, ...]]]:
        """The ways to work in a pair with which ``missing`` can still be reached: worth, days and columns."""
        needs, pair = self.needs[at], self.pairs[at]
        if needs[0][2] < 0:
            if self.opening[at] + before[days] >= missing:
                yield self.opening[at], 0, (pair,)
            return
        rest = [0] * (len(needs) + 1)
        for index in range(len(needs) - 1, -1, -1):
            rest[index] = rest[index + 1] + max(needs[index][0], 0)
        stack: list[tuple[int, int, int, tuple[int, ...]]] = [(0, self.opening[at], 0, (pair,))]
        while stack:
            index, worth, took, columns = stack.pop()
            if index == len(needs):
                if len(columns) > 1 and worth + before[days - took] >= missing:
                    yield worth, took, columns
                continue
            best_left = rest[index] if len(columns) > 1 or rest[index] else needs[index][0]
            if worth + best_left + before[days - took] < missing:
                continue
            stack.append((index + 1, worth, took, columns))
            gain, need_days, cover = needs[index]
            if took + need_days <= days:
                stack.append((index + 1, worth + gain, took + need_days, (*columns, self.pair_count + cover)))


def choose(
    pricing: LoadPricing,
    priced: PricedLoads,
    linear: Linear,
    sifting: Sifting,
    points: Ints,
    loads: list[Load],
    margin: int,
    watch: Watch,
) -> LoadAnswer:
    """The best choice among these loads and all pairs of other mentors that lack at most ``margin`` (scaled)."""
    problem = pricing.problem
    free = np.flatnonzero(~pricing.in_load & ~sifting.fixed_out & ((priced.worth >= -margin) | pricing.fixed_in))
    used = np.zeros(problem.pair_count, dtype=bool)
    used[free] = True
    used[[column for _, own in loads for column in own if column < problem.pair_count]] = True
    kept = _best_of_alike(pricing, points, loads)
    columns = sifting.columns_of(free)
    by_column = pricing.shared.matrix.tocsc()
    of_free = sparse.csr_matrix(by_column[:, columns])
    rows = pricing.pricing.rows
    local = np.setdiff1d(np.flatnonzero(np.diff(of_free.indptr)), rows)
    tables = np.array([table for table, _ in kept], dtype=np.int64)
    one_each = (np.ones(len(kept), dtype=np.int64), (tables, np.arange(len(kept))))
    of_loads = [
        shared_part(kept, by_column)[rows],
        empty_matrix(len(local), len(kept)),
        sparse.csr_matrix(one_each, shape=(len(pricing.mentors), len(kept))),
    ]
    of_pairs = [of_free[rows], of_free[local], empty_matrix(len(pricing.mentors), len(columns))]
    matrix = sparse.hstack([sparse.vstack(of_pairs), sparse.vstack(of_loads)], format="csr")
    must = np.zeros(len(pricing.mentors), dtype=bool)
    settled = problem.pair_mentor[np.flatnonzero(pricing.fixed_in & pricing.in_load)]
    must[np.searchsorted(pricing.mentors, settled)] = True
    must |= pricing.least > 0
    of_kept = np.array([points[list(own)].sum() for _, own in kept], dtype=np.int64)
    lower = np.zeros(matrix.shape[1], dtype=np.int64)
    lower[: len(free)] = pricing.fixed_in[free]
    one = np.ones(len(pricing.mentors), dtype=np.int64)
    program = Linear(
        len(lower),
        sparse.csr_matrix(matrix),
        np.concatenate([pricing.pricing.lower, pricing.shared.row_lower[local], np.where(must, 1, -INFINITE)]),
        np.concatenate([pricing.pricing.upper, pricing.shared.row_upper[local], one]),
        np.full(matrix.shape[0], Row.LIMIT, dtype=np.int64),
        np.arange(matrix.shape[0]),
        lower,
        np.ones_like(lower),
    )
    answer = solve_core(program, np.concatenate([points[columns], of_kept]), np.arange(len(lower)), lower, watch)
    if answer.chosen is None:
        return LoadAnswer(None, -(2**62) if answer.empty else answer.bound, used)
    x = np.zeros(linear.matrix.shape[1], dtype=bool)
    taken = answer.chosen.pairs
    x[columns[taken[: len(columns)]]] = True
    for load in np.flatnonzero(taken[len(columns) :]).tolist():
        x[list(kept[load][1])] = True
    found = Chosen(x[: problem.pair_count], x[problem.pair_count :])
    return LoadAnswer(found if linear.holds(found.pairs, found.covers) else None, answer.bound, used)


def _best_of_alike(pricing: LoadPricing, points: Ints, loads: list[Load]) -> list[Load]:
    """Of loads with the same pairs and the same needs that others share, only the one with most points."""
    count = pricing.problem.pair_count
    shared = np.diff(pricing.pricing.by_column.tocsr().indptr) > 0
    best: dict[tuple[int, tuple[int, ...]], tuple[int, Load]] = {}
    for table, own in loads:
        key = (table, tuple(column for column in own if column < count or shared[column]))
        value = int(points[list(own)].sum())
        if key not in best or value > best[key][0]:
            best[key] = (value, (table, own))
    return [load for _, load in best.values()]
