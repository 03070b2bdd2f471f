"""Why this pair, and why not that pair: what the round would be without it, or with it."""

from __future__ import annotations

from typing import Literal, TypedDict

import numpy as np

from graph.sentences import Sentence, say
from matcher.build import QUALITY_FLOOR, build_problem
from matcher.changes import Change, Forbid, Force
from matcher.document import PairExplanation, SentenceJson, UtilityRef
from matcher.explain.effects import Effect, Partners, effect_of, effect_of_rebuilt
from matcher.explain.round import SolvedRound
from matcher.explain.screen import best_first, fit_points
from matcher.policy import PairDecision, Policy
from matcher.policy_names import utility_ids
from matcher.problem import Ints

Standing = Literal["proposed", "possible", "forbidden", "below_floor", "ineligible", "not_in_round"]


class Broken(TypedDict):
    """A rule (or the quality floor) that the pair breaks, and how."""

    rule: str
    title_s: SentenceJson
    text_s: SentenceJson


class NextBest(TypedDict):
    """The best other partner of one side by fit, and what the round loses if the side gets it instead."""

    partner: UtilityRef
    fit: float
    effect: Effect


class PairAnswer(TypedDict):
    """What is to be said of one pair in a round.

    Of a proposed pair ``effect`` is the round without it, ``instead_mentors`` and ``instead_mentees`` are whom
    the mentee and the mentor then get, ``next_mentor`` and ``next_mentee`` the next best of each by fit. Of any other
    pair ``effect`` is the round with it; ``broken`` says which rules stand against it (overruled in ``effect``).
    """

    mentor: UtilityRef
    mentee: UtilityRef
    standing: Standing
    pinned: bool
    text_s: SentenceJson
    pair: PairExplanation
    broken: list[Broken]
    effect: Effect | None
    instead_mentors: list[UtilityRef]
    instead_mentees: list[UtilityRef]
    next_mentor: NextBest | None
    next_mentee: NextBest | None


def explain_in_round(round: SolvedRound, mentor: str, mentee: str) -> PairAnswer:
    """Why the round has this pair, or why not; any two utilities, by id or name. Raises ``UnknownName``."""
    mentor_id, mentee_id = utility_ids(round.network, (mentor, mentee))
    at = round.pair_at(mentor_id, mentee_id)
    if at is not None and at in round.chosen:
        return _why(round, at)
    return _why_not(round, mentor_id, mentee_id, at)


def _why(round: SolvedRound, pair: int) -> PairAnswer:
    problem = round.problem
    mentor_at, mentee_at = int(problem.pair_mentor[pair]), int(problem.pair_mentee[pair])
    mentor_id, mentee_id = problem.mentor_ids[mentor_at], problem.mentee_ids[mentee_at]
    works_on = {
        round.built.needs[problem.cover_need[cover]].capability
        for cover in round.result.covers.tolist()
        if problem.cover_pair[cover] == pair
    }
    answer = _answer(round, mentor_id, mentee_id, "proposed")
    answer["pair"] = round.explainer.explain(mentor_id, mentee_id, works_on)
    answer["pinned"] = bool(problem.pinned[pair])
    override = next((each for each in round.built.overrides if each.pair == pair), None)
    answer["broken"] = _broken(round, answer["pair"], override is not None and QUALITY_FLOOR in override.rules)
    effect, after = effect_of(round, Forbid(pair))
    answer["effect"] = effect
    had_mentors = {
        problem.mentor_ids[problem.pair_mentor[p]] for p in round.chosen if problem.pair_mentee[p] == mentee_at
    }
    had_mentees = {
        problem.mentee_ids[problem.pair_mentee[p]] for p in round.chosen if problem.pair_mentor[p] == mentor_at
    }
    got_mentees = {id for id, mentors in after.items() if mentor_id in mentors}
    answer["instead_mentors"] = [round.ref(id) for id in sorted(set(after.get(mentee_id, ())) - had_mentors)]
    answer["instead_mentees"] = [round.ref(id) for id in sorted(got_mentees - had_mentees)]
    answer["next_mentor"] = _next_best(
        round, pair, round.pairs_of_mentee(mentee_at), problem.pair_mentor, problem.mentor_ids
    )
    answer["next_mentee"] = _next_best(
        round, pair, round.pairs_of_mentor(mentor_at), problem.pair_mentee, problem.mentee_ids
    )
    answer["text_s"] = _verdict(round, answer).to_json()
    return answer


def _next_best(round: SolvedRound, pair: int, pairs: Ints, side: Ints, ids: tuple[str, ...]) -> NextBest | None:
    """The best other pair of a mentor or mentee, forced in place of the pair it has."""
    free = pairs[~round.problem.forbidden[pairs] & ~np.isin(pairs, round.result.pairs)]
    if not len(free):
        return None
    other = best_first(free, fit_points(round).astype(np.float64))[0]
    effect, _after = effect_of(round, Forbid(pair), Force(other))
    return {"partner": round.ref(ids[side[other]]), "fit": round.fit(other), "effect": effect}


