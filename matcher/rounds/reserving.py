"""Each mentee's mentors in reserve, ranked by what the round would lose if one of them took over.

In a round that is small enough every loss is solved for and verified (``matcher.explain.alternates``); in a larger one
the order rests on an estimate, and the list says so: the reduced costs of the relaxation where the solve left prices,
else the points of a pair less those of the weakest pairs it would take the place of.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from matcher.build import Built
from matcher.result import Result

RESERVES = 3
"""So many mentors are kept in reserve for each mentee."""
EXACT_MENTEES, EXACT_PAIRS = 40, 2_000
"""Up to so many mentees and eligible pairs every loss is solved for: some dozens of small questions."""

Basis = Literal["fit", "prices", "points", "exact"]


@dataclass(slots=True)
class Reserves:
    """By mentee id: (mentor id, fit, capabilities) of each, best first; and what the round loses, where solved for."""

    basis: Basis
    lists: dict[str, list[list[Any]]] = field(default_factory=dict)
    losses: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


def reserves_of(built: Built, result: Result, seed: int = 0) -> Reserves:
    """The reserve lists of a verified result."""
    problem = built.problem
    if len(problem.mentee_ids) <= EXACT_MENTEES and problem.pair_count <= EXACT_PAIRS and result.proven:
        return _exact(built, result, seed)
    return _estimated(built, result)


def _exact(built: Built, result: Result, seed: int) -> Reserves:
    from matcher.explain.alternates import alternates
    from matcher.explain.round import SolvedRound, usual_solver

    round = SolvedRound(built, result, usual_solver(built.policy, seed))
    round.solver(built.problem)  # what is asked next is answered from its prices and basis
    found = Reserves("exact")
    for mentee in built.problem.mentee_ids:
        for each in alternates(round, mentee, RESERVES)["alternates"]:
            pair = round.pair_at(each["mentor"]["id"], mentee)
            if pair is not None and each["effect"]["feasible"] and not built.problem.pinned[pair]:
                found.lists.setdefault(mentee, []).append(_entry(built, pair))
                found.losses.setdefault(mentee, []).append(each["effect"]["text_s"])
    return found


def _estimated(built: Built, result: Result) -> Reserves:
    from matcher.explain.round import SolvedRound, usual_solver
    from matcher.explain.screen import worth

    problem = built.problem
    promise = worth(SolvedRound(built, result, usual_solver(built.policy)))
    free = ~problem.forbidden & ~problem.pinned
    free[result.pairs] = False
    pairs = np.flatnonzero(free)
    pairs = pairs[np.lexsort((pairs, -built.pair_fit[pairs], -promise[pairs], problem.pair_mentee[pairs]))]
    mentees = problem.pair_mentee[pairs]
    rank = np.arange(len(pairs)) - np.searchsorted(mentees, mentees)
    found = Reserves("prices" if result.prices is not None else "points")
    for pair in pairs[rank < RESERVES].tolist():
        found.lists.setdefault(problem.mentee_ids[problem.pair_mentee[pair]], []).append(_entry(built, pair))
    return found


def _entry(built: Built, pair: int) -> list[Any]:
    problem = built.problem
    first, last = np.searchsorted(problem.cover_pair, [pair, pair + 1])
    needs = [built.needs[at].capability for at in problem.cover_need[first:last].tolist()]
    return [problem.mentor_ids[problem.pair_mentor[pair]], round(float(built.pair_fit[pair]), 4), needs]
