"""What works: results by kind of pair and capability, with counts and uncertainty, and nothing where there are too few.

Three measures say whether a pair went well, each for the pairs of which it is known:

- *targets*: of a capability's indicator at least half the way from baseline to target was gone (``matcher.proven``);
- *answers*: what both sides answered after the end comes to at least half;
- *figures*: the mentee's figure of what a capability is about was better in the newest year after the beginning than in
  the last year until then. That it is better because of the partnership nobody can tell.

A pair with several capabilities counts once: well where at least half of them went well; by capability each counts.
A share comes with its 95 % interval (Wilson 1927), and only from ``FEWEST`` cases on. Groups stand in a fixed order:
shares whose intervals overlap are no ranking.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt
from typing import Literal, TypeAlias, TypedDict

from graph.model import Observation, Partnership
from graph.network import Network
from graph.reference import metrics
from graph.register import known_by
from graph.sentences import Sentence, say
from matcher.document import SentenceJson
from matcher.planning.history import working_languages
from matcher.planning.tables import Column, PlanTable
from matcher.proven import HALF_WAY, way_gone
from matcher.words import named

FEWEST = 10
"""Cases below which no share is given."""
Z = 1.959964
"""Of the 95 % interval."""
INCOMES = ("low", "lower_middle", "upper_middle", "high")
MUCH_LARGER = 5

MeasureId: TypeAlias = Literal["targets", "answers", "figures"]
MEASURES: Mapping[MeasureId, Sentence] = {
    "targets": say("Half the way to the target, or more"),
    "answers": say("Went well, as both sides answered"),
    "figures": say("The mentee’s figure is better than before"),
}
KINDS: Mapping[str, Sentence] = {
    "region": say("Region"),
    "language": say("Working language"),
    "size": say("Size of the mentor"),
    "income": say("Income of the countries"),
    "capability": say("Capability"),
}


class Counted(TypedDict):
    """Cases and how many went well; share and its 95 % interval are ``None`` where there are too few cases."""

    cases: int
    well: int
    share: float | None
    low: float | None
    high: float | None


class GroupResult(Counted):
    """The cases of one kind of pair, of ``pairs`` on record."""

    kind: str
    kind_s: SentenceJson
    group: str
    group_s: SentenceJson
    pairs: int


class MeasureResult(TypedDict):
    """One measure: all its cases, and by kind of pair."""

    id: MeasureId
    title_s: SentenceJson
    whole: Counted
    groups: list[GroupResult]


class ResultsAnswer(TypedDict):
    """What is known of results among ``pairs`` that have begun; no share rests on fewer than ``fewest`` cases."""

    as_of: str
    pairs: int
    with_any: int
    fewest: int
    measures: list[MeasureResult]
    text_s: SentenceJson


@dataclass(frozen=True)
class Results:
    """The answer and the rows it counts."""

    answer: ResultsAnswer
    tables: tuple[PlanTable, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one measure says of one pair (and capability, where it is of one): value and verdict."""

    measure: MeasureId
    partnership: Partnership
    capability: str | None
    value: float
    well: bool


def results(network: Network, as_of: date) -> Results:
    """What worked among the pairs begun by a date."""
    parts = [part for part in network.partnerships if part.status != "planned" and known_by(part, as_of)]
    found = [*_targets(parts, as_of), *_answers(parts), *_figures(network, parts, as_of)]
    kinds = {part.id: _kinds(network, part) for part in parts}
    sizes: defaultdict[tuple[str, str], int] = defaultdict(int)
    for part in parts:
        for kind, group in kinds[part.id].items():
            sizes[kind, str(group)] += 1
        for capability in part.capabilities:
            sizes["capability", capability] += 1
    answer: ResultsAnswer = {
        "as_of": as_of.isoformat(),
        "pairs": len(parts),
        "with_any": len({outcome.partnership.id for outcome in found}),
        "fewest": FEWEST,
        "measures": [
            _measure(network, id, [outcome for outcome in found if outcome.measure == id], kinds, sizes)
            for id in MEASURES
        ],
        "text_s": Sentence("").to_json(),
    }
    answer["text_s"] = _headline(answer).to_json()
    return Results(answer, (_table(found, kinds),))


