"""XLSX workbooks read as tables of text, after a look inside that keeps a hostile or broken file from doing harm.

python-calamine reads the cells. It builds each sheet as a full rectangle and gives the last computed value of
a formula, so the archive is first checked for its size, each sheet for its extent, for formulas nobody
computed, for error values, and for percent formats (35 % is kept as 0.35).
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import PurePath
from typing import Any

from python_calamine import CalamineWorkbook

from graph.errors import TooLarge
from graph.headings import named_table
from graph.problems import Problems
from graph.readers import unknown_table
from graph.sentences import Sentence, say
from graph.sheet_extent import extent, is_sheet, names_texts, text_length
from graph.sheets import SheetFacts, sheet_facts, sheet_parts
from graph.tables import TABLES, table_named
from graph.upload_columns import Table, folded
from graph.uploads import ImportLimits, Upload

EXPLAINING_SHEETS = ("Read me", "Lists")
"""Sheets of the template that hold no data."""

_OLD_CONTAINER = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MOST_PARTS = 10_000
_CHUNK = 1 << 20


class _Unreadable(Exception):
    def __init__(self, message: Sentence, hint: Sentence) -> None:
        super().__init__(str(message))
        self.message, self.hint = message, hint


def read_workbook(file: str, content: bytes, upload: Upload, limits: ImportLimits, only: Table | None = None) -> None:
    """Read every table of a workbook into ``upload``; each sheet says which it is, unless ``only`` does.

    Raises ``TooLarge`` where a limit is passed.
    """
    try:
        parts = _parts(file, content, limits)
        _measure(file, parts, limits)
        facts = {
            name: sheet_facts(parts[part], parts.get("xl/styles.xml", b""))
            for name, part in sheet_parts(parts)
            if part in parts
        }
        sheets = _cells(file, parts, limits)
    except _Unreadable as failure:
        upload.problems.unread.update(TABLES)
        upload.problems.add(file, failure.message, hint=failure.hint)
        return
    filled = {
        name: cells for name, cells in sheets.items() if cells and folded(name) not in map(folded, EXPLAINING_SHEETS)
    }
    if not filled:
        upload.problems.add(file, say("There is nothing in this workbook."))
    for name, cells in filled.items():
        table = only or table_named(name)
        if table is None and len(filled) == 1:
            table = table_named(PurePath(file).stem)
        if table is None:
            message, hint = unknown_table(say("sheet"), name)
            upload.problems.unread.update(TABLES)
            upload.problems.add(file, message, sheet=name, hint=hint)
            continue
        fact = facts.get(name, SheetFacts())
        if not _report_unusable(file, name, fact, upload.problems):
            upload.problems.unread.add(table.name)
        else:
            named_table(table, file, name, _as_text(cells, fact), upload, limits)


def _measure(file: str, parts: Mapping[str, bytes], limits: ImportLimits) -> None:
    """Hold every part that could be read as a sheet to the limits, whatever the workbook says of it."""
    names = {part: name for name, part in sheet_parts(parts)}
    sheets = {part: content for part, content in parts.items() if is_sheet(content)}
    for part, sheet in sheets.items():
        found, name = extent(sheet), names.get(part, part)
        if found is None:
            raise _damaged()
        rows, columns = found
        limits.check("columns", columns, file, name)
        limits.check("rows", rows - 1, file, name)
        limits.check("cells", rows * columns, file, name)
    texts = [content for content in parts.values() if names_texts(content)]
    if len(texts) > 1:
        raise _damaged()
    for strings in texts:
        found_text = text_length(list(sheets.values()), strings, limits.uncompressed_bytes)
        limits.check("uncompressed_bytes", found_text, file)


def _damaged() -> _Unreadable:
    return _Unreadable(say("This is no XLSX workbook, or it is damaged."), say("Open it, save it as .xlsx again."))


def _parts(file: str, content: bytes, limits: ImportLimits) -> dict[str, bytes]:
    """The unpacked XML parts; what the directory declares and what really comes out are both held to the limit."""
    damaged = _damaged()
    if content.startswith(_OLD_CONTAINER):
        if _ENCRYPTED in content:
            raise _Unreadable(say("The workbook is protected by a password."), say("Save it without the password."))
        raise _Unreadable(say("This is a workbook of the old kind (.xls)."), say("Save it as .xlsx."))
    parts, unpacked = {}, 0
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            limits.check("uncompressed_bytes", sum(member.file_size for member in members), file)
            if len(members) > _MOST_PARTS or len({_part_name(member).casefold() for member in members}) < len(members):
                raise damaged
            for member in members:
                pieces = []
                with archive.open(member) as stream:
                    while piece := stream.read(_CHUNK):
                        unpacked += len(piece)
                        limits.check("uncompressed_bytes", unpacked, file)
                        pieces.append(piece)
                if member.filename.endswith((".xml", ".rels")):
                    parts[_part_name(member)] = b"".join(pieces)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        RuntimeError,
        ValueError,
        NotImplementedError,
    ) as failure:
        # RuntimeError: an encrypted member; NotImplementedError: a kind of compression workbooks do not use.
        raise damaged from failure
    if any(part.startswith((b"\xff\xfe", b"\xfe\xff")) for part in parts.values()):
        raise damaged  # workbooks are UTF-8; another encoding would hide from the look inside
    return parts


def _part_name(member: zipfile.ZipInfo) -> str:
    return member.filename.lstrip("/")


def _packed(parts: Mapping[str, bytes]) -> io.BytesIO:
    """The parts as an archive: the reader is given what was looked at, however it would have read the file itself."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    packed.seek(0)
    return packed


