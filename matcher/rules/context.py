"""Rules about how alike the two are and where they work: size, context, region, distance, language, ownership."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from graph.sentences import Sentence, say
from matcher.features import INCOME_GROUPS, Features
from matcher.problem import Ints
from matcher.rules.evaluation import Evaluation, PairFacts, Rule, graded, yes_no
from matcher.rules.settings import Distance, RuleSettings, SizeRatio, TimeZone
from matcher.words import INCOME_NAMES, attribute_name, country_name, language_name, named, rounded_km

EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the Earth (IUGG)."""


def _size_ratio(features: Features, mentors: Ints, mentees: Ints, settings: SizeRatio) -> Evaluation:
    by_people = features.population[mentors] / features.population[mentees]
    ratio = np.where(np.isnan(by_people), features.connections[mentors] / features.connections[mentees], by_people)
    distance = np.log(ratio / settings.target_ratio) / np.log(settings.spread)
    return Evaluation(graded(np.exp(-0.5 * distance**2)), {"ratio": ratio, "by_people": ~np.isnan(by_people)})


def _say_size_ratio(pair: PairFacts, _settings: SizeRatio) -> Sentence:
    if pair.value is None:
        return say("The size of one of them is not known.")
    features = pair.features
    table = features.population if pair.facts["by_people"] else features.connections
    sizes = {"mentor_size": int(table[pair.mentor]), "mentee_size": int(table[pair.mentee])}
    names = {"mentor": pair.teacher.name, "mentee": pair.learner.name}
    ratio = pair.facts["ratio"]
    times = round(ratio if ratio >= 1 else 1 / ratio, 1)
    if pair.facts["by_people"]:
        if ratio >= 1:
            return say(
                "{mentor} serves {mentor_size} people, {times} times as many as {mentee} ({mentee_size}).",
                **names,
                **sizes,
                times=times,
            )
        return say(
            "{mentee} serves {mentee_size} people, {times} times as many as {mentor} ({mentor_size}).",
            **names,
            **sizes,
            times=times,
        )
    return say(
        "{mentor} has {mentor_size} connections, {mentee} has {mentee_size}.",
        **names,
        **sizes,
    )


def _income_group(features: Features, mentors: Ints, mentees: Ints, _settings: RuleSettings) -> Evaluation:
    mentor, mentee = features.income[mentors], features.income[mentees]
    values = 1.0 - np.abs(mentor - mentee) / (len(INCOME_GROUPS) - 1)
    values[(mentor < 0) | (mentee < 0)] = np.nan
    return Evaluation(graded(values))


def _say_income_group(pair: PairFacts, _settings: RuleSettings) -> Sentence:
    if pair.value is None:
        return say("The income group of one of the countries is not known.")
    mentor, mentee = (INCOME_NAMES[INCOME_GROUPS[int(pair.features.income[row])]] for row in (pair.mentor, pair.mentee))
    if pair.value == 1:
        return say("Both work in countries of {group}.", group=mentor)
    return say("The mentor works in a country of {mentor}, the mentee of {mentee}.", mentor=mentor, mentee=mentee)


def _same_code(column: str) -> Callable[[Features, Ints, Ints, RuleSettings], Evaluation]:
    """The evaluation that compares one coded column: 1 the same, 0 different, NaN unknown."""

    def evaluate(features: Features, mentors: Ints, mentees: Ints, _settings: RuleSettings) -> Evaluation:
        codes: Ints = getattr(features, column)
        mentor, mentee = codes[mentors], codes[mentees]
        return Evaluation(yes_no(mentor == mentee, (mentor < 0) | (mentee < 0)))

    return evaluate


def _same_code_sentence(
    column: str, same: Sentence, different: Sentence, unknown: Sentence
) -> Callable[[PairFacts, RuleSettings], Sentence]:
    """The sentence for it; the templates may name {mentor} and {mentee}, the two values."""

    def sentence(pair: PairFacts, _settings: RuleSettings) -> Sentence:
        if pair.value is None:
            return unknown
        values = {
            "mentor": attribute_name(column, getattr(pair.teacher, column)),
            "mentee": attribute_name(column, getattr(pair.learner, column)),
        }
        return Sentence(same.template if pair.value == 1 else different.template, values)

    return sentence


def _region(features: Features, mentors: Ints, mentees: Ints, _settings: RuleSettings) -> Evaluation:
    same = features.region[mentors] == features.region[mentees]
    mentor, mentee = features.continent[mentors], features.continent[mentees]
    near = (mentor == mentee) & (mentor >= 0)
    values = np.where(same, 1.0, np.where(near, 0.5, 0.0))
    values[~same & ((mentor < 0) | (mentee < 0))] = np.nan
    return Evaluation(graded(values))


def _say_region(pair: PairFacts, _settings: RuleSettings) -> Sentence:
    network = pair.features.network
    mentor, mentee = network.region_of(pair.teacher), network.region_of(pair.learner)
    if pair.value == 1:
        return say("Both are in {region}.", region=named(mentor.name))
    regions = {"mentor": named(mentor.name), "mentee": named(mentee.name)}
    if pair.value is None:
        return say("{mentor} and {mentee} are different regions; the continent of one is not known.", **regions)
    if pair.value == 0.5:
        return say("{mentor} and {mentee} are on one continent.", **regions)
    return say("{mentor} and {mentee} are on different continents.", **regions)


