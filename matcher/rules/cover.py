"""Rules about what is offered and needed: cover, closeness, performance gap, reciprocity."""

from __future__ import annotations

import numpy as np

from graph.sentences import Sentence, say
from matcher.features import Features
from matcher.figures import FIGURES
from matcher.problem import Ints
from matcher.rules.evaluation import Evaluation, PairFacts, Rule, graded, yes_no
from matcher.rules.settings import NeedCover, PerformanceGap, RuleSettings
from matcher.words import capability_name


def _over_needs(features: Features, mentors: Ints, mentees: Ints, table: np.ndarray) -> np.ndarray:
    """Sum over the mentee's needs of share times ``table[mentor, capability]``, float64[Q]."""
    total = np.zeros(len(mentors))
    for slot in range(features.need_slots.shape[1]):
        # A slot without a need has a share of 0, so what it reads from the table does not matter.
        total += features.need_shares[mentees, slot] * table[mentors, features.need_slots[mentees, slot]]
    return total


def _need_cover(features: Features, mentors: Ints, mentees: Ints, _settings: NeedCover) -> Evaluation:
    total = _over_needs(features, mentors, mentees, features.covers.quality)
    total[features.need_slots[mentees, 0] < 0] = np.nan
    return Evaluation(graded(total))


def _say_need_cover(pair: PairFacts, _settings: NeedCover) -> Sentence:
    features = pair.features
    needed = [at for at in features.need_slots[pair.mentee].tolist() if at >= 0]
    if not needed:
        return say("No need of {mentee} is known.", mentee=pair.learner.name)
    offered = [at for at in needed if features.covers.quality[pair.mentor, at] > 0]
    if not offered:
        return say("{mentor} offers none of the needs.", mentor=pair.teacher.name)
    details = tuple(_offer_sentence(pair, at) for at in offered)
    if len(needed) == 1:
        return say("The one need can be worked on. {details}", details=details)
    return say(
        "{offered} of {needed} needs can be worked on. {details}",
        offered=len(offered),
        needed=len(needed),
        details=details,
    )


def _offer_sentence(pair: PairFacts, capability: int) -> Sentence:
    """What stands behind a mentor's cover of one capability (a row of the network's capabilities)."""
    features, network, mentor = pair.features, pair.features.network, pair.teacher
    through = network.capabilities[int(features.covers.through[pair.mentor, capability])].id
    wanted = network.capabilities[capability].id
    offer = features.offers[mentor.id, through]
    topic = capability_name(network, through)
    said: Sentence
    if offer.provenance == "inferred":
        times, last = features.worked_on.get((mentor.id, through), (0, offer.year))
        if times == 1 and last is not None:
            said = say(
                "{mentor} worked on {topic} in 1 partnership, last in {year} (inferred from the register).",
                mentor=mentor.name,
                topic=topic,
                year=str(last),
            )
        elif times == 1:
            said = say(
                "{mentor} worked on {topic} in 1 partnership, year unknown (inferred from the register).",
                mentor=mentor.name,
                topic=topic,
            )
        elif last is not None:
            said = say(
                "{mentor} worked on {topic} in {times} partnerships, last in {year} (inferred from the register).",
                mentor=mentor.name,
                topic=topic,
                times=times,
                year=str(last),
            )
        else:
            said = say(
                "{mentor} worked on {topic} in {times} partnerships, years unknown (inferred from the register).",
                mentor=mentor.name,
                topic=topic,
                times=times,
            )
    elif offer.level is not None and offer.year is not None:
        said = say(
            "{mentor} offers {topic} at level {level} of 5 (stated, evidence of {year}).",
            mentor=mentor.name,
            topic=topic,
            level=offer.level,
            year=str(offer.year),
        )
    elif offer.level is not None:
        said = say(
            "{mentor} offers {topic} at level {level} of 5 (stated, year of evidence unknown).",
            mentor=mentor.name,
            topic=topic,
            level=offer.level,
        )
    elif offer.year is not None:
        said = say(
            "{mentor} offers {topic} (stated, level unknown, evidence of {year}).",
            mentor=mentor.name,
            topic=topic,
            year=str(offer.year),
        )
    else:
        said = say(
            "{mentor} offers {topic} (stated, level and year unknown).",
            mentor=mentor.name,
            topic=topic,
        )
    proof = features.proofs.get((mentor.id, through))
    if proof is not None and offer.year == proof.year:
        said = (
            say("{said} A result of {year} shows it ({source}).", said=said, year=str(proof.year), source=proof.source)
            if proof.source
            else say("{said} A result of {year} shows it (source unknown).", said=said, year=str(proof.year))
        )
    if through == wanted:
        return said
    return say("{said} It is related to {need}.", said=said, need=capability_name(network, wanted))


def _capability_closeness(features: Features, mentors: Ints, mentees: Ints, _settings: RuleSettings) -> Evaluation:
    total = _over_needs(features, mentors, mentees, features.covers.closeness)
    total[features.need_slots[mentees, 0] < 0] = np.nan
    return Evaluation(graded(total))


