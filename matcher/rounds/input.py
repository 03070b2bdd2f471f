"""What a solve of a round is given: one policy with every decision in it, so that the solve is a pure function."""

from __future__ import annotations

from collections import Counter
from typing import Any

from matcher.policy import Policy, parse_policy
from matcher.problem import STABLE
from matcher.rounds.state import COMMITTED, LIVE, OUT, LivingRound, Pair

CHANGES = "fewest_changes"
RANKED_FIRST = 0.1
"""Added to the fit of the mentor a mentee ranked first on its shortlist."""


def policy_of(state: LivingRound, *, top_up: bool = False) -> Policy:
    """The policy of the round with its pins, forbids, adjustments, places and topics set aside.

    Agreed, signed and pinned pairs are pinned, declined ones forbidden. What is published counts for the goal
    ``fewest_changes``, which comes last where the policy does not say where. A top-up also pins every live proposal
    and gives no second mentor to a mentee that has one. Raises what ``parse_policy`` raises.
    """
    form: dict[str, Any] = {**state.policy}
    kept = {each.pair: _why(each.phase) for each in state.in_phase(*(LIVE if top_up else COMMITTED))}
    kept |= {(each.mentor, each.mentee): each.reason for each in state.pins}
    refused = {(each.mentor, each.mentee): each.reason for each in state.forbids}
    refused |= {each.pair: "declined" for each in state.in_phase("declined")}
    out = [each.pair for each in state.in_phase(*OUT)]
    form["pins"] = _decisions(form.get("pins", ()), kept, refused)
    form["forbids"] = _decisions(form.get("forbids", ()), refused, kept)
    form["published"] = _decisions(form.get("published", ()), dict.fromkeys(out, ""), {})
    goals = list(form.get("goals", ()))
    if out and CHANGES not in goals:
        form["goals"] = [*(goal for goal in goals if goal != STABLE), CHANGES, STABLE]
    adjusted = {(each["mentor"], each["mentee"]): each for each in form.get("adjustments", ())}
    adjusted |= {(each.mentor, each.mentee): each.model_dump(mode="json") for each in state.adjustments}
    for pair, ranked in _ranked(state).items():
        by_hand = adjusted.get(pair)
        if by_hand is not None:  # one entry a pair: both count, and both reasons are told
            both = max(-1.0, min(1.0, by_hand["by"] + ranked["by"]))
            ranked = {**by_hand, "by": both, "reason": f"{by_hand.get('reason', '')}; ranked {ranked['reason']}"}
        adjusted[pair] = ranked
    form["adjustments"] = [adjusted[pair] for pair in sorted(adjusted)]
    participants = dict(form.get("participants", {}))
    places, wanted = dict(participants.get("places", {})), dict(participants.get("wanted", {}))
    places |= state.places
    wanted |= state.wanted
    of_mentor = Counter(mentor for mentor, _mentee in kept)
    of_mentee = Counter(mentee for _mentor, mentee in kept)
    # A mentor that said "no more" keeps the pairs that stand.
    places |= {id: max(number, of_mentor[id]) for id, number in places.items()}
    wanted |= {id: max(number, of_mentee[id]) for id, number in wanted.items()}
    if top_up:
        wanted |= dict(of_mentee)
    participants |= {"places": _sorted(places), "wanted": _sorted(wanted)}
    aside = [*participants.get("set_aside", ()), *(topic.model_dump(mode="json") for topic in state.set_aside)]
    participants["set_aside"] = aside
    form["participants"] = participants
    return parse_policy(form, state.id)


def _ranked(state: LivingRound) -> dict[Pair, dict[str, Any]]:
    """What the rankings of mentees add to fits: ``RANKED_FIRST`` for the first place, falling evenly to the last."""
    shown = state.recipients_choose
    return {
        (mentor, mentee): {
            "mentor": mentor,
            "mentee": mentee,
            "by": round(RANKED_FIRST * (shown - place) / shown, 4),
            "reason": f"{place + 1}/{shown}",
            "source": "ranking",
        }
        for mentee, mentors in sorted(state.rankings.items())
        for place, mentor in enumerate(mentors[:shown])
    }


def _why(phase: str) -> str:
    return phase if phase in COMMITTED else "kept by the top-up"


def _decisions(given: Any, own: dict[Pair, str], against: dict[Pair, str]) -> list[dict[str, str]]:
    """The policy's own decisions, then those of the round; what the round decided otherwise is left out."""
    found = {(each["mentor"], each["mentee"]): each.get("reason", "") for each in given}
    found = {pair: reason for pair, reason in found.items() if pair not in against} | own
    return [{"mentor": pair[0], "mentee": pair[1], "reason": found[pair]} for pair in sorted(found)]


def _sorted(numbers: dict[str, int]) -> dict[str, int]:
    return {id: min(numbers[id], 1000) for id in sorted(numbers)}
