"""A linear program over few columns that is moved and solved many times, each time from a basis already known.

GLOP through OR-Tools' MathOpt, as in ``price_master``. Rows that a choice of bounds could make impossible are soft: a
dear column takes up what is missing, so that every solve ends with duals from which a bound can be proven.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ortools.math_opt import (
    callback_pb2,
    model_parameters_pb2,
    model_pb2,
    model_update_pb2,
    parameters_pb2,
    result_pb2,
    solution_pb2,
    sparse_containers_pb2,
)
from ortools.math_opt.core.python import solver as kernel
from scipy import sparse

from matcher.linear import INFINITE
from matcher.price_master import as_floats
from matcher.problem import Flags, Ints

Floats = NDArray[np.float64]
Statuses = NDArray[np.int8]

BASIC = np.int8(solution_pb2.BASIS_STATUS_BASIC)
AT_LOWER = np.int8(solution_pb2.BASIS_STATUS_AT_LOWER_BOUND)
AT_UPPER = np.int8(solution_pb2.BASIS_STATUS_AT_UPPER_BOUND)


@dataclass(frozen=True, eq=False)
class Basis:
    """Where a simplex stands: int8 by column (without the dear ones) and by row, in MathOpt's numbers."""

    columns: Statuses
    rows: Statuses

    @property
    def fits(self) -> bool:
        """Whether as many columns and rows are basic as there are rows; else no program can start from it."""
        return int((self.columns == BASIC).sum() + (self.rows == BASIC).sum()) == len(self.rows)


@dataclass(frozen=True, eq=False)
class Optimum:
    """``columns`` float64, ``duals`` float64 by row (maximising: a ceiling's is >= 0); ``missing``: how far soft
    rows are from being kept."""

    columns: Floats
    duals: Floats
    missing: float


class WarmProgram:
    """Maximise ``points @ x`` with ``row_lower <= matrix @ x <= row_upper`` and bounds on ``x`` that may move.

    ``matrix`` int64 [rows, columns]; ``soft`` bool[rows]. Raises nothing: a solve without an optimum gives ``None``.
    """

    def __init__(
        self,
        matrix: sparse.csc_matrix,
        row_lower: Ints,
        row_upper: Ints,
        points: Floats,
        lower: Ints,
        upper: Ints,
        soft: Flags,
        penalty: float,
    ) -> None:
        self.row_count, self.column_count = matrix.shape
        self._lower, self._upper = lower.copy(), upper.copy()
        short = np.flatnonzero(soft & (row_lower > -INFINITE))
        over = np.flatnonzero(soft & (row_upper < INFINITE))
        self._dear = len(short) + len(over)
        model = model_pb2.ModelProto()
        model.objective.maximize = True
        count = self.column_count + self._dear
        variables, rows = model.variables, model.linear_constraints
        variables.ids.extend(range(count))
        variables.lower_bounds.extend([*lower.astype(np.float64).tolist(), *([0.0] * self._dear)])
        variables.upper_bounds.extend([*upper.astype(np.float64).tolist(), *([np.inf] * self._dear)])
        variables.integers.extend([False] * count)
        objective = model.objective.linear_coefficients
        objective.ids.extend(range(count))
        objective.values.extend([*points.tolist(), *([-penalty] * self._dear)])
        rows.ids.extend(range(self.row_count))
        rows.lower_bounds.extend(as_floats(row_lower).tolist())
        rows.upper_bounds.extend(as_floats(row_upper).tolist())
        signs = np.concatenate([np.ones(len(short)), -np.ones(len(over))])
        dear = sparse.csc_matrix(
            (signs, (np.concatenate([short, over]), np.arange(self._dear))), shape=(self.row_count, self._dear)
        )
        whole = sparse.csr_matrix(sparse.hstack([matrix.astype(np.float64), dear], format="csr"))
        whole.sort_indices()
        entries = model.linear_constraint_matrix
        entries.row_ids.extend(np.repeat(np.arange(self.row_count), np.diff(whole.indptr)).tolist())
        entries.column_ids.extend(whole.indices.tolist())
        entries.coefficients.extend(whole.data.tolist())
        self._solver = kernel.new(parameters_pb2.SOLVER_TYPE_GLOP, model, parameters_pb2.SolverInitializerProto())
        self._answer: result_pb2.SolveResultProto | None = None

    def move(self, lower: Ints, upper: Ints) -> None:
        """New bounds on the columns, int64."""
        update = model_update_pb2.ModelUpdateProto()
        for now, then, into in (
            (self._lower, lower, update.variable_updates.lower_bounds),
            (self._upper, upper, update.variable_updates.upper_bounds),
        ):
            moved = np.flatnonzero(now != then)
            into.ids.extend(moved.tolist())
            into.values.extend(then[moved].astype(np.float64).tolist())
            now[moved] = then[moved]
        if not self._solver.update(update):
            raise RuntimeError("GLOP takes every update of bounds")

    def solve(self, basis: Basis | None = None) -> Optimum | None:
        """From ``basis``, or from where the last solve ended; ``None`` where GLOP found no optimum."""
        model = model_parameters_pb2.ModelSolveParametersProto()
        for kept in (model.variable_values_filter, model.dual_values_filter, model.reduced_costs_filter):
            kept.skip_zero_values = True
        # Nobody reads reduced costs: they are reckoned anew in whole numbers.
        model.reduced_costs_filter.filter_by_ids = True
        if basis is not None and basis.fits:
            statuses = [*basis.columns.tolist(), *([int(AT_LOWER)] * self._dear)]
            model.initial_basis.variable_status.ids.extend(range(len(statuses)))
            model.initial_basis.variable_status.values.extend(statuses)
            model.initial_basis.constraint_status.ids.extend(range(self.row_count))
            model.initial_basis.constraint_status.values.extend(basis.rows.tolist())
        settings = parameters_pb2.SolveParametersProto(
            threads=1,
            lp_algorithm=parameters_pb2.LP_ALGORITHM_DUAL_SIMPLEX,
            presolve=parameters_pb2.EMPHASIS_OFF,
        )
        answer = self._solver.solve(settings, model, None, callback_pb2.CallbackRegistrationProto(), None, None)
        if answer.termination.reason != result_pb2.TERMINATION_REASON_OPTIMAL:
            return None
        self._answer = answer
        columns = _dense(answer.solutions[0].primal_solution.variable_values, self.column_count + self._dear)
        duals = _dense(answer.solutions[0].dual_solution.dual_values, self.row_count)
        return Optimum(columns[: self.column_count], duals, float(columns[self.column_count :].sum()))

    def basis(self) -> Basis:
        """Where the last solve ended."""
        if self._answer is None:
            raise RuntimeError("a basis is asked of a program without an optimum")
        basis = self._answer.solutions[0].basis
        return Basis(
            _statuses(basis.variable_status.values)[: self.column_count], _statuses(basis.constraint_status.values)
        )


def _dense(values: sparse_containers_pb2.SparseDoubleVectorProto, length: int) -> Floats:
    dense = np.zeros(length)
    at = np.fromiter(values.ids, np.int64, len(values.ids))
    dense[at] = np.fromiter(values.values, np.float64, len(values.values))
    return dense


def _statuses(values: Sequence[int]) -> Statuses:
    return np.fromiter(values, np.int8, len(values))
