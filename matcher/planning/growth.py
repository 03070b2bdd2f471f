"""Growth: which mentees are nearest to becoming mentors, by what evidence, and what each would release.

Four signs speak for a mentee and a capability, each yes, no or unknown:

- *learned*: a partnership in which it learned the capability is known to have ended; no where none was about it;
- *performs*: its newest figure of what the capability is about is at least as good as the middle of those that
  offer it (of at least ``FEWEST`` with such a figure);
- *improved*: that figure got better from the oldest to the newest that is dated;
- *settled*: it states needs, but none of this capability any more.

Nearest is who has most signs, then fewest against it. Only utilities that offer nothing are asked about: the others
are mentors already. A capability counts where at least one sign speaks for it and none against.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from statistics import median
from typing import Literal, TypeAlias, TypedDict

from graph.errors import NothingFeasible
from graph.model import Observation, Offer, Partnership
from graph.network import Network
from graph.reference import metrics
from graph.register import known_by
from graph.sentences import Sentence, say
from matcher.build import build_problem
from matcher.document import SentenceJson, UtilityRef
from matcher.explain.effects import Effect, compared, losses, partners
from matcher.explain.round import SolvedRound
from matcher.pairs import utility_ref
from matcher.participants import choose_participants
from matcher.planning.history import under_way
from matcher.verify import verify
from matcher.words import named

FEWEST = 3
"""Figures of those that offer a capability, below which their middle says nothing."""

Sign: TypeAlias = Literal["learned", "performs", "improved", "settled"]
SIGNS: tuple[Sign, ...] = ("learned", "performs", "improved", "settled")


class Readiness(TypedDict):
    """A mentee and a capability, with what speaks for its teaching it: yes, no or unknown (``None``)."""

    capability: str
    capability_name: str
    learned: bool | None
    performs: bool | None
    improved: bool | None
    settled: bool | None
    signs: int
    known: int
    partnerships: list[str]


class Grower(TypedDict):
    """A mentee near to teaching ``capabilities``; ``effect`` is the round with it as a mentor with one place.

    ``released`` more partnerships; ``newly_served`` mentees that get their first mentor. ``None`` where it was not
    asked of the solver.
    """

    mentee: UtilityRef
    capabilities: list[Readiness]
    signs: int
    completed: int
    released: int | None
    newly_served: int | None
    effect: Effect | None
    text_s: SentenceJson


class Growth(TypedDict):
    """The mentees asked about, of ``candidates``: those that release most first."""

    candidates: int
    asked: int
    growers: list[Grower]
    text_s: SentenceJson


def nearest(network: Network, as_of: date) -> list[Grower]:
    """The mentees with a capability that they are near to teaching, the nearest first; nothing is solved."""
    offering = {offer.utility for offer in network.offers}
    mentored = {part.mentor for part in network.partnerships if part.status != "planned" and known_by(part, as_of)}
    learned: defaultdict[tuple[str, str], list[Partnership]] = defaultdict(list)
    for part in network.partnerships:
        if part.status != "planned" and known_by(part, as_of):
            for capability in part.capabilities:
                learned[part.mentee, capability].append(part)
    needed = {(need.utility, need.capability) for need in network.needs}
    judged = _judge(network)
    found: defaultdict[str, list[Readiness]] = defaultdict(list)
    for id, capability in sorted(needed | set(learned)):
        if id in offering or id in mentored:
            continue
        readiness = _readiness(network, as_of, id, capability, learned.get((id, capability), ()), judged)
        values = [readiness[sign] for sign in SIGNS]
        if readiness["signs"] and False not in values:
            found[id].append(readiness)
    growers = [_grower(network, id, ready) for id, ready in found.items()]
    return sorted(growers, key=lambda each: (-each["signs"], -each["completed"], each["mentee"]["id"]))


def growth(round: SolvedRound, most: int = 5) -> Growth:
    """The ``most`` nearest mentees, each verified: the round is built and solved again with it as a mentor."""
    near = nearest(round.network, round.built.participants.as_of)
    asked = [_released(round, grower) for grower in near[:most]]
    asked.sort(
        key=lambda each: (
            losses(each["effect"]) if each["effect"] is not None else (0,),
            -(each["released"] or 0),
            -each["signs"],
            each["mentee"]["id"],
        )
    )
    answer: Growth = {"candidates": len(near), "asked": len(asked), "growers": asked, "text_s": Sentence("").to_json()}
    answer["text_s"] = _headline(answer).to_json()
    return answer


def _released(round: SolvedRound, grower: Grower) -> Grower:
    """The round with this mentee as a mentor of its capabilities, with one place; its offers have no level known."""
    id, as_of = grower["mentee"]["id"], round.built.participants.as_of
    offers = tuple(
        Offer(id, ready["capability"], year=_last_year(round.network, ready["partnerships"], as_of))
        for ready in grower["capabilities"]
    )
    utilities = tuple(
        replace(utility, mentor_places=1) if utility.id == id else utility for utility in round.network.utilities
    )
    network = replace(
        round.network,
        utilities=utilities,
        offers=tuple(sorted((*round.network.offers, *offers), key=lambda each: (each.utility, each.capability))),
    )
    built = build_problem(network, choose_participants(network, round.policy, as_of), round.policy)
    try:
        result = round.solver(built.problem)
    except NothingFeasible:
        return grower
    verify(built.problem, result)
    before, after = partners(round.problem, round.result), partners(built.problem, result)
    released, effect = len(result.pairs) - len(round.result.pairs), compared(round, built, result)
    names = tuple(ready["capability_name"] for ready in grower["capabilities"])
    text = say(
        "{mentee} could teach {topics}. More pairs: {released}. {effect}",
        mentee=grower["mentee"]["name"],
        topics=tuple(named(name) for name in names),
        released=released,
        effect=Sentence.from_json(effect["text_s"]),
    )
    return {
        **grower,
        "released": released,
        "newly_served": len(set(after) - set(before)),
        "effect": effect,
        "text_s": text.to_json(),
    }


def _last_year(network: Network, ids: Sequence[str], as_of: date) -> int | None:
    ends = [part.end_year for part in network.partnerships if part.id in set(ids) and part.end_year is not None]
    return min(max(ends), as_of.year) if ends else None


@dataclass(frozen=True)
class Judged:
    """Dated figures by (utility, metric) from oldest to newest; the middle figure of those that offer by (capability,
    metric); who states needs, and the stated needs."""

    figures: Mapping[tuple[str, str], list[Observation]]
    middle: Mapping[tuple[str, str], float]
    states: set[str]
    stated: set[tuple[str, str]]


def _judge(network: Network) -> Judged:
    figures: defaultdict[tuple[str, str], list[Observation]] = defaultdict(list)
    for figure in network.observations:
        if figure.year is not None:
            figures[figure.utility, figure.metric].append(figure)
    for series in figures.values():
        series.sort(key=lambda each: each.year or 0)
    middle: dict[tuple[str, str], float] = {}
    offering: defaultdict[str, set[str]] = defaultdict(set)
    for offer in network.offers:
        offering[offer.capability].add(offer.utility)
    for metric in metrics():
        if metric.capability is None or metric.higher_is_better is None:
            continue
        values = [
            network.figures[id, metric.id].value
            for id in offering[metric.capability]
            if (id, metric.id) in network.figures
        ]
        if len(values) >= FEWEST:
            middle[metric.capability, metric.id] = median(values)
    stated = {(need.utility, need.capability) for need in network.needs if need.provenance == "stated"}
    return Judged(figures, middle, {utility for utility, _ in stated}, stated)


def _readiness(
    network: Network, as_of: date, id: str, capability: str, learned: Sequence[Partnership], judged: Judged
) -> Readiness:
    ended = [part.id for part in learned if part.end_year is not None and not under_way(part, as_of)]
    going = any(under_way(part, as_of) for part in learned)
    performs: bool | None = None
    improved: bool | None = None
    for metric in metrics():
        if metric.capability != capability or metric.higher_is_better is None:
            continue
        sign = 1 if metric.higher_is_better else -1
        newest = network.figures.get((id, metric.id))
        if newest is not None and (capability, metric.id) in judged.middle:
            performs = performs is not False and sign * newest.value >= sign * judged.middle[capability, metric.id]
        series = judged.figures.get((id, metric.id), [])
        if len(series) > 1 and series[0].year != series[-1].year:
            improved = improved is not False and sign * series[-1].value > sign * series[0].value
    readiness: Readiness = {
        "capability": capability,
        "capability_name": network.capability_by_id[capability].name,
        "learned": True if ended else False if going or not learned else None,
        "performs": performs,
        "improved": improved,
        "settled": (id, capability) not in judged.stated if id in judged.states else None,
        "signs": 0,
        "known": 0,
        "partnerships": sorted(ended),
    }
    values = [readiness[name] for name in SIGNS]
    readiness["signs"] = sum(value is True for value in values)
    readiness["known"] = sum(value is not None for value in values)
    return readiness


def _grower(network: Network, id: str, ready: list[Readiness]) -> Grower:
    ready = sorted(ready, key=lambda each: (-each["signs"], each["capability"]))
    return {
        "mentee": utility_ref(network, id),
        "capabilities": ready,
        "signs": ready[0]["signs"],
        "completed": len({partnership for each in ready for partnership in each["partnerships"]}),
        "released": None,
        "newly_served": None,
        "effect": None,
        "text_s": say("{mentee} was not asked about.", mentee=network.utility_by_id[id].name).to_json(),
    }


def _headline(answer: Growth) -> Sentence:
    first = next((grower for grower in answer["growers"] if grower["effect"] is not None), None)
    if first is None:
        return say("No mentee shows by evidence that it could teach what it learned.")
    return say(
        "Mentees near to becoming mentors: {count}. Of the {asked} nearest, {mentee} would add most (more pairs:"
        " {released}).",
        count=answer["candidates"],
        asked=answer["asked"],
        mentee=first["mentee"]["name"],
        released=first["released"] or 0,
    )
