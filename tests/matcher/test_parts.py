"""Solving part by part: the same answer as solving the whole at once, and nothing split that belongs together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from brute_force import best_values
from hypothesis import given, settings
from hypothesis import strategies as st
from instances import EXAMPLES, coupled, tiny_problems

from graph.errors import NothingFeasible
from graph.sentences import say
from matcher import parts
from matcher.goals import SoFar
from matcher.parts import joined, parts_of
from matcher.problem import Goal, Ints, Limit, Problem
from matcher.result import GoalValue
from matcher.solve import SolvePolicy, solve
from matcher.verify import verify
from matcher.whole import solve_whole


@pytest.fixture(autouse=True)
def _every_part_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "FEW_PAIRS", 1)


def beside(problems: list[Problem]) -> Problem:
    """All problems as one, with nothing between them; as many goals as the one with fewest has."""
    goals = min(len(problem.goals) for problem in problems)

    def shifted(name: str, of: str) -> Ints:
        starts = np.cumsum([0, *(len(getattr(problem, of)) for problem in problems)])
        own = [getattr(problem, name) + start for problem, start in zip(problems, starts, strict=False)]
        return np.concatenate(own).astype(np.int64)

    def chained(name: str) -> Ints:
        return np.concatenate([getattr(problem, name) for problem in problems])

    def named(name: str) -> tuple[str, ...]:
        return tuple(f"{at}{id}" for at, problem in enumerate(problems) for id in getattr(problem, name))

    starts = np.cumsum([0, *(problem.pair_count for problem in problems)]).tolist()
    return Problem(
        mentor_ids=named("mentor_ids"),
        mentee_ids=named("mentee_ids"),
        need_ids=named("need_ids"),
        need_mentee=shifted("need_mentee", "mentee_ids"),
        pair_mentor=shifted("pair_mentor", "mentor_ids"),
        pair_mentee=shifted("pair_mentee", "mentee_ids"),
        cover_pair=shifted("cover_pair", "pair_mentor"),
        cover_need=shifted("cover_need", "need_ids"),
        goals=tuple(
            Goal(
                problems[0].goals[at].id,
                say("a goal"),
                np.concatenate([problem.goals[at].pair_values for problem in problems]),
                np.concatenate([problem.goals[at].cover_values for problem in problems]),
            )
            for at in range(goals)
        ),
        limits=tuple(
            replace(limit, id=f"{at}{limit.id}", pairs=limit.pairs + starts[at])
            for at, problem in enumerate(problems)
            for limit in problem.limits
        ),
        **{
            name: chained(name)
            for name in ("places", "minimum_load", "staff_days", "wanted", "cover_days", "pinned", "forbidden")
        },  # type: ignore[arg-type]  # flags and numbers in one table
    )


def values(problem: Problem, method: str = "auto") -> tuple[int, ...] | None:
    try:
        result = solve(problem, SolvePolicy(method), 1)  # type: ignore[arg-type]  # one of its names
    except NothingFeasible:
        return None
    verify(problem, result)
    assert result.proven
    return tuple(goal.value for goal in result.goals)


def unsplit(problem: Problem) -> tuple[int, ...] | None:
    """The whole model at once, which knows nothing of parts."""
    try:
        return tuple(goal.value for goal in solve_whole(problem, seed=1).goals)
    except NothingFeasible:
        return None


@settings(max_examples=60 * EXAMPLES, derandomize=EXAMPLES == 1)
@given(tiny_problems())
def test_one_problem_split_is_the_best_of_everything(problem: Problem) -> None:
    assert values(problem) == best_values(problem)


@settings(max_examples=50 * EXAMPLES, derandomize=EXAMPLES == 1)
@given(st.lists(tiny_problems(), min_size=2, max_size=3))
def test_problems_beside_each_other_reach_the_sum(problems: list[Problem]) -> None:
    goals = min(len(problem.goals) for problem in problems)
    alone = [best_values(replace(problem, goals=problem.goals[:goals])) for problem in problems]
    expected = None if any(best is None for best in alone) else tuple(sum(own) for own in zip(*alone, strict=True))
    assert values(beside(problems)) == expected


@settings(max_examples=40 * EXAMPLES, derandomize=EXAMPLES == 1)
@given(st.lists(tiny_problems(), min_size=2, max_size=3), st.data())
def test_a_limit_over_all_is_kept_by_all_together(problems: list[Problem], data: st.DataObject) -> None:
    problem = beside(problems)
    every = np.arange(problem.pair_count)
    amounts = np.array(data.draw(st.lists(st.integers(0, 2), min_size=len(every), max_size=len(every))), dtype=np.int64)
    lower, upper = data.draw(st.sampled_from([None, 1, 2])), data.draw(st.integers(1, 4))
    problem = replace(problem, limits=(*problem.limits, Limit("over_all", say("limit"), every, amounts, lower, upper)))
    assert values(problem) == unsplit(problem)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("method", ["auto", "price", "whole"])
def test_regions_without_a_common_limit_are_solved_apart(seed: int, method: str) -> None:
    problem = beside([coupled(seed * 3 + at, 6, 15, 4, regions=3, goals=("best_fit", "stable")) for at in range(3)])
    assert len(parts_of(problem)) >= 3
    assert values(problem, method) == unsplit(problem)


def test_a_limit_that_cannot_be_broken_joins_nothing() -> None:
    problem = coupled(1, 8, 20, 4, limits=False)
    every = np.arange(problem.pair_count)
    ones = np.ones(problem.pair_count, dtype=np.int64)

    def with_ceiling(upper: int) -> Problem:
        return replace(problem, limits=(Limit("few", say("few"), every, ones, 0, upper),))

    slack = solve(with_ceiling(20), SolvePolicy(), 1)
    assert slack.method == "flow"
    assert slack.goals == solve(problem, SolvePolicy(), 1).goals
    assert solve(with_ceiling(5), SolvePolicy(), 1).method == "price"


def test_small_parts_are_put_together(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = beside([coupled(at, 3, 5, 2, regions=2) for at in range(6)])
    alone = parts_of(problem)
    monkeypatch.setattr(parts, "FEW_PAIRS", 25)
    together = parts_of(problem)
    assert 1 < len(together) < len(alone)
    for found in (alone, together):
        assert sorted(np.concatenate([part.pairs for part in found]).tolist()) == list(range(problem.pair_count))
        limits = np.concatenate([part.limits for part in found])
        assert len(set(limits.tolist())) == len(limits)


def test_after_an_unproven_goal_the_parts_prove_nothing() -> None:
    """One part may give up some of the first goal, another gain it, and the second goal then reach more."""
    problem = beside([coupled(at, 4, 8, 3, limits=False, goals=("most_mentees", "best_fit")) for at in range(2)])
    found = parts_of(problem)
    results = [solve(part.problem, SolvePolicy(), 1) for part in found]
    proven = joined(problem, found, results, 1)
    assert proven.proven
    first = results[0].goals[0]
    hurried = replace(results[0], goals=(GoalValue(first.id, first.value, first.bound + 1), *results[0].goals[1:]))
    open_ended = joined(problem, found, [hurried, *results[1:]], 1)
    assert open_ended.goals[0].gap == 1
    assert open_ended.goals[1].bound > proven.goals[1].bound


def test_a_load_or_a_floor_without_any_pair_is_refused() -> None:
    problem = coupled(2, 4, 8, 3, limits=False)
    wanted = problem.wanted.copy()
    own = problem.pair_mentor == 0
    wanted[problem.pair_mentee[own]] = 0
    load = np.where(np.arange(4) == 0, 1, 0)
    with pytest.raises(NothingFeasible):
        parts_of(replace(problem, wanted=wanted, minimum_load=load))
    pairs = np.flatnonzero(own)
    floor = Limit("floor", say("floor"), pairs, np.ones(len(pairs), dtype=np.int64), 1, None)
    with pytest.raises(NothingFeasible):
        parts_of(replace(problem, wanted=wanted, limits=(floor,)))


def test_parts_have_prices_where_the_whole_has() -> None:
    problem = beside([coupled(at, 6, 15, 4, regions=3) for at in range(2)])
    result = solve(problem, SolvePolicy(), 1)
    assert result.prices is not None
    found = parts_of(problem)
    for part in found:
        own = solve(part.problem, SolvePolicy(), 1)
        assert own.prices is not None
        assert result.prices.places[part.mentors].tolist() == own.prices.places.tolist()
        assert result.prices.limits[part.limits].tolist() == own.prices.limits.tolist()
        assert result.prices.mentees[part.mentees].tolist() == own.prices.mentees.tolist()


def test_a_watcher_hears_of_the_whole() -> None:
    problem = beside([coupled(at, 6, 15 + 5 * at, 4, regions=3) for at in range(3)])
    heard: list[SoFar] = []
    result = solve(problem, SolvePolicy(), 1, found=heard.append)
    assert heard[-1].value == heard[-1].bound == result.goals[0].value
    assert all(so_far.bound is None or so_far.bound >= result.goals[0].value for so_far in heard)
    shares: list[float] = []
    solve(problem, SolvePolicy(), 1, progress=lambda _, share: shares.append(share))
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= shares[-1] <= 1
