"""The drawing of a network: the same each time, steady as the network grows, its measures right."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from graph.drawing import Drawing, draw, drawing_digest, keep_drawing, kept_drawing
from graph.model import Partnership
from graph.network_layout import rim
from graph.network_measures import bridging, communities, reach
from graph.store import open_store


def pairs_of(seed: int, utilities: int, count: int) -> list[Partnership]:
    """Partnerships of an invented network in which each third utility is a group of its own."""
    source = random.Random(seed)
    found = []
    for number in range(count):
        group = source.randrange(3)
        one, other = source.sample(range(group, utilities, 3), 2)
        found.append(Partnership(id=f"P{number}", wop=f"w{number}", mentor=f"U{one:03}", mentee=f"U{other:03}"))
    return found


def places(drawing: Drawing) -> dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    rows = zip(drawing.utilities, drawing.x, drawing.y, strict=True)
    return {id: np.array((x, y)) for id, x, y in rows}


@pytest.fixture(scope="module")
def partnerships() -> list[Partnership]:
    return pairs_of(seed=4, utilities=90, count=120)


@pytest.fixture(scope="module")
def drawing(partnerships: Sequence[Partnership]) -> Drawing:
    return draw(partnerships)


def test_the_same_partnerships_are_drawn_the_same(partnerships: list[Partnership], drawing: Drawing) -> None:
    others = [replace(one, id=f"other {one.id}", start_year=2020) for one in reversed(partnerships)]
    assert draw(others) == drawing
    assert drawing_digest(others) == drawing.digest
    assert drawing_digest(others[1:]) != drawing.digest


def test_partners_are_near_and_nobody_covers_another(partnerships: list[Partnership], drawing: Drawing) -> None:
    at = places(drawing)
    assert all(np.hypot(*place) <= 1.0001 for place in at.values())
    between = [float(np.hypot(*(at[one] - at[other]))) for one, other in combinations(sorted(at), 2)]
    assert min(between) > 0.005
    joined = [float(np.hypot(*(at[one.mentor] - at[one.mentee]))) for one in partnerships]
    assert np.mean(joined) < np.mean(between) / 2


def test_a_network_that_grows_does_not_jump(partnerships: list[Partnership], drawing: Drawing) -> None:
    new = [replace(partnerships[0], id="new", mentor="U000", mentee="Z1"), replace(partnerships[0], mentor="Z2")]
    grown = draw([*partnerships, *new], drawing)
    before, after = places(drawing), places(grown)
    assert set(after) - set(before) == {"Z1", "Z2"}
    moved = [float(np.hypot(*(after[id] - before[id]))) for id in before]
    again = places(draw([*partnerships, *new]))
    assert np.median(moved) < 0.06
    assert np.median(moved) < np.median([float(np.hypot(*(again[id] - before[id]))) for id in before]) / 2


@pytest.mark.parametrize("count", [0, 1, 2])
def test_the_smallest_networks_are_drawn(count: int) -> None:
    few = [Partnership(id=f"P{n}", wop="w", mentor="A", mentee="B" if n else "A") for n in range(count)]
    drawing = draw(few)
    assert len(drawing.utilities) == len(drawing.x) == count
    assert np.isfinite([*drawing.x, *drawing.y]).all()


def test_reach_counts_whom_help_was_passed_on_to() -> None:
    source = random.Random(8)
    for _ in range(30):
        ends = np.array([(source.randrange(9), source.randrange(9)) for _ in range(source.randrange(14))]).reshape(
            -1, 2
        )
        graph: nx.DiGraph[int] = nx.DiGraph()
        graph.add_nodes_from(range(9))
        graph.add_edges_from((int(one), int(other)) for one, other in ends)
        expected = [len(nx.single_source_shortest_path_length(graph, node, cutoff=3)) - 1 for node in range(9)]
        assert reach(9, ends[:, 0], ends[:, 1]).tolist() == expected, ends.tolist()


def test_communities_are_the_groups_and_bridges_join_them() -> None:
    graph = nx.disjoint_union(nx.complete_graph(6), nx.complete_graph(5))
    graph.add_edge(0, 6)
    groups = communities(graph)
    assert groups.tolist() == [0] * 6 + [1] * 5
    bridges = bridging(graph)
    assert set(np.argsort(-bridges)[:2].tolist()) == {0, 6}
    assert bridges[1] == 0


def test_around_the_drawing_there_is_room_for_any_number() -> None:
    around = rim(700)
    assert len({tuple(place) for place in around.round(6).tolist()}) == 700
    assert np.hypot(*around.T).min() > 1


def test_the_store_keeps_one_drawing_and_its_revision(tmp_path: Path, drawing: Drawing) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'kept.sqlite'}")
    with store.read() as reader:
        assert kept_drawing(reader) is None
    before = store.revision()
    keep_drawing(store, replace(drawing, digest="older"))
    keep_drawing(store, drawing)
    with store.read() as reader:
        assert kept_drawing(reader) == drawing
    assert store.revision() == before
    store.close()
