"""The queries of the page for Neo4j Browser, on the register in a real server, against figures made in Python."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import inside_reference as reference
import neo4j
import pytest
from neo4j_server import GivenServer

from graph.ingest import import_paths
from graph.neo4j_access import Neo4jAccess
from graph.network import Network, read_network
from graph.reference import REGISTER, load_reference
from graph.store import open_store

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "neo4j-browser.md"
QUERY = re.compile(r"^## (\d+)\. [^\n]*\n\n([^\n]+(?:\n[^\n]+)*)\n\n```cypher\n(.*?)^```", re.MULTILINE | re.DOTALL)
QUERIES = {int(number): text for number, _sentence, text in QUERY.findall(PAGE.read_text(encoding="utf-8"))}
LOSSES = "non_revenue_water"

Rows = list[list[Any]]


@pytest.fixture(scope="module")
def register(neo4j_server: GivenServer) -> Iterator[tuple[neo4j.Driver, Network]]:
    """The register in the server, and the same as a snapshot."""
    neo4j_server.empty()
    store = open_store(neo4j_server.address, Neo4jAccess(neo4j_server.user, neo4j_server.password))
    load_reference(store)
    import_paths(store, [Path(str(REGISTER))])
    with store.read() as reader:
        network = read_network(reader)
    store.close()
    with neo4j.GraphDatabase.driver(neo4j_server.address, auth=(neo4j_server.user, neo4j_server.password)) as driver:
        yield driver, network


def name(network: Network, id: str) -> str:
    return network.utility_by_id[id].name


def most_mentees(network: Network) -> Rows:
    mentees: defaultdict[str, set[str]] = defaultdict(set)
    for row in network.partnerships:
        mentees[row.mentor].add(row.mentee)
    return sorted(([name(network, id), len(found)] for id, found in mentees.items()), key=by_count(1))[:10]


def taught_most(network: Network) -> Rows:
    counted = Counter(capability for row in network.partnerships for capability in row.capabilities)
    rows = ([network.capability_by_id[id].name, count] for id, count in counted.items())
    return sorted(rows, key=by_count(1))


def teachers(network: Network) -> Rows:
    counted = Counter(row.mentor for row in network.partnerships if LOSSES in row.capabilities)
    rows = ([name(network, id), network.utility_by_id[id].country, count] for id, count in counted.items())
    return sorted(rows, key=by_count(2))


def flows(network: Network) -> Rows:
    def region(id: str) -> str:
        return network.region_of(network.utility_by_id[id]).id

    counted = Counter((region(row.mentor), region(row.mentee)) for row in network.partnerships)
    return sorted(([*ends, count] for ends, count in counted.items()), key=lambda row: (-row[2], row[0], row[1]))


def both_roles(network: Network) -> Rows:
    mentored, learned = (Counter(getattr(row, side) for row in network.partnerships) for side in ("mentor", "mentee"))
    rows = ([name(network, id), learned[id], mentored[id]] for id in mentored.keys() & learned.keys())
    return sorted(rows, key=by_count(2))


def apart(network: Network) -> Rows:
    one = network.find_utility("Dhaka WASA").id
    other = network.find_utility("National Water and Sewerage Corporation").id
    return [[len(reference.chain(network, one, other, 9999).links)]]


def within_two(network: Network) -> Rows:
    ties = reference.ties(network, 9999)
    (onea,) = (utility.id for utility in network.utilities if utility.name == "ONEA")
    partners = set(ties[onea])
    rows = ([name(network, id), len(set(ties[id]) - partners - {onea})] for id in partners)
    return sorted(rows, key=by_count(1))


def nobody_yet(network: Network) -> Rows:
    taking_part = {side for row in network.partnerships for side in (row.mentor, row.mentee)}
    region = {utility.id: network.region_of(utility).id for utility in network.utilities}
    utilities, without = Counter(region.values()), Counter(region[id] for id in region.keys() - taking_part)
    rows = ([id, without[id], count] for id, count in utilities.items())
    return sorted(rows, key=by_count(1))


def programmes(network: Network) -> Rows:
    rows = []
    for programme in {row.programme for row in network.partnerships if row.programme}:
        pairs = [row for row in network.partnerships if row.programme == programme]
        countries = {network.utility_by_id[row.mentee].country for row in pairs}
        starts = [row.start_year for row in pairs if row.start_year is not None]
        ends = [row.end_year or row.start_year for row in pairs]
        known = [year for year in ends if year is not None]
        rows.append([programme, len(pairs), len(countries), min(starts, default=None), max(known, default=None)])
    return sorted(rows, key=by_count(1))


def worst_losses(network: Network) -> Rows:
    helped = {row.mentee for row in network.partnerships if LOSSES in row.capabilities}
    rows = [
        [name(network, id), network.utility_by_id[id].country, figure.value, figure.year]
        for (id, metric), figure in network.figures.items()
        if metric == "nrw_percent" and id not in helped
    ]
    return sorted(rows, key=by_count(2))[:20]


def by_count(at: int) -> Any:
    return lambda row: (-row[at], row[0])


EXPECTED = {
    1: most_mentees,
    2: taught_most,
    3: teachers,
    4: flows,
    5: both_roles,
    6: apart,
    7: within_two,
    8: nobody_yet,
    9: programmes,
    10: worst_losses,
}


def test_the_page_has_ten_queries_each_with_a_sentence() -> None:
    assert sorted(QUERIES) == sorted(EXPECTED) == list(range(1, 11))
    assert PAGE.read_text(encoding="utf-8").count("```cypher") == len(QUERIES)


@pytest.mark.parametrize("number", sorted(EXPECTED))
def test_a_query_answers_what_the_network_says(register: tuple[neo4j.Driver, Network], number: int) -> None:
    driver, network = register
    records = driver.execute_query(QUERIES[number], routing_="r").records
    rows = [[value for value in record.values() if not isinstance(value, neo4j.graph.Path)] for record in records]
    assert rows == EXPECTED[number](network)
    assert rows, "a query that finds nothing proves nothing"
