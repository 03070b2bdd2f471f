"""The best few whole proposals: each the best that differs from all before it.

After each proposal S a row cuts it off: ``sum of y over S - sum of y over the other pairs <= |S| - d``, where d is in
how many pairs proposals must differ (pairs that only one of the two has). With d = 1 exactly S itself is cut off, so
the values never rise and no proposal between two of the list is missed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypedDict

import numpy as np

from graph.errors import NothingFeasible
from graph.sentences import say
from matcher.document import SentenceJson
from matcher.explain.effects import Effect, compared
from matcher.explain.round import SolvedRound
from matcher.problem import Ints, Limit, Problem
from matcher.result import Result
from matcher.verify import verify
from matcher.what_if import Solver


class BestProposal(TypedDict):
    """A proposal by its place, how it differs from the first, and how many of its pairs the first does not have."""

    place: int
    pairs: int
    new_pairs: int
    effect: Effect


class BestProposals(TypedDict):
    """The best proposals; ``complete`` where no other exists that is as different."""

    apart: int
    complete: bool
    proposals: list[BestProposal]
    text_s: SentenceJson


def best_proposals(round: SolvedRound, count: int = 3, apart: int = 1) -> BestProposals:
    """The ``count`` best proposals that differ from each other in at least ``apart`` pairs, the best first."""
    results = best_results(round.problem, round.result, count, apart, solver=round.solver)
    first = round.result.pairs
    if len(results) == 1:
        text = say("There is no other proposal.") if count > 1 else say("The best proposal.")
    elif len(results) < count:
        text = say("There are only {count} proposals.", count=len(results))
    else:
        text = say("The {count} best proposals.", count=len(results))
    return {
        "apart": apart,
        "complete": len(results) < count,
        "proposals": [
            {
                "place": place,
                "pairs": len(result.pairs),
                "new_pairs": len(np.setdiff1d(result.pairs, first)),
                "effect": compared(round, round.built, result),
            }
            for place, result in enumerate(results, start=1)
        ],
        "text_s": text.to_json(),
    }


def best_results(problem: Problem, best: Result, count: int, apart: int = 1, *, solver: Solver) -> list[Result]:
    """``best`` and the next best results, verified; fewer than ``count`` where there are no more.

    Raises ``ValueError`` where ``count`` or ``apart`` is below 1.
    """
    if count < 1 or apart < 1:
        raise ValueError("count and apart are at least 1")
    results = [best]
    while len(results) < count:
        problem = replace(problem, limits=(*problem.limits, _cut(problem, results[-1].pairs, len(results), apart)))
        try:
            result = solver(problem)
        except NothingFeasible:
            break
        verify(problem, result)
        results.append(result)
    return results


def _cut(problem: Problem, pairs: Ints, place: int, apart: int) -> Limit:
    coefficients = np.full(problem.pair_count, -1, dtype=np.int64)
    coefficients[pairs] = 1
    title = say("Other than proposal {place}", place=place)
    return Limit(f"other than {place}", title, np.arange(problem.pair_count), coefficients, upper=len(pairs) - apart)
