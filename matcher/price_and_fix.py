"""Price and fix: exact at scale, for every problem of ``matcher.problem``.

Goal after goal:

1. *Price.* The linear relaxation over all pairs by sifting (``price_relaxation``); its prices give a proven bound
   over every pair (``price_bound``).
2. *Round.* The pairs that matter at these prices, as a small integer program (``price_core``), give a first answer.
3. *Fix.* A pair whose worth lies further below zero than bound minus answer is in no better answer; one whose worth
   lies further above is in every better one. What remains is solved exactly, so the answer is proven.
4. The same test settles pairs for the goals that follow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from graph.errors import NothingFeasible
from matcher.fold import fold
from matcher.goals import (
    Chosen,
    Found,
    Improved,
    Progress,
    Stop,
    better,
    in_order,
    last_real_goal,
    nothing_found,
    simple_bound,
)
from matcher.linear import Row, linear_form, objective
from matcher.load_answer import ByLoads, solve_by_loads
from matcher.load_pricing import LoadPricing
from matcher.load_start import first_answer, first_prices, pins_alone
from matcher.price_bound import Pricing
from matcher.price_fixing import CLASH, MOST_TIES, Fixing
from matcher.price_flow import MANY_ROWS, FlowPricing, flow_relaxation_applies, size
from matcher.price_relaxation import FIRST_PER_MENTEE, Floats, Relaxed, Sifting, best_few
from matcher.price_watch import Watch
from matcher.problem import STABLE, UNLIMITED, Flags, Goal, Ints, Problem
from matcher.result import Prices, Result
from matcher.versions import versions
from matcher.work import Work

NEAR_PER_MENTEE = 4
"""Pairs of each mentee, best at the prices the flows found, that sifting then begins with."""

MOST_TOGETHER = 2**31
"""Points up to which goals are put into one number for a first answer."""


def solve_by_price(
    problem: Problem,
    *,
    seed: int,
    time_limit: float | None = None,
    work: Work | None = None,
    progress: Progress | None = None,
    cancelled: Stop | None = None,
    found: Found | None = None,
) -> Result:
    """The optimum of any problem with a proof, or by ``time_limit`` (seconds) or the limit of ``work`` the best found
    with a proven bound.

    Raises ``NothingFeasible`` where the rules contradict, ``TooLarge`` where not even one choice that keeps all
    rules was found in time, ``Cancelled`` within about a second of ``cancelled()`` answering true.
    """
    folded = fold(problem)
    run = _Run(folded.problem, Watch(time_limit, cancelled, work), found)
    best, values = in_order(
        folded.problem, run.step, start=run.start(), progress=progress, cancelled=cancelled, found=found
    )
    if best is None:
        raise nothing_found(time_limit, None if work is None else work.most)
    return Result(
        pairs=np.flatnonzero(best.pairs),
        covers=np.flatnonzero(folded.unfold(best.pairs, best.covers)),
        goals=values,
        method="price",
        seed=seed,
        input_hash=problem.input_hash,
        versions=versions(),
        prices=run.prices,
    )


class _Run:
    """One run: what is settled so far, and the step that ``in_order`` takes for each goal."""

    def __init__(self, problem: Problem, watch: Watch, found: Found | None) -> None:
        self.problem, self.watch, self.found = problem, watch, found
        self.linear = linear_form(problem)
        crossed = (self.linear.row_lower > self.linear.row_upper).any()
        if crossed or (problem.pinned & problem.forbidden).any():
            raise NothingFeasible([CLASH])
        unusable = (problem.wanted[problem.pair_mentee] <= 0) | (problem.places[problem.pair_mentor] <= 0)
        self.fixed_in: Flags = problem.pinned.copy()
        self.fixed_out: Flags = problem.forbidden | (unusable & ~problem.pinned)
        self.joined: Flags = np.zeros(problem.pair_count, dtype=bool)
        self.prices: Prices | None = None
        days_of_covers = problem.staff_days[problem.pair_mentor[problem.cover_pair]]
        self.has_days = bool((days_of_covers != UNLIMITED).any())

    def start(self) -> Chosen | None:
        """An answer to begin with: by flows and repair where a deadline or loads ask for one, or the pinned pairs alone
        where that keeps every rule."""
        problem, goals = self.problem, self.problem.goals
        known, found = pins_alone(problem, self.linear), None
        if len(problem.cover_pair) or (known is not None and self.watch.limited):
            points = objective(goals[last_real_goal(goals)])
            found = first_answer(problem, self.linear, points, self.fixed_out, self.watch)
        return better(goals, better(goals, known, found), self._early())

    def _early(self) -> Chosen | None:
        """Where goals are several: an answer by all of them at once, before the first is looked at.

        Goals that count (mentees served) leave most pairs alike, and so are slow to bring a first answer. Each goal
        weighs more than any single pair can move those after it; that is mostly enough, and here nothing is proven.
        """
        problem, real = self.problem, self.problem.goals[: last_real_goal(self.problem.goals) + 1]
        points = objective(real[-1])
        for goal in reversed(real[:-1]):
            points = points + (2 * int(np.abs(points).max(initial=0)) + 1) * objective(goal)
        if len(real) < 2 or self.has_days or np.abs(points).max(initial=0) > MOST_TOGETHER:
            return None
        pricing, first = Pricing(problem, self.linear), np.zeros(problem.pair_count, dtype=bool)
        first[best_few(problem, points, ~self.fixed_out, FIRST_PER_MENTEE)] = True
        if flow_relaxation_applies(problem, self.linear):
            search = FlowPricing(problem, self.linear, pricing, points, self.fixed_in, self.fixed_out)
            return search.run(first, self.watch.part(0.3), until_found=True).found
        sifting = Sifting(problem, self.linear, pricing, self.fixed_in, self.fixed_out)
        relaxed = sifting.run(points, first, self.watch.part(0.3))
        together = Goal(STABLE, real[0].title, points[: problem.pair_count], points[problem.pair_count :])
        return None if relaxed.priced is None else Fixing(self, together, points, sifting, relaxed, None).begin()

    def step(self, goal: Goal, reached: Sequence[tuple[Goal, int]], best: Chosen | None) -> Improved:
        """Raise one goal as far as it goes, proven."""
        if self.watch.expired:
            return Improved(None)
        ceiling = None if best is None else simple_bound(self.problem, goal)
        if best is not None and ceiling == best.value(goal) and goal.id != STABLE and not self._asked_last(goal):
            # All places used, or every mentee served, as goals that count often end: no prices are needed for that.
            return Improved(best, ceiling)
        linear = self.linear.with_reached(reached)
        pricing = Pricing(self.problem, linear)
        points = objective(goal)
        sifting = Sifting(self.problem, linear, pricing, self.fixed_in, self.fixed_out)
        asked_last = self._asked_last(goal)
        by_loads = self._by_loads(sifting, goal, points, best, asked_last) if self.has_days else None
        if by_loads is not None:
            best = by_loads.best
            if by_loads.proven(goal) or self.watch.expired:
                return Improved(best, by_loads.bound)
        if self.has_days and self._too_many_ties(goal, best):
            return Improved(best)
        first = self._first(goal, best)
        relaxed = self._relax(sifting, points, first)
        self.joined |= relaxed.joined
        if asked_last and relaxed.finished and self.prices is None:
            self.prices = self._prices(linear.row_kind[pricing.rows], linear.row_of[pricing.rows], relaxed.duals)
        if relaxed.priced is None:
            return Improved(best, None if by_loads is None else by_loads.bound)
        improved = Fixing(self, goal, points, sifting, relaxed, best).run()
        if by_loads is not None and improved.bound is not None:
            improved = replace(improved, bound=min(improved.bound, by_loads.bound))
        settled = improved.chosen or best
        if settled is not None:
            value = settled.value(goal)
            self.fixed_out |= (relaxed.priced.with_pair() < value) & ~self.fixed_in
            self.fixed_in |= (relaxed.priced.without() < value) & ~self.fixed_out
        return improved

    def _asked_last(self, goal: Goal) -> bool:
        """Whether prices speak of this goal."""
        return self.problem.goals.index(goal) == last_real_goal(self.problem.goals)

    def _by_loads(
        self, sifting: Sifting, goal: Goal, points: Ints, best: Chosen | None, asked_last: bool
    ) -> ByLoads | None:
        """The answer by mentors' loads where staff-days make the relaxation weak; pairs that no such answer has go."""
        linear = sifting.linear
        loads = LoadPricing(self.problem, linear, self.fixed_in, self.fixed_out)
        if not loads.applies or self._too_many_ties(goal, best):
            return None
        duals, first = np.zeros(len(linear.row_kind)), self.joined & ~self.fixed_out
        flowed = first_prices(self.problem, points, self.fixed_in, self.fixed_out)
        if flowed is not None:
            duals[linear.rows(Row.PLACES)], duals[linear.rows(Row.WANTED)] = flowed.places, flowed.mentees
            first[flowed.chosen] = True
        found = solve_by_loads(loads, linear, sifting, goal, points, best, duals, first, self.watch)
        if found is None:
            return None
        if found.used is not None:
            self.fixed_out |= ~found.used & ~self.fixed_in
        if asked_last and found.proven(goal):
            self.prices = self._prices(linear.row_kind[loads.rows], linear.row_of[loads.rows], found.priced.duals)
            self.prices.places[loads.mentors] = loads.place_prices(points, found.priced)
        return found

    def _too_many_ties(self, goal: Goal, best: Chosen | None) -> bool:
        """Whether this is the tie-breaking goal, and too many pairs are open for it to be worth a proof."""
        return goal.id == STABLE and best is not None and int((~self.fixed_out).sum()) > MOST_TIES

    def _relax(self, sifting: Sifting, points: Ints, first: Flags) -> Relaxed:
        """The relaxation by flows for large rounds, by sifting for small ones, by both in between."""
        problem, pricing = self.problem, sifting.pricing
        if not flow_relaxation_applies(problem, sifting.linear):
            return sifting.run(points, first, self.watch)
        search = FlowPricing(problem, sifting.linear, pricing, points, self.fixed_in, self.fixed_out)
        relaxed = search.run(first, self.watch.part(0.6))
        if size(problem) >= MANY_ROWS or relaxed.finished or relaxed.priced is None or self.watch.expired:
            return relaxed
        near = relaxed.share > 0
        near[best_few(problem, relaxed.priced.worth, ~self.fixed_out, NEAR_PER_MENTEE)] = True
        sifted = sifting.run(points, near, self.watch)
        return replace(sifted, found=relaxed.found) if sifted.priced is not None else relaxed

    def _first(self, goal: Goal, best: Chosen | None) -> Flags:
        """Each mentee's best few by this goal, ties by the goals after it; what took part before; the best answer."""
        problem = self.problem
        rank = np.zeros(problem.pair_count, dtype=np.int64)
        place = problem.goals.index(goal)
        values = []
        for later in problem.goals[place:]:
            value = later.pair_values.copy()
            np.add.at(value, problem.cover_pair, np.maximum(later.cover_values, 0))
            values.append(value)
        rank[np.lexsort(values[::-1])] = np.arange(problem.pair_count)
        first = np.zeros(problem.pair_count, dtype=bool)
        first[best_few(problem, rank, ~self.fixed_out, FIRST_PER_MENTEE)] = True
        if best is not None:
            first |= best.pairs
        return (first | self.joined) & ~self.fixed_out

    def _prices(self, kinds: Ints, of: Ints, duals: Floats) -> Prices:
        """Duals by what they speak of; a limit's price is what moving its binding side by one would add."""

        def by(kind: Row, count: int) -> Floats:
            prices = np.zeros(count)
            rows = np.flatnonzero(kinds == kind)
            prices[of[rows]] = np.round(duals[rows], 6) + 0.0
            return prices

        return Prices(
            np.maximum(by(Row.PLACES, len(self.problem.places)), 0.0),
            np.abs(by(Row.LIMIT, len(self.problem.limits))),
            np.maximum(by(Row.WANTED, len(self.problem.wanted)), 0.0),
        )
