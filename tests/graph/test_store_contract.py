"""What every store must do; each store of ``conftest.open_store_again`` passes this unchanged."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.errors import Conflict
from graph.schema import EDGES, NODES, PEOPLE, Field
from graph.store import Counts, Store, Transaction

OpenStore = Callable[[], Store]

SAMPLES: dict[str, tuple[Any, ...]] = {
    "text": ("plain", "", "دمشق\n“\t'\";--", "𝕌tility\x00end", None),
    "integer": (0, -7, 2**63 - 1, -(2**63), None),
    "number": (0.0, -1.5, 1e-300, 0.1 + 0.2, None),
    "flag": (True, False, True, False, None),
    "date": ("2024-02-29", "0001-01-01", "1999-12-31", "2024-02-29", None),
    "texts": ((), ("one",), ("en", "fr", "sw"), ("水", "", 'a"b\\'), None),
    "document": ('{"a": [1, null]}', "[]", "x" * 100_000, '"ü"', None),
}
"""Five values of each field type; the last is unknown."""


def utilities(*ids: str, **fields: list[Any]) -> dict[str, list[Any]]:
    return {"id": list(ids), **fields}


def with_ends(store: Store) -> None:
    """Two utilities and two capabilities, for edges between them."""
    with store.write() as transaction:
        transaction.merge_nodes("Utility", utilities("U1", "U2"))
        transaction.merge_nodes("Capability", {"id": ["C1", "C2"]})


def read_nodes(store: Store, label: str = "Utility", **asked: Any) -> dict[str, list[Any]]:
    with store.read() as reader:
        return reader.nodes(label, **asked)


def read_edges(store: Store, type: str = "OFFERS", **asked: Any) -> dict[str, list[Any]]:
    with store.read() as reader:
        return reader.edges(type, **asked)


def triples(edges: dict[str, list[Any]]) -> list[tuple[str, str, str]]:
    return list(zip(edges["source"], edges["target"], edges["key"], strict=True))


def sampled(fields: tuple[Field, ...]) -> dict[str, list[Any]]:
    return {field.name: list(SAMPLES[field.type]) for field in fields}


# --- an empty store -------------------------------------------------------------------------------------------


def test_a_new_store_is_empty_at_revision_0(store: Store) -> None:
    assert store.revision() == 0
    with store.read() as reader:
        assert reader.revision == 0
        for label, node in NODES.items():
            assert reader.nodes(label) == {"id": [], **{field.name: [] for field in node.fields}}
        for type, edge in EDGES.items():
            empty: dict[str, list[Any]] = {"source": [], "target": [], "key": []}
            assert reader.edges(type) == {**empty, **{field.name: [] for field in edge.fields}}


def test_columns_come_in_the_order_of_the_schema(store: Store) -> None:
    for label, node in NODES.items():
        assert list(read_nodes(store, label)) == ["id", *(field.name for field in node.fields)]
    for type, edge in EDGES.items():
        assert list(read_edges(store, type)) == ["source", "target", "key", *(field.name for field in edge.fields)]


# --- what goes in comes out -----------------------------------------------------------------------------------


@pytest.mark.parametrize("label", NODES)
def test_every_field_of_a_node_reads_as_it_was_written(store: Store, label: str) -> None:
    written: dict[str, list[Any]] = {"id": ["1", "2", "3", "4", "5"], **sampled(NODES[label].fields)}
    with store.write() as transaction:
        assert transaction.merge_nodes(label, written) == Counts(created=5)
        assert transaction.nodes(label) == written
    read = read_nodes(store, label)
    assert read == written
    for name, column in read.items():
        assert list(map(type, column)) == list(map(type, written[name])), name


@pytest.mark.parametrize("label", NODES)
def test_headings_are_all_nodes_without_their_documents(store: Store, label: str) -> None:
    fields = NODES[label].fields
    documents = {field.name for field in fields if field.type == "document"}
    with store.write() as transaction:
        transaction.merge_nodes(label, {"id": ["e", "d", "c", "b", "a"], **sampled(fields)})
        whole = transaction.nodes(label)
        expected = {name: values for name, values in whole.items() if name not in documents}
        assert transaction.headings(label) == expected
    with store.read() as reader:
        assert reader.headings(label) == expected


@pytest.mark.parametrize("type", EDGES)
def test_every_field_of_an_edge_reads_as_it_was_written(store: Store, type: str) -> None:
    kind = EDGES[type]
    ends: dict[str, list[Any]] = {"source": ["S"] * 5, "target": ["T"] * 5, "key": ["", "1", "2", "3", "4"]}
    written: dict[str, list[Any]] = {**ends, **sampled(kind.fields)}
    with store.write() as transaction:
        transaction.merge_nodes(kind.source, {"id": ["S"]})
        transaction.merge_nodes(kind.target, {"id": ["T"]})
        assert transaction.merge_edges(type, written) == Counts(created=5)
    read = read_edges(store, type)
    assert read == written
    for name, column in read.items():
        assert list(map(type_name, column)) == list(map(type_name, written[name])), name


def type_name(value: object) -> str:
    return type(value).__name__


def test_an_empty_list_is_known_and_differs_from_an_unknown_one(store: Store) -> None:
    with store.write() as transaction:
        transaction.merge_nodes("Utility", utilities("A", "B", languages=[(), None]))
    assert read_nodes(store)["languages"] == [(), None]
    with store.write() as transaction:
        assert transaction.merge_nodes("Utility", utilities("A", "B", languages=[None, ()])) == Counts(updated=2)


def test_a_whole_number_in_a_number_field_reads_as_a_float(store: Store) -> None:
    with store.write() as transaction:
        transaction.merge_nodes("Utility", utilities("A", latitude=[3]))
    assert [(value, type(value)) for value in read_nodes(store)["latitude"]] == [(3.0, float)]
    with store.write() as transaction:
        assert transaction.merge_nodes("Utility", utilities("A", latitude=[3])) == Counts(unchanged=1)


IDS = ["U10", "U9", "u1", "Ünal", "Ã", "z", "水道局", "مياه", "𝔘", "\uffee", " ", "a b", "e\u0301", "é", "0", "A'\"`--"]


def test_ids_of_any_script_are_kept_apart_and_ordered_by_code_point(store: Store) -> None:
    with store.write() as transaction:
        transaction.merge_nodes("Utility", utilities(*IDS, name=IDS))
        transaction.merge_nodes("Capability", {"id": IDS})
        ends = [(source, target, key) for source in IDS[:5] for target in IDS[5:9] for key in IDS[9:12]]
        source, target, key = map(list, zip(*ends, strict=True))
        transaction.merge_edges("OFFERS", {"source": source, "target": target, "key": key})
    read = read_nodes(store)
    assert read["id"] == read["name"] == sorted(IDS)
    assert triples(read_edges(store)) == sorted(ends)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(ids=st.sets(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1))
def test_any_ids_come_back_in_order(store: Store, ids: set[str]) -> None:
    with store.write() as transaction:
        transaction.clear()
        transaction.merge_nodes("Region", {"id": list(ids), "name": list(ids)})
    read = read_nodes(store, "Region")
    assert read["id"] == read["name"] == sorted(ids)
    assert read_nodes(store, "Region", ids=list(ids))["id"] == sorted(ids)


# --- reading a part -------------------------------------------------------------------------------------------


def test_nodes_by_ids_leave_unknown_ids_out_and_count_repeated_ones_once(store: Store) -> None:
    with store.write() as transaction:
        transaction.merge_nodes("Utility", utilities("A", "B", "C", name=["a", "b", "c"]))
    read = read_nodes(store, ids=["C", "nobody", "A", "C"])
    assert (read["id"], read["name"]) == (["A", "C"], ["a", "c"])
    assert read_nodes(store, ids=[])["id"] == []


def test_edges_by_sources_and_targets(store: Store) -> None:
    with_ends(store)
    with store.write() as transaction:
        transaction.merge_edges("OFFERS", {"source": ["U1", "U1", "U2"], "target": ["C1", "C2", "C1"]})
    assert triples(read_edges(store, sources=["U1"])) == [("U1", "C1", ""), ("U1", "C2", "")]
    assert triples(read_edges(store, targets=["C1"])) == [("U1", "C1", ""), ("U2", "C1", "")]
    assert triples(read_edges(store, sources=["U2", "U1"], targets=["C2", "nothing"])) == [("U1", "C2", "")]
    assert triples(read_edges(store, sources=[])) == []
    assert triples(read_edges(store, sources=["U1"], targets=[])) == []


def test_two_reads_in_one_block_do_not_mix_their_filters(store: Store) -> None:
    with_ends(store)
    with store.write() as transaction:
        transaction.merge_edges("OFFERS", {"source": ["U1", "U2"], "target": ["C1", "C2"]})
    with store.read() as reader:
        assert reader.nodes("Utility", ["U1"])["id"] == ["U1"]
        assert reader.edges("OFFERS", targets=["C2"])["source"] == ["U2"]
        assert reader.nodes("Utility")["id"] == ["U1", "U2"]
        assert reader.edges("OFFERS")["source"] == ["U1", "U2"]


# --- merging --------------------------------------------------------------------------------------------------


def test_merging_again_changes_nothing_and_says_so(store: Store) -> None:
    columns = utilities("A", "B", name=["a", None], languages=[("en",), None], private=[True, None])
    with store.write() as transaction:
        assert transaction.merge_nodes("Utility", columns) == Counts(created=2)
    with store.write() as transaction:
        assert transaction.merge_nodes("Utility", columns) == Counts(unchanged=2)
    assert store.revision() == 1


def test_a_merge_counts_created_updated_and_unchanged(store: Store) -> None:
    with store.write() as transaction:
        transaction.merge_nodes("Utility", utilities("A", "B", name=["a", "b"]))
        counts = transaction.merge_nodes("Utility", utilities("C", "B", "A", name=["c", "other", "a"]))
    assert counts == Counts(created=1, updated=1, unchanged=1)
    assert read_nodes(store)["name"] == ["a", "other", "c"]


def test_fields_left_out_keep_their_value_and_none_makes_them_unknown(store: Store) -> None:
    with store.write() as transaction:
        transaction.merge_nodes("Utility", utilities("A", name=["a"], country=["KEN"], mentor_places=[3]))
    with store.write() as transaction:
        assert transaction.merge_nodes("Utility", utilities("A", "B", country=["UGA", "TZA"])) == Counts(1, 1)
        assert transaction.merge_nodes("Utility", utilities("A", mentor_places=[None])) == Counts(updated=1)
    read = read_nodes(store)
    assert (read["name"], read["country"]) == (["a", None], ["UGA", "TZA"])
    assert read["mentor_places"] == [None, None]


def test_zero_and_no_differ_from_unknown(store: Store) -> None:
    with store.write() as transaction:
        transaction.merge_nodes("Utility", utilities("A", mentor_places=[None], private=[None], note=[None]))
        known = utilities("A", mentor_places=[0], private=[False], note=[""])
        assert transaction.merge_nodes("Utility", known) == Counts(updated=1)
    assert read_nodes(store)["private"] == [False]


def test_ids_alone_create_nodes_and_change_none(store: Store) -> None:
    with store.write() as transaction:
        transaction.merge_nodes("Utility", utilities("A", name=["a"]))
        assert transaction.merge_nodes("Utility", utilities("A", "B")) == Counts(created=1, unchanged=1)
    assert read_nodes(store)["name"] == ["a", None]


def test_merging_no_rows_is_no_change(store: Store) -> None:
    with store.write() as transaction:
        assert transaction.merge_nodes("Utility", utilities(name=[])) == Counts()
        assert transaction.merge_edges("OFFERS", {"source": [], "target": []}) == Counts()
    assert store.revision() == 0


def test_keys_keep_parallel_edges_apart(store: Store) -> None:
    with store.write() as transaction:
        transaction.merge_nodes("Utility", utilities("U"))
        transaction.merge_nodes("Metric", {"id": ["nrw"]})
        figures: dict[str, list[Any]] = {
            "source": ["U"] * 2,
            "target": ["nrw"] * 2,
            "key": ["2020", "2021"],
            "value": [40.0, 35.0],
        }
        assert transaction.merge_edges("OBSERVED", figures) == Counts(created=2)
        newer: dict[str, list[Any]] = {"source": ["U"], "target": ["nrw"], "key": ["2021"], "value": [34.0]}
        assert transaction.merge_edges("OBSERVED", newer) == Counts(updated=1)
    assert read_edges(store, "OBSERVED")["value"] == [40.0, 34.0]


def test_an_absent_key_column_means_empty_keys(store: Store) -> None:
    with_ends(store)
    with store.write() as transaction:
        transaction.merge_edges("OFFERS", {"source": ["U1"], "target": ["C1"], "level": [2]})
        keyed: dict[str, list[Any]] = {"source": ["U1"], "target": ["C1"], "key": [""], "level": [4]}
        assert transaction.merge_edges("OFFERS", keyed) == Counts(updated=1)
    assert read_edges(store)["level"] == [4]


def test_both_ways_between_nodes_of_one_label(store: Store) -> None:
    with_ends(store)
    with store.write() as transaction:
        both: dict[str, list[Any]] = {
            "source": ["C1", "C2", "C1"],
            "target": ["C2", "C1", "C1"],
            "closeness": [0.5, 0.25, 1.0],
        }
        assert transaction.merge_edges("RELATED_TO", both) == Counts(created=3)
    assert read_edges(store, "RELATED_TO")["closeness"] == [1.0, 0.5, 0.25]


# --- what is refused ------------------------------------------------------------------------------------------

REFUSED_NODES = {
    "unknown field": utilities("A", colour=["blue"]),
    "field of another label": utilities("A", continent=["Africa"]),
    "no ids": {"name": ["a"]},
    "unequal length": utilities("A", "B", name=["a"]),
    "repeated id": utilities("A", "B", "A"),
    "empty id": utilities(""),
    "unknown id": {"id": [None]},
    "id of another type": {"id": [7]},
    "text for a whole number": utilities("A", mentor_places=["3"]),
    "fraction for a whole number": utilities("A", mentor_places=[2.5]),
    "flag for a whole number": utilities("A", mentor_places=[True]),
    "whole number too long": utilities("A", mentor_places=[2**63]),
    "whole number for a flag": utilities("A", private=[1]),
    "number for a text": utilities("A", name=[1]),
    "not a number": utilities("A", latitude=[float("nan")]),
    "endless": utilities("A", latitude=[float("inf")]),
    "number beyond any float": utilities("A", latitude=[10**400]),
    "text for a list": utilities("A", languages=["en"]),
    "list with a number": utilities("A", languages=[("en", 1)]),
    "list with something unknown": utilities("A", languages=[("en", None)]),
    "list with a list": utilities("A", languages=[(["en"],)]),
    "half a character": utilities("A", name=["\ud800"]),
    "half a character in a list": utilities("A", languages=[("\udfff",)]),
}


@pytest.mark.parametrize("columns", REFUSED_NODES.values(), ids=REFUSED_NODES.keys())
def test_a_refused_merge_of_nodes_changes_nothing(store: Store, columns: dict[str, list[Any]]) -> None:
    with store.write() as transaction:
        transaction.merge_nodes("Utility", utilities("before"))
        with pytest.raises(ValueError, match="Utility"):
            transaction.merge_nodes("Utility", columns)
        assert transaction.nodes("Utility")["id"] == ["before"]
    assert read_nodes(store)["id"] == ["before"]


REFUSED_EDGES: dict[str, dict[str, list[Any]]] = {
    "unknown field": {"source": ["U1"], "target": ["C1"], "colour": ["blue"]},
    "no targets": {"source": ["U1"]},
    "no sources": {"target": ["C1"]},
    "unequal length": {"source": ["U1"], "target": ["C1", "C2"]},
    "unequal fields": {"source": ["U1"], "target": ["C1"], "level": [1, 2]},
    "repeated edge": {"source": ["U1", "U1"], "target": ["C1", "C1"]},
    "repeated key": {"source": ["U1", "U1"], "target": ["C1", "C1"], "key": ["2020", "2020"]},
    "unknown key": {"source": ["U1"], "target": ["C1"], "key": [None]},
    "source does not exist": {"source": ["U1", "U9"], "target": ["C1", "C1"]},
    "target does not exist": {"source": ["U1", "U1"], "target": ["C1", "C9"]},
    "ends exchanged": {"source": ["C1"], "target": ["U1"]},
    "empty end": {"source": [""], "target": ["C1"]},
    "text for a number": {"source": ["U1"], "target": ["C1"], "staff_days": ["many"]},
}


@pytest.mark.parametrize("columns", REFUSED_EDGES.values(), ids=REFUSED_EDGES.keys())
def test_a_refused_merge_of_edges_changes_nothing(store: Store, columns: dict[str, list[Any]]) -> None:
    with_ends(store)
    with store.write() as transaction:
        with pytest.raises(ValueError, match="OFFERS"):
            transaction.merge_edges("OFFERS", columns)
        assert transaction.edges("OFFERS")["source"] == []
    assert store.revision() == 1


def test_labels_and_types_outside_the_schema_are_refused(store: Store) -> None:
    with store.write() as transaction:
        for act in (
            lambda: transaction.nodes("Planet"),
            lambda: transaction.edges("ORBITS"),
            lambda: transaction.merge_nodes("Planet", {"id": ["x"]}),
            lambda: transaction.merge_edges("ORBITS", {"source": ["x"], "target": ["y"]}),
            lambda: transaction.delete_nodes("Planet", ["x"]),
            lambda: transaction.delete_edges("ORBITS", {"source": ["x"], "target": ["y"]}),
        ):
            with pytest.raises(ValueError, match=r"Planet|ORBITS"):
                act()


# --- deleting -------------------------------------------------------------------------------------------------


def full(transaction: Transaction) -> None:
    """Two nodes of every label and every edge between them."""
    for label in NODES:
        transaction.merge_nodes(label, {"id": ["1", "2"]})
    for type in EDGES:
        transaction.merge_edges(type, {"source": ["1", "1", "2", "2"], "target": ["1", "2", "1", "2"]})


@pytest.mark.parametrize("label", NODES)
def test_deleting_a_node_deletes_all_its_edges_and_no_others(store: Store, label: str) -> None:
    with store.write() as transaction:
        full(transaction)
    with store.write() as transaction:
        assert transaction.delete_nodes(label, ["1", "nobody", "1"]) == 1
        assert transaction.delete_nodes(label, ["1"]) == 0
    for other in NODES:
        assert read_nodes(store, other)["id"] == (["2"] if other == label else ["1", "2"])
    for type, kind in EDGES.items():
        assert triples(read_edges(store, type)) == [
            (source, target, "")
            for source in ("1", "2")
            for target in ("1", "2")
            if not (kind.source == label and source == "1") and not (kind.target == label and target == "1")
        ]


def test_deleting_edges_by_source_target_and_key(store: Store) -> None:
    with_ends(store)
    with store.write() as transaction:
        edges: dict[str, list[Any]] = {
            "source": ["U1", "U1", "U2"],
            "target": ["C1", "C1", "C2"],
            "key": ["", "2020", ""],
        }
        transaction.merge_edges("OFFERS", edges)
        assert transaction.delete_edges("OFFERS", {"source": ["U1", "U2"], "target": ["C1", "C1"]}) == 1
        assert triples(transaction.edges("OFFERS")) == [("U1", "C1", "2020"), ("U2", "C2", "")]
        keyed: dict[str, list[Any]] = {"source": ["U1", "U2"], "target": ["C1", "C2"], "key": ["2020", ""]}
        assert transaction.delete_edges("OFFERS", keyed) == 2
        with pytest.raises(ValueError, match="level"):
            transaction.delete_edges("OFFERS", {"source": ["U1"], "target": ["C1"], "level": [1]})
    assert read_nodes(store)["id"] == ["U1", "U2"]


def test_clear_deletes_all_that_is_known_and_the_revision_still_grows(store: Store) -> None:
    with store.write() as transaction:
        full(transaction)
    with store.write() as transaction:
        transaction.clear()
        assert transaction.nodes("Utility")["id"] == []
        transaction.merge_nodes("Utility", utilities("new"))
    with store.read() as reader:
        assert reader.revision == 2
        assert [label for label in NODES if reader.nodes(label)["id"]] == ["Utility", *PEOPLE]
        assert [type for type in EDGES if reader.edges(type)["source"]] == []


# --- revisions ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("label", PEOPLE)
def test_who_may_come_in_changes_without_a_revision_and_is_seen_at_once(store: Store, label: str) -> None:
    with store.write() as transaction:
        transaction.merge_nodes("Utility", utilities("A"))
    with store.read() as before:
        with store.write(1) as transaction:
            assert transaction.merge_nodes(label, {"id": ["1", "2"]}) == Counts(created=2)
        assert before.nodes("Utility")["id"] == ["A"]
    assert (store.revision(), read_nodes(store, label)["id"]) == (1, ["1", "2"])
    with store.write(1) as transaction:
        transaction.merge_nodes(
            label, {"id": ["1"], NODES[label].fields[0].name: [SAMPLES[NODES[label].fields[0].type][0]]}
        )
        assert transaction.delete_nodes(label, ["2", "2", "nobody"]) == 1
    assert (store.revision(), read_nodes(store, label)["id"]) == (1, ["1"])
    with store.write(1) as transaction:
        transaction.delete_nodes(label, ["1"])
        transaction.merge_nodes("Utility", utilities("B"))
    assert (store.revision(), read_nodes(store, label)["id"]) == (2, [])
    with suppress(ValueError), store.write() as transaction:
        transaction.merge_nodes(label, {"id": ["3"]})
        raise ValueError("undone")
    assert read_nodes(store, label)["id"] == []


def test_the_revision_grows_by_one_with_each_transaction_that_changed_anything(store: Store) -> None:
    changes: list[tuple[Callable[[Transaction], object], int]] = [
        (lambda transaction: transaction.clear(), 0),
        (lambda transaction: transaction.merge_nodes("Utility", utilities("A", "B", name=["a", "b"])), 1),
        (lambda transaction: transaction.merge_nodes("Utility", utilities("A", name=["a"])), 1),
        (lambda transaction: transaction.merge_nodes("Utility", utilities("A", name=[None])), 2),
        (lambda transaction: transaction.delete_nodes("Utility", ["nobody"]), 2),
        (full, 3),
        (full, 3),
        (lambda transaction: transaction.delete_edges("OFFERS", {"source": ["1"], "target": ["9"]}), 3),
        (lambda transaction: transaction.delete_edges("OFFERS", {"source": ["1"], "target": ["1"]}), 4),
        (lambda transaction: transaction.delete_nodes("Utility", ["A"]), 5),
        (lambda transaction: transaction.nodes("Utility"), 5),
        (lambda transaction: transaction.clear(), 6),
    ]
    for change, revision in changes:
        with store.write() as transaction:
            change(transaction)
        assert store.revision() == revision
        with store.read() as reader:
            assert reader.revision == revision


def test_a_transaction_has_the_revision_it_began_with(store: Store) -> None:
    with store.write() as transaction:
        transaction.merge_nodes("Utility", utilities("A"))
        assert transaction.revision == 0


def test_an_expected_revision_that_is_past_is_a_conflict(store: Store, open_store_again: OpenStore) -> None:
    seen = store.revision()
    with open_store_again().write(expected_revision=seen) as transaction:
        transaction.merge_nodes("Utility", utilities("theirs"))
    with pytest.raises(Conflict), store.write(expected_revision=seen) as transaction:
        pytest.fail("the block must not run")
    assert read_nodes(store)["id"] == ["theirs"]
    with store.write(expected_revision=1) as transaction:
        transaction.merge_nodes("Utility", utilities("ours"))
    assert store.revision() == 2


# --- all or nothing, and nothing half seen --------------------------------------------------------------------


def test_an_exception_undoes_everything(store: Store) -> None:
    with store.write() as transaction:
        full(transaction)
    before = {label: read_nodes(store, label) for label in NODES}

    def fail_midway() -> None:
        with store.write() as transaction:
            transaction.merge_nodes("Utility", utilities("1", "9", name=["changed", "new"]))
            transaction.delete_nodes("Capability", ["1"])
            transaction.clear()
            raise KeyError("stop")

    with pytest.raises(KeyError, match="stop"):
        fail_midway()
    assert {label: read_nodes(store, label) for label in NODES} == before
    assert len(read_edges(store)["source"]) == 4
    assert store.revision() == 1
    with store.write() as transaction:  # and the store goes on working
        transaction.merge_nodes("Utility", utilities("9"))
    assert store.revision() == 2


def test_a_transaction_reads_its_own_writes(store: Store) -> None:
    with store.write() as transaction:
        transaction.merge_nodes("Utility", utilities("A", name=["a"]))
        transaction.merge_nodes("Capability", {"id": ["C"]})
        transaction.merge_edges("OFFERS", {"source": ["A"], "target": ["C"]})
        assert transaction.nodes("Utility", ["A"])["name"] == ["a"]
        assert transaction.edges("OFFERS", targets=["C"])["source"] == ["A"]
        transaction.delete_nodes("Capability", ["C"])
        assert transaction.edges("OFFERS")["source"] == []


def changed_since(store: Store, revision: int) -> frozenset[str] | None:
    with store.read() as reader:
        return reader.changed_since(revision)


def test_a_store_says_what_changed_since_a_revision(store: Store, open_store_again: OpenStore) -> None:
    other = open_store_again()
    with store.write() as transaction:
        transaction.merge_nodes("Utility", utilities("U1", "U2"))
        transaction.merge_nodes("Capability", {"id": ["C1"]})
    assert changed_since(other, 0) == frozenset({"Utility", "Capability"})
    with other.write() as transaction:
        transaction.merge_edges("OFFERS", {"source": ["U1"], "target": ["C1"], "level": [3]})
        transaction.merge_nodes("Utility", utilities("U2"))
    with store.write() as transaction:
        transaction.merge_nodes("RoundEntry", {"id": ["M1-1"], "round": ["M1"]})
        transaction.merge_nodes("Account", {"id": ["a@example.org"], "name": ["A"]})
    assert store.revision() == 3
    assert changed_since(store, 3) == frozenset()
    assert changed_since(store, 2) == frozenset({"RoundEntry"})
    assert changed_since(store, 1) == frozenset({"RoundEntry", "OFFERS"})
    with store.write() as transaction:
        transaction.delete_nodes("Utility", ["U1"])
    assert changed_since(other, 3) == frozenset({"Utility", "OFFERS"}), "deleting a node deletes its edges"
    with suppress(RuntimeError), store.write() as transaction:
        transaction.merge_nodes("Metric", {"id": ["nrw"]})
        raise RuntimeError
    assert changed_since(store, 4) == frozenset(), "what was undone did not change"
    with store.read() as reader:
        with other.write() as transaction:
            transaction.merge_nodes("Region", {"id": ["R"]})
        assert reader.changed_since(3) in (frozenset({"Utility", "OFFERS"}), None), (
            "a snapshot knows no later, or says so"
        )


def test_headings_of_a_snapshot_stay_as_they_were(store: Store, open_store_again: OpenStore) -> None:
    with store.write() as transaction:
        transaction.merge_nodes("Round", {"id": ["A", "B"], "made_at": ["1", "2"], "document": ["{}", "[]"]})
    other = open_store_again()
    with store.read() as reader:
        before = reader.headings("Round")
        with other.write() as transaction:
            transaction.merge_nodes("Round", {"id": ["A", "C"], "made_at": ["9", "3"], "document": ["[1]", "{}"]})
            transaction.delete_nodes("Round", ["B"])
        assert reader.headings("Round") == before
        assert before["made_at"] == ["1", "2"]
    with store.read() as reader:
        assert reader.headings("Round")["made_at"] == ["9", "3"]


def test_a_reader_keeps_its_snapshot_while_others_write(store: Store, open_store_again: OpenStore) -> None:
    with store.write() as transaction:
        transaction.merge_nodes("Utility", utilities("A", name=["a"]))
    with store.read() as reader:
        with open_store_again().write() as transaction:
            transaction.merge_nodes("Utility", utilities("A", "B", name=["changed", "b"]))
        with store.write() as transaction:
            transaction.merge_nodes("Region", {"id": ["R"]})
        assert reader.revision == 1
        assert reader.nodes("Utility")["name"] == ["a"]
        assert reader.nodes("Region")["id"] == []
        assert store.revision() == 3
    assert read_nodes(store)["name"] == ["changed", "b"]


def test_nobody_sees_a_transaction_before_it_is_done(store: Store, open_store_again: OpenStore) -> None:
    other = open_store_again()
    with store.write() as transaction:
        transaction.merge_nodes("Utility", utilities("A"))
        assert read_nodes(other)["id"] == read_nodes(store)["id"] == []
        assert other.revision() == 0
    assert read_nodes(other)["id"] == ["A"]


def test_threads_of_one_process_share_a_store(store: Store) -> None:
    failures: list[BaseException] = []

    def add(worker: int) -> None:
        try:
            for step in range(10):
                with store.write() as transaction:
                    transaction.merge_nodes("Utility", utilities(f"{worker}-{step}"))
                with store.read() as reader:
                    assert f"{worker}-{step}" in reader.nodes("Utility")["id"]
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=add, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert store.revision() == 40
    assert len(read_nodes(store)["id"]) == 40


# --- in bulk --------------------------------------------------------------------------------------------------


def test_fifty_thousand_rows_at_once(store: Store) -> None:
    count = 50_000
    ids = [f"U{number:06d}" for number in range(count)]
    capabilities = [f"C{number:02d}" for number in range(10)]
    edges: dict[str, list[Any]] = {
        "source": ids[::-1],
        "target": [capabilities[number % 10] for number in range(count)],
        "level": [number % 5 + 1 for number in range(count)],
    }
    with store.write() as transaction:
        names = [f"name {id}" for id in ids]
        assert transaction.merge_nodes("Utility", {"name": names, "id": ids}) == Counts(created=count)
        transaction.merge_nodes("Capability", {"id": capabilities})
        assert transaction.merge_edges("OFFERS", edges) == Counts(created=count)
    with store.write() as transaction:
        levels = [level if number else 9 for number, level in enumerate(edges["level"])]
        assert transaction.merge_edges("OFFERS", {**edges, "level": levels}) == Counts(updated=1, unchanged=count - 1)
    with store.read() as reader:
        asked = [*ids, *(f"nobody {number}" for number in range(100_000))]
        assert reader.nodes("Utility", asked)["id"] == ids
        read = reader.edges("OFFERS", sources=asked, targets=capabilities)
        assert (read["source"], read["level"][-1]) == (ids, 9)
    with store.write() as transaction:
        assert transaction.delete_nodes("Utility", ids[1:]) == count - 1
    assert read_edges(store)["source"] == ids[:1]
