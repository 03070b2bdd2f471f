"""The counts of supply and demand: by capability and region, by capability, by language, and year by year."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from datetime import date
from typing import Literal, TypeAlias, TypedDict

from graph.model import Need, Offer
from graph.network import Network
from graph.register import known_by
from matcher.planning.history import begun_in

Heat: TypeAlias = Literal["lacking", "short", "enough", "spare", "empty"]
"""Needed and not offered; needed by more than offer it; offered by as many or more; offered, not needed; neither."""


class SupplyCell(TypedDict):
    """A capability in a region: how many utilities offer it and need it there, stated or inferred."""

    capability: str
    capability_name: str
    region: str
    region_name: str
    offers: int
    offers_stated: int
    needs: int
    needs_stated: int
    heat: Heat


class SupplyTotal(TypedDict):
    """A capability over all regions; ``unmet`` needs nobody can meet."""

    capability: str
    capability_name: str
    offers: int
    needs: int
    unmet: int
    sole: str | None
    sole_name: str | None


class LanguageSupply(TypedDict):
    """Utilities that work in a language; ``unmet`` of its needs nobody who works in it can meet."""

    language: str
    offers: int
    needs: int
    unmet: int


class YearSupply(TypedDict):
    """What was known by the end of a year; ``unoffered`` capabilities were needed and offered by nobody."""

    year: int
    offers: int
    needs: int
    unoffered: int


def by_cell(
    network: Network, home: Mapping[str, str], offers: Collection[Offer], needs: Collection[Need]
) -> list[SupplyCell]:
    """Every capability in every region where it is offered or needed."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for what, ones in (("offers", offers), ("needs", needs)):
        for one in ones:
            at = (one.capability, home[one.utility])
            counts[*at, what] += 1
            counts[*at, f"{what}_stated"] += one.provenance == "stated"
    return [
        {
            "capability": capability,
            "capability_name": network.capability_by_id[capability].name,
            "region": region,
            "region_name": network.region_by_id[region].name,
            "offers": counts[capability, region, "offers"],
            "offers_stated": counts[capability, region, "offers_stated"],
            "needs": counts[capability, region, "needs"],
            "needs_stated": counts[capability, region, "needs_stated"],
            "heat": heat(counts[capability, region, "offers"], counts[capability, region, "needs"]),
        }
        for capability, region in sorted({(capability, region) for capability, region, _ in counts})
    ]


def heat(offers: int, needs: int) -> Heat:
    """How a cell is coloured."""
    if not needs:
        return "spare" if offers else "empty"
    if not offers:
        return "lacking"
    return "short" if needs > offers else "enough"


def by_capability(
    network: Network,
    offers: Collection[Offer],
    needs: Collection[Need],
    unmet: Collection[Need],
    able: Mapping[str, set[str]],
) -> list[SupplyTotal]:
    """Every capability, the most needed first; ``able`` are who could be asked for each, anywhere."""
    offered, needed, open_needs = (Counter(one.capability for one in ones) for ones in (offers, needs, unmet))
    rows: list[SupplyTotal] = []
    for id in sorted({*offered, *needed}):
        sole = min(able[id]) if len(able.get(id, ())) == 1 else None
        rows.append(
            {
                "capability": id,
                "capability_name": network.capability_by_id[id].name,
                "offers": offered[id],
                "needs": needed[id],
                "unmet": open_needs[id],
                "sole": sole,
                "sole_name": None if sole is None else network.utility_by_id[sole].name,
            }
        )
    return sorted(rows, key=lambda row: (-row["needs"], row["capability"]))


def by_language(
    speaks: Mapping[str, tuple[str, ...]],
    everywhere: Collection[Offer],
    offers: Collection[Offer],
    needs: Collection[Need],
    network: Network,
    language: str | None,
) -> list[LanguageSupply]:
    """Every working language, the largest lack first; ``everywhere`` are the offers of all regions."""
    offered: Counter[str] = Counter(tongue for offer in offers for tongue in speaks[offer.utility])
    needed: Counter[str] = Counter(tongue for need in needs for tongue in speaks[need.utility])
    able: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for offer in everywhere:
        if network.utility_by_id[offer.utility].not_for_profit is not False:
            for tongue in speaks[offer.utility]:
                able[tongue, offer.capability].add(offer.utility)
    unmet: Counter[str] = Counter(
        tongue
        for need in needs
        for tongue in speaks[need.utility]
        if not able.get((tongue, need.capability), set()) - {need.utility}
    )
    rows: list[LanguageSupply] = [
        {"language": tongue, "offers": offered[tongue], "needs": needed[tongue], "unmet": unmet[tongue]}
        for tongue in {*offered, *needed}
        if language in (None, tongue)
    ]
    return sorted(rows, key=lambda row: (-row["unmet"], -row["needs"], row["language"]))


def by_years(
    network: Network,
    as_of: date,
    capability: str | None,
    region: str | None,
    language: str | None,
    home: Mapping[str, str],
    speaks: Mapping[str, tuple[str, ...]],
) -> list[YearSupply]:
    """Counts by the end of each year since the first partnership; a fact counts from its first year on."""
    begun: dict[tuple[str, str, str], int] = {}
    for part in network.partnerships:
        if part.status != "planned" and known_by(part, as_of):
            for topic in part.capabilities:
                for key in (("offers", part.mentor, topic), ("needs", part.mentee, topic)):
                    begun[key] = min(begun.get(key, as_of.year), begun_in(part))
    if not begun:
        return []
    first = min(begun.values())
    starts: dict[str, list[tuple[int, str]]] = {"offers": [], "needs": []}
    for what, ones in (("offers", network.offers), ("needs", network.needs)):
        for one in ones:
            if (
                capability not in (None, one.capability)
                or region not in (None, home[one.utility])
                or (language is not None and language not in speaks[one.utility])
            ):
                continue
            implied = begun.get((what, one.utility, one.capability))
            stated = (one.year or first) if one.provenance == "stated" else None
            starts[what].append((min(year for year in (implied, stated) if year is not None), one.capability))
    rows: list[YearSupply] = []
    for year in range(first, as_of.year + 1):
        offered = Counter(topic for since, topic in starts["offers"] if since <= year)
        needed = Counter(topic for since, topic in starts["needs"] if since <= year)
        rows.append(
            {
                "year": year,
                "offers": offered.total(),
                "needs": needed.total(),
                "unoffered": sum(1 for topic in needed if not offered[topic]),
            }
        )
    return rows
