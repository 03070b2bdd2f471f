"""The smallest change that gives a mentee a partner: single changes tried one by one, and ranked by what they cost.

Each change is put to the solver twice, alone and with the demand that the mentee be served. Where the demand costs
nothing more, the change gives it a partner by itself; where it costs no less than without the change, the change does
nothing for it. Costs are compared goal after goal, in their order.
"""

from __future__ import annotations

from typing import Literal, TypedDict

from graph.sentences import Sentence, say
from matcher.build import Built, build_problem
from matcher.changes import Serve
from matcher.document import SentenceJson, UtilityRef
from matcher.explain.candidate_changes import KINDS, Candidate, Kind, candidates
from matcher.explain.effects import Effect, Partners, effect_of, effect_of_rebuilt, losses
from matcher.explain.round import SolvedRound
from matcher.participants import choose_participants


class HelpfulChange(TypedDict):
    """A change with which the mentee has a partner, who that is, and the round with both.

    ``by_itself``: a best round after the change serves it, without anybody insisting. ``insisting`` is what the demand
    to serve it costs after the change, by goal (all 0 where by itself).
    """

    kind: Kind
    what_s: SentenceJson
    mentors: list[UtilityRef]
    by_itself: bool
    insisting: list[int]
    effect: Effect


class FailedChange(TypedDict):
    """A change that gives it none, or none more cheaply than insisting on it."""

    kind: Kind
    what_s: SentenceJson


class SmallestChange(TypedDict):
    """The changes tried: those that help, first those by themselves, then by cost; and those that do not.

    ``standing`` is ``served`` where the mentee has a partner already, ``helped`` where some change gives it one,
    ``none`` where no single change tried does.
    """

    mentee: UtilityRef
    standing: Literal["served", "helped", "none"]
    changes: list[HelpfulChange]
    failed: list[FailedChange]
    text_s: SentenceJson


def smallest_change(round: SolvedRound, mentee: str) -> SmallestChange:
    """What would have to change for ``mentee`` (id or name) to get a partner. Raises as ``SolvedRound.mentee``."""
    at = round.mentee(mentee)
    answer: SmallestChange = {
        "mentee": round.ref(round.problem.mentee_ids[at]),
        "standing": "none",
        "changes": [],
        "failed": [],
        "text_s": Sentence("").to_json(),
    }
    name = answer["mentee"]["name"]
    if at in round.problem.pair_mentee[round.result.pairs]:
        answer["standing"] = "served"
        answer["text_s"] = say("{mentee} has a partner in this round.", mentee=name).to_json()
        return answer
    for candidate in candidates(round, at):
        change = _helpful(round, at, candidate)
        if change is None:
            answer["failed"].append({"kind": candidate.kind, "what_s": candidate.what.to_json()})
        else:
            answer["changes"].append(change)
    _drop_idle(answer)
    answer["changes"].sort(
        key=lambda each: (not each["by_itself"], each["insisting"], losses(each["effect"]), KINDS.index(each["kind"]))
    )
    answer["standing"] = "helped" if answer["changes"] else "none"
    answer["text_s"] = _verdict(name, answer).to_json()
    return answer


def _helpful(round: SolvedRound, mentee: int, candidate: Candidate) -> HelpfulChange | None:
    """The candidate solved for, alone and with the mentee served; ``None`` where the mentee cannot be served."""
    insisted, after = _tried(round, mentee, candidate, serve=True)
    mentors = after.get(round.problem.mentee_ids[mentee], ())
    if not mentors:
        return None
    alone = losses(insisted)
    if candidate.kind == "insist":
        alone = tuple(0 for _ in alone)
    else:
        effect, _after = _tried(round, mentee, candidate, serve=False)
        alone = losses(effect)
    insisting = [more - less for more, less in zip(losses(insisted), alone, strict=True)]
    return {
        "kind": candidate.kind,
        "what_s": candidate.what.to_json(),
        "mentors": [round.ref(id) for id in mentors],
        "by_itself": candidate.kind != "insist" and not any(insisting),
        "insisting": insisting,
        "effect": insisted,
    }


def _drop_idle(answer: SmallestChange) -> None:
    """A change after which insisting costs no less than without it does nothing for the mentee: it counts as failed."""
    insist = next((each for each in answer["changes"] if each["kind"] == "insist"), None)
    if insist is None:
        return
    useful: list[HelpfulChange] = []
    idle: list[HelpfulChange] = []
    for each in answer["changes"]:
        helps = each["kind"] == "insist" or each["by_itself"] or each["insisting"] < insist["insisting"]
        (useful if helps else idle).append(each)
    answer["changes"] = useful
    answer["failed"] += [{"kind": each["kind"], "what_s": each["what_s"]} for each in idle]


def _tried(round: SolvedRound, mentee: int, candidate: Candidate, *, serve: bool) -> tuple[Effect, Partners]:
    """The round with the change, and with the mentee served where that is asked."""
    if candidate.policy is None and candidate.network is None:
        return effect_of(round, *candidate.changes, *([Serve(mentee)] if serve else []))
    built = rebuilt(round, candidate)
    id = round.problem.mentee_ids[mentee]
    if not serve or id not in built.problem.mentee_ids:
        return effect_of_rebuilt(round, built, *candidate.changes)
    return effect_of_rebuilt(round, built, *candidate.changes, Serve(built.problem.mentee_ids.index(id)))


def rebuilt(round: SolvedRound, candidate: Candidate) -> Built:
    """The round's problem built anew under the candidate's policy or network."""
    network, policy = candidate.network or round.network, candidate.policy or round.policy
    return build_problem(network, choose_participants(network, policy, round.built.participants.as_of), policy)


def _verdict(mentee: str, answer: SmallestChange) -> Sentence:
    tried = len(answer["changes"]) + len(answer["failed"])
    if answer["changes"]:
        best = answer["changes"][0]
        change, effect = Sentence.from_json(best["what_s"]), Sentence.from_json(best["effect"]["text_s"])
        mentors = tuple(each["name"] for each in best["mentors"])
        if best["by_itself"]:
            return say(
                "The smallest change that gives {mentee} a partner: {change} It then gets {mentors}. {effect}",
                mentee=mentee,
                change=change,
                mentors=mentors,
                effect=effect,
            )
        return say(
            "No single change gives {mentee} a partner unless one insists on it. The cheapest: {change}"
            " It then gets {mentors}. {effect}",
            mentee=mentee,
            change=change,
            mentors=mentors,
            effect=effect,
        )
    if tried == 0:
        return say("No single change gives {mentee} a partner: no mentor of the round comes near to it.", mentee=mentee)
    if tried == 1:
        return say("No single change gives {mentee} a partner; 1 was tried.", mentee=mentee)
    return say("No single change gives {mentee} a partner; {count} were tried.", mentee=mentee, count=tried)
