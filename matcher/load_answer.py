"""From the prices of loads to a proven answer for one goal: rounds whose mentors state their staff-days.

The relaxation of such a round lies far above its best answer (1.3 % measured), so hardly a pair can be settled by
it. The bound of ``load_pricing`` lies within a few thousandths of a percent; the few loads that near it are listed
and chosen from (``load_choice``), wider until the proof is there.
"""

from __future__ import annotations

from dataclasses import dataclass

from matcher.goals import Chosen
from matcher.linear import Linear
from matcher.load_choice import choose, near_loads
from matcher.load_columns import LoadColumns
from matcher.load_pricing import LoadPricing, PricedLoads
from matcher.price_bound import Floats
from matcher.price_relaxation import Sifting
from matcher.price_watch import Watch
from matcher.problem import Flags, Goal, Ints

FIRST_SHARE = 2e-5
"""Of the bound: how much less than its mentors' best the loads of the first choice may come to."""

FOR_PRICES = 0.6
"""Share of the time left that the search for prices may take."""

MOST_LOADS = 30_000
MOST_WIDENINGS = 8


@dataclass(frozen=True, eq=False)
class ByLoads:
    """``best`` the best choice known, ``bound`` on the goal in whole points, and ``used`` bool[P]: the pairs that an
    answer as good may have (``None``: not known). ``priced``: the prices behind the bound."""

    best: Chosen | None
    bound: int
    used: Flags | None
    priced: PricedLoads

    def proven(self, goal: Goal) -> bool:
        """Whether no better choice exists."""
        return self.best is not None and self.bound <= self.best.value(goal)


def solve_by_loads(
    pricing: LoadPricing,
    linear: Linear,
    sifting: Sifting,
    goal: Goal,
    points: Ints,
    best: Chosen | None,
    duals: Floats,
    first: Flags,
    watch: Watch,
) -> ByLoads | None:
    """Raise one goal. ``duals`` float64[rows of ``linear``] and ``first`` bool[P] come from a flow.

    ``None`` if time ended before any prices. Raises ``NothingFeasible``, ``BadInput``, ``Cancelled``.
    """
    generated = LoadColumns(pricing, sifting, points).run(duals, first, best, watch.part(FOR_PRICES))
    if generated is None:
        return None
    priced = generated.priced
    bound, width = priced.points, max(1, round(FIRST_SHARE * abs(priced.points)))
    used: Flags | None = None
    widest = abs(bound) + 1
    if not watch.expired:
        # The loads that made the prices are few, and almost whole already: a first answer.
        part = watch.part(0.5)
        first_answer = choose(pricing, priced, linear, sifting, points, generated.loads, width * priced.scale, part)
        best = _better(goal, first_answer.chosen, best)
    for _ in range(MOST_WIDENINGS):
        if best is not None:
            width = min(widest, priced.points - best.value(goal) + 1)
        if watch.expired or width < 1:
            break
        loads = near_loads(pricing, priced, width * priced.scale, MOST_LOADS, watch)
        if loads is None:
            width = widest = width // 4
            continue
        answer = choose(pricing, priced, linear, sifting, points, loads, width * priced.scale, watch)
        best = _better(goal, answer.chosen, best)
        value = -(2**62) if best is None else best.value(goal)
        if answer.bound is not None:
            # What is not listed lacks more than the width.
            outside = (priced.bound - 1) // priced.scale - width
            bound = min(bound, max(answer.bound, outside, value))
        if (priced.bound - value * priced.scale) <= width * priced.scale:
            used = answer.used
            break
        if answer.bound is None or width == widest:
            break
        width *= 8
    return ByLoads(best, bound, used, priced)


def _better(goal: Goal, one: Chosen | None, other: Chosen | None) -> Chosen | None:
    """The choice that reaches more, the second where they reach the same."""
    if one is None or other is None:
        return one or other
    return one if one.value(goal) > other.value(goal) else other
