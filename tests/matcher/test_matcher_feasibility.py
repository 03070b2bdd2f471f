"""What cannot be done is said before solving, in the user's words, naming what clashes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from brute_force import best_values
from hypothesis import given, settings
from hypothesis import strategies as st
from instances import EXAMPLES, coupled, tiny_problems

from graph.errors import NothingFeasible
from graph.sentences import Sentence
from matcher import clash, kernel
from matcher.changes import Force, changed
from matcher.clash import clashing_rules
from matcher.feasibility import check_possible
from matcher.problem import Limit, Problem
from matcher.solve import SolvePolicy, solve


def round_of(mentors: int = 3, mentees: int = 4) -> Problem:
    """Every mentor can help every mentee; one place each."""
    problem = coupled(0, mentors, mentees, 400, limits=False)
    assert problem.pair_count == mentors * mentees
    return replace(problem, places=np.ones(mentors, dtype=np.int64))


def limit(problem: Problem, title: str, pairs: list[int], lower: int | None, upper: int | None) -> Problem:
    chosen = np.array(pairs, dtype=np.int64)
    added = Limit(title, Sentence(title), chosen, np.ones(len(pairs), dtype=np.int64), lower, upper)
    return replace(problem, limits=(*problem.limits, added))


def flagged(problem: Problem, *pairs: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    flags = np.zeros(problem.pair_count, dtype=bool)
    flags[list(pairs)] = True
    return flags


def reasons(problem: Problem) -> list[str]:
    with pytest.raises(NothingFeasible) as caught:
        solve(problem, SolvePolicy(), 0)
    return [str(reason) for reason in caught.value.reasons]


def test_a_floor_above_the_mentees_there_are() -> None:
    problem = limit(round_of(5, 4), "Eastern Africa", list(range(10)), 3, None)
    assert reasons(problem) == ["“Eastern Africa” asks for at least 3, but only 2 of its mentees can have any mentor."]


def test_a_floor_above_the_places_there_are() -> None:
    problem = limit(round_of(), "Eastern Africa", list(range(12)), 4, None)
    assert reasons(problem) == ["“Eastern Africa” asks for at least 4, but at most 3 can be reached."]


def test_a_pin_that_is_forbidden() -> None:
    problem = round_of()
    assert reasons(replace(problem, pinned=flagged(problem, 1), forbidden=flagged(problem, 1))) == [
        "The pair m1 and n0 is both pinned and forbidden."
    ]


def test_more_pins_than_places_and_than_wanted() -> None:
    problem = round_of()
    assert reasons(replace(problem, pinned=flagged(problem, 0, 3))) == ["Mentees pinned to m0: 2, but its places: 1."]
    assert reasons(replace(problem, pinned=flagged(problem, 0, 1))) == [
        "Mentors pinned to n0: 2, but mentors it wants: 1."
    ]


def test_pins_over_a_ceiling() -> None:
    problem = limit(round_of(), "few", [0, 1, 4], None, 1)
    assert reasons(replace(problem, pinned=flagged(problem, 0, 4))) == [
        "“few” allows at most 1, but the pinned pairs already come to 2."
    ]


def test_a_minimum_load_nobody_can_fill() -> None:
    problem = round_of()
    loads = np.array([2, 0, 0])
    assert reasons(replace(problem, minimum_load=loads)) == ["m0 asks for a minimum load of 2, but its places: 1."]
    forbidden = problem.pair_mentor == 0
    assert reasons(replace(problem, minimum_load=np.array([1, 0, 0]), forbidden=forbidden)) == [
        "m0 asks for a minimum load of 1, but mentees that can be paired with it: 0."
    ]


def test_floors_that_only_clash_together_are_both_named_and_no_other() -> None:
    problem = round_of()
    first = [pair for pair in range(12) if problem.pair_mentee[pair] < 2]
    second = [pair for pair in range(12) if problem.pair_mentee[pair] >= 2]
    problem = limit(problem, "north", first, 2, None)
    problem = limit(problem, "south", second, 2, None)
    problem = limit(problem, "harmless", first, None, 9)
    check_possible(problem)
    assert reasons(problem) == ["“north” (at least 2)", "“south” (at least 2)"]


def test_minimum_loads_that_clash_in_a_flow_are_named() -> None:
    problem = round_of(3, 4)
    lone = (problem.pair_mentee == 0) | (problem.pair_mentor == 2)
    problem = replace(problem, forbidden=~lone, minimum_load=np.array([1, 1, 0]))
    assert reasons(problem) == [
        "the minimum load of m0 (at least 1)",
        "the minimum load of m1 (at least 1)",
    ]


@settings(max_examples=40 * EXAMPLES, derandomize=EXAMPLES == 1)
@given(tiny_problems())
def test_single_checks_never_refuse_what_is_possible_and_clashes_are_found_exactly(problem: Problem) -> None:
    possible = best_values(problem) is not None
    assert possible == (not clashing_rules(problem) and not (problem.pinned & problem.forbidden).any())
    if possible:
        check_possible(problem)


def crowded(pairs_each: int = 15) -> Problem:
    """A round of many pairs in which every region asks for all its mentees, which the places do not allow."""
    problem = coupled(1, 300, 1000, pairs_each, floor_share=0.0)
    limits = tuple(
        replace(limit, lower=len(np.unique(problem.pair_mentee[limit.pairs])))
        if limit.id.startswith("floor")
        else limit
        for limit in problem.limits
    )
    return replace(problem, limits=limits)


def test_a_clash_among_many_floors_is_found_by_relaxations_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = crowded()
    check_possible(problem)
    monkeypatch.setattr("matcher.clash.maximise_whole", None)
    trials: list[int] = []
    relaxed = kernel.maximise_relaxed

    def counted(*given: Any, **named: Any) -> Any:
        trials.append(1)
        return relaxed(*given, **named)

    monkeypatch.setattr("matcher.clash.maximise_relaxed", counted)
    found = clash.clashing_rules(problem)
    assert 2 <= len(found) <= 10
    assert len(trials) <= 40
    assert [str(each) for each in found] == [str(each) for each in clash.clashing_rules(problem)]


def test_with_few_trials_the_rules_named_still_contradict(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = crowded(4)
    smallest = clash.clashing_rules(problem)
    monkeypatch.setattr("matcher.clash.MOST_TRIALS", 1)
    more = clash.clashing_rules(problem)
    assert len(more) >= len(smallest)
    named = [str(each) for each in more]
    left = tuple(
        replace(
            limit,
            lower=limit.lower if f"“{limit.title}” (at least {limit.lower})" in named else None,
            upper=limit.upper if f"“{limit.title}” (at most {limit.upper})" in named else None,
        )
        for limit in problem.limits
    )
    assert clash.clashing_rules(replace(problem, limits=left))


@settings(max_examples=60 * EXAMPLES, derandomize=EXAMPLES == 1)
@given(tiny_problems(), st.data())
def test_after_one_change_the_clash_names_it(problem: Problem, data: st.DataObject) -> None:
    if best_values(problem) is None or not problem.pair_count:
        return
    pair = data.draw(st.integers(0, problem.pair_count - 1))
    forced = changed(problem, Force(pair))
    if best_values(forced) is None:
        found = [str(each) for each in clash.clashing_rules(forced)]
        mentor, mentee = problem.mentor_ids[problem.pair_mentor[pair]], problem.mentee_ids[problem.pair_mentee[pair]]
        assert f"the pin of {mentor} and {mentee}" in found
