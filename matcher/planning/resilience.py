"""Resilience: what breaks if the busiest mentors leave, how concentrated help is, and who holds the network together.

A partnership counts where it is not planned and is known to have begun (``graph.register``). The busiest mentors
are those with the most mentees. Concentration is measured by the share of the first five and ten mentors and by the
Herfindahl-Hirschman index, the sum of squared shares: its inverse is the number of equally busy mentors that would be
as concentrated. Bridges are measured on the graph of utilities joined by partnerships, by NetworkX.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypedDict

from graph.errors import BadInput
from graph.model import Partnership
from graph.network import Network
from graph.register import known_by
from graph.sentences import Sentence, say
from matcher.document import SentenceJson, UtilityRef
from matcher.pairs import utility_ref
from matcher.planning.bridges import BridgesAnswer, bridges
from matcher.planning.history import begun_in, suppliers, under_way
from matcher.planning.tables import Column, PlanTable

LEAVING, MOST_LEAVING = 10, 100


class BusyMentor(TypedDict):
    """A mentor that leaves; ``losing`` mentees have no other mentor, once those above have left as well.

    ``share`` is the part of all pairs that is gone by then.
    """

    mentor: UtilityRef
    pairs: int
    under_way: int
    mentees: int
    capabilities: int
    losing: int
    share: float


class Concentration(TypedDict):
    """What was known by the end of a year: shares of 1, and how many equally busy mentors would be as concentrated."""

    year: int
    pairs: int
    mentors: int
    top_5: float
    top_10: float
    herfindahl: float
    equal_to: float


class ResilienceAnswer(TypedDict):
    """What breaks; counts after the busiest have left beside those before."""

    as_of: str
    leaving: int
    pairs: int
    pairs_lost: int
    under_way: int
    under_way_lost: int
    mentees: int
    mentees_lost: int
    cells: int
    cells_lost: int
    needs: int
    needs_unmet: int
    busiest: list[BusyMentor]
    concentration: list[Concentration]
    bridges: BridgesAnswer
    text_s: SentenceJson
    concentration_s: SentenceJson


@dataclass(frozen=True)
class Resilience:
    """The answer and the rows it counts."""

    answer: ResilienceAnswer
    tables: tuple[PlanTable, ...]


def resilience(network: Network, as_of: date, *, leaving: int = LEAVING) -> Resilience:
    """What breaks if the ``leaving`` busiest mentors leave. ``network`` carries what the register implies by ``as_of``.

    Raises ``BadInput`` where no mentor or more than ``MOST_LEAVING`` are to leave.
    """
    if not 1 <= leaving <= MOST_LEAVING:
        raise BadInput(
            say("{count} mentors cannot leave.", count=leaving),
            say("Choose a number from {least} to {most}.", least=1, most=MOST_LEAVING),
        )
    parts = [part for part in network.partnerships if part.status != "planned" and known_by(part, as_of)]
    mentees_of: defaultdict[str, set[str]] = defaultdict(set)
    for part in parts:
        mentees_of[part.mentor].add(part.mentee)
    mentored = Counter(part.mentor for part in parts)
    order = sorted(mentored, key=lambda id: (-len(mentees_of[id]), -mentored[id], id))
    gone = set(order[:leaving])
    lost = [part for part in parts if part.mentor in gone]
    left = {part.mentee for part in parts if part.mentor not in gone}
    alone = sorted({part.mentee for part in lost} - left)
    cells = {(offer.capability, network.region_of(network.utility_by_id[offer.utility]).id) for offer in network.offers}
    kept = [offer for offer in network.offers if offer.utility not in gone]
    kept_cells = {(offer.capability, network.region_of(network.utility_by_id[offer.utility]).id) for offer in kept}
    able = suppliers(network, network.offers)
    still = suppliers(network, kept)
    met = [need for need in network.needs if able.get(need.capability, set()) - {need.utility}]
    unmet = [need for need in met if not still.get(need.capability, set()) - {need.utility}]
    joined, tables = bridges(network, parts)
    answer: ResilienceAnswer = {
        "as_of": as_of.isoformat(),
        "leaving": len(gone),
        "pairs": len(parts),
        "pairs_lost": len(lost),
        "under_way": sum(1 for part in parts if under_way(part, as_of)),
        "under_way_lost": sum(1 for part in lost if under_way(part, as_of)),
        "mentees": len({part.mentee for part in parts}),
        "mentees_lost": len(alone),
        "cells": len(cells),
        "cells_lost": len(cells - kept_cells),
        "needs": len(met),
        "needs_unmet": len(unmet),
        "busiest": _busiest(network, parts, order[:leaving], as_of),
        "concentration": concentration(parts, as_of),
        "bridges": joined,
        "text_s": Sentence("").to_json(),
        "concentration_s": Sentence("").to_json(),
    }
    answer["text_s"] = _headline(answer).to_json()
    answer["concentration_s"] = _concentrated(answer["concentration"]).to_json()
    pair = (
        Column("partnership", say("Partnership"), "wop"),
        Column("mentor", say("Mentor"), "utility"),
        Column("mentee", say("Mentee"), "utility"),
        Column("start_year", say("Begun"), "year"),
        Column("end_year", say("Ended"), "year"),
        Column("under_way", say("Under way"), "flag"),
    )
    rows = tuple(
        (part.wop, part.mentor, part.mentee, part.start_year, part.end_year, under_way(part, as_of)) for part in parts
    )
    return Resilience(
        answer,
        (
            PlanTable("pairs", say("Pairs of partnerships"), pair, rows),
            PlanTable(
                "pairs_lost", say("Pairs of the mentors that leave"), pair, tuple(row for row in rows if row[1] in gone)
            ),
            PlanTable(
                "mentees_lost",
                say("Mentees without any other mentor"),
                (Column("mentee", say("Mentee"), "utility"),),
                tuple((id,) for id in alone),
            ),
            PlanTable(
                "cells_lost",
                say("Capabilities that a region offers no more"),
                (Column("capability", say("Capability"), "capability"), Column("region", say("Region"), "region")),
                tuple(sorted(cells - kept_cells)),
            ),
            PlanTable(
                "needs_unmet",
                say("Needs nobody could meet any more"),
                (Column("utility", say("Utility"), "utility"), Column("capability", say("Capability"), "capability")),
                tuple((need.utility, need.capability) for need in unmet),
            ),
            *tables,
        ),
    )


def concentration(parts: Collection[Partnership], as_of: date) -> list[Concentration]:
    """Shares of the busiest mentors among all pairs begun by the end of each year, from the first year there is one."""
    starts = sorted((begun_in(part), part.mentor) for part in parts)
    if not starts:
        return []
    counts: Counter[str] = Counter()
    rows: list[Concentration] = []
    at = 0
    for year in range(starts[0][0], as_of.year + 1):
        while at < len(starts) and starts[at][0] <= year:
            counts[starts[at][1]] += 1
            at += 1
        whole = counts.total()
        busiest = sorted(counts.values(), reverse=True)
        index = sum((count / whole) ** 2 for count in busiest)
        rows.append(
            {
                "year": year,
                "pairs": whole,
                "mentors": len(busiest),
                "top_5": sum(busiest[:5]) / whole,
                "top_10": sum(busiest[:10]) / whole,
                "herfindahl": round(index, 6),
                "equal_to": round(1 / index, 2),
            }
        )
    return rows


def _busiest(network: Network, parts: Sequence[Partnership], gone: Sequence[str], as_of: date) -> list[BusyMentor]:
    by_mentor: defaultdict[str, list[Partnership]] = defaultdict(list)
    mentors_of: defaultdict[str, set[str]] = defaultdict(set)
    for part in parts:
        by_mentor[part.mentor].append(part)
        mentors_of[part.mentee].add(part.mentor)
    rows: list[BusyMentor] = []
    pairs, left = 0, set(gone)
    for place, id in enumerate(gone, start=1):
        mine = by_mentor[id]
        pairs += len(mine)
        left = set(gone[:place])
        mentees = {part.mentee for part in mine}
        rows.append(
            {
                "mentor": utility_ref(network, id),
                "pairs": len(mine),
                "under_way": sum(1 for part in mine if under_way(part, as_of)),
                "mentees": len(mentees),
                "capabilities": len({capability for part in mine for capability in part.capabilities}),
                "losing": sum(1 for mentee in mentees if mentors_of[mentee] <= left),
                "share": pairs / len(parts),
            }
        )
    return rows


def _headline(answer: ResilienceAnswer) -> Sentence:
    if not answer["pairs"]:
        return say("No partnership is known, so nothing can break.")
    return say(
        "If the busiest mentors left ({leaving} of them), {lost} of {pairs} pairs would go and {mentees} of {all}"
        " mentees would have no mentor on record; {cells} of {offered} capabilities by region would go, too.",
        leaving=answer["leaving"],
        lost=answer["pairs_lost"],
        pairs=answer["pairs"],
        mentees=answer["mentees_lost"],
        all=answer["mentees"],
        cells=answer["cells_lost"],
        offered=answer["cells"],
    )


def _concentrated(rows: Sequence[Concentration]) -> Sentence:
    if not rows:
        return say("No partnership is known, so nothing is concentrated.")
    last = rows[-1]
    return say(
        "The ten busiest of {mentors} mentors have {share} of 100 pairs. Help is as concentrated as if {equal} equally"
        " busy mentors shared it: the fewer, the more a programme depends on single mentors.",
        mentors=last["mentors"],
        share=round(100 * last["top_10"]),
        equal=round(last["equal_to"]),
    )
