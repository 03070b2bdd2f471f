"""The network as GraphML, read back by NetworkX."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import networkx as nx
import pytest

from graph.errors import BadInput
from graph.graphml import export_graphml
from graph.store import Store


@pytest.fixture
def partnerships(store: Store) -> Store:
    """Three utilities; M helped N twice, N helped the private P once."""
    with store.write() as transaction:
        transaction.merge_nodes("Region", {"id": ["eastern_africa"], "name": ["Eastern Africa"]})
        transaction.merge_nodes("Country", {"id": ["KEN"], "name": ["Kenya"]})
        transaction.merge_edges("IN", {"source": ["KEN"], "target": ["eastern_africa"]})
        utilities: dict[str, list[Any]] = {
            "id": ["M", "N", "P"],
            "name": ["Ménard & <Fils>", "N\x0b水", "Private"],
            "country": ["KEN"] * 3,
            "latitude": [-1.5, None, 2.0],
            "private": [None, False, True],
        }
        transaction.merge_nodes("Utility", utilities)
        transaction.merge_nodes("CapabilityGroup", {"id": ["g"], "name": ["Group"]})
        transaction.merge_nodes("Capability", {"id": ["nrw", "tariff"], "name": ["Non-revenue water", "Tariffs"]})
        transaction.merge_edges("PART_OF", {"source": ["nrw", "tariff"], "target": ["g", "g"]})
        transaction.merge_edges("OFFERS", {"source": ["M", "M", "P"], "target": ["nrw", "tariff", "nrw"]})
        transaction.merge_edges("NEEDS", {"source": ["N"], "target": ["nrw"], "priority": [1]})
        transaction.merge_nodes("Metric", {"id": ["nrw_percent", "connections"]})
        figures: dict[str, list[Any]] = {
            "source": ["M", "M", "M", "N", "P"],
            "target": ["nrw_percent", "nrw_percent", "connections", "connections", "connections"],
            "key": ["2019", "2021", "", "2020", "2020"],
            "value": [40.0, 31.5, 7000.0, 99.0, 98.0],
            "year": [2019, 2021, None, 2020, 2020],
            "private": [None, None, None, True, None],
        }
        transaction.merge_edges("OBSERVED", figures)
        pairs: dict[str, list[Any]] = {
            "id": ["P1", "P2", "P3"],
            "wop": ["W1", "W2", "W3"],
            "start_year": [2010, None, 2015],
            "end_year": [2012, None, None],
        }
        transaction.merge_nodes("Partnership", pairs)
        transaction.merge_edges("MENTORS_IN", {"source": ["M", "M", "N"], "target": ["P1", "P2", "P3"]})
        transaction.merge_edges("LEARNS_IN", {"source": ["N", "N", "P"], "target": ["P1", "P2", "P3"]})
        transaction.merge_edges("COVERS", {"source": ["P1", "P1"], "target": ["nrw", "tariff"]})
        transaction.merge_nodes("Programme", {"id": ["WaterWorX"], "name": ["WaterWorX"]})
        transaction.merge_edges("RUNS", {"source": ["WaterWorX"], "target": ["P1"]})
    return store


def exported(store: Store, path: Path) -> Any:
    with store.read() as reader:
        export_graphml(reader, path)
    return nx.read_graphml(path, force_multigraph=True)


def test_utilities_are_nodes_with_what_is_known_of_them(partnerships: Store, tmp_path: Path) -> None:
    graph = exported(partnerships, tmp_path / "network.graphml")
    place = {"country": "Kenya", "country_code": "KEN", "region": "Eastern Africa"}
    assert dict(graph.nodes(data=True)) == {
        "M": {
            "label": "Ménard & <Fils>",
            "name": "Ménard & <Fils>",
            **place,
            "mentor_in": 2,
            "mentee_in": 0,
            "offers": 2,
            "latitude": -1.5,
            "nrw_percent": 31.5,
            "nrw_percent_year": 2021,
            "connections": 7000.0,
        },
        "N": {"label": "N水", "name": "N水", **place, "mentor_in": 1, "mentee_in": 2, "offers": 0},
        "P": {"label": "Private", "name": "Private", **place, "mentor_in": 0, "mentee_in": 1},
    }


def test_partnerships_are_edges_from_mentor_to_mentee(partnerships: Store, tmp_path: Path) -> None:
    graph = exported(partnerships, tmp_path / "network.graphml")
    assert graph.is_directed()
    assert {(mentor, mentee, key): data for mentor, mentee, key, data in graph.edges(keys=True, data=True)} == {
        ("M", "N", "P1"): {
            "wop": "W1",
            "start_year": 2010,
            "end_year": 2012,
            "topics": "Non-revenue water; Tariffs",
            "programme": "WaterWorX",
        },
        ("M", "N", "P2"): {"wop": "W2"},
        ("N", "P", "P3"): {"wop": "W3", "start_year": 2015},
    }


def test_numbers_have_number_types(partnerships: Store, tmp_path: Path) -> None:
    exported(partnerships, tmp_path / "network.graphml")
    text = (tmp_path / "network.graphml").read_text(encoding="utf-8")
    for name, type in (
        ("mentor_in", "long"),
        ("nrw_percent", "double"),
        ("nrw_percent_year", "long"),
        ("name", "string"),
    ):
        assert f'attr.name="{name}" attr.type="{type}"' in text


def test_equal_graphs_give_equal_bytes(partnerships: Store, tmp_path: Path) -> None:
    exported(partnerships, tmp_path / "1.graphml")
    exported(partnerships, tmp_path / "2.graphml")
    assert (tmp_path / "1.graphml").read_bytes() == (tmp_path / "2.graphml").read_bytes()


def test_an_empty_network(store: Store, tmp_path: Path) -> None:
    assert len(exported(store, tmp_path / "empty.graphml")) == 0


def test_a_folder_that_does_not_exist(store: Store, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be written"):
        exported(store, tmp_path / "nowhere" / "network.graphml")
