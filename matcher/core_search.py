"""Branch and bound over a small core of pairs, each program starting where the last one ended.

Every bound that closes a branch is reckoned in whole numbers from the duals of its linear program (weak duality), so
what the search proves does not rest on a solver's tolerances. A known value to beat settles most columns at once; the
search is meant for cores where little is left to branch on, and gives up after a number of programs, not by the clock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from heapq import heappop, heappush

import numpy as np
from scipy import sparse

from matcher.core_records import Budget, Core, Experience, Found
from matcher.linear import INFINITE
from matcher.problem import Flags, Ints
from matcher.warm_program import Floats, WarmProgram

FINEST_BITS = 20
SAFE_BITS = 61
NOTHING = np.int64(-(2**62))
MOST_TRIED = 2
"""Columns without experience that are tried out at a branch."""

SHRINK = 0.6
"""Share of columns still free below which a branch gets a smaller program of its own."""

WHOLE = 1e-6
"""A column this near to a whole number is taken for one; what comes of it is checked in whole numbers."""


@dataclass(frozen=True, eq=False)
class _Node:
    """Bounds on columns, and what the linear program says within them."""

    lower: Ints
    upper: Ints
    columns: Floats
    missing: float
    bound: int
    worth: Ints
    prices: Ints
    scale: int

    @property
    def points(self) -> int:
        return self.bound // self.scale


class Search:
    """Looks through a core by ``points`` int64[columns]; may be asked with one target after another."""

    def __init__(
        self, core: Core, points: Ints, budget: Budget, experience: Experience | None = None, tried: int = MOST_TRIED
    ) -> None:
        self.core, self.points, self.budget, self.tried = core, points, budget, tried
        self.experience = experience or Experience(len(points))
        by_row = core.matrix.tocoo()
        self.row, self.column, self.amount = by_row.row, by_row.col, by_row.data
        self.up = self.amount > 0
        sides = np.maximum(
            np.where(core.row_upper >= INFINITE, 0, np.abs(core.row_upper)),
            np.where(core.row_lower <= -INFINITE, 0, np.abs(core.row_lower)),
        )
        self.weight = sides + np.bincount(self.row, np.abs(self.amount), minlength=len(sides))
        self.transposed = core.matrix.T
        self.one_of: Flags = core.mentees & (core.row_upper == 1)
        self.mentee: Ints = np.full(len(points), -1, dtype=np.int64)
        inside = self.one_of[self.row]
        self.mentee[self.column[inside]] = self.row[inside]
        self.target = 0
        self._program: WarmProgram | None = None
        self._root: _Node | None = None
        self._empty = False

    def run(self, target: int) -> Found:
        """The best choice worth at least ``target``, with all that is as good as it."""
        found, self.target = Found(), target
        if self._root is None and not self._empty:
            start = self._propagated(self.core.lower, self.core.upper)
            if start is None:
                self._empty = True
            else:
                self._root = self._solved(*start)
                if self._root is None:
                    return found
        heap: list[tuple[int, int, _Node]] = []
        self._order = 0

        def push(node: _Node) -> None:
            self._order -= 1
            heappush(heap, (-node.points, self._order, node))

        if self._root is not None:
            push(self._root)
        while heap:
            _, _, node = heappop(heap)
            if node.points < self.target:
                continue
            settled = self._settled(node)
            if settled is None:
                continue
            if int((settled[1] > settled[0]).sum()) < SHRINK * len(self.points):
                if not self._within(settled, found):
                    return found
                continue
            away = np.abs(node.columns - np.rint(node.columns))
            if away.max(initial=0.0) <= WHOLE and node.missing <= WHOLE:
                columns = node.columns > 0.5
                value = self._value(columns)
                if value is None:
                    return found
                if found.columns is None or value > found.value:
                    found.columns, found.value, found.leaves = columns, value, []
                self.target = max(self.target, value)
                if node.points <= value:
                    tied = self._settled(node) if value == self.target else None
                    if tied is not None:
                        found.leaves.append(tied)
                    continue
                # The bound is coarser than the value: some free column is settled both ways.
                away = np.ones(len(away))
            children = self._children(node, settled, away)
            if children is None:
                return found
            for child in children:
                push(child)
        found.complete = found.all_ties = True
        return found

    def _within(self, settled: tuple[Ints, Ints], found: Found) -> bool:
        """A search of its own where most columns are settled; takes over what it finds. False: it gave up."""
        core, (lower, upper) = self.core, settled
        free = np.flatnonzero(upper > lower)
        ones = np.flatnonzero(lower == 1)
        activity = np.asarray(core.matrix[:, ones].sum(axis=1)).ravel()
        row_lower = np.where(core.row_lower <= -INFINITE, core.row_lower, core.row_lower - activity)
        row_upper = np.where(core.row_upper >= INFINITE, core.row_upper, core.row_upper - activity)
        part = core.matrix[:, free].tocsr()
        most = np.asarray(part.maximum(0).sum(axis=1)).ravel()
        least = np.asarray(part.minimum(0).sum(axis=1)).ravel()
        rows = np.flatnonzero((most > row_upper) | (least < row_lower))
        smaller = Core(
            sparse.csc_matrix(part[rows]),
            row_lower[rows],
            row_upper[rows],
            lower[free],
            upper[free],
            core.soft[rows],
            core.mentees[rows],
            int(np.searchsorted(free, core.pairs)),
            core.penalty,
        )
        gained = int(self.points[ones].sum())
        search = Search(smaller, self.points[free], self.budget, self.experience.only(free), self.tried)
        part_found = search.run(self.target - gained)
        self.experience.keep(free, search.experience)
        if not part_found.complete:
            return False
        if part_found.columns is None:
            return True
        value = part_found.value + gained
        if found.columns is None or value > found.value:
            found.value, found.leaves = value, []
            found.columns = lower == 1
            found.columns[free] = part_found.columns
        self.target = max(self.target, value)
        for low, high in part_found.leaves:
            below, above = lower.copy(), upper.copy()
            below[free], above[free] = low, high
            found.leaves.append((below, above))
        return True

    def _children(self, node: _Node, settled: tuple[Ints, Ints], away: Floats) -> list[_Node] | None:
        """Both sides of one column, the better one last; ``None`` where the budget is spent.

        Columns without experience are tried out; where one side of such a column is closed, the other is all.
        """
        lower, upper = settled
        away = np.where(upper > lower, away, 0.0)
        if away.max(initial=0.0) <= WHOLE:
            away = np.where(upper > lower, 1.0, 0.0)
            if not away.any():
                return []
        candidates = np.flatnonzero(away[: self.core.pairs] > WHOLE)
        if not len(candidates):
            candidates = np.flatnonzero(away > WHOLE)
        share = node.columns[candidates]
        times = self.experience.times[:, candidates]
        known = (times >= 1).all(axis=0)
        new = candidates[~known]
        tried = new[np.argsort(-away[new], kind="stable")][: self.tried]
        best: tuple[float, list[_Node]] | None = None
        for at in tried.tolist():
            sides = self._sides(node, lower, upper, at)
            if sides is None:
                return None
            if len(sides) < 2:
                return sides
            score = self._score(*(max(0.0, node.bound / node.scale - each.bound / each.scale) for each in sides))
            if best is None or score > best[0]:
                best = (score, sides)
        if known.any():
            cost = self.experience.total[:, candidates[known]] / times[:, known]
            scores = np.maximum(cost[0] * share[known], 0.1) * np.maximum(cost[1] * (1 - share[known]), 0.1)
            if best is None or scores.max() > best[0]:
                return self._sides(node, lower, upper, int(candidates[known][scores.argmax()]))
        assert best is not None  # noqa: S101 - there is a candidate, tried or known
        return best[1]

    def _score(self, down: float, up: float) -> float:
        return max(down, 0.1) * max(up, 0.1)

    def _sides(self, node: _Node, lower: Ints, upper: Ints, at: int) -> list[_Node] | None:
        """What remains open with a column at 0 and at 1, the better one last; ``None``: the budget is spent."""
        sides: list[_Node] = []
        for value in (0, 1):
            below, above = lower.copy(), upper.copy()
            below[at] = above[at] = value
            bounds = self._propagated(below, above)
            if bounds is None:
                self.experience.learn(value, at, 1e3)
                continue
            child = self._solved(*bounds)
            if child is None:
                return None
            step = abs(value - float(node.columns[at]))
            if step > WHOLE:
                self.experience.learn(value, at, max(0.0, node.bound / node.scale - child.bound / child.scale) / step)
            if child.points >= self.target:
                sides.append(child)
        return sorted(sides, key=lambda each: each.bound / each.scale)

    def _solved(self, lower: Ints, upper: Ints) -> _Node | None:
        """``None`` where the budget is spent, or the program fails."""
        if self.budget.programs <= 0:
            return None
        self.budget.programs -= 1
        core, basis = self.core, None
        if self._program is None:
            points, basis = self.points.astype(np.float64), core.basis
            self._program = WarmProgram(
                core.matrix, core.row_lower, core.row_upper, points, lower, upper, core.soft, core.penalty
            )
        else:
            self._program.move(lower, upper)
        optimum = self._program.solve(basis)
        if optimum is None:
            return None
        return _Node(lower, upper, optimum.columns, optimum.missing, *self._bound(optimum.duals, lower, upper))

    def _value(self, columns: Flags) -> int | None:
        """What a choice reaches; ``None`` where it keeps not every row (it came from floats)."""
        core, x = self.core, columns.astype(np.int64)
        activity = core.matrix @ x
        if (activity < core.row_lower).any() or (activity > core.row_upper).any():
            return None
        return int(self.points[columns].sum())

    def _bound(self, duals: Floats, lower: Ints, upper: Ints) -> tuple[int, Ints, Ints, int]:
        """A bound on every choice within these bounds on columns, each column's worth and each row's price (all three
        scaled), and the scale."""
        core = self.core
        duals = np.where((duals > 0) & (core.row_upper >= INFINITE), 0.0, duals)
        duals = np.where((duals < 0) & (core.row_lower <= -INFINITE), 0.0, duals)
        total = float(np.abs(self.points).sum()) + float(np.abs(duals) @ self.weight) + 1.0
        scale = 1 << max(0, min(FINEST_BITS, SAFE_BITS - int(np.ceil(np.log2(total)))))
        prices = np.rint(duals * scale).astype(np.int64)
        side = np.where(prices > 0, core.row_upper, np.where(prices < 0, core.row_lower, 0))
        worth = self.points * scale - np.asarray(self.transposed @ prices)
        bound = int((prices * side).sum()) + int(np.where(worth > 0, worth * upper, worth * lower).sum())
        return bound, worth, prices, scale

    def _settled(self, node: _Node) -> tuple[Ints, Ints] | None:
        """Columns that every choice worth the target has, or lacks; ``None`` where none is left.

        A column whose margin is wider than what is left between bound and target cannot be otherwise. What is settled
        leaves others less to compete with, so this repeats until nothing more follows.
        """
        lower, upper = node.lower, node.upper
        while True:
            bound, margin = self._margins(node, lower, upper)
            spare = bound - self.target * node.scale
            if spare < 0:
                return None
            other_way = (np.abs(margin) > spare) & (upper > lower)
            below, above = lower.copy(), upper.copy()
            above[other_way & (margin < 0)] = 0
            below[other_way & (margin > 0)] = 1
            bounds = self._propagated(below, above)
            if bounds is None:
                return None
            if np.array_equal(bounds[0], lower) and np.array_equal(bounds[1], upper):
                return bounds
            lower, upper = bounds

    def _margins(self, node: _Node, lower: Ints, upper: Ints) -> tuple[int, Ints]:
        """The bound without the prices of mentees, whose best column counts instead, and what it loses (scaled) where
        a column is not as it counts: above zero for those that count, as in ``price_bound``.

        A row with one open column left, and room for it, gives its price to that column: the bound stays what it is.
        """
        core, count = self.core, len(self.core.row_lower)
        worth, price = node.worth.copy(), node.prices.copy()
        is_open = upper > lower
        entry_open = is_open[self.column]
        single = np.bincount(self.row[entry_open], minlength=count) == 1
        used = np.bincount(self.row, self.amount * lower[self.column], minlength=count)
        alone = entry_open & (single & (price > 0) & ~self.one_of)[self.row]
        entries = np.flatnonzero(alone & (used[self.row] + self.amount == core.row_upper[self.row]))
        np.add.at(worth, self.column[entries], price[self.row[entries]] * self.amount[entries])
        # The columns settled at 1 in such a row have paid their share of its price already.
        settled = np.bincount(self.row, self.amount * lower[self.column], minlength=count).astype(np.int64)
        given = np.zeros(count, dtype=bool)
        given[self.row[entries]] = True
        side = np.where(price > 0, core.row_upper, np.where(price < 0, core.row_lower, 0))
        rows = np.where(given, price * settled, price * side)
        bound = int(rows.sum()) + int(np.where(worth > 0, worth * upper, worth * lower).sum())
        margin = worth
        at = np.flatnonzero(is_open & (self.mentee >= 0))
        if len(at):
            mentee = self.mentee[at]
            net = worth[at] + price[mentee]
            first, second = np.full(count, NOTHING), np.full(count, NOTHING)
            np.maximum.at(first, mentee, net)
            tops = np.flatnonzero(net == first[mentee])
            tops = tops[np.unique(mentee[tops], return_index=True)[1]]
            others = net.copy()
            others[tops] = NOTHING
            np.maximum.at(second, mentee, others)
            first, second = np.maximum(first, 0), np.maximum(second, 0)
            mentees = mentee[tops]
            bound += int((first[mentees] - price[mentees]).sum()) - int(np.maximum(worth[at], 0).sum())
            margin = worth.copy()
            margin[at] = net - first[mentee]
            margin[at[tops]] = net[tops] - second[mentees]
        return bound, margin

    def _propagated(self, lower: Ints, upper: Ints) -> tuple[Ints, Ints] | None:
        """Bounds that follow row by row; ``None`` where some row cannot be kept."""
        core, row, column, amount, up = self.core, self.row, self.column, self.amount, self.up
        count = len(core.row_lower)
        while True:
            low, high = lower[column], upper[column]
            least = np.bincount(row, amount * np.where(up, low, high), minlength=count)
            most = np.bincount(row, amount * np.where(up, high, low), minlength=count)
            if (least > core.row_upper).any() or (most < core.row_lower).any():
                return None
            open_entries = high > low
            size = np.abs(amount)
            over = open_entries & (least[row] + size > core.row_upper[row])
            short = open_entries & (most[row] - size < core.row_lower[row])
            down, one = column[(over & up) | (short & ~up)], column[(over & ~up) | (short & up)]
            if not len(down) and not len(one):
                return lower, upper
            lower, upper = lower.copy(), upper.copy()
            upper[down] = 0
            lower[one] = 1
            if (lower > upper).any():
                return None


def best_tie(core: Core, points: Ints, found: Found, breaks: Ints, budget: Budget) -> tuple[Flags, bool]:
    """Of all choices as good as ``found``, the best by ``breaks``; and whether it is certain that none is better."""
    assert found.columns is not None  # noqa: S101 - the caller looked
    row = sparse.csr_matrix(points.reshape(1, -1))
    face = replace(
        core,
        matrix=sparse.csc_matrix(sparse.vstack([core.matrix, row], format="csc")),
        row_lower=np.append(core.row_lower, found.value),
        row_upper=np.append(core.row_upper, INFINITE),
        soft=np.append(core.soft, True),
        mentees=np.append(core.mentees, False),
        basis=None,
    )
    best, value, certain = found.columns, int(breaks[found.columns].sum()), found.all_ties
    for lower, upper in found.leaves:
        if not (upper > lower).any() and not (lower != best).any():
            continue
        better = Search(replace(face, lower=lower, upper=upper), breaks, budget).run(value + 1)
        certain &= better.complete
        if better.columns is not None:
            best, value = better.columns, better.value
    return best, certain
