"""CP-SAT and HiGHS (the one inside SciPy) on the whole model, written out row by row from the definition.

The rows are those of the text at the head of ``matcher.problem``; nothing is shared with the matcher's own models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from ortools.sat.python import cp_model
from scipy import optimize, sparse

from matcher.problem import Goal, Problem

Told = tuple[int, ...] | Literal["impossible", "undecided"]
"""The proven best value of each goal in order; that nothing is possible; or that the time was too short."""


@dataclass(frozen=True)
class Row:
    """``lower <= sum of coefficients * columns <= upper``; ``None``: open. Columns: the pairs, then the covers."""

    columns: list[int]
    coefficients: list[int]
    lower: int | None
    upper: int | None


def rows_of(problem: Problem) -> list[Row]:
    """Every rule of a problem, one at a time."""
    pairs = range(problem.pair_count)
    covers = range(len(problem.cover_pair))
    column = {cover: problem.pair_count + cover for cover in covers}
    rows = [Row([pair], [1], int(problem.pinned[pair]), int(not problem.forbidden[pair])) for pair in pairs]
    for mentor in range(len(problem.mentor_ids)):
        own = [pair for pair in pairs if problem.pair_mentor[pair] == mentor]
        rows.append(Row(own, [1] * len(own), int(problem.minimum_load[mentor]), int(problem.places[mentor])))
        if problem.staff_days[mentor] >= 0:
            work = [cover for cover in covers if problem.pair_mentor[problem.cover_pair[cover]] == mentor]
            days = [int(problem.cover_days[cover]) for cover in work]
            rows.append(Row([column[cover] for cover in work], days, None, int(problem.staff_days[mentor])))
    for mentee in range(len(problem.mentee_ids)):
        own = [pair for pair in pairs if problem.pair_mentee[pair] == mentee]
        rows.append(Row(own, [1] * len(own), None, int(problem.wanted[mentee])))
    for need in range(len(problem.need_ids)):
        work = [column[cover] for cover in covers if problem.cover_need[cover] == need]
        rows.append(Row(work, [1] * len(work), None, 1))
    for pair in pairs:
        work = [column[cover] for cover in covers if problem.cover_pair[cover] == pair]
        rows += [Row([one, pair], [1, -1], None, 0) for one in work]
        if work:
            rows.append(Row([pair, *work], [1] + [-1] * len(work), None, 0))
    for limit in problem.limits:
        rows.append(Row(limit.pairs.tolist(), limit.coefficients.tolist(), limit.lower, limit.upper))
    return rows


def by_cp_sat(problem: Problem, seconds: float) -> Told:
    """What CP-SAT says, ``seconds`` a goal."""
    model = cp_model.CpModel()
    columns = [model.new_bool_var("") for _ in range(problem.pair_count + len(problem.cover_pair))]
    for row in rows_of(problem):
        total = sum(a * columns[at] for at, a in zip(row.columns, row.coefficients, strict=True))
        least = cp_model.INT_MIN if row.lower is None else row.lower
        most = cp_model.INT_MAX if row.upper is None else row.upper
        model.add_linear_constraint(total, least, most)
    values = []
    for goal in problem.goals:
        points = _points(goal)
        worth = sum(a * column for a, column in zip(points, columns, strict=True))
        model.maximize(worth)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.linearization_level = 2
        solver.parameters.max_time_in_seconds = seconds
        status = solver.solve(model)
        if status != cp_model.OPTIMAL:
            return "impossible" if status == cp_model.INFEASIBLE else "undecided"
        values.append(sum(a * int(solver.value(column)) for a, column in zip(points, columns, strict=True)))
        model.add(worth >= values[-1])
    return tuple(values)


def by_highs(problem: Problem, seconds: float) -> Told:
    """What HiGHS says, ``seconds`` a goal."""
    rows = rows_of(problem)
    width = problem.pair_count + len(problem.cover_pair)
    values: list[int] = []
    for goal in problem.goals:
        points = _points(goal)
        answer: Any = optimize.milp(
            -np.array(points, dtype=np.float64),
            integrality=np.ones(width, dtype=np.int64),
            bounds=optimize.Bounds(0, 1),
            constraints=_constraint(rows, width),
            options={"time_limit": seconds, "mip_rel_gap": 0.0},
        )
        if answer.status != 0:
            return "impossible" if answer.status == 2 else "undecided"
        values.append(int(np.array(points) @ np.rint(answer.x).astype(np.int64)))
        rows.append(Row(list(range(width)), points, values[-1], None))
    return tuple(values)


def _points(goal: Goal) -> list[int]:
    return [*goal.pair_values.tolist(), *goal.cover_values.tolist()]


def _constraint(rows: Sequence[Row], width: int) -> optimize.LinearConstraint:
    at = np.repeat(np.arange(len(rows)), [len(row.columns) for row in rows])
    columns = np.array([column for row in rows for column in row.columns], dtype=np.int64)
    amounts = np.array([a for row in rows for a in row.coefficients], dtype=np.float64)
    matrix = sparse.csr_array((amounts, (at, columns)), shape=(len(rows), width))
    lower = np.array([-np.inf if row.lower is None else row.lower for row in rows], dtype=np.float64)
    upper = np.array([np.inf if row.upper is None else row.upper for row in rows], dtype=np.float64)
    return optimize.LinearConstraint(matrix, lower, upper)
