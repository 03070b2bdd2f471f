"""Exact prices of a flow: each node's cheapest way to the sink in the residual network."""

from __future__ import annotations

import numpy as np

from matcher.problem import Flags, Ints


def distances_to_sink(tail: Ints, head: Ints, cost: Ints, forward: Flags, backward: Flags, nodes: int) -> Ints:
    """Cheapest way from every node to the last node, int64[nodes], over the residual arcs of an optimal flow.

    ``forward``: the arc has room; ``backward``: the arc has flow that may be taken back. Nodes without any way
    get distances above every possible one, still consistent among themselves, so that in all cases
    ``cost - distance[tail] + distance[head]`` is >= 0 where forward and <= 0 where backward.

    Bellman-Ford, relaxing in each round only the arcs into nodes that came nearer in the last one. It ends
    because the residual network of an optimal flow has no negative cycle.
    """
    start = np.concatenate([tail[forward], head[backward]])
    end = np.concatenate([head[forward], tail[backward]])
    price = np.concatenate([cost[forward], -cost[backward]])
    order = np.argsort(end, kind="stable")
    start, price = start[order], price[order]
    first = np.searchsorted(end[order], np.arange(nodes + 1))
    far = (nodes + 1) * (int(np.abs(cost).max(initial=0)) + 1)
    distance = np.full(nodes, far, dtype=np.int64)
    distance[nodes - 1] = 0
    # Every node starts as "nearer": ways among nodes that never reach the sink must be consistent too.
    nearer = np.arange(nodes)
    while len(nearer):
        count = first[nearer + 1] - first[nearer]
        arcs = np.repeat(first[nearer] - np.cumsum(count) + count, count) + np.arange(count.sum())
        offered = price[arcs] + np.repeat(distance[nearer], count)
        better = offered < distance[start[arcs]]
        reached = start[arcs[better]]
        np.minimum.at(distance, reached, offered[better])
        nearer = np.unique(reached)
    return distance
