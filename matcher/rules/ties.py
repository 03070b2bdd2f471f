"""Rules about what connects the two, and how ready the mentee is."""

from __future__ import annotations

import numpy as np

from graph.sentences import Sentence, say
from matcher.features import Features
from matcher.problem import Ints
from matcher.rules.evaluation import Evaluation, PairFacts, Rule, graded, yes_no
from matcher.rules.settings import RuleSettings

WENT_WELL, WENT_BADLY = 2 / 3 - 1e-6, 1 / 3 + 1e-6
"""From which value on a partnership went well, and up to which badly; the margin is for 32-bit numbers."""


def _existing_link(features: Features, mentors: Ints, mentees: Ints, _settings: RuleSettings) -> Evaluation:
    linked = features.twinned.contains(mentors, mentees) | features.earlier.contains(mentors, mentees)
    # Only links that happened are recorded, so the absence of one says nothing.
    values = yes_no(linked, ~linked)
    went = features.went.of_pairs(mentors, mentees)
    return Evaluation(np.where(np.isnan(went), values, graded(went)))


def _say_existing_link(pair: PairFacts, _settings: RuleSettings) -> Sentence:
    if pair.value is None:
        return say("No earlier link between the two is recorded.")
    earlier = pair.features.between(pair.teacher.id, pair.learner.id)
    ended = pair.features.ended_between(pair.teacher.id, pair.learner.id)
    if ended is not None:
        told = {"partnership": ended.wop, "year": (ended.went_on or "")[:4]}
        if pair.value >= WENT_WELL:
            return say(
                "An earlier partnership of the two went well, as both answered in {year} ({partnership}).", **told
            )
        if pair.value <= WENT_BADLY:
            return say(
                "An earlier partnership of the two ended badly, as both answered in {year} ({partnership}).", **told
            )
        return say(
            "An earlier partnership of the two went partly well, as both answered in {year} ({partnership}).", **told
        )
    years = [part.start_year for part in earlier if part.start_year is not None]
    if years:
        return say("The two were partners before, last from {year}; how it went is not recorded.", year=str(max(years)))
    if earlier:
        return say("The two were partners before; the years and how it went are not recorded.")
    return say("The two are twinned.")


def _preference(features: Features, mentors: Ints, mentees: Ints, _settings: RuleSettings) -> Evaluation:
    by_mentor = features.preferred.contains(mentors, mentees)
    by_mentee = features.preferred.contains(mentees, mentors)
    asked = features.has_preferences[mentors].astype(np.int64) + features.has_preferences[mentees]
    wished = by_mentor.astype(np.int64) + by_mentee
    return Evaluation(
        graded(np.where(asked > 0, wished / np.maximum(asked, 1), np.nan)),
        {"by_mentor": by_mentor, "by_mentee": by_mentee},
    )


def _say_preference(pair: PairFacts, _settings: RuleSettings) -> Sentence:
    names = {"mentor": pair.teacher.name, "mentee": pair.learner.name}
    if pair.value is None:
        return say("Neither has named partners it prefers.")
    if pair.facts["by_mentor"] and pair.facts["by_mentee"]:
        return say("Both would like to work with each other.")
    if pair.facts["by_mentor"]:
        return say("{mentor} would like to work with {mentee}.", **names)
    if pair.facts["by_mentee"]:
        return say("{mentee} would like to work with {mentor}.", **names)
    return say("Other partners are preferred.")


def _investment_coming(features: Features, _mentors: Ints, mentees: Ints, _settings: RuleSettings) -> Evaluation:
    stated = features.investment_coming[mentees]
    return Evaluation(yes_no(stated == 1, stated < 0))


def _say_investment_coming(pair: PairFacts, _settings: RuleSettings) -> Sentence:
    mentee = pair.learner.name
    if pair.value is None:
        return say("Whether an investment is coming at {mentee} is not known.", mentee=mentee)
    if pair.value == 1:
        return say("An investment is coming at {mentee}.", mentee=mentee)
    return say("No investment is coming at {mentee}.", mentee=mentee)


def _leadership_letter(features: Features, mentors: Ints, mentees: Ints, _settings: RuleSettings) -> Evaluation:
    mentor, mentee = features.leadership_letter[mentors], features.leadership_letter[mentees]
    known = (mentor >= 0).astype(np.int64) + (mentee >= 0)
    letters = (mentor == 1).astype(np.int64) + (mentee == 1)
    return Evaluation(graded(np.where(known > 0, letters / np.maximum(known, 1), np.nan)))


def _say_leadership_letter(pair: PairFacts, _settings: RuleSettings) -> Sentence:
    both = (pair.teacher, pair.learner)
    letters = tuple(each.name for each in both if each.leadership_letter)
    if letters:
        return say("A letter of the leadership is there from: {utilities}.", utilities=letters)
    if pair.value is None:
        return say("Whether the leaderships have written a letter is not known.")
    missing = tuple(each.name for each in both if each.leadership_letter is False)
    return say("A letter of the leadership is missing from: {utilities}.", utilities=missing)


TIE_RULES = (
    Rule("existing_link", say("Existing link"), _existing_link, _say_existing_link),
    Rule("preference", say("Preference of the two"), _preference, _say_preference),
    Rule("investment_coming", say("Investment coming"), _investment_coming, _say_investment_coming),
    Rule("leadership_letter", say("Leadership letter"), _leadership_letter, _say_leadership_letter),
)
