"""The workbook a user fills in: a sheet for each table, with explanations, drop-down lists and an example row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from graph.cells import number_expected
from graph.errors import BadInput
from graph.reference import capabilities, countries, metrics, regions
from graph.sentences import Sentence, render, say
from graph.tables import EXAMPLE_ID, TABLES
from graph.upload_columns import CellType, Column, Table
from graph.workbooks import EXPLAINING_SHEETS

_README, _LISTS = EXPLAINING_SHEETS
_ROWS = 5_000
"""Rows below the headings that drop-down lists reach."""

_EXPECTED = {
    "flag": say("yes or no"),
    "date": say("a date such as {example}", example="2024-05-31"),
    "languages": say("language codes or names, separated by ;"),
    "utility": say("the id or exact name of a utility"),
    "utilities": say("ids or exact names of utilities, separated by ;"),
    "capability": say("a capability of the list"),
    "capabilities": say("capabilities of the list, separated by ;"),
    "country": say("a country of the list"),
    "region": say("a region of the list"),
    "metric": say("a metric of the list"),
    "words": say("short words, separated by ;"),
}

Translate = Callable[[str], str]


def write_template(path: Path | str, *, translate: Translate = str) -> None:
    """Write the upload workbook to ``path``; headings stay English, explanations go through ``translate``.

    The example rows are about a utility or partnership with the id ``EXAMPLE``, which an import leaves out.
    Raises ``BadInput`` where the file cannot be written.
    """
    reference: dict[CellType, list[tuple[str, str]]] = {
        "capability": [(capability.id, capability.name) for capability in capabilities()],
        "country": [(country.id, country.name) for country in countries()],
        "region": [(region.id, region.name) for region in regions()],
        "metric": [(metric.id, metric.name) for metric in metrics()],
    }
    book = xlsxwriter.Workbook(str(path))
    # A fixed date: the same version writes the same bytes.
    book.set_properties({"created": datetime(2026, 1, 1), "title": "WOP upload"})
    formats = {
        "heading": book.add_format({"bold": True, "bg_color": "#DDEBF7", "border": 1}),
        "required": book.add_format({"bold": True, "bg_color": "#9BC2E6", "border": 1}),
        "example": book.add_format({"italic": True, "font_color": "#7F7F7F"}),
        "example date": book.add_format({"italic": True, "font_color": "#7F7F7F", "num_format": "yyyy-mm-dd"}),
        "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        "text": book.add_format({"num_format": "@"}),
        "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        "title": book.add_format({"bold": True, "font_size": 14}),
    }
    _write_readme(book.add_worksheet(_README), formats, translate)
    sheets = {table.name: book.add_worksheet(table.name) for table in TABLES.values()}
    ranges = _write_lists(book.add_worksheet(_LISTS), reference, formats)
    for table in TABLES.values():
        _write_table(sheets[table.name], table, ranges, formats, translate)
    sheets["utilities"].activate()
    try:
        book.close()
    except xlsxwriter.exceptions.FileCreateError as failure:
        raise BadInput(
            say("The file {file} cannot be written: {reason}.", file=str(path), reason=str(failure)),
            say("Name another place, or close the file where it is open."),
        ) from failure


def template_columns(table: Table) -> list[Column]:
    """The columns of a table that the template offers: not those that only repeat what stands elsewhere."""
    repeats = {f"{name}_name" for name in table.column} | {"utility" if table.name == "observations" else ""}
    return [column for column in table.columns if column.exported and column.name not in repeats]


def _write_readme(sheet: Any, formats: Mapping[str, Any], translate: Translate) -> None:
    lines = (
        say("Fill in one sheet a table; leave out the sheets and columns you do not need."),
        say("An empty cell means unknown. Headings on dark blue are required."),
        say("The rows of {example} show how it is done; the import leaves them out.", example=EXAMPLE_ID),
        say("Import it with: wop import FILE.xlsx --dry-run, and without --dry-run when it finds nothing wrong."),
    )
    sheet.write_string(0, 0, render(say("Offers and needs of water utilities"), translate), formats["title"])
    for row, line in enumerate(lines, start=1):
        sheet.write_string(row, 0, render(line, translate))
    heading = (say("Table"), say("Column"), say("Required"), say("Expected"), say("Explanation"))
    first = len(lines) + 2
    for at, word in enumerate(heading):
        sheet.write_string(first, at, render(word, translate), formats["heading"])
    row = first + 1
    for table in TABLES.values():
        for column in template_columns(table):
            required = render(say("yes"), translate) if column.required else ""
            cells = (table.name, column.name, required, *_described(column, translate))
            for at, text in enumerate(cells):
                sheet.write_string(row, at, text, formats["wrap"])
            row += 1
    for at, width in enumerate((16, 20, 10, 44, 70)):
        sheet.set_column(at, at, width)
    sheet.hide_gridlines(2)


def _described(column: Column, translate: Translate) -> tuple[str, str]:
    """What a column expects, and its explanation."""
    expected: Sentence | None = _EXPECTED.get(column.type)
    if column.choices:
        expected = say("one of {choices}", choices=column.choices)
    elif column.type in ("integer", "number"):
        expected = number_expected(column.within, whole=column.type == "integer")
    return render(expected, translate) if expected else "", render(column.explanation, translate)


def _write_lists(
    sheet: Any, reference: Mapping[CellType, Sequence[tuple[str, str]]], formats: Mapping[str, Any]
) -> dict[str, str]:
    """Write ids and names of the reference; cell type -> the range of its ids."""
    ranges = {}
    for at, (kind, pairs) in enumerate(reference.items()):
        sheet.write_string(0, 2 * at, kind, formats["heading"])
        for row, pair in enumerate(pairs, start=1):
            sheet.write_string(row, 2 * at, pair[0])
            sheet.write_string(row, 2 * at + 1, pair[1])
        letters = xl_col_to_name(2 * at, col_abs=True)
        ranges[str(kind)] = f"={_LISTS}!{letters}$2:{letters}${len(pairs) + 1}"
        sheet.set_column(2 * at, 2 * at + 1, 28)
    sheet.freeze_panes(1, 0)
    return ranges


def _write_table(
    sheet: Any, table: Table, ranges: Mapping[str, str], formats: Mapping[str, Any], translate: Translate
) -> None:
    for at, column in enumerate(template_columns(table)):
        plain = {"date": formats["date"], "integer": None, "number": None}.get(column.type, formats["text"])
        sheet.set_column(at, at, max(12, len(column.name) + 4, min(len(column.example) + 2, 36)), plain)
        sheet.write_string(0, at, column.name, formats["required" if column.required else "heading"])
        expected, explanation = _described(column, translate)
        sheet.write_comment(0, at, f"{explanation}\n{expected}".strip(), {"x_scale": 2, "author": ""})
        _write_example(sheet, at, column, formats)
        _validate(sheet, at, column, ranges, (expected, explanation))
    sheet.freeze_panes(1, 1)


def _write_example(sheet: Any, at: int, column: Column, formats: Mapping[str, Any]) -> None:
    if not column.example:
        return
    if column.type in ("integer", "number"):
        sheet.write_number(1, at, float(column.example), formats["example"])
    elif column.type == "date":
        sheet.write_datetime(1, at, date.fromisoformat(column.example), formats["example date"])
    else:
        sheet.write_string(1, at, column.example, formats["example"])


def _validate(sheet: Any, at: int, column: Column, ranges: Mapping[str, str], words: Sequence[str]) -> None:
    """Drop-down lists and ranges; Excel allows messages of 255 characters."""
    source: str | list[str] | None = ranges.get(column.type)
    if column.type == "choice":
        source = list(column.choices)
    elif column.type == "flag":
        source = ["yes", "no"]
    options: dict[str, Any] = {"error_message": words[0][:255], "ignore_blank": True}
    if source is not None:
        options |= {"validate": "list", "source": source}
    elif column.type in ("integer", "number") and column.within is not None:
        low, high = column.within
        kind = "integer" if column.type == "integer" else "decimal"
        options |= {"validate": kind, "criteria": "between", "minimum": low, "maximum": high}
    else:
        return
    if column.type == "country":
        options["error_type"] = "warning"  # names are understood too
    sheet.data_validation(1, at, _ROWS, at, options)
