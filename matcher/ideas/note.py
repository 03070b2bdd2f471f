"""A concept note, section by section, from what the network given tells; every sentence can be translated.

It says only what the network holds, so whoever builds it decides who may read it by the network: what all sides may
see, and the needs that were chosen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from graph.model import Need
from graph.network import Network
from graph.sentences import Sentence, Value, say
from matcher.document import PairExplanation, SentenceJson
from matcher.ideas.state import Section
from matcher.pairs import explain_pair
from matcher.policy import Policy
from matcher.words import capability_name, country_name, named

MOST_REASONS = 5
NOT_TOLD = ("need_cover", "preference")
"""Needs have a section of their own; whom a utility prefers is its own to say."""


def with_needs(network: Network, mentees: Sequence[str], chosen: Sequence[Need]) -> Network:
    """The network in which these mentees have just the needs chosen, for everybody who reads the note."""
    kept = [need for need in network.needs if need.utility not in mentees]
    needs = sorted([*kept, *chosen], key=lambda need: (need.utility, need.capability))
    return replace(network, needs=tuple(replace(need, private=None) for need in needs))


def build_note(
    network: Network,
    policy: Policy,
    mentors: Sequence[str],
    mentees: Sequence[str],
    months: int,
    as_of: date,
) -> dict[Section, tuple[SentenceJson, ...]]:
    """The sections of the note; ``network`` holds the chosen needs alone of the mentees (``with_needs``)."""
    pairs = [explain_pair(network, policy, mentor, mentee, as_of) for mentor in mentors for mentee in mentees]
    needs = [need for need in network.needs if need.utility in mentees]
    covered = {(pair["mentee"]["id"], need["capability"]) for pair in pairs for need in pair["covered"]}
    open_needs = [need for need in needs if (need.utility, need.capability) not in covered]
    worked_on = [need for need in needs if (need.utility, need.capability) in covered]
    told: dict[Section, list[Sentence]] = {
        "summary": _summary(network, mentors, mentees, needs, months),
        "utilities": [said for id in (*mentors, *mentees) for said in _utility(network, id)],
        "needs": [_need(network, need) for need in needs],
        "offers": [_reason(pair, "need_cover") for pair in pairs],
        "fit": [said for pair in pairs for said in _fit(pair)],
        "uncovered": [
            say(
                "{mentee}: {topic} is offered by none of the mentors.",
                mentee=network.utility_by_id[need.utility].name,
                topic=capability_name(network, need.capability),
            )
            for need in open_needs
        ]
        or [say("Every need named here can be worked on.")],
        "activities": _activities(network, worked_on or needs, mentors, mentees, months),
    }
    return {section: tuple(each.to_json() for each in sentences) for section, sentences in told.items()}


def _names(network: Network, ids: Sequence[str]) -> tuple[Value, ...]:
    return tuple(network.utility_by_id[id].name for id in ids)


def _topics(network: Network, needs: Sequence[Need]) -> tuple[Value, ...]:
    return tuple(capability_name(network, id) for id in sorted({need.capability for need in needs}))


def _summary(
    network: Network, mentors: Sequence[str], mentees: Sequence[str], needs: Sequence[Need], months: int
) -> list[Sentence]:
    return [
        say(
            "{mentors} would help {mentees} for {months} months, on: {topics}.",
            mentors=_names(network, mentors),
            mentees=_names(network, mentees),
            months=months,
            topics=_topics(network, needs),
        ),
        say("It is a partnership between utilities, not for profit: staff learn from staff."),
    ]


def _utility(network: Network, id: str) -> Iterator[Sentence]:
    utility = network.utility_by_id[id]
    place: dict[str, Value] = {
        "utility": utility.name,
        "country": country_name(network, utility.country),
        "region": named(network.region_of(utility).name),
    }
    people = network.figures.get((id, "population_served"))
    if people is None:
        yield say("{utility}: {country}, {region}; how many people it serves is not known.", **place)
    elif people.year is None:
        yield say(
            "{utility}: {country}, {region}; serves {people} people (year unknown).", **place, people=people.value
        )
    else:
        yield say(
            "{utility}: {country}, {region}; serves {people} people ({year}).",
            **place,
            people=people.value,
            year=str(people.year),
        )


def _need(network: Network, need: Need) -> Sentence:
    parts: list[Value] = []
    if need.priority is not None:
        parts.append(say("Priority {priority}.", priority=need.priority))
    if need.indicator:
        parts.append(say("Indicator: {indicator}.", indicator=need.indicator))
    if need.baseline is not None:
        parts.append(say("Baseline: {figure}.", figure=need.baseline))
    if need.target is not None:
        parts.append(say("Target: {figure}.", figure=need.target))
    if need.baseline is None and need.target is None:
        parts.append(say("Baseline and target are not known."))
    if need.provenance == "inferred":
        parts.append(say("Inferred from the register; to be confirmed by the utility."))
    elif need.year is not None:
        parts.append(say("Stated in {year}.", year=str(need.year)))
    return say(
        "{mentee}: {topic}. {details}",
        mentee=network.utility_by_id[need.utility].name,
        topic=capability_name(network, need.capability),
        details=tuple(parts),
    )


def _reason(pair: PairExplanation, rule: str) -> Sentence:
    return next(Sentence.from_json(reason["text_s"]) for reason in pair["reasons"] if reason["rule"] == rule)


def _fit(pair: PairExplanation) -> Iterator[Sentence]:
    names = {"mentor": pair["mentor"]["name"], "mentee": pair["mentee"]["name"]}
    yield say("{mentor} and {mentee}: fit {fit} of 100.", **names, fit=round(100 * pair["fit"]))
    known = [
        reason
        for reason in pair["reasons"]
        if reason["mode"] == "graded" and reason["value"] is not None and reason["rule"] not in NOT_TOLD
    ]
    for reason in sorted(known, key=lambda each: (-each["weight"] * (each["value"] or 0), each["rule"]))[:MOST_REASONS]:
        yield Sentence.from_json(reason["text_s"])
    yield say(
        "Known are {known} of {total} criteria; what is unknown counts as neutral.",
        known=pair["evidence_known"] or 0,
        total=pair["evidence_total"],
    )


def _activities(
    network: Network, needs: Sequence[Need], mentors: Sequence[str], mentees: Sequence[str], months: int
) -> list[Sentence]:
    """By type, spread over the months: look first, then work side by side, show, visit back, and look again."""
    there = {"mentees": _names(network, mentees), "topics": _topics(network, needs)}
    here = {"mentors": _names(network, mentors), "topics": there["topics"]}
    first, half = max(1, months // 6), max(1, months // 2)
    return [
        say("Months 1 to {last}: consultation, a diagnosis of {topics} at {mentees}.", last=first, **there),
        say(
            "Months {first} to {last}: on-the-job training at {mentees}, one visit for each topic: {topics}.",
            first=min(first + 1, months),
            last=max(months - 1, 1),
            **there,
        ),
        say("About month {month}: technology demonstration, on {topics}.", month=half, topics=there["topics"]),
        say("About month {month}: exchange, staff of the mentees visit {mentors}, on {topics}.", month=half, **here),
        say(
            "Month {month}: peer review of what was reached, by both sides, on {topics}.",
            month=months,
            topics=here["topics"],
        ),
    ]
