"""What a column and a table of an upload are, and the words they are declared with."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

from graph.sentences import Sentence, say

CellType = Literal[
    "text",  # any text
    "integer",
    "number",
    "flag",  # yes or no
    "date",
    "choice",  # one of the column's choices
    "choices",  # several of them
    "languages",  # ISO 639 codes or names
    "country",  # ISO 3166 alpha-3 code or name
    "region",  # UN subregion
    "capability",
    "capabilities",
    "metric",
    "words",  # a list of short texts, separated by ;
    "utility",  # id or exact name
    "utilities",
]

Range: TypeAlias = tuple[float, float]

YEARS: Range = (1900, 2100)

ANY_AMOUNT: Range = (0, 1e12)

FIGURES = (
    "population_served",
    "connections",
    "nrw_percent",
    "coverage_percent",
    "supply_hours",
    "staff_per_1000",
    "collection_percent",
)
"""The metrics that the utilities table has columns for; the reference says in which range each may lie."""

_ALIASES = {
    "name": "nom nombre utility utility_name",
    "country": "country_code pays pais",
    "languages": "language langue langues idioma idiomas",
    "ownership": "propriete propiedad",
    "charter_signed_on": "charter_signed charter",
    "services": "service servicios",
    "climate": "climat clima",
    "latitude": "lat",
    "longitude": "lon long lng",
    "mentor_places": "places",
    "facilitator": "facilitateur facilitador",
    "programme": "program programa",
    "funder": "bailleur financiador",
    "note": "notes remark remarks remarque nota",
    "year": "annee ano",
    "capability": "topic capacite capacidad",
    "level": "niveau nivel",
    "evidence": "preuve evidencia",
    "priority": "priorite prioridad",
    "indicator": "indicateur indicador",
    "target": "cible meta",
    "status": "statut estado",
    "start_year": "start",
    "end_year": "end",
    "topics": "capabilities topic",
    "wop_key": "wop",
    "metric": "indicator figure",
    "value": "valeur valor",
    "mentee": "recipient",
    "source_url": "source",
    "source": "source_url",
}
"""Other headings for a column, in any table; French and Spanish ones without accents, as headings are folded."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: ``field`` is the property of the graph it fills, empty where it is an end of an edge or a check.

    ``within`` is the range of a number, both ends allowed. ``exported`` is false for columns whose content another
    table carries too (the utilities' newest figures).
    """

    name: str
    type: CellType
    explanation: Sentence
    required: bool = False
    within: Range | None = None
    choices: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    field: str = ""
    exported: bool = True
    example: str = ""


@dataclass(frozen=True)
class Table:
    """One table of an upload; ``key`` names the columns that tell its rows apart.

    Rows of ``utilities`` and ``partnerships`` are nodes (``label``); the other tables' rows are edges (``edge``).
    """

    name: str
    explanation: Sentence
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    file_names: tuple[str, ...]
    label: str = ""
    edge: str = ""

    @cached_property
    def column(self) -> dict[str, Column]:
        """Columns by name."""
        return {column.name: column for column in self.columns}

    @cached_property
    def headings(self) -> dict[str, str]:
        """Every accepted heading, folded, with the column it means."""
        return {folded(heading): column.name for column in self.columns for heading in (column.name, *column.aliases)}

    @cached_property
    def fields(self) -> dict[str, str]:
        """Column name -> field of the graph, for the columns that fill one directly."""
        return {column.name: column.field for column in self.columns if column.field}


def folded(name: str) -> str:
    """A heading, file or sheet name without case, accents, marks and kinds of separator."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    return re.sub(r"[\W_]+", "_", plain).strip("_")


def field_column(
    name: str,
    type: CellType,
    explanation: Sentence,
    *,
    required: bool = False,
    within: Range | None = None,
    choices: tuple[str, ...] = (),
    aliases: str = "",
    field: str | None = None,
    exported: bool = True,
    example: str = "",
) -> Column:
    """A column that fills the field of its own name unless ``field`` says otherwise."""
    headings = tuple(f"{_ALIASES.get(name, '')} {aliases}".split())
    filled = name if field is None else field
    return Column(name, type, explanation, required, within, choices, headings, filled, exported, example)


def year_column(name: str, explanation: Sentence, *, example: str = "") -> Column:
    """A column of calendar years."""
    return field_column(name, "integer", explanation, within=YEARS, example=example)


def utility_column(name: str, explanation: Sentence, *, aliases: str = "", example: str = "") -> Column:
    """A required column that names a utility, which is an end of the row's edge."""
    return field_column(name, "utility", explanation, required=True, aliases=aliases, field="", example=example)


def name_column(name: str) -> Column:
    """A column that repeats a utility's name beside its id, for the reader; the importer checks that it fits."""
    return field_column(name, "text", say("Name of the utility, for the reader; it must fit the id."), field="")
