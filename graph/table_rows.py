"""From the graph back to the rows of the upload tables: what the table export writes, and an import reads back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graph.store import Reader
from graph.tables import NAMED_BY, TABLES


def table_rows(name: str, reader: Reader) -> dict[str, list[Any]]:
    """All rows of one upload table, in columns named by their headings, ordered as the store orders them.

    Values are as the graph holds them: ``None`` is unknown, lists are tuples; ``graph.cells.cell_text`` writes them.
    Figures go into ``observations`` only, so the utilities' figure columns are left out.
    """
    rows = {
        "utilities": _utilities,
        "offers": _offers_or_needs,
        "needs": _offers_or_needs,
        "partnerships": _partnerships,
        "observations": _observations,
    }[name](name, reader)
    return {column.name: list(rows[column.name]) for column in TABLES[name].columns if column.exported}


def _utilities(name: str, reader: Reader) -> dict[str, Sequence[Any]]:
    nodes = reader.nodes("Utility")
    located = reader.edges("IN")
    region_of = dict(zip(located["source"], located["target"], strict=True))
    names = reader.nodes("Region")
    name_of = dict(zip(names["id"], names["name"], strict=True))
    regions = [name_of.get(region_of.get(country)) for country in nodes["country"]]
    return {**_fields(name, nodes), "id": nodes["id"], "region": regions}


def _offers_or_needs(name: str, reader: Reader) -> dict[str, Sequence[Any]]:
    edges = reader.edges(TABLES[name].edge)
    return {
        **_fields(name, edges),
        "utility": edges["source"],
        "utility_name": _of_utilities("name", edges["source"], reader),
        "capability": edges["target"],
    }


def _observations(name: str, reader: Reader) -> dict[str, Sequence[Any]]:
    edges = reader.edges("OBSERVED")
    return {
        **_fields(name, edges),
        "utility_id": edges["source"],
        "utility": _of_utilities("name", edges["source"], reader),
        "metric": edges["target"],
    }


def _partnerships(name: str, reader: Reader) -> dict[str, Sequence[Any]]:
    nodes = reader.nodes("Partnership")
    rows: dict[str, Sequence[Any]] = {**_fields(name, nodes), "id": nodes["id"]}
    for role, type in (("mentor", "MENTORS_IN"), ("mentee", "LEARNS_IN")):
        source = _source_by_target(type, reader)
        rows[role] = [source.get(id) for id in nodes["id"]]
        rows[f"{role}_name"] = _of_utilities("name", rows[role], reader)
        rows[f"{role}_country"] = _of_utilities("country", rows[role], reader)
    for column, (_, type) in NAMED_BY.items():
        source = _source_by_target(type, reader)
        rows[column] = [source.get(id) for id in nodes["id"]]
    covered: dict[str, list[str]] = {}
    edges = reader.edges("COVERS")
    for partnership, capability in zip(edges["source"], edges["target"], strict=True):
        covered.setdefault(partnership, []).append(capability)
    rows["topics"] = [tuple(covered[id]) if id in covered else None for id in nodes["id"]]
    return rows


def _fields(name: str, columns: Mapping[str, Sequence[Any]]) -> dict[str, Sequence[Any]]:
    return {column: columns[field] for column, field in TABLES[name].fields.items()}


def _source_by_target(type: str, reader: Reader) -> dict[str, str]:
    edges = reader.edges(type)
    return dict(zip(edges["target"], edges["source"], strict=True))


def _of_utilities(field: str, ids: Sequence[str | None], reader: Reader) -> list[Any]:
    nodes = reader.nodes("Utility")
    value_of = dict(zip(nodes["id"], nodes[field], strict=True))
    return [value_of.get(id) for id in ids]
