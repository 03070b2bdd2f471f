"""Export to JSON Lines and restore: nothing is lost, nothing half done, and equal graphs give equal bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.digest import graph_digest
from graph.errors import BadInput, ImportProblems, StoreTooNew
from graph.export import export_jsonl
from graph.restore import restore_jsonl
from graph.schema import EDGES, KNOWN, NODES, PEOPLE, SCHEMA_VERSION, Field
from graph.sqlite import SqliteStore
from graph.store import Counts, Store

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
IDS = st.lists(TEXT.filter(bool), unique=True, max_size=3)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": TEXT,
    "date": st.dates().map(str),
    "document": st.recursive(st.none() | TEXT, lambda inner: st.lists(inner, max_size=2), max_leaves=4).map(json.dumps),
    "integer": st.integers(-(2**63), 2**63 - 1),
    "number": st.floats(allow_nan=False, allow_infinity=False),
    "flag": st.booleans(),
    "texts": st.lists(TEXT, max_size=3).map(tuple),
}

Graph = dict[str, dict[str, list[Any]]]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Columns by label and type: any values the schema allows, edges between nodes that exist."""
    graph: Graph = {}

    def add(name: str, keys: dict[str, list[Any]], fields: tuple[Field, ...]) -> None:
        count = len(next(iter(keys.values())))
        columns = {
            field.name: draw(st.lists(st.none() | VALUES[field.type], min_size=count, max_size=count))
            for field in draw(st.sets(st.sampled_from(fields)).map(sorted_fields) if fields else st.just(()))
        }
        graph[name] = {**keys, **columns}

    for label in sorted(draw(st.sets(st.sampled_from(list(KNOWN)), min_size=1))):
        add(label, {"id": draw(IDS)}, NODES[label].fields)
    for type, kind in EDGES.items():
        sources, targets = (graph.get(label, {"id": []})["id"] for label in (kind.source, kind.target))
        if sources and targets:
            triples = st.tuples(st.sampled_from(sources), st.sampled_from(targets), TEXT)
            edges = draw(st.lists(triples, unique=True, max_size=3))
            if edges:
                columns = map(list, zip(*edges, strict=True))
                add(type, dict(zip(("source", "target", "key"), columns, strict=True)), kind.fields)
    return graph


def sorted_fields(fields: set[Field]) -> tuple[Field, ...]:
    return tuple(sorted(fields, key=lambda field: field.name))


def fill(store: Store, graph: Graph) -> None:
    with store.write() as transaction:
        transaction.clear()
        for name, columns in graph.items():
            (transaction.merge_nodes if name in NODES else transaction.merge_edges)(name, columns)


def exported(store: Store, path: Path) -> bytes:
    with store.read() as reader:
        export_jsonl(reader, path)
    return path.read_bytes()


def everything(store: Store) -> dict[str, Any]:
    with store.read() as reader:
        return {
            **{label: reader.nodes(label) for label in NODES},
            **{type: reader.edges(type) for type in EDGES},
        }


@pytest.fixture
def other(tmp_path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(tmp_path / "other.sqlite")) as store:
        yield store


SMALL: Graph = {
    "Utility": {"id": ["U2", "U1"], "name": ["Ünal\u2028“=1+1”", None], "languages": [(), ("en", "水")]},
    "Capability": {"id": ["tariff_setting"]},
    "OFFERS": {"source": ["U1"], "target": ["tariff_setting"], "level": [4], "staff_days": [2.0]},
}


def test_the_form_of_an_export(store: Store, tmp_path: Path) -> None:
    fill(store, SMALL)
    assert exported(store, tmp_path / "graph.jsonl").decode() == (
        f'{{"form":"wop graph","lines":4,"schema_version":{SCHEMA_VERSION}}}\n'
        '{"fields":{"languages":["en","水"]},"id":"U1","label":"Utility"}\n'
        '{"fields":{"languages":[],"name":"Ünal\u2028“=1+1”"},"id":"U2","label":"Utility"}\n'
        '{"fields":{},"id":"tariff_setting","label":"Capability"}\n'
        '{"fields":{"level":4,"staff_days":2.0},"key":"","source":"U1","target":"tariff_setting","type":"OFFERS"}\n'
    )


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(graph=graphs())
def test_export_restore_export_gives_the_same_bytes(
    store: Store, other: SqliteStore, tmp_path: Path, graph: Graph
) -> None:
    fill(store, graph)
    first = exported(store, tmp_path / "first.jsonl")
    counts = restore_jsonl(other, tmp_path / "first.jsonl")
    assert counts == Counts(created=first.count(b"\n") - 1)
    assert everything(other) == everything(store)
    assert exported(other, tmp_path / "second.jsonl") == first


