"""Uploaded tables of text read into values: each distinct text of a column once, what cannot be read a problem."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from operator import is_
from typing import Any

from graph.cells import Refused, all_readable, clean, decimal_marks, reader_of, within
from graph.lookups import Reference, UtilityNames
from graph.problems import Problems
from graph.sentences import Sentence, say
from graph.tables import EXAMPLE_ID
from graph.upload_columns import ANY_AMOUNT, FIGURES, Column, Table
from graph.uploads import RawTable

UNREADABLE = object()
"""Stands in a column for a value that is already reported as a problem."""


@dataclass(slots=True)
class ParsedTable:
    """One table as values: columns by name (``None`` is unknown), row numbers, and where it came from.

    ``headings`` are the columns' names as the file has them, ``raw`` holds the cleaned texts, ``distinct`` each
    different one of a column.
    """

    table: Table
    file: str
    sheet: str
    headings: Mapping[str, str]
    columns: dict[str, list[Any]]
    rows: Sequence[int]
    raw: dict[str, list[str]]
    distinct: dict[str, dict[str, None]]
    examples: int = 0

    def problem(
        self, problems: Problems, at: int, column: str, message: Sentence, hint: Any = None, value: str | None = None
    ) -> None:
        """Report a problem with one cell of the record at position ``at``, under the heading the file has."""
        shown = self.raw[column][at] if value is None and column in self.raw else value or ""
        heading = self.headings.get(column, column)
        problems.add(self.file, message, sheet=self.sheet, row=self.rows[at], column=heading, value=shown, hint=hint)


def parse(raw: RawTable, reference: Reference, problems: Problems) -> ParsedTable:
    """Read all columns that need no utility; columns of utilities hold their cleaned text until ``resolve``.

    Blank rows and the template's example rows are left out.
    """
    cleaned = {name: _cleaned(column) for name, column in raw.columns.items()}
    texts = {name: column for name, (column, _) in cleaned.items()}
    rows: Sequence[int] = raw.rows
    key = texts[raw.table.key[0]]
    kept = [text != EXAMPLE_ID for text in key]
    examples = kept.count(False)
    if "" in key:
        filled = [any(cells) for cells in zip(*texts.values(), strict=True)]
        kept = [here and full for here, full in zip(kept, filled, strict=True)]
    if not all(kept):
        texts = {name: list(compress(column, kept)) for name, column in texts.items()}
        rows = list(compress(rows, kept))
    distinct = {name: own for name, (_, own) in cleaned.items()}
    parsed = ParsedTable(raw.table, raw.file, raw.sheet, raw.headings, {}, rows, texts, distinct, examples)
    for name, column in texts.items():
        parsed.columns[name] = _values(parsed, raw.table.column[name], column, reference, problems)
    _check_figures(parsed, reference, problems)
    return parsed


def resolve(parsed: ParsedTable, utilities: UtilityNames, problems: Problems) -> None:
    """Replace the names of utilities by their ids, and check the columns that repeat name and country."""
    for column in parsed.table.columns:
        if column.name not in parsed.columns or column.type not in ("utility", "utilities"):
            continue
        texts = parsed.raw[column.name]
        countries = parsed.columns.get(f"{column.name}_country")
        if column.type == "utilities":
            found = _by_text(parsed, column, texts, utilities.find_all, problems)
        elif countries is None:
            found = _by_text(parsed, column, texts, utilities.find, problems)
        else:
            found = _by_name_and_country(parsed, column, texts, countries, utilities, problems)
        parsed.columns[column.name] = found
        _check_names(parsed, column, found, utilities, problems)


def _cleaned(column: Sequence[str]) -> tuple[list[str], dict[str, None]]:
    """The cleaned texts of a column, and its distinct ones in order."""
    form = {text: clean(text) for text in dict.fromkeys(column)}
    if all(map(is_, form, form.values())):  # clean already: most columns are
        return list(column), dict.fromkeys(form)
    return list(map(form.__getitem__, column)), dict.fromkeys(form.values())


def _values(
    parsed: ParsedTable, column: Column, texts: list[str], reference: Reference, problems: Problems
) -> list[Any]:
    if column.type in ("utility", "utilities"):
        if column.required:
            _report_empty(parsed, column, texts, problems)
        return texts
    if column.type == "capabilities":
        read: Callable[[str], Any] = reference.names["capability"].find_all
    elif column.type in reference.names:
        read = reference.names[column.type].find
    else:
        marks = frozenset(decimal_marks(parsed.distinct[column.name]) if column.type == "number" else ())
        reader = reader_of(column, marks)
        assert reader is not None  # noqa: S101 - every other type has a reader
        read = reader
    values = _by_text(parsed, column, texts, read, problems)
    if column.required:
        _report_empty(parsed, column, texts, problems)
    return values


def _by_text(
    parsed: ParsedTable, column: Column, texts: list[str], read: Callable[[str], Any], problems: Problems
) -> list[Any]:
    """Each distinct text read once; an empty cell is unknown."""
    distinct = parsed.distinct[column.name]
    value_of: dict[str, Any] = {"": None}
    refused: dict[str, Refused] = {}
    if column.type == "text" and all_readable(distinct):
        return [text or None for text in texts] if "" in distinct else list(texts)
    for text in distinct:
        if text:
            try:
                value_of[text] = read(text)
            except Refused as refusal:
                refused[text] = refusal
                value_of[text] = UNREADABLE
    if refused:
        for at, text in enumerate(texts):
            if text in refused:
                parsed.problem(
                    problems, at, column.name, say("Expected {what}.", what=refused[text].expected), refused[text].hint
                )
    return list(map(value_of.__getitem__, texts))


def _by_name_and_country(
    parsed: ParsedTable,
    column: Column,
    texts: list[str],
    countries: list[Any],
    utilities: UtilityNames,
    problems: Problems,
) -> list[Any]:
    found: list[Any] = []
    for at, (text, country) in enumerate(zip(texts, countries, strict=True)):
        known = country if isinstance(country, str) else None
        try:
            id = utilities.find(text, known) if text else UNREADABLE
        except Refused as refusal:
            parsed.problem(problems, at, column.name, say("Expected {what}.", what=refusal.expected), refusal.hint)
            id = UNREADABLE
        if isinstance(id, str) and known is not None and not utilities.fits_country(id, known):
            parsed.problem(
                problems,
                at,
                f"{column.name}_country",
                say("The utility {utility} is in another country.", utility=text),
                say("Correct the country, or name another utility."),
            )
        found.append(id)
    return found


def _check_names(
    parsed: ParsedTable, column: Column, ids: list[Any], utilities: UtilityNames, problems: Problems
) -> None:
    """The name that stands beside an id must be that utility's."""
    beside = "utility" if column.name == "utility_id" else f"{column.name}_name"
    names = parsed.columns.get(beside)
    if names is None:
        return
    wrong = {
        (id, name)
        for id, name in set(zip(ids, names, strict=True))
        if isinstance(id, str) and isinstance(name, str) and not utilities.fits_name(id, name)
    }
    if wrong:
        for at, pair in enumerate(zip(ids, names, strict=True)):
            if pair in wrong:
                parsed.problem(
                    problems,
                    at,
                    beside,
                    say("The utility {id} has another name.", id=pair[0]),
                    say("Correct the name or the id, or leave the name empty."),
                )


