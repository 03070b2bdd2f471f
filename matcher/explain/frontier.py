"""The frontier between two goals: how much of one must be given up for more of the other; each point proven.

Epsilon constraints (Haimes, Lasdon and Wismer 1971) with both goals in order at each point: with the second goal held
at least at some value, the first is maximised, then the second. Such a point cannot be bettered in one goal
without losing in the other. The next point asks for one step more of the second than the last one reached.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypedDict

import numpy as np

from graph.errors import BadInput, UnknownName
from graph.sentences import say
from matcher.build import build_problem
from matcher.document import SentenceJson
from matcher.explain.round import SolvedRound
from matcher.explain.supported_points import reached_by, solved_and_verified, supported_results
from matcher.fold import fold
from matcher.policy import GOALS
from matcher.problem import STABLE, Goal, Limit, Problem
from matcher.result import Result
from matcher.what_if import Solver


class FrontierGoal(TypedDict):
    """One of the two goals."""

    id: str
    title_s: SentenceJson


class FrontierPoint(TypedDict):
    """Values of both goals, in the order asked; ``pairs`` is how many pairs are proposed there."""

    first: int
    second: int
    pairs: int
    proven: bool


class Frontier(TypedDict):
    """Points with ``first`` falling and ``second`` rising; ``complete``: no further point lies between."""

    first: FrontierGoal
    second: FrontierGoal
    complete: bool
    points: list[FrontierPoint]
    text_s: SentenceJson


def frontier(round: SolvedRound, first: str, second: str, most: int = 12) -> Frontier:
    """The frontier between two goals (ids a policy may list) under the round's rules and limits, both ends included.

    At most about ``most`` points, evenly spread where there are more; where both goals count needs that compete (for
    staff-days, or among several mentors), the points on the frontier's hull. Raises ``UnknownName`` for a goal that
    does not exist, ``BadInput`` where the two are the same.
    """
    for id in (first, second):
        if id not in GOALS or id == STABLE:
            raise UnknownName(say("goal"), id, [goal for goal in GOALS if goal != STABLE])
    if first == second:
        raise BadInput(say("A frontier lies between two different goals."), say("Name two different goals."))
    if round.policy.pairing == "stable":
        raise BadInput(
            say("Under a stable pairing there is one proposal, so no goal can be traded for another."),
            say("Ask about a round whose policy has pairing = “best”."),
        )
    policy = round.policy.model_copy(update={"goals": (first, second, STABLE)})
    problem = build_problem(round.network, round.built.participants, policy).problem
    titles = {goal.id: goal.title for goal in problem.goals}
    results, complete = frontier_results(problem, most, solver=round.solver)
    points: list[FrontierPoint] = [
        {
            "first": reached_by(result, problem.goals[0]),
            "second": reached_by(result, problem.goals[1]),
            "pairs": len(result.pairs),
            "proven": result.proven,
        }
        for result in results
    ]
    if len(points) == 1:
        text = say(
            "“{first}” and “{second}” do not conflict: one proposal has the most of both.",
            first=titles[first],
            second=titles[second],
        )
    else:
        text = say(
            "From {low} to {high} of “{second}” costs {cost} of “{first}”.",
            low=points[0]["second"],
            high=points[-1]["second"],
            second=titles[second],
            cost=points[0]["first"] - points[-1]["first"],
            first=titles[first],
        )
    return {
        "first": {"id": first, "title_s": titles[first].to_json()},
        "second": {"id": second, "title_s": titles[second].to_json()},
        "complete": complete,
        "points": points,
        "text_s": text.to_json(),
    }


def frontier_results(problem: Problem, most: int, *, solver: Solver) -> tuple[list[Result], bool]:
    """Verified results along the frontier of the problem's first two goals (the rest break ties), and whether all.

    The first goal falls from result to result.
    """
    ends = [solved_and_verified(_in_order(problem, *order), solver) for order in ((0, 1), (1, 0))]
    held = _countable(problem)
    if held is None:
        return supported_results(problem, ends[0], ends[1], most, solver=solver)
    ordered = _in_order(problem, 1 - held, held)
    goal = problem.goals[held]
    results = [ends[1 - held]] if held == 0 else [ends[0]]
    reached, high = reached_by(results[0], goal), reached_by(ends[1] if held else ends[0], goal)
    step = max(1, -(-(high - reached) // max(1, most - 1)))
    while reached < high:
        row = _at_least(ordered, goal.id, min(reached + step, high))
        results.append(solved_and_verified(replace(ordered, limits=(*ordered.limits, row)), solver))
        reached = reached_by(results[-1], goal)
    return (results if held else results[::-1]), step == 1


def frontier_svg(
    frontier: Frontier,
    width: int = 480,
    height: int = 320,
    number: Callable[[float], str] = "{:,}".format,
    upwards: Callable[[float], str] | None = None,
) -> str:
    """The frontier as an SVG picture, without inline style: points joined by a line, axes marked with the goals' ends.

    ``number`` writes a number as the reader does, ``upwards`` those of the upright axis where they differ; nothing
    else in the picture is text.
    """
    upright = upwards or number
    left, bottom, pad = 70, 40, 16
    xs = [point["second"] for point in frontier["points"]]
    ys = [point["first"] for point in frontier["points"]]

    def across(value: int) -> float:
        return round(left + (width - left - pad) * _share(value, xs), 1)

    def down(value: int) -> float:
        return round(pad + (height - bottom - pad) * (1 - _share(value, ys)), 1)

    dots = "".join(
        f'<circle class="frontier-point" cx="{across(x)}" cy="{down(y)}" r="4">'
        f"<title>{number(x)}; {upright(y)}</title></circle>"
        for x, y in zip(xs, ys, strict=True)
    )
    line = " ".join(f"{across(x)},{down(y)}" for x, y in zip(xs, ys, strict=True))
    floor, right = height - bottom, width - pad
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="frontier" viewBox="0 0 {width} {height}" role="img">'
        f'<path class="frontier-axes" fill="none" stroke="currentColor" d="M{left} {pad}V{floor}H{right}"/>'
        f'<polyline class="frontier-line" fill="none" stroke="currentColor" points="{line}"/>{dots}'
        f'<text x="{left}" y="{floor + 16}">{number(min(xs))}</text>'
        f'<text x="{right}" y="{floor + 16}" text-anchor="end">{number(max(xs))}</text>'
        f'<text x="{left - 6}" y="{floor}" text-anchor="end">{upright(min(ys))}</text>'
        f'<text x="{left - 6}" y="{pad + 10}" text-anchor="end">{upright(max(ys))}</text></svg>'
    )


def _share(value: int, values: list[int]) -> float:
    least, most = min(values), max(values)
    return 0.5 if least == most else (value - least) / (most - least)


def _countable(problem: Problem) -> int | None:
    """Which of the two goals can be held by a row, because it can be counted by pairs; the second if both can."""
    for held in (1, 0):
        folded = fold(_in_order(problem, 1 - held, held)).problem
        if not next(goal for goal in folded.goals if goal.id == problem.goals[held].id).cover_values.any():
            return held
    return None


def _in_order(problem: Problem, *order: int) -> Problem:
    goals = problem.goals
    return replace(problem, goals=(*(goals[at] for at in order), *goals[2:]))


def _at_least(problem: Problem, id: str, value: int) -> Limit:
    goal: Goal = next(goal for goal in fold(problem).problem.goals if goal.id == id)
    pairs = np.flatnonzero(goal.pair_values)
    return Limit(f"at least {id}", goal.title, pairs, goal.pair_values[pairs], lower=value)
