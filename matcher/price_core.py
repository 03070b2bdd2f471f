"""The integer core: the few pairs that may still be in a better answer, solved exactly.

HiGHS inside OR-Tools does the search (measured on cores of 1,200 to 11,000 pairs: HiGHS 0.2 to 2.5 s, SCIP 0.1 to
3.9 s and more unevenly, CP-SAT no proof in 60 s). What it returns is rounded and checked in whole numbers before
anyone believes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

import numpy as np
from ortools.math_opt import model_pb2, parameters_pb2, result_pb2
from ortools.math_opt.core.python import solver as kernel
from scipy import sparse

from matcher.goals import Chosen
from matcher.linear import INFINITE, Linear
from matcher.price_master import as_floats
from matcher.price_watch import Watch
from matcher.problem import Flags, Ints
from matcher.work import CORE_ENTRY, CORE_NODE


@dataclass(frozen=True, eq=False)
class CoreAnswer:
    """``chosen``: the best choice found, checked (``None``: none). ``bound``: whole points no choice *within the
    core* exceeds (``None``: not proven). ``empty``: proven that the core has no choice at all."""

    chosen: Chosen | None
    bound: int | None
    empty: bool = False


def solve_core(
    linear: Linear, points: Ints, columns: Ints, column_lower: Ints, watch: Watch, gap: float = 0.0
) -> CoreAnswer:
    """The best choice that uses only ``columns`` (indices into P + C), each at least ``column_lower``.

    Columns that must be taken are reckoned out of the rows first. The search may end within ``gap`` (a share) of its
    bound; what it proved is in the answer. Raises ``Cancelled``.
    """
    taken, free = columns[column_lower > 0], columns[column_lower <= 0]
    chosen = np.zeros(linear.matrix.shape[1], dtype=np.int64)
    chosen[taken] = 1
    used = linear.matrix @ chosen
    row_lower = np.where(linear.row_lower <= -INFINITE, -INFINITE, linear.row_lower - used)
    row_upper = np.where(linear.row_upper >= INFINITE, INFINITE, linear.row_upper - used)
    part = sparse.csr_matrix(linear.matrix[:, free])
    # A row that no choice of the core can break says nothing; one that none can keep says all.
    positive = np.asarray(part.maximum(0).sum(axis=1)).ravel()
    negative = np.asarray(part.minimum(0).sum(axis=1)).ravel()
    if ((positive < row_lower) | (negative > row_upper)).any():
        return CoreAnswer(None, None, True)
    rows = np.flatnonzero((positive > row_upper) | (negative < row_lower))
    model = model_pb2.ModelProto()
    _fill(model, part[rows], points[free], row_lower[rows], row_upper[rows])
    solver = kernel.new(parameters_pb2.SOLVER_TYPE_HIGHS, model, parameters_pb2.SolverInitializerProto())
    settings = parameters_pb2.SolveParametersProto(relative_gap_tolerance=gap, absolute_gap_tolerance=0.5)
    left, work, entries = watch.left(), watch.work_left(), int(part[rows].nnz)
    watch.did(CORE_ENTRY * entries)
    if left is not None:
        settings.time_limit.FromNanoseconds(int(max(left, 0.01) * 1e9))
    if work is not None:
        # HiGHS counts nodes; what comes before the first is known by its size alone.
        if CORE_ENTRY * entries > work:
            return CoreAnswer(None, None)
        settings.node_limit = 1 + int((work - CORE_ENTRY * entries) / (CORE_NODE * (entries + 1)))
    answer = watch.run(solver, settings)
    if answer is None:
        return CoreAnswer(None, None)
    watch.did(CORE_NODE * entries * answer.solve_stats.node_count)
    reason = answer.termination.reason
    if reason in (
        result_pb2.TERMINATION_REASON_INFEASIBLE,
        result_pb2.TERMINATION_REASON_INFEASIBLE_OR_UNBOUNDED,
    ):
        return CoreAnswer(None, None, True)
    dual = answer.termination.objective_bounds.dual_bound
    bound = floor(dual + 1e-3) + int(points[taken].sum()) if np.isfinite(dual) else None
    return CoreAnswer(_checked(answer, linear, taken, free), bound)


def _fill(model: model_pb2.ModelProto, part: sparse.csr_matrix, points: Ints, row_lower: Ints, row_upper: Ints) -> None:
    count = part.shape[1]
    model.objective.maximize = True
    model.variables.ids.extend(range(count))
    model.variables.lower_bounds.extend([0.0] * count)
    model.variables.upper_bounds.extend([1.0] * count)
    model.variables.integers.extend([True] * count)
    used = np.flatnonzero(points)
    model.objective.linear_coefficients.ids.extend(used.tolist())
    model.objective.linear_coefficients.values.extend(points[used].astype(np.float64).tolist())
    model.linear_constraints.ids.extend(range(part.shape[0]))
    model.linear_constraints.lower_bounds.extend(as_floats(row_lower).tolist())
    model.linear_constraints.upper_bounds.extend(as_floats(row_upper).tolist())
    part = sparse.csr_matrix(part)
    part.sort_indices()
    entries = model.linear_constraint_matrix
    entries.row_ids.extend(np.repeat(np.arange(part.shape[0]), np.diff(part.indptr)).tolist())
    entries.column_ids.extend(part.indices.tolist())
    entries.coefficients.extend(part.data.astype(np.float64).tolist())


def _checked(answer: object, linear: Linear, taken: Ints, free: Ints) -> Chosen | None:
    """The rounded solution if it keeps every row in whole numbers."""
    solutions = answer.solutions  # type: ignore[attr-defined]  # OR-Tools' kernel has no types
    if not solutions:
        return None
    values = solutions[0].primal_solution.variable_values
    above = np.fromiter(values.values, np.float64, len(values.values)) > 0.5
    chosen: Flags = np.zeros(linear.matrix.shape[1], dtype=bool)
    chosen[taken] = True
    chosen[free[np.fromiter(values.ids, np.int64, len(values.ids))[above]]] = True
    found = Chosen(chosen[: linear.pair_count], chosen[linear.pair_count :])
    return found if linear.holds(found.pairs, found.covers) else None
