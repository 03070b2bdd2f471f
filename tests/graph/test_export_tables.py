"""The tables a user would upload, written from the graph: an import reads them back unchanged."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from graph.errors import BadInput
from graph.export import export_jsonl, export_tables_csv, export_tables_xlsx
from graph.ingest import import_paths
from graph.reference import REGISTER
from graph.sqlite import SqliteStore
from graph.store import Reader, Store, Transaction
from graph.tables import TABLES

Export = Callable[[Reader, Path], None]

HARMFUL = ["=1+1", "+1", "-1", "@here", "'=1+1", "''-x", "'quoted'", '=HYPERLINK("http://x")', "=", "-"]
"""Texts that a spreadsheet would run, or that look as if they had been neutralised already."""


def load_small_reference(transaction: Transaction) -> None:
    """Two countries, three capabilities and two metrics."""
    transaction.merge_nodes("Region", {"id": ["eastern_africa"], "name": ["Eastern Africa"], "continent": ["Africa"]})
    transaction.merge_nodes("Country", {"id": ["KEN", "UGA"], "name": ["Kenya", "Uganda"]})
    transaction.merge_edges("IN", {"source": ["KEN", "UGA"], "target": ["eastern_africa"] * 2})
    transaction.merge_nodes("CapabilityGroup", {"id": ["money"], "name": ["Money"]})
    capabilities = ["non_revenue_water", "tariff_setting", "customer_service"]
    transaction.merge_nodes("Capability", {"id": capabilities, "name": capabilities})
    transaction.merge_edges("PART_OF", {"source": capabilities, "target": ["money"] * 3})
    transaction.merge_nodes("Metric", {"id": ["nrw_percent", "connections"], "name": ["NRW", "Connections"]})


def fill(transaction: Transaction) -> None:
    """Utilities with everything and with nothing known, and every kind of row about them."""
    load_small_reference(transaction)
    harmful = [f"H{number}" for number in range(len(HARMFUL))]
    ids = ["A", "B", *harmful]
    rest: list[None] = [None] * (len(ids) - 1)
    full: dict[str, Any] = {
        "languages": ("en", "sw"),
        "ownership": "public",
        "not_for_profit": True,
        "charter_signed_on": "2024-02-29",
        "leadership_letter": False,
        "services": ("water", "sanitation"),
        "water_source": "surface",
        "network_type": "gravity",
        "climate": "dry",
        "latitude": 0.1 + 0.2,
        "longitude": -179.0,
        "mentor_places": 0,
        "minimum_mentees": 0,
        "mentor_staff_days": 1 / 3,
        "mentors_wanted": 2,
        "investment_coming": True,
        "twinned_with": ("B", "H0"),
        "preferred_partners": ("B",),
        "refused_partners": ("H1",),
        "private": False,
        "facilitator": "水協会",
        "source_url": "https://example.org/a?b=1&c=2",
    }
    columns: dict[str, list[Any]] = {name: [value, *rest] for name, value in full.items()}
    notes = ['comma, “quote” " ; semicolon\nand a line', None, *HARMFUL]
    names = ["Ménard _x0041_ 水道局", "Бишкек", *(f"{text} of {id}" for text, id in zip(HARMFUL, harmful, strict=True))]
    countries = ["KEN", *["UGA"] * (len(ids) - 1)]
    transaction.merge_nodes("Utility", {"id": ids, "name": names, "country": countries, "note": notes, **columns})
    transaction.merge_edges("LOCATED_IN", {"source": ids, "target": countries})
    offers: dict[str, list[Any]] = {
        "source": ["A", "A", "B"],
        "target": ["tariff_setting", "non_revenue_water", "tariff_setting"],
        "level": [5, None, 1],
        "staff_days": [12.5, None, 0.0],
        "evidence": ["-5 percent losses", None, "0012"],
        "year": [2020, None, 1999],
        "stated_by": ["=cmd", None, "1e5"],
    }
    transaction.merge_edges("OFFERS", offers)
    needs: dict[str, list[Any]] = {
        "source": ["B", "B"],
        "target": ["non_revenue_water", "customer_service"],
        "priority": [1, None],
        "indicator": ["+losses", None],
        "baseline": [40.0, None],
        "target_value": [123456789.125, None],
        "status": ["diagnosed", None],
        "staff_days": [3.0, None],
        "year": [2024, None],
        "stated_by": ["yes", None],
        "private": [True, None],
    }
    transaction.merge_edges("NEEDS", needs)
    figures: dict[str, list[Any]] = {
        "source": ["A", "A", "A"],
        "target": ["nrw_percent", "nrw_percent", "connections"],
        "key": ["2019", "2021", ""],
        "value": [33.333333333333336, 0.0, 12_000_000.0],
        "year": [2019, 2021, None],
        "note": ["@estimate", None, None],
        "private": [None, False, True],
    }
    transaction.merge_edges("OBSERVED", figures)
    partnerships: dict[str, list[Any]] = {
        "id": ["P1", "P2", "P3"],
        "wop": ["W1", "W1", "P3"],
        "start_year": [2010, 2010, None],
        "end_year": [2012, None, None],
        "status": ["completed", None, None],
        "confidence": ["high", None, None],
        "flags": [("one mentor", "date unsure"), None, None],
        "excerpt_fact": ["=A helped B", None, None],
    }
    transaction.merge_nodes("Partnership", partnerships)
    transaction.merge_edges("MENTORS_IN", {"source": ["A", "A", "B"], "target": ["P1", "P2", "P3"]})
    transaction.merge_edges("LEARNS_IN", {"source": ["B", "H0", "A"], "target": ["P1", "P2", "P3"]})
    covers = {"source": ["P1", "P1"], "target": ["non_revenue_water", "tariff_setting"]}
    transaction.merge_edges("COVERS", covers)
    for label, type in (("Programme", "RUNS"), ("Funder", "FUNDS"), ("Facilitator", "FACILITATES")):
        name = f"={label}"
        transaction.merge_nodes(label, {"id": [name], "name": [name]})
        transaction.merge_edges(type, {"source": [name, name], "target": ["P1", "P2"]})


@pytest.fixture
def filled(store: Store) -> Store:
    with store.write() as transaction:
        fill(transaction)
    return store


@pytest.fixture
def other(tmp_path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(tmp_path / "other.sqlite")) as store:
        with store.write() as transaction:
            load_small_reference(transaction)
        yield store


def export(store: Store, write: Export, path: Path) -> Path:
    with store.read() as reader:
        write(reader, path)
    return path


EVERY_FORM = pytest.mark.parametrize(
    ("write", "name"), [(export_tables_csv, "tables"), (export_tables_xlsx, "tables.xlsx")], ids=["csv", "xlsx"]
)


@EVERY_FORM
def test_exported_tables_import_into_a_new_store_as_the_same_graph(
    filled: Store, other: SqliteStore, tmp_path: Path, write: Export, name: str
) -> None:
    tables = export(filled, write, tmp_path / name)
    report = import_paths(other, [tables])
    assert list(report.counts) == list(TABLES)
    expected = export(filled, export_jsonl, tmp_path / "1.jsonl").read_text(encoding="utf-8").splitlines()
    assert export(other, export_jsonl, tmp_path / "2.jsonl").read_text(encoding="utf-8").splitlines() == expected


@EVERY_FORM
def test_exported_tables_change_nothing_where_they_came_from(
    filled: Store, tmp_path: Path, write: Export, name: str
) -> None:
    report = import_paths(filled, [export(filled, write, tmp_path / name)])
    assert not report.changed
    assert filled.revision() == 1


@EVERY_FORM
def test_the_real_register_survives_the_way_out_and_in(store: Store, tmp_path: Path, write: Export, name: str) -> None:
    register = Path(str(REGISTER))
    import_paths(store, [register / f"{table}.csv" for table in ("utilities", "partnerships", "utility_observations")])
    with closing(SqliteStore(tmp_path / "new.sqlite")) as new:
        import_paths(new, [export(store, write, tmp_path / name)])
        again = export(new, export_jsonl, tmp_path / "2.jsonl").read_bytes()
    first = export(store, export_jsonl, tmp_path / "1.jsonl").read_bytes()
    assert len(first.splitlines()) > 2_000
    assert again.splitlines() == first.splitlines()


def cells_of(path: Path) -> list[Any]:
    if path.is_dir():
        texts = [file.read_text(encoding="utf-8") for file in sorted(path.iterdir())]
        return [cell for text in texts for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
    book = CalamineWorkbook.from_path(path)
    return [cell for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for cell in row]


@EVERY_FORM
def test_no_cell_would_be_run_as_a_formula(filled: Store, tmp_path: Path, write: Export, name: str) -> None:
    texts = [cell for cell in cells_of(export(filled, write, tmp_path / name)) if isinstance(cell, str)]
    harmful = [text for text in texts if text[:1] in tuple("=+@-\t\r")]
    assert [text for text in harmful if not is_number(text)] == []
    assert "'=1+1" in texts
    assert "''=1+1" in texts


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def test_csv_files_are_plain_utf8_with_commas_and_line_feeds(filled: Store, tmp_path: Path) -> None:
    folder = export(filled, export_tables_csv, tmp_path / "new" / "folder")
    assert sorted(file.name for file in folder.iterdir()) == sorted(f"{name}.csv" for name in TABLES)
    content = (folder / "offers.csv").read_bytes()
    assert content.startswith(b"utility,utility_name,capability,level,")
    assert b"\r" not in content
    assert "A,Ménard _x0041_ 水道局,tariff_setting,5,12.5,'-5 percent losses,2020,'=cmd\n".encode() in content


def test_figures_are_numbers_in_a_workbook_and_texts_are_texts(filled: Store, tmp_path: Path) -> None:
    book = CalamineWorkbook.from_path(export(filled, export_tables_xlsx, tmp_path / "tables.xlsx"))
    assert book.sheet_names == list(TABLES)
    heading, *rows = book.get_sheet_by_name("offers").to_python()
    row = next(row for row in rows if row[0] == "B")
    assert dict(zip(heading, row, strict=True)) == {
        "utility": "B",
        "utility_name": "Бишкек",
        "capability": "tariff_setting",
        "level": 1.0,
        "staff_days": 0.0,
        "evidence": "0012",
        "year": 1999.0,
        "source": "1e5",
    }


@EVERY_FORM
def test_equal_graphs_give_equal_tables(filled: Store, tmp_path: Path, write: Export, name: str) -> None:
    (tmp_path / "1").mkdir()
    (tmp_path / "2").mkdir()
    one, two = (export(filled, write, tmp_path / folder / name) for folder in ("1", "2"))
    if one.is_dir():
        assert [file.read_bytes() for file in sorted(one.iterdir())] == [
            file.read_bytes() for file in sorted(two.iterdir())
        ]
    else:
        assert one.read_bytes() == two.read_bytes()


def test_what_a_workbook_cannot_hold_is_refused_and_leaves_no_file(store: Store, tmp_path: Path) -> None:
    with store.write() as transaction:
        load_small_reference(transaction)
        transaction.merge_nodes("Utility", {"id": ["A"], "name": ["a"], "country": ["KEN"], "note": ["x" * 32_768]})
    with pytest.raises(BadInput, match=r"utilities, row 2.*CSV"):
        export(store, export_tables_xlsx, tmp_path / "tables.xlsx")
    assert list(tmp_path.glob("*tables*")) == []
    export(store, export_tables_csv, tmp_path / "tables")


@EVERY_FORM
def test_where_nothing_can_be_written(store: Store, tmp_path: Path, write: Export, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match="cannot be written"):
        export(store, write, tmp_path / "file" / name)
