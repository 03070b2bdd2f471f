"""The reserve list of a mentee: its other mentors, ranked by what the whole round would lose, not by fit."""

from __future__ import annotations

from typing import TypedDict

import numpy as np

from graph.sentences import say
from matcher.changes import Forbid, Force
from matcher.document import SentenceJson, UtilityRef
from matcher.explain.effects import Effect, effect_of, losses
from matcher.explain.round import SolvedRound
from matcher.explain.screen import best_first, worth


class Alternate(TypedDict):
    """One mentor in reserve, its fit with the mentee (0..1), and the round if it takes over."""

    mentor: UtilityRef
    fit: float
    effect: Effect


class Alternates(TypedDict):
    """The reserve list; ``eligible`` mentors beside the present ones, of which ``asked`` were solved for."""

    mentee: UtilityRef
    present: list[UtilityRef]
    eligible: int
    asked: int
    alternates: list[Alternate]
    text_s: SentenceJson


def alternates(round: SolvedRound, mentee: str, most: int = 5) -> Alternates:
    """The most promising mentors that ``mentee`` (id or name) could have instead, the smallest loss first.

    Each is forced with all present pairs of the mentee forbidden, and the round is solved again. The promising ones
    are found by reduced cost, so of more than ``most`` eligible mentors some are not asked about.
    """
    at, problem = round.mentee(mentee), round.problem
    pairs = round.pairs_of_mentee(at)
    present = [pair for pair in pairs.tolist() if pair in round.chosen]
    others = pairs[~problem.forbidden[pairs] & ~np.isin(pairs, present)]
    asked = best_first(others, worth(round))[:most]
    found: list[tuple[int, Effect]] = []
    for pair in asked:
        effect, _after = effect_of(round, *(Forbid(each) for each in present), Force(pair))
        found.append((pair, effect))
    found.sort(key=lambda each: (not each[1]["feasible"], losses(each[1]), -round.fit(each[0]), each[0]))
    ref = round.ref(problem.mentee_ids[at])
    if not len(others):
        text = say("No other mentor may be paired with {mentee} in this round.", mentee=ref["name"])
    elif len(asked) == 1:
        text = say("1 mentor in reserve for {mentee}.", mentee=ref["name"])
    else:
        text = say(
            "{count} mentors in reserve for {mentee}, ranked by what the round would lose.",
            count=len(asked),
            mentee=ref["name"],
        )
    return {
        "mentee": ref,
        "present": [round.ref(problem.mentor_ids[problem.pair_mentor[pair]]) for pair in present],
        "eligible": len(others),
        "asked": len(asked),
        "alternates": [
            {
                "mentor": round.ref(problem.mentor_ids[problem.pair_mentor[pair]]),
                "fit": round.fit(pair),
                "effect": effect,
            }
            for pair, effect in found
        ],
        "text_s": text.to_json(),
    }
