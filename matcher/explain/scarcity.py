"""What is scarce: places and limits, each moved by one and solved again; needs nobody can meet; single points of
supply; and what is offered but not used."""

from __future__ import annotations

from collections import defaultdict
from typing import TypedDict

import numpy as np

from graph.sentences import Sentence, say
from matcher.changes import MorePlaces, MoveLimit
from matcher.document import LimitUse, SentenceJson, UtilityRef
from matcher.explain.candidate_changes import limit_moved
from matcher.explain.effects import Effect, effect_of, losses
from matcher.explain.round import SolvedRound
from matcher.explain.screen import binding_side, scarce_mentors, step


class ScarcePlace(TypedDict):
    """A mentor with no place left; ``effect`` is the round with one more."""

    mentor: UtilityRef
    places: int
    price: float | None
    effect: Effect


class ScarceLimit(TypedDict):
    """A limit with no room left; ``effect`` is the round with its binding side moved as ``what_s`` says."""

    limit: LimitUse
    what_s: SentenceJson
    effect: Effect


class UnmetNeed(TypedDict):
    """A capability needed by mentees none of whose possible pairs covers it; ``offered_by`` mentors of the round."""

    capability: str
    capability_name: str
    mentees: list[UtilityRef]
    offered_by: int


class SingleSupply(TypedDict):
    """A capability that one mentor of the round alone offers; ``needed_by`` mentees need it."""

    capability: str
    capability_name: str
    mentor: UtilityRef
    needed_by: int


class UnusedOffer(TypedDict):
    """A capability offered that no proposed pair works on."""

    capability: str
    capability_name: str
    offered_by: int
    needed_by: int


class Scarcity(TypedDict):
    """What is scarce in a round; places and limits that yield most first. Places are asked of ``asked`` mentors."""

    asked: int
    places: list[ScarcePlace]
    limits: list[ScarceLimit]
    unmet_needs: list[UnmetNeed]
    single_supply: list[SingleSupply]
    unused_offers: list[UnusedOffer]
    text_s: SentenceJson


def scarcity(round: SolvedRound, most: int = 10) -> Scarcity:
    """What is scarce; one more place is solved for at the ``most`` mentors with the highest prices."""
    mentors = scarce_mentors(round, most)
    places = _places(round, mentors)
    limits = _limits(round)
    unmet, single, unused = _topics(round)
    helpful = [each for each in places if any(loss < 0 for loss in losses(each["effect"]))]
    if helpful:
        text = say(
            "The scarcest place is at {mentor}. With one more: {effect}",
            mentor=helpful[0]["mentor"]["name"],
            effect=Sentence.from_json(helpful[0]["effect"]["text_s"]),
        )
    else:
        text = say("No further place at any mentor would improve the round.")
    return {
        "asked": len(mentors),
        "places": places,
        "limits": limits,
        "unmet_needs": unmet,
        "single_supply": single,
        "unused_offers": unused,
        "text_s": text.to_json(),
    }


def _places(round: SolvedRound, mentors: list[int]) -> list[ScarcePlace]:
    prices = round.result.prices
    found: list[ScarcePlace] = [
        {
            "mentor": round.ref(round.problem.mentor_ids[mentor]),
            "places": int(round.problem.places[mentor]),
            "price": None if prices is None else float(prices.places[mentor]),
            "effect": effect_of(round, MorePlaces(mentor))[0],
        }
        for mentor in mentors
    ]
    return sorted(found, key=lambda each: (losses(each["effect"]), each["mentor"]["id"]))


def _limits(round: SolvedRound) -> list[ScarceLimit]:
    chosen, prices = round.result.pairs, round.result.prices
    found: list[ScarceLimit] = []
    for at, limit in enumerate(round.built.limits):
        side = binding_side(limit.row, chosen)
        if not side:
            continue
        # One unit of money or of a share moves nothing: the step is the smallest pair the limit counts.
        by = step(limit.row, side) * (1 if side == "upper" else -1)
        use = limit.use(chosen, None if prices is None else float(prices.limits[at]))
        moved = limit_moved(limit, side, by)
        effect, _after = effect_of(round, MoveLimit(at, side, by))
        found.append({"limit": use, "what_s": moved.to_json(), "effect": effect})
    return sorted(found, key=lambda each: (losses(each["effect"]), each["limit"]["id"]))


def _topics(round: SolvedRound) -> tuple[list[UnmetNeed], list[SingleSupply], list[UnusedOffer]]:
    built, problem = round.built, round.problem
    offered: dict[str, set[str]] = defaultdict(set)
    for offer in built.participants.offers:
        offered[offer.capability].add(offer.utility)
    needed: dict[str, set[str]] = defaultdict(set)
    for need in built.needs:
        needed[need.capability].add(need.utility)
    possible = np.zeros(len(problem.need_ids), dtype=np.bool_)
    possible[problem.cover_need[~problem.forbidden[problem.cover_pair]]] = True
    unmet: dict[str, list[str]] = defaultdict(list)
    for at in np.flatnonzero(~possible).tolist():
        unmet[built.needs[at].capability].append(built.needs[at].utility)
    worked_on = {built.needs[need].capability for need in problem.cover_need[round.result.covers].tolist()}
    names = {capability.id: capability.name for capability in round.network.capabilities}
    return (
        [
            {
                "capability": id,
                "capability_name": names[id],
                "mentees": [round.ref(mentee) for mentee in sorted(mentees)],
                "offered_by": len(offered[id]),
            }
            for id, mentees in sorted(unmet.items(), key=lambda each: (-len(each[1]), each[0]))
        ],
        [
            {
                "capability": id,
                "capability_name": names[id],
                "mentor": round.ref(min(offered[id])),
                "needed_by": len(mentees),
            }
            for id, mentees in sorted(needed.items(), key=lambda each: (-len(each[1]), each[0]))
            if len(offered[id]) == 1
        ],
        [
            {
                "capability": id,
                "capability_name": names[id],
                "offered_by": len(mentors),
                "needed_by": len(needed[id]),
            }
            for id, mentors in sorted(offered.items(), key=lambda each: (-len(each[1]), each[0]))
            if id not in worked_on and mentors
        ],
    )
