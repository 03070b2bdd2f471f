"""Whatever bytes arrive: a report or a ``BadInput``, and never anything half-written."""

from __future__ import annotations

import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from graph.errors import BadInput
from graph.ingest import import_paths
from graph.sqlite import SqliteStore
from graph.template import write_template


@settings(max_examples=60)
@given(
    content=some.binary(max_size=300)
    | some.text(some.sampled_from("idnamecoutry,;\t\"\n\r A1K='\x00é"), max_size=200).map(str.encode)
    | some.binary(max_size=200).map(lambda tail: b"id,name,country\n" + tail)
    | some.binary(max_size=200).map(lambda tail: b"PK\x03\x04" + tail),
    ending=some.sampled_from([".csv", ".xlsx"]),
)
def test_any_bytes_give_a_report_or_bad_input(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, ending: str
) -> None:
    folder = tmp_path_factory.mktemp("bytes")
    path = folder / f"utilities{ending}"
    path.write_bytes(content)
    store = SqliteStore(folder / "s.sqlite")
    try:
        import_paths(store, [path])
    except BadInput:
        assert store.revision() == 0
    finally:
        store.close()


PIECES = [
    b"<",
    b">",
    b'"',
    b"&",
    b'r="XFD1048576"',
    b't="e"',
    b's="9999"',
    b"<f>",
    b"</c>",
    b"\xff\xfe",
    b"",
    b"-1",
    b"1e999",
]


@settings(max_examples=60)
@given(
    part=some.integers(0, 100),
    at=some.floats(0, 1, exclude_max=True),
    length=some.integers(0, 30),
    piece=some.sampled_from(PIECES) | some.binary(max_size=3),
    packed=some.booleans(),
)
def test_a_damaged_workbook_gives_a_report_or_bad_input(
    tmp_path_factory: pytest.TempPathFactory, part: int, at: float, length: int, piece: bytes, packed: bool
) -> None:
    folder = tmp_path_factory.mktemp("damage")
    path = folder / "upload.xlsx"
    write_template(path)

    def damaged(content: bytes) -> bytes:
        position = int(at * len(content))
        return content[:position] + piece + content[position + length :]

    if packed:
        path.write_bytes(damaged(path.read_bytes()))
    else:  # the archive stays whole, so that the damage reaches the reader of the sheets
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        chosen = list(parts)[part % len(parts)]
        parts[chosen] = damaged(parts[chosen])
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in parts.items():
                archive.writestr(name, content)
    store = SqliteStore(folder / "s.sqlite")
    try:
        import_paths(store, [path])
    except BadInput:
        assert store.revision() == 0
    finally:
        store.close()
