"""Upload files read as tables of text: which files there are, and CSV in every encoding and separator met.

Workbooks are read by ``graph.workbooks``; both end in ``graph.headings.named_table``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from graph.errors import did_you_mean
from graph.headings import named_table
from graph.sentences import Sentence, say
from graph.tables import TABLES, table_named
from graph.upload_columns import Table, folded
from graph.uploads import ImportLimits, Upload

TAXONOMY_FILE = "topics"
"""Stem of the file that holds the register's taxonomy, which comes with the service and is not uploaded."""

_WORKBOOKS, _TEXTS = (".xlsx", ".xlsm"), (".csv", ".tsv", ".txt")
_SEPARATORS = ",;\t"
_NOT_TEXT = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def upload_files(paths: Sequence[Path], upload: Upload) -> list[Path]:
    """The files to read: those named, and of each folder its CSV files and workbooks, by name."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            found = [file for file in sorted(path.iterdir()) if file.suffix.lower() in (".csv", ".tsv", *_WORKBOOKS)]
            found = [file for file in found if file.is_file() and not file.name.startswith((".", "~$"))]
            if not found:
                upload.problems.add(path.name, say("The folder holds no CSV file and no workbook."))
            files += found
        elif path.is_file():
            files.append(path)
        else:
            near = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
            upload.problems.add(
                str(path), say("There is no such file or folder."), hint=did_you_mean(path.name, sorted(near))
            )
    return list(dict.fromkeys(files))


def read_file(path: Path, upload: Upload, limits: ImportLimits, table: Table | None = None) -> None:
    """Read one file into ``upload``. Raises ``TooLarge`` where a limit is passed.

    A CSV file's name and a workbook's sheets say which table they hold, unless ``table`` does.
    """
    name = path.name
    if table is None and folded(path.stem) == TAXONOMY_FILE:
        upload.notes.append(say("{file} was skipped: the taxonomy comes with the service.", file=name))
        return
    try:
        limits.check("file_bytes", path.stat().st_size, name)
        content = path.read_bytes()
    except OSError as failure:
        upload.problems.add(name, say("The file cannot be read: {reason}.", reason=failure.strerror or str(failure)))
        return
    if path.suffix.lower() in _WORKBOOKS:
        from graph.workbooks import read_workbook  # a CSV upload needs no workbook reader

        read_workbook(name, content, upload, limits, table)
    elif path.suffix.lower() in _TEXTS:
        _read_csv(path, content, upload, limits, table or table_named(path.stem))
    else:
        upload.problems.add(
            name, say("Only CSV files and XLSX workbooks can be imported."), hint=say("Save it as .xlsx or .csv.")
        )


def unknown_table(kind: Sentence, name: str) -> tuple[Sentence, Sentence]:
    """Message and hint for a file or sheet whose name means no table."""
    accepted = tuple(say("“{name}”", name=table) for table in TABLES)
    near = did_you_mean(name, TABLES)
    hint = say("Name it after what it holds: {names}.", names=accepted)
    return (
        say("The name of this {kind} does not say which table it holds.", kind=kind),
        say("{first} {second}", first=near, second=hint) if near else hint,
    )


def _read_csv(path: Path, content: bytes, upload: Upload, limits: ImportLimits, table: Table | None) -> None:
    problems = upload.problems
    if table is None:
        message, hint = unknown_table(say("file"), path.stem)
        problems.add(path.name, message, hint=hint)
        problems.unread.update(TABLES)
        return
    if content.startswith(_NOT_TEXT):
        problems.lose(
            table.name,
            path.name,
            say("This is a workbook, not a CSV file."),
            say("Give it the ending .xlsx and import it again."),
        )
        return
    text = _decoded(path.name, content, upload)
    if text is None:
        problems.lose(
            table.name, path.name, say("The encoding of this file is not known."), say("Save it as CSV in UTF-8.")
        )
        return
    separator = _separator(text, table)
    records: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        records = list(reader)
    except csv.Error as failure:
        problems.lose(
            table.name,
            path.name,
            say(
                "The quotation marks or separators near line {line} are broken ({reason}).",
                line=reader.line_num,
                reason=str(failure),
            ),
            say("A cell with a quotation mark in it needs the mark twice and marks around it."),
        )
        return
    named_table(table, path.name, "", records, upload, limits)


def _decoded(file: str, content: bytes, upload: Upload) -> str | None:
    """The text of a file: UTF-8 with or without mark, UTF-16 with mark, else Windows-1252; ``None`` for neither."""
    try:
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            return content.decode("utf-16")
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("cp1252")
        except UnicodeDecodeError:
            return None
    upload.notes.append(say("{file} is not in UTF-8 and was read as Windows-1252; look at its accents.", file=file))
    return text


def _separator(text: str, table: Table) -> str:
    """The separator by which the heading line shows most of the table's headings; a comma where none shows any."""
    line = text.lstrip("\r\n").split("\n", 1)[0].rstrip("\r")
    best, most = ",", 0.0
    for separator in _SEPARATORS:
        headings = [folded(part.strip('"')) for part in line.split(separator)]
        known = sum(heading in table.headings for heading in headings) + len(headings) / 1_000
        if len(headings) > 1 and known > most:
            best, most = separator, known
    return best