def test_the_order_of_merging_does_not_show_in_an_export(store: Store, other: SqliteStore, tmp_path: Path) -> None:
    fill(store, SMALL)
    for name, columns in SMALL.items():
        for row in reversed(range(len(next(iter(columns.values()))))):
            with other.write() as transaction:
                one = {field: [column[row]] for field, column in reversed(columns.items())}
                (transaction.merge_nodes if name in NODES else transaction.merge_edges)(name, one)
    assert exported(store, tmp_path / "1") == exported(other, tmp_path / "2")


def test_who_may_come_in_is_in_no_export_and_stays_when_one_is_restored(store: Store, tmp_path: Path) -> None:
    fill(store, SMALL)
    plain, digest = exported(store, tmp_path / "without.jsonl"), graph_digest_of(store)
    with store.write() as transaction:
        for label in PEOPLE:
            texts = [field.name for field in NODES[label].fields if field.type == "text"]
            transaction.merge_nodes(label, {"id": ["a-secret"], **{name: ["a-secret"] for name in texts}})
    assert exported(store, tmp_path / "with.jsonl") == plain
    assert graph_digest_of(store) == digest
    restore_jsonl(store, tmp_path / "without.jsonl")
    assert all(everything(store)[label]["id"] == ["a-secret"] for label in PEOPLE)


def graph_digest_of(store: Store) -> str:
    with store.read() as reader:
        return graph_digest(reader)


def test_an_empty_graph_can_be_restored(store: Store, other: SqliteStore, tmp_path: Path) -> None:
    fill(other, SMALL)
    exported(store, tmp_path / "empty.jsonl")
    assert restore_jsonl(other, tmp_path / "empty.jsonl") == Counts()
    assert everything(other) == everything(store)


