"""Who is served, who is worst off, and which pairs would rather have each other; the stable solution beside it.

Stability belongs to two-sided choice (Gale and Shapley 1962): a pair blocks where both would leave what they have
for each other. The optimiser looks at the whole round instead, so some blocking pairs are to be expected; they are
named, and the matching without any is offered with what it costs by goal and which limits it breaks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal, TypedDict

import numpy as np

from graph.errors import NothingFeasible
from graph.sentences import Sentence, say
from matcher.document import SentenceJson, UtilityRef
from matcher.explain.effects import Effect, compared, infeasible
from matcher.explain.pair import round_fit
from matcher.explain.round import SolvedRound, usual_solver
from matcher.explain.screen import fit_points
from matcher.features import INCOME_GROUPS
from matcher.limits import BuiltLimit
from matcher.policy import Policy
from matcher.problem import Ints
from matcher.stability import blocking_pairs, fixed_to, stable_pairs
from matcher.verify import verify
from matcher.words import INCOME_NAMES, named


class GroupShare(TypedDict):
    """A group of mentees: how many there are and are served, and its share of the pool and of those served (0..1)."""

    kind: Literal["region", "income_group", "size"]
    group: str
    title_s: SentenceJson
    mentees: int
    served: int
    share_of_pool: float
    share_of_served: float | None


class WorstOff(TypedDict):
    """A proposed pair with one of the lowest fits (0..1)."""

    mentor: UtilityRef
    mentee: UtilityRef
    fit: float


class BlockingPair(TypedDict):
    """A pair not proposed whose two sides would both rather have each other."""

    mentor: UtilityRef
    mentee: UtilityRef
    fit: float
    text_s: SentenceJson


class StableSolution(TypedDict):
    """The matching without blocking pairs. ``allowed`` tells whether it keeps every limit and minimum load.

    ``effect`` compares it with the round (limits aside); ``broken`` says what it breaks.
    """

    pairs: int
    allowed: bool
    broken: list[SentenceJson]
    effect: Effect


class Fairness(TypedDict):
    """How the round treats its mentees; ``blocking`` lists the first of ``blocking_count``, the best fits first.

    ``optimum`` is the best proposal under the same rules and limits, compared with a round whose policy asks for the
    stable one; ``None`` for any other round.
    """

    shares: list[GroupShare]
    worst_off: list[WorstOff]
    blocking_count: int
    blocking: list[BlockingPair]
    stable: StableSolution
    optimum: Effect | None
    text_s: SentenceJson


def fairness(round: SolvedRound, most: int = 10) -> Fairness:
    """Shares by region, income group and size; the ``most`` lowest fits and blocking pairs; the stable solution."""
    problem, chosen = round.problem, round.result.pairs
    points = fit_points(round)
    blocking = blocking_pairs(problem, chosen, points)
    blocking = blocking[np.argsort(-points[blocking], kind="stable")]
    if not len(blocking):
        text = say("No mentor and mentee would both rather have each other: the proposal is stable.")
    elif len(blocking) == 1:
        text = say("1 mentor and mentee would both rather have each other.")
    else:
        text = say("{count} pairs of mentor and mentee would both rather have each other.", count=len(blocking))
    fits = _fits(round)
    return {
        "shares": [
            *_shares(round, "region", _region),
            *_shares(round, "income_group", _income),
            *_shares(round, "size", _size),
        ],
        "worst_off": [
            {
                "mentor": round.ref(problem.mentor_ids[problem.pair_mentor[chosen[at]]]),
                "mentee": round.ref(problem.mentee_ids[problem.pair_mentee[chosen[at]]]),
                "fit": float(fits[at]),
            }
            for at in np.argsort(fits, kind="stable")[:most].tolist()
        ],
        "blocking_count": len(blocking),
        "blocking": [_blocking(round, pair) for pair in blocking[:most].tolist()],
        "stable": _stable(round, points),
        "optimum": _optimum(round),
        "text_s": text.to_json(),
    }


def _fits(round: SolvedRound) -> np.typing.NDArray[np.float64]:
    """The fit of each proposed pair with every need its mentor can work on."""
    return np.array([round.fit(pair) for pair in round.result.pairs.tolist()], dtype=np.float64)


Group = Callable[[SolvedRound, int], tuple[str, Sentence]]


def _region(round: SolvedRound, row: int) -> tuple[str, Sentence]:
    region = round.network.region_of(round.network.utilities[row])
    return region.id, named(region.name)


def _income(round: SolvedRound, row: int) -> tuple[str, Sentence]:
    at = int(round.built.features.income[row])
    return ("unknown", say("income group unknown")) if at < 0 else (INCOME_GROUPS[at], INCOME_NAMES[INCOME_GROUPS[at]])


def _size(round: SolvedRound, row: int) -> tuple[str, Sentence]:
    people, below = round.built.features.population[row], round.policy.participants.small_town_below
    if np.isnan(people):
        return "unknown", say("people served unknown")
    if people < below:
        return "small", say("fewer than {people} people served", people=below)
    return "large", say("{people} people served or more", people=below)


def _shares(round: SolvedRound, kind: Literal["region", "income_group", "size"], group: Group) -> list[GroupShare]:
    served = set(round.problem.pair_mentee[round.result.pairs].tolist())
    titles: dict[str, Sentence] = {}
    pool: dict[str, int] = {}
    reached: dict[str, int] = {}
    for at, row in enumerate(round.built.mentee_rows.tolist()):
        id, title = group(round, row)
        titles[id] = title
        pool[id] = pool.get(id, 0) + 1
        reached[id] = reached.get(id, 0) + (at in served)
    return [
        {
            "kind": kind,
            "group": id,
            "title_s": titles[id].to_json(),
            "mentees": pool[id],
            "served": reached[id],
            "share_of_pool": round_share(pool[id], sum(pool.values())),
            "share_of_served": round_share(reached[id], len(served)) if served else None,
        }
        for id in sorted(titles)
    ]


def round_share(part: int, whole: int) -> float:
    """A share with four decimals."""
    return float(np.round(part / whole, 4))


def _blocking(round: SolvedRound, pair: int) -> BlockingPair:
    problem = round.problem
    mentor, mentee = int(problem.pair_mentor[pair]), int(problem.pair_mentee[pair])
    ids = problem.mentor_ids[mentor], problem.mentee_ids[mentee]
    text = say(
        "{mentor} and {mentee} (fit {fit}) would both rather have each other: "
        "{mentor} {mentor_has}, {mentee} {mentee_has}.",
        mentor=round.name(ids[0]),
        mentee=round.name(ids[1]),
        fit=round_fit(round.fit(pair)),
        mentor_has=_has(round, problem.pair_mentor, mentor, problem.places, problem.pair_mentee, problem.mentee_ids),
        mentee_has=_has(round, problem.pair_mentee, mentee, problem.wanted, problem.pair_mentor, problem.mentor_ids),
    )
    return {
        "mentor": round.ref(ids[0]),
        "mentee": round.ref(ids[1]),
        "fit": round.fit(pair),
        "text_s": text.to_json(),
    }


def _has(round: SolvedRound, side: Ints, at: int, room: Ints, other: Ints, ids: tuple[str, ...]) -> Sentence:
    """What one side has now: room, or its worst partner."""
    mine = round.result.pairs[side[round.result.pairs] == at]
    if len(mine) < room[at]:
        return say("has room")
    worst = int(mine[np.argmin(fit_points(round)[mine])])
    partner = round.name(ids[other[worst]])
    return say("has {partner} with a fit of {fit}", partner=partner, fit=round_fit(round.fit(worst)))


def stable_policy(policy: Policy) -> Policy:
    """The policy with a stable pairing, which ranks by fit: ``best_fit`` joins the goals where it is not among them."""
    goals = policy.goals if "best_fit" in policy.goals else (*policy.goals[:-1], "best_fit", policy.goals[-1])
    return policy.model_copy(update={"name": f"{policy.name} (stable)", "goals": goals, "pairing": "stable"})


def _optimum(round: SolvedRound) -> Effect | None:
    """What the best proposal would be where the policy asks for the stable one; ``None`` where it asks for the best."""
    if round.policy.pairing == "best":
        return None
    result = usual_solver(round.policy.model_copy(update={"pairing": "best"}))(round.problem)
    verify(round.problem, result)
    return compared(round, round.built, result)


def _overstepped(limit: BuiltLimit, pairs: Ints) -> Sentence:
    """A limit that pairs do not keep, in the reader's figures."""
    use, title = limit.use(pairs), limit.row.title
    if limit.row.upper is not None and limit.row.amount(pairs) > limit.row.upper:
        return say(
            "“{limit}” comes to {used}; at most {most} is allowed.",
            limit=title,
            used=use["used"],
            most=use["upper"] or 0,
        )
    return say(
        "“{limit}” comes to {used}; at least {least} is asked.", limit=title, used=use["used"], least=use["lower"] or 0
    )


