"""Checks across rows and columns of an upload: repeated rows, regions, years, a utility beside itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from graph.lookups import Reference
from graph.parsing import ParsedTable
from graph.problems import Problems
from graph.sentences import Sentence, say


def check_repeats(tables: Sequence[ParsedTable], problems: Problems) -> None:
    """No two rows of one table, in any of its files, may be about the same thing."""
    seen: dict[tuple[Any, ...], tuple[ParsedTable, int]] = {}
    for parsed, keys in _repeating(tables):
        for at, key in enumerate(keys):
            if key[0] is None or not all(part is None or isinstance(part, str | int) for part in key):
                continue  # reported already, where it could not be read
            named = (parsed.table.name, *key)
            if named not in seen:
                seen[named] = (parsed, at)
                continue
            parsed.problem(
                problems,
                at,
                parsed.table.key[0],
                _same_thing(parsed, *seen[named]),
                say("Keep one of the two ({names} tell rows apart).", names=parsed.table.key),
            )


def _repeating(tables: Sequence[ParsedTable]) -> Iterator[tuple[ParsedTable, list[tuple[Any, ...]]]]:
    """The tables in which some key is repeated, with the keys of their rows."""
    keys = []
    for parsed in tables:
        columns = [parsed.columns.get(name) or [None] * len(parsed.rows) for name in parsed.table.key]
        keys.append(list(zip(*columns, strict=True)))
    for name in dict.fromkeys(parsed.table.name for parsed in tables):
        of_name = [(parsed, own) for parsed, own in zip(tables, keys, strict=True) if parsed.table.name == name]
        if len(set().union(*(own for _, own in of_name))) < sum(len(own) for _, own in of_name):
            yield from of_name


def _same_thing(parsed: ParsedTable, other: ParsedTable, at: int) -> Sentence:
    row = str(other.rows[at])
    if (other.file, other.sheet) == (parsed.file, parsed.sheet):
        return say("This row and row {row} are about the same thing.", row=row)
    return say("This row and row {row} of {file} are about the same thing.", row=row, file=other.file)


def check_rows(parsed: ParsedTable, reference: Reference, problems: Problems) -> None:
    """What must hold between the cells of one row."""
    columns = parsed.columns
    if parsed.table.name == "utilities":
        _check_regions(parsed, reference, problems)
        for column in ("twinned_with", "preferred_partners", "refused_partners"):
            for at, (id, others) in enumerate(zip(columns["id"], columns.get(column, ()), strict=False)):
                if isinstance(others, tuple) and id in others:
                    parsed.problem(problems, at, column, say("A utility cannot be its own partner."))
    if parsed.table.name == "partnerships":
        for at, (mentor, mentee) in enumerate(zip(columns["mentor"], columns["mentee"], strict=True)):
            if isinstance(mentor, str) and mentor == mentee:
                parsed.problem(problems, at, "mentee", say("A utility cannot be its own mentor."))
    for lower, upper in (("start_year", "end_year"), ("minimum_mentees", "mentor_places")):
        for at, (low, high) in enumerate(zip(columns.get(lower, ()), columns.get(upper, ()), strict=False)):
            if isinstance(low, int) and isinstance(high, int) and low > high:
                parsed.problem(
                    problems,
                    at,
                    upper,
                    say("It must not be less than {column}, which is {value}.", column=lower, value=str(low)),
                )


def _check_regions(parsed: ParsedTable, reference: Reference, problems: Problems) -> None:
    countries, regions = parsed.columns["country"], parsed.columns.get("region")
    if regions is None:
        return
    for at, (country, region) in enumerate(zip(countries, regions, strict=True)):
        known = reference.region_of.get(country) if isinstance(country, str) else None
        if isinstance(region, str) and known is not None and region != known:
            parsed.problem(
                problems,
                at,
                "region",
                say("{country} is in the region {region}.", country=country, region=known),
                say("Correct the country or leave the region empty."),
            )
