"""A solved problem solved again from its state: the same values as trying everything and as solving from scratch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from brute_force import best_values
from hypothesis import given, settings
from hypothesis import strategies as st
from instances import EXAMPLES, coupled, tiny_problems
from random_rounds import everything

from graph.errors import NothingFeasible
from graph.sentences import say
from matcher.changes import Change, Forbid, Force, MoreDays, MorePlaces, MoveLimit, Serve, WantMore, changed
from matcher.problem import STABLE, UNLIMITED, Limit, Problem
from matcher.resolve import ready, resolve
from matcher.result import Result
from matcher.reuse import ReusingSolver
from matcher.solve import SolvePolicy, solve
from matcher.solved_state import NotReady, SolvedState
from matcher.verify import verify


def solved(problem: Problem) -> SolvedState | None:
    """The problem's state, where it has an answer and one can be kept."""
    try:
        result = solve(problem, SolvePolicy(), seed=1)
        return ready(problem, result) if result.proven else None
    except (NothingFeasible, NotReady):
        return None


def drawn_changes(random: np.random.Generator, problem: Problem, count: int) -> list[Change]:
    """Changes of every kind the problem has."""
    found: list[Change] = []
    while len(found) < count:
        kind = int(random.integers(0, 7))
        pair = int(random.integers(0, problem.pair_count))
        mentor, mentee = int(problem.pair_mentor[pair]), int(problem.pair_mentee[pair])
        step = int(random.choice([-1, 1]))
        match kind:
            case 0:
                found.append(Force(pair))
            case 1:
                found.append(Forbid(pair))
            case 2:
                found.append(MorePlaces(mentor, step))
            case 3 if problem.staff_days[mentor] != UNLIMITED:
                found.append(MoreDays(mentor, int(random.integers(-5, 15))))
            case 4:
                found.append(WantMore(mentee))
            case 5 if problem.limits:
                at = int(random.integers(0, len(problem.limits)))
                limit = problem.limits[at]
                if limit.upper is not None and (limit.lower is None or step > 0):
                    found.append(MoveLimit(at, "upper", step))
                elif limit.lower is not None:
                    found.append(MoveLimit(at, "lower", step))
            case 6:
                found.append(Serve(mentee))
    return found


def values(result: Result, *, ties: bool) -> tuple[int, ...]:
    return tuple(goal.value for goal in result.goals if ties or goal.id != STABLE)


@settings(max_examples=150 * EXAMPLES)
@given(tiny_problems(), st.integers(0, 2**32))
def test_equals_trying_everything(problem: Problem, seed: int) -> None:
    state = solved(problem) if problem.pair_count else None
    if state is None:
        return
    random = np.random.default_rng(seed)
    for change in drawn_changes(random, problem, 3):
        after = changed(problem, change)
        if not state.applies(after):
            continue
        found = resolve(state, after)
        if found is not None:
            verify(after, found)
            assert found.proven
            assert values(found, ties=True) == best_values(after), change


def from_scratch(problem: Problem) -> tuple[int, ...] | None:
    try:
        result = solve(problem, SolvePolicy(), seed=1)
    except NothingFeasible:
        return None
    assert result.proven
    return values(result, ties=False)


def compared(problem: Problem, seed: int, count: int) -> tuple[int, int]:
    """Asks ``count`` questions both ways; how many the state answered, and how many there were."""
    state = solved(problem)
    assert state is not None, seed
    answered = asked = 0
    for change in drawn_changes(np.random.default_rng(seed), problem, count):
        after = changed(problem, change)
        if not state.applies(after):
            continue
        asked += 1
        found = resolve(state, after)
        if found is None:
            continue
        answered += 1
        verify(after, found)
        assert found.proven
        assert values(found, ties=False) == from_scratch(after), (seed, change)
    return answered, asked


def with_needs(seed: int) -> Problem:
    """A round with every feature, as large as trying everything is not."""
    return everything(seed, 4 + seed % 9, 8 + seed % 17, 0.3 + seed % 5 * 0.1)


def with_limits(seed: int, mentors: int, mentees: int, candidates: int) -> Problem:
    goals = [("best_fit",), ("most_mentees", "best_fit"), ("most_mentees", "best_fit", "stable")][seed % 3]
    return coupled(seed, mentors, mentees, candidates, regions=4, goals=goals)


@pytest.mark.parametrize("seed", range(2, 8))
def test_equals_solving_from_scratch_with_all_features(seed: int) -> None:
    compared(with_needs(seed), seed, 4)


@pytest.mark.parametrize("seed", range(6))
def test_equals_solving_from_scratch_with_limits(seed: int) -> None:
    answered, asked = compared(with_limits(seed, 12, 40, 6), seed, 5)
    assert answered >= asked - 1


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(30, 36))
def test_equals_solving_from_scratch_at_middle_size(seed: int) -> None:
    answered, asked = compared(with_limits(seed, 60, 200, 20), seed, 6)
    assert answered >= asked / 2


def test_the_same_question_has_the_same_answer_in_any_order() -> None:
    problem = with_limits(2, 20, 80, 10)
    changes = drawn_changes(np.random.default_rng(0), problem, 8)
    orders = [changes, changes[::-1]]
    answers: list[dict[Change, bytes | None]] = []
    for order in orders:
        state = solved(problem)
        assert state is not None
        found = {change: resolve(state, changed(problem, change)) for change in order}
        answers.append({change: None if each is None else each.pairs.tobytes() for change, each in found.items()})
    assert answers[0] == answers[1]


def test_a_problem_of_other_pairs_is_not_answered_from_the_state() -> None:
    problem = with_limits(0, 12, 40, 6)
    state = solved(problem)
    assert state is not None
    assert state.applies(replace(problem, places=problem.places + 1))
    assert not state.applies(replace(problem, pair_mentor=problem.pair_mentor.copy()))
    assert not state.applies(replace(problem, goals=problem.goals[::-1]))
    assert not state.applies(replace(problem, limits=problem.limits[1:]))
    assert not state.applies(replace(problem, staff_days=np.full(12, 100)))


def test_further_limits_are_kept() -> None:
    problem = with_limits(0, 12, 40, 6)
    state = solved(problem)
    assert state is not None
    best = state.result.pairs
    row = Limit("other", say("other"), best, np.ones(len(best), dtype=np.int64), upper=len(best) - 1)
    after = replace(problem, limits=(*problem.limits, row))
    found = resolve(state, after)
    assert found is not None
    verify(after, found)
    assert values(found, ties=False) == from_scratch(after)


def test_the_solver_of_explanations_reuses_large_rounds_and_says_how_often() -> None:
    problem = with_limits(1, 60, 120, 25)
    solver = ReusingSolver(seed=1)
    before = solver(problem)
    free = int(np.setdiff1d(np.arange(problem.pair_count), before.pairs)[0])
    forced = solver(changed(problem, Force(free)))
    assert solver.reused == 1
    assert free in forced.pairs
    with pytest.raises(NothingFeasible):
        solver(changed(problem, Forbid(free), MoveLimit(2, "lower", 10_000)))
    assert solver.reused == 1