def _cells(file: str, parts: Mapping[str, bytes], limits: ImportLimits) -> dict[str, list[list[Any]]]:
    """The sheets' rows from cell A1 on."""
    sheets: dict[str, list[list[Any]]] = {}
    cells = texts = 0
    try:
        book = CalamineWorkbook.from_filelike(_packed(parts))
        for name in book.sheet_names:
            rows = sheets[name] = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            # A workbook may show one part as many sheets.
            cells += sum(map(len, rows))
            texts += sum(len(cell) for row in rows for cell in row if type(cell) is str)
            limits.check("cells", cells, file)
            limits.check("uncompressed_bytes", texts, file)
    except (KeyboardInterrupt, SystemExit, MemoryError, TooLarge):
        raise
    except BaseException as failure:
        # A panic of the reader's own code is no Exception; a damaged file may cause one.
        raise _Unreadable(
            say("The workbook is damaged and cannot be read."), say("Open it, save it as .xlsx again.")
        ) from failure
    return sheets


def _report_unusable(file: str, sheet: str, facts: SheetFacts, problems: Problems) -> bool:
    """Whether all cells can be used; those that cannot become problems."""
    for row, letters in facts.uncomputed:
        problems.add(
            file,
            say("The cell holds a formula whose result was not saved."),
            sheet=sheet,
            row=row,
            column=letters,
            hint=say("Open the workbook, let it compute, save it; or put the value itself into the cell."),
        )
    for row, letters, error in facts.errors:
        problems.add(
            file,
            say("The cell shows an error instead of a value."),
            sheet=sheet,
            row=row,
            column=letters,
            value=error,
            hint=say("Correct the formula, or leave the cell empty."),
        )
    return not facts.uncomputed and not facts.errors


def _as_text(rows: Sequence[Sequence[Any]], facts: SheetFacts) -> list[list[str]]:
    texts = [[cell if type(cell) is str else _text(cell) for cell in row] for row in rows]
    for row, column in facts.percents:
        if row <= len(rows) and column <= len(rows[row - 1]) and type(rows[row - 1][column - 1]) is float:
            texts[row - 1][column - 1] = f"{round(rows[row - 1][column - 1] * 100, 10):.10g}%"
    return texts


def _text(cell: Any) -> str:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == datetime.min.time() else cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, date) else str(cell)
