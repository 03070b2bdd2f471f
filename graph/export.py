"""The whole graph as a file: JSON Lines (complete, for ``graph.restore``) or the tables a user would upload.

The form of JSON Lines, one JSON object a line, in UTF-8 and ended by a line feed:

    {"form":"wop graph","lines":2,"schema_version":1}
    {"fields":{"name":"Example Water"},"id":"U1","label":"Utility"}
    {"fields":{"level":4},"key":"","source":"U1","target":"tariff_setting","type":"OFFERS"}

``lines`` counts the lines after the first. Nodes come before edges, both in the order of ``graph.schema`` and then of
the store; unknown fields are left out. Equal graphs give the same bytes.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from graph.cells import cell_text
from graph.files import writable, written_whole
from graph.schema import EDGES, NODES, SCHEMA_VERSION
from graph.store import Reader
from graph.table_rows import table_rows
from graph.tables import TABLES

FORM = "wop graph"
"""What the first line of an export says it is."""

FIXED_DATE = datetime(2000, 1, 1)
"""Written into workbooks as their date, so that the same graph gives the same bytes."""

_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode


def export_jsonl(reader: Reader, path: Path) -> None:
    """Write everything to one JSON Lines file, whole or not at all.

    Raises ``BadInput`` where the file cannot be written.
    """
    nodes = {label: reader.nodes(label) for label in NODES}
    edges = {type: reader.edges(type) for type in EDGES}
    lines = sum(len(columns["id"]) for columns in nodes.values()) + sum(len(c["source"]) for c in edges.values())
    with written_whole(path) as draft, draft.open("x", encoding="utf-8", newline="\n") as file:
        file.write(_encode({"form": FORM, "lines": lines, "schema_version": SCHEMA_VERSION}) + "\n")
        for label, columns in nodes.items():
            file.writelines(_lines({"label": label}, ("id",), columns))
        for type, columns in edges.items():
            file.writelines(_lines({"type": type}, ("source", "target", "key"), columns))


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
            draft.open("x", encoding="utf-8", newline="") as file,
        ):
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(zip(*([cell_text(value) for value in column] for column in columns.values()), strict=True))


def export_tables_xlsx(reader: Reader, path: Path) -> None:
    """Write the upload tables into one workbook, one sheet a table; the same graph gives the same bytes.

    Figures are numbers and all else is text. Raises ``BadInput`` where the file cannot be written.
    """
    import xlsxwriter  # only this export needs it

    with written_whole(path) as draft:
        # Rows are written once and in order, so memory stays constant; nothing is ever read as formula or address.
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        workbook = xlsxwriter.Workbook(str(draft), options)
        workbook.set_properties({"created": FIXED_DATE})
        bold = workbook.add_format({"bold": True})
        for name in TABLES:
            columns = table_rows(name, reader)
            sheet = workbook.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            for position, heading in enumerate(columns):
                sheet.write_string(0, position, heading, bold)
            for number, row in enumerate(zip(*columns.values(), strict=True), start=1):
                for position, value in enumerate(row):
                    if isinstance(value, int | float) and not isinstance(value, bool):
                        sheet.write_number(number, position, value)
                    elif value is not None:
                        sheet.write_string(number, position, cell_text(value))
        workbook.close()


def _lines(kind: dict[str, str], keys: tuple[str, ...], columns: dict[str, list[Any]]) -> Iterator[str]:
    fields = [name for name in columns if name not in keys]
    known = zip(*(columns[name] for name in keys), *(columns[name] for name in fields), strict=True)
    for row in known:
        values = zip(fields, row[len(keys) :], strict=True)
        line: dict[str, Any] = {**kind, "fields": {name: value for name, value in values if value is not None}}
        line.update(zip(keys, row, strict=False))
        yield _encode(line) + "\n"