def _stable(round: SolvedRound, points: Ints) -> StableSolution:
    """The stable matching put to the solver with its pairs fixed and without limits, so that its goals are exact."""
    problem = round.problem
    pairs = stable_pairs(problem, points)
    fixed = replace(fixed_to(problem, pairs), limits=(), minimum_load=np.zeros_like(problem.minimum_load))
    broken = [_overstepped(limit, pairs) for limit in round.built.limits if not limit.row.kept_by(pairs)]
    loads = np.bincount(problem.pair_mentor[pairs], minlength=len(problem.mentor_ids))
    broken += [
        say("{mentor} has fewer mentees than the least it asks for.", mentor=round.name(problem.mentor_ids[mentor]))
        for mentor in np.flatnonzero(loads < problem.minimum_load).tolist()
    ]
    try:
        result = round.solver(fixed)
    except NothingFeasible:
        # Needs and staff-days are no part of stability, so the stable pairs may have none left for each other.
        shared = say("Its pairs would work on the same needs, or use more staff-days than there are.")
        return {
            "pairs": len(pairs),
            "allowed": False,
            "broken": [each.to_json() for each in (*broken, shared)],
            "effect": infeasible([shared]),
        }
    verify(fixed, result)
    return {
        "pairs": len(pairs),
        "allowed": not broken,
        "broken": [each.to_json() for each in broken],
        "effect": compared(round, round.built, result),
    }
