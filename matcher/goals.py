"""Goals in their order: each is settled before the next, and what it reached is kept from then on.

A kernel brings one function, a *step*, that improves one goal while keeping what earlier goals reached;
``in_order`` calls it goal after goal and keeps the books (best choice so far, value and proven bound).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from graph.errors import Cancelled, TooLarge, WopError
from graph.sentences import Sentence, say
from matcher.feasibility import best_within
from matcher.problem import STABLE, Flags, Goal, Problem
from matcher.result import GoalValue

Progress: TypeAlias = Callable[[str, float], None]
Stop: TypeAlias = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class SoFar:
    """How far the search for one goal has come: the best value known and a proven bound, in points; either may lack."""

    goal: Sentence
    value: int | None
    bound: int | None
    goal_id: str


Found: TypeAlias = Callable[[SoFar], None]


@dataclass(frozen=True, eq=False)
class Chosen:
    """A choice: ``pairs`` bool[P], ``covers`` bool[C]."""

    pairs: Flags
    covers: Flags

    def value(self, goal: Goal) -> int:
        """What a goal reaches with this choice, in points."""
        return int(goal.pair_values[self.pairs].sum() + goal.cover_values[self.covers].sum())


@dataclass(frozen=True, eq=False)
class Improved:
    """What a step brings back: its best choice (``None``: none found in time) and a proven bound, if any."""

    chosen: Chosen | None
    bound: int | None = None


Step: TypeAlias = Callable[[Goal, Sequence[tuple[Goal, int]], Chosen | None], Improved]
"""``step(goal, reached, best) -> Improved``: raise ``goal`` with every ``(earlier, value)`` of ``reached`` kept at
``earlier >= value``; ``best`` is the best choice so far (it keeps ``reached``), ``None`` before the first."""


def in_order(
    problem: Problem,
    step: Step,
    *,
    start: Chosen | None = None,
    progress: Progress | None = None,
    cancelled: Stop | None = None,
    found: Found | None = None,
) -> tuple[Chosen | None, tuple[GoalValue, ...]]:
    """Settle the goals of ``problem`` one after another with ``step``.

    ``start`` is any choice that keeps all rules. Returns the final choice and each goal's value and bound; the
    choice is ``None`` (and the values empty) only if there was no start and no step found any. A goal's bound
    holds *given the values reached before it*; ``found`` is told of both as soon as a goal is settled.
    Raises ``Cancelled`` when ``cancelled`` answers true.
    """
    best, reached, values = start, list[tuple[Goal, int]](), list[GoalValue]()
    for index, goal in enumerate(problem.goals):
        check_cancelled(cancelled)
        if progress:
            progress(str(goal.title), index / len(problem.goals))
        improved = step(goal, tuple(reached), best)
        if improved.chosen is not None and (best is None or improved.chosen.value(goal) >= best.value(goal)):
            best = improved.chosen
        if best is None:
            return None, ()
        value = best.value(goal)
        bound = improved.bound
        if bound is None or bound != value:
            ceiling = simple_bound(problem, goal)
            bound = ceiling if bound is None else min(bound, ceiling)
        if bound < value:
            raise WopError(say("A bound came out below a value that was reached; this is a fault of ours."))
        tell_found(found, goal, value, bound)
        values.append(GoalValue(goal.id, value, bound))
        reached.append((goal, value))
    check_cancelled(cancelled)
    if best is None:
        return None, ()
    # A goal that was not proven may end above what its own step reached: a later step found a choice that is better.
    ended = [best.value(goal) for goal in problem.goals]
    return best, tuple(GoalValue(at.id, value, at.bound) for at, value in zip(values, ended, strict=True))


def tell_found(found: Found | None, goal: Goal, value: int | None, bound: int | None) -> None:
    """Tell a watcher how far a goal has come; the tie-breaking mark is no goal of anybody's."""
    if found is not None and goal.id != STABLE:
        found(SoFar(goal.title, value, bound, goal.id))


def better(goals: Sequence[Goal], one: Chosen | None, other: Chosen | None) -> Chosen | None:
    """The choice that is better by the goals in their order, the first where they are alike."""
    if one is None or other is None:
        return one or other
    return max(one, other, key=lambda each: [each.value(goal) for goal in goals])


def nothing_found(time_limit: float | None, work_limit: float | None) -> TooLarge:
    """The error where a limit came before any choice that keeps all rules."""
    if time_limit is None:
        return TooLarge(
            say(
                "No proposal that keeps every pin and limit was found within {units} units of work.",
                units=work_limit or 0,
            ),
            say("Allow more work (work_limit), or relax a limit."),
        )
    return TooLarge(
        say("No proposal that keeps every pin and limit was found within {seconds} seconds.", seconds=time_limit),
        say("Allow more time (time_limit), or relax a limit."),
    )


def check_cancelled(cancelled: Stop | None) -> None:
    """Raise ``Cancelled`` if the user asked to stop."""
    if cancelled is not None and cancelled():
        raise Cancelled(say("The matching was stopped; nothing was changed."))


def last_real_goal(goals: Sequence[Goal]) -> int:
    """Index of the goal that prices speak of: the last one that is not only there to break ties."""
    last = len(goals) - 1
    return last - 1 if last > 0 and goals[last].id == STABLE else last


def simple_bound(problem: Problem, goal: Goal) -> int:
    """A bound that needs no solver: no mentee gets more than its best pairs, each with all its covers of worth, and no
    mentor more than its places allow."""
    most = goal.pair_values.copy()
    np.add.at(most, problem.cover_pair, np.maximum(goal.cover_values, 0))
    most = np.where(problem.forbidden, 0, np.maximum(most, 0))
    of_mentees = best_within(problem.pair_mentee, most, np.maximum(problem.wanted, 0))
    return min(of_mentees, best_within(problem.pair_mentor, most, np.maximum(problem.places, 0)))
