"""What must not matter, does not: changes to a problem whose effect on its optimum is known beforehand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from instances import EXAMPLES, tiny_problems
from random_rounds import everything

from graph.errors import NothingFeasible
from graph.sentences import say
from matcher.problem import Ints, Limit, Problem
from matcher.result import Result
from matcher.solve import SolvePolicy, solve
from matcher.verify import verify

MANY = settings(max_examples=12 * EXAMPLES, derandomize=EXAMPLES == 1)
Values = tuple[int, ...] | None


def solved(problem: Problem) -> Result | None:
    try:
        result = solve(problem, SolvePolicy(), 0)
    except NothingFeasible:
        return None
    verify(problem, result)
    assert result.proven
    return result


def values(problem: Problem) -> Values:
    result = solved(problem)
    return None if result is None else tuple(goal.value for goal in result.goals)


def both(tiny: Problem, seed: int) -> list[Problem]:
    """A drawn tiny problem and a round of some dozen pairs."""
    return [tiny, everything(seed, 5, 9, 0.4)]


seeds = st.integers(0, 10_000)


# What changes nothing


def with_a_useless_mentor(problem: Problem) -> Problem:
    return replace(
        problem,
        mentor_ids=(*problem.mentor_ids, "useless"),
        places=np.append(problem.places, 2),
        minimum_load=np.append(problem.minimum_load, 0),
        staff_days=np.append(problem.staff_days, 7),
    )


def with_a_mentee_nobody_can_help(problem: Problem) -> Problem:
    return replace(problem, mentee_ids=(*problem.mentee_ids, "alone"), wanted=np.append(problem.wanted, 2))


def with_other_names(problem: Problem) -> Problem:
    return replace(
        problem,
        mentor_ids=tuple(f"ż{len(problem.mentor_ids) - at}" for at in range(len(problem.mentor_ids))),
        mentee_ids=tuple(f"a b {at}" for at in range(len(problem.mentee_ids))),
        need_ids=tuple(f"need {at}" for at in range(len(problem.need_ids))),
    )


def with_an_open_limit(problem: Problem) -> Problem:
    every = np.arange(problem.pair_count)
    wide = Limit("wide", say("wide"), every, np.ones(len(every), dtype=np.int64), lower=0, upper=len(every))
    return replace(problem, limits=(*problem.limits, wide))


def with_each_limit_twice(problem: Problem) -> Problem:
    again = tuple(replace(limit, id=f"{limit.id} again") for limit in problem.limits)
    return replace(problem, limits=(*again, *problem.limits))


def with_limits_in_cents(problem: Problem) -> Problem:
    def cents(limit: Limit) -> Limit:
        lower, upper = (None if bound is None else 100 * bound for bound in (limit.lower, limit.upper))
        return replace(limit, coefficients=100 * limit.coefficients, lower=lower, upper=upper)

    return replace(problem, limits=tuple(cents(limit) for limit in problem.limits))


@pytest.mark.parametrize(
    "change",
    [
        with_a_useless_mentor,
        with_a_mentee_nobody_can_help,
        with_other_names,
        with_an_open_limit,
        with_each_limit_twice,
        with_limits_in_cents,
    ],
)
@MANY
@given(tiny=tiny_problems(), seed=seeds)
def test_what_changes_nothing(change: Callable[[Problem], Problem], tiny: Problem, seed: int) -> None:
    for problem in both(tiny, seed):
        assert values(change(problem)) == values(problem)


@MANY
@given(tiny=tiny_problems(), seed=seeds)
def test_another_order_of_mentors_mentees_and_needs_changes_nothing(tiny: Problem, seed: int) -> None:
    for problem in both(tiny, seed):
        assert values(in_another_order(problem, seed)) == values(problem)


def in_another_order(problem: Problem, seed: int) -> Problem:
    """The same with mentors, mentees and needs shuffled; needs keep the order of their mentees."""
    random = np.random.default_rng(seed)
    mentors, mentees = random.permutation(len(problem.mentor_ids)), random.permutation(len(problem.mentee_ids))
    new_mentor, new_mentee = np.argsort(mentors), np.argsort(mentees)
    needs = np.lexsort((random.permutation(len(problem.need_ids)), new_mentee[problem.need_mentee]))
    new_need = np.argsort(needs)
    pairs = np.lexsort((new_mentor[problem.pair_mentor], new_mentee[problem.pair_mentee]))
    new_pair = np.argsort(pairs)
    covers = np.lexsort((new_need[problem.cover_need], new_pair[problem.cover_pair]))

    def turned(limit: Limit) -> Limit:
        at = new_pair[limit.pairs]
        order = np.argsort(at)
        return replace(limit, pairs=at[order], coefficients=limit.coefficients[order])

    return replace(
        problem,
        mentor_ids=tuple(problem.mentor_ids[at] for at in mentors),
        mentee_ids=tuple(problem.mentee_ids[at] for at in mentees),
        places=problem.places[mentors],
        minimum_load=problem.minimum_load[mentors],
        staff_days=problem.staff_days[mentors],
        wanted=problem.wanted[mentees],
        need_ids=tuple(problem.need_ids[at] for at in needs),
        need_mentee=new_mentee[problem.need_mentee[needs]],
        pair_mentor=new_mentor[problem.pair_mentor[pairs]],
        pair_mentee=new_mentee[problem.pair_mentee[pairs]],
        cover_pair=new_pair[problem.cover_pair[covers]],
        cover_need=new_need[problem.cover_need[covers]],
        cover_days=problem.cover_days[covers],
        pinned=problem.pinned[pairs],
        forbidden=problem.forbidden[pairs],
        goals=tuple(
            replace(goal, pair_values=goal.pair_values[pairs], cover_values=goal.cover_values[covers])
            for goal in problem.goals
        ),
        limits=tuple(turned(limit) for limit in problem.limits),
    )


@MANY
@given(tiny=tiny_problems(), seed=seeds)
def test_to_pin_what_is_proposed_and_forbid_the_rest_changes_nothing(tiny: Problem, seed: int) -> None:
    for problem in both(tiny, seed):
        result = solved(problem)
        if result is not None:
            inside = np.isin(np.arange(problem.pair_count), result.pairs)
            expected = tuple(goal.value for goal in result.goals)
            assert values(replace(problem, pinned=inside)) == expected
            assert values(replace(problem, forbidden=~inside)) == expected


# What changes as it must


@MANY
@given(tiny=tiny_problems(), seed=seeds, factor=st.sampled_from([2, 7, 1000]))
def test_points_times_a_number_give_that_many_times_the_value(tiny: Problem, seed: int, factor: int) -> None:
    for problem in both(tiny, seed):
        before = values(problem)
        scaled = tuple(
            replace(goal, pair_values=factor * goal.pair_values, cover_values=factor * goal.cover_values)
            for goal in problem.goals
        )
        expected = None if before is None else tuple(factor * value for value in before)
        assert values(replace(problem, goals=scaled)) == expected


@MANY
@given(tiny=tiny_problems(), seed=seeds)
def test_two_rounds_side_by_side_reach_what_both_reach(tiny: Problem, seed: int) -> None:
    for problem in both(tiny, seed):
        before = values(problem)
        assert values(twice(problem)) == (None if before is None else tuple(2 * value for value in before))


def twice(problem: Problem) -> Problem:
    """Two copies that know nothing of each other."""

    def end_to_end(numbers: Ints, step: int) -> Ints:
        return np.concatenate([numbers, numbers + step])

    mentors, mentees, needs = len(problem.mentor_ids), len(problem.mentee_ids), len(problem.need_ids)
    pairs = problem.pair_count
    return replace(
        problem,
        mentor_ids=tuple(f"{id}{copy}" for copy in "12" for id in problem.mentor_ids),
        mentee_ids=tuple(f"{id}{copy}" for copy in "12" for id in problem.mentee_ids),
        need_ids=tuple(f"{id}{copy}" for copy in "12" for id in problem.need_ids),
        places=np.tile(problem.places, 2),
        minimum_load=np.tile(problem.minimum_load, 2),
        staff_days=np.tile(problem.staff_days, 2),
        wanted=np.tile(problem.wanted, 2),
        need_mentee=end_to_end(problem.need_mentee, mentees),
        pair_mentor=end_to_end(problem.pair_mentor, mentors),
        pair_mentee=end_to_end(problem.pair_mentee, mentees),
        cover_pair=end_to_end(problem.cover_pair, pairs),
        cover_need=end_to_end(problem.cover_need, needs),
        cover_days=np.tile(problem.cover_days, 2),
        pinned=np.tile(problem.pinned, 2),
        forbidden=np.tile(problem.forbidden, 2),
        goals=tuple(
            replace(goal, pair_values=np.tile(goal.pair_values, 2), cover_values=np.tile(goal.cover_values, 2))
            for goal in problem.goals
        ),
        limits=tuple(
            replace(limit, id=f"{limit.id}{copy}", pairs=limit.pairs + copy * pairs)
            for copy in (0, 1)
            for limit in problem.limits
        ),
    )


# What can only help


def relaxed(problem: Problem) -> list[Problem]:
    """One rule relaxed, each in turn."""
    limits = problem.limits
    moved = [
        replace(problem, limits=(*limits[:at], eased, *limits[at + 1 :]))
        for at, limit in enumerate(limits)
        for eased in (
            replace(limit, upper=None if limit.upper is None else limit.upper + 1),
            replace(limit, lower=None if limit.lower is None else limit.lower - 1),
        )
    ]
    days = np.where(problem.staff_days < 0, problem.staff_days, problem.staff_days + 1)
    return [
        *moved,
        replace(problem, limits=()),
        replace(problem, forbidden=np.zeros_like(problem.forbidden)),
        replace(problem, pinned=np.zeros_like(problem.pinned)),
        replace(problem, minimum_load=np.zeros_like(problem.minimum_load)),
        replace(problem, places=problem.places + 1),
        replace(problem, wanted=problem.wanted + 1),
        replace(problem, staff_days=days),
    ]


@settings(MANY, max_examples=6 * EXAMPLES)
@given(tiny=tiny_problems(), seed=seeds)
def test_relaxing_one_rule_never_hurts(tiny: Problem, seed: int) -> None:
    for problem in both(tiny, seed):
        before = values(problem)
        if before is not None:
            for easier in relaxed(problem):
                after = values(easier)
                assert after is not None
                assert after >= before
