"""The reserve list of a mentee: its other mentors, ranked by what the whole round would lose, not by fit."""

from __future__ import annotations

from math import ceil
from typing import TypedDict

import numpy as np

from graph.sentences import say
from matcher.changes import Forbid, Force
from matcher.document import SentenceJson, UtilityRef
from matcher.explain.effects import Effect, effect_of, losses
from matcher.explain.round import SolvedRound
from matcher.explain.screen import best_first, worth
from matcher.problem import STABLE

EFFORT = 4
"""How many times as many mentors as are wanted may be asked about to be certain of the list."""


class Alternate(TypedDict):
    """One mentor in reserve, its fit with the mentee (0..1), and the round if it takes over."""

    mentor: UtilityRef
    fit: float
    effect: Effect


class Alternates(TypedDict):
    """The reserve list; ``eligible`` mentors beside the present ones, of which ``asked`` were solved for.

    ``certain``: no eligible mentor left out costs the round less than one in the list.
    """

    mentee: UtilityRef
    present: list[UtilityRef]
    eligible: int
    asked: int
    certain: bool
    alternates: list[Alternate]
    text_s: SentenceJson


def alternates(round: SolvedRound, mentee: str, most: int = 5) -> Alternates:
    """The ``most`` mentors that ``mentee`` (id or name) could best have instead, the smallest loss first.

    Each is forced with all present pairs of the mentee forbidden, and the round is solved again. They are asked in the
    order of reduced cost until no other can be among the best, but at most ``EFFORT`` times as many as are wanted.
    """
    at, problem = round.mentee(mentee), round.problem
    pairs = round.pairs_of_mentee(at)
    present = [pair for pair in pairs.tolist() if pair in round.chosen]
    others = pairs[~problem.forbidden[pairs] & ~np.isin(pairs, present)]
    promise = worth(round)
    order = best_first(others, promise)
    found: list[tuple[int, Effect]] = []
    certain = False
    for pair in order[: EFFORT * most]:
        certain = len(found) >= most and _cannot_be_better(round, -float(promise[pair]), found[most - 1][1])
        if certain:
            break
        effect, _after = effect_of(round, *(Forbid(each) for each in present), Force(pair))
        found.append((pair, effect))
        found.sort(key=lambda each: (not each[1]["feasible"], losses(each[1]), -round.fit(each[0]), each[0]))
    asked, found = len(found), found[:most]
    ref = round.ref(problem.mentee_ids[at])
    possible = sum(effect["feasible"] for _pair, effect in found)
    if not len(others):
        text = say("No other mentor may be paired with {mentee} in this round.", mentee=ref["name"])
    elif not possible:
        text = say("None of the mentors asked about can take over {mentee} in this round.", mentee=ref["name"])
    elif possible == 1:
        text = say("1 mentor in reserve for {mentee}.", mentee=ref["name"])
    else:
        text = say(
            "{count} mentors in reserve for {mentee}, ranked by what the round would lose.",
            count=possible,
            mentee=ref["name"],
        )
    return {
        "mentee": ref,
        "present": [round.ref(problem.mentor_ids[problem.pair_mentor[pair]]) for pair in present],
        "eligible": len(others),
        "asked": asked,
        "certain": certain or asked == len(others),
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


def _cannot_be_better(round: SolvedRound, least: float, listed: Effect) -> bool:
    """Whether a loss of at least ``least`` cannot beat one already listed.

    A negative reduced cost bounds the loss from below where the prices belong to the only goal and no minimum
    load has a price of its own.
    """
    problem = round.problem
    only_goal = len([goal for goal in problem.goals if goal.id != STABLE]) == 1
    exact = round.result.prices is not None and round.result.proven and not problem.minimum_load.any()
    return only_goal and exact and listed["feasible"] and ceil(least - 1e-6) >= losses(listed)[0]
