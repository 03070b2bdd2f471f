"""Prices for ``load_pricing`` by column generation: a program over loads, and the loads its prices ask for.

Prices are taken halfway between the best so far and the program's own (Wentges, "Weighted Dantzig-Wolfe
decomposition for linear mixed-integer programming", 1997): the program's alone swing from one extreme to the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from graph.errors import BadInput
from matcher.goals import Chosen
from matcher.linear import INFINITE
from matcher.load_pricing import LoadPricing, PricedLoads
from matcher.price_bound import Floats
from matcher.price_master import Master
from matcher.price_relaxation import JOIN_PER_MENTEE, Sifting, best_few
from matcher.price_watch import Watch
from matcher.problem import Flags, Ints

Load = tuple[int, tuple[int, ...]]
"""The table of a mentor, and the columns of its pairs and their covers, increasing."""

CLOSE_ENOUGH = 5e-6
"""Share of the bound between it and the program at which the search for prices ends."""

MOST_ROUNDS = 150
PENALTY = 10.0
"""Times the largest point: what a row left unkept costs in the program, so that it always has an answer."""


@dataclass(frozen=True, eq=False)
class Generated:
    """The best prices and the bound they prove, and the loads and free pairs that took part."""

    priced: PricedLoads
    loads: list[Load]
    joined: Flags


class LoadColumns:
    """One search for prices. ``sifting`` knows the columns of pairs that are in no load."""

    def __init__(self, pricing: LoadPricing, sifting: Sifting, points: Ints) -> None:
        self.pricing, self.sifting, self.points = pricing, sifting, points
        self.by_column = pricing.shared.matrix.tocsc()
        rows, tables = pricing.pricing.rows, len(pricing.mentors)
        self.row_of = np.full(len(pricing.shared.row_kind), -1)
        self.row_of[rows] = np.arange(len(rows))
        self.priced_rows = len(rows)
        forced = np.zeros(tables, dtype=bool)
        settled = np.flatnonzero(pricing.fixed_in & pricing.in_load)
        forced[np.searchsorted(pricing.mentors, pricing.problem.pair_mentor[settled])] = True
        one = np.ones(tables, dtype=np.int64)
        lower = np.where(forced | (pricing.least > 0), 1, -INFINITE)
        self.master = Master(
            np.concatenate([pricing.pricing.lower, lower]), np.concatenate([pricing.pricing.upper, one])
        )
        self.joined: Flags = np.zeros(pricing.problem.pair_count, dtype=bool)
        self.known: dict[Load, None] = {}
        self._slacks(np.concatenate([pricing.pricing.lower, lower]), np.concatenate([pricing.pricing.upper, one]))

    def run(self, duals: Floats, first: Flags, start: Chosen | None, watch: Watch) -> Generated | None:
        """From first prices (by row of ``linear``, float64), first pairs and a choice that keeps every rule.

        ``None`` if time ended before any prices.
        """
        pricing = self.pricing
        self._join_pairs((first | pricing.fixed_in) & ~pricing.in_load)
        if start is not None:
            self._join_pairs(start.pairs & ~pricing.in_load)
            self._join_loads(self._loads_of(start))
        tried, best = duals[pricing.rows], None
        for _ in range(MOST_ROUNDS):
            if watch.expired:
                break
            try:
                priced = pricing.price(self.points, tried)
            except BadInput:
                break  # prices beyond exact arithmetic, as a row that can hardly be kept has them: no better ones come
            watch.did(pricing.work(priced.items))
            better = best is None or priced.bound * best.scale < best.bound * priced.scale
            best = priced if best is None or better else best
            fresh = self._join_loads(pricing.loads(priced))
            fresh += self._join_pairs(self._improving(priced))
            answer = self.master.maximise(watch)
            if answer is None:
                break
            missing = float(answer.columns[: self.slack_count].sum())
            own = answer.duals[: self.priced_rows]
            gap = best.bound / best.scale - answer.value
            if missing <= 1e-6 and gap < max(CLOSE_ENOUGH * abs(answer.value), 0.5):
                break
            if not fresh and np.array_equal(tried, own):
                break
            tried = 0.5 * (best.duals + own) if fresh else own
        return None if best is None else Generated(best, list(self.known), self.joined)

    def _improving(self, priced: PricedLoads) -> Flags:
        """Of the pairs in no load that would improve, each mentee's best few."""
        pricing = self.pricing
        improving: Flags = (priced.worth > priced.scale * 1e-5) & ~self.joined & ~pricing.in_load
        new: Flags = np.zeros(len(improving), dtype=bool)
        new[best_few(pricing.problem, priced.worth, improving & ~self.sifting.fixed_out, JOIN_PER_MENTEE)] = True
        return new

    def _loads_of(self, chosen: Chosen) -> list[Load]:
        """The loads a choice is made of."""
        pricing, problem = self.pricing, self.pricing.problem
        pairs = np.flatnonzero(chosen.pairs & pricing.in_load)
        covers = np.flatnonzero(chosen.covers & pricing.in_load[problem.cover_pair])
        columns = np.concatenate([pairs, problem.pair_count + covers])
        mentors = problem.pair_mentor[np.concatenate([pairs, problem.cover_pair[covers]])]
        own: dict[int, list[int]] = {}
        for table, column in zip(np.searchsorted(pricing.mentors, mentors).tolist(), columns.tolist(), strict=True):
            own.setdefault(table, []).append(column)
        return [(table, tuple(sorted(own[table]))) for table in sorted(own)]

    def _join_loads(self, loads: Sequence[Load]) -> int:
        fresh = [load for load in loads if load not in self.known]
        if fresh:
            self.known.update(dict.fromkeys(fresh))
            shared = shared_part(fresh, self.by_column)[self.pricing.pricing.rows]
            count = self.master.row_count
            tables = np.array([table for table, _ in fresh])
            own = sparse.csr_matrix(
                (np.ones(len(fresh)), (self.priced_rows + tables, np.arange(len(fresh)))), shape=(count, len(fresh))
            )
            shared = sparse.csr_matrix(sparse.vstack([shared, empty_matrix(count - self.priced_rows, len(fresh))]))
            points = np.array([self.points[list(columns)].sum() for _, columns in fresh], dtype=np.float64)
            self.master.add(shared + own, points, np.zeros(len(fresh)), np.ones(len(fresh)))
        return len(fresh)

    def _join_pairs(self, pairs: Flags) -> int:
        """Pairs of mentors whose days are not limited join as they are, with their covers and own rows."""
        new = np.flatnonzero(pairs & ~self.joined)
        if not len(new):
            return 0
        self.joined[new] = True
        columns = self.sifting.columns_of(new)
        part = self.by_column[:, columns].tocoo()
        rows = np.unique(part.row)
        fresh = rows[self.row_of[rows] < 0]
        self.row_of[fresh] = self.master.row_count + np.arange(len(fresh))
        matrix = sparse.csr_matrix(
            (part.data, (self.row_of[part.row], part.col)), shape=(self.master.row_count + len(fresh), len(columns))
        )
        lower = np.zeros(len(columns))
        lower[: len(new)] = self.pricing.fixed_in[new]
        bounds = (self.pricing.shared.row_lower[fresh], self.pricing.shared.row_upper[fresh])
        self.master.add(matrix, self.points[columns].astype(np.float64), lower, np.ones(len(columns)), bounds)
        return len(new)

    def _slacks(self, lower: Ints, upper: Ints) -> None:
        """Dear columns that keep the program possible whatever has joined."""
        settled = bool(self.pricing.fixed_in.any())
        short = np.flatnonzero((lower > -INFINITE) & ((lower > 0) | settled))
        over = np.flatnonzero((upper < INFINITE) & ((upper < 0) | settled))
        rows = np.concatenate([short, over])
        signs = np.concatenate([np.ones(len(short)), -np.ones(len(over))])
        self.slack_count = len(rows)
        if not len(rows):
            # The solver wants one column at least.
            none = empty_matrix(self.master.row_count, 1)
            self.master.add(none, np.zeros(1), np.zeros(1), np.zeros(1))
        else:
            shape = (self.master.row_count, len(rows))
            matrix = sparse.csr_matrix((signs, (rows, np.arange(len(rows)))), shape=shape)
            dear = -PENALTY * max(1.0, float(np.abs(self.points).max(initial=1)))
            self.master.add(matrix, np.full(len(rows), dear), np.zeros(len(rows)), np.full(len(rows), np.inf))


def empty_matrix(rows: int, columns: int) -> sparse.csr_matrix:
    """A matrix without entries."""
    none = np.zeros(0, dtype=np.int64)
    return sparse.csr_matrix((none, (none, none)), shape=(rows, columns))


def shared_part(loads: Sequence[Load], by_column: sparse.csc_matrix) -> sparse.csr_matrix:
    """What loads take of each row of ``by_column``: [rows, loads]. Their pairs' own rows come out as they are."""
    columns = np.array([column for _, own in loads for column in own], dtype=np.int64)
    of = np.repeat(np.arange(len(loads)), [len(own) for _, own in loads])
    taking = sparse.csc_matrix(
        (np.ones(len(columns), dtype=np.int64), (columns, of)), shape=(by_column.shape[1], len(loads))
    )
    return sparse.csr_matrix(by_column @ taking)
