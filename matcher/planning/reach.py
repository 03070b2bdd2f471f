"""Reach: the people served by the utilities helped, by region of the Sustainable Development Goals and year.

A utility is helped where it learned in a partnership that is not planned and is known to have begun. It counts once,
in the first year it was helped, however often that was. People are its newest known figure of people served by the
date; a utility without one counts as a utility whose people are unknown, never as nobody, so every sum is a lower
bound and says of how many utilities it is. Served people may live in more than one utility's area: that is not known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import TypedDict

from graph.model import Observation
from graph.network import Network
from graph.reference import sdg_regions
from graph.register import known_by
from graph.sentences import Sentence, say
from matcher.document import SentenceJson
from matcher.planning.tables import Column, PlanTable

PEOPLE = "population_served"
LAST, LAST_YEAR = "~", 9999
"""Sorts what is unknown after everything known."""


class Reached(TypedDict):
    """Utilities helped, for how many of them people are known, and the sum of these; ``None`` where of none."""

    utilities: int
    known: int
    people: int | None
    coverage: float | None


class RegionReach(Reached):
    """Those of one SDG region; ``None`` is a region that belongs to none."""

    region: str | None


class YearReach(Reached):
    """Those first helped in a year, ``None`` where no year is known; and all until then."""

    year: int | None
    utilities_so_far: int
    known_so_far: int
    people_so_far: int | None


class ReachCell(Reached):
    """Those of one SDG region first helped in a year."""

    region: str | None
    year: int | None


class ReachAnswer(TypedDict):
    """Whom the partnerships reach. ``oldest`` and ``newest``: the years of the figures summed."""

    as_of: str
    total: Reached
    oldest: int | None
    newest: int | None
    regions: list[RegionReach]
    years: list[YearReach]
    cells: list[ReachCell]
    text_s: SentenceJson


@dataclass(frozen=True)
class Reach:
    """The answer and the rows it counts."""

    answer: ReachAnswer
    tables: tuple[PlanTable, ...]


@dataclass(frozen=True, slots=True)
class Helped:
    """A utility helped: its SDG region, the first year it was, in how many partnerships, and its figure of people."""

    utility: str
    region: str | None
    year: int | None
    partnerships: int
    figure: Observation | None


def reach(network: Network, as_of: date) -> Reach:
    """The people served by the utilities helped by a date."""
    helped = utilities_helped(network, as_of)
    by_region: defaultdict[str | None, list[Helped]] = defaultdict(list)
    by_year: defaultdict[int | None, list[Helped]] = defaultdict(list)
    by_both: defaultdict[tuple[str | None, int | None], list[Helped]] = defaultdict(list)
    for one in helped:
        by_region[one.region].append(one)
        by_year[one.year].append(one)
        by_both[one.region, one.year].append(one)
    years = [one.figure.year for one in helped if one.figure is not None and one.figure.year is not None]
    answer: ReachAnswer = {
        "as_of": as_of.isoformat(),
        "total": _reached(helped),
        "oldest": min(years, default=None),
        "newest": max(years, default=None),
        "regions": [{"region": region, **_reached(ones)} for region, ones in _most_first(by_region.items())],
        "years": _years(by_year),
        "cells": [
            {"region": region, "year": year, **_reached(ones)}
            for (region, year), ones in sorted(
                by_both.items(), key=lambda each: (each[0][0] or LAST, each[0][1] or 9999)
            )
        ],
        "text_s": Sentence("").to_json(),
    }
    answer["text_s"] = _headline(answer["total"]).to_json()
    columns = (
        Column("utility", say("Utility"), "utility"),
        Column("region", say("Region of the SDGs"), "name"),
        Column("year", say("First helped"), "year"),
        Column("partnerships", say("Partnerships"), "number"),
        Column("people", say("People served"), "number"),
        Column("people_year", say("Year of the figure"), "year"),
        Column("source", say("Source"), "text"),
    )
    rows = tuple(
        (
            one.utility,
            one.region,
            one.year,
            one.partnerships,
            None if one.figure is None else round(one.figure.value),
            None if one.figure is None else one.figure.year,
            None if one.figure is None else one.figure.source_url,
        )
        for one in helped
    )
    unknown = tuple(row[:4] for row in rows if row[4] is None)
    return Reach(
        answer,
        (
            PlanTable("helped", say("Utilities helped"), columns, rows),
            PlanTable("unknown", say("Utilities whose people are unknown"), columns[:4], unknown),
        ),
    )


def utilities_helped(network: Network, as_of: date) -> list[Helped]:
    """The utilities that learned in a partnership by a date, each once, by id."""
    wops: defaultdict[str, set[str]] = defaultdict(set)
    first: dict[str, int] = {}
    for part in network.partnerships:
        if part.status == "planned" or not known_by(part, as_of):
            continue
        wops[part.mentee].add(part.wop)
        if (year := part.start_year or part.end_year) is not None:
            first[part.mentee] = min(year, first.get(part.mentee, year))
    figures = newest_figures(network.observations, wops, as_of.year)
    return [
        Helped(
            utility=id,
            region=sdg_regions().get(network.region_of(network.utility_by_id[id]).id),
            year=first.get(id),
            partnerships=len(wops[id]),
            figure=figures.get(id),
        )
        for id in sorted(wops)
    ]


def newest_figures(figures: Iterable[Observation], utilities: Collection[str], by: int) -> dict[str, Observation]:
    """The newest figure of people served of each utility that was known by a year; one without a year is the oldest."""
    newest: dict[str, Observation] = {}
    for figure in figures:
        if figure.metric != PEOPLE or figure.utility not in utilities or (figure.year or 0) > by:
            continue
        if figure.utility not in newest or (figure.year or 0) >= (newest[figure.utility].year or 0):
            newest[figure.utility] = figure
    return newest


def _reached(helped: Collection[Helped]) -> Reached:
    people = [round(one.figure.value) for one in helped if one.figure is not None]
    return {
        "utilities": len(helped),
        "known": len(people),
        "people": sum(people) if people else None,
        "coverage": len(people) / len(helped) if helped else None,
    }


def _most_first(groups: Iterable[tuple[str | None, list[Helped]]]) -> list[tuple[str | None, list[Helped]]]:
    return sorted(groups, key=lambda each: (-len(each[1]), each[0] or LAST))


def _years(by_year: dict[int | None, list[Helped]]) -> list[YearReach]:
    rows: list[YearReach] = []
    so_far: list[Helped] = []
    for year in sorted(by_year, key=lambda year: LAST_YEAR if year is None else year):
        so_far += by_year[year]
        whole = _reached(so_far)
        rows.append(
            {
                "year": year,
                **_reached(by_year[year]),
                "utilities_so_far": whole["utilities"],
                "known_so_far": whole["known"],
                "people_so_far": whole["people"],
            }
        )
    return rows


def _headline(total: Reached) -> Sentence:
    if not total["utilities"]:
        return say("No partnership is known in which a utility was helped.")
    if total["people"] is None:
        return say(
            "Utilities helped: {utilities}. How many people they serve is known of none of them.",
            utilities=total["utilities"],
        )
    return say(
        "Utilities helped: {utilities}. The {known} of them whose figure is known serve at least {people} people; of"
        " {unknown} it is unknown.",
        utilities=total["utilities"],
        known=total["known"],
        people=total["people"],
        unknown=total["utilities"] - total["known"],
    )
