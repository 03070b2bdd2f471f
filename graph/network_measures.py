"""What is said of a utility's standing in a network: its community, how far its help reached, how much it bridges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from graph.network_layout import Floats, Ints

if TYPE_CHECKING:
    import networkx as nx

REACH_STEPS = 3
"""Partnerships in a row that count as reach; further, most of a network is within it."""
SEED = 1
SAMPLE = 160
"""Utilities from which chains are counted; in a smaller network it is all of them."""


def communities(graph: nx.Graph[int]) -> Ints:
    """The community int64[n] of each node 0..n-1: 0 is the largest; of equal ones, whose first node comes first.

    Louvain's method (Blondel et al. 2008) as NetworkX has it, with a fixed seed.
    """
    import networkx as nx

    found = nx.community.louvain_communities(graph, seed=SEED) if len(graph) else []
    number = np.zeros(len(graph), dtype=np.int64)
    for place, members in enumerate(sorted(found, key=lambda members: (-len(members), min(members)))):
        number[list(members)] = place
    return number


def reach(count: int, mentor: Ints, mentee: Ints) -> Ints:
    """How many utilities each one's help reached, int64[count]: its mentees, theirs, and theirs again."""
    from scipy import sparse  # only a new drawing needs it, and pages load fast without

    if not len(mentor):
        return np.zeros(count, dtype=np.int64)
    ones = np.ones(len(mentor), dtype=np.float32)
    step: Any = sparse.csr_matrix((ones, (mentor, mentee)), shape=(count, count))
    step.data[:] = 1
    reached, ends = step.copy(), step
    for _ in range(REACH_STEPS - 1):
        ends = ends @ step
        ends.data[:] = 1
        reached = reached + ends
    reached.setdiag(0)
    reached.eliminate_zeros()
    return np.asarray(np.diff(reached.tocsr().indptr), dtype=np.int64)


def bridging(graph: nx.Graph[int]) -> Floats:
    """The share 0..1 of shortest chains between others that each node lies on (betweenness centrality), float64[n].

    Beyond ``SAMPLE`` nodes it is estimated from the chains of that many, drawn with a fixed seed (Brandes and Pich
    2007).
    """
    import networkx as nx

    if len(graph) < 3:
        return np.zeros(len(graph))
    found = nx.betweenness_centrality(graph, k=min(SAMPLE, len(graph)), seed=SEED)
    return np.array([found[node] for node in range(len(graph))])
