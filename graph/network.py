"""The whole network as one frozen snapshot, read in bulk: what the matcher and the pages work on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from graph.finding import find_utility
from graph.model import (
    Capability,
    Country,
    Need,
    Observation,
    Offer,
    Partnership,
    Region,
    Result,
    Utility,
)
from graph.store import Reader


@dataclass(frozen=True)
class Network:
    """Everything known at one revision. Records are ordered by id (offers and needs by utility, capability).

    ``offers`` and ``needs`` hold only what was *stated*; ``graph.register.with_inferred`` adds what the
    partnerships imply.
    """

    revision: int
    utilities: tuple[Utility, ...]
    offers: tuple[Offer, ...]
    needs: tuple[Need, ...]
    partnerships: tuple[Partnership, ...]
    observations: tuple[Observation, ...]
    capabilities: tuple[Capability, ...]
    countries: tuple[Country, ...]
    regions: tuple[Region, ...]

    @cached_property
    def utility_by_id(self) -> Mapping[str, Utility]:
        """Utilities by id."""
        return {utility.id: utility for utility in self.utilities}

    @cached_property
    def country_by_id(self) -> Mapping[str, Country]:
        """Countries by alpha-3 code."""
        return {country.id: country for country in self.countries}

    @cached_property
    def region_by_id(self) -> Mapping[str, Region]:
        """Regions by id."""
        return {region.id: region for region in self.regions}

    @cached_property
    def capability_by_id(self) -> Mapping[str, Capability]:
        """Capabilities by id."""
        return {capability.id: capability for capability in self.capabilities}

    @cached_property
    def figures(self) -> Mapping[tuple[str, str], Observation]:
        """The newest figure by (utility, metric); one without a year counts as the oldest."""
        newest: dict[tuple[str, str], Observation] = {}
        for figure in self.observations:
            at = (figure.utility, figure.metric)
            if at not in newest or (figure.year or 0) >= (newest[at].year or 0):
                newest[at] = figure
        return newest

    def region_of(self, utility: Utility) -> Region:
        """The region of a utility's country."""
        return self.region_by_id[self.country_by_id[utility.country].region]

    def find_utility(self, text: str) -> Utility:
        """The utility with this id or (ignoring case) this name.

        Raises ``UnknownName`` with the nearest ids and names where there is none, ``BadInput`` with the ids of
        those that share the name where there is more than one.
        """
        if text in self.utility_by_id:
            return self.utility_by_id[text]
        names = {"id": list(self.utility_by_id), "name": [utility.name for utility in self.utilities]}
        return self.utility_by_id[find_utility(names, text)]


def read_partnership(reader: Reader, id: str) -> Partnership | None:
    """One partnership by its id, from what touches it; ``None`` where there is none."""
    rows = _records(reader.nodes("Partnership", [id]))
    if not rows:
        return None
    found = {
        type: reader.edges(type, targets=[id])["source"]
        for type in ("MENTORS_IN", "LEARNS_IN", "RUNS", "FUNDS", "FACILITATES")
    }
    covered, results, private = _worked_on(reader.edges("COVERS", sources=[id]))

    def first(type: str) -> str | None:
        return found[type][0] if found[type] else None

    return Partnership(
        mentor=found["MENTORS_IN"][0],
        mentee=found["LEARNS_IN"][0],
        capabilities=tuple(covered.get(id, ())),
        results=tuple(results.get(id, ())),
        private_topics=tuple(private.get(id, ())),
        programme=first("RUNS"),
        funder=first("FUNDS"),
        facilitator=first("FACILITATES"),
        **_known(rows[0]),
    )


