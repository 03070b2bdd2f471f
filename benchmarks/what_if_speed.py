"""What-if on solved rounds of 300 x 1,000 with five kinds of limits: process time from the state, and from scratch.

    python benchmarks/what_if_speed.py --round 1 --round 2 --questions 20 --scratch 4

Questions: a proposed pair forbidden, another forced, one more place at a mentor whose place has a price, a limit with a
price moved by one. Every answer is verified; those solved from scratch as well must have the same values.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

import numpy as np
from rounds import round_of

from matcher.changes import Change, Forbid, Force, MorePlaces, MoveLimit, changed
from matcher.problem import Problem
from matcher.resolve import ready, resolve
from matcher.result import Result
from matcher.solve import SolvePolicy, solve
from matcher.tie_breaks import TIE_BREAKS
from matcher.verify import verify


def main() -> None:
    """Ask, and print a line a round and one for all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--round", action="append", type=int, help="seed of a round")
    parser.add_argument("--pairs", type=int, default=130_000)
    parser.add_argument("--goals", default="best_fit", help="any of most_mentees,best_fit,stable")
    parser.add_argument("--questions", type=int, default=20)
    parser.add_argument("--scratch", type=int, default=4, help="how many are solved from scratch as well")
    given = parser.parse_args()
    print(f"{'round':>6} {'solve s':>8} {'ready s':>8} {'median ms':>10} {'p90 ms':>8} {'afresh':>7} {'ratio':>6}")
    every: list[float] = []
    for seed in given.round or [1, 2, 3, 4, 5, 6]:
        times, line = _measured(seed, given.pairs, tuple(given.goals.split(",")), given.questions, given.scratch)
        every.extend(times)
        print(f"{seed:>6} {line}", flush=True)
    print(f"all: median {1e3 * np.median(every):.0f} ms, p90 {1e3 * np.quantile(every, 0.9):.0f} ms of {len(every)}")


def _measured(seed: int, pairs: int, goals: tuple[str, ...], count: int, scratch: int) -> tuple[list[float], str]:
    problem = round_of(seed, 300, 1000, pairs, goals=goals)
    small = tuple(
        replace(goal, pair_values=goal.pair_values % TIE_BREAKS) if goal.id == "stable" else goal
        for goal in problem.goals
    )
    problem = replace(problem, goals=small)
    began = time.process_time()
    before = solve(problem, SolvePolicy(), 1)
    solved = time.process_time() - began
    began = time.process_time()
    state = ready(problem, before)
    prepared = time.process_time() - began
    times, ratios, afresh = list[float](), list[float](), 0
    for at, change in enumerate(_questions(problem, before, np.random.default_rng(seed), count)):
        began = time.process_time()
        after = changed(problem, change)
        found = resolve(state, after)
        if found is not None:
            verify(after, found)
        spent = time.process_time() - began
        times.append(spent)
        if found is None:
            afresh += 1
        elif at < scratch:
            began = time.process_time()
            again = solve(after, SolvePolicy(), 1)
            verify(after, again)
            ratios.append((time.process_time() - began) / spent)
            if [goal.value for goal in again.goals] != [goal.value for goal in found.goals]:
                raise SystemExit(f"other values from scratch: round {seed}, {change}")
    median, most = 1e3 * np.median(times), 1e3 * np.quantile(times, 0.9)
    ratio = np.median(ratios) if ratios else np.nan
    return times, f"{solved:8.2f} {prepared:8.2f} {median:10.0f} {most:8.0f} {afresh:>7} {ratio:6.1f}"


def _questions(problem: Problem, before: Result, random: np.random.Generator, count: int) -> list[Change]:
    """The four kinds in turn; only limits that can move are moved."""
    prices = before.prices
    if prices is None:
        raise SystemExit("the round was solved without prices")
    others = np.setdiff1d(np.arange(problem.pair_count), before.pairs)
    mentors, limits = np.flatnonzero(prices.places > 1e-6), np.flatnonzero(prices.limits > 1e-6)
    found: list[Change] = []
    while len(found) < count:
        limit = int(random.choice(limits))
        side = "upper" if problem.limits[limit].upper is not None else "lower"
        kinds: tuple[Change, ...] = (
            Forbid(int(random.choice(before.pairs))),
            Force(int(random.choice(others))),
            MorePlaces(int(random.choice(mentors))),
            MoveLimit(limit, "upper", 1) if side == "upper" else MoveLimit(limit, "lower", -1),
        )
        found.append(kinds[len(found) % 4])
    return found


if __name__ == "__main__":
    main()
