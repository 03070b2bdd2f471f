"""Price and fix beside CP-SAT and HiGHS on the whole model, on the same rounds, in one run.

    python benchmarks/solver_speed.py --size 300x1000x130000 --size 2000x10000x270000 --method price --method highs

Each run has a process of its own (so that peak memory is its own), one worker thread, and a cap on its time. Seconds of
the processor ("cpu") tell more than those of the clock where other work shares the machine.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from ortools.linear_solver.python import model_builder_helper
from rounds import round_of

from matcher.linear import Linear, linear_form, objective
from matcher.price_and_fix import solve_by_price
from matcher.price_master import as_floats
from matcher.problem import Problem

METHODS = ("price", "cp-sat", "highs", "scip")


def main() -> None:
    """Measure, and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", action="append", help="mentors x mentees x pairs, for example 300x1000x130000")
    parser.add_argument("--method", action="append", choices=METHODS)
    parser.add_argument("--kind", choices=["believable", "noise"], default="believable")
    parser.add_argument("--goals", default="best_fit", help="for price: any of most_mentees,best_fit,stable")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cap", type=float, default=60.0, help="seconds a run may take")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(_measure(json.loads(given.one))))
        return
    print(
        f"{'round':>22} {'method':>7} {'seconds':>8} {'cpu s':>8} {'value':>12} {'bound':>12} {'proven':>6} {'MB':>6}"
    )
    for size in given.size or ["300x1000x130000"]:
        for method in given.method or METHODS[:3]:
            task = {"size": size, "method": method} | {
                name: getattr(given, name) for name in ("kind", "goals", "seed", "cap")
            }
            print(_row(size, method, task, given.cap), flush=True)


def _row(size: str, method: str, task: dict[str, Any], cap: float) -> str:
    command = [sys.executable, __file__, "--one", json.dumps(task)]
    try:
        # The kernels do not always keep their cap; after twice the time and a minute to build, it is over.
        run = subprocess.run(command, capture_output=True, text=True, timeout=cap * 2 + 60, check=True)
    except subprocess.CalledProcessError as fault:
        # Most likely: no answer at all within the cap.
        last = fault.stderr.strip().splitlines()[-1] if fault.stderr.strip() else "died"
        return f"{size:>22} {method:>7} {'failed':>8} {last}"
    except subprocess.TimeoutExpired:
        return f"{size:>22} {method:>7} {'> cap':>8} {'-':>8} {'-':>12} {'-':>12} {'no':>6} {'-':>6}"
    found = json.loads(run.stdout.strip().splitlines()[-1])
    value, bound = ("-" if number is None else f"{number:.0f}" for number in (found["value"], found["bound"]))
    proven = "yes" if found["proven"] else "no"
    times = f"{found['seconds']:8.2f} {found['cpu']:8.2f}"
    return f"{size:>22} {method:>7} {times} {value:>12} {bound:>12} {proven:>6} {found['mb']:6.0f}"


def _measure(task: dict[str, Any]) -> dict[str, Any]:
    mentors, mentees, pairs = (int(part) for part in task["size"].split("x"))
    method = task["method"]
    goals = tuple(task["goals"].split(",")) if method == "price" else ("best_fit",)
    problem = round_of(task["seed"], mentors, mentees, pairs, kind=task["kind"], goals=goals)
    solve: Callable[[Problem, float], tuple[float | None, float | None, bool]]
    solve = _price if method == "price" else whole_model({"cp-sat": "sat"}.get(method, method))
    began, used = time.perf_counter(), time.process_time()
    value, bound, proven = solve(problem, task["cap"])
    seconds, cpu = time.perf_counter() - began, time.process_time() - used
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "cpu": cpu, "value": value, "bound": bound, "proven": proven, "mb": memory}


def _price(problem: Problem, cap: float) -> tuple[float | None, float | None, bool]:
    result = solve_by_price(problem, seed=1, time_limit=cap)
    last = next(goal for goal in result.goals if goal.id == "best_fit")
    return last.value, last.bound, result.proven


def whole_model(name: str) -> Callable[[Problem, float], tuple[float | None, float | None, bool]]:
    """A kernel of OR-Tools on the whole model: value, bound, and whether it is proven."""

    def run(problem: Problem, cap: float) -> tuple[float | None, float | None, bool]:
        model = _model(linear_form(problem), objective(problem.goals[0]))
        solver = model_builder_helper.ModelSolverHelper(name)
        solver.set_time_limit_in_seconds(cap)
        if name == "sat":
            solver.set_solver_specific_parameters("num_workers:1 relative_gap_limit:0")
        solver.solve(model)
        if not solver.has_solution():
            return None, None, False
        value, bound = solver.objective_value(), solver.best_objective_bound()
        return value, bound, solver.status() == model_builder_helper.SolveStatus.OPTIMAL

    return run


def _model(linear: Linear, points: np.typing.NDArray[np.int64]) -> Any:
    model: Any = model_builder_helper.ModelBuilderHelper()
    columns = linear.matrix.shape[1]
    model.fill_model_from_sparse_data(
        linear.column_lower.astype(np.float64),
        linear.column_upper.astype(np.float64),
        points.astype(np.float64),
        as_floats(linear.row_lower),
        as_floats(linear.row_upper),
        linear.matrix.astype(np.float64),
    )
    for column in range(columns):
        model.set_var_integrality(column, True)
    model.set_maximize(True)
    return model


if __name__ == "__main__":
    main()
