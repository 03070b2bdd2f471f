"""Rules that disqualify by default. Each is 1 where the pair may be, 0 where it may not, NaN where unknown."""

from __future__ import annotations

import numpy as np

from graph.sentences import Sentence, say
from matcher.features import Features, ongoing_at
from matcher.problem import Ints
from matcher.rules.evaluation import Evaluation, PairFacts, Rule, yes_no
from matcher.rules.settings import FunderCountries, NotPartnersNow, RuleSettings, TopicOffered
from matcher.words import capability_name, country_name


def _not_itself(_features: Features, mentors: Ints, mentees: Ints, _settings: RuleSettings) -> Evaluation:
    return Evaluation(yes_no(mentors != mentees))


def _say_not_itself(pair: PairFacts, _settings: RuleSettings) -> Sentence:
    if pair.value == 1:
        return say("Two different utilities.")
    return say("{utility} cannot be its own partner.", utility=pair.teacher.name)


def _topic_offered(features: Features, mentors: Ints, mentees: Ints, _settings: TopicOffered) -> Evaluation:
    covers, needs = features.cover_bits, features.need_bits
    any_offered = (covers[:, 0][mentors] & needs[:, 0][mentees]) != 0
    for word in range(1, covers.shape[1]):
        any_offered |= (covers[:, word][mentors] & needs[:, word][mentees]) != 0
    return Evaluation(yes_no(any_offered))


def _say_topic_offered(pair: PairFacts, settings: TopicOffered) -> Sentence:
    features, mentor, mentee = pair.features, pair.teacher.name, pair.learner.name
    needed = [at for at in features.need_slots[pair.mentee].tolist() if at >= 0]
    if not needed:
        return say("No need of {mentee} is known.", mentee=mentee)
    network = features.network
    if pair.value == 1:
        offered = tuple(
            capability_name(network, network.capabilities[at].id)
            for at in needed
            if features.covers.quality[pair.mentor, at] > 0
        )
        return say("{mentor} offers what {mentee} needs: {topics}.", mentor=mentor, mentee=mentee, topics=offered)
    topics = tuple(capability_name(network, network.capabilities[at].id) for at in needed)
    if settings.related_from < 1:
        return say(
            "{mentor} offers nothing that {mentee} needs, nor anything closely related ({topics}).",
            mentor=mentor,
            mentee=mentee,
            topics=topics,
        )
    return say("{mentor} offers nothing that {mentee} needs ({topics}).", mentor=mentor, mentee=mentee, topics=topics)


def _not_for_profit(features: Features, mentors: Ints, mentees: Ints, _settings: RuleSettings) -> Evaluation:
    mentor, mentee = features.not_for_profit[mentors], features.not_for_profit[mentees]
    # Any stated "no" decides; otherwise both must be known to say yes.
    known = np.minimum(mentor, mentee) >= 0
    no = (mentor == 0) | (mentee == 0)
    return Evaluation(yes_no(~no, ~no & ~known))


def _say_not_for_profit(pair: PairFacts, _settings: RuleSettings) -> Sentence:
    if pair.value == 1:
        return say("Both work not for profit.")
    if pair.value == 0:
        against = tuple(each.name for each in (pair.teacher, pair.learner) if each.not_for_profit is False)
        return say("Stated not to work not for profit: {utilities}.", utilities=against)
    unknown = tuple(each.name for each in (pair.teacher, pair.learner) if each.not_for_profit is None)
    return say("Whether they work not for profit is not known of: {utilities}.", utilities=unknown)


def _charter_signed(features: Features, mentors: Ints, mentees: Ints, _settings: RuleSettings) -> Evaluation:
    mentor, mentee = features.charter_signed[mentors], features.charter_signed[mentees]
    known = np.minimum(mentor, mentee) >= 0
    no = (mentor == 0) | (mentee == 0)
    return Evaluation(yes_no(~no, ~no & ~known))


