"""A result as JSON: by the ids of its problem, with what is proven, why mentees stay unmatched, and prices."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graph.sentences import Sentence, say
from matcher.goals import last_real_goal
from matcher.problem import Problem
from matcher.result import Result
from matcher.standing import Standing
from matcher.verify import Verified

FORM = "wop-result/1"
MENTORS_NAMED = 3
"""So many of the mentors that are taken are named, the best for the goals first."""

REASONS: dict[str, Sentence] = {
    "wants_none": say("It wants no mentor."),
    "no_pair": say("No mentor is eligible."),
    "forbidden": say("All its pairs are forbidden."),
    "limit": say("A mentor has room, but a limit leaves none for the pair."),
    "outbid": say("The places or staff-days of all its mentors are taken."),
    "no_gain": say("A mentor has room, but the pair would not raise the goals."),
    "stopped": say("A mentor has room; the search was stopped before it could use it."),
}
"""The codes of mentees without a mentor, first that applies."""


def result_json(problem: Problem, result: Result, verified: Verified) -> dict[str, Any]:
    """The stable JSON form of a verified result; the same arguments give the same bytes."""
    state = Standing(problem, result)
    needs: dict[int, list[str]] = {}
    for cover in result.covers.tolist():
        needs.setdefault(int(problem.cover_pair[cover]), []).append(problem.need_ids[problem.cover_need[cover]])
    served = np.unique(problem.pair_mentee[result.pairs])
    return {
        "form": FORM,
        "status": "optimal" if result.proven else "feasible",
        "method": result.method,
        "seed": result.seed,
        "totals": {
            "mentors": len(problem.mentor_ids),
            "mentees": len(problem.mentee_ids),
            "eligible_pairs": problem.pair_count,
            "pairs": len(result.pairs),
            "served": len(served),
        },
        "goals": [
            {
                "id": goal.id,
                "title": str(asked.title),
                "value": goal.value,
                "bound": goal.bound,
                "gap": goal.gap,
                "proven": goal.proven,
            }
            for asked, goal in zip(problem.goals, result.goals, strict=True)
        ],
        "limits": [
            {"id": limit.id, "title": str(limit.title), "lower": limit.lower, "upper": limit.upper, "used": used}
            for limit, used in zip(problem.limits, state.amounts, strict=True)
        ],
        "pairs": [
            {
                "mentor": problem.mentor_ids[problem.pair_mentor[pair]],
                "mentee": problem.mentee_ids[problem.pair_mentee[pair]],
                "needs": needs.get(pair, []),
                "pinned": bool(problem.pinned[pair]),
            }
            for pair in result.pairs.tolist()
        ],
        "unmatched": [
            _unmatched(state, mentee) for mentee in np.setdiff1d(np.arange(len(problem.mentee_ids)), served).tolist()
        ],
        "prices": _prices(problem, result),
        "verification": {"passed": True, "checks": [str(check) for check in verified.checks]},
        "versions": dict(sorted(result.versions.items())),
        "input_hash": result.input_hash,
    }


def result_text(form: dict[str, Any]) -> str:
    """The text of a result file."""
    return json.dumps(form, ensure_ascii=False, indent=1) + "\n"


def _unmatched(state: Standing, mentee: int) -> dict[str, Any]:
    """A mentee without a mentor and its reason, found by adding each of its pairs to the result."""
    problem = state.problem
    pairs = state.pairs_of(mentee)
    usable = pairs[~problem.forbidden[pairs]]
    left: dict[str, Any] = {"mentee": problem.mentee_ids[mentee], "eligible_mentors": len(pairs), "reason": "outbid"}
    if problem.wanted[mentee] == 0:
        return {**left, "reason": "wants_none"}
    if not len(usable):
        return {**left, "reason": "forbidden" if len(pairs) else "no_pair"}
    # Best for the goals first, so that the first pair that a limit holds back is the one that counts.
    usable = usable[np.lexsort((usable, *(-goal.pair_values[usable] for goal in reversed(problem.goals))))]
    mentors = problem.pair_mentor[usable]
    with_places = usable[state.load[mentors] < problem.places[mentors]]
    with_room = [pair for pair in with_places.tolist() if state.mentor_has_room(pair)]
    raising = [pair for pair in with_room if state.raises_goals(pair)]
    for pair in raising:
        if against := state.limits_against(pair):
            mentor = problem.mentor_ids[problem.pair_mentor[pair]]
            return {**left, "reason": "limit", "mentor": mentor, "limits": [problem.limits[at].id for at in against]}
    if with_room:
        pair = (raising or with_room)[0]
        mentor = problem.mentor_ids[problem.pair_mentor[pair]]
        return {**left, "reason": "stopped" if raising else "no_gain", "mentor": mentor}
    return {**left, "taken": [_taken(state, pair) for pair in usable[:MENTORS_NAMED].tolist()]}


def _taken(state: Standing, pair: int) -> dict[str, Any]:
    """A mentor without room, what it lacks, and whom it has."""
    problem, mentor = state.problem, int(state.problem.pair_mentor[pair])
    partners = state.result.pairs[problem.pair_mentor[state.result.pairs] == mentor]
    return {
        "mentor": problem.mentor_ids[mentor],
        "lacks": "places" if state.load[mentor] >= problem.places[mentor] else "staff_days",
        "has": [problem.mentee_ids[problem.pair_mentee[other]] for other in partners.tolist()],
    }


def _prices(problem: Problem, result: Result) -> dict[str, Any] | None:
    """Prices that are not zero, by id, and the goal whose points they count; ``None`` where none were computed."""
    if result.prices is None:
        return None
    limit_ids = [limit.id for limit in problem.limits]
    return {
        "goal": problem.goals[last_real_goal(problem.goals)].id,
        "places": _by_id(problem.mentor_ids, result.prices.places),
        "limits": _by_id(limit_ids, result.prices.limits),
        "mentees": _by_id(problem.mentee_ids, result.prices.mentees),
    }


def _by_id(ids: Sequence[str], prices: NDArray[np.float64]) -> dict[str, float]:
    rounded = np.round(prices, 4)
    return {id: float(price) for id, price in zip(ids, rounded, strict=True) if price}
