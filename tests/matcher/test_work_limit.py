"""A limit of counted work ends a search at the same step, whatever else the machine does."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from instances import coupled
from random_rounds import everything

from graph.errors import BadInput, TooLarge
from matcher.problem import Problem
from matcher.result_file import result_json
from matcher.solve import Method, SolvePolicy, solve
from matcher.verify import verify

BUSY = "while True: sum(range(10**6))"


def with_staff_days(seed: int) -> Problem:
    problem = everything(seed, 40, 160, 0.4)
    return replace(problem, minimum_load=np.zeros_like(problem.places))


def in_bytes(problem: Problem, policy: SolvePolicy) -> tuple[bytes, bool]:
    """The result file, or the message where there is no result; and whether all is proven."""
    try:
        result = solve(problem, policy, 1)
    except TooLarge as error:
        return str(error).encode(), False
    return json.dumps(result_json(problem, result, verify(problem, result))).encode(), result.proven


ROUNDS = {
    "limits": coupled(1, 40, 400, 20, goals=("best_fit", "stable")),
    "flows and limits": coupled(2, 100, 700, 12, goals=("most_mentees", "best_fit")),
    "loads": with_staff_days(3),
}


WAYS: list[tuple[str, Method]] = [(name, "price") for name in ROUNDS]
WAYS += [("limits", "whole"), ("loads", "whole")]


@pytest.mark.parametrize(("name", "method"), WAYS)
def test_the_same_bytes_under_any_load(monkeypatch: pytest.MonkeyPatch, name: str, method: Method) -> None:
    monkeypatch.setattr("matcher.price_flow.SOME_ROWS", 700)  # 800 rows count as a large round here
    bitten = 0
    for most in (0.05,) if method == "whole" else (0.002, 0.02, 0.1):
        policy = SolvePolicy(method, work_limit=most)
        first, proven = in_bytes(ROUNDS[name], policy)
        bitten += not proven
        busy = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(3)]
        try:
            assert in_bytes(ROUNDS[name], policy)[0] == first
        finally:
            for each in busy:
                each.kill()
                each.wait()
    assert bitten


def test_more_work_is_never_worse_by_much_and_enough_is_a_proof() -> None:
    problem = ROUNDS["limits"]
    best = solve(problem, SolvePolicy(), 1)
    assert best.proven
    assert solve(problem, SolvePolicy(work_limit=1e6), 1).goals == best.goals
    small = solve(problem, SolvePolicy(work_limit=0.2), 1)
    assert small.goals[0].value <= best.goals[0].value <= small.goals[0].bound


def test_a_limit_of_no_work_is_refused() -> None:
    with pytest.raises(BadInput, match="above 0 units"):
        solve(ROUNDS["limits"], SolvePolicy(work_limit=0.0), 1)