def _why_not(round: SolvedRound, mentor_id: str, mentee_id: str, at: int | None) -> PairAnswer:
    takes_part = mentor_id in round.mentor_at and mentee_id in round.mentee_at and mentor_id != mentee_id
    answer = _answer(round, mentor_id, mentee_id, "not_in_round")
    if takes_part:
        floor = at is None and answer["pair"]["eligible"]
        answer["broken"] = _broken(round, answer["pair"], floor)
        if at is None:
            answer["standing"] = "below_floor" if floor else "ineligible"
            answer["effect"], _after = forced_against_rules(round, mentor_id, mentee_id)
        else:
            answer["standing"] = "forbidden" if round.problem.forbidden[at] else "possible"
            answer["effect"], _after = effect_of(round, Force(at))
    answer["text_s"] = _verdict(round, answer).to_json()
    return answer


def forced_against_rules(
    round: SolvedRound, mentor_id: str, mentee_id: str, *changes: Change
) -> tuple[Effect, Partners]:
    """The round with a pair pinned that its rules do not let in."""
    built = build_problem(round.network, round.built.participants, pinning(round, mentor_id, mentee_id))
    return effect_of_rebuilt(round, built, *changes)


def pinning(round: SolvedRound, mentor_id: str, mentee_id: str) -> Policy:
    """The policy of the round with one more pin (and without a forbid of that pair)."""
    policy = round.policy
    forbids = tuple(
        each
        for each in policy.forbids
        if utility_ids(round.network, (each.mentor, each.mentee)) != (mentor_id, mentee_id)
    )
    pins = (*policy.pins, PairDecision(mentor=mentor_id, mentee=mentee_id))
    return policy.model_copy(update={"pins": pins, "forbids": forbids})


def _answer(round: SolvedRound, mentor_id: str, mentee_id: str, standing: Standing) -> PairAnswer:
    return {
        "mentor": round.ref(mentor_id),
        "mentee": round.ref(mentee_id),
        "standing": standing,
        "pinned": False,
        "text_s": Sentence("").to_json(),
        "pair": round.explainer.explain(mentor_id, mentee_id),
        "broken": [],
        "effect": None,
        "instead_mentors": [],
        "instead_mentees": [],
        "next_mentor": None,
        "next_mentee": None,
    }


def _broken(round: SolvedRound, pair: PairExplanation, floor: bool) -> list[Broken]:
    broken: list[Broken] = [
        {"rule": reason["rule"], "title_s": reason["title_s"], "text_s": reason["text_s"]}
        for reason in pair["reasons"]
        if not reason["passed"]
    ]
    if floor:
        text = say(
            "Its fit of {fit} is below the quality floor of {floor}.",
            fit=round_fit(pair["fit"]),
            floor=round_fit(round.policy.quality_floor),
        )
        broken.append({"rule": QUALITY_FLOOR, "title_s": say("Quality floor").to_json(), "text_s": text.to_json()})
    return broken


def round_fit(fit: float) -> float:
    """A fit (0..1) as it is shown: of 100, with one decimal."""
    return float(np.round(100 * fit, 1))


def _verdict(round: SolvedRound, answer: PairAnswer) -> Sentence:
    mentor, mentee = answer["mentor"]["name"], answer["mentee"]["name"]
    effect = Sentence("") if answer["effect"] is None else Sentence.from_json(answer["effect"]["text_s"])
    match answer["standing"]:
        case "proposed":
            return say(
                "{mentor} is proposed for {mentee}. Without this pair: {effect}",
                mentor=mentor,
                mentee=mentee,
                effect=effect,
            )
        case "possible":
            return say(
                "{mentor} could mentor {mentee}, but the round is better otherwise. With this pair: {effect}",
                mentor=mentor,
                mentee=mentee,
                effect=effect,
            )
        case "forbidden":
            return say(
                "The policy forbids that {mentor} mentors {mentee}. With this pair nevertheless: {effect}",
                mentor=mentor,
                mentee=mentee,
                effect=effect,
            )
        case "below_floor" | "ineligible":
            return say(
                "{mentor} may not mentor {mentee}: {reasons} With this pair nevertheless: {effect}",
                mentor=mentor,
                mentee=mentee,
                reasons=tuple(Sentence.from_json(each["text_s"]) for each in answer["broken"]),
                effect=effect,
            )
    if mentor == mentee and answer["mentor"]["id"] == answer["mentee"]["id"]:
        return say("{utility} cannot be its own partner.", utility=mentor)
    if answer["mentor"]["id"] not in round.mentor_at:
        return say("{utility} takes no part in this round as a mentor: no offer of it counts.", utility=mentor)
    return say("{utility} takes no part in this round as a mentee: no need of it counts.", utility=mentee)
