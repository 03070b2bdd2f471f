"""From a relaxation to a proven answer for one goal: a first core, and cores of growing width around what is open."""

from __future__ import annotations

from math import floor
from typing import Protocol

import numpy as np

from graph.errors import NothingFeasible
from graph.sentences import say
from matcher.goals import Chosen, Found, Improved, tell_found
from matcher.kernel import maximise_whole
from matcher.price_bound import Priced
from matcher.price_core import solve_core
from matcher.price_relaxation import Relaxed, Sifting
from matcher.price_watch import Watch
from matcher.problem import STABLE, Flags, Goal, Ints, Problem

FIRST_CORE = 150
"""Free pairs of the first core, beside those that are not whole in the relaxation: few give a good answer soonest."""

CORE_GROWTH = 4
"""A core of undecided pairs so many times wider than the last is not solved at once but approached."""

CORE_PER_MENTEE = 10
"""One more free pair of the first core for so many mentees."""

MOST_TIES = 3_000
"""Open pairs above which ties are left as the goals before left them: the same on every run, if not proven best."""

CLASH = say("The pins, forbids, minimum loads and limits leave no possible proposal.")


class Settled(Protocol):
    """A run and what it has settled so far: pairs that are in every answer still looked for, and in none; bool[P]."""

    problem: Problem
    watch: Watch
    found: Found | None
    fixed_in: Flags
    fixed_out: Flags


class Fixing:
    """From a relaxation to a proven answer for one goal."""

    def __init__(
        self,
        run: Settled,
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
        self.width = FIRST_CORE + len(run.problem.wanted) // CORE_PER_MENTEE

    @property
    def value(self) -> int | None:
        """What the best choice known reaches."""
        return None if self.best is None else self.best.value(self.goal)

    @property
    def proven(self) -> bool:
        """Whether no choice is better."""
        return self.value is not None and self.bound <= self.value

    def begin(self) -> Chosen | None:
        """A first answer: what the relaxation met on the way, or the best of a first core."""
        self._tell()
        self._take(self.relaxed.found)
        self._take(self._rounded())
        if not self.proven and not self.task.watch.expired:
            free = self._free_around(self.width)
            self._solve(free & self.relaxed.joined, self._taken_by_worth(free), exact=False)
        return self.best

    def run(self) -> Improved:
        """Cores of growing width until the bound is met or the time is over."""
        self.begin()
        width = self.width
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
