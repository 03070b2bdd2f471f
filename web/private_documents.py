"""A proposal as far as a reader may see it.

What is left is who is paired with whom, how well each pair fits, and what follows from that and from what is public.
Counts and prices that rest on private needs are ``None``, reasons that do are not told. So two rounds that differ only
in what is private look the same wherever they propose the same pairs with the same fits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, cast

from graph.sentences import say
from matcher.document import (
    GoalUse,
    IdleMentor,
    LimitUse,
    NeedRef,
    PairExplanation,
    ProposalDocument,
    RegionTotals,
    SentenceJson,
    Totals,
    UnmatchedMentee,
)
from web.private import View, pair_key

P = TypeVar("P", bound=PairExplanation)

NOT_SHOWN = say("Why is not shown: it rests on what this utility keeps private.").to_json()
PARTNERS_BEFORE = say("The two were partners before.").to_json()
"""What others are told of two utilities that answered how their partnership went."""
RESTS_ON_OTHERS = say("Why is not shown: it rests on what some mentors keep private.").to_json()
NO_PLACES = say("It has no free places.").to_json()
IDLE = say("It has no mentee; why is not shown, since that rests on what some utilities keep private.").to_json()
ON_NEEDS = ("most_needs", "most_priority")
"""Goals whose value counts needs."""


def seen_document(document: ProposalDocument, view: View) -> ProposalDocument:
    """A proposal without what the view keeps back; the names of pairs, their fits and places stay.

    Its id stays too: it is the proposal's name, though a checksum of the whole. The input's checksum goes, by which
    a guess at what is private could be tried.
    """
    mentors = {pair["mentor"]["id"] for pair in document["pairs"]}
    mentors |= {row["mentor"]["id"] for row in document["idle_mentors"]}
    pairs = [_pair(pair, view) for pair in document["pairs"]]
    unmatched = [_unmatched(row, view, bool(mentors & view.opaque)) for row in document["unmatched"]]
    closed = view.closed & mentors
    refs = [row["mentor"] for row in (*document["pairs"], *document["idle_mentors"])]
    closed_in = {ref["region"] for ref in refs if ref["id"] in closed}
    return {
        **document,
        "policy": seen_policy(document["policy"], view),
        "input_hash": "",
        "totals": _totals(document["totals"], pairs, unmatched, known_places=not closed),
        "goals": [_goal(goal) for goal in document["goals"]],
        "limits": [_limit(limit) for limit in document["limits"]],
        "regions": [_region(row, known_places=row["region"] not in closed_in) for row in document["regions"]],
        "pairs": pairs,
        "unmatched": unmatched,
        "idle_mentors": [_idle(row, view) for row in document["idle_mentors"]],
        "left_out": view.left_out,
    }


ONE_BY_ONE = ("utilities", "also", "without")
"""The parts of a selection that name utilities."""


def seen_policy(policy: Mapping[str, Any], view: View) -> dict[str, Any]:
    """A policy without reasons given for pairs of hidden utilities, without private topics set aside, and without the
    hidden ones among participants chosen one by one: who is chosen may tell who has a need."""
    shown = dict(policy)
    for kind in ("pins", "forbids", "published", "adjustments"):
        if kind in policy:
            shown[kind] = [
                {**each, "reason": ""} if view.touches(each["mentor"], each["mentee"]) else each
                for each in policy[kind]
            ]
    if "adjustments" in shown:  # whom a mentee could rank follows from its needs
        ranked = [each for each in shown["adjustments"] if each.get("source") == "ranking"]
        secret = [each for each in ranked if view.touches(each["mentor"], each["mentee"])]
        shown["adjustments"] = [each for each in shown["adjustments"] if each not in secret]
    if "set_aside" in policy.get("participants", {}):
        topics = [topic for topic in policy["participants"]["set_aside"] if not secret_topic(topic, view)]
        shown["participants"] = {**policy["participants"], "set_aside": topics}
    if "exclude" in shown.get("participants", {}):
        told = [id for id in shown["participants"]["exclude"] if not view.touches(id)]
        shown["participants"] = {**shown["participants"], "exclude": told}
    for side in ("mentors", "mentees"):
        if chosen := shown.get("participants", {}).get(side):
            left = {part: [id for id in chosen.get(part, ()) if not view.touches(id)] for part in ONE_BY_ONE}
            kept = {part: ids for part, ids in left.items() if part in chosen}
            shown["participants"] = {**shown["participants"], side: {**chosen, **kept}}
    return shown


def secret_topic(topic: Mapping[str, Any], view: View) -> bool:
    """Whether a topic set aside (a form of ``matcher.policy.Topic``) tells of a need or offer that is not seen."""
    utility = view.named.get(topic["utility"])
    if utility is None:
        return False
    return utility in view.closed if topic["side"] == "offer" else (utility, topic["capability"]) not in view.public


def _pair(pair: P, view: View) -> P:
    mentor, mentee = pair["mentor"]["id"], pair["mentee"]["id"]
    if not view.touches(mentor, mentee):
        return _discreet(pair) if pair_key(mentor, mentee) in view.hidden else pair
    changed: Mapping[str, object] = {
        "covered": [] if mentor in view.closed else _public(pair["covered"], mentee, view),
        "uncovered": [] if mentor in view.closed else _public(pair["uncovered"], mentee, view),
        "evidence_known": None,
        "reasons": [],
    }
    return cast(P, {**pair, **changed})


def _discreet(pair: P) -> P:
    """A pair without how an earlier partnership of the two went."""
    told: Mapping[str, object] = {"value": None, "text_s": PARTNERS_BEFORE}
    reasons = [{**reason, **told} if reason["rule"] == "existing_link" else reason for reason in pair["reasons"]]
    return cast(P, {**pair, "reasons": reasons})


def _public(needs: Sequence[NeedRef], mentee: str, view: View) -> list[NeedRef]:
    return [need for need in needs if (mentee, need["capability"]) in view.public]


def _unmatched(row: UnmatchedMentee, view: View, opaque: bool) -> UnmatchedMentee:
    mentee = row["mentee"]["id"]
    hidden = mentee in view.hidden
    if not hidden and not opaque:
        return {**row, "text_s": _without_price(row["text_s"])}
    return {
        "mentee": row["mentee"],
        "needs": _public(row["needs"], mentee, view),
        "code": "not_shown",
        "text_s": NOT_SHOWN if hidden else RESTS_ON_OTHERS,
        "eligible_mentors": None,
        "best_fit": None,
        "removed_by": [],
    }


def _without_price(text: SentenceJson) -> SentenceJson:
    """Who took the places is seen in the pairs; what one more place is worth was counted from all needs."""
    if text["template"] != "{text} {price}":
        return text
    found: SentenceJson = text["values"]["text"]
    return found


def _idle(row: IdleMentor, view: View) -> IdleMentor:
    closed = row["mentor"]["id"] in view.closed
    return {
        "mentor": row["mentor"],
        "places": None if closed else row["places"],
        "eligible_mentees": None,
        "text_s": NO_PLACES if row["places"] == 0 and not closed else IDLE,
    }


def _totals(
    totals: Totals, pairs: Sequence[PairExplanation], unmatched: Sequence[UnmatchedMentee], *, known_places: bool
) -> Totals:
    """The needs are counted again, from those that are seen."""

    def of(rows: Sequence[Any], *lists: str) -> set[tuple[str, str]]:
        return {(row["mentee"]["id"], need["capability"]) for row in rows for name in lists for need in row[name]}

    return {
        **totals,
        "eligible_pairs": None,
        "needs": len(of(pairs, "covered", "uncovered") | of(unmatched, "needs")),
        "needs_covered": len(of(pairs, "covered")),
        "places": totals["places"] if known_places else None,
    }


def _region(row: RegionTotals, *, known_places: bool) -> RegionTotals:
    return row if known_places else {**row, "places": None}


def _goal(goal: GoalUse) -> GoalUse:
    return {**goal, "value": None, "bound": None} if goal["id"] in ON_NEEDS else goal


def _limit(limit: LimitUse) -> LimitUse:
    return {**limit, "price": None}
