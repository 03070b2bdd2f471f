"""Parts: a problem that falls apart is solved part by part, each with the method that suits it.

Two mentees belong to one part if a pair that may be chosen or a limit that can bind leads from one to the other.
What is possible is then any possible answer of each part beside any of the others, and every goal is a sum over
pairs and covers, so it is the sum of its parts. Goals in order compare such sums like words, letter by letter; that
order does not change when the same is added on both sides, so the best of the whole is the best of each part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from graph.errors import NothingFeasible
from graph.sentences import say
from matcher.feasibility import reach
from matcher.goals import simple_bound
from matcher.problem import Flags, Goal, Ints, Limit, Problem
from matcher.result import GoalValue, Prices, Result
from matcher.versions import versions

FEW_PAIRS = 400
"""Parts with fewer pairs are put together until they have so many: each part has a price of its own (measured)."""

CLASH = say("The pins, forbids, minimum loads and limits leave no possible proposal.")


@dataclass(frozen=True, eq=False)
class Part:
    """A problem of its own; the other arrays are the indices of its own into the whole's, increasing."""

    problem: Problem
    mentors: Ints
    mentees: Ints
    pairs: Ints
    covers: Ints
    limits: Ints


def parts_of(problem: Problem) -> list[Part]:
    """The parts, smallest first. Pairs that cannot be chosen and limits that cannot be broken belong to none.

    Raises ``NothingFeasible`` where a limit or a minimum load cannot be kept for want of any pair.
    """
    mentors, mentees = len(problem.places), len(problem.wanted)
    usable = problem.pinned | (
        ~problem.forbidden & (problem.wanted[problem.pair_mentee] > 0) & (problem.places[problem.pair_mentor] > 0)
    )
    tails, heads = [problem.pair_mentor[usable]], [mentors + problem.pair_mentee[usable]]
    binding: list[int] = []
    for at, limit in enumerate(problem.limits):
        touched = limit.pairs[usable[limit.pairs] & (limit.coefficients != 0)]
        if not len(touched) and ((limit.lower or 0) > 0 or (limit.upper or 0) < 0):
            raise NothingFeasible([CLASH])
        if len(touched) and _can_break(problem, limit):
            # Pairs are ordered by mentee: each mentee once.
            mentee = problem.pair_mentee[touched]
            mentee = mentee[np.append(True, mentee[1:] != mentee[:-1])]
            tails.append(np.full(len(mentee), mentors + mentees + len(binding)))
            heads.append(mentors + mentee)
            binding.append(at)
    tail, head = np.concatenate(tails), np.concatenate(heads)
    nodes = mentors + mentees + len(binding)
    graph = sparse.coo_matrix((np.ones(len(tail), dtype=np.int8), (tail, head)), shape=(nodes, nodes))
    count, found = connected_components(graph, directed=False)
    label: Ints = found.astype(np.int64)
    sizes = np.bincount(label[problem.pair_mentor[usable]], minlength=count)
    if ((problem.minimum_load > 0) & (sizes[label[:mentors]] == 0)).any():
        raise NothingFeasible([CLASH])
    label = _gathered(label, sizes)
    if len(binding) == len(problem.limits) and usable.all() and not label.any():
        every = (mentors, mentees, problem.pair_count, len(problem.cover_pair), len(problem.limits))
        return [Part(problem, *(np.arange(count) for count in every))]
    of_limit = np.full(len(problem.limits), -1)
    of_limit[binding] = label[mentors + mentees :]
    of_pair = np.where(usable, label[problem.pair_mentor], -1)
    return [
        _part(problem, at, label[:mentors], label[mentors : mentors + mentees], of_pair, of_limit)
        for at in range(int(label.max(initial=-1)) + 1)
    ]


def _can_break(problem: Problem, limit: Limit) -> bool:
    below = limit.lower is not None and -reach(problem, limit, -1) < limit.lower
    return below or (limit.upper is not None and reach(problem, limit, 1) > limit.upper)


def _gathered(label: Ints, sizes: Ints) -> Ints:
    """New labels 0, 1, ... by size, small ones together; -1 for nodes without any pair."""
    fresh = np.full(len(sizes), -1)
    at, pairs = -1, FEW_PAIRS
    for old in np.argsort(sizes, kind="stable").tolist():
        if not sizes[old]:
            continue
        if pairs >= FEW_PAIRS:
            at, pairs = at + 1, 0
        fresh[old] = at
        pairs += int(sizes[old])
    return fresh[label]


