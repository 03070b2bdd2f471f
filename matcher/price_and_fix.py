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
from math import floor

import numpy as np

from graph.errors import NothingFeasible
from graph.sentences import say
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
    tell_found,
)
from matcher.kernel import maximise_whole
from matcher.linear import Row, linear_form, objective
from matcher.load_answer import ByLoads, solve_by_loads
from matcher.load_pricing import LoadPricing
from matcher.load_start import first_answer, first_prices, pins_alone
from matcher.price_bound import Priced, Pricing
from matcher.price_core import solve_core
from matcher.price_flow import MANY_ROWS, FlowPricing, flow_relaxation_applies, size
from matcher.price_relaxation import FIRST_PER_MENTEE, Floats, Relaxed, Sifting, best_few
from matcher.price_watch import Watch
from matcher.problem import STABLE, UNLIMITED, Flags, Goal, Ints, Problem
from matcher.result import Prices, Result
from matcher.versions import versions
from matcher.work import Work

FIRST_CORE = 1_200
"""Free pairs of the first core."""

CORE_GROWTH = 4
"""A core of undecided pairs so many times wider than the last is not solved at once but approached."""

CORE_PER_MENTEE = 10
"""One more free pair of the first core for so many mentees."""

NEAR_PER_MENTEE = 4
"""Pairs of each mentee, best at the prices the flows found, that sifting then begins with."""

MOST_TIES = 3_000
"""Open pairs above which ties are left as the goals before left them: the same on every run, if not proven best."""

CLASH = say("The pins, forbids, minimum loads and limits leave no possible proposal.")


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
        return better(goals, known, found) or self._early()

    def _early(self) -> Chosen | None:
        """For a large round with several goals: any answer, by the last of them, before the first is looked at.

        Goals that count (mentees served) leave most pairs alike, and so are slow to bring a first answer.
        """
        real = self.problem.goals[: last_real_goal(self.problem.goals) + 1]
        if len(real) < 2 or not flow_relaxation_applies(self.problem, self.linear):
            return None
        points = objective(real[-1])
        pricing = Pricing(self.problem, self.linear)
        search = FlowPricing(self.problem, self.linear, pricing, points, self.fixed_in, self.fixed_out)
        first = np.zeros(self.problem.pair_count, dtype=bool)
        first[best_few(self.problem, points, ~self.fixed_out, FIRST_PER_MENTEE)] = True
        return search.run(first, self.watch.part(0.3), until_found=True).found

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
        improved = _Fixing(self, goal, points, sifting, relaxed, best).run()
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


