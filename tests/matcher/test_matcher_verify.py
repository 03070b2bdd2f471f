"""The verifier: it passes good results and catches every corruption."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from instances import EXAMPLES, coupled, tiny_problems

from graph.errors import NothingFeasible, Unverified
from graph.sentences import Sentence
from matcher.problem import UNLIMITED, Goal, Limit, Problem
from matcher.result import GoalValue, Result
from matcher.solve import SolvePolicy, solve
from matcher.verify import verify


def shared_needs() -> Problem:
    """Two mentors, two mentees; the first mentee wants both mentors for its two needs."""

    def ints(*values: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.array(values, dtype=np.int64)

    pairs = ints(0, 1, 2, 3)
    return Problem(
        mentor_ids=("a", "b"),
        mentee_ids=("x", "y"),
        places=ints(1, 1),
        minimum_load=ints(1, 0),
        staff_days=ints(5, int(UNLIMITED)),
        wanted=ints(2, 1),
        need_ids=("x1", "x2", "y1"),
        need_mentee=ints(0, 0, 1),
        pair_mentor=ints(0, 1, 0, 1),
        pair_mentee=ints(0, 0, 1, 1),
        cover_pair=ints(0, 0, 1, 1, 2),
        cover_need=ints(0, 1, 0, 1, 2),
        cover_days=ints(4, 4, 3, 3, 9),
        pinned=np.array([True, False, False, False]),
        forbidden=np.array([False, False, False, True]),
        goals=(Goal("fit", Sentence("fit"), ints(1, 1, 1, 1), ints(5, 4, 3, 4, 9)),),
        limits=(Limit("l", Sentence("all pairs"), pairs, ints(1, 1, 1, 1), 1, 2),),
    )


CORRUPTIONS: dict[str, tuple[Callable[[Problem, Result], tuple[Problem, Result]], str]] = {
    "another problem": (lambda p, r: (p, replace(r, input_hash="0")), "another problem"),
    "pairs twice": (lambda p, r: (p, replace(r, pairs=np.array([0, 0, 1]))), "increasing"),
    "pairs unsorted": (lambda p, r: (p, replace(r, pairs=r.pairs[::-1].copy())), "increasing"),
    "pairs outside": (lambda p, r: (p, replace(r, pairs=np.array([0, 4]))), "increasing"),
    "pairs negative": (lambda p, r: (p, replace(r, pairs=np.array([-1, 0]))), "increasing"),
    "pairs as numbers": (lambda p, r: (p, replace(r, pairs=r.pairs.astype(np.float64))), "increasing"),
    "covers outside": (lambda p, r: (p, replace(r, covers=np.array([0, 5]))), "increasing"),
    "pin missing": (lambda p, r: (p, replace(r, pairs=np.array([1]), covers=np.array([2]))), "pinned"),
    "minimum load": (lambda p, r: (p, replace(r, pairs=np.array([1]), covers=np.array([2]))), "minimum load"),
    "forbidden": (lambda p, r: (p, replace(r, pairs=np.array([0, 3]), covers=np.array([0]))), "forbidden"),
    "places": (lambda p, r: (p, replace(r, pairs=np.array([0, 2]), covers=np.array([0, 4]))), "places"),
    "stray cover": (lambda p, r: (p, replace(r, covers=np.array([0, 3, 4]))), "not proposed"),
    "need twice": (lambda p, r: (p, replace(r, covers=np.array([0, 2]))), "more than one mentor"),
    "pair idle": (lambda p, r: (p, replace(r, covers=np.array([0]))), "work on no need: 1"),
    "staff-days": (lambda p, r: (p, replace(r, covers=np.array([0, 1, 2]))), "staff-days"),
    "value": (lambda p, r: (p, replace(r, goals=(GoalValue("fit", 12, 12),))), "but is 11"),
    "bound": (lambda p, r: (p, replace(r, goals=(GoalValue("fit", 11, 10),))), "below its value"),
    "goals": (lambda p, r: (p, replace(r, goals=())), "not those"),
}


def limited(problem: Problem, result: Result, **bounds: int) -> tuple[Problem, Result]:
    other = replace(problem, limits=(replace(problem.limits[0], **bounds),))  # type: ignore[arg-type] # int bounds
    return other, replace(result, input_hash=other.input_hash)


CORRUPTIONS["ceiling"] = (lambda p, r: limited(p, r, upper=1), "comes to 2")
CORRUPTIONS["floor"] = (lambda p, r: limited(p, r, lower=3, upper=9), "comes to 2")


def wanted_less(problem: Problem, result: Result) -> tuple[Problem, Result]:
    other = replace(problem, wanted=np.array([1, 1]))
    return other, replace(result, input_hash=other.input_hash)


CORRUPTIONS["wanted"] = (wanted_less, "more mentors than it wants")


def test_a_good_result_passes_with_its_checks_in_words() -> None:
    problem = shared_needs()
    result = solve(problem, SolvePolicy(), 0)
    assert result.pairs.tolist() == [0, 1]
    assert result.covers.tolist() == [0, 3]
    assert result.goals == (GoalValue("fit", 11, 11),)
    texts = [str(check) for check in verify(problem, result).checks]
    assert "No need is worked on by two mentors." in texts
    assert "The limit “all pairs” holds." in texts


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_each_corruption_is_caught(name: str) -> None:
    problem = shared_needs()
    result = solve(problem, SolvePolicy(), 0)
    corrupt, text = CORRUPTIONS[name]
    with pytest.raises(Unverified, match=text):
        verify(*corrupt(problem, result))


@settings(max_examples=60 * EXAMPLES, derandomize=EXAMPLES == 1)
@given(tiny_problems(), st.data())
def test_a_changed_choice_never_passes_with_the_old_values_unless_it_is_as_good(
    problem: Problem, data: st.DataObject
) -> None:
    try:
        result = solve(problem, SolvePolicy("whole"), 0)
    except NothingFeasible:
        assume(False)
    verify(problem, result)
    pairs = data.draw(st.sets(st.integers(0, max(0, problem.pair_count - 1)))) if problem.pair_count else set()
    other = np.array(sorted(pairs), dtype=np.int64)
    changed = replace(result, pairs=other)
    try:
        verify(problem, changed)
    except Unverified:
        return
    # What passes keeps every rule, and so cannot beat the proven optimum.
    for goal, reached in zip(problem.goals, result.goals, strict=True):
        assert goal.pair_values[other].sum() + goal.cover_values[result.covers].sum() == reached.value


def test_a_large_result_is_verified() -> None:
    problem = coupled(1, 100, 500, 10, limits=False)
    checks = verify(problem, solve(problem, SolvePolicy(), 0)).checks
    assert len(checks) >= 10
