"""The smallest change that gives a mentee a partner: single changes tried one by one, and ranked by what they cost.

Each change is put to the solver together with the demand that the mentee be served, so a change that helps
is known to help, and one that does not is known not to. Costs are compared goal after goal, in their order.
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
    """A change that gives the mentee a partner, who that is, and the round with it."""

    kind: Kind
    what_s: SentenceJson
    mentors: list[UtilityRef]
    effect: Effect


class FailedChange(TypedDict):
    """A change that gives it none, or none more cheaply than insisting on it."""

    kind: Kind
    what_s: SentenceJson


class SmallestChange(TypedDict):
    """The changes tried: those that help, cheapest first, and those that do not.

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
        effect, after = _tried(round, at, candidate)
        mentors = after.get(round.problem.mentee_ids[at], ())
        if effect["feasible"] and mentors:
            answer["changes"].append(
                {
                    "kind": candidate.kind,
                    "what_s": candidate.what.to_json(),
                    "mentors": [round.ref(id) for id in mentors],
                    "effect": effect,
                }
            )
        else:
            answer["failed"].append({"kind": candidate.kind, "what_s": candidate.what.to_json()})
    answer["changes"].sort(key=lambda each: (losses(each["effect"]), KINDS.index(each["kind"])))
    _drop_idle(answer)
    answer["standing"] = "helped" if answer["changes"] else "none"
    answer["text_s"] = _verdict(name, answer).to_json()
    return answer


def _drop_idle(answer: SmallestChange) -> None:
    """A change that is no cheaper than insisting without it does nothing for the mentee: it counts as failed."""
    insist = next((each for each in answer["changes"] if each["kind"] == "insist"), None)
    if insist is None:
        return
    idle = [
        each
        for each in answer["changes"]
        if each["kind"] != "insist" and losses(each["effect"]) >= losses(insist["effect"])
    ]
    answer["changes"] = [each for each in answer["changes"] if each not in idle]
    answer["failed"] += [{"kind": each["kind"], "what_s": each["what_s"]} for each in idle]


def _tried(round: SolvedRound, mentee: int, candidate: Candidate) -> tuple[Effect, Partners]:
    """The round with the change and the mentee served."""
    if candidate.policy is None and candidate.network is None:
        return effect_of(round, *candidate.changes, Serve(mentee))
    built = rebuilt(round, candidate)
    id = round.problem.mentee_ids[mentee]
    if id not in built.problem.mentee_ids:
        return effect_of_rebuilt(round, built)
    return effect_of_rebuilt(round, built, *candidate.changes, Serve(built.problem.mentee_ids.index(id)))


def rebuilt(round: SolvedRound, candidate: Candidate) -> Built:
    """The round's problem built anew under the candidate's policy or network."""
    network, policy = candidate.network or round.network, candidate.policy or round.policy
    return build_problem(network, choose_participants(network, policy, round.built.participants.as_of), policy)


def _verdict(mentee: str, answer: SmallestChange) -> Sentence:
    tried = len(answer["changes"]) + len(answer["failed"])
    if answer["changes"]:
        best = answer["changes"][0]
        return say(
            "The smallest change that gives {mentee} a partner: {change} It then gets {mentors}. {effect}",
            mentee=mentee,
            change=Sentence.from_json(best["what_s"]),
            mentors=tuple(each["name"] for each in best["mentors"]),
            effect=Sentence.from_json(best["effect"]["text_s"]),
        )
    if tried == 0:
        return say("No single change gives {mentee} a partner: no mentor of the round comes near to it.", mentee=mentee)
    if tried == 1:
        return say("No single change gives {mentee} a partner; 1 was tried.", mentee=mentee)
    return say("No single change gives {mentee} a partner; {count} were tried.", mentee=mentee, count=tried)