def wilson(well: int, cases: int) -> tuple[float, float]:
    """The 95 % interval of a share (E. B. Wilson, 1927); ``cases`` is at least 1."""
    share = well / cases
    middle = share + Z**2 / (2 * cases)
    half = Z * sqrt(share * (1 - share) / cases + Z**2 / (4 * cases**2))
    whole = 1 + Z**2 / cases
    return max(0.0, (middle - half) / whole), min(1.0, (middle + half) / whole)


def _targets(parts: Collection[Partnership], as_of: date) -> list[Outcome]:
    found = []
    for part in parts:
        for result in part.results:
            gone = way_gone(result)
            if gone is not None and (result.year is None or result.year <= as_of.year):
                found.append(Outcome("targets", part, result.capability, gone, gone >= HALF_WAY))
    return found


def _answers(parts: Collection[Partnership]) -> list[Outcome]:
    return [Outcome("answers", part, None, part.went, part.went >= HALF_WAY) for part in parts if part.went is not None]


def _figures(network: Network, parts: Collection[Partnership], as_of: date) -> list[Outcome]:
    """Of each pair with a start, its mentee's figures of what its capabilities are about, before and after."""
    series: defaultdict[tuple[str, str], list[Observation]] = defaultdict(list)
    for figure in network.observations:
        if figure.year is not None and figure.year <= as_of.year:
            series[figure.utility, figure.metric].append(figure)
    found = []
    for part in parts:
        for capability in part.capabilities if part.start_year is not None else ():
            for metric in metrics():
                if metric.capability != capability or metric.higher_is_better is None or part.start_year is None:
                    continue
                known = sorted(series.get((part.mentee, metric.id), ()), key=lambda each: each.year or 0)
                before = [each for each in known if (each.year or 0) <= part.start_year]
                after = [each for each in known if (each.year or 0) > part.start_year]
                if before and after:
                    change = after[-1].value - before[-1].value
                    better = change > 0 if metric.higher_is_better else change < 0
                    found.append(Outcome("figures", part, capability, change, better))
    return found


def _kinds(network: Network, part: Partnership) -> dict[str, Sentence]:
    """The group a pair belongs to, by kind."""
    mentor, mentee = network.utility_by_id[part.mentor], network.utility_by_id[part.mentee]
    one, other = network.country_by_id[mentor.country], network.country_by_id[mentee.country]
    speak = set(working_languages(network, mentor)), set(working_languages(network, mentee))
    if not all(speak):
        language = say("language unknown")
    else:
        language = say("a language in common") if speak[0] & speak[1] else say("no language in common")
    return {
        "region": say("same region") if one.region == other.region else say("two regions"),
        "language": language,
        "size": _size(network, part),
        "income": _income(one.income_group, other.income_group),
    }


def _size(network: Network, part: Partnership) -> Sentence:
    for metric in ("population_served", "connections"):
        mentor, mentee = (network.figures.get((id, metric)) for id in (part.mentor, part.mentee))
        if mentor is not None and mentee is not None and mentor.value > 0 and mentee.value > 0:
            ratio = mentor.value / mentee.value
            if ratio < 1:
                return say("smaller than the mentee")
            return say("up to five times as large") if ratio <= MUCH_LARGER else say("more than five times as large")
    return say("size unknown")


def _income(mentor: str | None, mentee: str | None) -> Sentence:
    if mentor not in INCOMES or mentee not in INCOMES:
        return say("income unknown")
    gap = INCOMES.index(mentor) - INCOMES.index(mentee)
    if gap == 0:
        return say("same income group")
    return say("mentor’s country richer") if gap > 0 else say("mentor’s country poorer")