def test_an_export_replaces_the_file_of_its_name_and_leaves_no_draft(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    (folder / "graph.jsonl").write_text("what was there before, and longer than the new content " * 100)
    fill(store, SMALL)
    assert exported(store, folder / "graph.jsonl").endswith(b'"OFFERS"}\n')
    assert [file.name for file in folder.iterdir()] == ["graph.jsonl"]


def test_an_export_that_fails_leaves_the_file_as_it_was(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "exports" / "graph.jsonl"
    path.parent.mkdir()
    path.write_text("before")
    fill(store, SMALL)

    def fail(line: Any) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("graph.export._encode", fail)
    with pytest.raises(BadInput, match=r"cannot be written: No space left.*Choose a folder"):
        exported(store, path)
    assert [(file.name, file.read_text()) for file in path.parent.iterdir()] == [("graph.jsonl", "before")]


@pytest.mark.parametrize("place", ["nowhere/graph.jsonl", "."])
def test_an_export_to_where_nothing_can_be_written(store: Store, tmp_path: Path, place: str) -> None:
    with pytest.raises(BadInput, match="cannot be written"):
        exported(store, tmp_path / place)


# --- files that cannot be restored ----------------------------------------------------------------------------

HEADER = '{"form":"wop graph","lines":%d,"schema_version":' + f"{SCHEMA_VERSION}}}"
UTILITY = '{"fields":{},"id":"U1","label":"Utility"}'


def restore_lines(store: Store, path: Path, *lines: str) -> Counts:
    path.write_text("".join(f"{line}\n" for line in (HEADER % len(lines), *lines)), encoding="utf-8", newline="")
    return restore_jsonl(store, path)


BROKEN = {
    "not JSON": ("{", "", "not a JSON object"),
    "an empty line": ("", "", "not a JSON object"),
    "a list": ("[1]", "", "not a JSON object"),
    "deeply nested": ("[" * 100_000, "", "not a JSON object"),
    "a name twice": ('{"fields":{},"id":"A","id":"B","label":"Region"}', "", "not a JSON object"),
    "half a character": ('{"fields":{},"id":"\\ud800","label":"Region"}', "", "not a JSON object"),
    "a field twice": ('{"fields":{"name":"a","name":"b"},"id":"A","label":"Region"}', "", "not a JSON object"),
    "no label": ('{"fields":{},"id":"A"}', "label", "no label of this name"),
    "unknown label": ('{"fields":{},"id":"A","label":"Utilty"}', "label", "no label of this name"),
    "label of another type": ('{"fields":{},"id":"A","label":["Utility"]}', "label", "no label of this name"),
    "unknown type": ('{"fields":{},"source":"U1","target":"U1","type":"OFFER"}', "type", "no relationship type"),
    "no id": ('{"fields":{},"label":"Utility"}', "id", "text that is not empty"),
    "empty id": ('{"fields":{},"id":"","label":"Utility"}', "id", "text that is not empty"),
    "id of another type": ('{"fields":{},"id":7,"label":"Utility"}', "id", "text that is not empty"),
    "no key": ('{"fields":{},"source":"U1","target":"C","type":"OFFERS"}', "key", "text"),
    "no fields": ('{"id":"A","label":"Utility"}', "fields", "fields are missing"),
    "fields of another type": ('{"fields":[],"id":"A","label":"Utility"}', "fields", "fields are missing"),
    "unknown part": ('{"colour":1,"fields":{},"id":"A","label":"Utility"}', "colour", "part is not known"),
    "unknown field": ('{"fields":{"nam":"a"},"id":"A","label":"Utility"}', "nam", "no field of this name"),
    "text for a number": ('{"fields":{"latitude":"1"},"id":"A","label":"Utility"}', "latitude", "a number"),
    "endless number": ('{"fields":{"latitude":1e999},"id":"A","label":"Utility"}', "latitude", "a number"),
    "not a number": ('{"fields":{"latitude":NaN},"id":"A","label":"Utility"}', "", "not a JSON object"),
    "flag for a number": ('{"fields":{"mentor_places":true},"id":"A","label":"Utility"}', "mentor_places", "whole"),
    "text for a list": ('{"fields":{"services":"water"},"id":"A","label":"Utility"}', "services", "list of texts"),
    "list of lists": ('{"fields":{"services":[["x"]]},"id":"A","label":"Utility"}', "services", "list of texts"),
    "object for a text": ('{"fields":{"name":{}},"id":"A","label":"Utility"}', "name", "a text"),
    "twice": (UTILITY, "", "Line 2 is about the same Utility"),
    "no source": ('{"fields":{},"key":"","source":"U9","target":"U1","type":"LOCATED_IN"}', "source", "no Utility"),
    "no target": ('{"fields":{},"key":"","source":"U1","target":"XXX","type":"LOCATED_IN"}', "target", "no Country"),
}


@pytest.mark.parametrize(("line", "column", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_line_is_named_and_nothing_is_changed(
    store: Store, tmp_path: Path, line: str, column: str, message: str
) -> None:
    fill(store, SMALL)
    before = everything(store)
    with pytest.raises(ImportProblems) as caught:
        restore_lines(store, tmp_path / "graph.jsonl", UTILITY, line)
    found = [problem for problem in caught.value.problems if message in str(problem.message)]
    assert [(problem.file, problem.row, problem.column) for problem in found] == [("graph.jsonl", 3, column)]
    str(caught.value).encode()
    assert (everything(store), store.revision()) == (before, 1)


def test_every_broken_line_is_listed(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ImportProblems) as caught:
        restore_lines(store, tmp_path / "graph.jsonl", *(line for line, _, _ in BROKEN.values()))
    rows = {problem.row for problem in caught.value.problems}
    assert rows >= set(range(2, len(BROKEN) + 1)) - {list(BROKEN).index("twice") + 2}


def test_near_names_are_suggested(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ImportProblems) as caught:
        restore_lines(
            store, tmp_path / "g", '{"fields":{"languges":[]},"id":"A","label":"Utility"}', BROKEN["no label"][0]
        )
    assert ["languages" in str(problem.hint) for problem in caught.value.problems] == [True, False]


def test_a_file_that_was_cut_off(store: Store, other: SqliteStore, tmp_path: Path) -> None:
    fill(store, SMALL)
    path = tmp_path / "graph.jsonl"
    whole = exported(store, path)
    path.write_bytes(whole[: whole.rindex(b"\n", 0, -1) + 1])
    with pytest.raises(ImportProblems) as caught:
        restore_jsonl(other, path)
    assert "should have 4 more lines but has 3" in str(caught.value.problems[0].message)
    assert "cut off" in str(caught.value.problems[0].hint)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"id,name\nU1,a\n",
        b'{"form":"wop problem","lines":0,"schema_version":3}\n',
        b'{"form":"wop graph","lines":"0","schema_version":3}\n',
        b'{"form":"wop graph","lines":-1,"schema_version":3}\n',
        b'{"form":"wop graph","schema_version":3}\n',
        b"\xff\xfe\x00\x01" * 100,
    ],
)
def test_a_file_that_is_no_export(store: Store, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file.jsonl"
    path.write_bytes(content)
    with pytest.raises(BadInput, match="not an export"):
        restore_jsonl(store, path)


def test_a_file_of_a_newer_version(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "file.jsonl"
    path.write_text(f'{{"form":"wop graph","lines":9,"schema_version":{SCHEMA_VERSION + 1}}}\n')
    with pytest.raises(StoreTooNew, match="newer version"):
        restore_jsonl(store, path)


def test_a_file_that_is_not_there(store: Store, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        restore_jsonl(store, tmp_path / "nowhere.jsonl")


def test_a_mark_at_the_beginning_is_overlooked(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "file.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + (HEADER % 1 + "\n" + UTILITY + "\n").encode())
    assert restore_jsonl(store, path) == Counts(created=1)
