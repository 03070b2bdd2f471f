"""The best load of each mentor: which pairs, and which needs in each, within its places and its staff-days.

A knapsack by days and by places, for all mentors at once: table after table in one flat array, item after item in
each. An item is one need a pair can work on; the items of a pair follow each other. ``T`` holds the best value by
places and days for the pairs before, ``W`` that of the same with the present pair chosen and at least one of its
items taken (Kellerer, Pferschy, Pisinger, "Knapsack Problems", 2004, chapters 2 and 9).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matcher.problem import Flags, Ints

NOTHING = -(1 << 61)
"""The value of what is impossible; sums of worths must stay far above it."""


@dataclass(frozen=True, eq=False)
class Items:
    """int64[I], ordered by (table, pair): ``table``, ``pair``, ``days``, ``worth`` of the item, ``opening`` worth of
    its pair; ``forced`` bool[I]: the pair is in every load. A pair without needs has one item of no days and worth.
    """

    table: Ints
    pair: Ints
    days: Ints
    worth: Ints
    opening: Ints
    forced: Flags


@dataclass(frozen=True, eq=False)
class Filled:
    """``best`` int64[tables] (``NOTHING``: no load is possible); ``taken`` int64: indices of items in the best loads.

    ``last`` is ``T`` at the end and ``before`` ``T`` as it was before each pair (flat; asked for by ``keep``),
    both to be read with ``at``.
    """

    best: Ints
    taken: Ints
    last: Ints
    before: dict[int, Ints]
    starts: Ints
    days: Ints

    def at(self, table: int, places: int, days: int) -> int:
        """Where ``T`` of a table has the value for so many places and days."""
        return int(self.starts[table]) + places * (int(self.days[table]) + 1) + days


def fill(places: Ints, least: Ints, days: Ints, items: Items, *, keep: bool = False) -> Filled:
    """Fill all tables: ``least`` to ``places`` pairs and at most ``days`` days each, int64[tables]."""
    tables = len(places)
    counts = np.bincount(items.table, minlength=tables)
    # Tables with most items first, so that those still at work are always the first part of the flat array.
    rank = np.argsort(-counts, kind="stable")
    sizes = (places[rank] + 1) * (days[rank] + 1)
    ends = np.cumsum(sizes)
    starts = np.zeros(tables, dtype=np.int64)
    starts[rank] = ends - sizes
    owner = np.repeat(rank, sizes)
    flat = np.arange(len(owner))
    within = flat - starts[owner]
    width = days[owner] + 1
    left, rows = within % width, within // width
    first_item = np.cumsum(counts) - counts
    opens = np.ones(len(items.pair), dtype=bool)
    opens[1:] = (items.pair[1:] != items.pair[:-1]) | (items.table[1:] != items.table[:-1])
    closes = np.append(opens[1:], True)
    best = np.where(rows == 0, 0, NOTHING)
    inside = np.full(len(flat), NOTHING)
    steps: list[tuple[np.typing.NDArray[np.uint8], Flags]] = []
    before: dict[int, Ints] = {}
    for step in range(int(counts.max(initial=0))):
        active = int(np.searchsorted(-counts[rank], -step))
        end = int(ends[active - 1])
        of, at = owner[:end], flat[:end]
        item = np.zeros(tables, dtype=np.int64)
        item[rank[:active]] = first_item[rank[:active]] + step
        item = item[of]
        need, worth = items.days[item], items.worth[item]
        if keep:
            fresh = opens[first_item[rank[:active]] + step]
            for table in rank[:active][fresh].tolist():
                begin = int(starts[table])
                size = int((places[table] + 1) * (days[table] + 1))
                before[int(first_item[table]) + step] = best[begin : begin + size].copy()
        fits = left[:end] >= need
        one_less = np.maximum(at - need - width[:end], 0)
        from_best = np.where(fits & (rows[:end] > 0), best[one_less] + items.opening[item] + worth, NOTHING)
        old = np.where(opens[item], NOTHING, inside[:end])
        from_inside = np.where(fits & (worth > 0), old[np.maximum(at - need, 0)] + worth, NOTHING)
        new = np.maximum(np.maximum(old, from_best), from_inside)
        how = np.where(new == old, 0, np.where(new == from_best, 1, 2)).astype(np.uint8)
        inside[:end] = new
        closing = closes[item] & ((new > best[:end]) | items.forced[item])
        best[:end] = np.where(closing, new, best[:end])
        steps.append((how, closing))
    values, taken = _trace(places, least, days, starts, best, steps, counts, first_item, items)
    return Filled(values, taken, best, before, starts, days)


def _trace(
    places: Ints,
    least: Ints,
    days: Ints,
    starts: Ints,
    best: Ints,
    steps: list[tuple[np.typing.NDArray[np.uint8], Flags]],
    counts: Ints,
    first_item: Ints,
    items: Items,
) -> tuple[Ints, Ints]:
    """The best value of each table and the items it takes, found backwards."""
    tables = len(places)
    values, row = np.full(tables, NOTHING), np.zeros(tables, dtype=np.int64)
    for count in range(int(places.max(initial=0)) + 1):
        allowed = (count >= least) & (count <= places)
        value = best[np.where(allowed, starts + count * (days + 1) + days, 0)] if len(best) else values
        better = allowed & (value > values)
        values, row = np.where(better, value, values), np.where(better, count, row)
    values = np.where(values < NOTHING // 2, NOTHING, values)
    left, within = days.copy(), np.zeros(tables, dtype=bool)
    taken = []
    for step in range(len(steps) - 1, -1, -1):
        how, closing = steps[step]
        on = np.flatnonzero((counts > step) & (values > NOTHING))
        item = first_item[on] + step
        state = starts[on] + row[on] * (days[on] + 1) + left[on]
        within[on] |= closing[state]
        used = np.where(within[on], how[state], 0)
        took = used > 0
        taken.append(item[took])
        left[on] -= np.where(took, items.days[item], 0)
        row[on] -= used == 1
        within[on] &= used != 1
    return values, np.sort(np.concatenate([np.zeros(0, dtype=np.int64), *taken]))
