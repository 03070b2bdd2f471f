"""Sifting: the linear relaxation over all pairs, solved on the few that matter.

A restricted program (``price_master``) starts with each mentee's best pairs; its prices value *every* pair
(``price_bound``); those that would improve it join, several a mentee; until none is left or until the proven bound
cannot fall by another point. After Bixby et al., "Very large-scale linear programming" (1992), with the bound of
Lagrange as the stopping rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from matcher.goals import Chosen
from matcher.linear import INFINITE, Linear
from matcher.price_bound import Priced, Pricing
from matcher.price_master import Master
from matcher.price_watch import Watch
from matcher.problem import Flags, Ints, Problem

Floats = NDArray[np.float64]

FIRST_PER_MENTEE = 10
JOIN_PER_MENTEE = 5
CLOSE_ENOUGH = 1e-6
"""Share of the bound between it and the restricted program at which sifting ends; the integer core closes the rest."""

PENALTY_STEPS = 3


@dataclass(frozen=True, eq=False)
class Relaxed:
    """``priced``: the best proof found (``None``: none in time). ``share`` float64[P]: how much of each pair the
    relaxation takes. ``joined`` bool[P]: pairs that took part. ``missing``: how far rows are from being kept (0.0
    where the relaxation keeps all; above 0 at the end the rules contradict or nearly do). ``found``: an
    answer met on the way."""

    priced: Priced | None
    duals: Floats
    share: Floats
    joined: Flags
    missing: float
    finished: bool
    found: Chosen | None = None


def best_few(problem: Problem, worth: Ints, allowed: Flags, most: int) -> Ints:
    """Indices of each mentee's ``most`` best allowed pairs, increasing."""
    pairs = np.flatnonzero(allowed)
    order = pairs[np.lexsort((-worth[pairs], problem.pair_mentee[pairs]))]
    mentee = problem.pair_mentee[order]
    place = np.arange(len(order)) - np.searchsorted(mentee, mentee)
    return np.sort(order[place < most])


class Sifting:
    """The sifting of one goal. ``linear`` includes the rows of the goals before it."""

    def __init__(self, problem: Problem, linear: Linear, pricing: Pricing, fixed_in: Flags, fixed_out: Flags) -> None:
        self.problem, self.linear, self.pricing = problem, linear, pricing
        self.fixed_in, self.fixed_out = fixed_in, fixed_out
        covers = np.bincount(problem.cover_pair, minlength=problem.pair_count)
        self.cover_start = np.concatenate([[0], np.cumsum(covers)])

    @cached_property
    def by_column(self) -> sparse.csc_matrix:
        """The rows of the problem by column; made only when asked for, since it takes as much memory again."""
        return self.linear.matrix.tocsc()

    def columns_of(self, pairs: Ints) -> Ints:
        """The pairs' columns and those of their covers, in joining order."""
        starts, ends = self.cover_start[pairs], self.cover_start[pairs + 1]
        count = ends - starts
        covers = np.repeat(starts - np.cumsum(count) + count, count) + np.arange(count.sum())
        return np.concatenate([pairs, self.problem.pair_count + covers]).astype(np.int64)

    def run(self, points: Ints, first: Flags, watch: Watch) -> Relaxed:
        """Sift for points int64[P + C], beginning with ``first`` bool[P] (and every settled pair)."""
        master, master_row = Master(self.pricing.lower, self.pricing.upper), np.full(len(self.linear.row_kind), -1)
        master_row[self.pricing.rows] = np.arange(len(self.pricing.rows))
        slack_rows, slack_count = self._slacks()
        penalty = 2.0 * max(1.0, float(np.abs(points).max(initial=1)))
        if slack_count:
            master.add(slack_rows, np.full(slack_count, -penalty), np.zeros(slack_count), np.full(slack_count, np.inf))
        joined = np.zeros(self.problem.pair_count, dtype=bool)
        column_pairs: list[Ints] = []
        new = np.flatnonzero((first & ~self.fixed_out) | self.fixed_in)
        best: Priced | None = None
        best_duals = np.zeros(len(self.pricing.rows))
        share = np.zeros(self.problem.pair_count)
        missing, penalties = 0.0, 0
        while True:
            if len(new) or not column_pairs:
                self._join(master, master_row, points, new)
                joined[new] = True
                column_pairs.append(self.columns_of(new))
            answer = None if watch.expired else master.maximise(watch)
            if answer is None:
                return Relaxed(best, best_duals, share, joined, missing, False)
            duals = answer.duals[: len(self.pricing.rows)]
            priced = self.pricing.price(points, duals, self.fixed_in, self.fixed_out)
            watch.did(self.pricing.work)
            if best is None or priced.below(best):
                best, best_duals = priced, duals
            columns = np.concatenate(column_pairs)
            is_pair = columns < self.problem.pair_count
            share = np.zeros(self.problem.pair_count)
            share[columns[is_pair]] = answer.columns[slack_count:][is_pair]
            missing = float(answer.columns[:slack_count].sum())
            improving = (priced.worth > priced.scale * 1e-5) & ~joined & ~self.fixed_out
            new = best_few(self.problem, priced.worth, improving, JOIN_PER_MENTEE)
            close = missing <= 1e-6 and best.bound / best.scale - answer.value < max(
                CLOSE_ENOUGH * abs(answer.value), 0.05
            )
            if close or not len(new):
                if missing <= 1e-6 or penalties == PENALTY_STEPS:
                    return Relaxed(best, best_duals, share, joined, missing, True)
                penalties += 1
                penalty *= 100.0
                master.reprice(np.arange(slack_count), np.full(slack_count, -penalty))

    def _slacks(self) -> tuple[sparse.csr_matrix, int]:
        """Dear columns that keep the restricted program possible whatever has joined."""
        pinned = np.concatenate([self.fixed_in, np.zeros(len(self.problem.cover_pair), dtype=bool)]).astype(np.int64)
        at_pins = self.pricing.coupling @ pinned
        covers_pinned = bool(self.fixed_in[self.problem.cover_pair].any())
        finite_upper = self.pricing.upper < INFINITE
        short = np.flatnonzero((at_pins < self.pricing.lower) | (self.pricing.lower > 0))
        over = np.flatnonzero(
            finite_upper & ((at_pins > self.pricing.upper) | (self.pricing.upper < 0) | covers_pinned)
        )
        rows = np.concatenate([short, over])
        signs = np.concatenate([np.ones(len(short)), -np.ones(len(over))])
        shape = (len(self.pricing.rows), len(rows))
        return sparse.csr_matrix((signs, (rows, np.arange(len(rows)))), shape=shape), len(rows)

    def _join(self, master: Master, master_row: Ints, points: Ints, pairs: Ints) -> None:
        columns = self.columns_of(pairs)
        part = self.by_column[:, columns].tocoo()
        rows = np.unique(part.row)
        fresh = rows[master_row[rows] < 0]
        master_row[fresh] = master.row_count + np.arange(len(fresh))
        shape = (master.row_count + len(fresh), len(columns))
        matrix = sparse.csr_matrix((part.data, (master_row[part.row], part.col)), shape=shape)
        lower = np.zeros(len(columns))
        lower[: len(pairs)] = self.fixed_in[pairs]
        bounds = (self.linear.row_lower[fresh], self.linear.row_upper[fresh])
        master.add(matrix, points[columns].astype(np.float64), lower, np.ones(len(columns)), bounds)
