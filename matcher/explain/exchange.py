"""What the round would be if some pairs went and others came: a swap, or a mentee moved to another mentor."""

from __future__ import annotations

from collections.abc import Sequence

from matcher.build import build_problem
from matcher.changes import Forbid, Force
from matcher.explain.effects import Effect, effect_of, effect_of_rebuilt
from matcher.explain.round import SolvedRound
from matcher.policy import PairDecision
from matcher.policy_names import utility_ids

Pairs = Sequence[tuple[str, str]]


def effect_of_exchange(round: SolvedRound, gone: Pairs, come: Pairs) -> Effect:
    """The round solved again without the pairs in ``gone`` and with those in ``come`` ((mentor id, mentee id)).

    A pair that the rules do not let in is pinned against them, as a facilitator's pin is.
    """
    out = [Forbid(at) for pair in gone if (at := round.pair_at(*pair)) is not None]
    new = [Force(at) for pair in come if (at := round.pair_at(*pair)) is not None]
    if (len(out), len(new)) == (len(gone), len(come)):
        return effect_of(round, *out, *new)[0]
    changed = {*gone, *come}
    pins = [each for each in round.policy.pins if _ids(round, each) not in changed]
    forbids = [each for each in round.policy.forbids if _ids(round, each) not in changed]
    pins += [PairDecision(mentor=mentor, mentee=mentee) for mentor, mentee in come]
    forbids += [PairDecision(mentor=mentor, mentee=mentee) for mentor, mentee in gone]
    policy = round.policy.model_copy(update={"pins": tuple(pins), "forbids": tuple(forbids)})
    return effect_of_rebuilt(round, build_problem(round.network, round.built.participants, policy))[0]


def _ids(round: SolvedRound, decision: PairDecision) -> tuple[str, ...]:
    return utility_ids(round.network, (decision.mentor, decision.mentee))
