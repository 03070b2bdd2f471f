"""The relaxation of large rounds: limits get prices, and a minimum cost flow answers each price vector.

With limits (and goals reached) priced into the pairs, what is left is a flow; its exact potentials are the prices of
places and mentees. Which prices to try next comes from a small program over the flows seen so far, kept within a
box around the best prices: the boxstep method (Marsten, Hogan, Blankenship, "The boxstep method for large-scale
optimization", 1975). The flow runs on the few pairs that matter; each price vector is valued over *all* pairs
(``price_bound``), so the bound is proven whatever the flow left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from matcher.goals import Chosen
from matcher.linear import Linear, Row
from matcher.price_arcs import Flowed, Flows
from matcher.price_bound import Priced, Pricing
from matcher.price_core import solve_core
from matcher.price_master import Master, MasterAnswer
from matcher.price_near import Near, solve_near
from matcher.price_relaxation import FIRST_PER_MENTEE, Floats, Relaxed, best_few
from matcher.price_watch import Watch
from matcher.problem import Flags, Ints, Problem
from matcher.work import FLOW_ARC

SOME_ROWS = 3_000
"""From so many mentors and mentees on, a few flows are a better start for sifting than best points (measured)."""

MANY_ROWS = 20_000
"""From so many on, flows alone are faster than sifting (measured)."""

MOST_FLOWS = 150
FIRST_FLOWS = 8
"""Flows before the first linear program of the pairs that are left open."""

NEAR_PAIRS, NEAR_PER_MENTEE = 2_000, 0.4
"""Pairs left open in it: so many, and so many for each mentee."""

FIRST_REACH, STEEPEST = 0.1, 1e4
"""The first box around the prices, and the steepest prices ever tried, in ``FlowPricing.unit``."""

EARLY_GAP = 1e-4
"""How far an early answer may stay below the best of its core."""

EARLY_PAIRS, EARLY_PER_MENTEE = 1_200, 10
"""Open pairs of that core: so many, and one more for so many mentees."""

WALLS = 10.0
"""Prices that this program may name, in boxes around the best prices; twice as far each time it finds no answer."""

MOST_SLACK = 0.1
"""Share of a usual pair's points that prices of places may move towards their middle."""

ENOUGH = 1e-8
"""Share of the bound at which the search for prices ends."""


def size(problem: Problem) -> int:
    """Rows that a linear program of the problem has at least."""
    return len(problem.places) + len(problem.wanted)


def flow_relaxation_applies(problem: Problem, linear: Linear) -> bool:
    """Whether everything but limits and goals reached is a flow, and the round is large enough to gain by it."""
    rest = (linear.row_kind == Row.LIMIT) | (linear.row_kind == Row.REACHED)
    large = size(problem) >= SOME_ROWS
    return large and bool(rest.any()) and not len(problem.cover_pair) and not problem.minimum_load.any()


