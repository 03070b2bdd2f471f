"""A first answer for a large round, and first prices: flows that ignore what is hard, and exact repair.

A flow knows places and mentors wanted, but neither staff-days nor needs that several mentors share nor limits. So a
flow proposes one pair a mentee; of these each mentor takes its best load exactly (``load_tables``), the ceilings
take what has room; and a flow over what is left proposes again. Pairs that help a floor come first until it is met.
The prices of the first flow bound the round, for leaving a rule out never makes it worse.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from graph.errors import BadInput, NothingFeasible
from matcher.goals import Chosen
from matcher.linear import Linear
from matcher.load_tables import NOTHING, Items, fill
from matcher.price_arcs import Flowed, Flows
from matcher.price_relaxation import best_few
from matcher.price_watch import Watch
from matcher.problem import UNLIMITED, Flags, Ints, Problem
from matcher.work import FLOW_ARC

MOST_ROUNDS = 15
PAIRS_PER_MENTEE = 20
"""Pairs of each mentee that a flow chooses from."""


def first_prices(problem: Problem, points: Ints, fixed_in: Flags, fixed_out: Flags) -> Flowed | None:
    """The flow without limits, staff-days and shared needs, for points int64[P + C], and its prices.

    ``None`` where minimum loads leave it no answer on so few pairs, or points are too large for it.
    """
    worth = points[: problem.pair_count].copy()
    np.add.at(worth, problem.cover_pair, np.maximum(points[problem.pair_count :], 0))
    return _flow(problem, worth, fixed_in, ~fixed_out)


def pins_alone(problem: Problem, linear: Linear) -> Chosen | None:
    """The pinned pairs and no other, with all their covers or with none, where that keeps every rule."""
    for covers in (problem.pinned[problem.cover_pair], np.zeros(len(problem.cover_pair), dtype=bool)):
        if linear.holds(problem.pinned, covers):
            return Chosen(problem.pinned.copy(), covers)
    return None


def first_answer(problem: Problem, linear: Linear, points: Ints, fixed_out: Flags, watch: Watch) -> Chosen | None:
    """A choice that keeps every rule, within some percent of the best by ``points`` int64[P + C] (measured: 3 to 5;
    up to 20 where a ceiling on money binds).

    ``None`` where the way here leads to none (floors, minimum loads and pins that need more care).
    """
    taken = _Taken(problem, points, fixed_out)
    if problem.pinned.any() and not taken.take(np.flatnonzero(problem.pinned)):
        return None
    for _ in range(MOST_ROUNDS):
        if watch.expired:
            break
        worth, allowed = taken.worth()
        flowed = _flow(taken.rest(), worth, np.zeros(problem.pair_count, dtype=bool), allowed)
        watch.did(FLOW_ARC * min(int(allowed.sum()), PAIRS_PER_MENTEE * len(problem.wanted)))
        if flowed is None or not len(flowed.chosen):
            break
        taken.take(flowed.chosen)
    found = Chosen(taken.pairs, taken.covers)
    return found if linear.holds(found.pairs, found.covers) else None


def _flow(problem: Problem, worth: Ints, fixed_in: Flags, allowed: Flags) -> Flowed | None:
    best = best_few(problem, worth, allowed & (worth > 0), PAIRS_PER_MENTEE)
    pairs = np.union1d(best, np.flatnonzero(fixed_in)).astype(np.int64)
    try:
        return Flows(problem, fixed_in).best(pairs, worth[pairs].astype(np.float64), None, np.inf)
    except (NothingFeasible, BadInput):
        return None


@dataclass(frozen=True, eq=False)
class _Limit:
    """A limit's coefficients by pair, and how far it is from its sides."""

    by_pair: Ints
    lower: int | None
    upper: int | None


