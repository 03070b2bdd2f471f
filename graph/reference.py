"""What is known before anybody uploads anything: the taxonomy, countries, regions and metrics.

The tables lie in the ``fixtures`` package (``fixtures/countries/SOURCES.md`` says where each column comes from) and
are read with the standard library only, once per process. ``load_reference`` puts them into a store; pages and
importers may also use the records without any store.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

from graph.model import Capability, CapabilityGroup, Country, Metric, Region
from graph.sentences import Sentence, say
from graph.store import Counts, Store, Transaction

FIXTURES = Path(str(files("fixtures")))
"""The folder of the reference data, also in an installed wheel."""

REGISTER = FIXTURES / "wop"
"""The folder with the register of real partnerships; it can be imported as any upload."""

INCOME_GROUPS: Mapping[str, Sentence] = MappingProxyType(
    {
        "low": say("Low income"),
        "lower_middle": say("Lower middle income"),
        "upper_middle": say("Upper middle income"),
        "high": say("High income"),
    }
)
"""The World Bank's income groups as ``Country.income_group`` has them, poorest first, with their names."""


@cache
def capability_groups() -> tuple[CapabilityGroup, ...]:
    """The groups of capabilities, in the order of the taxonomy."""
    return tuple(CapabilityGroup(row["id"], row["name"]) for row in _rows("taxonomy/groups.csv"))


@cache
def capabilities() -> tuple[Capability, ...]:
    """The capabilities in the order of the taxonomy; ``group`` is a group's id, ``related`` is symmetric."""
    related: defaultdict[str, list[tuple[str, float]]] = defaultdict(list)
    for row in _rows("taxonomy/related.csv"):
        related[row["capability"]].append((row["related"], float(row["closeness"])))
    return tuple(
        Capability(row["id"], row["name"], row["definition"], row["group"], tuple(related[row["id"]]))
        for row in _rows("taxonomy/capabilities.csv")
    )


@cache
def regions() -> tuple[Region, ...]:
    """The UN subregions, ordered by id, which is also their English name."""
    return tuple(Region(row["id"], row["id"], row["continent"]) for row in _rows("countries/regions.csv"))


@cache
def sdg_regions() -> Mapping[str, str]:
    """The region of the Sustainable Development Goals, by its English name, that each UN subregion is part of."""
    return MappingProxyType({row["region"]: row["sdg_region"] for row in _rows("countries/sdg_regions.csv")})


@cache
def countries() -> tuple[Country, ...]:
    """The countries and territories, ordered by ISO 3166 alpha-3 code."""
    return tuple(
        Country(
            id=row["id"],
            name=row["name"],
            region=row["region"],
            income_group=row["income_group"] or None,
            income_year=_integer(row["income_year"]),
            fragile=_flag(row["fragile"]),
            fragile_year=_integer(row["fragile_year"]),
            languages=tuple(row["languages"].split(";")) if row["languages"] else (),
            latitude=_number(row["latitude"]),
            longitude=_number(row["longitude"]),
            utc_offset=_number(row["utc_offset"]),
        )
        for row in _rows("countries/countries.csv")
    )


@cache
def metrics() -> tuple[Metric, ...]:
    """The kinds of figures of the register and of uploads."""
    return tuple(
        Metric(
            id=row["id"],
            name=row["name"],
            unit=row["unit"],
            higher_is_better=_flag(row["higher_is_better"]),
            lowest=_number(row["lowest"]),
            highest=_number(row["highest"]),
            capability=row["capability"] or None,
        )
        for row in _rows("countries/metrics.csv")
    )


@cache
def visible_names() -> tuple[str, ...]:
    """Every English text of the tables that a page shows, once each, for the translators.

    Names and definitions of capabilities, names of groups, regions and continents, names and units of metrics.
    Country names are left out: locale data has them.
    """
    texts = [group.name for group in capability_groups()]
    texts += [text for capability in capabilities() for text in (capability.name, capability.definition)]
    texts += [text for region in regions() for text in (region.name, region.continent or "")]
    texts += sdg_regions().values()
    texts += [text for metric in metrics() for text in (metric.name, metric.unit)]
    return tuple(dict.fromkeys(text for text in texts if text))


def load_reference(store: Store) -> Counts:
    """Put the reference into the store in one transaction; loading it again changes nothing.

    Returns what became of its nodes and edges. Links of its own nodes that an older reference had and this one
    has not are deleted. Raises what ``Store.write`` raises.
    """
    group_of = [(capability.id, capability.group) for capability in capabilities()]
    related = [(capability.id, *other) for capability in capabilities() for other in capability.related]
    region_of = [(country.id, country.region) for country in countries()]
    with store.write() as transaction:
        done = transaction.merge_nodes("CapabilityGroup", _columns(capability_groups(), "id name"))
        done += transaction.merge_nodes("Capability", _columns(capabilities(), "id name definition"))
        done += transaction.merge_nodes("Region", _columns(regions(), "id name continent"))
        done += transaction.merge_nodes(
            "Country",
            _columns(
                countries(),
                "id name income_group income_year fragile fragile_year languages latitude longitude utc_offset",
            ),
        )
        done += transaction.merge_nodes(
            "Metric", _columns(metrics(), "id name unit higher_is_better lowest highest capability")
        )
        done += _link(transaction, "PART_OF", group_of)
        done += _link(transaction, "IN", region_of)
        done += _link(transaction, "RELATED_TO", related, "closeness")
    return done


def _link(transaction: Transaction, type: str, links: Sequence[tuple[Any, ...]], *fields: str) -> Counts:
    """Merge edges given as (source, target, *fields), and delete those of the same sources that are not given."""
    kept = {link[:2] for link in links}
    stored = transaction.edges(type, sources=sorted({link[0] for link in links}))
    stale = [
        end
        for end in zip(stored["source"], stored["target"], stored["key"], strict=True)
        if (end[0], end[1]) not in kept
    ]
    if stale:
        transaction.delete_edges(type, dict(zip(("source", "target", "key"), zip(*stale, strict=True), strict=True)))
    names = ("source", "target", *fields)
    return transaction.merge_edges(type, dict(zip(names, map(list, zip(*links, strict=True)), strict=True)))


def _columns(records: Iterable[Any], names: str) -> dict[str, list[Any]]:
    """Records as columns."""
    rows = list(records)
    return {name: [getattr(record, name) for record in rows] for name in names.split()}


def _rows(name: str) -> list[dict[str, str]]:
    """The rows of one table of the fixtures."""
    with (FIXTURES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _integer(cell: str) -> int | None:
    return int(cell) if cell else None


def _number(cell: str) -> float | None:
    return float(cell) if cell else None


def _flag(cell: str) -> bool | None:
    return {"yes": True, "no": False, "": None}[cell]
