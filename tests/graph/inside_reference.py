"""What a store answers by itself, worked out again from a whole snapshot: slowly, and without any query."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from datetime import date

import networkx as nx

from graph.inside import (
    Candidate,
    Candidates,
    Chain,
    Needed,
    Neighbour,
    Neighbourhood,
    Place,
    Shared,
    SupplyDemand,
    Tie,
)
from graph.model import Partnership
from graph.network import Network
from graph.register import known_by, with_inferred


def last_day(year: int) -> date:
    return date(year, 12, 31)


def counting(network: Network, year: int) -> list[Partnership]:
    return [row for row in network.partnerships if row.status != "planned" and known_by(row, last_day(year))]


def ties(network: Network, year: int) -> nx.Graph[str]:
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(utility.id for utility in network.utilities)
    graph.add_edges_from((row.mentor, row.mentee) for row in counting(network, year))
    return graph


def place(network: Network, id: str) -> Place:
    utility = network.utility_by_id[id]
    return Place(id, utility.name, utility.country)


def neighbourhood(network: Network, id: str, depth: int, year: int, most: int) -> Neighbourhood:
    graph = ties(network, year)
    distances = nx.single_source_shortest_path_length(graph, id, cutoff=depth)
    found = []
    for other, distance in distances.items():
        if distance:
            via = min(near for near in graph[other] if distances.get(near) == distance - 1)
            at = place(network, other)
            found.append(Neighbour(other, at.name, at.country, distance, via))
    counts = Counter(row.distance for row in found)
    found.sort(key=lambda row: (row.distance, row.id))
    return Neighbourhood(
        place(network, id), tuple(counts[distance] for distance in range(1, depth + 1)), tuple(found[:most])
    )


def chain(network: Network, source: str, target: str, year: int) -> Chain:
    graph = ties(network, year)
    ends = place(network, source), place(network, target)
    if not nx.has_path(graph, source, target):
        return Chain(*ends, (), ())
    ids = min(nx.all_shortest_paths(graph, source, target))
    rows = counting(network, year)
    links = [
        tuple(
            Tie(row.id, row.wop, row.mentor, row.mentee, row.start_year, row.end_year)
            for row in rows
            if {row.mentor, row.mentee} == {one, two}
        )
        for one, two in itertools.pairwise(ids)
    ]
    return Chain(*ends, tuple(place(network, id) for id in ids), tuple(links))


def candidate_mentors(network: Network, id: str, year: int, most: int) -> Candidates:
    whole = with_inferred(network, last_day(year))
    needs = {need.capability: need for need in whole.needs if need.utility == id}
    shared: defaultdict[str, list[Shared]] = defaultdict(list)
    for offer in whole.offers:
        if offer.utility != id and offer.capability in needs:
            shared[offer.utility].append(Shared(offer.capability, offer.provenance, offer.level))
    ranked = sorted(shared, key=lambda other: (-len(shared[other]), -stated(shared[other]), other))
    rows = []
    for other in ranked[:most]:
        at = place(network, other)
        rows.append(Candidate(other, at.name, at.country, tuple(shared[other])))
    needed = [
        Needed(need.capability, network.capability_by_id[need.capability].name, need.provenance, bool(need.private))
        for _, need in sorted(needs.items())
    ]
    return Candidates(place(network, id), tuple(needed), len(shared), tuple(rows))


def stated(shared: list[Shared]) -> int:
    return sum(row.offer == "stated" for row in shared)


def supply_and_demand(network: Network, year: int) -> tuple[SupplyDemand, ...]:
    whole = with_inferred(network, last_day(year))
    region = {utility.id: network.region_of(utility) for utility in network.utilities}
    counted: Counter[tuple[str, str, str, str]] = Counter()
    for kind, records in (("offer", whole.offers), ("need", whole.needs)):
        for record in records:
            counted[record.capability, region[record.utility].id, kind, record.provenance] += 1
    return tuple(
        SupplyDemand(
            at[0],
            network.capability_by_id[at[0]].name,
            at[1],
            network.region_by_id[at[1]].name,
            *(counted[(*at, kind, how)] for kind in ("offer", "need") for how in ("stated", "inferred")),
        )
        for at in sorted({key[:2] for key in counted})
    )