def _part(problem: Problem, at: int, of_mentor: Ints, of_mentee: Ints, of_pair: Ints, of_limit: Ints) -> Part:
    mentors, mentees = np.flatnonzero(of_mentor == at), np.flatnonzero(of_mentee == at)
    pairs, limits = np.flatnonzero(of_pair == at), np.flatnonzero(of_limit == at)
    covers = np.flatnonzero(of_pair[problem.cover_pair] == at)
    needs = np.flatnonzero(of_mentee[problem.need_mentee] == at)
    kept = np.zeros(problem.pair_count, dtype=bool)
    kept[pairs] = True
    new_mentor, new_mentee, new_pair, new_need = (
        _places_in(chosen, count)
        for chosen, count in (
            (mentors, len(problem.places)),
            (mentees, len(problem.wanted)),
            (pairs, problem.pair_count),
            (needs, len(problem.need_ids)),
        )
    )
    part = Problem(
        mentor_ids=tuple(problem.mentor_ids[mentor] for mentor in mentors.tolist()),
        mentee_ids=tuple(problem.mentee_ids[mentee] for mentee in mentees.tolist()),
        places=problem.places[mentors],
        minimum_load=problem.minimum_load[mentors],
        staff_days=problem.staff_days[mentors],
        wanted=problem.wanted[mentees],
        need_ids=tuple(problem.need_ids[need] for need in needs.tolist()),
        need_mentee=new_mentee[problem.need_mentee[needs]],
        pair_mentor=new_mentor[problem.pair_mentor[pairs]],
        pair_mentee=new_mentee[problem.pair_mentee[pairs]],
        cover_pair=new_pair[problem.cover_pair[covers]],
        cover_need=new_need[problem.cover_need[covers]],
        cover_days=problem.cover_days[covers],
        pinned=problem.pinned[pairs],
        forbidden=problem.forbidden[pairs],
        goals=tuple(_of_part(goal, pairs, covers) for goal in problem.goals),
        limits=tuple(_limit_of_part(problem.limits[limit], kept, new_pair) for limit in limits.tolist()),
    )
    return Part(part, mentors, mentees, pairs, covers, limits)


def _places_in(chosen: Ints, count: int) -> Ints:
    places = np.full(count, -1)
    places[chosen] = np.arange(len(chosen))
    return places


def _of_part(goal: Goal, pairs: Ints, covers: Ints) -> Goal:
    return replace(goal, pair_values=goal.pair_values[pairs], cover_values=goal.cover_values[covers])


def _limit_of_part(limit: Limit, kept: Flags, new_pair: Ints) -> Limit:
    inside = kept[limit.pairs]
    return replace(limit, pairs=new_pair[limit.pairs[inside]], coefficients=limit.coefficients[inside])


def joined(problem: Problem, parts: Sequence[Part], results: Sequence[Result], seed: int) -> Result:
    """The result of the whole from the results of its parts, which must be in the same order.

    A part's bound on a goal holds given what *it* reached before. The sum holds for the whole where all earlier
    goals are proven, since then no other answer as good so far has other values in any part; after an unproven
    goal only the bound that needs no solver is left.
    """
    goals: list[GoalValue] = []
    certain = True
    for at, goal in enumerate(problem.goals):
        value = sum(result.goals[at].value for result in results)
        bound = sum(result.goals[at].bound for result in results) if certain else simple_bound(problem, goal)
        goals.append(GoalValue(goal.id, value, bound))
        certain = certain and goals[-1].proven
    methods = {result.method for result in results}
    return Result(
        pairs=_together([part.pairs[result.pairs] for part, result in zip(parts, results, strict=True)]),
        covers=_together([part.covers[result.covers] for part, result in zip(parts, results, strict=True)]),
        goals=tuple(goals),
        method="whole" if "whole" in methods else "price" if "price" in methods else "flow",
        seed=seed,
        input_hash=problem.input_hash,
        versions=versions(),
        prices=_prices(problem, parts, results),
    )


def _together(indices: Sequence[Ints]) -> Ints:
    return np.sort(np.concatenate([np.zeros(0, dtype=np.int64), *indices]))


def _prices(problem: Problem, parts: Sequence[Part], results: Sequence[Result]) -> Prices | None:
    """Each part's own; what belongs to no part is worth nothing. ``None`` where a part has none."""
    whole = Prices(np.zeros(len(problem.places)), np.zeros(len(problem.limits)), np.zeros(len(problem.wanted)))
    for part, result in zip(parts, results, strict=True):
        if result.prices is None:
            return None
        whole.places[part.mentors] = result.prices.places
        whole.limits[part.limits] = result.prices.limits
        whole.mentees[part.mentees] = result.prices.mentees
    return whole