def _measure(
    network: Network,
    id: MeasureId,
    found: Sequence[Outcome],
    kinds: Mapping[str, Mapping[str, Sentence]],
    sizes: Mapping[tuple[str, str], int],
) -> MeasureResult:
    by_pair: defaultdict[str, list[bool]] = defaultdict(list)
    for outcome in found:
        by_pair[outcome.partnership.id].append(outcome.well)
    verdicts = {pair: sum(wells) * 2 >= len(wells) for pair, wells in by_pair.items()}
    groups: list[GroupResult] = []

    def add(kind: str, group: str, title: Sentence, wells: list[bool]) -> None:
        groups.append(
            {
                "kind": kind,
                "kind_s": KINDS[kind].to_json(),
                "group": group,
                "group_s": title.to_json(),
                "pairs": sizes[kind, group],
                **counted(wells),
            }
        )

    for kind in KINDS:
        if kind == "capability":
            continue
        titles = {str(of[kind]): of[kind] for of in kinds.values()}
        for group in sorted(titles):
            wells = [well for pair, well in sorted(verdicts.items()) if str(kinds[pair][kind]) == group]
            add(kind, group, titles[group], wells)
    for capability in sorted({outcome.capability for outcome in found if outcome.capability is not None}):
        wells = [outcome.well for outcome in found if outcome.capability == capability]
        add("capability", capability, named(network.capability_by_id[capability].name), wells)
    return {
        "id": id,
        "title_s": MEASURES[id].to_json(),
        "whole": counted(list(verdicts.values())),
        "groups": groups,
    }


def counted(wells: Sequence[bool]) -> Counted:
    """How many went well; a share only where there are enough."""
    cases, well = len(wells), sum(wells)
    if cases < FEWEST:
        return {"cases": cases, "well": well, "share": None, "low": None, "high": None}
    low, high = wilson(well, cases)
    return {"cases": cases, "well": well, "share": well / cases, "low": round(low, 4), "high": round(high, 4)}


def _headline(answer: ResultsAnswer) -> Sentence:
    if not answer["pairs"]:
        return say("No partnership is known, so nothing can be said of results.")
    enough = [measure for measure in answer["measures"] if measure["whole"]["share"] is not None]
    if not enough:
        return say(
            "Of {pairs} pairs something of the results is known for {known}: too few to say what works.",
            pairs=answer["pairs"],
            known=answer["with_any"],
        )
    whole = enough[0]["whole"]
    return say(
        "{measure}: {well} of {cases} pairs ({low} to {high} of 100 with 95 % certainty). Of {pairs} pairs something of"
        " the results is known for {known}.",
        measure=Sentence.from_json(enough[0]["title_s"]),
        well=whole["well"],
        cases=whole["cases"],
        low=round(100 * (whole["low"] or 0)),
        high=round(100 * (whole["high"] or 0)),
        pairs=answer["pairs"],
        known=answer["with_any"],
    )


def _table(found: Sequence[Outcome], kinds: Mapping[str, Mapping[str, Sentence]]) -> PlanTable:
    return PlanTable(
        "outcomes",
        say("What is known of results"),
        (
            Column("partnership", say("Partnership"), "wop"),
            Column("measure", say("Measure"), "text"),
            Column("mentor", say("Mentor"), "utility"),
            Column("mentee", say("Mentee"), "utility"),
            Column("capability", say("Capability"), "capability"),
            Column("value", say("Value"), "number"),
            Column("well", say("Went well"), "flag"),
            *(Column(kind, title, "name") for kind, title in KINDS.items() if kind != "capability"),
        ),
        tuple(
            (
                outcome.partnership.wop,
                outcome.measure,
                outcome.partnership.mentor,
                outcome.partnership.mentee,
                outcome.capability,
                round(outcome.value, 4),
                outcome.well,
                *(kinds[outcome.partnership.id][kind] for kind in KINDS if kind != "capability"),
            )
            for outcome in found
        ),
    )
