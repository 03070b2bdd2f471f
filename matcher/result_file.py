"""A result as JSON: by the ids of its problem, with what is proven, why mentees stay unmatched, and prices."""

from __future__ import annotations

from typing import Any

import numpy as np

from matcher.problem import Problem
from matcher.result import Result
from matcher.verify import verify

FORM = "wop-result/1"


def result_json(problem: Problem, result: Result) -> dict[str, Any]:
    """The stable JSON form of a result. Verifies it first; raises ``Unverified``."""
    verified = verify(problem, result)
    needs: dict[int, list[str]] = {}
    for cover in result.covers.tolist():
        need = problem.need_ids[int(problem.cover_need[cover])]
        needs.setdefault(int(problem.cover_pair[cover]), []).append(need)
    return {
        "form": FORM,
        "status": "optimal" if result.proven else "feasible",
        "method": result.method,
        "seed": result.seed,
        "goals": [
            {"id": goal.id, "value": goal.value, "bound": goal.bound, "gap": goal.gap, "proven": goal.proven}
            for goal in result.goals
        ],
        "pairs": [
            {
                "mentor": problem.mentor_ids[int(problem.pair_mentor[pair])],
                "mentee": problem.mentee_ids[int(problem.pair_mentee[pair])],
                "needs": needs.get(pair, []),
            }
            for pair in result.pairs.tolist()
        ],
        "unmatched": _unmatched(problem, result),
        "prices": _prices(problem, result),
        "verification": {"passed": True, "checks": [str(check) for check in verified.checks]},
        "versions": dict(sorted(result.versions.items())),
        "input_hash": result.input_hash,
    }


def _unmatched(problem: Problem, result: Result) -> list[dict[str, str]]:
    """Mentees without any pair, each with a code: ``wants_none``, ``no_pair``, ``all_forbidden``, ``mentors_full``
    (every allowed mentor is), ``not_worth_it`` (some mentor has room, but limits, staff-days or goals speak against).
    """
    mentees = len(problem.mentee_ids)
    matched = np.bincount(problem.pair_mentee[result.pairs], minlength=mentees) > 0
    pairs = np.bincount(problem.pair_mentee, minlength=mentees)
    open_pairs = ~problem.forbidden
    allowed = np.bincount(problem.pair_mentee[open_pairs], minlength=mentees)
    load = np.bincount(problem.pair_mentor[result.pairs], minlength=len(problem.mentor_ids))
    room = (load < problem.places)[problem.pair_mentor] & open_pairs
    with_room = np.bincount(problem.pair_mentee[room], minlength=mentees)
    listed = []
    for mentee in np.flatnonzero(~matched).tolist():
        if problem.wanted[mentee] == 0:
            reason = "wants_none"
        elif not pairs[mentee]:
            reason = "no_pair"
        elif not allowed[mentee]:
            reason = "all_forbidden"
        else:
            reason = "not_worth_it" if with_room[mentee] else "mentors_full"
        listed.append({"mentee": problem.mentee_ids[mentee], "reason": reason})
    return listed


def _prices(problem: Problem, result: Result) -> dict[str, dict[str, float]] | None:
    """Prices above zero, by id; ``None`` where none were computed."""
    if result.prices is None:
        return None
    limit_ids = tuple(limit.id for limit in problem.limits)
    return {
        name: {id: float(price) for id, price in zip(ids, prices.tolist(), strict=False) if price > 0}
        for name, ids, prices in (
            ("places", problem.mentor_ids, result.prices.places),
            ("limits", limit_ids, result.prices.limits),
            ("mentees", problem.mentee_ids, result.prices.mentees),
        )
    }