def read_network(reader: Reader) -> Network:
    """The snapshot of one reader's revision: one bulk read per label and type, no query per row."""
    edges = {
        type: reader.edges(type)
        for type in (
            "IN",
            "PART_OF",
            "RELATED_TO",
            "MENTORS_IN",
            "LEARNS_IN",
            "COVERS",
            "RUNS",
            "FUNDS",
            "FACILITATES",
        )
    }
    region = dict(zip(edges["IN"]["source"], edges["IN"]["target"], strict=True))
    group = dict(zip(edges["PART_OF"]["source"], edges["PART_OF"]["target"], strict=True))
    related: dict[str, list[tuple[str, float]]] = {}
    for source, target, closeness in _rows(edges["RELATED_TO"], "source", "target", "closeness"):
        related.setdefault(source, []).append((target, closeness))
    mentor, mentee, programme, funder, facilitator = (
        dict(zip(edges[type]["target"], edges[type]["source"], strict=True))
        for type in ("MENTORS_IN", "LEARNS_IN", "RUNS", "FUNDS", "FACILITATES")
    )
    covered, results, private = _worked_on(edges["COVERS"])
    return Network(
        revision=reader.revision,
        utilities=tuple(Utility(**_known(row)) for row in _records(reader.nodes("Utility"))),
        offers=tuple(
            Offer(**row)
            for row in _records(reader.edges("OFFERS"), utility="source", capability="target", source="stated_by")
        ),
        needs=tuple(
            Need(**row)
            for row in _records(
                reader.edges("NEEDS"),
                utility="source",
                capability="target",
                source="stated_by",
                target="target_value",
            )
        ),
        observations=tuple(
            Observation(**row) for row in _records(reader.edges("OBSERVED"), utility="source", metric="target")
        ),
        partnerships=tuple(
            Partnership(
                mentor=mentor[row["id"]],
                mentee=mentee[row["id"]],
                capabilities=tuple(covered.get(row["id"], ())),
                results=tuple(results.get(row["id"], ())),
                private_topics=tuple(private.get(row["id"], ())),
                programme=programme.get(row["id"]),
                funder=funder.get(row["id"]),
                facilitator=facilitator.get(row["id"]),
                **_known(row),
            )
            for row in _records(reader.nodes("Partnership"))
        ),
        capabilities=tuple(
            Capability(group=group[row["id"]], related=tuple(related.get(row["id"], ())), **row)
            for row in _records(reader.nodes("Capability"))
        ),
        countries=tuple(Country(region=region[row["id"]], **_known(row)) for row in _records(reader.nodes("Country"))),
        regions=tuple(Region(**row) for row in _records(reader.nodes("Region"))),
    )


def _worked_on(
    covers: Mapping[str, list[Any]],
) -> tuple[dict[str, list[str]], dict[str, list[Result]], dict[str, list[str]]]:
    """By partnership: the capabilities worked on, what was reached on them, and those that are private."""
    covered: dict[str, list[str]] = {}
    results: dict[str, list[Result]] = {}
    private: dict[str, list[str]] = {}
    told = ("indicator", "baseline", "target_value", "result", "result_year", "result_source")
    for source, target, hidden, *known in _rows(covers, "source", "target", "private", *told):
        covered.setdefault(source, []).append(target)
        if hidden:
            private.setdefault(source, []).append(target)
        if any(value is not None for value in known):
            results.setdefault(source, []).append(Result(target, *known))
    return covered, results, private


def _rows(columns: Mapping[str, list[Any]], *names: str) -> Any:
    return zip(*(columns[name] for name in names), strict=True)


def _records(columns: Mapping[str, list[Any]], **renamed: str) -> list[dict[str, Any]]:
    """Columns as one dictionary a row; edge ends come under the names given, the edge's key is left out."""
    names = {column: field for field, column in renamed.items()}
    kept = [column for column in columns if not (renamed and column == "key")]
    fields = [names.get(column, column) for column in kept]
    return [dict(zip(fields, row, strict=True)) for row in zip(*(columns[column] for column in kept), strict=True)]


def _known(row: dict[str, Any]) -> dict[str, Any]:
    """Without the unknown parts, so that the record's own defaults (such as an empty list) apply."""
    return {name: value for name, value in row.items() if value is not None}
