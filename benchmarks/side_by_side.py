"""This solver beside what a user would pick instead, on the same rounds in one run: quality beside time.

    python benchmarks/side_by_side.py --size 20x100x1000 --size 100x500x10000 --cap 60
    python benchmarks/side_by_side.py --free --folder mentor-match=LIBRARIES

On the whole model: CP-SAT, HiGHS and SCIP (through OR-Tools) and ``scipy.optimize.milp``. With ``--free``, on rounds
without limits, also those whose form knows no limits: ``scipy.optimize.linear_sum_assignment`` and the packages
``matching`` (hospital-resident: stable, not best) and ``mentor-match`` (Munkres), each place of a mentor as one of its
own. The two packages share the module name ``matching``: install each into a folder of its own and name the folders.
"""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
from rounds import round_of
from scipy import optimize
from solver_speed import whole_model

from matcher.linear import linear_form, objective
from matcher.price_master import as_floats
from matcher.problem import Ints, Problem
from matcher.solve import SolvePolicy
from matcher.solve import solve as solve_here

Found = tuple[float | None, bool]
"""The value reached, and whether the method says that it is the best."""


def main() -> None:
    """Measure, and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", action="append", help="mentors x mentees x pairs, for example 100x500x10000")
    parser.add_argument("--method", action="append", choices=list(METHODS))
    parser.add_argument("--free", action="store_true", help="rounds without limits")
    parser.add_argument("--folder", action="append", default=[], metavar="METHOD=FOLDER", help="where a package lies")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cap", type=float, default=60.0, help="seconds a run may take")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(_measure(json.loads(given.one))))
        return
    folders = dict(entry.split("=", 1) for entry in given.folder)
    print(f"{'round':>18} {'method':>22} {'seconds':>8} {'cpu s':>8} {'total fit':>12} {'says best':>9}")
    for size in given.size or ["20x100x1000", "100x500x10000"]:
        for method in given.method or METHODS:
            if given.free or method not in WITHOUT_LIMITS:
                task = {"size": size, "method": method, "free": given.free, "seed": given.seed, "cap": given.cap}
                print(f"{size:>18} {method:>22} {_run(task, folders.get(method, ''), given.cap)}", flush=True)


def _run(task: dict[str, Any], folder: str, cap: float) -> str:
    command = [sys.executable, __file__, "--one", json.dumps({**task, "folder": folder})]
    try:
        # Some methods know no cap of their own.
        run = subprocess.run(command, capture_output=True, text=True, timeout=cap + 60, check=True)
    except subprocess.TimeoutExpired:
        return f"{'> cap':>8} {'-':>8} {'-':>12} {'-':>9}"
    except subprocess.CalledProcessError as fault:
        lines = fault.stderr.strip().splitlines() or ["died"]
        return f"{'failed':>8} {lines[-1]}"
    found = json.loads(run.stdout.strip().splitlines()[-1])
    value = "-" if found["value"] is None else f"{found['value']:.0f}"
    return f"{found['seconds']:8.2f} {found['cpu']:8.2f} {value:>12} {'yes' if found['best'] else 'no':>9}"


def _measure(task: dict[str, Any]) -> dict[str, Any]:
    mentors, mentees, pairs = (int(part) for part in task["size"].split("x"))
    problem = round_of(task["seed"], mentors, mentees, pairs, limits=not task["free"])
    if task["folder"]:
        sys.path.insert(0, task["folder"])
    began, used = time.perf_counter(), time.process_time()
    value, best = METHODS[task["method"]](problem, task["cap"])
    cpu = time.process_time() - used
    return {"seconds": time.perf_counter() - began, "cpu": cpu, "value": value, "best": best}


def _here(problem: Problem, cap: float) -> Found:
    result = solve_here(problem, SolvePolicy(time_limit=cap), seed=1)
    return result.goals[0].value, result.proven


def _whole(name: str) -> Callable[[Problem, float], Found]:
    def run(problem: Problem, cap: float) -> Found:
        value, _bound, proven = whole_model(name)(problem, cap)
        return value, proven

    return run


def _milp(problem: Problem, cap: float) -> Found:
    linear = linear_form(problem)
    answer = optimize.milp(
        -objective(problem.goals[0]).astype(np.float64),
        integrality=np.ones(linear.matrix.shape[1], dtype=np.int64),
        bounds=optimize.Bounds(linear.column_lower.astype(np.float64), linear.column_upper.astype(np.float64)),
        constraints=optimize.LinearConstraint(linear.matrix, as_floats(linear.row_lower), as_floats(linear.row_upper)),
        options={"time_limit": cap, "mip_rel_gap": 0.0},
    )
    return (None if answer.x is None else -float(answer.fun)), answer.status == 0


def _assignment(problem: Problem, _cap: float) -> Found:
    mentor_of = np.repeat(np.arange(len(problem.places)), problem.places)
    fit = np.zeros((len(problem.wanted), len(problem.places)))
    fit[problem.pair_mentee, problem.pair_mentor] = problem.goals[0].pair_values
    rows, columns = optimize.linear_sum_assignment(fit[:, mentor_of], maximize=True)
    return float(fit[rows, mentor_of[columns]].sum()), True


def _stable(problem: Problem, _cap: float) -> Found:
    games = _package("matching.games", "matching")
    fit = problem.goals[0].pair_values
    mentees = _ranked(fit, problem.pair_mentee, problem.pair_mentor)
    mentors = _ranked(fit, problem.pair_mentor, problem.pair_mentee)
    capacities = {mentor: int(problem.places[mentor]) for mentor in mentors}
    game = games.HospitalResident.create_from_dictionaries(mentees, mentors, capacities)
    points = dict(zip(zip(problem.pair_mentor.tolist(), problem.pair_mentee.tolist(), strict=True), fit, strict=True))
    chosen = game.solve(optimal="resident")
    return float(sum(points[mentor.name, mentee.name] for mentor, own in chosen.items() for mentee in own)), False


def _ranked(fit: Ints, of: Ints, other: Ints) -> dict[int, list[int]]:
    """Whom each would rather have, best first."""
    ranked: dict[int, list[int]] = {}
    for at in np.lexsort((other, -fit, of)).tolist():
        ranked.setdefault(int(of[at]), []).append(int(other[at]))
    return ranked


def _munkres(problem: Problem, _cap: float) -> Found:
    process = _package("matching.process", "mentor-match")
    people = {kind: getattr(importlib.import_module(f"matching.{kind.lower()}"), kind) for kind in ("Mentor", "Mentee")}
    pairs = zip(problem.pair_mentor.tolist(), problem.pair_mentee.tolist(), strict=True)
    points = dict(zip(pairs, problem.goals[0].pair_values.tolist(), strict=True))

    class Fit:
        """The rule of the package's form: the fit of a pair, and no pair that is not eligible."""

        def apply(self, match: Any) -> int:
            fit = points.get((int(match.mentor.role), int(match.mentee.role)))
            match.disallowed = fit is None
            return fit or 0

    copies = np.repeat(np.arange(len(problem.places)), problem.places).tolist()
    mentors = [people["Mentor"](grade=1, email=f"mentor {at}", role=of) for at, of in enumerate(copies)]
    mentees = [people["Mentee"](grade=1, email=f"mentee {at}", role=at) for at in range(len(problem.wanted))]
    process.process_data(mentors, mentees, [[Fit()]])
    return float(sum(points[mentor.role, mentee.role] for mentee in mentees for mentor in mentee.mentors)), True


def _package(module: str, package: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError:
        sys.exit(f"the package {package} is not installed here; give --folder {package}=FOLDER")


METHODS: dict[str, Callable[[Problem, float], Found]] = {
    "here": _here,
    "cp-sat": _whole("sat"),
    "highs": _whole("highs"),
    "scip": _whole("scip"),
    "milp": _milp,
    "linear_sum_assignment": _assignment,
    "matching": _stable,
    "mentor-match": _munkres,
}
WITHOUT_LIMITS = ("linear_sum_assignment", "matching", "mentor-match")

if __name__ == "__main__":
    main()