class _Taken:
    """What is taken so far, and what is left of places, staff-days, mentors wanted and needs."""

    def __init__(self, problem: Problem, points: Ints, fixed_out: Flags) -> None:
        self.problem = problem
        self.of_pair, self.of_cover = points[: problem.pair_count], points[problem.pair_count :]
        self.pairs: Flags = np.zeros(problem.pair_count, dtype=bool)
        self.covers: Flags = np.zeros(len(problem.cover_pair), dtype=bool)
        self.out: Flags = fixed_out.copy()
        self.places, self.wanted = problem.places.copy(), problem.wanted.copy()
        self.days = problem.staff_days.copy()
        self.need_open: Flags = np.ones(len(problem.need_mentee), dtype=bool)
        self.limits = [self._limit(at) for at in range(len(problem.limits))]
        self.amounts = [0] * len(self.limits)
        self.has_covers: Flags = np.zeros(problem.pair_count, dtype=bool)
        self.has_covers[problem.cover_pair] = True
        self.cover_mentor = problem.pair_mentor[problem.cover_pair]
        self.large = 2 * int(np.abs(points).max(initial=1)) + 1

    def _limit(self, at: int) -> _Limit:
        limit = self.problem.limits[at]
        by_pair = np.zeros(self.problem.pair_count, dtype=np.int64)
        by_pair[limit.pairs] = limit.coefficients
        return _Limit(by_pair, limit.lower, limit.upper)

    def rest(self) -> Problem:
        """The problem of the next flow: one pair a mentee at most, so that no need is asked for twice."""
        days_over = np.where(self.days == UNLIMITED, True, self.days >= 0)
        none = np.zeros(self.problem.pair_count, dtype=bool)
        return replace(
            self.problem,
            places=np.where(days_over, self.places, 0),
            wanted=np.minimum(self.wanted, 1),
            minimum_load=np.zeros_like(self.places),
            pinned=none,
        )

    def worth(self) -> tuple[Ints, Flags]:
        """What each pair could add, int64[P], by the needs still open that fit into its mentor's days; and whether
        it may be taken at all, bool[P]."""
        problem = self.problem
        covers = np.flatnonzero(self._fits() & ~self.pairs[problem.cover_pair])
        pair, worth, days = problem.cover_pair[covers], self.of_cover[covers], problem.cover_days[covers]
        best = np.full(problem.pair_count, NOTHING)
        np.maximum.at(best, pair, worth)
        # As many worthwhile needs as fit, those worth most for their days first.
        good = np.flatnonzero(worth > 0)
        order = good[np.lexsort((-worth[good] / np.maximum(days[good], 0.5), pair[good]))]
        in_order = pair[order]
        total = np.cumsum(days[order])
        first = np.searchsorted(in_order, in_order)
        within = total - (total - days[order])[first]
        left = self.days[problem.pair_mentor[in_order]]
        fits = (left == UNLIMITED) | (within <= left)
        together = np.zeros(problem.pair_count, dtype=np.int64)
        np.add.at(together, in_order[fits], worth[order][fits])
        of_covers = np.where(self.has_covers, np.maximum(together, best), 0)
        allowed = ~self.out & ~self.pairs & (~self.has_covers | (best > NOTHING))
        value = np.where(allowed, self.of_pair + of_covers, 0)
        for limit, amount in zip(self.limits, self.amounts, strict=True):
            if limit.upper is not None:
                allowed &= (limit.by_pair <= 0) | (amount + limit.by_pair <= limit.upper)
            if limit.lower is not None and amount < limit.lower:
                value = np.where(limit.by_pair > 0, np.maximum(value, 0) + self.large, value)
        return value, allowed

    def _fits(self) -> Flags:
        """Covers whose need is open and whose days, alone, its mentor still has; bool[C]."""
        problem = self.problem
        left = self.days[self.cover_mentor]
        fits: Flags = self.need_open[problem.cover_need] & ((left == UNLIMITED) | (problem.cover_days <= left))
        return fits

    def take(self, pairs: Ints) -> bool:
        """Of these pairs what fits, mentor by mentor its best load; the others never again. True if all fit."""
        problem = self.problem
        asked = np.zeros(problem.pair_count, dtype=bool)
        asked[pairs] = True
        covers = np.flatnonzero(asked[problem.cover_pair] & self._fits())
        # A need asked for by several pairs at once (pins) goes to the first.
        covers = covers[np.unique(problem.cover_need[covers], return_index=True)[1]]
        bare = pairs[~self.has_covers[pairs]]
        pair = np.concatenate([problem.cover_pair[covers], bare])
        cover = np.concatenate([covers, np.full(len(bare), -1)])
        order = np.lexsort((cover, pair, problem.pair_mentor[pair]))
        pair, cover = pair[order], cover[order]
        mentors, table = np.unique(problem.pair_mentor[pair], return_inverse=True)
        limited = self.days[mentors] != UNLIMITED
        # Cover -1, of a pair without needs, reads the last entry: 0.
        days = np.where(limited[table], np.append(problem.cover_days, 0)[cover], 0)
        total = np.zeros(len(mentors), dtype=np.int64)
        np.add.at(total, table, days)
        worth = np.append(self.of_cover, 0)[cover]
        value, _ = self.worth()
        floors = np.where(value[pair] >= self.large, self.large, 0)
        items = Items(table, pair, days, worth, self.of_pair[pair] + floors, problem.pinned[pair])
        most = np.where(limited, np.minimum(self.days[mentors], total), 0)
        room = np.minimum(self.places[mentors], np.bincount(problem.pair_mentor[np.unique(pair)])[mentors])
        filled = fill(room, np.zeros_like(room), most, items)
        loads = np.unique(pair[filled.taken])
        loads = loads[np.argsort(-value[loads], kind="stable")]
        accepted = self._within_limits(loads)
        self.pairs[accepted] = True
        of_accepted = cover[filled.taken]
        of_accepted = of_accepted[of_accepted >= 0]
        of_accepted = of_accepted[self.pairs[problem.cover_pair[of_accepted]]]
        self.covers[of_accepted] = True
        self.need_open[problem.cover_need[of_accepted]] = False
        np.subtract.at(self.places, problem.pair_mentor[accepted], 1)
        np.subtract.at(self.wanted, problem.pair_mentee[accepted], 1)
        used = of_accepted[self.days[self.cover_mentor[of_accepted]] != UNLIMITED]
        np.subtract.at(self.days, self.cover_mentor[used], problem.cover_days[used])
        self.out[pairs] = True
        return bool(self.pairs[pairs].all())

    def _within_limits(self, pairs: Ints) -> Ints:
        """The pairs, in their order, that no ceiling refuses."""
        uppers = [(at, limit) for at, limit in enumerate(self.limits) if limit.upper is not None]
        accepted = []
        for pair in pairs.tolist():
            pinned = self.problem.pinned[pair]
            if not pinned and any(
                limit.by_pair[pair] > 0 and self.amounts[at] + limit.by_pair[pair] > (limit.upper or 0)
                for at, limit in uppers
            ):
                continue
            for at, limit in enumerate(self.limits):
                self.amounts[at] += int(limit.by_pair[pair])
            accepted.append(pair)
        return np.array(accepted, dtype=np.int64)
