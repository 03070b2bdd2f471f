"""The whole graph as a file: JSON Lines (complete, for ``graph.restore``) or the tables a user would upload.

The form of JSON Lines, one JSON object a line, in UTF-8 and ended by a line feed:

    {"form":"wop graph","lines":2,"schema_version":5}
    {"fields":{"name":"Example Water"},"id":"U1","label":"Utility"}
    {"fields":{"level":4},"key":"","source":"U1","target":"tariff_setting","type":"OFFERS"}

``lines`` counts the lines after the first. Nodes come before edges, both in the order of ``graph.schema`` and then of
the store; unknown fields are left out. Equal graphs give the same bytes. Who may come in is in no export: accounts and
their secrets stay in their store.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graph.cells import cell_text
from graph.csv_files import csv_writer
from graph.errors import BadInput
from graph.files import writable, written_whole
from graph.schema import EDGES, KNOWN, SCHEMA_VERSION
from graph.sentences import say
from graph.store import Reader
from graph.table_rows import table_rows
from graph.tables import TABLES

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

FORM = "wop graph"
"""What the first line of an export says it is."""

FIXED_DATE = datetime(2000, 1, 1)
"""Written into workbooks as their date, so that the same graph gives the same bytes."""

_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode


def export_jsonl(reader: Reader, path: Path) -> None:
    """Write everything to one JSON Lines file, whole or not at all.

    Raises ``BadInput`` where the file cannot be written.
    """
    with written_whole(path) as draft, draft.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(export_lines(reader))


def export_lines(reader: Reader) -> Iterator[str]:
    """The lines of that file, each with its line feed."""
    nodes = {label: reader.nodes(label) for label in KNOWN}
    edges = {type: reader.edges(type) for type in EDGES}
    lines = sum(len(columns["id"]) for columns in nodes.values()) + sum(len(c["source"]) for c in edges.values())
    yield _encode({"form": FORM, "lines": lines, "schema_version": SCHEMA_VERSION}) + "\n"
    for label, columns in nodes.items():
        yield from _lines({"label": label}, ("id",), columns)
    for type, columns in edges.items():
        yield from _lines({"type": type}, ("source", "target", "key"), columns)


def export_tables_csv(reader: Reader, folder: Path) -> None:
    """Write the upload tables into a folder, one UTF-8 file a table with commas and line feeds.

    The folder is made where it does not exist; each file is written whole or not at all. What no upload table
    carries (rounds, the taxonomy) is only in ``export_jsonl``. Raises ``BadInput`` where a file cannot be written.
    """
    with writable(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for name in TABLES:
        columns = table_rows(name, reader)
        with (
            written_whole(folder / f"{name}.csv") as draft,
            draft.open("w", encoding="utf-8", newline="") as file,
        ):
            writer = csv_writer(file)
            writer.writerow(columns)
            writer.writerows(zip(*([cell_text(value) for value in column] for column in columns.values()), strict=True))


def export_tables_xlsx(reader: Reader, path: Path) -> None:
    """Write the upload tables into one workbook, one sheet a table; the same graph gives the same bytes.

    Figures are numbers and all else is text. Raises ``BadInput`` where the file cannot be written.
    """
    import xlsxwriter  # only this export needs it

    # Rows are written once and in order, so memory stays constant; nothing is ever read as formula or address.
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    content = io.BytesIO()
    with written_whole(path) as draft:
        with xlsxwriter.Workbook(content, options) as workbook:
            workbook.set_properties({"created": FIXED_DATE})
            bold = workbook.add_format({"bold": True})
            for name in TABLES:
                sheet = workbook.add_worksheet(name)
                sheet.freeze_panes(1, 0)
                _write_sheet(sheet, name, table_rows(name, reader), bold)
        draft.write_bytes(content.getvalue())


def _write_sheet(sheet: Worksheet, table: str, columns: dict[str, list[Any]], bold: Format) -> None:
    for position, heading in enumerate(columns):
        sheet.write_string(0, position, heading, bold)
    for number, row in enumerate(zip(*columns.values(), strict=True), start=1):
        for position, value in enumerate(row):
            if _write_cell(sheet, number, position, value) != 0:
                raise BadInput(
                    say("{table}, row {row}: a workbook cannot hold this much.", table=table, row=str(number + 1)),
                    say("Export to a folder of CSV files."),
                )


def _write_cell(sheet: Worksheet, row: int, position: int, value: Any) -> int:
    """Write one value; not 0 where the workbook cannot hold it."""
    if value is None:
        return 0
    # A workbook is written with 16 digits; the rare figure that needs 17 goes in as text, which keeps it exact.
    if isinstance(value, int | float) and not isinstance(value, bool) and float(f"{value:.16G}") == value:
        return int(sheet.write_number(row, position, value))
    return int(sheet.write_string(row, position, cell_text(value)))


def _lines(kind: dict[str, str], keys: tuple[str, ...], columns: dict[str, list[Any]]) -> Iterator[str]:
    fields = [name for name in columns if name not in keys]
    known = zip(*(columns[name] for name in keys), *(columns[name] for name in fields), strict=True)
    for row in known:
        values = zip(fields, row[len(keys) :], strict=True)
        line: dict[str, Any] = {**kind, "fields": {name: value for name, value in values if value is not None}}
        line.update(zip(keys, row, strict=False))
        yield _encode(line) + "\n"
