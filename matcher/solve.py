"""The one function that answers a problem: ``solve(problem, policy, seed) -> Result``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from graph.errors import BadInput
from graph.sentences import say
from matcher.feasibility import check_possible, explain_impossible
from matcher.flow import flow_applies, solve_by_flow
from matcher.goals import Found, Progress, Stop
from matcher.problem import Problem
from matcher.problem_check import check_problem
from matcher.result import Result
from matcher.versions import versions
from matcher.whole import solve_whole

Method = Literal["auto", "flow", "price", "whole"]

WHOLE_UP_TO = 5_000
"""With so few pairs, the method "auto" solves the whole model where price and fix ends without a proof."""


@dataclass(frozen=True, slots=True)
class SolvePolicy:
    """How to solve: ``auto`` takes the flow where it applies and price and fix otherwise.

    ``time_limit`` is in seconds; at the limit the best found comes with its proven bound.
    """

    method: Method = "auto"
    time_limit: float | None = None


def solve(
    problem: Problem,
    policy: SolvePolicy,
    seed: int,
    *,
    progress: Callable[[str, float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    found: Found | None = None,
) -> Result:
    """The best answer to a problem, proven where every goal says so. Same arguments and versions: same bytes.

    ``found`` is told of the best value known and the proven bound of a goal as they improve.
    Only a time limit that is actually reached may make two runs differ (the clock then ends the search).
    Raises ``BadInput`` for a malformed problem or a method that does not apply, ``NothingFeasible`` with the
    reasons where pins, forbids, floors and minimum loads clash, ``TooLarge`` where the time was too short for
    any answer, ``Cancelled``.
    """
    check_problem(problem)
    if policy.time_limit is not None and not policy.time_limit > 0:
        raise BadInput(say("The time limit must be above 0 seconds."))
    check_possible(problem)
    method = _method(problem, policy.method)
    with explain_impossible(problem):
        if method == "price":
            result = _by_price(problem, policy, seed, progress, cancelled, found)
            if result is not None:
                return result
            method = "whole"
        answer = (
            solve_by_flow(problem, progress=progress, cancelled=cancelled)
            if method == "flow"
            else solve_whole(
                problem, seed=seed, time_limit=policy.time_limit, progress=progress, cancelled=cancelled, found=found
            )
        )
    return Result(
        pairs=np.flatnonzero(answer.chosen.pairs),
        covers=np.flatnonzero(answer.chosen.covers),
        goals=answer.goals,
        method=method,
        seed=seed,
        input_hash=problem.input_hash,
        versions=versions(),
        prices=answer.prices,
    )


def _by_price(
    problem: Problem,
    policy: SolvePolicy,
    seed: int,
    progress: Progress | None,
    cancelled: Stop | None,
    found: Found | None,
) -> Result | None:
    """What price and fix brings; ``None`` where it could not prove its answer, but the whole model soon can.

    That happens where points of very different sizes meet and the floats of a relaxation no longer tell them apart.
    """
    from matcher.price_and_fix import solve_by_price

    again = policy.method == "auto" and policy.time_limit is None and problem.pair_count <= WHOLE_UP_TO
    try:
        result = solve_by_price(
            problem, seed=seed, time_limit=policy.time_limit, progress=progress, cancelled=cancelled, found=found
        )
    except BadInput:  # points too large for its arithmetic, or nothing found
        if not again:
            raise
        return None
    return result if result.proven or not again else None


def _method(problem: Problem, asked: Method) -> Literal["flow", "price", "whole"]:
    if asked == "auto":
        return "flow" if flow_applies(problem) else "price"
    if asked == "flow" and not flow_applies(problem):
        raise BadInput(
            say("The method “flow” cannot be used: limits, staff-days or shared needs couple the pairs."),
            say("Use the method “auto”."),
        )
    return asked
