"""The headings of an uploaded table understood, and its rows made even."""

from __future__ import annotations

from collections.abc import Sequence

from graph.cells import tidy
from graph.errors import did_you_mean
from graph.problems import Problems
from graph.sentences import say
from graph.upload_columns import Table, folded
from graph.uploads import ImportLimits, RawTable, Upload


def named_table(
    table: Table, file: str, sheet: str, records: Sequence[Sequence[str]], upload: Upload, limits: ImportLimits
) -> None:
    """Understand the headings of one table and add it to ``upload``; what is wrong with them becomes problems.

    ``records`` are all rows of the file or sheet from the first, blank ones too, so that row numbers stay true.
    """
    problems = upload.problems
    first = next((at for at, record in enumerate(records) if any(map(str.strip, record))), None)
    if first is None:
        problems.unread.add(table.name)
        problems.add(
            file,
            say("There is nothing in it, not even headings."),
            sheet=sheet,
            hint=say("The first row needs these headings: {names}.", names=_required(table)),
        )
        return
    heading_row = [tidy(cell) for cell in records[first]]
    limits.check("columns", len(heading_row), file, sheet)
    limits.check("rows", len(records) - first - 1, file, sheet)
    numbers: Sequence[int] = range(first + 2, len(records) + 1)
    body = records[first + 1 :]
    if not all(body):
        numbers = [number for number, record in zip(numbers, body, strict=True) if record]
        body = [record for record in body if record]
    width = len(heading_row)
    if set(map(len, body)) - {width}:
        body, numbers = _even(body, numbers, width, file, sheet, problems)
    columns: list[Sequence[str]] = list(zip(*body, strict=True)) if body else [()] * width
    found = _headings(table, file, sheet, first + 1, heading_row, columns, problems)
    if found is None:
        problems.unread.add(table.name)
        return
    upload.tables.append(
        RawTable(
            table=table,
            file=file,
            sheet=sheet,
            headings={name: heading_row[at] for name, at in found.items()},
            columns={name: columns[at] for name, at in found.items()},
            rows=numbers,
        )
    )


def _required(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.columns if column.required)


def _even(
    body: Sequence[Sequence[str]], numbers: Sequence[int], width: int, file: str, sheet: str, problems: Problems
) -> tuple[list[Sequence[str]], list[int]]:
    """Records of one width: empty cells after the last heading are dropped, other uneven records are problems."""
    kept, kept_numbers = [], []
    for record, number in zip(body, numbers, strict=True):
        cells = record
        if len(cells) > width and not any(map(str.strip, cells[width:])):
            cells = cells[:width]
        if len(cells) == width:
            kept.append(cells)
            kept_numbers.append(number)
        elif any(map(str.strip, cells)):
            problems.add(
                file,
                say("This row has {found} cells, and there are {expected} headings.", found=len(cells), expected=width),
                sheet=sheet,
                row=number,
                hint=say("Put quotation marks around cells with a separator in them."),
            )
    return kept, kept_numbers


def _headings(
    table: Table,
    file: str,
    sheet: str,
    row: int,
    heading_row: Sequence[str],
    columns: Sequence[Sequence[str]],
    problems: Problems,
) -> dict[str, int] | None:
    """Column name -> position, or ``None`` where a heading is missing, unknown or there twice."""
    found: dict[str, int] = {}
    before = problems.count
    for at, heading in enumerate(heading_row):
        name = table.headings.get(folded(heading))
        if not heading:
            if any(map(str.strip, columns[at])):
                problems.add(
                    file, say("Column {number} has cells but no heading.", number=at + 1), sheet=sheet, row=row
                )
        elif name is None:
            problems.add(
                file,
                say("There is no column of this name in the table {table}.", table=table.name),
                sheet=sheet,
                row=row,
                value=heading,
                hint=did_you_mean(heading, table.column) or say("Its columns are: {names}.", names=tuple(table.column)),
            )
        elif name in found:
            problems.add(
                file,
                say(
                    "The heading is there twice, in columns {first} and {second}.", first=found[name] + 1, second=at + 1
                ),
                sheet=sheet,
                row=row,
                column=name,
                value=heading,
                hint=say("Take one of them out."),
            )
        else:
            found[name] = at
    for name in _required(table):
        if name not in found:
            problems.add(
                file,
                say("The heading is missing."),
                sheet=sheet,
                row=row,
                column=name,
                hint=say("The table {table} needs: {names}.", table=table.name, names=_required(table)),
            )
    return found if problems.count == before else None
