"""Recruitment: which kind of extra mentor would add how much, and how many partnerships it would release.

The kinds come from unmet demand and are estimated all at once; the best are then verified one by one: the round is
solved again with that mentor in it. All of them stand in one problem, those not asked about without places, so that
each answer is exactly that of the round with one mentor more.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypedDict

import numpy as np

from graph.errors import NothingFeasible
from graph.sentences import Sentence, say
from matcher.build import Built, build_problem
from matcher.covers import Floats
from matcher.document import SentenceJson
from matcher.explain.effects import Effect, compared, losses, partners
from matcher.explain.extra_mentors import LEVEL, ExtraMentor, hungry_mentees, kinds_of_extra_mentor, with_extra_mentors
from matcher.explain.round import SolvedRound
from matcher.explain.screen import main_points
from matcher.goals import last_real_goal
from matcher.participants import choose_participants
from matcher.problem import Problem
from matcher.stability import pair_points
from matcher.verify import verify
from matcher.words import language_name, named


class Recruit(TypedDict):
    """A kind of mentor, what the round gains with one such mentor, and how many more partnerships there then are."""

    capabilities: list[str]
    capability_names: list[str]
    country: str
    country_name: str
    region: str
    region_name: str
    language: str
    language_s: SentenceJson
    asked_by: int
    released: int
    newly_served: int
    effect: Effect
    text_s: SentenceJson


class Recruitment(TypedDict):
    """The kinds verified, the largest gain first; each has ``places`` places and offers of ``level``, of 5."""

    estimated: int
    places: int
    level: int
    recruits: list[Recruit]
    text_s: SentenceJson


def recruitment(round: SolvedRound, most: int = 10) -> Recruitment:
    """The ``most`` promising kinds of extra mentor, each verified by solving the round with it."""
    kinds = kinds_of_extra_mentor(round)
    places = max(1, round.policy.participants.default_places)
    answer: Recruitment = {
        "estimated": len(kinds),
        "places": places,
        "level": LEVEL,
        "recruits": [],
        "text_s": say("Every mentee has all the mentors it wants; an extra mentor would release none.").to_json(),
    }
    if not kinds:
        if hungry_mentees(round):
            answer["text_s"] = say("No need is left open that an extra mentor could be recruited for.").to_json()
        return answer
    as_of = round.built.participants.as_of
    network = with_extra_mentors(round.network, kinds, places, as_of.year)
    built = build_problem(network, choose_participants(network, round.policy, as_of), round.policy)
    estimates = _estimates(round, built.problem, [built.problem.mentor_ids.index(kind.id) for kind in kinds])
    found = [_verified(round, built, kinds, kinds[at]) for at in _promising(kinds, estimates)[:most]]
    recruits = [each for each in found if each is not None]
    recruits.sort(
        key=lambda each: (
            losses(each["effect"]),
            -each["released"],
            len(each["capabilities"]),
            each["capabilities"],
            each["country"],
        )
    )
    answer["recruits"] = recruits
    if recruits:
        answer["text_s"] = say("The extra mentor that adds most: {recruit}", recruit=_sentence(recruits[0])).to_json()
    return answer


def _promising(kinds: list[ExtraMentor], estimates: Floats) -> list[int]:
    """Kinds by estimate, then the fewer capabilities; without those that only add capabilities that add nothing."""
    order = sorted(range(len(kinds)), key=lambda at: (-estimates[at], len(kinds[at].capabilities), at))
    kept: list[int] = []
    for at in order:
        kind = kinds[at]
        if not any(
            estimates[other] == estimates[at]
            and (kinds[other].country, kinds[other].language) == (kind.country, kind.language)
            and set(kinds[other].capabilities) < set(kind.capabilities)
            for other in kept
        ):
            kept.append(at)
    return kept


def _verified(round: SolvedRound, built: Built, kinds: list[ExtraMentor], kind: ExtraMentor) -> Recruit | None:
    """The round with one mentor of this kind; ``None`` where that makes the round impossible (by a share, say)."""
    absent = {other.id for other in kinds if other.id != kind.id}
    problem = built.problem
    places = np.where([id in absent for id in problem.mentor_ids], 0, problem.places).astype(np.int64)
    alone = replace(problem, places=places)
    try:
        result = round.solver(alone)
    except NothingFeasible:
        return None
    verify(alone, result)
    effect = compared(round, built, result)
    network = built.network
    region = network.region_by_id[network.country_by_id[kind.country].region]
    before, after = partners(round.problem, round.result), partners(problem, result)
    recruit: Recruit = {
        "capabilities": list(kind.capabilities),
        "capability_names": [network.capability_by_id[id].name for id in kind.capabilities],
        "country": kind.country,
        "country_name": network.country_by_id[kind.country].name,
        "region": region.id,
        "region_name": region.name,
        "language": kind.language,
        "language_s": language_name(kind.language).to_json(),
        "asked_by": kind.asked_by,
        "released": len(result.pairs) - len(round.result.pairs),
        "newly_served": len(set(after) - set(before)),
        "effect": effect,
        "text_s": Sentence("").to_json(),
    }
    recruit["text_s"] = _sentence(recruit).to_json()
    return recruit


def _sentence(recruit: Recruit) -> Sentence:
    topics = tuple(named(name) for name in recruit["capability_names"])
    region, effect = named(recruit["region_name"]), Sentence.from_json(recruit["effect"]["text_s"])
    if recruit["released"] == 1:
        return say(
            "{topics}; {region}; language {language}: 1 partnership more. {effect}",
            topics=topics,
            region=region,
            language=language_name(recruit["language"]),
            effect=effect,
        )
    return say(
        "{topics}; {region}; language {language}: {released} partnerships more. {effect}",
        topics=topics,
        region=region,
        language=language_name(recruit["language"]),
        released=recruit["released"],
        effect=effect,
    )


def _estimates(round: SolvedRound, problem: Problem, mentors: list[int]) -> Floats:
    """What each extra mentor's best pairs would add to the main goal beyond what their mentees have; float64."""
    points = pair_points(problem, problem.goals[last_real_goal(problem.goals)]).astype(np.float64)
    gain = points - _already(round, problem)[problem.pair_mentee]
    estimates = np.zeros(len(mentors))
    for at, mentor in enumerate(mentors):
        mine = np.sort(gain[(problem.pair_mentor == mentor) & ~problem.forbidden])[::-1]
        estimates[at] = np.maximum(mine[: int(problem.places[mentor])], 0.0).sum()
    return estimates


def _already(round: SolvedRound, problem: Problem) -> Floats:
    """float64[N]: what serving each mentee already yields at the margin: its price, or its weakest pair's points."""
    old, chosen = round.problem, round.result.pairs
    if round.result.prices is not None:
        worth = round.result.prices.mentees
    else:
        points = main_points(round).astype(np.float64)
        worth = np.full(len(old.mentee_ids), np.inf)
        np.minimum.at(worth, old.pair_mentee[chosen], points[chosen])
        full = np.bincount(old.pair_mentee[chosen], minlength=len(worth)) >= old.wanted
        worth = np.where(full & np.isfinite(worth), worth, 0.0)
    return np.array([worth[round.mentee_at[id]] if id in round.mentee_at else 0.0 for id in problem.mentee_ids])