def _report_empty(parsed: ParsedTable, column: Column, texts: list[str], problems: Problems) -> None:
    if "" in texts:
        for at, text in enumerate(texts):
            if not text:
                parsed.problem(problems, at, column.name, say("This cell must not be empty."))


def _check_figures(parsed: ParsedTable, reference: Reference, problems: Problems) -> None:
    """Each metric has a range of its own."""
    if parsed.table.name == "observations":
        _check_within(parsed, "value", parsed.columns["metric"], reference, problems)
    for metric in FIGURES:
        if parsed.table.name == "utilities" and metric in parsed.columns:
            _check_within(parsed, metric, [metric] * len(parsed.rows), reference, problems)


def _check_within(
    parsed: ParsedTable, column: str, metrics: Sequence[Any], reference: Reference, problems: Problems
) -> None:
    pairs = list(zip(metrics, parsed.columns[column], strict=True))
    wrong: dict[tuple[Any, Any], Refused] = {}
    for metric, value in set(pairs):
        if isinstance(metric, str) and isinstance(value, float):
            try:
                within(value, reference.range_of.get(metric, ANY_AMOUNT))
            except Refused as refusal:
                wrong[metric, value] = refusal
    if wrong:
        for at, pair in enumerate(pairs):
            if pair in wrong:
                parsed.problem(problems, at, column, say("Expected {what}.", what=wrong[pair].expected))
