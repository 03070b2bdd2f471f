"""The one function that answers a problem: ``solve(problem, policy, seed) -> Result``."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from graph.errors import BadInput, TooLarge
from graph.sentences import say
from matcher.clash import explain_impossible
from matcher.feasibility import check_possible
from matcher.flow import FlowAnswer, flow_applies, solve_by_flow
from matcher.goals import Found, Progress, SoFar, Stop
from matcher.parts import Part, joined, parts_of
from matcher.problem import Problem
from matcher.problem_check import check_problem
from matcher.result import Result
from matcher.versions import versions
from matcher.whole import WholeAnswer, solve_whole
from matcher.work import Work

Method = Literal["auto", "flow", "price", "whole"]

WHOLE_UP_TO = 5_000
"""With so few pairs, the whole model is solved where price and fix ends without a proof."""


@dataclass(frozen=True, slots=True)
class SolvePolicy:
    """How to solve: ``auto`` takes the flow where it applies and price and fix otherwise, part by part.

    ``price`` falls over to the whole model where a small part ends without a proof. ``time_limit`` is in seconds,
    ``work_limit`` in units of ``matcher.work``; at a limit the best found comes with its proven bound.
    """

    method: Method = "auto"
    time_limit: float | None = None
    work_limit: float | None = None


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
    Only a time limit that is actually reached may make two runs differ (the clock then ends the search); a limit of
    work never does.
    Raises ``BadInput`` for a malformed problem or a method that does not apply, ``NothingFeasible`` with the
    reasons where pins, forbids, floors and minimum loads clash, ``TooLarge`` where the time was too short for
    any answer, ``Cancelled``.
    """
    check_problem(problem)
    if policy.time_limit is not None and not policy.time_limit > 0:
        raise BadInput(say("The time limit must be above 0 seconds."))
    if policy.work_limit is not None and not policy.work_limit > 0:
        raise BadInput(say("The limit of work must be above 0 units."))
    check_possible(problem)
    flow = flow_applies(problem)
    if policy.method == "flow" and not flow:
        raise BadInput(
            say("The method “flow” cannot be used: limits, staff-days or shared needs couple the pairs."),
            say("Use the method “auto”."),
        )
    watchers = _Watchers(progress, cancelled, found)
    with explain_impossible(problem, cancelled):
        if flow and policy.method in ("auto", "flow"):
            return _solve(problem, policy, seed, watchers, Work())
        parts = parts_of(problem)
        result = joined(problem, parts, _solve_each(parts, policy, seed, watchers), seed)
    if not len(result.pairs) and not result.proven:
        # Nobody paired may be possible, but is no answer to anybody.
        if policy.time_limit is not None:
            raise TooLarge(
                say("No proposal was found within {seconds} seconds.", seconds=policy.time_limit),
                say("Allow more time (time_limit)."),
            )
        if policy.work_limit is not None:
            raise TooLarge(
                say("No proposal was found within {units} units of work.", units=policy.work_limit),
                say("Allow more work (work_limit)."),
            )
    return result


@dataclass(frozen=True, slots=True)
class _Watchers:
    """Who is told of the work, and who may stop it."""

    progress: Progress | None
    cancelled: Stop | None
    found: Found | None

    def of_part(self, done: float, share: float, earlier: Sequence[Result], last: bool) -> _Watchers:
        """For one part, whose progress is a ``share`` of all after ``done``.

        Only the last part, the largest, tells of values: those of the whole, as the earlier parts are proven.
        """
        progress, found = self.progress, self.found
        if not last or not all(result.proven for result in earlier):
            found = None
        return _Watchers(
            None if progress is None else lambda text, part: progress(text, done + share * part),
            self.cancelled,
            None if found is None else lambda so_far: found(_with(earlier, so_far)),
        )


def _with(earlier: Sequence[Result], so_far: SoFar) -> SoFar:
    """What one part found, with what the others reached."""
    rest = sum(goal.value for result in earlier for goal in result.goals if goal.id == so_far.goal_id)
    value, bound = (None if number is None else number + rest for number in (so_far.value, so_far.bound))
    return replace(so_far, value=value, bound=bound)


def _solve_each(parts: Sequence[Part], policy: SolvePolicy, seed: int, watchers: _Watchers) -> list[Result]:
    """Part by part, smallest first; each has a share of the time and work left by its pairs."""
    ends = None if policy.time_limit is None else time.monotonic() + policy.time_limit
    open_pairs = sum(part.problem.pair_count for part in parts)
    every, results, work_left = open_pairs, list[Result](), policy.work_limit
    for part in parts:
        own = part.problem.pair_count
        if ends is not None:
            policy = replace(policy, time_limit=max((ends - time.monotonic()) * own / open_pairs, 1e-3))
        work = Work(None if work_left is None else max(work_left * own / open_pairs, 1e-6))
        within = watchers.of_part(1 - open_pairs / every, own / every, results, part is parts[-1])
        results.append(_solve(part.problem, policy, seed, within, work))
        work_left = None if work_left is None else work_left - work.done
        open_pairs -= own
    return results


def _solve(problem: Problem, policy: SolvePolicy, seed: int, watchers: _Watchers, work: Work) -> Result:
    if policy.method == "whole":
        return _by_whole(problem, policy.time_limit, seed, watchers, work)
    if policy.method == "flow" or (policy.method == "auto" and flow_applies(problem)):
        answer = solve_by_flow(problem, progress=watchers.progress, cancelled=watchers.cancelled)
        return _result(problem, answer, "flow", seed)
    return _by_price(problem, policy.time_limit, seed, watchers, work)


def _by_whole(problem: Problem, time_limit: float | None, seed: int, watchers: _Watchers, work: Work) -> Result:
    answer = solve_whole(
        problem,
        seed=seed,
        time_limit=time_limit,
        work=work,
        progress=watchers.progress,
        cancelled=watchers.cancelled,
        found=watchers.found,
    )
    return _result(problem, answer, "whole", seed)


def _result(problem: Problem, answer: FlowAnswer | WholeAnswer, method: Literal["flow", "whole"], seed: int) -> Result:
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


def _by_price(problem: Problem, time_limit: float | None, seed: int, watchers: _Watchers, work: Work) -> Result:
    """Price and fix, and the whole model where that ends without a proof but the whole model soon has one.

    That happens where points of very different sizes meet and the floats of a relaxation no longer tell them apart.
    """
    from matcher.price_and_fix import solve_by_price

    ends = None if time_limit is None else time.monotonic() + time_limit
    small = problem.pair_count <= WHOLE_UP_TO
    first: Result | None = None
    try:
        first = solve_by_price(
            problem,
            seed=seed,
            time_limit=time_limit,
            work=work,
            progress=watchers.progress,
            cancelled=watchers.cancelled,
            found=watchers.found,
        )
    except (BadInput, TooLarge):  # points too large for its arithmetic, or nothing found
        if not small:
            raise
    left = None if ends is None else ends - time.monotonic()
    over = any(each is not None and each <= 0 for each in (left, work.left))
    if first is not None and (first.proven or not small or over):
        return first
    try:
        second = _by_whole(problem, None if left is None else max(left, 1e-3), seed, watchers, work)
    except TooLarge:
        if first is None:
            raise
        return first
    return first if first is not None and _values(first) > _values(second) else second


def _values(result: Result) -> list[int]:
    return [goal.value for goal in result.goals]
