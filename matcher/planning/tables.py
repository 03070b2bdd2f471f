"""The rows behind the figures of an answer: any figure can be traced to them, on a page and as CSV."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from graph.cells import harmless
from graph.csv_files import csv_writer
from graph.errors import BadInput, UnknownName
from graph.network import Network
from graph.sentences import Sentence, say

Kind: TypeAlias = Literal["utility", "capability", "region", "name", "text", "number", "share", "year", "flag", "wop"]
"""What a column holds: ids of utilities, capabilities, regions and partnerships (``wop``); an English ``name`` that is
translated, a ``text`` as it is; numbers, shares of 1, years; ``flag`` yes, no or unknown. ``None`` is unknown."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    id: str
    title: Sentence
    kind: Kind = "text"


@dataclass(frozen=True)
class PlanTable:
    """Rows of equal length, one value a column."""

    id: str
    title: Sentence
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]

    def where(self, conditions: Iterable[str]) -> PlanTable:
        """The rows that meet every condition ``column:value``; an empty value means unknown.

        Raises ``UnknownName`` for a column the table does not have, ``BadInput`` for a text of another form.
        """
        kept = self.rows
        ids = self.ids
        for condition in conditions:
            name, colon, value = condition.partition(":")
            if not colon:
                raise BadInput(
                    say("“{condition}” is no condition on the rows.", condition=condition),
                    say("Write it as column:value, such as capability:metering."),
                )
            if name not in ids:
                raise UnknownName(say("column"), name, ids)
            at = ids.index(name)
            kept = tuple(row for row in kept if _text(row[at]) == value)
        return replace(self, rows=kept)

    def csv(self, network: Network, show: Callable[[Sentence], str] = str) -> bytes:
        """The table as CSV (UTF-8 with mark): a utility, capability or region by id and name; no text is a formula."""
        out = io.StringIO()
        writer = csv_writer(out)
        headings: list[str] = []
        for column in self.columns:
            headings += [f"{column.id}_id", column.id] if column.kind in NAMED else [column.id]
        writer.writerow(headings)
        names = names_of(network)
        for row in self.rows:
            cells: list[Any] = []
            for column, value in zip(self.columns, row, strict=True):
                if column.kind in NAMED:
                    cells.append(value)
                    cells.append(names[column.kind].get(value, value))
                elif isinstance(value, Sentence):
                    cells.append(show(value))
                else:
                    cells.append({True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value)
            writer.writerow([harmless("" if cell is None else cell) for cell in cells])
        return b"\xef\xbb\xbf" + out.getvalue().encode()

    @property
    def ids(self) -> list[str]:
        """The ids of the columns."""
        return [column.id for column in self.columns]

    def place(self, id: str) -> int:
        """At which place of a row a column is."""
        return self.ids.index(id)

    def to_json(self) -> dict[str, Any]:
        """The table as plain data, from which ``from_json`` makes it again."""
        return {
            "id": self.id,
            "title_s": self.title.to_json(),
            "columns": [[column.id, column.title.to_json(), column.kind] for column in self.columns],
            "rows": [[cell.to_json() if isinstance(cell, Sentence) else cell for cell in row] for row in self.rows],
        }

    @classmethod
    def from_json(cls, form: Mapping[str, Any]) -> PlanTable:
        """The table whose ``to_json`` gave this form."""
        return cls(
            form["id"],
            Sentence.from_json(form["title_s"]),
            tuple(Column(id, Sentence.from_json(title), kind) for id, title, kind in form["columns"]),
            tuple(
                tuple(Sentence.from_json(cell) if isinstance(cell, dict) else cell for cell in row)
                for row in form["rows"]
            ),
        )

    def records(self) -> list[dict[str, Any]]:
        """Each row by column id, as plain data."""
        ids = self.ids
        return [
            {id: value.to_json() if isinstance(value, Sentence) else value for id, value in zip(ids, row, strict=True)}
            for row in self.rows
        ]


NAMED = ("utility", "capability", "region")
"""Kinds of columns whose values are ids of something with a name."""


def names_of(network: Network) -> Mapping[str, Mapping[str, str]]:
    """Names by id, for each kind of column that holds ids."""
    return {
        "utility": {utility.id: utility.name for utility in network.utilities},
        "capability": {capability.id: capability.name for capability in network.capabilities},
        "region": {region.id: region.name for region in network.regions},
    }


def by_id(tables: Sequence[PlanTable], id: str) -> PlanTable:
    """The table of this id; raises ``UnknownName``."""
    found = next((table for table in tables if table.id == id), None)
    if found is None:
        raise UnknownName(say("table"), id, [table.id for table in tables])
    return found


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
