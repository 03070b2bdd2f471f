"""Impossible pins, forbids, floors and minimum loads, found and explained in the user's words.

First what a single rule can already tell without a solver; then, where a solver finds the rules contradict, a
smallest set of rules that clash (QuickXplain: U. Junker, AAAI 2004), so that each one named really takes part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from graph.errors import NothingFeasible
from graph.sentences import Sentence, say
from matcher.goals import Stop
from matcher.kernel import maximise_whole
from matcher.linear import linear_form
from matcher.problem import UNLIMITED, Ints, Limit, Problem

SECONDS_PER_TRIAL = 10.0
"""Work spent on one question of the search for a clash; unanswered, the rule in question stays in the set."""


def check_possible(problem: Problem) -> None:
    """Raise ``NothingFeasible`` with every single rule that can already be seen to be impossible."""
    reasons = [*_pins(problem), *_minimum_loads(problem), *_staff_days(problem), *_floors_and_ceilings(problem)]
    if reasons:
        raise NothingFeasible(reasons)


def _pins(problem: Problem) -> Iterator[Sentence]:
    for pair in np.flatnonzero(problem.pinned & problem.forbidden):
        yield say("The pair {mentor} and {mentee} is both pinned and forbidden.", **_names(problem, int(pair)))
    of_mentor = np.bincount(problem.pair_mentor[problem.pinned], minlength=len(problem.places))
    for mentor in np.flatnonzero(of_mentor > problem.places):
        yield say(
            "Mentees pinned to {mentor}: {pins}, but its places: {places}.",
            mentor=problem.mentor_ids[mentor],
            places=int(problem.places[mentor]),
            pins=int(of_mentor[mentor]),
        )
    of_mentee = np.bincount(problem.pair_mentee[problem.pinned], minlength=len(problem.wanted))
    for mentee in np.flatnonzero(of_mentee > problem.wanted):
        yield say(
            "Mentors pinned to {mentee}: {pins}, but mentors it wants: {wanted}.",
            mentee=problem.mentee_ids[mentee],
            wanted=int(problem.wanted[mentee]),
            pins=int(of_mentee[mentee]),
        )


def _minimum_loads(problem: Problem) -> Iterator[Sentence]:
    able = np.bincount(problem.pair_mentor[~problem.forbidden], minlength=len(problem.places))
    for mentor in np.flatnonzero(problem.minimum_load > problem.places):
        yield say(
            "{mentor} asks for a minimum load of {least}, but its places: {places}.",
            mentor=problem.mentor_ids[mentor],
            least=int(problem.minimum_load[mentor]),
            places=int(problem.places[mentor]),
        )
    for mentor in np.flatnonzero((problem.minimum_load > able) & (problem.minimum_load <= problem.places)):
        yield say(
            "{mentor} asks for a minimum load of {least}, but mentees that can be paired with it: {able}.",
            mentor=problem.mentor_ids[mentor],
            least=int(problem.minimum_load[mentor]),
            able=int(able[mentor]),
        )


def _staff_days(problem: Problem) -> Iterator[Sentence]:
    """Each pinned pair with covers takes at least its shortest need."""
    shortest = np.full(problem.pair_count, np.iinfo(np.int64).max)
    np.minimum.at(shortest, problem.cover_pair, problem.cover_days)
    shortest[~np.isin(np.arange(problem.pair_count), problem.cover_pair) | ~problem.pinned] = 0
    least = np.zeros(len(problem.places), dtype=np.int64)
    np.add.at(least, problem.pair_mentor, shortest)
    for mentor in np.flatnonzero((problem.staff_days != UNLIMITED) & (least > problem.staff_days)):
        yield say(
            "{mentor} has {days} staff-days, but its pinned mentees need at least {least}.",
            mentor=problem.mentor_ids[mentor],
            days=int(problem.staff_days[mentor]),
            least=int(least[mentor]),
        )


def _floors_and_ceilings(problem: Problem) -> Iterator[Sentence]:
    for limit in problem.limits:
        usable = ~problem.forbidden[limit.pairs]
        if limit.lower is not None and limit.upper is not None and limit.lower > limit.upper:
            yield say(
                "“{limit}” asks for at least {least} and at most {most}.",
                limit=limit.title,
                least=limit.lower,
                most=limit.upper,
            )
            continue
        most, least = reach(problem, limit, 1), -reach(problem, limit, -1)
        if limit.lower is not None and most < limit.lower:
            served = len(np.unique(problem.pair_mentee[limit.pairs[usable & (limit.coefficients > 0)]]))
            counts_pairs = bool((limit.coefficients == 1).all())
            yield (
                say(
                    "“{limit}” asks for at least {least}, but only {served} of its mentees can have any mentor.",
                    limit=limit.title,
                    least=limit.lower,
                    served=served,
                )
                if counts_pairs and served < limit.lower
                else say(
                    "“{limit}” asks for at least {least}, but at most {most} can be reached.",
                    limit=limit.title,
                    least=limit.lower,
                    most=most,
                )
            )
        if limit.upper is not None and least > limit.upper:
            yield say(
                "“{limit}” allows at most {most}, but the pinned pairs already come to {least}.",
                limit=limit.title,
                most=limit.upper,
                least=least,
            )


def reach(problem: Problem, limit: Limit, sign: int) -> int:
    """A bound on ``sign`` times the limit: pinned pairs, and the best others within wanted, and within places."""
    worth = sign * limit.coefficients
    pinned = problem.pinned[limit.pairs]
    certain = int(worth[pinned].sum())
    free = ~pinned & ~problem.forbidden[limit.pairs] & (worth > 0)
    bounds = []
    for owner, capacity in ((problem.pair_mentee, problem.wanted), (problem.pair_mentor, problem.places)):
        used = np.bincount(owner[problem.pinned], minlength=len(capacity))
        left = np.maximum(capacity - used, 0)
        bounds.append(_best_within(owner[limit.pairs[free]], worth[free], left))
    return certain + min(bounds)


def _best_within(owner: Ints, worth: Ints, capacity: Ints) -> int:
    """The sum of each owner's best values, as many as its capacity allows."""
    order = np.lexsort((-worth, owner))
    owner = owner[order]
    rank = np.arange(len(order)) - np.searchsorted(owner, owner)
    return int(worth[order][rank < capacity[owner]].sum())


