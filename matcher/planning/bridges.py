"""Who holds the network together: parts, cut points, cut partnerships, and bridges between communities.

The graph joins two utilities that took part in a pair together. Betweenness is the share of shortest chains between
other utilities that pass through one (Brandes 2001), over all utilities up to ``EXACT`` of them, above that estimated
from ``SAMPLE`` of them (Brandes and Pich 2007), which the answer says. Communities are those of Louvain's method
(Blondel and others 2008) with a fixed seed, so that the same network has the same ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import TYPE_CHECKING, TypedDict

from graph.model import Partnership
from graph.network import Network
from graph.sentences import Sentence, say
from matcher.document import SentenceJson, UtilityRef
from matcher.pairs import utility_ref
from matcher.planning.tables import Column, PlanTable

if TYPE_CHECKING:
    import networkx as nx

EXACT, SAMPLE = 1_000, 60
LISTED = 10


class Bridge(TypedDict):
    """A utility between others; ``cut_off`` utilities would be apart from the rest without it, ``communities`` it ties.

    ``betweenness`` is the share of shortest chains between others that pass through it.
    """

    utility: UtilityRef
    partners: int
    betweenness: float
    cut_off: int
    communities: int


class BridgesAnswer(TypedDict):
    """What holds together: ``parts`` without a chain between them, ``largest`` utilities of the largest part.

    ``cut_points`` utilities and ``cut_pairs`` pairs of utilities without which a part falls apart; ``across`` pairs of
    utilities of two communities. ``exact``: betweenness is of all chains, not estimated.
    """

    utilities: int
    parts: int
    largest: int
    communities: int
    across: int
    ties: int
    cut_points: int
    cut_pairs: int
    exact: bool
    bridges: list[Bridge]
    text_s: SentenceJson


def bridges(network: Network, parts: Collection[Partnership]) -> tuple[BridgesAnswer, tuple[PlanTable, ...]]:
    """Who holds the network of these partnerships together, those with the highest betweenness first, and the rows."""
    import networkx as nx  # only where it is asked: pages that need no graph start without it

    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(sorted({end for part in parts for end in (part.mentor, part.mentee)}))
    graph.add_edges_from(sorted({_ends(part.mentor, part.mentee) for part in parts if part.mentor != part.mentee}))
    found_parts = (sorted(found) for found in nx.connected_components(graph))
    components = sorted(found_parts, key=lambda one: (-len(one), one))
    exact = len(graph) <= EXACT
    between = nx.betweenness_centrality(graph, k=None if exact else SAMPLE, seed=0) if len(graph) else {}
    communities = nx.community.louvain_communities(graph, seed=0) if graph.number_of_edges() else []
    community = {id: at for at, found in enumerate(communities) for id in found}
    across = [(one, other) for one, other in graph.edges if community[one] != community[other]]
    points = set(nx.articulation_points(graph))
    cut_pairs = sorted(_ends(*pair) for pair in nx.bridges(graph))
    size = {id: len(found) for found in components for id in found}
    first = sorted(graph, key=lambda id: (-between[id], id))[:LISTED]
    rows: list[Bridge] = [
        {
            "utility": utility_ref(network, id),
            "partners": graph.degree(id),
            "betweenness": round(float(between[id]), 6),
            "cut_off": _cut_off(graph, id, size[id]) if id in points else 0,
            "communities": len({community[other] for other in graph[id]} | {community[id]}),
        }
        for id in first
        if between[id] > 0
    ]
    answer: BridgesAnswer = {
        "utilities": len(graph),
        "parts": len(components),
        "largest": len(components[0]) if components else 0,
        "communities": len(communities),
        "across": len(across),
        "ties": graph.number_of_edges(),
        "cut_points": len(points),
        "cut_pairs": len(cut_pairs),
        "exact": exact,
        "bridges": rows,
        "text_s": Sentence("").to_json(),
    }
    answer["text_s"] = _sentence(answer).to_json()
    touching = Counter(end for pair in across for end in pair)
    members = (
        Column("utility", say("Utility"), "utility"),
        Column("part", say("Part"), "number"),
        Column("community", say("Community"), "number"),
        Column("partners", say("Partners"), "number"),
        Column("betweenness", say("Chains through it"), "share"),
        Column("cut_point", say("Cut point"), "flag"),
        Column("across", say("Partners in other communities"), "number"),
    )
    part_of = {id: at for at, found in enumerate(components, start=1) for id in found}
    rows_of_utilities = tuple(
        (
            id,
            part_of[id],
            community.get(id, -1) + 1,
            graph.degree(id),
            round(float(between[id]), 6),
            id in points,
            touching[id],
        )
        for id in graph
    )
    ends = (Column("utility", say("Utility"), "utility"), Column("other", say("Partner"), "utility"))
    return answer, (
        PlanTable("held", say("Utilities by part and community"), members, rows_of_utilities),
        PlanTable(
            "parts",
            say("Parts without a chain between them"),
            (
                Column("part", say("Part"), "number"),
                Column("size", say("Utilities"), "number"),
                Column("utility", say("One of them"), "utility"),
            ),
            tuple((at, len(found), found[0]) for at, found in enumerate(components, start=1)),
        ),
        PlanTable("cut_pairs", say("Ties without which a part falls apart"), ends, tuple(cut_pairs)),
        PlanTable("across", say("Ties between communities"), ends, tuple(sorted(_ends(*pair) for pair in across))),
    )


def _ends(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)


def _cut_off(graph: nx.Graph[str], id: str, size: int) -> int:
    """How many of its part are apart from the largest remainder once this utility is gone."""
    import networkx as nx

    within = nx.node_connected_component(graph, id) - {id}
    remainders = nx.connected_components(graph.subgraph(within))
    return size - 1 - max(len(found) for found in remainders)


def _sentence(answer: BridgesAnswer) -> Sentence:
    if not answer["bridges"]:
        return say("No utility stands between others: the network has no bridges.")
    first = answer["bridges"][0]
    if first["cut_off"]:
        return say(
            "{largest} of {utilities} utilities are joined by chains of partnerships. {utility} stands between most of"
            " them; without it {cut} would be cut off from the rest.",
            largest=answer["largest"],
            utilities=answer["utilities"],
            utility=first["utility"]["name"],
            cut=first["cut_off"],
        )
    return say(
        "{largest} of {utilities} utilities are joined by chains of partnerships. {utility} stands between most of"
        " them; without it the others would still be joined.",
        largest=answer["largest"],
        utilities=answer["utilities"],
        utility=first["utility"]["name"],
    )
