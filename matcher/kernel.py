"""One guarded door to OR-Tools' linear and whole-number solvers, fed with sparse arrays.

Whole-number models go to CP-SAT with one worker and a fixed seed: its arithmetic is exact for whole numbers and
its search repeats itself. Relaxations go to GLOP.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from ortools.linear_solver.python import model_builder_helper
from scipy import sparse

from graph.errors import WopError
from graph.sentences import say
from matcher.goals import Stop, check_cancelled
from matcher.linear import INFINITE, Linear
from matcher.problem import Flags, Ints
from matcher.work import WHOLE_ENTRY

Floats = NDArray[np.float64]

LAST_WORDS = 0.5
"""Seconds a solver that was asked to stop gets to do so."""


@dataclass(frozen=True, eq=False)
class Answer:
    """``status`` of a run; ``columns`` float64 or ``None``; ``bound`` on the objective; ``duals`` by row (GLOP);
    ``work`` in units of ``matcher.work``."""

    status: Literal["optimal", "feasible", "infeasible", "nothing"]
    columns: Floats | None
    bound: float
    duals: Floats
    seconds: float
    work: float = 0.0


def maximise_whole(
    linear: Linear,
    points: Ints,
    *,
    seed: int,
    seconds: float | None = None,
    work: float | None = None,
    hint: Flags | None = None,
    cancelled: Stop | None = None,
) -> Answer:
    """Maximise whole-number points with CP-SAT. ``seconds`` bounds both its deterministic work and the clock, ``work``
    (units of ``matcher.work``) the former alone."""
    settings = {
        "num_workers": "1",
        "random_seed": str(seed % 2**31),
        "relative_gap_limit": "0",
        "absolute_gap_limit": "0",
    }
    bounds = [bound for bound in (seconds, work) if bound is not None]
    if bounds:
        settings["max_deterministic_time"] = f"{max(min(bounds), 1e-3):.6f}"
    model = _model(linear, points)
    for column in range(linear.matrix.shape[1]):
        model.set_var_integrality(column, True)
    if hint is not None:
        for column in np.flatnonzero(hint).tolist():
            model.add_hint(column, 1.0)
    answer = _run("sat", model, settings, seconds, cancelled)
    settled = answer.status in ("optimal", "infeasible")
    return replace(answer, work=WHOLE_ENTRY * linear.matrix.nnz if settled or work is None else max(work, 1e-3))


def maximise_relaxed(linear: Linear, points: Ints, *, cancelled: Stop | None = None) -> Answer:
    """The linear relaxation with GLOP; duals are for maximising (a ceiling's is >= 0, a floor's <= 0)."""
    return _run("glop", _model(linear, points), {}, None, cancelled, may_fail=True)


def _model(linear: Linear, points: Ints) -> model_builder_helper.ModelBuilderHelper:
    lower = np.where(linear.row_lower <= -INFINITE, -np.inf, linear.row_lower.astype(np.float64))
    upper = np.where(linear.row_upper >= INFINITE, np.inf, linear.row_upper.astype(np.float64))
    model = model_builder_helper.ModelBuilderHelper()
    # Its type stub describes arrays wrongly, hence the Any.
    fill: Any = model.fill_model_from_sparse_data
    fill(
        linear.column_lower.astype(np.float64),
        linear.column_upper.astype(np.float64),
        points.astype(np.float64),
        lower,
        upper,
        sparse.csr_matrix(linear.matrix.astype(np.float64)),
    )
    model.set_maximize(True)
    return model


def _run(
    name: str,
    model: model_builder_helper.ModelBuilderHelper,
    settings: Mapping[str, str],
    seconds: float | None,
    cancelled: Stop | None,
    *,
    may_fail: bool = False,
) -> Answer:
    """Run a solver, looking for ``cancelled`` ten times a second while it works.

    A solver that does not react when asked to stop (GLOP within its presolve) is left to end on its own thread.
    """
    solver = model_builder_helper.ModelSolverHelper(name)
    if seconds is not None:
        solver.set_time_limit_in_seconds(max(seconds, 1e-3))
    if settings:
        solver.set_solver_specific_parameters(" ".join(f"{key}:{value}" for key, value in settings.items()))
    if cancelled is None:
        solver.solve(model)
    else:
        check_cancelled(cancelled)
        work = threading.Thread(target=solver.solve, args=(model,), daemon=True)
        work.start()
        while work.is_alive():
            work.join(0.1)
            if work.is_alive() and cancelled():
                solver.interrupt_solve()
                work.join(LAST_WORDS)
                break
        check_cancelled(cancelled)
    return _answer(solver, may_fail)


def _answer(solver: model_builder_helper.ModelSolverHelper, may_fail: bool) -> Answer:
    kinds = model_builder_helper.SolveStatus
    status = solver.status() if solver.has_response() else kinds.NOT_SOLVED
    columns = np.asarray(solver.variable_values()) if solver.has_solution() else None
    bound = float(solver.best_objective_bound()) if solver.has_response() else np.inf
    seconds = float(solver.wall_time()) if solver.has_response() else 0.0
    if status == kinds.OPTIMAL:
        return Answer("optimal", columns, bound, np.asarray(solver.dual_values()), seconds)
    if status == kinds.INFEASIBLE:
        return Answer("infeasible", None, bound, np.zeros(0), seconds)
    if status in (kinds.FEASIBLE, kinds.NOT_SOLVED, kinds.CANCELLED_BY_USER, kinds.UNKNOWN_STATUS):
        return Answer("feasible" if columns is not None else "nothing", columns, bound, np.zeros(0), seconds)
    if status == kinds.ABNORMAL and may_fail:
        # GLOP gives up on numbers of very different sizes; the relaxation only adds bounds and prices.
        return Answer("nothing", None, np.inf, np.zeros(0), seconds)
    raise WopError(say("The solver ended with status {status}; this is a fault of ours.", status=status.name))
