"""Supply and demand: who offers and who needs which capability, by region, language and year.

A need can be met where another utility, not known to work for profit, offers the very capability. That is who could
be asked, before any rule of a policy. What is stated counts from its own year, or in every year where it has none;
what the partnerships imply counts from the first year in which they are known to have begun (``graph.register``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypedDict

from graph.errors import UnknownName
from graph.model import Need, Offer
from graph.network import Network
from graph.register import INFERRED_SOURCE
from graph.sentences import Sentence, say
from matcher.document import SentenceJson
from matcher.planning.history import Use, by_year, last_use, suppliers, working_languages
from matcher.planning.supply_counts import (
    LanguageSupply,
    SupplyCell,
    SupplyTotal,
    YearSupply,
    by_capability,
    by_cell,
    by_language,
    by_years,
)
from matcher.planning.tables import Column, PlanTable

PROVENANCE = {"stated": say("stated"), "inferred": INFERRED_SOURCE}
"""How an offer or need is known, as rows say it."""


class SupplyAnswer(TypedDict):
    """Supply and demand by the end of a year, in the regions and the language asked for.

    ``unmet`` needs nobody can meet; ``far`` needs that nobody in the region offers; ``single`` capabilities that are
    needed and that one utility alone offers; ``unused`` offers in no partnership under way.
    """

    as_of: str
    year: int
    offers: int
    needs: int
    unmet: int
    far: int
    single: int
    unused: int
    mentees: int
    regions: list[str]
    cells: list[SupplyCell]
    capabilities: list[SupplyTotal]
    languages: list[LanguageSupply]
    years: list[YearSupply]
    text_s: SentenceJson


@dataclass(frozen=True)
class Supply:
    """The answer and the rows it counts."""

    answer: SupplyAnswer
    tables: tuple[PlanTable, ...]


def supply(
    network: Network,
    as_of: date,
    *,
    year: int | None = None,
    capability: str | None = None,
    region: str | None = None,
    language: str | None = None,
) -> Supply:
    """Supply and demand by the end of ``year`` (that of ``as_of``), of one capability, region or language alone.

    ``network`` carries what the register implies by ``as_of``. A region bounds who is counted, not who can meet a
    need of it; a language bounds both. Raises ``UnknownName`` for a capability, region or language nobody has.
    """
    by = as_of.year if year is None else year
    known = network if by == as_of.year else by_year(network, by)
    speaks = {utility.id: working_languages(network, utility) for utility in network.utilities}
    spoken = sorted({tongue for tongues in speaks.values() for tongue in tongues})
    for what, given, names in (
        (say("capability"), capability, network.capability_by_id),
        (say("region"), region, network.region_by_id),
        (say("language"), language, spoken),
    ):
        if given is not None and given not in names:
            raise UnknownName(what, given, names)
    home = {utility.id: network.region_of(utility).id for utility in network.utilities}

    def asked(one: Offer | Need) -> bool:
        return capability in (None, one.capability) and (language is None or language in speaks[one.utility])

    everywhere = [offer for offer in known.offers if asked(offer)]
    offers = [offer for offer in everywhere if region in (None, home[offer.utility])]
    needs = [need for need in known.needs if asked(need) and region in (None, home[need.utility])]
    able = suppliers(network, everywhere)
    unmet = [need for need in needs if not able[need.capability] - {need.utility}]
    use = last_use(network, date(by, 12, 31) if by != as_of.year else as_of)
    tables = _tables(home, offers, needs, able, use)
    cells = by_cell(network, home, offers, needs)
    answer: SupplyAnswer = {
        "as_of": as_of.isoformat(),
        "year": by,
        "offers": len(offers),
        "needs": len(needs),
        "unmet": len(unmet),
        "far": sum(cell["needs"] for cell in cells if cell["heat"] == "lacking"),
        "single": 0,
        "unused": sum(1 for offer in offers if not _in_use(use, offer)),
        "mentees": len({need.utility for need in needs}),
        "regions": [],
        "cells": cells,
        "capabilities": by_capability(network, offers, needs, unmet, able),
        "languages": by_language(speaks, everywhere, offers, needs, network, language),
        "years": by_years(network, as_of, capability, region, language, home, speaks),
        "text_s": Sentence("").to_json(),
    }
    answer["single"] = sum(1 for row in answer["capabilities"] if row["sole"] is not None and row["needs"])
    answer["regions"] = sorted({cell["region"] for cell in answer["cells"]})
    answer["text_s"] = _headline(answer).to_json()
    single = PlanTable(
        "single",
        say("Capabilities that one utility alone offers"),
        (
            Column("capability", say("Capability"), "capability"),
            Column("utility", say("Offered by"), "utility"),
            Column("needs", say("Needs"), "number"),
        ),
        tuple(
            (row["capability"], row["sole"], row["needs"]) for row in answer["capabilities"] if row["sole"] is not None
        ),
    )
    return Supply(answer, (*tables, single))


def _in_use(use: Use, offer: Offer) -> bool:
    return use.get((offer.utility, offer.capability), (None, False))[1]


def _tables(
    home: Mapping[str, str],
    offers: Collection[Offer],
    needs: Collection[Need],
    able: Mapping[str, set[str]],
    use: Use,
) -> tuple[PlanTable, ...]:
    who = (
        Column("utility", say("Utility"), "utility"),
        Column("region", say("Region"), "region"),
        Column("capability", say("Capability"), "capability"),
        Column("provenance", say("Known from"), "name"),
        Column("year", say("Year"), "year"),
    )

    def start(one: Offer | Need) -> tuple[Any, ...]:
        return one.utility, home[one.utility], one.capability, PROVENANCE[one.provenance], one.year

    offered = tuple(
        (
            *start(offer),
            offer.level,
            use.get((offer.utility, offer.capability), (None, False))[0],
            _in_use(use, offer),
        )
        for offer in offers
    )
    needed = tuple((*start(need), len(able.get(need.capability, set()) - {need.utility})) for need in needs)
    of_offers = (
        *who,
        Column("level", say("Level, of 5"), "number"),
        Column("last_used", say("Last used in a partnership"), "year"),
        Column("in_use", say("In use now"), "flag"),
    )
    of_needs = (*who, Column("could_meet", say("Utilities that could meet it"), "number"))
    return (
        PlanTable("offers", say("Offers"), of_offers, offered),
        PlanTable("needs", say("Needs"), of_needs, needed),
        PlanTable("unmet", say("Needs nobody can meet"), of_needs, tuple(row for row in needed if not row[-1])),
        PlanTable("unused", say("Offers nobody uses now"), of_offers, tuple(row for row in offered if not row[-1])),
    )


def _headline(answer: SupplyAnswer) -> Sentence:
    if not answer["needs"]:
        return say("No need is known by {year}, so nothing is short.", year=str(answer["year"]))
    counts = {
        "needs": answer["needs"],
        "mentees": answer["mentees"],
        "offers": answer["offers"],
        "far": answer["far"],
        "single": answer["single"],
    }
    if not answer["unmet"]:
        return say(
            "By {year} there are {needs} needs of {mentees} utilities and {offers} offers. Each need is offered by"
            " somebody, but {far} by nobody in the region; capabilities that rest on one utility alone: {single}.",
            year=str(answer["year"]),
            **counts,
        )
    return say(
        "By {year} there are {needs} needs of {mentees} utilities and {offers} offers. Nobody can meet {unmet} of the"
        " needs, and nobody in the region {far}; capabilities that rest on one utility alone: {single}.",
        year=str(answer["year"]),
        unmet=answer["unmet"],
        **counts,
    )
