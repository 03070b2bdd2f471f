"""A solved problem kept ready for questions: per goal its prices, every pair's worth at them, and a simplex basis.

Kept for P pairs, C covers and G goals (bytes): 12 for each entry of the matrix of rules (a pair has 2 and one for each
limit that counts it), 8 G (P + C) for worths, and some thousand pairs with their basis. At 300 x 1,000 with 300
thousand pairs, 26 limits and three goals about 40 MB.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from matcher.core_records import Experience
from matcher.fold import Folded, fold
from matcher.goals import last_real_goal
from matcher.linear import INFINITE, Linear, Row, linear_form, objective
from matcher.price_bound import Pricing
from matcher.price_relaxation import FIRST_PER_MENTEE, Relaxed, Sifting, best_few
from matcher.price_watch import Watch
from matcher.problem import UNLIMITED, Flags, Ints, Limit, Problem
from matcher.result import Result
from matcher.warm_program import AT_LOWER, BASIC, Basis, Floats, WarmProgram

POOL = 4_000
"""Pairs, those of the least distance from being chosen or not, that a goal's program keeps."""

JOIN_AT_ONCE = 2_000
ROUNDS = 30
SCALE_BITS = 20
SAFE_BITS = 61


@dataclass(frozen=True, eq=False)
class PricedPairs:
    """What prices of rows prove over all pairs: ``bound`` (scaled) and ``worth`` int64[P] (scaled)."""

    bound: int
    worth: Ints
    prices: Ints
    scale: int


@dataclass(frozen=True, eq=False)
class Sides:
    """What a question may change: both sides of every row, further rows, and pairs that must or must not be chosen.

    ``extra`` are limits beyond those of the solved problem; ``reached`` the values that the goals before keep.
    """

    row_lower: Ints
    row_upper: Ints
    fixed_in: Flags
    fixed_out: Flags
    extra: tuple[Limit, ...]
    reached: tuple[int, ...]

    def lower(self) -> Ints:
        """Lower sides of the rules, then of the goals reached, then of the further limits."""
        extra = [-INFINITE if limit.lower is None else limit.lower for limit in self.extra]
        return np.concatenate([self.row_lower, np.array([*self.reached, *extra], dtype=np.int64)])

    def upper(self) -> Ints:
        """Upper sides in the same order."""
        extra = [INFINITE if limit.upper is None else limit.upper for limit in self.extra]
        return np.concatenate([self.row_upper, np.full(len(self.reached), INFINITE), np.array(extra, dtype=np.int64)])


@dataclass(frozen=True, eq=False)
class PreparedGoal:
    """One goal of the solved problem: its proof, and the basis its program ended with.

    ``basis`` has all P + C columns and all rows with those of the goals before (``None``: none is kept); ``pool``
    bool[P] are the pairs its program had.
    """

    priced: PricedPairs
    pool: Flags
    basis: Basis | None
    gap: int


