"""A table as a file to keep: CSV or XLSX, the same bytes for the same rows, and no cell that runs as a formula."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from flask import Response

from graph.cells import harmless
from graph.csv_files import csv_writer
from graph.errors import UnknownName
from graph.sentences import say
from matcher.downloads import FIXED_DATE

MIMETYPES: Mapping[str, str] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
Rows = Iterable[Sequence[Any]]


def as_file(kind: str, name: str, headings: Sequence[str], rows: Rows) -> Response:
    """The table as a file called ``name.kind``. Raises ``UnknownName`` for a kind there is not."""
    makers: Mapping[str, Callable[[Sequence[str], Rows], bytes]] = {"csv": csv_bytes, "xlsx": xlsx_bytes}
    if kind not in makers:
        raise UnknownName(say("kind of download"), kind, [*makers, "json"])
    response = Response(makers[kind](headings, rows), content_type=MIMETYPES[kind])
    # A name may hold what people wrote, such as the id of a partnership, and a header Latin letters alone.
    plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", name)
    response.headers["Content-Disposition"] = f'attachment; filename="{plain}.{kind}"'
    return response


def csv_bytes(headings: Sequence[str], rows: Rows) -> bytes:
    """UTF-8 with a mark, so that Excel reads it; an unknown value is an empty cell."""
    out = io.StringIO()
    writer = csv_writer(out)
    writer.writerow(headings)
    writer.writerows([harmless(value) for value in row] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def xlsx_bytes(headings: Sequence[str], rows: Rows) -> bytes:
    """A workbook of one sheet; texts are never read as formulas or addresses."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": FIXED_DATE})
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    sheet.write_row(0, 0, headings, book.add_format({"bold": True}))
    for place, row in enumerate(rows, start=1):
        sheet.write_row(place, 0, list(map(harmless, row)))
    book.close()
    return out.getvalue()
