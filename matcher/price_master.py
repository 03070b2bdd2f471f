"""The restricted linear program of price and fix: columns join it over time, the solver keeps its basis.

OR-Tools' MathOpt drives GLOP here through its messages, since whole arrays of columns go in at once that way and
an update leaves the basis where it was (the model builder of OR-Tools starts from nothing at each call).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ortools.math_opt import (
    model_pb2,
    model_update_pb2,
    parameters_pb2,
    result_pb2,
    sparse_containers_pb2,
)
from ortools.math_opt.core.python import solver as kernel
from scipy import sparse

from matcher.linear import INFINITE
from matcher.price_watch import Watch
from matcher.problem import Ints
from matcher.work import LP_STEP

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MasterAnswer:
    """``value`` of the program, ``columns`` float64 in order of joining, ``duals`` float64 by row."""

    value: float
    columns: Floats
    duals: Floats


def as_floats(bounds: Ints) -> Floats:
    """Whole-number bounds as floats, open sides as infinities."""
    floats = bounds.astype(np.float64)
    floats[bounds >= INFINITE] = np.inf
    floats[bounds <= -INFINITE] = -np.inf
    return floats


class Master:
    """Maximise over the columns joined so far, subject to ``lower <= rows <= upper``."""

    def __init__(self, lower: Ints, upper: Ints) -> None:
        self._model = model_pb2.ModelProto()
        self._model.objective.maximize = True
        self.row_count = 0
        self.column_count = 0
        self._solver: object | None = None
        self._rows_into(self._model.linear_constraints, lower, upper)

    def add(
        self,
        matrix: sparse.csr_matrix,
        points: Floats,
        lower: Floats,
        upper: Floats,
        rows: tuple[Ints, Ints] | None = None,
    ) -> None:
        """Columns join: ``matrix`` [all rows, new columns]; ``rows`` are bounds of rows that join with them."""
        if self._solver is None:
            message = self._model
            variables, entries = message.variables, message.linear_constraint_matrix
            objective = message.objective.linear_coefficients
            new_rows = message.linear_constraints
        else:
            message = model_update_pb2.ModelUpdateProto()
            variables, entries = message.new_variables, message.linear_constraint_matrix_updates
            objective = message.objective_updates.linear_coefficients
            new_rows = message.new_linear_constraints
        if rows is not None:
            self._rows_into(new_rows, *rows)
        first, count = self.column_count, matrix.shape[1]
        variables.ids.extend(range(first, first + count))
        variables.lower_bounds.extend(lower.tolist())
        variables.upper_bounds.extend(upper.tolist())
        variables.integers.extend([False] * count)
        used = np.flatnonzero(points)
        objective.ids.extend((used + first).tolist())
        objective.values.extend(points[used].tolist())
        by_row = sparse.csr_matrix(matrix)
        by_row.sort_indices()
        entries.row_ids.extend(np.repeat(np.arange(matrix.shape[0]), np.diff(by_row.indptr)).tolist())
        entries.column_ids.extend((by_row.indices.astype(np.int64) + first).tolist())
        entries.coefficients.extend(by_row.data.astype(np.float64).tolist())
        self.column_count += count
        self._send(message)

    def reprice(self, columns: Ints, points: Floats) -> None:
        """New points for columns that are there already."""
        message = model_update_pb2.ModelUpdateProto()
        message.objective_updates.linear_coefficients.ids.extend(columns.tolist())
        message.objective_updates.linear_coefficients.values.extend(points.tolist())
        self._send(message)

    def _rows_into(self, rows: model_pb2.LinearConstraintsProto, lower: Ints, upper: Ints) -> None:
        rows.ids.extend(range(self.row_count, self.row_count + len(lower)))
        rows.lower_bounds.extend(as_floats(lower).tolist())
        rows.upper_bounds.extend(as_floats(upper).tolist())
        self.row_count += len(lower)

    def _send(self, message: object) -> None:
        if self._solver is None:
            self._solver = kernel.new(
                parameters_pb2.SOLVER_TYPE_GLOP, self._model, parameters_pb2.SolverInitializerProto()
            )
        elif not self._solver.update(message):  # type: ignore[attr-defined]  # OR-Tools' kernel has no types
            raise RuntimeError("GLOP takes every update of columns and points")

    def maximise(self, watch: Watch) -> MasterAnswer | None:
        """From where the last call ended; ``None`` if the time was over before the optimum. Raises ``Cancelled``."""
        settings = parameters_pb2.SolveParametersProto(threads=1, lp_algorithm=parameters_pb2.LP_ALGORITHM_DUAL_SIMPLEX)
        step, left = LP_STEP * self.row_count, watch.work_left()
        if left is not None:
            settings.iteration_limit = max(1, int(left / step))
        answer = watch.run(self._solver, settings)
        if answer is not None:
            watch.did(step * (1 + answer.solve_stats.simplex_iterations))
        if answer is None or answer.termination.reason != result_pb2.TERMINATION_REASON_OPTIMAL:
            return None
        columns, duals = np.zeros(self.column_count), np.zeros(self.row_count)
        solution = answer.solutions[0]
        _fill(columns, solution.primal_solution.variable_values)
        _fill(duals, solution.dual_solution.dual_values)
        return MasterAnswer(solution.primal_solution.objective_value, columns, duals)


def _fill(target: Floats, values: sparse_containers_pb2.SparseDoubleVectorProto) -> None:
    target[np.fromiter(values.ids, np.int64, len(values.ids))] = np.fromiter(
        values.values, np.float64, len(values.values)
    )
