"""Minimum cost flow: the exact method where no limit couples pairs of different mentors and mentees.

Mentors send their places to mentees (one arc a pair) or straight to the sink (places left unused); mentees pass
on what they received. Goals are folded into one cost where that is safe, and otherwise settled one after another
on the *optimal face*: an arc whose reduced cost is not zero keeps its flow in every optimal answer.

One function owns OR-Tools' kernel (``cheapest_flow``): it checks balance and cost range before calling, because the
kernel may end the interpreter when they do not hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

from graph.errors import BadInput, NothingFeasible, WopError
from graph.sentences import say
from matcher.fold import fold
from matcher.goals import Chosen, Progress, Stop, check_cancelled, last_real_goal
from matcher.potentials import distances_to_sink
from matcher.problem import UNLIMITED, Flags, Goal, Ints, Problem
from matcher.result import GoalValue, Prices

SAFE = 2**60
"""Cost times nodes stays below this: the kernel multiplies costs by the number of nodes in 64 bits."""

SIFT_FROM = 200_000
CHEAPEST_PAIRS = 22
"""Above so many pairs, each mentee starts with so many of its cheapest (2.2 million: 4.3 s in place of 7.0 s)."""


def flow_applies(problem: Problem) -> bool:
    """Whether the problem is a flow: no limit, and no need or staff-day that couples the pairs of a mentee."""
    free = (problem.wanted[problem.pair_mentee] <= 1) & (problem.staff_days[problem.pair_mentor] == UNLIMITED)
    return not problem.limits and bool(free[problem.cover_pair].all())


@dataclass(frozen=True, eq=False)
class FlowAnswer:
    """A chosen answer with each goal's value (all proven) and the prices of the last real goal."""

    chosen: Chosen
    goals: tuple[GoalValue, ...]
    prices: Prices


def solve_by_flow(problem: Problem, *, progress: Progress | None = None, cancelled: Stop | None = None) -> FlowAnswer:
    """The optimum of a problem to which ``flow_applies``, with exact prices.

    Raises ``BadInput`` where a goal's points are too large for exact arithmetic, ``NothingFeasible`` where pins
    and minimum loads clash, ``Cancelled`` where asked to stop (after the kernel's current run).
    """
    folded = fold(problem)
    network = network_of(folded.problem)
    priced = last_real_goal(problem.goals)
    prices = Prices(np.zeros(len(problem.places)), np.zeros(0), np.zeros(len(problem.wanted)))
    flow = np.zeros(0, dtype=np.int64)
    done = 0
    for group in _groups(folded.problem, network):
        check_cancelled(cancelled)
        if progress:
            progress(str(problem.goals[done].title), done / len(problem.goals))
        cost = np.zeros(len(network.tail), dtype=np.int64)
        for weight, goal in zip(group.weights, group.goals, strict=True):
            cost[: problem.pair_count] -= weight * goal.pair_values
        flow, distance = _cheapest(network, cost, problem.pair_mentee, cancelled)
        last = done + len(group.goals) == len(problem.goals)
        if not last or done <= priced:
            network = _optimal_face(network, cost, flow, distance)
            if done <= priced < done + len(group.goals):
                prices = _prices(problem, distance, group.weights, priced - done)
        done += len(group.goals)
    pairs: Flags = flow[: problem.pair_count] > 0
    chosen = Chosen(pairs, folded.unfold(pairs, np.zeros(0, dtype=bool)))
    values = tuple(GoalValue(goal.id, chosen.value(goal), chosen.value(goal)) for goal in problem.goals)
    return FlowAnswer(chosen, values, prices)


@dataclass(frozen=True, eq=False)
class Network:
    """Arcs (pairs, then unused places, then mentees to the sink) with bounds on their flow; supply by node."""

    supply: Ints
    tail: Ints
    head: Ints
    lower: Ints
    upper: Ints

    def only(self, arcs: Ints) -> Network:
        """With these arcs alone; the others (none of them with a lower bound) stay empty."""
        return Network(self.supply, self.tail[arcs], self.head[arcs], self.lower[arcs], self.upper[arcs])