@dataclass(frozen=True, slots=True)
class _Rule:
    kind: Literal["pin", "minimum_load", "floor", "ceiling"]
    index: int


@contextmanager
def explain_impossible(problem: Problem, cancelled: Stop | None = None) -> Iterator[None]:
    """Turn a solver's bare ``NothingFeasible`` into one that names a smallest set of clashing rules.

    Raises ``Cancelled`` where asked to stop meanwhile.
    """
    try:
        yield
    except NothingFeasible as found:
        clash = clashing_rules(problem, cancelled)
        raise NothingFeasible(clash or found.reasons) from found


def clashing_rules(problem: Problem, cancelled: Stop | None = None) -> list[Sentence]:
    """Pins, minimum loads, floors and ceilings that cannot hold together, none of them needless; empty: none."""
    rules = [
        *(_Rule("floor", index) for index, limit in enumerate(problem.limits) if limit.lower is not None),
        *(_Rule("ceiling", index) for index, limit in enumerate(problem.limits) if limit.upper is not None),
        *(_Rule("minimum_load", int(mentor)) for mentor in np.flatnonzero(problem.minimum_load > 0)),
        *(_Rule("pin", int(pair)) for pair in np.flatnonzero(problem.pinned)),
    ]

    def clashes(kept: Sequence[_Rule]) -> bool:
        linear = linear_form(_with_only(problem, kept))
        points = np.zeros(linear.matrix.shape[1], dtype=np.int64)
        answer = maximise_whole(linear, points, seed=0, seconds=SECONDS_PER_TRIAL, cancelled=cancelled)
        return answer.status == "infeasible"

    if not clashes(rules):
        return []
    return [_rule_in_words(problem, rule) for rule in _smallest_clash(rules, clashes)]


def _smallest_clash(rules: Sequence[_Rule], clashes: Callable[[Sequence[_Rule]], bool]) -> list[_Rule]:
    """QuickXplain: halves the rules, asking of each half whether the rest clashes without it."""

    def search(base: list[_Rule], added: bool, candidates: Sequence[_Rule]) -> list[_Rule]:
        if added and clashes(base):
            return []
        if len(candidates) == 1:
            return list(candidates)
        half = len(candidates) // 2
        first, second = candidates[:half], candidates[half:]
        from_second = search([*base, *first], True, second)
        from_first = search([*base, *from_second], bool(from_second), first)
        return [*from_first, *from_second]

    return search([], False, rules) if rules else []


def _with_only(problem: Problem, kept: Sequence[_Rule]) -> Problem:
    """The problem with every rule dropped that is not kept (forbids, places and wanted always stay)."""
    pinned = np.zeros(problem.pair_count, dtype=bool)
    pinned[[rule.index for rule in kept if rule.kind == "pin"]] = True
    loads = np.zeros(len(problem.places), dtype=np.int64)
    loaded = [rule.index for rule in kept if rule.kind == "minimum_load"]
    loads[loaded] = problem.minimum_load[loaded]
    floors = {rule.index for rule in kept if rule.kind == "floor"}
    ceilings = {rule.index for rule in kept if rule.kind == "ceiling"}
    limits = tuple(
        replace(
            limit,
            lower=limit.lower if index in floors else None,
            upper=limit.upper if index in ceilings else None,
        )
        for index, limit in enumerate(problem.limits)
        if index in floors or index in ceilings
    )
    return replace(problem, pinned=pinned, minimum_load=loads, limits=limits)


def _rule_in_words(problem: Problem, rule: _Rule) -> Sentence:
    if rule.kind == "pin":
        return say("the pin of {mentor} and {mentee}", **_names(problem, rule.index))
    if rule.kind == "minimum_load":
        return say(
            "the minimum load of {mentor} (at least {least})",
            mentor=problem.mentor_ids[rule.index],
            least=int(problem.minimum_load[rule.index]),
        )
    limit = problem.limits[rule.index]
    if rule.kind == "floor":
        return say("“{limit}” (at least {least})", limit=limit.title, least=limit.lower or 0)
    return say("“{limit}” (at most {most})", limit=limit.title, most=limit.upper or 0)


def _names(problem: Problem, pair: int) -> dict[str, str]:
    return {
        "mentor": problem.mentor_ids[problem.pair_mentor[pair]],
        "mentee": problem.mentee_ids[problem.pair_mentee[pair]],
    }
