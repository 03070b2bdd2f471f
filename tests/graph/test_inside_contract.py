"""What a store answers by itself, on each store of ``conftest.open_store_again``, against the whole network."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import inside_reference as reference
import pytest

from fixtures.worlds import write_world
from graph.errors import BadInput
from graph.ingest import import_paths
from graph.inside import Chain, Needed, Place, Shared, SupplyDemand
from graph.network import Network, read_network
from graph.reference import load_reference
from graph.register import with_inferred
from graph.rounds import rounds, save_round
from graph.store import Reader, Store

OpenStore = Callable[[], Store]

ALL = 1_000_000
YEAR = 2026
NAMES = ["a", "B", "ä", "Z", "𝔘", "\uffee", "水道局", "é", "e\u0301", "0", "a b", "'\"`--"]


def network_of(store: Store) -> Network:
    with store.read() as reader:
        return read_network(reader)


def small(store: Store, ties: list[tuple[str, str]], **fields: list[Any]) -> None:
    """Utilities by their one-letter names, and a partnership for each tie: mentor first."""
    ids = sorted({name for tie in ties for name in tie} | {"alone"})
    keys = [f"P{at:03}" for at in range(len(ties))]
    years: dict[str, list[Any]] = {"start_year": [2020] * len(ties), "wop": keys, **fields}
    with store.write() as transaction:
        transaction.merge_nodes("Region", {"id": ["R1"], "name": ["Region"]})
        transaction.merge_nodes("Country", {"id": ["KEN"], "name": ["Kenya"]})
        transaction.merge_edges("IN", {"source": ["KEN"], "target": ["R1"]})
        transaction.merge_nodes("CapabilityGroup", {"id": ["G"], "name": ["Group"]})
        transaction.merge_nodes("Capability", {"id": ["c", "d"], "name": ["C", "D"], "definition": ["-", "-"]})
        transaction.merge_edges("PART_OF", {"source": ["c", "d"], "target": ["G", "G"]})
        transaction.merge_nodes(
            "Utility", {"id": ids, "name": [f"Name of {id}" for id in ids], "country": ["KEN"] * len(ids)}
        )
        transaction.merge_nodes("Partnership", {"id": keys, **years})
        for type, side in (("MENTORS_IN", 0), ("LEARNS_IN", 1)):
            transaction.merge_edges(type, {"source": [tie[side] for tie in ties], "target": keys})


def reached(store: Store, id: str, depth: int, year: int = YEAR) -> list[tuple[str, int, str]]:
    with store.read() as reader:
        found = reader.neighbourhood(id, depth, year, ALL)
    assert found is not None
    return [(row.id, row.distance, row.via) for row in found.neighbours]


def chained(store: Store, source: str, target: str, year: int = YEAR) -> list[str]:
    with store.read() as reader:
        found = reader.chain(source, target, year)
    assert found is not None
    return [row.id for row in found.utilities]


# --- neighbours and chains, by hand -------------------------------------------------------------------------------


def test_a_neighbourhood_reaches_as_far_as_asked_in_either_role(store: Store) -> None:
    small(store, [("a", "b"), ("c", "b"), ("c", "d"), ("e", "d"), ("e", "f")])
    assert reached(store, "a", 1) == [("b", 1, "a")]
    assert reached(store, "a", 2) == [("b", 1, "a"), ("c", 2, "b")]
    assert reached(store, "a", 3) == [("b", 1, "a"), ("c", 2, "b"), ("d", 3, "c")]
    assert reached(store, "alone", 3) == []


def test_rings_and_repeated_partnerships_count_once(store: Store) -> None:
    small(store, [("a", "b"), ("b", "a"), ("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("b", "d")])
    with store.read() as reader:
        found = reader.neighbourhood("a", 3, YEAR, ALL)
    assert found is not None
    assert found.utility == Place("a", "Name of a", "KEN")
    assert found.counts == (2, 1, 0)
    assert [(row.id, row.via) for row in found.neighbours] == [("b", "a"), ("c", "a"), ("d", "b")]


def test_a_neighbourhood_may_be_cut_short_but_counts_everybody(store: Store) -> None:
    small(store, [("a", f"n{at:02}") for at in range(20)])
    with store.read() as reader:
        found = reader.neighbourhood("n07", 2, YEAR, 5)
    assert found is not None
    assert found.counts == (1, 19)
    assert [row.id for row in found.neighbours] == ["a", "n00", "n01", "n02", "n03"]


@pytest.mark.parametrize("depth", [-1, 0, 4, 100])
def test_a_depth_beyond_three_is_refused(store: Store, depth: int) -> None:
    small(store, [("a", "b")])
    with store.read() as reader, pytest.raises(BadInput, match="from 1 to 3"):
        reader.neighbourhood("a", depth, YEAR, ALL)


def test_of_equally_short_chains_the_one_whose_ids_come_first_is_told(store: Store) -> None:
    small(store, [("a", "y"), ("y", "z"), ("x", "a"), ("z", "x"), ("a", "q"), ("q", "r"), ("r", "z")])
    assert chained(store, "a", "z") == ["a", "x", "z"]
    assert chained(store, "z", "a") == ["z", "x", "a"]
    assert chained(store, "a", "a") == ["a"]
    with store.read() as reader:
        none = reader.chain("a", "alone", YEAR)
        again = reader.chain("a", "a", YEAR)
    a = Place("a", "Name of a", "KEN")
    assert none == Chain(a, Place("alone", "Name of alone", "KEN"), (), ())
    assert again == Chain(a, a, (a,), ())


def test_a_link_names_all_its_partnerships_with_their_roles(store: Store) -> None:
    small(store, [("a", "b"), ("b", "a"), ("b", "c")], start_year=[2020, None, 2015], end_year=[None, 2019, 2018])
    with store.read() as reader:
        found = reader.chain("c", "a", YEAR)
    assert found is not None
    told = [
        [(tie.partnership, tie.mentor, tie.mentee, tie.start_year, tie.end_year) for tie in link]
        for link in found.links
    ]
    assert told == [
        [("P002", "b", "c", 2015, 2018)],
        [("P000", "a", "b", 2020, None), ("P001", "b", "a", None, 2019)],
    ]


def test_long_chains_are_found(store: Store) -> None:
    ids = [f"u{at:03}" for at in range(60)]
    small(store, list(itertools.pairwise(ids)))
    assert chained(store, ids[-1], ids[0]) == ids[::-1]


def test_only_what_had_begun_by_the_year_counts_and_nothing_that_is_planned(store: Store) -> None:
    small(
        store,
        [("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"), ("e", "f")],
        start_year=[2010, None, None, 2012, 2010],
        end_year=[2014, 2012, None, None, 2014],
        status=["completed", None, None, "planned", "ongoing"],
    )
    assert chained(store, "a", "b", 2009) == []
    assert chained(store, "a", "b", 2010) == ["a", "b"]
    assert chained(store, "a", "c", 2011) == []
    assert chained(store, "a", "c", 2012) == ["a", "b", "c"]
    assert chained(store, "a", "d", 2024) == []
    assert chained(store, "a", "d", 2025) == ["a", "b", "c", "d"]
    assert chained(store, "d", "e", 2030) == []
    assert [row[0] for row in reached(store, "b", 3, 2012)] == ["a", "c"]


def test_a_utility_that_does_not_exist_has_no_answer(store: Store) -> None:
    small(store, [("a", "b")])
    with store.read() as reader:
        assert reader.part("nobody") is None
        assert reader.neighbourhood("nobody", 2, YEAR, ALL) is None
        assert reader.chain("a", "nobody", YEAR) is reader.chain("nobody", "a", YEAR) is None
        assert reader.chain("nobody", "nobody", YEAR) is None
        assert reader.candidate_mentors("nobody", YEAR, ALL) is None


def test_an_empty_store_answers(store: Store) -> None:
    with store.read() as reader:
        assert reader.supply_and_demand(YEAR) == ()
        assert reader.names("Utility") == {"id": [], "name": []}
        assert reader.part("a") is None


# --- offers and needs, by hand ------------------------------------------------------------------------------------


def test_stated_offers_and_needs_win_over_inferred_ones(store: Store) -> None:
    small(store, [("a", "b"), ("x", "y")])
    with store.write() as transaction:
        transaction.merge_edges("COVERS", {"source": ["P000", "P001", "P001"], "target": ["c", "c", "d"]})
        transaction.merge_edges("OFFERS", {"source": ["a", "b"], "target": ["c", "c"], "level": [4, None]})
        transaction.merge_edges(
            "NEEDS", {"source": ["b", "y", "alone"], "target": ["d", "d", "c"], "private": [True, None, None]}
        )
    with store.read() as reader:
        found = reader.candidate_mentors("b", YEAR, ALL)
        counted = reader.supply_and_demand(YEAR)
        early = reader.supply_and_demand(2019)
    assert found is not None
    assert found.needs == (Needed("c", "C", "inferred", False), Needed("d", "D", "stated", True))
    assert [(row.id, row.shared) for row in found.candidates] == [
        ("x", (Shared("c", "inferred", None), Shared("d", "inferred", None))),
        ("a", (Shared("c", "stated", 4),)),
    ]
    assert counted == (
        SupplyDemand("c", "C", "R1", "Region", 2, 1, 1, 2),
        SupplyDemand("d", "D", "R1", "Region", 0, 1, 2, 0),
    )
    assert early == (
        SupplyDemand("c", "C", "R1", "Region", 2, 0, 1, 0),
        SupplyDemand("d", "D", "R1", "Region", 0, 0, 2, 0),
    )


def test_what_a_utility_denies_is_not_inferred(store: Store) -> None:
    small(store, [("m", "n"), ("o", "n"), ("m", "q")])
    with store.write() as transaction:
        covers = [("P000", "c"), ("P000", "d"), ("P001", "c"), ("P002", "d")]
        transaction.merge_edges("COVERS", {"source": [a for a, _ in covers], "target": [b for _, b in covers]})
        denied: dict[str, list[Any]] = {"id": ["m", "n"], "not_offered": [("c",), ()], "not_needed": [None, ("d",)]}
        transaction.merge_nodes("Utility", denied)
    network = network_of(store)
    known = with_inferred(network, date(YEAR, 12, 31))
    assert {(offer.utility, offer.capability) for offer in known.offers} == {("m", "d"), ("o", "c")}
    assert {(need.utility, need.capability) for need in known.needs} == {("n", "c"), ("q", "d")}
    with store.read() as reader:
        assert reader.supply_and_demand(YEAR) == reference.supply_and_demand(network, YEAR)
        for id in ("n", "q", "m"):
            assert reader.candidate_mentors(id, YEAR, ALL) == reference.candidate_mentors(network, id, YEAR, ALL)


def test_a_utility_without_a_country_counts_in_no_region(store: Store) -> None:
    small(store, [("a", "b")])
    with store.write() as transaction:
        transaction.merge_nodes("Utility", {"id": ["n"], "name": ["Nowhere"]})
        transaction.merge_edges("OFFERS", {"source": ["n", "a"], "target": ["c", "c"]})
    with store.read() as reader:
        assert reader.supply_and_demand(YEAR) == (
            SupplyDemand("c", "C", "R1", "Region", 1, 0, 0, 0),
            SupplyDemand("c", "C", None, None, 1, 0, 0, 0),
        )


def test_what_a_transaction_wrote_is_answered_before_it_is_done(store: Store) -> None:
    small(store, [("a", "b")])
    with store.write() as transaction:
        transaction.merge_edges("LEARNS_IN", {"source": ["alone"], "target": ["P000"]})
        found = transaction.neighbourhood("alone", 1, YEAR, ALL)
        assert found is not None
        assert "a" in [row.id for row in found.neighbours]


def test_a_reader_answers_of_its_own_revision_while_others_write(store: Store, open_store_again: OpenStore) -> None:
    small(store, [("a", "b"), ("b", "c")])
    with store.write() as transaction:
        transaction.merge_edges("COVERS", {"source": ["P000"], "target": ["c"]})
        transaction.merge_edges("NEEDS", {"source": ["c"], "target": ["c"]})
    network = network_of(store)
    with store.read() as reader:
        with open_store_again().write() as transaction:
            transaction.merge_nodes("Utility", {"id": ["b"], "name": ["changed"]})
            transaction.merge_edges("LEARNS_IN", {"source": ["alone"], "target": ["P001"]})
            transaction.delete_nodes("Partnership", ["P000"])
        assert reader.neighbourhood("a", 3, YEAR, ALL) == reference.neighbourhood(network, "a", 3, YEAR, ALL)
        assert reader.chain("a", "c", YEAR) == reference.chain(network, "a", "c", YEAR)
        assert reader.candidate_mentors("c", YEAR, 5) == reference.candidate_mentors(network, "c", YEAR, 5)
        assert reader.supply_and_demand(YEAR) == reference.supply_and_demand(network, YEAR)
        assert reader.names("Utility")["name"] == [utility.name for utility in network.utilities]
        part = reader.part("b")
        assert part is not None
        assert part.revision == reader.revision == network.revision
        assert read_network(part) == around(network, "b")
    assert chained(store, "a", "c") == []


# --- against the whole network ------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
def test_random_ties_are_answered_as_the_whole_network_would(store: Store, seed: int) -> None:
    draw = random.Random(seed)
    ties = [tuple(draw.sample(NAMES, 2)) for _ in range(draw.randint(4, 16))]
    count = len(ties)
    small(
        store,
        ties,  # type: ignore[arg-type]  # samples of two
        start_year=[draw.choice([None, 2015, 2024]) for _ in range(count)],
        end_year=[draw.choice([None, 2024, 2026]) for _ in range(count)],
        status=[draw.choice([None, "ongoing", "planned"]) for _ in range(count)],
    )
    network = network_of(store)
    ids = [utility.id for utility in network.utilities]
    with store.read() as reader:
        for year in (2016, 2024, 2026):
            for id in ids:
                depth = draw.randint(1, 3)
                wanted = reference.neighbourhood(network, id, depth, year, ALL)
                assert reader.neighbourhood(id, depth, year, ALL) == wanted, (seed, id, depth, year)
                other = draw.choice(ids)
                assert reader.chain(id, other, year) == reference.chain(network, id, other, year), (seed, id, other)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_world_is_answered_as_the_whole_network_would(store: Store, tmp_path: Path, seed: int) -> None:
    load_reference(store)
    import_paths(store, write_world(tmp_path / "world", utilities=60, seed=seed, partnerships=90))
    for name in ("first", "second"):
        policy = {"name": "best_fit"}
        save_round(store, {"id": name, "as_of": "2026-01-01", "policy": policy, "input_hash": "", "document": "long"})
    network = network_of(store)
    ids = [utility.id for utility in network.utilities]
    draw = random.Random(seed)
    with store.read() as reader:
        latest = reader.nodes("Round", ["second"])["document"][0]
        assert reader.names("Utility") == {"id": ids, "name": [utility.name for utility in network.utilities]}
        for year in (2014, YEAR):
            assert reader.supply_and_demand(year) == reference.supply_and_demand(network, year), (seed, year)
            for id in draw.sample(ids, 12):
                wanted = reference.candidate_mentors(network, id, year, 7)
                assert reader.candidate_mentors(id, year, 7) == wanted, (seed, id, year)
                other = draw.choice(ids)
                assert reader.chain(id, other, year) == reference.chain(network, id, other, year), (seed, id, other)
                near = reference.neighbourhood(network, id, 3, year, 30)
                assert reader.neighbourhood(id, 3, year, 30) == near, (seed, id, year)
        for id in draw.sample(ids, 20):
            part = reader.part(id)
            assert part is not None
            assert read_network(part) == around(network, id), (seed, id)
            assert [heading.id for heading in rounds(part)] == ["second", "first"]
            assert part.nodes("Round") == part_of_rounds(reader, [None, latest])
            again = reader.part(id, ["second"])
            assert again is not None
            assert again.nodes("Round") == part_of_rounds(reader, [None, None])


def part_of_rounds(reader: Reader, documents: list[str | None]) -> dict[str, list[Any]]:
    return {**reader.nodes("Round"), "document": documents}


def around(network: Network, id: str) -> Network:
    """The part of a whole network around one utility, as ``graph.part`` says."""
    partnerships = tuple(row for row in network.partnerships if id in (row.mentor, row.mentee))
    utilities = {id} | {side for row in partnerships for side in (row.mentor, row.mentee)}
    offers = tuple(row for row in network.offers if row.utility == id)
    needs = tuple(row for row in network.needs if row.utility == id)
    named = {row.capability for row in offers} | {row.capability for row in needs}
    named |= {one for row in partnerships for one in row.capabilities}
    countries = {network.utility_by_id[one].country for one in utilities}
    regions = {network.country_by_id[country].region for country in countries}
    return replace(
        network,
        utilities=tuple(row for row in network.utilities if row.id in utilities),
        offers=offers,
        needs=needs,
        partnerships=partnerships,
        observations=tuple(row for row in network.observations if row.utility == id),
        capabilities=tuple(replace(row, related=()) for row in network.capabilities if row.id in named),
        countries=tuple(row for row in network.countries if row.id in countries),
        regions=tuple(row for row in network.regions if row.id in regions),
    )


def test_a_part_implies_what_the_whole_network_implies(store: Store, tmp_path: Path) -> None:
    load_reference(store)
    import_paths(store, write_world(tmp_path / "world", utilities=30, seed=3, partnerships=60))
    as_of = date(2026, 1, 1)
    whole = with_inferred(network_of(store), as_of)
    with store.read() as reader:
        for utility in whole.utilities:
            part = reader.part(utility.id)
            assert part is not None
            implied = with_inferred(read_network(part), as_of)
            assert [row for row in implied.offers if row.utility == utility.id] == [
                row for row in whole.offers if row.utility == utility.id
            ]
            assert [row for row in implied.needs if row.utility == utility.id] == [
                row for row in whole.needs if row.utility == utility.id
            ]