def _say_capability_closeness(pair: PairFacts, _settings: RuleSettings) -> Sentence:
    if pair.value is None:
        return say("No need of {mentee} is known.", mentee=pair.learner.name)
    covers = pair.features.covers.closeness[pair.mentor]
    needed = [at for at in pair.features.need_slots[pair.mentee].tolist() if at >= 0]
    same = sum(1 for at in needed if covers[at] >= 1)
    near = sum(1 for at in needed if 0 < covers[at] < 1)
    if len(needed) == 1:
        if same:
            return say("The one need is offered as such.")
        return (
            say("The one need is close to something offered.") if near else say("The one need is far from any offer.")
        )
    return say(
        "Of {needed} needs, {same} are offered as such and {near} are close to something offered.",
        needed=len(needed),
        same=same,
        near=near,
    )


def _performance_gap(features: Features, mentors: Ints, mentees: Ints, settings: PerformanceGap) -> Evaluation:
    weight, total, gaps = (np.zeros(len(mentors)) for _ in range(3))
    for column in range(len(FIGURES)):
        gap = features.figures[mentors, column] - features.figures[mentees, column]
        share = np.where(np.isnan(gap), 0.0, features.figure_shares[mentees, column])
        known = np.where(np.isnan(gap), 0.0, gap)
        total += share * np.exp(-0.5 * ((known - settings.target) / settings.spread) ** 2)
        gaps += share * known
        weight += share
    some = np.where(weight > 0, weight, np.nan)
    return Evaluation(graded(total / some), {"gap": gaps / some})


def _say_performance_gap(pair: PairFacts, settings: PerformanceGap) -> Sentence:
    features = pair.features
    if pair.value is None:
        return say("No figure for the needs is known of both.")
    parts = []
    for column, figure in enumerate(FIGURES):
        mentor, mentee = (features.figures[row, column] for row in (pair.mentor, pair.mentee))
        if features.figure_shares[pair.mentee, column] > 0 and not np.isnan(mentor + mentee):
            scale = figure.range * (1 if figure.higher_is_better else -1)
            parts.append(
                say(
                    "{figure}: {mentor} against {mentee}",
                    figure=figure.name,
                    mentor=round(float(mentor * scale), 1),
                    mentee=round(float(mentee * scale), 1),
                )
            )
    gap = pair.facts["gap"]
    if gap < 0:
        return say("{mentor} is behind {mentee}: {figures}.", **_names(pair), figures=tuple(parts))
    if gap > settings.target + settings.spread:
        return say("{mentor} is very far ahead of {mentee}: {figures}.", **_names(pair), figures=tuple(parts))
    if gap < settings.target - settings.spread:
        return say("{mentor} is hardly ahead of {mentee}: {figures}.", **_names(pair), figures=tuple(parts))
    return say("{mentor} is ahead of {mentee} by a good distance: {figures}.", **_names(pair), figures=tuple(parts))


def _names(pair: PairFacts) -> dict[str, str]:
    return {"mentor": pair.teacher.name, "mentee": pair.learner.name}


def _reciprocity(features: Features, mentors: Ints, mentees: Ints, _settings: RuleSettings) -> Evaluation:
    offers, needs = features.offer_bits, features.need_bits
    shared, offered, needed = (np.zeros(len(mentors), dtype=np.bool_) for _ in range(3))
    for word in range(offers.shape[1]):
        of_mentee, of_mentor = offers[:, word][mentees], needs[:, word][mentors]
        shared |= (of_mentee & of_mentor) != 0
        offered |= of_mentee != 0
        needed |= of_mentor != 0
    return Evaluation(yes_no(shared, ~(offered & needed)))


def _say_reciprocity(pair: PairFacts, _settings: RuleSettings) -> Sentence:
    features = pair.features
    if pair.value is None:
        return say("Whether {mentee} could give something back is not known.", mentee=pair.learner.name)
    if pair.value == 0:
        return say("{mentee} offers nothing that {mentor} needs.", **_names(pair))
    topics = tuple(
        capability_name(features.network, features.network.capabilities[at].id)
        for at in features.need_slots[pair.mentor].tolist()
        if at >= 0 and features.covers.closeness[pair.mentee, at] >= 1
    )
    return say("{mentee} could help {mentor} in return: {topics}.", **_names(pair), topics=topics)


COVER_RULES = (
    Rule("need_cover", say("Needs covered"), _need_cover, _say_need_cover),
    Rule(
        "capability_closeness",
        say("Closeness of offers to needs"),
        _capability_closeness,
        _say_capability_closeness,
    ),
    Rule("performance_gap", say("Performance gap"), _performance_gap, _say_performance_gap),
)
RECIPROCITY = Rule("reciprocity", say("Give and take"), _reciprocity, _say_reciprocity)