def distance_km(features: Features, mentors: Ints, mentees: Ints) -> np.ndarray:
    """Great-circle distances in km, float64[Q], NaN where unknown (chord form of the haversine formula)."""
    between = features.position[mentors] - features.position[mentees]
    half_chord = np.sqrt(between[:, 0] ** 2 + between[:, 1] ** 2 + between[:, 2] ** 2) / 2
    return 2 * EARTH_RADIUS_KM * np.arcsin(np.minimum(half_chord, 1.0))


def _distance(features: Features, mentors: Ints, mentees: Ints, settings: Distance) -> Evaluation:
    km = distance_km(features, mentors, mentees)
    near, at, far = settings.near_km, km, settings.far_km
    if settings.scale == "logarithm":
        near, at, far = math.log(near), np.log(np.maximum(km, near)), math.log(far)
    return Evaluation(graded((far - at) / (far - near)), {"km": km})


def _say_distance(pair: PairFacts, _settings: Distance) -> Sentence:
    if pair.value is None:
        return say("The distance is not known.")
    km = rounded_km(pair.facts["km"])
    own = bool(pair.features.own_position[pair.mentor] and pair.features.own_position[pair.mentee])
    if own:
        return say("About {km} km apart.", km=km)
    if pair.teacher.country == pair.learner.country:
        return say("Both are in {country}.", country=country_name(pair.features.network, pair.teacher.country))
    return say("About {km} km apart, as their countries are.", km=km)


def _time_zone(features: Features, mentors: Ints, mentees: Ints, settings: TimeZone) -> Evaluation:
    apart = np.abs(features.utc_offset[mentors] - features.utc_offset[mentees])
    apart = np.minimum(apart, 24.0 - apart)
    return Evaluation(graded(1.0 - apart / settings.most_hours), {"hours": apart})


def _say_time_zone(pair: PairFacts, _settings: TimeZone) -> Sentence:
    if pair.value is None:
        return say("The time zone of one of them is not known.")
    hours = pair.facts["hours"]
    if hours == 0:
        return say("Their clocks agree.")
    if hours == 1:
        return say("Their clocks differ by 1 hour.")
    return say("Their clocks differ by {hours} hours.", hours=hours)


def _language(features: Features, mentors: Ints, mentees: Ints, _settings: RuleSettings) -> Evaluation:
    bits = features.language_bits
    shared, one, other = (np.zeros(len(mentors), dtype=np.bool_) for _ in range(3))
    for word in range(bits.shape[1]):
        of_mentor, of_mentee = bits[:, word][mentors], bits[:, word][mentees]
        shared |= (of_mentor & of_mentee) != 0
        one |= of_mentor != 0
        other |= of_mentee != 0
    return Evaluation(yes_no(shared, ~(one & other)))


def _say_language(pair: PairFacts, _settings: RuleSettings) -> Sentence:
    if pair.value is None:
        return say("The language of one of them is not known.")
    countries = pair.features.network.country_by_id
    mentor, mentee = (each.languages or countries[each.country].languages for each in (pair.teacher, pair.learner))
    if pair.value == 1:
        shared = tuple(language_name(code) for code in mentor if code in mentee)
        return say("They share a language: {languages}.", languages=shared)
    return say(
        "They share no language ({mentor}; {mentee}); an interpreter is needed.",
        mentor=tuple(language_name(code) for code in mentor),
        mentee=tuple(language_name(code) for code in mentee),
    )


def _coded_rule(id: str, title: Sentence, same: Sentence, different: Sentence, unknown: Sentence) -> Rule:
    evaluate, sentence = _same_code(id), _same_code_sentence(id, same, different, unknown)
    return Rule(id, title, evaluate, sentence)


CONTEXT_RULES = (
    Rule("size_ratio", say("Size ratio"), _size_ratio, _say_size_ratio),
    Rule("income_group", say("Income group"), _income_group, _say_income_group),
    _coded_rule(
        "water_source",
        say("Water source"),
        say("Both draw on {mentor}."),
        say("The mentor draws on {mentor}, the mentee on {mentee}."),
        say("The water source of one of them is not known."),
    ),
    _coded_rule(
        "network_type",
        say("Network type"),
        say("Both run a network of the type {mentor}."),
        say("The mentor runs a network of the type {mentor}, the mentee {mentee}."),
        say("The network type of one of them is not known."),
    ),
    _coded_rule(
        "climate",
        say("Climate"),
        say("Both work in the climate {mentor}."),
        say("The mentor works in the climate {mentor}, the mentee {mentee}."),
        say("The climate of one of them is not known."),
    ),
    Rule("region", say("Region"), _region, _say_region),
    Rule("distance", say("Distance"), _distance, _say_distance),
    Rule("time_zone", say("Time zone"), _time_zone, _say_time_zone),
    Rule("language", say("Language"), _language, _say_language),
    _coded_rule(
        "ownership",
        say("Ownership"),
        say("Both are of the ownership {mentor}."),
        say("The ownership differs: {mentor} and {mentee}."),
        say("The ownership of one of them is not known."),
    ),
)