def _say_charter_signed(pair: PairFacts, _settings: RuleSettings) -> Sentence:
    if pair.value == 1:
        return say("Both have signed the charter.")
    if pair.value == 0:
        signed = pair.features.charter_signed
        later = tuple(
            each.name for each, row in ((pair.teacher, pair.mentor), (pair.learner, pair.mentee)) if signed[row] == 0
        )
        return say("Signed the charter only after the date of this round: {utilities}.", utilities=later)
    unknown = tuple(each.name for each in (pair.teacher, pair.learner) if each.charter_signed_on is None)
    return say("Whether they have signed the charter is not known of: {utilities}.", utilities=unknown)


def _free_capacity(features: Features, mentors: Ints, _mentees: Ints, _settings: RuleSettings) -> Evaluation:
    return Evaluation(yes_no((features.places > 0)[mentors]), {"places": features.places[mentors]})


def _say_free_capacity(pair: PairFacts, _settings: RuleSettings) -> Sentence:
    places = pair.facts["places"]
    if places == 0:
        return say("{mentor} has no free mentor place.", mentor=pair.teacher.name)
    if places == 1:
        return say("{mentor} has 1 mentor place.", mentor=pair.teacher.name)
    return say("{mentor} has {places} mentor places.", mentor=pair.teacher.name, places=places)


def _funder_countries(features: Features, mentors: Ints, mentees: Ints, _settings: FunderCountries) -> Evaluation:
    return Evaluation(yes_no((features.funder_mentor[mentors] & features.funder_mentee[mentees]) == 1))


def _say_funder_countries(pair: PairFacts, settings: FunderCountries) -> Sentence:
    if not settings.mentee_countries and not settings.mentor_countries:
        return say("The policy accepts every country.")
    if pair.value == 1:
        return say("Both countries are eligible for the funder.")
    refused = []
    if not pair.features.funder_mentor[pair.mentor]:
        refused.append(country_name(pair.features.network, pair.teacher.country))
    if not pair.features.funder_mentee[pair.mentee]:
        refused.append(country_name(pair.features.network, pair.learner.country))
    return say("Not eligible for the funder: {countries}.", countries=tuple(refused))


def _not_refused(features: Features, mentors: Ints, mentees: Ints, _settings: RuleSettings) -> Evaluation:
    return Evaluation(yes_no(~features.refused.contains(mentors, mentees)))


def _say_not_refused(pair: PairFacts, _settings: RuleSettings) -> Sentence:
    if pair.value == 1:
        return say("Neither has refused the other.")
    # Never which of the two: what a utility refused is for itself and its facilitators.
    return say("One of the two does not want the other as a partner.")


def _not_partners_now(features: Features, mentors: Ints, mentees: Ints, _settings: NotPartnersNow) -> Evaluation:
    return Evaluation(yes_no(~features.ongoing.contains(mentors, mentees)))


def _say_not_partners_now(pair: PairFacts, settings: NotPartnersNow) -> Sentence:
    if pair.value == 1:
        return say("No partnership between the two is under way.")
    features = pair.features
    years = [
        part.start_year
        for part in features.between(pair.teacher.id, pair.learner.id)
        if part.start_year is not None and ongoing_at(part, features.as_of, settings.assumed_years)
    ]
    if not years:
        return say("The two are already partners.")
    return say("The two are already partners, since {year}.", year=str(max(years)))


GATES = (
    Rule("not_itself", say("Two different utilities"), _not_itself, _say_not_itself),
    Rule("topic_offered", say("Topic offered"), _topic_offered, _say_topic_offered),
    Rule("not_for_profit", say("Not for profit"), _not_for_profit, _say_not_for_profit),
    Rule("charter_signed", say("Charter signed"), _charter_signed, _say_charter_signed),
    Rule("free_capacity", say("Free mentor places"), _free_capacity, _say_free_capacity),
    Rule("funder_countries", say("Funder's eligible countries"), _funder_countries, _say_funder_countries),
    Rule("not_refused", say("Not refused by either"), _not_refused, _say_not_refused),
    Rule("not_partners_now", say("Not partners already"), _not_partners_now, _say_not_partners_now),
)
