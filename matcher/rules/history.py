"""Rules that read the register: what the mentor has done before, and whom its country has helped.

Only what happened is recorded, so nothing recorded is *unknown*, never a mark against a pair.
"""

from __future__ import annotations

import numpy as np

from graph.sentences import Sentence, say
from matcher.features import INCOME_GROUPS, Features
from matcher.problem import Ints
from matcher.rules.evaluation import Evaluation, PairFacts, Rule, graded
from matcher.rules.settings import CountryTies, RuleSettings, TrackRecord
from matcher.words import INCOME_NAMES, country_name, named


def _track_record(features: Features, mentors: Ints, _mentees: Ints, settings: TrackRecord) -> Evaluation:
    rows, years = features.mentored_in
    age = np.maximum(features.as_of.year - years, 0)
    recent = np.bincount(rows, weights=0.5 ** (age / settings.half_life_years), minlength=len(features.country))
    count = np.bincount(rows, minlength=len(features.country))
    last = np.zeros(len(features.country), dtype=np.int64)
    np.maximum.at(last, rows, years)
    values = np.where(count > 0, 1.0 - 0.5 ** (1.0 + recent), np.nan)
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


def _country_ties(features: Features, mentors: Ints, mentees: Ints, settings: CountryTies) -> Evaluation:
    count = features.ties_with_region[features.country[mentors], features.region[mentees]]
    values = np.where(count > 0, 0.5 + 0.5 * count / (count + settings.half_at), np.nan)
    return Evaluation(graded(values), {"count": count})


def _say_country_ties(pair: PairFacts, _settings: CountryTies) -> Sentence:
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
    Rule("mentor_income", say("Income of the mentor's country"), _mentor_income, _say_mentor_income),
)
