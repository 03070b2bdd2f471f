"""Points of a frontier found by weights alone: those on its hull, each of them as good as proven by its weights.

The dichotomic search of Aneja and Nair (1979): the weights for which two neighbours are worth the same are
put to the solver; what it finds is either worth more (a new point between the two), or no point is.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from math import gcd

from graph.sentences import say
from matcher.problem import Goal, Problem
from matcher.result import Result
from matcher.verify import verify
from matcher.what_if import Solver


def supported_results(
    problem: Problem, first: Result, last: Result, most: int, *, solver: Solver
) -> tuple[list[Result], bool]:
    """Results on the hull between the two ends of the problem's first two goals; the first goal falls.

    At most ``most``, the widest gaps asked about first come, first served. Never complete, for points inside the hull
    are not looked for; complete only where the ends are one.
    """
    goals = problem.goals[:2]

    def at(result: Result) -> tuple[int, int]:
        return reached_by(result, goals[0]), reached_by(result, goals[1])

    found = {at(first): first, at(last): last}
    gaps = deque([(at(first), at(last))] if len(found) == 2 else [])
    while gaps and len(found) < most:
        left, right = gaps.popleft()
        weights = right[1] - left[1], left[0] - right[0]
        result = solved_and_verified(_weighted(problem, *weights), solver)
        point = at(result)
        if weights[0] * point[0] + weights[1] * point[1] > weights[0] * left[0] + weights[1] * left[1]:
            found[point] = result
            gaps += [(left, point), (point, right)]
    return [found[point] for point in sorted(found, reverse=True)], len(found) == 1


def reached_by(result: Result, goal: Goal) -> int:
    """What a result reaches of a goal, counted."""
    return int(goal.pair_values[result.pairs].sum() + goal.cover_values[result.covers].sum())


def solved_and_verified(problem: Problem, solver: Solver) -> Result:
    """The problem's answer, checked."""
    result = solver(problem)
    verify(problem, result)
    return result


def _weighted(problem: Problem, one: int, other: int) -> Problem:
    """The problem with the weighted sum of its first two goals first; ties go to the first goal."""
    common = gcd(one, other)
    one, other = one // common, other // common
    first, second = problem.goals[:2]
    both = Goal(
        "weighted",
        say("{first} and {second}, weighted", first=first.title, second=second.title),
        one * first.pair_values + other * second.pair_values,
        one * first.cover_values + other * second.cover_values,
    )
    return replace(problem, goals=(both, first, *problem.goals[2:]))