class _Fixing:
    """From a relaxation to a proven answer for one goal."""

    def __init__(
        self,
        run: _Run,
        goal: Goal,
        points: Ints,
        sifting: Sifting,
        relaxed: Relaxed,
        best: Chosen | None,
    ) -> None:
        assert relaxed.priced is not None  # noqa: S101 - the caller looked
        self.task, self.goal, self.sifting, self.relaxed = run, goal, sifting, relaxed
        self.linear, self.points = sifting.linear, points
        self.priced: Priced = relaxed.priced
        self.best = best
        self.bound = self.priced.points

    @property
    def value(self) -> int | None:
        return None if self.best is None else self.best.value(self.goal)

    @property
    def proven(self) -> bool:
        return self.value is not None and self.bound <= self.value

    def run(self) -> Improved:
        """Cores of growing width until the bound is met or the time is over."""
        self._tell()
        self._take(self.relaxed.found)
        self._take(self._rounded())
        width = FIRST_CORE + len(self.task.problem.wanted) // CORE_PER_MENTEE
        if not self.proven and not self.task.watch.expired:
            free = self._free_around(width)
            self._solve(free & self.relaxed.joined, self._taken_by_worth(free), exact=False)
        while not self.proven and not self.task.watch.expired and not self._ties_enough():
            open_pairs = ~self.task.fixed_out if self.value is None else self._undecided()
            free = open_pairs
            if self.value is None or int(open_pairs.sum()) > width * CORE_GROWTH:
                width *= CORE_GROWTH
                free = open_pairs & self._free_around(width)
            before = (self.value, self.bound)
            empty = self._solve(free, self._taken_by_worth(free), exact=True)
            whole = not (open_pairs & ~free).any()
            if empty and self.value is None and whole:
                raise NothingFeasible([CLASH])
            if whole and before == (self.value, self.bound) and not self.proven:
                # HiGHS could not settle it within its tolerances: CP-SAT reckons in whole numbers.
                self._settle_in_whole_numbers()
                break
        return Improved(self.best, self.bound)

    def _tell(self) -> None:
        tell_found(self.task.found, self.goal, self.value, self.bound)

    def _ties_enough(self) -> bool:
        """Whether this is the tie-breaking goal, and proving it would cost more than the goals themselves."""
        return self.goal.id == STABLE and self.value is not None and int(self._undecided().sum()) > MOST_TIES

    def _settle_in_whole_numbers(self) -> None:
        watch = self.task.watch
        if watch.expired:
            return
        answer = maximise_whole(
            self.linear,
            self.points,
            seed=0,
            seconds=watch.left(),
            work=watch.work_left(),
            cancelled=watch.asked_to_stop,
        )
        watch.did(answer.work)
        if answer.columns is not None:
            chosen = answer.columns > 0.5
            found = Chosen(chosen[: self.linear.pair_count], chosen[self.linear.pair_count :])
            self._take(found if self.linear.holds(found.pairs, found.covers) else None)
        if answer.status == "infeasible" and self.value is None:
            raise NothingFeasible([CLASH])
        if np.isfinite(answer.bound) and abs(answer.bound) < 2**53:
            self.bound = min(self.bound, floor(answer.bound + 1e-3))
            self._tell()

    def _rounded(self) -> Chosen | None:
        """The relaxation itself where it is whole (problems without covers)."""
        if len(self.task.problem.cover_pair):
            return None
        pairs = self.relaxed.share > 0.5
        covers = np.zeros(0, dtype=bool)
        return Chosen(pairs, covers) if self.linear.holds(pairs, covers) else None

    def _take(self, found: Chosen | None) -> None:
        if found is not None and (self.value is None or found.value(self.goal) > self.value):
            self.best = found
            self._tell()

    def _free_around(self, count: int) -> Flags:
        """The ``count`` pairs whose margin lies nearest to zero, and all that are not whole in the relaxation."""
        distance = np.abs(self.priced.margin)
        distance[self.task.fixed_out] = np.iinfo(np.int64).max
        undecided = (self.relaxed.share > 1e-6) & (self.relaxed.share < 1 - 1e-6)
        open_pairs = int((~self.task.fixed_out).sum())
        if count >= open_pairs:
            return ~self.task.fixed_out
        free: Flags = (distance <= np.partition(distance, count)[count]) | undecided
        return free & ~self.task.fixed_out

    def _undecided(self) -> Flags:
        """Pairs that a better answer than the best known may or may not have."""
        assert self.value is not None  # noqa: S101 - the caller looked
        may = self.priced.with_pair() > self.value
        must = self.priced.without() <= self.value
        return may & ~must & ~self.task.fixed_out

    def _taken_by_worth(self, free: Flags) -> Flags:
        """What is settled as chosen when only ``free`` pairs are open: the others with a margin above zero."""
        return self.task.fixed_in | (~free & (self.priced.margin > 0) & ~self.task.fixed_out)

    def _solve(self, free: Flags, inside: Flags, *, exact: bool) -> bool:
        """Solve the core of free pairs beside those taken (``inside``); True if it is proven to have no choice."""
        pairs = np.flatnonzero(free | inside)
        columns = self.sifting.columns_of(pairs)
        lower = np.zeros(len(columns), dtype=np.int64)
        lower[: len(pairs)] = inside[pairs]
        answer = solve_core(self.linear, self.points, columns, lower, self.task.watch)
        self._take(answer.chosen)
        if exact and (answer.empty or answer.bound is not None):
            # Whatever leaves the core takes a pair it lacks or lacks a pair it takes: bounded by the prices.
            left_out, taken = ~free & ~inside & ~self.task.fixed_out, inside & ~self.task.fixed_in
            outside = max(
                self.priced.with_pair()[left_out].max(initial=-(2**62)),
                self.priced.without()[taken].max(initial=-(2**62)),
            )
            within = -(2**62) if answer.empty else answer.bound
            assert within is not None  # noqa: S101 - answer.bound was looked at
            proven = max(int(outside), within, -(2**62) if self.value is None else self.value)
            if proven > -(2**62):
                self.bound = min(self.bound, proven)
                self._tell()
        return answer.empty
