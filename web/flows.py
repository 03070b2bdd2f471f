"""Who helps whom, counted: pairs from region to region, country to country, and programme to capability.

Counts are of the pairs a view shows. A pair that works on several capabilities counts for each of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, TypeAlias, TypedDict

import numpy as np

from graph.network import Network
from matcher.planning.tables import PlanTable, by_id
from web.network_columns import UNKNOWN, Columns
from web.network_files import as_csv
from web.network_view import Shown, numbers
from web.snapshot import Knowledge

Between: TypeAlias = Literal["regions", "countries", "programmes"]


class Line(TypedDict):
    """A row or a column of a matrix: its id (``None``: unknown), its English name, and its pairs, each counted once."""

    id: str | None
    name: str
    pairs: int


class Cell(TypedDict):
    """How many pairs a row and a column share."""

    row: str | None
    column: str | None
    pairs: int


class Matrix(TypedDict):
    """Pairs by row and column, the lines with most pairs first; a cell that is not there has none."""

    rows: list[Line]
    columns: list[Line]
    cells: list[Cell]
    pairs: int


class NeedOf(TypedDict):
    """A country's needs, those that nobody in its region offers (``far``), and its offers."""

    country: str
    country_name: str
    region: str
    needs: int
    far: int
    offers: int


def matrix(columns: Columns, shown: Shown, between: Between) -> Matrix:
    """The pairs a view shows, counted by two things."""
    if between == "programmes":
        return _programmes(columns, shown)
    places = places_of(columns, between)
    names = names_of(columns.known, between)
    pairs = numbers(shown.pairs_by_year)
    ids = sorted(set(places))
    number = {id: at for at, id in enumerate(ids)}
    codes = np.array([number[place] for place in places], dtype=np.int64)
    both = codes[columns.mentor[pairs]] * len(ids) + codes[columns.mentee[pairs]] if len(ids) else pairs
    found, counts = np.unique(both, return_counts=True)
    cells: dict[tuple[str | None, str | None], int] = {
        (ids[int(one) // len(ids)], ids[int(one) % len(ids)]): int(count)
        for one, count in zip(found, counts, strict=True)
    }
    given: Counter[str | None] = Counter()
    taken: Counter[str | None] = Counter()
    for (mentors, mentees), count in cells.items():
        given[mentors] += count
        taken[mentees] += count
    return _matrix(cells, given, taken, names, names, len(pairs))


def _programmes(columns: Columns, shown: Shown) -> Matrix:
    coded = columns.of_pairs["programme"]
    cells: Counter[tuple[str | None, str | None]] = Counter()
    rows: Counter[str | None] = Counter()
    across: Counter[str | None] = Counter()
    pairs = numbers(shown.pairs_by_year).tolist()
    for pair in pairs:
        code = int(coded.codes[pair])
        programme = None if code == UNKNOWN else coded.ids[code]
        rows[programme] += 1
        for topic in columns.topics[pair] or (None,):
            cells[programme, topic] += 1
            across[topic] += 1
    topics = {capability.id: capability.name for capability in columns.known.network.capabilities}
    return _matrix(cells, rows, across, {id: id for id in coded.ids}, topics, len(pairs))


def _matrix(
    cells: Mapping[tuple[str | None, str | None], int],
    rows: Counter[str | None],
    columns: Counter[str | None],
    row_names: Mapping[str, str],
    column_names: Mapping[str, str],
    pairs: int,
) -> Matrix:
    first = _lines(rows, row_names)
    second = _lines(columns, column_names)
    order = {line["id"]: place for place, line in enumerate(first)}
    across = {line["id"]: place for place, line in enumerate(second)}
    return Matrix(
        rows=first,
        columns=second,
        cells=[
            Cell(row=row, column=column, pairs=cells[row, column])
            for row, column in sorted(cells, key=lambda at: (order[at[0]], across[at[1]]))
        ],
        pairs=pairs,
    )


def _lines(counts: Counter[str | None], names: Mapping[str, str]) -> list[Line]:
    ordered = sorted(counts, key=lambda id: (id is None, -counts[id], "" if id is None else names[id]))
    return [Line(id=id, name="" if id is None else names[id], pairs=counts[id]) for id in ordered]


def places_of(columns: Columns, between: Between) -> list[str]:
    """The id of the region or country each utility is in."""
    countries = columns.known.network.country_by_id
    if between == "countries":
        return [utility.country for utility in columns.utilities]
    return [countries[utility.country].region for utility in columns.utilities]


def names_of(known: Knowledge, between: Between) -> Mapping[str, str]:
    """English names by id."""
    network = known.network
    if between == "countries":
        return {country.id: country.name for country in network.countries}
    return {region.id: region.name for region in network.regions}


def needs_by_country(network: Network, tables: Sequence[PlanTable], region: str | None) -> list[NeedOf]:
    """The needs and offers of each country with any, most needs first; ``tables`` are those of supply and demand."""
    offers, needs = by_id(tables, "offers"), by_id(tables, "needs")
    home = {utility.id: utility.country for utility in network.utilities}
    who, where, what = (needs.place(name) for name in ("utility", "region", "capability"))
    offered = {(row[what], row[where]) for row in offers.rows}
    many = Counter(home[row[who]] for row in needs.rows)
    far = Counter(home[row[who]] for row in needs.rows if (row[what], row[where]) not in offered)
    given = Counter(home[row[who]] for row in offers.rows)
    rows = [
        NeedOf(
            country=country.id,
            country_name=country.name,
            region=country.region,
            needs=many[country.id],
            far=far[country.id],
            offers=given[country.id],
        )
        for country in (network.country_by_id[id] for id in {*many, *given})
        if region in (None, country.region)
    ]
    return sorted(rows, key=lambda row: (-row["needs"], -row["far"], row["country_name"]))


def cells_csv(counted: Matrix, row: str, column: str) -> bytes:
    """A matrix as CSV (UTF-8 with mark), a row each cell; no text is a formula."""
    names = {line["id"]: line["name"] for line in counted["rows"]}
    across = {line["id"]: line["name"] for line in counted["columns"]}
    rows = (
        (cell["row"], names[cell["row"]], cell["column"], across[cell["column"]], cell["pairs"])
        for cell in counted["cells"]
    )
    return as_csv((f"{row}_id", row, f"{column}_id", column, "pairs"), rows)


def needs_csv(rows: Iterable[NeedOf]) -> bytes:
    """The needs by country as CSV."""
    headings = ("country", "country_name", "region", "needs", "far", "offers")
    return as_csv(headings, (tuple(row[name] for name in headings) for row in rows))  # type: ignore[literal-required]  # literals
