"""The independent check of a result: everything recomputed from the problem and the result alone.

Nothing here is shared with the solvers, not even the linear form: each rule of ``matcher.problem`` is written
out once more, as a count over the chosen pairs and covers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from graph.errors import Unverified
from graph.sentences import Sentence, say
from matcher.problem import UNLIMITED, Flags, Ints, Problem
from matcher.result import Result


@dataclass(frozen=True, slots=True)
class Verified:
    """A result that passed: each thing that was checked, in words."""

    checks: tuple[Sentence, ...]


def verify(problem: Problem, result: Result) -> Verified:
    """Check a result against its problem; P pairs take O(P) time and memory.

    Raises ``Unverified`` naming every check that failed. What cannot be checked this way is that a bound is
    proven: only that it is not below the value.
    """
    if wrong := _malformed(problem, result):
        raise _unverified([wrong])
    checks: list[Sentence] = []
    failed: list[Sentence] = []
    for check, failure in _checks(problem, result):
        checks.append(check)
        if failure is not None:
            failed.append(failure)
    if failed:
        raise _unverified(failed)
    return Verified(tuple(checks))


def _unverified(failures: list[Sentence]) -> Unverified:
    return Unverified(
        say("The result did not pass its check and is not shown: {failures}", failures=tuple(failures)),
        say("This is a fault of ours; please report it with the policy and the data."),
    )


def _malformed(problem: Problem, result: Result) -> Sentence | None:
    """What makes the result unreadable as indices into the problem, if anything."""
    if result.input_hash != problem.input_hash:
        return say("the result belongs to another problem")
    for indices, count, text in (
        (result.pairs, problem.pair_count, say("the pairs are not increasing indices of pairs")),
        (result.covers, len(problem.cover_pair), say("the covers are not increasing indices of covers")),
    ):
        if indices.ndim != 1 or indices.dtype != np.int64:
            return text
        if len(indices) and (indices[0] < 0 or indices[-1] >= count or (np.diff(indices) <= 0).any()):
            return text
    return None


def _checks(problem: Problem, result: Result) -> Iterator[tuple[Sentence, Sentence | None]]:
    """Each check in words, and what failed of it (``None``: nothing)."""
    chosen = np.zeros(problem.pair_count, dtype=bool)
    chosen[result.pairs] = True
    yield say("The result belongs to this problem, and lists pairs and needs once, in order."), None
    yield from _people(problem, result, chosen)
    yield from _needs(problem, result, chosen)
    yield from _days(problem, result)
    yield from _limits(problem, chosen)
    yield from _goals(problem, result)


def _people(problem: Problem, result: Result, chosen: Flags) -> Iterator[tuple[Sentence, Sentence | None]]:
    load = np.bincount(problem.pair_mentor[result.pairs], minlength=len(problem.places))
    partners = np.bincount(problem.pair_mentee[result.pairs], minlength=len(problem.wanted))
    yield (
        say("No mentor has more mentees than places."),
        _first(load > problem.places, problem.mentor_ids, say("more mentees than places")),
    )
    yield (
        say("Every mentor has at least its minimum load."),
        _first(load < problem.minimum_load, problem.mentor_ids, say("fewer mentees than its minimum load")),
    )
    yield (
        say("No mentee has more mentors than it wants."),
        _first(partners > problem.wanted, problem.mentee_ids, say("more mentors than it wants")),
    )
    pins, forbids = int(problem.pinned.sum()), int(problem.forbidden.sum())
    missing, refused = int((problem.pinned & ~chosen).sum()), int((problem.forbidden & chosen).sum())
    yield (
        say("Every pinned pair is proposed ({count}).", count=pins),
        say("pinned pairs that are missing: {count}", count=missing) if missing else None,
    )
    yield (
        say("No forbidden pair is proposed ({count}).", count=forbids),
        say("forbidden pairs that are proposed: {count}", count=refused) if refused else None,
    )


def _needs(problem: Problem, result: Result, chosen: Flags) -> Iterator[tuple[Sentence, Sentence | None]]:
    stray = ~chosen[problem.cover_pair[result.covers]]
    yield (
        say("Every need worked on belongs to a proposed pair."),
        say("needs worked on in pairs that are not proposed: {count}", count=int(stray.sum())) if stray.any() else None,
    )
    times = np.bincount(problem.cover_need[result.covers], minlength=len(problem.need_ids))
    yield (
        say("No need is worked on by two mentors."),
        _first(times > 1, problem.need_ids, say("worked on by more than one mentor")),
    )
    has_covers = np.bincount(problem.cover_pair, minlength=problem.pair_count) > 0
    works = np.bincount(problem.cover_pair[result.covers], minlength=problem.pair_count) > 0
    idle = int((chosen & has_covers & ~works).sum())
    yield (
        say("Every proposed pair that can work on a need works on one."),
        say("proposed pairs that work on no need: {count}", count=idle) if idle else None,
    )


def _days(problem: Problem, result: Result) -> Iterator[tuple[Sentence, Sentence | None]]:
    used = np.zeros(len(problem.staff_days), dtype=np.int64)
    np.add.at(used, problem.pair_mentor[problem.cover_pair[result.covers]], problem.cover_days[result.covers])
    over = (problem.staff_days != UNLIMITED) & (used > problem.staff_days)
    yield (
        say("No mentor gives more staff-days than it has."),
        _first(over, problem.mentor_ids, say("more staff-days than it has")),
    )


def _limits(problem: Problem, chosen: Flags) -> Iterator[tuple[Sentence, Sentence | None]]:
    for limit in problem.limits:
        amount = int((limit.coefficients * chosen[limit.pairs]).sum())
        below = limit.lower is not None and amount < limit.lower
        above = limit.upper is not None and amount > limit.upper
        yield (
            say("The limit “{limit}” holds.", limit=limit.title),
            say("the limit “{limit}” comes to {amount}", limit=limit.title, amount=amount) if below or above else None,
        )


def _goals(problem: Problem, result: Result) -> Iterator[tuple[Sentence, Sentence | None]]:
    same = [goal.id for goal in result.goals] == [goal.id for goal in problem.goals]
    yield (
        say("Every goal has its value, in order."),
        None if same else say("the goals are not those of the problem"),
    )
    if not same:
        return
    for goal, reached in zip(problem.goals, result.goals, strict=True):
        value = _sum(goal.pair_values, result.pairs) + _sum(goal.cover_values, result.covers)
        wrong = None
        if value != reached.value:
            wrong = say(
                "the goal “{goal}” says {said}, but is {value}", goal=goal.title, said=reached.value, value=value
            )
        elif reached.bound < reached.value:
            wrong = say("the bound of the goal “{goal}” is below its value", goal=goal.title)
        yield say("The value of the goal “{goal}” is recomputed, and not above its bound.", goal=goal.title), wrong


def _sum(values: Ints, chosen: Ints) -> int:
    """The exact sum: in Python's own whole numbers, which cannot overflow."""
    return sum(values[chosen].tolist())


def _first(wrong: Flags, names: tuple[str, ...], text: Sentence) -> Sentence | None:
    """The first that is wrong by name, and how many more; ``None`` where all is well."""
    at = np.flatnonzero(wrong)
    if not len(at):
        return None
    return say("{name}: {text} (and {more} more)", name=names[at[0]], text=text, more=len(at) - 1)