def network_of(problem: Problem) -> Network:
    """The arcs of a problem, its limits left aside. Raises ``NothingFeasible`` for a minimum load out of reach."""
    mentors, mentees = len(problem.places), len(problem.wanted)
    usable = np.bincount(problem.pair_mentor, minlength=mentors)
    places = np.minimum(problem.places, usable)
    if (problem.minimum_load > places).any():
        raise NothingFeasible([say("A mentor's minimum load is above what it can take on.")])
    every_mentor, every_mentee = np.arange(mentors), mentors + np.arange(mentees)
    sink = np.int64(mentors + mentees)
    zero = np.zeros(mentors + mentees, dtype=np.int64)
    return Network(
        np.concatenate([places, np.zeros(mentees, dtype=np.int64), [-places.sum()]]).astype(np.int64),
        np.concatenate([problem.pair_mentor, every_mentor, every_mentee]),
        np.concatenate([mentors + problem.pair_mentee, np.full(mentors + mentees, sink)]),
        np.concatenate([problem.pinned.astype(np.int64), zero]),
        np.concatenate([(~problem.forbidden).astype(np.int64), places - problem.minimum_load, problem.wanted]),
    )


@dataclass(frozen=True)
class _Group:
    """Consecutive goals folded into one cost by their weights (the last one's is 1)."""

    goals: tuple[Goal, ...]
    weights: tuple[int, ...]


def _groups(problem: Problem, network: Network) -> list[_Group]:
    """As many goals together as exact arithmetic allows, in order.

    ``spread`` bounds what any chain of re-assignments (each mentee once, with two of its pairs at most) can move
    of a goal. A weight of more than eight spreads keeps the goals apart in values, in prices and in reduced costs.
    """
    most = [int(np.abs(goal.pair_values).max(initial=0)) for goal in problem.goals]
    spread = [_spread(problem, goal) for goal in problem.goals]
    ceiling = SAFE // (len(network.supply) + 2)
    for goal, largest in zip(problem.goals, most, strict=True):
        if largest > ceiling:
            raise BadInput(
                say("The points of the goal “{goal}” are too large for exact arithmetic.", goal=goal.title),
                say("Use points of at most {most}.", most=ceiling),
            )
    groups, first = [], 0
    for end in range(1, len(problem.goals) + 1):
        if end == len(problem.goals) or _cost(most[first : end + 1], _weights(spread[first : end + 1])) > ceiling:
            groups.append(_Group(problem.goals[first:end], _weights(spread[first:end])))
            first = end
    return groups


def _spread(problem: Problem, goal: Goal) -> int:
    largest = np.zeros(len(problem.wanted), dtype=np.int64)
    np.maximum.at(largest, problem.pair_mentee, np.abs(goal.pair_values))
    return 2 * int((largest.astype(object) * np.maximum(problem.wanted, 1)).sum()) + 1 if len(largest) else 1


def _weights(spread: Sequence[int]) -> tuple[int, ...]:
    weights = [1]
    for width in reversed(spread[1:]):
        weights.append(weights[-1] * (8 * width + 1))
    return tuple(reversed(weights))


def _cost(most: Sequence[int], weights: Sequence[int]) -> int:
    return sum(largest * weight for largest, weight in zip(most, weights, strict=True))


