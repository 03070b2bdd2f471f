"""The relaxation of large rounds: limits get prices, and a minimum cost flow answers each price vector.

With limits (and goals reached) priced into the pairs, what is left is a flow; its exact potentials are the prices of
places and mentees. Which prices to try next comes from a small program over the flows seen so far, kept within a
box around the best prices: the boxstep method (Marsten, Hogan, Blankenship, "The boxstep method for large-scale
optimization", 1975). The flow runs on the few pairs that matter; each price vector is valued over *all* pairs
(``price_bound``), so the bound is proven whatever the flow left out.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import sparse

from graph.sentences import say
from matcher.flow import solve_by_flow
from matcher.linear import Linear, Row
from matcher.price_bound import Priced, Pricing
from matcher.price_master import Master, MasterAnswer
from matcher.price_relaxation import FIRST_PER_MENTEE, Floats, Relaxed, best_few
from matcher.price_watch import Watch
from matcher.problem import Flags, Goal, Ints, Problem

SOME_ROWS = 3_000
"""From so many mentors and mentees on, a few flows are a better start for sifting than best points (measured)."""

MANY_ROWS = 20_000
"""From so many on, flows alone are faster than sifting (measured)."""

FINE = 1 << 14
"""The flow works in points times this, so that prices need not be whole."""

FLOWS_TO_START = 30
MOST_FLOWS = 150
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
        self.problem, self.pricing, self.points = problem, pricing, points
        self.fixed_in, self.fixed_out = fixed_in, fixed_out
        kinds = linear.row_kind[pricing.rows]
        self.priced_rows = np.flatnonzero((kinds == Row.LIMIT) | (kinds == Row.REACHED))
        self.place_rows, self.mentee_rows = np.flatnonzero(kinds == Row.PLACES), np.flatnonzero(kinds == Row.WANTED)
        self.limits = sparse.csr_matrix(pricing.coupling[self.priced_rows])
        self.by_pair = self.limits.T.tocsr()

    def run(self, first: Flags, watch: Watch) -> Relaxed:
        """Bound, prices and an almost whole answer; ``first`` bool[P] are the pairs the flow begins with."""
        most = MOST_FLOWS if size(self.problem) >= MANY_ROWS else FLOWS_TO_START
        count = len(self.priced_rows)
        centre, reach = np.zeros(count), self._first_reach()
        joined = (first & ~self.fixed_out) | self.fixed_in
        best: Priced | None = None
        best_duals = np.zeros(len(self.pricing.rows))
        flows: list[Ints] = []
        used: list[Ints] = []
        tried, weights, missing, finished = centre, np.zeros(0), 0.0, False
        for _ in range(most):
            if watch.expired:
                break
            chosen, duals = self._flow(tried, joined)
            flows.append(chosen)
            priced = self.pricing.price(self.points, duals, self.fixed_in, self.fixed_out)
            better = priced.below(best)
            if best is None or better:
                best, best_duals, centre = priced, duals, tried
            joined |= self._improving(priced, joined)
            used.append(np.asarray(self.limits[:, chosen].sum(axis=1)).ravel())
            answer = self._within_box(flows, used, centre, reach, watch)
            if answer is None:
                break
            tried, weights = answer.duals[:count], answer.columns[2 * count :]
            at_wall = np.abs(tried - centre) >= reach * (1 - 1e-6)
            missing = float(answer.columns[: 2 * count].sum())
            bound = best.bound / best.scale
            if bound - answer.value < max(ENOUGH * abs(bound), 1.0):
                if missing <= 1e-6:
                    finished = True
                    break
                reach = reach * np.where(at_wall, 4.0, 1.0)
            elif better:
                reach = reach * np.where(at_wall, 2.0, 1.0)
            else:
                reach = np.maximum(reach * 0.6, 1e-4)
        share = np.zeros(self.problem.pair_count)
        for weight, chosen in zip(weights, flows, strict=False):
            share[chosen] += weight
        return Relaxed(best, best_duals, share, joined, 0.0 if finished else missing, finished, True)

    def _first_reach(self) -> Floats:
        """A tenth of a usual pair's points per usual coefficient of each row."""
        size = np.asarray(abs(self.limits).sum(axis=1)).ravel() / np.maximum(np.diff(self.limits.indptr), 1)
        return 0.1 * max(1.0, float(np.abs(self.points).mean())) / np.maximum(size, 1e-9)

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

    def _flow(self, prices: Floats, joined: Flags) -> tuple[Ints, Floats]:
        """The best flow on the joined pairs at these prices of limits, and the prices of all rows."""
        pairs = np.flatnonzero(joined)
        worth = np.rint((self.points[pairs] - self.by_pair[pairs] @ prices) * FINE).astype(np.int64)
        useful = (worth > 0) | self.fixed_in[pairs]
        pairs, worth = pairs[useful], worth[useful]
        problem = self.problem
        answer = solve_by_flow(
            replace(
                problem,
                pair_mentor=problem.pair_mentor[pairs],
                pair_mentee=problem.pair_mentee[pairs],
                pinned=self.fixed_in[pairs],
                forbidden=np.zeros(len(pairs), dtype=bool),
                goals=(Goal("priced", say("priced"), worth, np.zeros(0, dtype=np.int64)),),
                limits=(),
            )
        )
        duals = np.zeros(len(self.pricing.rows))
        duals[self.priced_rows] = prices
        duals[self.place_rows] = answer.prices.places / FINE
        duals[self.mentee_rows] = answer.prices.mentees / FINE
        return pairs[answer.chosen.pairs], duals

    def _improving(self, priced: Priced, joined: Flags) -> Flags:
        new = np.zeros(len(joined), dtype=bool)
        allowed = (priced.worth > 0) & ~joined & ~self.fixed_out
        new[best_few(self.problem, priced.worth, allowed, FIRST_PER_MENTEE)] = True
        return new
