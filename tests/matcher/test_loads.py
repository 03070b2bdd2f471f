"""The loads of mentors with staff-days: tables against trying everything, and the bound that uses them."""

from __future__ import annotations

from itertools import chain, combinations

import numpy as np
import pytest
from brute_force import best_values
from hypothesis import given, settings
from instances import EXAMPLES, tiny_problems

from graph.errors import NothingFeasible
from matcher.fold import fold
from matcher.linear import linear_form, objective
from matcher.load_choice import near_loads
from matcher.load_pricing import LoadPricing
from matcher.load_tables import NOTHING, Items, fill
from matcher.price_watch import Watch
from matcher.problem import Problem


def drawn(seed: int) -> tuple[list[int], list[int], list[int], list[tuple[int, ...]]]:
    """A few tables and the rows (table, pair, days, worth, opening, forced) of their items."""
    random = np.random.default_rng(seed)
    tables = int(random.integers(1, 4))
    places, least, days = (random.integers(0, most, tables).tolist() for most in (3, 2, 8))
    rows: list[tuple[int, ...]] = []
    pair = 0
    for table in range(tables):
        for _ in range(int(random.integers(0, 4))):
            opening, forced = int(random.integers(-5, 8)), int(random.random() < 0.15)
            needs = int(random.integers(0, 4))
            if not needs:
                rows.append((table, pair, 0, 0, opening, forced))
            rows.extend(
                (table, pair, int(random.integers(0, 5)), int(random.integers(-4, 8)), opening, forced)
                for _ in range(needs)
            )
            pair += 1
    return places, least, days, rows


def allowed(
    rows: list[tuple[int, ...]], own: list[int], some: tuple[int, ...], least: int, most: int, days: int
) -> bool:
    forced = {rows[at][1] for at in own if rows[at][5]}
    pairs = {rows[at][1] for at in some}
    return sum(rows[at][2] for at in some) <= days and least <= len(pairs) <= most and forced <= pairs


def worth_of(rows: list[tuple[int, ...]], some: tuple[int, ...]) -> int:
    openings = {rows[at][1]: rows[at][4] for at in some}
    return sum(rows[at][3] for at in some) + sum(openings.values())


@pytest.mark.parametrize("first", range(0, 300, 100))
def test_the_best_load_is_the_best_of_all(first: int) -> None:
    for seed in range(first, first + 100):
        places, least, days, rows = drawn(seed)
        columns = np.array(rows, dtype=np.int64).reshape(-1, 6).T
        table_of, pair, took, worth, opening, forced = columns
        items = Items(table_of, pair, took, worth, opening, forced.astype(bool))
        most_pairs, least_pairs, most_days = (np.array(each, dtype=np.int64) for each in (places, least, days))
        filled = fill(most_pairs, least_pairs, most_days, items)
        for table, most in enumerate(places):
            own = [at for at, row in enumerate(rows) if row[0] == table]
            limits = (least[table], most, days[table])
            subsets = chain.from_iterable(combinations(own, size) for size in range(len(own) + 1))
            expected = max(
                (worth_of(rows, some) for some in subsets if allowed(rows, own, some, *limits)), default=None
            )
            assert filled.best[table] == (NOTHING if expected is None else expected), seed
            if expected is not None:
                taken = tuple(at for at in filled.taken.tolist() if rows[at][0] == table)
                assert allowed(rows, own, taken, *limits), seed
                assert worth_of(rows, taken) == expected, seed


def pricing_of(problem: Problem) -> LoadPricing:
    none = np.zeros(problem.pair_count, dtype=bool)
    return LoadPricing(problem, linear_form(problem), problem.pinned | none, problem.forbidden)


@settings(max_examples=150 * EXAMPLES, derandomize=EXAMPLES == 1)
@given(tiny_problems())
def test_any_prices_give_a_bound_no_answer_exceeds(problem: Problem) -> None:
    expected = best_values(problem)
    problem = fold(problem).problem
    if expected is None:
        return
    pricing = pricing_of(problem)
    if not pricing.applies:
        return
    random = np.random.default_rng(problem.pair_count)
    for _ in range(4):
        duals = random.normal(0, 10, len(pricing.rows))
        priced = pricing.price(objective(problem.goals[0]), duals)
        assert priced.points >= expected[0]


@settings(max_examples=100 * EXAMPLES, derandomize=EXAMPLES == 1)
@given(tiny_problems())
def test_the_loads_listed_are_all_that_are_near(problem: Problem) -> None:
    problem = fold(problem).problem
    pricing = pricing_of(problem)
    if not pricing.applies or (problem.pinned & problem.forbidden).any():
        return
    points = objective(problem.goals[0])
    try:
        priced = pricing.price(points, np.zeros(len(pricing.rows)))
    except NothingFeasible:
        return
    for margin in (0, 3, 40):
        listed = near_loads(pricing, priced, margin * priced.scale, 10_000, Watch(None, None))
        assert listed is not None
        assert len(set(listed)) == len(listed)
        for table, mentor in enumerate(pricing.mentors.tolist()):
            best = priced.filled.best[table] // priced.scale
            found = {own for at, own in listed if at == table}
            expected = {
                own for own in possible_loads(problem, mentor) if own and points[list(own)].sum() >= best - margin
            }
            assert found == expected


def possible_loads(problem: Problem, mentor: int) -> set[tuple[int, ...]]:
    """Every load of a mentor by the rules that are its own."""
    pairs = [
        pair
        for pair in range(problem.pair_count)
        if problem.pair_mentor[pair] == mentor and not problem.forbidden[pair]
    ]
    covers = [cover for cover in range(len(problem.cover_pair)) if problem.cover_pair[cover] in pairs]
    found = set()
    for some in chain.from_iterable(combinations(pairs, size) for size in range(len(pairs) + 1)):
        if not problem.minimum_load[mentor] <= len(some) <= problem.places[mentor]:
            continue
        if any(problem.pinned[pair] and pair not in some for pair in pairs):
            continue
        inside = [cover for cover in covers if problem.cover_pair[cover] in some]
        for needs in chain.from_iterable(combinations(inside, size) for size in range(len(inside) + 1)):
            idle = any(
                any(problem.cover_pair[cover] == pair for cover in covers)
                and not any(problem.cover_pair[cover] == pair for cover in needs)
                for pair in some
            )
            if not idle and problem.cover_days[list(needs)].sum() <= problem.staff_days[mentor]:
                found.add((*some, *(problem.pair_count + cover for cover in needs)))
    return found
