from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from graph.errors import BadInput
from graph.ingest import import_paths
from graph.store import Store
from graph.tables import TABLES
from graph.template import template_columns, write_template


def fill(path: Path, **rows: list[dict[str, str | int]]) -> Path:
    """Type rows below the example of a template, as a person would."""
    write_template(path)
    book = openpyxl.load_workbook(path)
    for name, records in rows.items():
        sheet = book[name]
        position = {cell.value: at for at, cell in enumerate(sheet[1], start=1)}
        for at, record in enumerate(records, start=3):
            for heading, value in record.items():
                sheet.cell(at, position[heading], value)
    book.save(path)
    return path


def test_the_untouched_template_has_nothing_to_import(store: Store, tmp_path: Path) -> None:
    write_template(tmp_path / "upload.xlsx")
    report = import_paths(store, [tmp_path / "upload.xlsx"])
    assert not report.changed
    assert "nothing to import" in str(report.sentences()[0])
    with store.read() as reader:
        assert reader.nodes("Utility")["id"] == []


def test_a_filled_in_template_comes_in(store: Store, tmp_path: Path) -> None:
    path = fill(
        tmp_path / "upload.xlsx",
        utilities=[
            {"id": "A1", "name": "Eau de Sète", "country": "FRA", "not_for_profit": "oui", "languages": "français"},
            {"id": "A2", "name": "Ville d'Eau", "country": "SEN", "mentors_wanted": 2},
        ],
        offers=[{"utility": "A1", "capability": "non_revenue_water", "level": 4, "year": 2024}],
        needs=[{"utility": "Ville d'Eau", "capability": "Non-revenue water", "priority": 1, "status": "diagnosed"}],
        partnerships=[{"id": "P1", "mentor": "A1", "mentee": "A2", "topics": "metering; procurement"}],
        observations=[{"utility_id": "A2", "metric": "nrw_percent", "value": "38,5", "year": 2023}],
    )
    report = import_paths(store, [path])
    assert {name: count.created for name, count in report.counts.items()} == {
        "utilities": 2,
        "offers": 1,
        "needs": 1,
        "partnerships": 1,
        "observations": 1,
    }
    with store.read() as reader:
        assert reader.nodes("Utility", ["A1"])["not_for_profit"] == [True]
        assert reader.nodes("Utility", ["A1"])["languages"] == [("fr",)]
        assert reader.edges("OBSERVED")["value"] == [38.5]


def test_every_table_has_a_sheet_with_lists_and_explanations(tmp_path: Path) -> None:
    write_template(tmp_path / "upload.xlsx")
    book = openpyxl.load_workbook(tmp_path / "upload.xlsx")
    assert book.sheetnames == ["Read me", *TABLES, "Lists"]
    for table in TABLES.values():
        sheet = book[table.name]
        assert [cell.value for cell in sheet[1]] == [column.name for column in template_columns(table)]
        assert all(cell.comment is not None for cell in sheet[1])
        assert sheet.freeze_panes == "B2"
    kinds = {rule.formula1: str(rule.sqref) for rule in book["offers"].data_validations.dataValidation}
    assert any(formula.startswith("Lists!") for formula in kinds)


def test_the_same_version_writes_the_same_bytes(tmp_path: Path) -> None:
    write_template(tmp_path / "one.xlsx")
    write_template(tmp_path / "two.xlsx")
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        write_template(tmp_path / "no" / "folder.xlsx")
