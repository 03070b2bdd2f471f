"""The answer to a tiny problem by trying everything: plain loops over the definition, no array code shared."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, combinations

from matcher.problem import Problem


def best_values(problem: Problem) -> tuple[int, ...] | None:
    """The best values of the goals in their order; ``None`` where nothing keeps all rules."""
    return max((_values(problem, pairs, covers) for pairs, covers in _all_choices(problem)), default=None)


def _subsets(items: list[int]) -> Iterator[tuple[int, ...]]:
    return chain.from_iterable(combinations(items, size) for size in range(len(items) + 1))


def _all_choices(problem: Problem) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    for pairs in _subsets(list(range(problem.pair_count))):
        if not _pairs_allowed(problem, pairs):
            continue
        possible = [c for c in range(len(problem.cover_pair)) if problem.cover_pair[c] in pairs]
        for covers in _subsets(possible):
            if _covers_allowed(problem, pairs, covers):
                yield pairs, covers


def _pairs_allowed(problem: Problem, pairs: tuple[int, ...]) -> bool:
    for pair in range(problem.pair_count):
        if (problem.pinned[pair] and pair not in pairs) or (problem.forbidden[pair] and pair in pairs):
            return False
    for mentor in range(len(problem.mentor_ids)):
        load = sum(1 for pair in pairs if problem.pair_mentor[pair] == mentor)
        if not problem.minimum_load[mentor] <= load <= problem.places[mentor]:
            return False
    for mentee in range(len(problem.mentee_ids)):
        if sum(1 for pair in pairs if problem.pair_mentee[pair] == mentee) > problem.wanted[mentee]:
            return False
    for limit in problem.limits:
        amount = sum(int(a) for pair, a in zip(limit.pairs, limit.coefficients, strict=True) if pair in pairs)
        if limit.lower is not None and amount < limit.lower:
            return False
        if limit.upper is not None and amount > limit.upper:
            return False
    return True


def _covers_allowed(problem: Problem, pairs: tuple[int, ...], covers: tuple[int, ...]) -> bool:
    needs = [int(problem.cover_need[cover]) for cover in covers]
    if len(set(needs)) < len(needs):
        return False
    for pair in pairs:
        own = [cover for cover in range(len(problem.cover_pair)) if problem.cover_pair[cover] == pair]
        if own and not any(cover in covers for cover in own):
            return False
    for mentor in range(len(problem.mentor_ids)):
        days = sum(int(problem.cover_days[c]) for c in covers if problem.pair_mentor[problem.cover_pair[c]] == mentor)
        if problem.staff_days[mentor] >= 0 and days > problem.staff_days[mentor]:
            return False
    return True


def _values(problem: Problem, pairs: tuple[int, ...], covers: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(
        sum(int(goal.pair_values[pair]) for pair in pairs) + sum(int(goal.cover_values[cover]) for cover in covers)
        for goal in problem.goals
    )
