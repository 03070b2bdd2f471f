"""Impossible pins, forbids, floors and minimum loads, found and explained in the user's words.

Here what a single rule can already tell without a solver; which rules contradict only together is found in
``matcher.clash``.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from graph.errors import NothingFeasible
from graph.sentences import Sentence, say
from matcher.problem import UNLIMITED, Ints, Limit, Problem


def check_possible(problem: Problem) -> None:
    """Raise ``NothingFeasible`` with every single rule that can already be seen to be impossible."""
    reasons = [*_pins(problem), *_minimum_loads(problem), *_staff_days(problem), *_floors_and_ceilings(problem)]
    if reasons:
        raise NothingFeasible(reasons)


def _pins(problem: Problem) -> Iterator[Sentence]:
    for pair in np.flatnonzero(problem.pinned & problem.forbidden):
        yield say("The pair {mentor} and {mentee} is both pinned and forbidden.", **names_of(problem, int(pair)))
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
        bounds.append(best_within(owner[limit.pairs[free]], worth[free], left))
    return certain + min(bounds)


def best_within(owner: Ints, worth: Ints, capacity: Ints) -> int:
    """The sum of each owner's best values, as many as its capacity allows."""
    if len(worth) and (worth == worth[0]).all():
        return int(worth[0]) * int(np.minimum(np.bincount(owner, minlength=len(capacity)), capacity).sum())
    order = np.lexsort((-worth, owner))
    owner = owner[order]
    rank = np.arange(len(order)) - np.searchsorted(owner, owner)
    return int(worth[order][rank < capacity[owner]].sum())


def names_of(problem: Problem, pair: int) -> dict[str, str]:
    """The ids of a pair's two sides, as sentences name them."""
    return {
        "mentor": problem.mentor_ids[problem.pair_mentor[pair]],
        "mentee": problem.mentee_ids[problem.pair_mentee[pair]],
    }