class FlowPricing:
    """The search for the best prices of one goal's limits."""

    def __init__(
        self, problem: Problem, linear: Linear, pricing: Pricing, points: Ints, fixed_in: Flags, fixed_out: Flags
    ) -> None:
        self.problem, self.linear, self.pricing, self.points = problem, linear, pricing, points
        self.fixed_in, self.fixed_out = fixed_in, fixed_out
        kinds = linear.row_kind[pricing.rows]
        self.priced_rows = np.flatnonzero((kinds == Row.LIMIT) | (kinds == Row.REACHED))
        self.place_rows, self.mentee_rows = np.flatnonzero(kinds == Row.PLACES), np.flatnonzero(kinds == Row.WANTED)
        self.limits = sparse.csr_matrix(pricing.coupling[self.priced_rows])
        self.by_pair = self.limits.T.tocsr()
        self.flows = Flows(problem, fixed_in)
        self.usual = max(1.0, float(np.abs(points).mean())) if len(points) else 1.0
        size = np.asarray(abs(self.limits).sum(axis=1)).ravel() / np.maximum(np.diff(self.limits.indptr), 1)
        self.unit = self.usual / np.maximum(size, 1e-9)
        """Of each priced row, a usual pair's points per usual coefficient."""
        self.steepest = STEEPEST * self.unit
        self.found: Chosen | None = None
        self.distance: Ints = np.zeros(0, dtype=np.int64)
        """Of each pair, how far from a change it stands at the best prices."""

    def run(self, first: Flags, watch: Watch, *, until_found: bool = False) -> Relaxed:
        """Bound, prices and an almost whole answer; ``first`` bool[P] are the pairs the flow begins with.

        ``until_found``: it is the first answer that is wanted, and no more.
        """
        count = len(self.priced_rows)
        reach = FIRST_REACH * self.unit
        joined = (first & ~self.fixed_out) | self.fixed_in
        best: _Tried | None = None
        seen: list[Ints] = []
        used: list[Ints] = []
        prices, share, missing, finished, looked = np.zeros(count), np.zeros(len(joined)), 0.0, False, False
        walls = WALLS
        for _ in range(MOST_FLOWS):
            if watch.expired:
                break
            tried = self._try(prices, joined, best)
            watch.did(self.pricing.work + FLOW_ARC * tried.arcs)
            seen.append(tried.flowed.chosen)
            used.append(np.asarray(self.limits[:, tried.flowed.chosen].sum(axis=1)).ravel())
            joined |= self._improving(tried.priced, joined)
            better = tried.priced.below(None if best is None else best.priced)
            if best is None or better:
                best, looked = tried, False
            bound = best.priced.bound / best.priced.scale
            answer = self._within_box(seen, used, best.prices, reach, watch)
            if answer is None:
                break
            gap = bound - answer.value
            if len(seen) >= FIRST_FLOWS and not looked:
                looked = True
                near = self._near(best, walls * reach, watch)
                if near is not None:
                    prices = np.clip(near.limits, -self.steepest, self.steepest)
                    share, missing = near.share, near.missing
                    walls *= 1.0 if missing <= 1e-6 else 2.0
                    finished = missing <= 1e-6 and bound - near.value < max(ENOUGH * abs(bound), 1.0)
                    early = until_found or (watch.limited and not finished)
                    if missing <= 1e-6 and self.found is None and early:
                        self.found = self._whole_answer(near, watch)
                    if finished or (until_found and self.found is not None):
                        break
                    continue
            prices = np.clip(answer.duals[:count], -self.steepest, self.steepest)
            at_wall = np.abs(prices - best.prices) >= reach * (1 - 1e-6)
            if gap < max(ENOUGH * abs(bound), 1.0):
                if answer.columns[: 2 * count].sum() <= 1e-6:
                    finished = True
                    break
                reach = reach * np.where(at_wall, 4.0, 1.0)
            elif better:
                reach = reach * np.where(at_wall, 2.0, 1.0)
            else:
                reach = np.maximum(reach * 0.6, 1e-4)
        if best is None:
            return Relaxed(None, np.zeros(len(self.pricing.rows)), share, joined, missing, False)
        if not share.any():
            share[best.flowed.chosen] = 1.0
        return Relaxed(
            self._middle(best), best.duals, share, joined, 0.0 if finished else missing, finished, self.found
        )

    def _whole_answer(self, near: Near, watch: Watch) -> Chosen | None:
        """An early answer, so that a deadline never comes before one: of the open pairs those that the program shares
        or that stand nearest to a change, once as a whole-number core; the others as the program has them."""
        inside = np.flatnonzero(near.free)
        count = min(EARLY_PAIRS + len(self.problem.wanted) // EARLY_PER_MENTEE, len(inside) - 1)
        distance, share = self.distance[inside], near.share[inside]
        free = (distance <= np.partition(distance, count)[count]) | ((share > 1e-6) & (share < 1 - 1e-6))
        taken = near.taken.copy()
        taken[inside[~free & (share > 0.5)]] = True
        columns = np.union1d(np.flatnonzero(taken), inside[free])
        return solve_core(self.linear, self.points, columns, taken[columns].astype(np.int64), watch, EARLY_GAP).chosen

    def _within_box(
        self, flows: list[Ints], used: list[Ints], centre: Floats, reach: Floats, watch: Watch
    ) -> MasterAnswer | None:
        """The best mixture of the flows seen, rows kept but for columns that hold each dual inside the box.

        Built anew each time: it has a few hundred columns at most.
        """
        lower, upper = self.pricing.lower[self.priced_rows], self.pricing.upper[self.priced_rows]
        one, count = np.ones(1, dtype=np.int64), len(centre)
        master = Master(np.concatenate([lower, one]), np.concatenate([upper, one]))
        mixture = sparse.csr_matrix(np.vstack([np.array(used).T.reshape(count, len(flows)), np.ones((1, len(flows)))]))
        walls = sparse.csr_matrix(np.vstack([np.hstack([np.eye(count), -np.eye(count)]), np.zeros((1, 2 * count))]))
        values = np.array([float(self.points[flow].sum()) for flow in flows])
        columns = 2 * count + len(flows)
        master.add(
            sparse.csr_matrix(sparse.hstack([walls, mixture])),
            np.concatenate([centre - reach, -(centre + reach), values]),
            np.zeros(columns),
            np.full(columns, np.inf),
        )
        return master.maximise(watch)

    def _try(self, prices: Floats, joined: Flags, best: _Tried | None) -> _Tried:
        """The flow at these prices of limits, on the joined pairs that the prices so far do not rule out."""
        pairs = np.flatnonzero(joined)
        cut = np.inf
        if best is not None:
            moved = np.abs(self.by_pair @ (prices - best.prices)).max(initial=0.0)
            cut = 3.0 * float(moved) + 0.03 * self.usual
            pairs = pairs[(best.priced.worth[pairs] >= -cut * best.priced.scale) | self.fixed_in[pairs]]
        worth = self.points[pairs] - self.by_pair[pairs] @ prices
        useful = (worth > 0) | self.fixed_in[pairs]
        flowed = self.flows.best(pairs[useful], worth[useful], None if best is None else best.flowed, cut)
        duals = np.zeros(len(self.pricing.rows))
        duals[self.priced_rows] = prices
        duals[self.place_rows], duals[self.mentee_rows] = flowed.places, flowed.mentees
        priced = self.pricing.price(self.points, duals, self.fixed_in, self.fixed_out)
        return _Tried(prices, flowed, duals, priced, int(useful.sum()))

    def _improving(self, priced: Priced, joined: Flags) -> Flags:
        new = np.zeros(len(joined), dtype=bool)
        allowed = (priced.worth > 0) & ~joined & ~self.fixed_out
        new[best_few(self.problem, priced.worth, allowed, FIRST_PER_MENTEE)] = True
        return new

    def _middle(self, tried: _Tried) -> Priced:
        """The bound and margins at the middle prices of the same flow, unless they are worse."""
        priced, most = tried.priced, MOST_SLACK * self.usual
        worth = priced.worth
        near = (worth >= -most * priced.scale) & ~self.fixed_out
        near[tried.flowed.chosen] = True
        pairs = np.flatnonzero(near | self.fixed_in)
        duals = tried.duals.copy()
        duals[self.place_rows] = self.flows.middle_places(pairs, worth[pairs], tried.flowed, priced.scale, most)
        return self.pricing.price(self.points, duals, self.fixed_in, self.fixed_out)

    def _near(self, tried: _Tried, box: Floats, watch: Watch) -> Near | None:
        """The program of the pairs with the smallest margins, the others as in the flow."""
        margin = np.abs(self._middle(tried).margin)
        margin[self.fixed_out] = np.iinfo(np.int64).max
        self.distance = margin
        chosen = np.zeros(len(margin), dtype=bool)
        chosen[tried.flowed.chosen] = True
        wide = min(NEAR_PAIRS + int(NEAR_PER_MENTEE * len(self.problem.wanted)), len(margin) - 1)
        free = (margin <= np.partition(margin, wide)[wide]) & ~self.fixed_in & ~self.fixed_out
        walls = (tried.prices - box, tried.prices + box)
        return solve_near(self.pricing, self.points, free, chosen & ~free, self.priced_rows, walls, watch)


@dataclass(frozen=True, eq=False)
class _Tried:
    """Prices of limits that were tried, the flow they led to, the prices of all rows, and what these prove; ``arcs``
    the pairs the flow ran on."""

    prices: Floats
    flowed: Flowed
    duals: Floats
    priced: Priced
    arcs: int
