"""Thousands of instances, each answered in several ways that must agree; stops at nothing and counts what differs.

    python tests/matcher/campaign.py tiny --count 5000            # problem files, by trying everything
    python tests/matcher/campaign.py middle --count 300           # price and fix, CP-SAT and HiGHS on the whole model

``--from N`` starts at another seed; ``--keep FOLDER`` writes the problem of each difference there, as a problem file.
Exit code 1 where anything differs.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from form_brute_force import best_of_form
from other_solvers import by_cp_sat, by_highs
from random_forms import tiny_form
from random_rounds import middle_round

from graph.errors import NothingFeasible
from matcher.flow import flow_applies
from matcher.problem import Problem
from matcher.problem_file import problem_from_json, write_problem
from matcher.solve import Method, SolvePolicy, solve
from matcher.verify import verify

SECONDS_A_GOAL = 60.0
"""How long CP-SAT and HiGHS may look at one goal."""


def main() -> None:
    """Run one campaign and print what it found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("which", choices=list(CAMPAIGNS))
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--from", type=int, default=0, dest="start", help="the first seed")
    parser.add_argument("--keep", type=Path, help="a folder for problems on which the answers differ")
    given = parser.parse_args()
    one, problem_of = CAMPAIGNS[given.which]
    began, counts, wrong = time.process_time(), Counter[str](), list[int]()
    for seed in range(given.start, given.start + given.count):
        found = one(seed)
        counts[found] += 1
        if found.startswith("differs"):
            wrong.append(seed)
            print(f"seed {seed}: {found}", flush=True)
            if given.keep:
                given.keep.mkdir(parents=True, exist_ok=True)
                write_problem(problem_of(seed), given.keep / f"{given.which}_{seed}.json")
    for found, count in sorted(counts.items()):
        print(f"{count:>7,} {found}")
    print(f"{time.process_time() - began:,.0f} s of CPU time, seeds {given.start} to {given.start + given.count - 1}.")
    sys.exit(1 if wrong else 0)


def tiny(seed: int) -> str:
    """A problem file, every method that applies, and trying everything."""
    form = tiny_form(seed)
    expected = best_of_form(form)
    problem = tiny_problem(seed)
    methods: list[Method] = ["auto", "price", "whole", *(["flow"] if flow_applies(problem) else [])]  # type: ignore[list-item]  # the names are methods
    for method in methods:
        found = proven_values(problem, method)
        # A tie-break that the file does not list comes after its goals.
        if (found if found is None else found[: len(form["goals"])]) != expected:
            return f"differs: {method} says {found}, trying everything {expected}"
    return "nothing is possible, and all say so" if expected is None else "equal"


def tiny_problem(seed: int) -> Problem:
    """The problem of a tiny problem file."""
    return problem_from_json(json.dumps(tiny_form(seed)).encode())


def middle(seed: int) -> str:
    """A round of a middle size by price and fix, and by both solvers on the whole model."""
    problem = middle_round(seed)
    here = proven_values(problem, "price")
    others = {"CP-SAT": by_cp_sat(problem, SECONDS_A_GOAL), "HiGHS": by_highs(problem, SECONDS_A_GOAL)}
    undecided = [name for name, told in others.items() if told == "undecided"]
    for name, told in others.items():
        if told != "undecided" and told != ("impossible" if here is None else here):
            return f"differs: price says {here}, {name} {told}"
    if undecided:
        return f"{' and '.join(undecided)} not done in time, the rest equal"
    return "nothing is possible, and all say so" if here is None else "equal"


def proven_values(problem: Problem, method: Method) -> tuple[int, ...] | None:
    """The verified, proven values of the goals; ``None`` where nothing is feasible."""
    try:
        result = solve(problem, SolvePolicy(method), seed=1)
    except NothingFeasible:
        return None
    verify(problem, result)
    if not result.proven:
        return ()
    return tuple(goal.value for goal in result.goals)


CAMPAIGNS: dict[str, tuple[Callable[[int], str], Callable[[int], Problem]]] = {
    "tiny": (tiny, tiny_problem),
    "middle": (middle, middle_round),
}

if __name__ == "__main__":
    main()
