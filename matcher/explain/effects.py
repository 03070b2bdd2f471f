"""What a change does to a round: each goal before and after, and who gets, loses or changes a partner.

Rounds are compared by the ids of utilities, so that a round built anew (with another rule, or one more mentor)
can be compared as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypedDict

from graph.errors import NothingFeasible
from graph.network import Network
from graph.sentences import Sentence, Value, say
from matcher.build import Built
from matcher.changes import Change, changed
from matcher.document import SentenceJson, UtilityRef
from matcher.explain.round import SolvedRound
from matcher.pairs import utility_ref
from matcher.problem import STABLE, Problem
from matcher.result import Result
from matcher.verify import verify
from matcher.what_if import what_if


class GoalChange(TypedDict):
    """One goal before and after; ``loss`` is how much less it is (negative: a gain)."""

    id: str
    title_s: SentenceJson
    before: int
    after: int
    loss: int


class Move(TypedDict):
    """A mentee whose mentors change."""

    kind: Literal["displaced", "served", "moved"]
    mentee: UtilityRef
    before: list[UtilityRef]
    after: list[UtilityRef]
    text_s: SentenceJson


class Effect(TypedDict):
    """A round solved again after a change; ``reasons`` say why where nothing is feasible any more.

    ``proven`` tells that both values of every goal are proven optimal, so that the losses are exact.
    """

    feasible: bool
    proven: bool
    reasons: list[SentenceJson]
    goals: list[GoalChange]
    moves: list[Move]
    text_s: SentenceJson


Partners = dict[str, tuple[str, ...]]


def effect_of(round: SolvedRound, *changes: Change) -> tuple[Effect, Partners]:
    """What the changes do to the round, and the mentors of each mentee afterwards."""
    outcome = what_if(round.problem, round.result, *changes, solver=round.solver)
    if outcome.result is None:
        return infeasible([_with_names(reason, round.network) for reason in outcome.reasons]), {}
    return compared(round, round.built, outcome.result), partners(round.problem, outcome.result)


def effect_of_rebuilt(round: SolvedRound, built: Built, *changes: Change) -> tuple[Effect, Partners]:
    """What it does to the round when its problem becomes that of ``built``, with changes on top."""
    problem = changed(built.problem, *changes)
    try:
        result = round.solver(problem)
    except NothingFeasible as clash:
        return infeasible([_with_names(reason, built.network) for reason in clash.reasons]), {}
    verify(problem, result)
    return compared(round, built, result), partners(built.problem, result)


def infeasible(reasons: Sequence[Sentence]) -> Effect:
    """The effect of a change after which no round exists."""
    return {
        "feasible": False,
        "proven": True,
        "reasons": [reason.to_json() for reason in reasons],
        "goals": [],
        "moves": [],
        "text_s": say("No round is possible then: {reasons}", reasons=tuple(reasons)).to_json(),
    }


def _with_names(reason: Sentence, network: Network) -> Sentence:
    """A solver's reason with the names of utilities in place of their ids."""

    def named(value: Value) -> Value:
        if isinstance(value, Sentence):
            return _with_names(value, network)
        if isinstance(value, str) and value in network.utility_by_id:
            return network.utility_by_id[value].name
        return value

    return Sentence(reason.template, {key: named(value) for key, value in reason.values.items()})


def compared(round: SolvedRound, built: Built, after: Result) -> Effect:
    """The effect that turns the round into ``after``, an answer to the problem of ``built``."""
    titles = {goal.id: goal.title for goal in round.problem.goals}
    new = {goal.id: goal for goal in after.goals}
    goals: list[GoalChange] = [
        {
            "id": old.id,
            "title_s": titles[old.id].to_json(),
            "before": old.value,
            "after": new[old.id].value,
            "loss": old.value - new[old.id].value,
        }
        for old in round.result.goals
        if old.id != STABLE
    ]
    return {
        "feasible": True,
        "proven": round.result.proven and after.proven,
        "reasons": [],
        "goals": goals,
        "moves": _moves(partners(round.problem, round.result), partners(built.problem, after), built),
        "text_s": loss_sentence(goals).to_json(),
    }


def partners(problem: Problem, result: Result) -> Partners:
    """The ids of each served mentee's mentors, by the mentee's id."""
    found: dict[str, list[str]] = {}
    for pair in result.pairs.tolist():
        mentee = problem.mentee_ids[problem.pair_mentee[pair]]
        found.setdefault(mentee, []).append(problem.mentor_ids[problem.pair_mentor[pair]])
    return {mentee: tuple(mentors) for mentee, mentors in found.items()}


def losses(effect: Effect) -> tuple[int, ...]:
    """The loss of each goal in their order: effects compare like these tuples, the smaller the better."""
    return tuple(goal["loss"] for goal in effect["goals"])


def loss_sentence(goals: Sequence[GoalChange]) -> Sentence:
    """What a round loses and gains, in words."""
    lost = tuple(_amount(goal) for goal in goals if goal["loss"] > 0)
    gained = tuple(_amount(goal) for goal in goals if goal["loss"] < 0)
    if lost and gained:
        return say("The round loses {losses} and gains {gains}.", losses=lost, gains=gained)
    if lost:
        return say("The round loses {losses}.", losses=lost)
    if gained:
        return say("The round gains {gains}.", gains=gained)
    return say("The round loses nothing.")


def _amount(goal: GoalChange) -> Sentence:
    return say("{amount} of “{goal}”", amount=abs(goal["loss"]), goal=Sentence.from_json(goal["title_s"]))


def _moves(before: Partners, after: Partners, built: Built) -> list[Move]:
    network = built.network

    def refs(ids: tuple[str, ...]) -> list[UtilityRef]:
        return [utility_ref(network, id) for id in ids]

    def names(ids: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(network.utility_by_id[id].name for id in ids)

    moves: list[Move] = []
    for mentee in sorted({*before, *after}):
        old, new = before.get(mentee, ()), after.get(mentee, ())
        if set(old) == set(new):
            continue
        name = network.utility_by_id[mentee].name
        kind: Literal["displaced", "served", "moved"] = "displaced" if not new else "moved" if old else "served"
        if kind == "displaced":
            text = say("{mentee} loses its partner {before}.", mentee=name, before=names(old))
        elif kind == "served":
            text = say("{mentee} gets the partner {after}.", mentee=name, after=names(new))
        else:
            text = say("{mentee} moves from {before} to {after}.", mentee=name, before=names(old), after=names(new))
        moves.append(
            {
                "kind": kind,
                "mentee": utility_ref(network, mentee),
                "before": refs(old),
                "after": refs(new),
                "text_s": text.to_json(),
            }
        )
    return moves
