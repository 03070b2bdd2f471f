"""Why a mentee stays without a partner: one code and one specific sentence each, and only what was computed."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from graph.sentences import Sentence, say
from matcher.build import Built
from matcher.document import RemovedBy, UnmatchedMentee
from matcher.pairs import utility_ref
from matcher.problem import Ints
from matcher.result import Result
from matcher.rules.registry import RULES
from matcher.standing import NamedStanding

Code: TypeAlias = Literal["no_need", "no_eligible_mentor", "below_floor", "forbidden", "outbid", "limit"]

MENTORS_NAMED = 3
"""How many mentors a sentence names before it only counts them."""


def explain_unmatched(built: Built, result: Result) -> list[UnmatchedMentee]:
    """Every mentee without a partner in ``result``, in the problem's order, with its reason.

    The codes, first that applies: ``no_need`` (nothing to work on, or no mentor wanted) · ``no_eligible_mentor``
    · ``below_floor`` · ``forbidden`` (every eligible pair) · ``limit`` (a mentor has room and the pair would
    raise the goals, but named limits have none: checked by adding the pair to the proposal) · ``outbid`` (places
    or staff-days of every eligible mentor are taken, by whom; or the pair would not raise the goals).
    """
    state = NamedStanding(built.problem, result, built)
    served = np.zeros(len(built.problem.mentee_ids), dtype=bool)
    served[built.problem.pair_mentee[result.pairs]] = True
    return [_unmatched(state, mentee) for mentee in np.flatnonzero(~served).tolist()]


def _unmatched(state: NamedStanding, mentee: int) -> UnmatchedMentee:
    built = state.built
    pairs = state.pairs_of(mentee)
    needs = state.needs_of(mentee)
    code, text = _reason(state, mentee, pairs, bool(needs))
    best: float | None = None
    if len(pairs):
        best = round(float(built.pair_fit[pairs].max()), 4)
    elif built.below_floor[mentee]:
        best = round(float(built.best_below_floor[mentee]), 4)
    return {
        "mentee": utility_ref(built.network, built.problem.mentee_ids[mentee]),
        "needs": needs,
        "code": code,
        "text_s": text.to_json(),
        "eligible_mentors": len(pairs),
        "best_fit": best,
        "removed_by": _removed_by(built, mentee),
    }


def _reason(state: NamedStanding, mentee: int, pairs: Ints, has_needs: bool) -> tuple[Code, Sentence]:
    built, problem = state.built, state.problem
    if not has_needs:
        return "no_need", say("No need of it is known that a mentor could work on.")
    if problem.wanted[mentee] == 0:
        return "no_need", say("It wants no mentor in this round.")
    if not len(pairs):
        if below := int(built.below_floor[mentee]):
            return "below_floor", _below_floor(built, mentee, below)
        return "no_eligible_mentor", _no_eligible(built, mentee)
    usable = pairs[~problem.forbidden[pairs]]
    if not len(usable):
        return "forbidden", (
            say("{mentor} is its only eligible mentor, and that pair is forbidden.", mentor=state.mentor_name(pairs[0]))
            if len(pairs) == 1
            else say("All {count} pairs with its eligible mentors are forbidden.", count=len(pairs))
        )
    usable = usable[np.argsort(-built.pair_fit[usable], kind="stable")]
    with_room = [pair for pair in usable.tolist() if state.mentor_has_room(pair)]
    raising = [pair for pair in with_room if state.raises_goals(pair)]
    for pair in raising:
        if blocking := state.limits_against(pair):
            return "limit", _held_back(state, pair, blocking)
    if with_room:
        return "outbid", _not_worth(state, raising[0] if raising else with_room[0], bool(raising))
    return "outbid", _places_taken(state, usable)


def _below_floor(built: Built, mentee: int, below: int) -> Sentence:
    best, floor = float(built.best_below_floor[mentee]), built.policy.quality_floor
    if below == 1:
        return say(
            "Its only eligible mentor has a fit of {best}, below the quality floor of {floor}.", best=best, floor=floor
        )
    return say(
        "All {count} eligible mentors are below the quality floor of {floor}; the best has a fit of {best}.",
        count=below,
        best=best,
        floor=floor,
    )


def _no_eligible(built: Built, mentee: int) -> Sentence:
    mentors = len(built.problem.mentor_ids)
    if mentors == 0:
        return say("No utility offers anything in this round.")
    removed = _removed_by(built, mentee)
    alone = [entry for entry in removed if entry["alone"]]
    if alone:
        most = max(alone, key=lambda entry: entry["alone"])
        return say(
            "No mentor is eligible. The rule “{rule}” removes {removed} of {mentors}, {alone} of them all by itself.",
            rule=RULES[most["rule"]].title,
            removed=most["removed"],
            mentors=mentors,
            alone=most["alone"],
        )
    if not removed:
        return say("No mentor is eligible for it.")
    most = max(removed, key=lambda entry: entry["removed"])
    return say(
        "No mentor is eligible, and no rule alone is the cause; “{rule}” removes most: {removed} of {mentors}.",
        rule=RULES[most["rule"]].title,
        removed=most["removed"],
        mentors=mentors,
    )


def _removed_by(built: Built, mentee: int) -> list[RemovedBy]:
    return [
        {
            "rule": rule,
            "title_s": RULES[rule].title.to_json(),
            "removed": int(built.removed[at, mentee]),
            "alone": int(built.removed_alone[at, mentee]),
        }
        for at, rule in enumerate(built.rules)
        if built.removed[at, mentee]
    ]


def _held_back(state: NamedStanding, pair: int, blocking: list[int]) -> Sentence:
    titles = tuple(say("“{limit}”", limit=state.problem.limits[at].title) for at in blocking)
    mentor = state.mentor_name(pair)
    if len(titles) > 1:
        return say(
            "{mentor} has room and fits, but the limits {limits} leave none for this pair.",
            mentor=mentor,
            limits=titles,
        )
    goal, points = state.first_gain(pair)
    return say(
        "{mentor} has room and fits, but the limit {limit} leaves none for this pair; "
        "without the limit it would add {points} to the goal “{goal}”.",
        mentor=mentor,
        limit=titles[0],
        points=points,
        goal=goal.title,
    )


def _not_worth(state: NamedStanding, pair: int, would_raise: bool) -> Sentence:
    if would_raise:
        return say(
            "{mentor} has room for it; the search was stopped before it could use it.", mentor=state.mentor_name(pair)
        )
    return say(
        "{mentor} has room for it, but the pair would not raise the goals of the policy.",
        mentor=state.mentor_name(pair),
    )


def _places_taken(state: NamedStanding, usable: Ints) -> Sentence:
    """Who holds the places of its best mentors; and what one more place of the best of them is worth."""
    shown = usable[:MENTORS_NAMED].tolist()
    taken = tuple(state.taken_by(pair) for pair in shown)
    prices = state.result.prices
    price = 0 if prices is None else round(float(prices.places[state.problem.pair_mentor[shown[0]]]))
    mentor = state.mentor_name(shown[0])
    priced = None
    # A flow's prices are exact; those of a relaxation bound what one more place can add.
    if price > 0 and state.result.method == "flow":
        priced = say("One more place of {mentor} is worth {price} points.", mentor=mentor, price=price)
    elif price > 0:
        priced = say("One more place of {mentor} is worth at most about {price} points.", mentor=mentor, price=price)
    if len(usable) == 1:
        text = say("Its only eligible mentor is taken: {mentor}.", mentor=taken[0])
    elif len(usable) <= MENTORS_NAMED:
        text = say("All {count} eligible mentors are taken: {mentors}.", count=len(usable), mentors=taken)
    else:
        text = say(
            "All {count} eligible mentors are taken, the best fitting: {mentors}.", count=len(usable), mentors=taken
        )
    return text if priced is None else say("{text} {price}", text=text, price=priced)
