"""Rules that read the register: what the mentor has done before, and whom its country has helped.

Only what happened is recorded, so nothing recorded is *unknown*, never a mark against a pair.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from graph.sentences import Sentence, Value, say
from matcher.covers import NEUTRAL, Floats
from matcher.features import INCOME_GROUPS, Features
from matcher.problem import Ints
from matcher.rules.evaluation import Evaluation, PairFacts, Rule, graded
from matcher.rules.settings import Counted, RuleSettings, TrackRecord
from matcher.words import INCOME_NAMES, country_name, named

OF_COUNTRIES = ("country_ties", "country_topics")
"""Rules that look at all partnerships of a country, not only at those of the two."""


def _more_than_neutral(count: NDArray[Any], half_at: float) -> Floats:
    """From neutral towards 1 as the count grows, half way at ``half_at``; a history is never a mark against a pair."""
    found: Floats = NEUTRAL + (1.0 - NEUTRAL) * count / (count + half_at)
    return found


def _track_record(features: Features, mentors: Ints, _mentees: Ints, settings: TrackRecord) -> Evaluation:
    rows, years = features.mentored_in
    age = np.maximum(features.as_of.year - years, 0)
    recent = np.bincount(rows, weights=0.5 ** (age / settings.half_life_years), minlength=len(features.country))
    count = np.bincount(rows, minlength=len(features.country))
    last = np.zeros(len(features.country), dtype=np.int64)
    np.maximum.at(last, rows, years)
    values = np.where(count > 0, _more_than_neutral(recent, settings.half_at), np.nan)
    return Evaluation(graded(values[mentors]), {"count": count[mentors], "last": last[mentors]})


def _say_track_record(pair: PairFacts, _settings: TrackRecord) -> Sentence:
    mentor = pair.teacher.name
    if pair.value is None:
        return say("No earlier partnership with {mentor} as mentor is recorded.", mentor=mentor)
    year = str(pair.facts["last"])
    if pair.facts["count"] == 1:
        return say("{mentor} has mentored one utility before, last known in {year}.", mentor=mentor, year=year)
    count = pair.facts["count"]
    return say(
        "{mentor} has mentored {count} times before, last known in {year}.", mentor=mentor, count=count, year=year
    )


def _country_ties(features: Features, mentors: Ints, mentees: Ints, settings: Counted) -> Evaluation:
    count = features.ties_with_region[features.country[mentors], features.region[mentees]]
    values = np.where(count > 0, _more_than_neutral(count, settings.half_at), np.nan)
    return Evaluation(graded(values), {"count": count})


def _say_country_ties(pair: PairFacts, _settings: Counted) -> Sentence:
    network = pair.features.network
    names = {
        "country": country_name(network, pair.teacher.country),
        "region": named(network.region_of(pair.learner).name),
    }
    if pair.value is None:
        return say("No earlier partnership of a mentor of {country} in {region} is recorded.", **names)
    if pair.facts["count"] == 1:
        return say("Mentors of {country} have worked once before in {region}.", **names)
    return say("Mentors of {country} have worked {count} times before in {region}.", count=pair.facts["count"], **names)


def _country_topics(features: Features, mentors: Ints, mentees: Ints, settings: Counted) -> Evaluation:
    worked = features.needs_worked_on[features.country[mentors], mentees]
    return Evaluation(graded(np.where(worked > 0, _more_than_neutral(worked, settings.half_at), np.nan)))


def _say_country_topics(pair: PairFacts, _settings: Counted) -> Sentence:
    features, network = pair.features, pair.features.network
    country = country_name(network, pair.teacher.country)
    names: dict[str, Value] = {"country": country, "mentee": pair.learner.name}
    needed = {network.capabilities[at].id for at in features.need_slots[pair.mentee].tolist() if at >= 0}
    if not needed:
        return say("No need of {mentee} is known.", mentee=pair.learner.name)
    if pair.value is None:
        return say("No earlier partnership of a mentor of {country} on what {mentee} needs is recorded.", **names)
    home = features.country[pair.mentor]
    count = sum(
        part.status != "planned"
        and part.mentor in features.index
        and features.country[features.index[part.mentor]] == home
        and any(each in needed and each not in part.private_topics for each in part.capabilities)
        for part in features.partnerships
    )
    if count == 1:
        return say("Mentors of {country} have worked once before on something that {mentee} needs.", **names)
    return say(
        "Mentors of {country} have worked {count} times before on something that {mentee} needs.", count=count, **names
    )


def _mentor_income(features: Features, mentors: Ints, _mentees: Ints, _settings: RuleSettings) -> Evaluation:
    income = features.income[mentors]
    return Evaluation(graded(np.where(income < 0, np.nan, income / (len(INCOME_GROUPS) - 1))))


def _say_mentor_income(pair: PairFacts, _settings: RuleSettings) -> Sentence:
    if pair.value is None:
        return say("The income group of the mentor's country is not known.")
    group = INCOME_NAMES[INCOME_GROUPS[int(pair.features.income[pair.mentor])]]
    return say("The mentor works in a country of {group}.", group=group)


HISTORY_RULES = (
    Rule("track_record", say("Track record as mentor"), _track_record, _say_track_record),
    Rule("country_ties", say("Ties of the countries"), _country_ties, _say_country_ties),
    Rule("country_topics", say("Topics of the mentor's country"), _country_topics, _say_country_topics),
    Rule("mentor_income", say("Income of the mentor's country"), _mentor_income, _say_mentor_income),
)