def _cheapest(network: Network, cost: Ints, pair_mentee: Ints, cancelled: Stop | None = None) -> tuple[Ints, Ints]:
    """The cheapest flow, and each node's cheapest way to the sink; exact over all arcs.

    Large networks are sifted: solved with each mentee's cheapest pairs, then every other pair is priced and those
    that would improve come in, until none does.
    """
    pairs = len(pair_mentee)
    inside = np.ones(len(network.tail), dtype=bool)
    free = np.flatnonzero(network.upper[:pairs] > network.lower[:pairs])
    if len(free) > SIFT_FROM:
        mentee = pair_mentee[free]
        rank = np.arange(len(free)) - np.searchsorted(mentee, mentee)
        inside[free[np.lexsort((cost[free], mentee))[rank >= CHEAPEST_PAIRS]]] = False
        inside[:pairs] |= network.lower[:pairs] > 0
    distance: Ints | None = None
    while True:
        some = np.flatnonzero(inside)
        part = network if len(some) == len(inside) else network.only(some)
        flow = network.lower.copy()
        try:
            flow[some] = _from_known(part, cost[some], distance)
        except NothingFeasible:
            if inside.all():
                raise
            inside[:] = True
            continue
        # The kernel cannot be interrupted: about 1.2 seconds at 1.1 million arcs.
        check_cancelled(cancelled)
        some_flow = flow[some]
        first = distance is None
        forward, backward = some_flow < part.upper, some_flow > part.lower
        distance = distances_to_sink(part.tail, part.head, cost[some], forward, backward, len(network.supply))
        reduced = cost - distance[network.tail] + distance[network.head]
        improves = ~inside & (network.upper > flow) & (reduced < 0)
        if not improves.any():
            return flow, distance
        if first:
            # Once: what is far from being used leaves, so that the next flows are small. It may come back.
            inside[:pairs] &= (reduced[:pairs] <= int(np.abs(cost).max()) // 16) | (flow[:pairs] > 0)
        inside |= improves


def _from_known(network: Network, cost: Ints, distance: Ints | None) -> Ints:
    """The cheapest flow; where distances to the sink are known from almost the same network, beginning from them.

    Costs reduced by them and cut off far from zero leave the kernel's scaling little to do. A cut that mattered is
    seen in the answer, which is then sought again without it.
    """
    if distance is None:
        return cheapest_flow(network, cost)
    reduced = cost - distance[network.tail] + distance[network.head]
    ends = int(np.abs(cost).max(initial=0)) // 2
    flow = cheapest_flow(network, np.clip(reduced, -ends, ends))
    wrong = ((reduced < -ends) & (flow < network.upper)) | ((reduced > ends) & (flow > network.lower))
    return cheapest_flow(network, cost) if wrong.any() else flow


def cheapest_flow(network: Network, cost: Ints) -> Ints:
    """The cheapest flow within the bounds, int64 by arc; the only place that touches the kernel."""
    supply = network.supply.copy()
    np.subtract.at(supply, network.tail, network.lower)
    np.add.at(supply, network.head, network.lower)
    room = network.upper - network.lower
    nodes = len(supply)
    if (room < 0).any():
        raise NothingFeasible([say("The pins, forbids and minimum loads leave no possible proposal.")])
    if supply.sum() != 0 or np.abs(cost).max(initial=0) > SAFE // (nodes + 2):
        raise WopError(say("The flow was not balanced or its costs were out of range; this is a fault of ours."))
    open_arcs = np.flatnonzero(room > 0)
    kernel = SimpleMinCostFlow()
    # Nodes come into being with the arcs that name them; without arcs the supplies must already be zero.
    if len(open_arcs):
        kernel.add_arcs_with_capacity_and_unit_cost(
            network.tail[open_arcs], network.head[open_arcs], room[open_arcs], cost[open_arcs]
        )
    known = int(max(network.tail[open_arcs].max(initial=-1), network.head[open_arcs].max(initial=-1))) + 1
    if supply[known:].any():
        raise NothingFeasible([say("The pins, forbids and minimum loads leave no possible proposal.")])
    flow = network.lower.copy()
    if not known:
        return flow
    kernel.set_nodes_supplies(np.arange(known), supply[:known])
    status = kernel.solve()
    if status == kernel.INFEASIBLE:
        raise NothingFeasible([say("The pins, forbids and minimum loads leave no possible proposal.")])
    if status != kernel.OPTIMAL:
        raise WopError(say("The flow ended with status {status}; this is a fault of ours.", status=status.name))
    flow[open_arcs] += np.asarray(kernel.flows(np.arange(len(open_arcs))), dtype=np.int64)
    return flow


def _optimal_face(network: Network, cost: Ints, flow: Ints, distance: Ints) -> Network:
    """The bounds that all optimal flows keep (complementary slackness)."""
    reduced = cost - distance[network.tail] + distance[network.head]
    lower = np.where(reduced < 0, network.upper, network.lower)
    upper = np.where(reduced > 0, network.lower, network.upper)
    if (flow < lower).any() or (flow > upper).any():
        raise WopError(say("The prices of the flow do not fit its answer; this is a fault of ours."))
    return Network(network.supply, network.tail, network.head, lower, upper)


def _prices(problem: Problem, distance: Ints, weights: Sequence[int], index: int) -> Prices:
    """The part of one goal of a folded group in the prices of places and mentees.

    One more place of a mentor is one more unit sent from it to the sink, at the cost of the cheapest way there;
    a mentee's price is what its place in the answer saves against that of another.
    """
    mentors = len(problem.places)
    unreachable = distance > SAFE // 4
    gain = np.where(unreachable, 0, distance)
    places = -np.minimum(gain[:mentors], 0)
    mentees = np.maximum(gain[mentors:-1], 0)
    return Prices(_part(places, weights, index), np.zeros(0), _part(mentees, weights, index))


def _part(folded: Ints, weights: Sequence[int], index: int) -> np.typing.NDArray[np.float64]:
    """One goal's part of folded points: what remains nearest to zero after the goals before it."""
    rest = folded
    part = folded
    for weight in weights[: index + 1]:
        part = (rest + weight // 2) // weight
        rest = rest - part * weight
    return part.astype(np.float64)
