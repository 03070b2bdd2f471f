"""The network as records: each field of an edge lands in the record's field of the same meaning."""

from __future__ import annotations

from typing import Any

import pytest

from graph.errors import BadInput, UnknownName
from graph.model import Need, Observation, Offer, Partnership, Utility
from graph.network import Network, read_network
from graph.store import Store


@pytest.fixture
def network(store: Store) -> Network:
    with store.write() as transaction:
        transaction.merge_nodes("Region", {"id": ["eastern_africa"], "name": ["Eastern Africa"]})
        transaction.merge_nodes("Country", {"id": ["KEN"], "name": ["Kenya"], "languages": [("en", "sw")]})
        transaction.merge_edges("IN", {"source": ["KEN"], "target": ["eastern_africa"]})
        utilities = {"id": ["B", "A", "C"], "name": ["Twin", "Alone", "twin"], "country": ["KEN"] * 3}
        transaction.merge_nodes("Utility", utilities)
        transaction.merge_nodes("CapabilityGroup", {"id": ["g"], "name": ["Group"]})
        transaction.merge_nodes("Capability", {"id": ["nrw", "tariff"], "name": ["NRW", "Tariffs"]})
        transaction.merge_edges("PART_OF", {"source": ["nrw", "tariff"], "target": ["g", "g"]})
        transaction.merge_edges("RELATED_TO", {"source": ["nrw"], "target": ["tariff"], "closeness": [0.5]})
        offers: dict[str, list[Any]] = {"source": ["A"], "target": ["nrw"], "level": [4], "stated_by": ["its website"]}
        transaction.merge_edges("OFFERS", offers)
        needs: dict[str, list[Any]] = {
            "source": ["B"],
            "target": ["nrw"],
            "baseline": [40.0],
            "target_value": [25.0],
            "stated_by": ["its manager"],
        }
        transaction.merge_edges("NEEDS", needs)
        transaction.merge_nodes("Metric", {"id": ["connections"]})
        figures: dict[str, list[Any]] = {
            "source": ["A"] * 3,
            "target": ["connections"] * 3,
            "key": ["", "2019", "2021"],
            "value": [1.0, 2.0, 3.0],
            "year": [None, 2019, 2021],
        }
        transaction.merge_edges("OBSERVED", figures)
        transaction.merge_nodes("Partnership", {"id": ["P1"], "wop": ["W1"], "start_year": [2010]})
        transaction.merge_edges("MENTORS_IN", {"source": ["A"], "target": ["P1"]})
        transaction.merge_edges("LEARNS_IN", {"source": ["B"], "target": ["P1"]})
        transaction.merge_edges("COVERS", {"source": ["P1", "P1"], "target": ["tariff", "nrw"]})
        transaction.merge_nodes("Funder", {"id": ["F"], "name": ["F"]})
        transaction.merge_edges("FUNDS", {"source": ["F"], "target": ["P1"]})
    with store.read() as reader:
        return read_network(reader)


def test_records_hold_what_the_store_holds(network: Network) -> None:
    assert network.revision == 1
    assert network.utilities == tuple(
        Utility(id=id, name=name, country="KEN") for id, name in (("A", "Alone"), ("B", "Twin"), ("C", "twin"))
    )
    assert network.offers == (Offer(utility="A", capability="nrw", level=4, source="its website"),)
    assert network.needs == (Need(utility="B", capability="nrw", baseline=40.0, target=25.0, source="its manager"),)
    assert network.partnerships == (
        Partnership(
            id="P1", wop="W1", mentor="A", mentee="B", capabilities=("nrw", "tariff"), start_year=2010, funder="F"
        ),
    )
    assert network.capability_by_id["nrw"].related == (("tariff", 0.5),)
    assert network.country_by_id["KEN"].languages == ("en", "sw")
    assert network.region_of(network.utility_by_id["A"]).name == "Eastern Africa"


def test_the_newest_figure_counts(network: Network) -> None:
    assert network.figures == {("A", "connections"): Observation("A", "connections", 3.0, 2021)}


def test_a_utility_is_found_by_id_or_by_a_name_that_only_it_has(network: Network) -> None:
    assert network.find_utility("C").id == "C"
    assert network.find_utility(" alone ").id == "A"
    with pytest.raises(BadInput, match="B, C"):
        network.find_utility("Twin")
    with pytest.raises(UnknownName, match="Alone"):
        network.find_utility("Alonne")
