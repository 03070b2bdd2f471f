"""One minimum cost flow after another on the same round, each beginning from the prices the last ones brought.

With limits priced into the pairs, what is left of a round is a flow. Costs are handed to the kernel *reduced* by the
prices known so far and cut off far from zero: its scaling then has little left to do (measured: a third of the time).
A cut that mattered is seen in the answer, which is then asked for again without it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from graph.errors import BadInput
from graph.sentences import say
from matcher.flow import SAFE, Network, cheapest_flow, network_of
from matcher.potentials import distances_to_sink
from matcher.price_relaxation import Floats
from matcher.problem import Flags, Ints, Problem

FINEST = 1 << 14
"""The flow works in points times this, so that prices need not be whole."""


@dataclass(frozen=True, eq=False)
class Flowed:
    """``chosen``: indices of the pairs taken. ``places`` float64[M], ``mentees`` float64[N]: prices, never negative."""

    chosen: Ints
    places: Floats
    mentees: Floats


class Flows:
    """The flows of one goal. ``most`` is the largest worth a pair can have at any prices that are asked for."""

    def __init__(self, problem: Problem, fixed_in: Flags) -> None:
        self.problem, self.fixed_in = problem, fixed_in
        self.nodes = len(problem.places) + len(problem.wanted) + 1

    def best(self, pairs: Ints, worth: Floats, start: Flowed | None, cut: float) -> Flowed:
        """The best flow on ``pairs`` (increasing indices) of ``worth`` float64, from the prices of ``start``.

        Reduced costs beyond ``cut`` points count as ``cut``. Raises ``BadInput`` for points beyond 64 bits.
        """
        problem, fine = self.problem, self._fine(worth)
        mentors = len(problem.places)
        network = self._network(pairs)
        cost = np.zeros(len(network.tail), dtype=np.int64)
        cost[: len(pairs)] = -np.rint(worth * fine).astype(np.int64)
        potential = np.zeros(self.nodes, dtype=np.int64)
        if start is not None:
            potential[:mentors] = -np.rint(start.places * fine).astype(np.int64)
            potential[mentors:-1] = np.rint(start.mentees * fine).astype(np.int64)
        reduced = cost - potential[network.tail] + potential[network.head]
        ends = SAFE // (self.nodes + 2)
        if start is not None:
            ends = min(ends, int(cut * fine))
        flow = cheapest_flow(network, np.clip(reduced, -ends, ends))
        forward, backward = flow < network.upper, flow > network.lower
        if ((reduced < -ends) & forward).any() or ((reduced > ends) & backward).any():
            flow = cheapest_flow(network, reduced)
            forward, backward = flow < network.upper, flow > network.lower
        distance = distances_to_sink(network.tail, network.head, reduced, forward, backward, self.nodes)
        # Who has no way to the sink (a mentee with a pinned pair, a mentor without pairs) has no price of its own.
        lost = distance > self.nodes // 2 * (int(np.abs(reduced).max(initial=0)) + 1)
        potential = np.where(lost, 0, potential + distance)
        return Flowed(
            pairs[flow[: len(pairs)] > 0],
            np.maximum(-potential[:mentors], 0) / fine,
            np.maximum(potential[mentors:-1], 0) / fine,
        )

    def middle_places(self, pairs: Ints, worth: Ints, flowed: Flowed, scale: int, most: float) -> Floats:
        """Prices of places float64[M] in the middle between the lowest and the highest that fit the flow as well.

        ``pairs``: all that are within ``most`` points of being used, their ``worth`` int64 at the flow's prices, in
        points times ``scale``. At the lowest prices many pairs stand at exactly nothing, and so would be decided by
        chance; in the middle as few do as can be. Prices move by at most half of ``most``.
        """
        mentors = len(self.problem.places)
        network = self._network(pairs)
        flow = network.lower.copy()
        flow[: len(pairs)] = np.isin(pairs, flowed.chosen, assume_unique=True)
        used = np.bincount(self.problem.pair_mentor[flowed.chosen], minlength=mentors)
        served = np.bincount(self.problem.pair_mentee[flowed.chosen], minlength=len(self.problem.wanted))
        supply = network.supply[:mentors]
        flow[len(pairs) :] = np.concatenate([supply - used, served])
        prices = [np.rint(of * scale).astype(np.int64) for of in (flowed.places, -flowed.mentees)]
        reduced = np.concatenate([-worth, *prices])
        forward, backward = flow < network.upper, flow > network.lower
        # Prices of limits are rounded here and there in another way: what is wrong by less than a point is none.
        reduced = np.where(forward & backward, 0, np.where(forward, np.maximum(reduced, 0), np.minimum(reduced, 0)))
        # Against the arcs: how far each node's price may move before some arc stands in the way.
        slack = distances_to_sink(network.head, network.tail, reduced, forward, backward, self.nodes)[:mentors]
        return flowed.places + np.minimum(slack / scale, most) / 2

    def _network(self, pairs: Ints) -> Network:
        problem = self.problem
        return network_of(
            replace(
                problem,
                pair_mentor=problem.pair_mentor[pairs],
                pair_mentee=problem.pair_mentee[pairs],
                pinned=self.fixed_in[pairs],
                forbidden=np.zeros(len(pairs), dtype=bool),
                goals=(),
                limits=(),
            )
        )

    def _fine(self, worth: Floats) -> int:
        """The finest scale at which the kernel's sums stay within 64 bits, with room for prices as large as worth."""
        largest = max(1.0, float(np.abs(worth).max(initial=1.0))) * 8 * (self.nodes + 2)
        fine = FINEST
        while fine > 1 and largest * fine > SAFE:
            fine //= 2
        if largest * fine > SAFE:
            raise BadInput(
                say("The points of the goals are too large for exact arithmetic."),
                say("Use smaller points, for example 10,000 for the best fit."),
            )
        return fine
