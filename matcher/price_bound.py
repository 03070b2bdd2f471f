"""A proven bound from any prices: the Lagrangian of the problem in exact whole-number arithmetic.

Prices may come from anywhere (a solver with tolerances, a guess): rounded to multiples of ``1 / scale`` they give

    bound = sum over rows of price * (the side it presses on) + sum over mentees of their best pairs at these prices

which no answer can exceed (weak duality). A mentee's best pairs are at most as many as it wants and each worth more
than nothing, so its own row needs no price here; that makes the bound lower than pricing all rows would, and says of
each pair how much it stands above or below the mentee's next choice. A pair's worth includes its best set of covers,
which at given prices is chosen pair by pair. All pairs count, so the bound holds for the whole problem and not for a
shortlist.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graph.errors import BadInput
from graph.sentences import say
from matcher.linear import INFINITE, Linear, Row
from matcher.problem import Flags, Ints, Problem
from matcher.work import PRICED_ENTRY

Floats = NDArray[np.float64]

LARGEST_SCALE_BITS = 24
SAFE_BITS = 61
"""Sums of scaled points stay below ``2 ** SAFE_BITS``."""


@dataclass(frozen=True, eq=False)
class Priced:
    """What prices prove; all but ``prices`` in points times ``scale``.

    ``worth`` int64[P] of each pair with every row priced, its mentee's too: above zero, it would improve.
    ``margin`` int64[P] without the mentee's own price: what the bound loses where a pair among its mentee's best is
    not chosen (above zero), or where another is (below zero).
    """

    bound: int
    worth: Ints
    margin: Ints
    prices: Ints
    scale: int

    @property
    def points(self) -> int:
        """The bound in whole points."""
        return self.bound // self.scale

    def below(self, other: Priced | None) -> bool:
        """Whether this bound is the lower one (scales may differ)."""
        return other is None or self.bound * other.scale < other.bound * self.scale

    def without(self) -> Ints:
        """Bound in whole points, int64[P], on every answer in which the pair is not chosen."""
        return np.asarray((self.bound - np.maximum(self.margin, 0)) // self.scale)

    def with_pair(self) -> Ints:
        """Bound in whole points, int64[P], on every answer in which the pair is chosen."""
        return np.asarray((self.bound + np.minimum(self.margin, 0)) // self.scale)


class Pricing:
    """Prices every pair of a problem; built once, used for many prices and goals."""

    def __init__(self, problem: Problem, linear: Linear) -> None:
        local = (linear.row_kind == Row.COVER_IN_PAIR) | (linear.row_kind == Row.PAIR_WORKS)
        self.rows: Ints = np.flatnonzero(~local)
        """Rows that carry a price; the others join a pair with its own covers."""
        coupling = linear.matrix if not local.any() else linear.matrix[self.rows]
        self.coupling = coupling
        self.by_column = coupling.T
        self.lower = linear.row_lower[self.rows]
        self.upper = linear.row_upper[self.rows]
        self.pair_count = linear.pair_count
        self.cover_pair = problem.cover_pair
        self.pair_mentee, self.wanted = problem.pair_mentee, problem.wanted
        self._mentee_rows = np.flatnonzero(linear.row_kind[self.rows] == Row.WANTED)
        self._with_pairs, self._first_pair = np.unique(problem.pair_mentee, return_index=True)
        self.with_covers, self.first_cover = np.unique(problem.cover_pair, return_index=True)
        largest = int(np.abs(coupling.data).max(initial=1))
        self._reach = int(abs(coupling).sum(axis=0).max()) if coupling.nnz else largest
        finite_lower = np.where(np.abs(self.lower) >= INFINITE, 0, np.abs(self.lower))
        finite_upper = np.where(np.abs(self.upper) >= INFINITE, 0, np.abs(self.upper))
        self._sides: Floats = np.maximum(finite_lower, finite_upper).astype(np.float64)

    @property
    def work(self) -> float:
        """What valuing all pairs once counts as."""
        return PRICED_ENTRY * int(self.coupling.nnz)

    def price(self, points: Ints, duals: Floats, fixed_in: Flags, fixed_out: Flags) -> Priced:
        """The bound and every pair's worth for points int64[P + C] at ``duals`` float64[rows].

        ``fixed_in`` and ``fixed_out`` bool[P] are settled pairs. Signs that press on an open side are set to zero.
        Raises ``BadInput`` where the points are too large for 64 bits at any scale.
        """
        duals = np.where((duals > 0) & (self.upper >= INFINITE), 0.0, duals)
        duals = np.where((duals < 0) & (self.lower <= -INFINITE), 0.0, duals)
        scale = self._scale(points, duals)
        prices = np.rint(duals * scale).astype(np.int64)
        side = np.where(prices > 0, self.upper, np.where(prices < 0, self.lower, 0))
        reduced = points * scale - np.asarray(self.by_column @ prices)
        worth = reduced[: self.pair_count].copy()
        if len(self.cover_pair):
            of_covers = reduced[self.pair_count :]
            best = np.maximum.reduceat(of_covers, self.first_cover)
            good = np.add.reduceat(np.maximum(of_covers, 0), self.first_cover)
            worth[self.with_covers] += np.where(best > 0, good, best)
        of_mentees = prices[self._mentee_rows]
        gained, margin = self._best_of_mentees(worth + of_mentees[self.pair_mentee], fixed_in, fixed_out)
        of_rows = int((prices * side).sum()) - int((of_mentees * side[self._mentee_rows]).sum())
        return Priced(of_rows + gained, worth, margin, prices, scale)

    def _best_of_mentees(self, net: Ints, fixed_in: Flags, fixed_out: Flags) -> tuple[int, Ints]:
        """What all mentees gain with their best pairs, and each pair's margin; ``net`` int64[P] at the other prices.

        A settled pair has its place among the wanted ones and no margin.
        """
        margin = np.zeros(len(net), dtype=np.int64)
        if not len(net):
            return 0, margin
        room = self.wanted.copy()
        np.subtract.at(room, self.pair_mentee[fixed_in], 1)
        # Whatever cannot be gained counts as worth nothing less than anything: it never is among the best.
        low = np.int64(-(2**62))
        open_net = np.where(fixed_in | fixed_out, low, net)
        last, beyond = np.full(len(room), low), np.full(len(room), low)
        last[self._with_pairs] = np.maximum.reduceat(open_net, self._first_pair)
        is_top = open_net == last[self.pair_mentee]
        tops = np.flatnonzero(is_top)
        tops = tops[np.unique(self.pair_mentee[tops], return_index=True)[1]]
        others = open_net.copy()
        others[tops] = low
        beyond[self._with_pairs] = np.maximum.reduceat(others, self._first_pair)
        taken = np.zeros(len(net), dtype=bool)
        taken[tops] = (room[self.pair_mentee[tops]] >= 1) & (open_net[tops] > 0)
        several = np.flatnonzero((room > 1)[self.pair_mentee])
        if len(several):
            order = several[np.lexsort((-open_net[several], self.pair_mentee[several]))]
            mentee = self.pair_mentee[order]
            place = np.arange(len(order)) - np.searchsorted(mentee, mentee)
            taken[order] = (place < room[mentee]) & (open_net[order] > 0)
            at_last, at_next = place == room[mentee] - 1, place == room[mentee]
            last[room > 1], beyond[room > 1] = low, low
            last[mentee[at_last]] = open_net[order[at_last]]
            beyond[mentee[at_next]] = open_net[order[at_next]]
        no_room = room < 1
        last, beyond = np.maximum(last, 0), np.maximum(beyond, 0)
        margin = np.where(taken, net - beyond[self.pair_mentee], net - last[self.pair_mentee])
        # Where the wanted ones are all settled, no further pair can be chosen at all; its own net says enough.
        full = no_room[self.pair_mentee]
        margin[full] = np.minimum(net[full], 0)
        margin[fixed_in | fixed_out] = 0
        return int(net[taken | fixed_in].sum()), margin

    def _scale(self, points: Ints, duals: Floats) -> int:
        """The finest power of two at which no sum can leave 64 bits."""
        steepest = float(np.abs(duals).max(initial=0.0))
        worst_pair = float(np.abs(points).max(initial=0)) + steepest * self._reach
        total = worst_pair * (len(points) + 1) + float((np.abs(duals) * self._sides).sum())
        bits = min(LARGEST_SCALE_BITS, SAFE_BITS - int(np.ceil(np.log2(max(total, 1.0)))))
        if bits < 0:
            raise BadInput(
                say("The points of the goals are too large for exact arithmetic."),
                say("Use smaller points, for example 10,000 for the best fit."),
            )
        return 1 << bits