class SolvedState:
    """A problem with its result, ready. Only read after it is made: several threads may ask."""

    def __init__(self, problem: Problem, result: Result) -> None:
        self.original, self.result = problem, result
        self.folded: Folded = fold(problem)
        self.problem = self.folded.problem
        linear = linear_form(self.problem)
        self.columns: sparse.csc_matrix = linear.matrix.tocsc()
        self.row_kind, self.row_of = linear.row_kind, linear.row_of
        self.local: Flags = (linear.row_kind == Row.COVER_IN_PAIR) | (linear.row_kind == Row.PAIR_WORKS)
        self.row_lower, self.row_upper = linear.row_lower, linear.row_upper
        self.points: list[Ints] = [objective(goal) for goal in self.problem.goals]
        covers = np.bincount(self.problem.cover_pair, minlength=self.problem.pair_count)
        self.cover_start: Ints = np.concatenate([[0], np.cumsum(covers)])
        self.with_covers, self.first_cover = np.unique(self.problem.cover_pair, return_index=True)
        self._reach = float(abs(self.columns).sum(axis=0).max()) if self.columns.nnz else 1.0
        self.chosen: Flags = np.zeros(problem.pair_count, dtype=bool)
        self.chosen[result.pairs] = True
        self.last = last_real_goal(problem.goals)
        self.values: tuple[int, ...] = tuple(goal.value for goal in result.goals)
        self.experience = Experience(self.columns.shape[1])
        self.goals: list[PreparedGoal] = [self._prepared(linear, at) for at in range(self.last + 1)]

    def sides(self, goal: int) -> Sides:
        """The sides of the solved problem itself for one goal."""
        problem = self.problem
        return Sides(self.row_lower, self.row_upper, problem.pinned, problem.forbidden, (), self.values[:goal])

    def columns_of(self, pairs: Ints) -> Ints:
        """The pairs' columns and those of their covers."""
        starts, ends = self.cover_start[pairs], self.cover_start[pairs + 1]
        count = ends - starts
        covers = np.repeat(starts - np.cumsum(count) + count, count) + np.arange(count.sum())
        return np.concatenate([pairs, self.problem.pair_count + covers]).astype(np.int64)

    def matrix(self, columns: Ints, sides: Sides) -> sparse.csc_matrix:
        """Rules, goals reached and further limits on some columns, int64 csc."""
        parts: list[Any] = [self.columns[:, columns]]
        if sides.reached:
            parts.append(sparse.csr_matrix(np.vstack([self.points[at][columns] for at in range(len(sides.reached))])))
        parts.extend(self._limit_row(limit, columns) for limit in sides.extra)
        return sparse.csc_matrix(sparse.vstack(parts, format="csc", dtype=np.int64))

    def _limit_row(self, limit: Limit, columns: Ints) -> sparse.csr_matrix:
        amounts = np.zeros(self.columns.shape[1], dtype=np.int64)
        amounts[limit.pairs] = limit.coefficients
        return sparse.csr_matrix(amounts[columns].reshape(1, -1))

    def price(self, goal: int, duals: Floats, sides: Sides) -> PricedPairs | None:
        """The bound on one goal, and every pair's worth, at duals float64[rows + reached + extra].

        As in ``price_bound``, but goals reached and further limits are not rows of the matrix. ``None`` where the
        points are too large for exact arithmetic.
        """
        lower, upper = sides.lower(), sides.upper()
        rows = len(self.row_kind)
        duals = np.where((duals > 0) & (upper >= INFINITE), 0.0, duals)
        duals = np.where((duals < 0) & (lower <= -INFINITE), 0.0, duals)
        duals[:rows][self.local] = 0.0
        points, reached = self.points[goal], len(sides.reached)
        steepest = float(np.abs(duals[:rows]).max(initial=0.0)) * self._reach
        for price, each in zip(
            duals[rows:], [*self.points[:reached], *(x.coefficients for x in sides.extra)], strict=True
        ):
            steepest += abs(float(price)) * float(np.abs(each).max(initial=0))
        finite = np.maximum(
            np.where(upper >= INFINITE, 0, np.abs(upper)), np.where(lower <= -INFINITE, 0, np.abs(lower))
        )
        total = (float(np.abs(points).max(initial=0)) + steepest) * (len(points) + 1) + float(np.abs(duals) @ finite)
        bits = min(SCALE_BITS, SAFE_BITS - int(np.ceil(np.log2(max(total, 1.0)))))
        if bits < 0:
            return None
        scale = 1 << bits
        prices = np.rint(duals * scale).astype(np.int64)
        reduced = points * scale - np.asarray(self.columns.T @ prices[:rows])
        for at in range(reached):
            if prices[rows + at]:
                reduced -= prices[rows + at] * self.points[at]
        for at, limit in enumerate(sides.extra):
            reduced[limit.pairs] -= prices[rows + reached + at] * limit.coefficients
        worth = reduced[: self.problem.pair_count]
        if len(self.problem.cover_pair):
            of_covers = reduced[self.problem.pair_count :]
            best = np.maximum.reduceat(of_covers, self.first_cover)
            good = np.add.reduceat(np.maximum(of_covers, 0), self.first_cover)
            worth[self.with_covers] += np.where(best > 0, good, best)
        counted = np.where(sides.fixed_in, worth, np.maximum(worth, 0))
        counted[sides.fixed_out] = 0
        side = np.where(prices > 0, upper, np.where(prices < 0, lower, 0))
        return PricedPairs(int((prices * side).sum()) + int(counted.sum()), worth, prices, scale)

    def optimised(
        self, goal: int, sides: Sides, pool: Flags, basis: Basis | None
    ) -> tuple[PricedPairs, Flags, Basis] | None:
        """One goal's relaxation over all pairs, begun with ``pool`` bool[P] and a basis known from before.

        Pairs that would improve it join until none does. Gives its proof, the pairs that took part, and its basis;
        ``None`` where no optimum was found that keeps every row.
        """
        lower, upper = sides.lower(), sides.upper()
        pool = pool | sides.fixed_in
        statuses = np.full(self.columns.shape[1], AT_LOWER, dtype=np.int8)
        row_statuses = np.full(len(lower), BASIC, dtype=np.int8)
        known = basis is not None
        if basis is not None:
            statuses[:] = basis.columns
            row_statuses[: len(basis.rows)] = basis.rows
        points = self.points[goal]
        penalty = 100.0 * max(1.0, float(np.abs(points).max(initial=1)))
        for _ in range(ROUNDS):
            pairs = np.flatnonzero(pool)
            columns = self.columns_of(pairs)
            matrix = self.matrix(columns, sides)
            rows = np.flatnonzero(np.diff(matrix.tocsr().indptr) > 0)
            low = np.zeros(len(columns), dtype=np.int64)
            low[: len(pairs)] = sides.fixed_in[pairs]
            high = np.ones(len(columns), dtype=np.int64)
            high[: len(pairs)] = ~sides.fixed_out[pairs]
            program = WarmProgram(
                sparse.csc_matrix(matrix[rows]),
                lower[rows],
                upper[rows],
                points[columns].astype(np.float64),
                low,
                high,
                self.soft(rows, sides),
                penalty,
            )
            optimum = program.solve(Basis(statuses[columns], row_statuses[rows]) if known else None)
            if optimum is None:
                return None
            duals = np.zeros(len(lower))
            duals[rows] = optimum.duals
            priced = self.price(goal, duals, sides)
            if priced is None:
                return None
            reached = program.basis()
            known = True
            statuses[columns], row_statuses[rows] = reached.columns, reached.rows
            improving = (priced.worth > priced.scale // 64) & ~pool & ~sides.fixed_out
            if not improving.any():
                if optimum.missing > 1e-6:
                    return None
                return priced, pool, Basis(statuses, row_statuses)
            new = np.flatnonzero(improving)
            if len(new) > JOIN_AT_ONCE:
                new = best_few(self.problem, priced.worth, improving, 3)
            pool = pool.copy()
            pool[new] = True
        return None

    def soft(self, rows: Ints, sides: Sides) -> Flags:
        """Which of some rows may be made impossible by what is fixed: all but places and mentors wanted, whose upper
        sides are kept by leaving pairs out."""
        kinds = np.full(len(self.row_kind) + len(sides.reached) + len(sides.extra), Row.REACHED, dtype=np.int64)
        kinds[: len(self.row_kind)] = self.row_kind
        lower = sides.lower()[rows]
        hard = (kinds[rows] == Row.PLACES) | (kinds[rows] == Row.WANTED)
        soft: Flags = ~hard | (lower > 0) | bool(sides.fixed_in.any())
        return soft

    def _prepared(self, linear: Linear, goal: int) -> PreparedGoal:
        """The relaxation of one goal by sifting, then its basis over the pairs that matter at its prices."""
        reached = list(zip(self.problem.goals[:goal], self.values[:goal], strict=True))
        ruled = linear.with_reached(reached)
        pricing = Pricing(self.problem, ruled)
        sides = self.sides(goal)
        sifting = Sifting(self.problem, ruled, pricing, sides.fixed_in, sides.fixed_out)
        first, rank = self.chosen.copy(), np.zeros(len(self.chosen), dtype=np.int64)
        later = [each.pair_values for each in self.problem.goals[goal:]]
        rank[np.lexsort(later[::-1])] = np.arange(len(rank))
        first[best_few(self.problem, rank, ~sides.fixed_out, FIRST_PER_MENTEE)] = True
        relaxed = sifting.run(self.points[goal], first & ~sides.fixed_out, Watch(None, None))
        pool = relaxed.joined | self.chosen
        if goal < self.last and relaxed.finished:
            # Only its bound is asked for as a rule, which needs no basis.
            return self._bounded(goal, sides, pricing, relaxed)
        if relaxed.priced is not None:
            distance = np.abs(relaxed.priced.worth)
            distance[sides.fixed_out] = np.iinfo(np.int64).max
            if len(distance) > POOL:
                pool = (distance <= np.partition(distance, POOL)[POOL]) & (pool | (distance > 0)) | self.chosen
            else:
                pool = ~sides.fixed_out
        found = self.optimised(goal, sides, pool, None)
        if found is None:
            raise NotReady
        priced, pool, basis = found
        return PreparedGoal(priced, pool, basis, max(0, priced.bound // priced.scale - self.values[goal]))

    def _bounded(self, goal: int, sides: Sides, pricing: Pricing, relaxed: Relaxed) -> PreparedGoal:
        duals = np.zeros(len(self.row_kind) + goal)
        duals[pricing.rows] = relaxed.duals
        priced = self.price(goal, duals, sides)
        if priced is None:
            raise NotReady
        gap = max(0, priced.bound // priced.scale - self.values[goal])
        return PreparedGoal(priced, relaxed.joined | self.chosen, None, gap)

    def applies(self, problem: Problem) -> bool:
        """Whether a problem is the solved one but for sides of rows, further limits, pins and forbids."""
        mine = self.original
        same = (
            problem.pair_mentor is mine.pair_mentor
            and problem.pair_mentee is mine.pair_mentee
            and problem.cover_pair is mine.cover_pair
            and problem.cover_need is mine.cover_need
            and problem.cover_days is mine.cover_days
            and problem.goals is mine.goals
            and len(problem.limits) >= len(mine.limits)
        )
        if not same:
            return False
        limits = zip(problem.limits, mine.limits, strict=False)
        if any(x.pairs is not y.pairs or x.coefficients is not y.coefficients for x, y in limits):
            return False
        # Needs fold, and share their mentee, by these two alone.
        return bool(
            (np.array_equal(problem.wanted > 1, mine.wanted > 1) or not len(mine.cover_pair))
            and np.array_equal(problem.staff_days == UNLIMITED, mine.staff_days == UNLIMITED)
        )


class NotReady(Exception):
    """No state can be kept of this problem; its questions are solved from scratch."""
