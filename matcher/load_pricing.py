"""A bound that sees staff-days: at any prices of what mentors share, each mentor takes its best load exactly.

The relaxation lets a mentor take half a need where whole ones do not fit into its days. Here the rows that belong
to one such mentor alone (places, staff-days, its pairs' needs) are kept in full, by ``load_tables``; only the rows
between mentors carry prices. That is the bound of Dantzig and Wolfe, "Decomposition principle for linear programs"
(1960); it is proven in whole numbers, like that of ``price_bound``.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace

import numpy as np

from graph.errors import NothingFeasible
from graph.sentences import say
from matcher.linear import Linear, Row
from matcher.load_tables import NOTHING, Filled, Items, fill
from matcher.price_bound import Floats, Pricing
from matcher.problem import UNLIMITED, Flags, Ints, Problem
from matcher.work import TABLE_CELL

MOST_CELLS = 4_000_000
"""Larger tables (places times days, over all mentors) are not filled: the relaxation has to do."""

UNREACHED = np.iinfo(np.int64).max


@dataclass(frozen=True, eq=False)
class PricedLoads:
    """``bound`` in points times ``scale``; ``worth`` int64[P] of pairs and ``reduced`` int64[P + C] of columns at
    these prices, scaled; ``items`` and ``filled`` of the tables; ``mentors`` int64 the mentor of each best load."""

    bound: int
    scale: int
    worth: Ints
    reduced: Ints
    duals: Floats
    items: Items
    covers: Ints
    filled: Filled

    @property
    def points(self) -> int:
        """The bound in whole points."""
        return self.bound // self.scale


class LoadPricing:
    """Prices the pairs and loads of a problem; built once for a goal."""

    def __init__(self, problem: Problem, linear: Linear, fixed_in: Flags, fixed_out: Flags) -> None:
        self.problem, self.fixed_in = problem, fixed_in
        with_covers = np.zeros(len(problem.places), dtype=bool)
        with_covers[problem.pair_mentor[problem.cover_pair]] = True
        self.loaded: Flags = (problem.staff_days != UNLIMITED) & with_covers
        self.mentors = np.flatnonzero(self.loaded)
        self.in_load: Flags = self.loaded[problem.pair_mentor]
        own = (linear.row_kind == Row.STAFF_DAYS) | (
            (linear.row_kind == Row.PLACES) & self.loaded[np.minimum(linear.row_of, len(self.loaded) - 1)]
        )
        kept = np.flatnonzero(~own)
        self.shared = replace(
            linear,
            matrix=linear.matrix[kept],
            row_lower=linear.row_lower[kept],
            row_upper=linear.row_upper[kept],
            row_kind=linear.row_kind[kept],
            row_of=linear.row_of[kept],
        )
        self.pricing = Pricing(problem, self.shared)
        self.rows = kept[self.pricing.rows]
        """The priced rows, as rows of ``linear``."""
        self._settled_out = fixed_out | self.in_load
        self._items, self._covers = self._all_items(fixed_out)
        self._pairs = np.unique(self._items.pair)
        self.least = problem.minimum_load[self.mentors]
        self.places = np.minimum(problem.places[self.mentors], self._pairs_by_table())
        self.days = self._by_common_days()

    @property
    def applies(self) -> bool:
        """Whether there is such a mentor, its tables are of a size to fill, and every settled pair can be in a load."""
        cells = int(((self.places + 1) * (self.days + 1)).sum())
        settled = np.flatnonzero(self.fixed_in & self.in_load)
        return bool(len(self._pairs)) and cells <= MOST_CELLS and bool(np.isin(settled, self._items.pair).all())

    def price(self, points: Ints, duals: Floats) -> PricedLoads:
        """The bound, worths and best loads for points int64[P + C] at ``duals`` float64[rows].

        Raises ``BadInput`` where the points are too large, ``NothingFeasible`` where a mentor has no possible load.
        """
        base = self.pricing.price(points, duals, self.fixed_in, self._settled_out)
        reduced = points * base.scale - np.asarray(self.pricing.by_column @ base.prices)
        items, covers = self.items_of(self.near(reduced, 0), reduced)
        filled = fill(self.places, self.least, self.days, items)
        if (filled.best == NOTHING).any():
            raise NothingFeasible([say("The pins, forbids, minimum loads and limits leave no possible proposal.")])
        rows, prices = self.pricing, base.prices
        sides = prices * np.where(prices > 0, rows.upper, np.where(prices < 0, rows.lower, 0))
        alone = np.where(self.fixed_in, base.worth, np.maximum(base.worth, 0))
        alone[self._settled_out] = 0
        bound = int(sides.sum()) + int(alone.sum()) + int(filled.best.sum())
        return PricedLoads(bound, base.scale, base.worth, reduced, duals, items, covers, filled)

    def work(self, items: Items) -> float:
        """What valuing all pairs and filling the tables with these items counts as."""
        cells = (self.places + 1) * (self.days + 1)
        return self.pricing.work + TABLE_CELL * float(cells[items.table].sum())

    def place_prices(self, points: Ints, priced: PricedLoads) -> Floats:
        """What one more place of each such mentor would add at these prices, float64[mentors], in points."""
        more = copy(self)
        more.places = np.minimum(self.problem.places[self.mentors] + 1, self._pairs_by_table())
        gained = more.price(points, priced.duals).filled.best - priced.filled.best
        return np.asarray(gained / priced.scale)

    def items_of(self, pairs: Flags, reduced: Ints, *, near: int = -1) -> tuple[Items, Ints]:
        """The items of some pairs (bool[P]) at reduced points of all columns, and their covers (-1: none).

        A need not worth its days is left out where the pair has another that takes no longer and is, unless a load
        with it may be within ``near`` (scaled points) of the best.
        """
        every, covers = self._items, self._covers
        worth = np.where(covers >= 0, reduced[self.problem.pair_count + covers], 0)
        quickest = np.full(self.problem.pair_count, np.iinfo(np.int64).max)
        good = worth > 0
        np.minimum.at(quickest, every.pair[good], every.days[good])
        at = np.flatnonzero(pairs[every.pair] & (good | (worth >= -near) | (every.days < quickest[every.pair])))
        pair = every.pair[at]
        return (
            Items(every.table[at], pair, every.days[at], worth[at], reduced[pair], self.fixed_in[pair]),
            covers[at],
        )

    def near(self, reduced: Ints, margin: int) -> Flags:
        """Pairs that a load within ``margin`` (scaled points) of its mentor's best may have, bool[P].

        A pair is in none if as many pairs as the mentor has places are better by more than the margin and take,
        with all their worthwhile needs, no longer than its quickest need: one of them is not in the load, and could
        be in its stead.
        """
        items, count = self._items, self.problem.pair_count
        worth, longest = self._alone(reduced)
        quickest = np.full(count, np.iinfo(np.int64).max)
        np.minimum.at(quickest, items.pair, items.days)
        owing = self.problem.minimum_load[self.problem.pair_mentor] > 0
        near: Flags = self.fixed_in.copy()
        pairs = self._pairs[((worth[self._pairs] > -margin) | owing[self._pairs]) & ~self.fixed_in[self._pairs]]
        pairs = pairs[np.lexsort((-worth[pairs], self.problem.pair_mentor[pairs]))]
        starts = np.searchsorted(self.problem.pair_mentor[pairs], self.mentors)
        for table, (start, end) in enumerate(zip(starts, np.append(starts[1:], len(pairs)), strict=True)):
            own = pairs[start:end]
            level = longest[own]
            for _ in range(int(self.places[table]) - 1):
                level = np.append(UNREACHED, np.maximum(np.minimum.accumulate(level)[:-1], level[1:]))
            # At each place: how long the pair takes that is last, by days, among so many best ones.
            level = np.append(UNREACHED, np.minimum.accumulate(level))
            better = np.searchsorted(-worth[own], -(worth[own] + margin))
            near[own[level[better] > quickest[own]]] = True
        return near

    def _alone(self, reduced: Ints) -> tuple[Ints, Ints]:
        """The worth of each pair with the needs that are worth it (or the best one), and their days, int64[P]."""
        items, count = self._items, self.problem.pair_count
        of_items = np.where(self._covers >= 0, reduced[count + self._covers], 0)
        worth, days = reduced[:count].copy(), np.zeros(count, dtype=np.int64)
        np.add.at(worth, items.pair, np.maximum(of_items, 0))
        np.add.at(days, items.pair, np.where(of_items > 0, items.days, 0))
        order = np.lexsort((items.days, -of_items, items.pair))
        best = order[np.flatnonzero(np.append(True, items.pair[order][1:] != items.pair[order][:-1]))]
        none = best[of_items[best] <= 0] if len(order) else order
        worth[items.pair[none]] += of_items[none]
        days[items.pair[none]] = items.days[none]
        return worth, days

    def loads(self, priced: PricedLoads) -> list[tuple[int, tuple[int, ...]]]:
        """The best load of each mentor that has one: its table, and its columns (pairs, then P + covers)."""
        items, taken = priced.items, priced.filled.taken
        found: dict[int, set[int]] = {}
        for table, pair, cover in zip(
            items.table[taken].tolist(), items.pair[taken].tolist(), priced.covers[taken].tolist(), strict=True
        ):
            own = found.setdefault(table, set())
            own.add(pair)
            if cover >= 0:
                own.add(self.problem.pair_count + cover)
        return [(table, tuple(sorted(own))) for table, own in sorted(found.items())]

    def _all_items(self, fixed_out: Flags) -> tuple[Items, Ints]:
        problem = self.problem
        table_of = np.full(len(problem.places), -1)
        table_of[self.mentors] = np.arange(len(self.mentors))
        has_covers = np.zeros(problem.pair_count, dtype=bool)
        has_covers[problem.cover_pair] = True
        bare = np.flatnonzero(self.in_load & ~has_covers & ~fixed_out)
        open_cover = self.in_load[problem.cover_pair] & ~fixed_out[problem.cover_pair]
        open_cover &= problem.cover_days <= problem.staff_days[problem.pair_mentor[problem.cover_pair]]
        covers = np.concatenate([np.flatnonzero(open_cover), np.full(len(bare), -1)])
        pair = np.concatenate([problem.cover_pair[open_cover], bare])
        days = np.concatenate([problem.cover_days[open_cover], np.zeros(len(bare), dtype=np.int64)])
        table = table_of[problem.pair_mentor[pair]]
        order = np.lexsort((covers, pair, table))
        none = np.zeros(len(pair), dtype=np.int64)
        return (
            Items(table[order], pair[order], days[order], none, none, self.fixed_in[pair[order]]),
            covers[order],
        )

    def _pairs_by_table(self) -> Ints:
        tables = np.searchsorted(self.mentors, self.problem.pair_mentor[self._pairs])
        return np.bincount(tables, minlength=len(self.mentors)).astype(np.int64)

    def _by_common_days(self) -> Ints:
        """Days counted in the largest unit that all needs of a mentor share, and no more than all of them take."""
        unit = np.zeros(len(self.mentors), dtype=np.int64)
        np.gcd.at(unit, self._items.table, self._items.days)
        unit = np.maximum(unit, 1)
        days = self._items.days // unit[self._items.table]
        self._items = replace(self._items, days=days)
        total = np.zeros(len(self.mentors), dtype=np.int64)
        np.add.at(total, self._items.table, days)
        least: Ints = np.minimum(self.problem.staff_days[self.mentors] // unit, total)
        return least
