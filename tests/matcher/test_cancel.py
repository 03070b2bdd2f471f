"""Cancel: a flag set by another thread in the middle of a long solve ends it soon, with every method.

Nothing here asserts a time; run with ``-s`` to see how long each method took to notice.
"""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from instances import coupled

from graph.errors import Cancelled
from matcher.clash import clashing_rules
from matcher.problem import Limit, Problem
from matcher.solve import Method, SolvePolicy, solve

WATCHDOG = 120.0
"""Seconds after which a test gives up waiting; none of these comes near."""


def latency(problem: Problem, method: Method, after: float) -> float:
    """Seconds from the flag to the end of the solve, which must end by ``Cancelled``.

    The flag is set ``after`` seconds from the first word of progress, by a thread of its own.
    """
    asked, told = threading.Event(), threading.Event()
    at: list[float] = []
    ended: list[BaseException | None] = []

    def ask() -> None:
        told.wait(WATCHDOG)
        time.sleep(after)
        at.append(time.monotonic())
        asked.set()

    def tell(_text: str, _share: float) -> None:
        told.set()
        if not after:
            asked.wait(WATCHDOG)

    def work() -> None:
        try:
            solve(problem, SolvePolicy(method), 1, progress=tell, cancelled=asked.is_set)
            ended.append(None)
        except BaseException as fault:
            ended.append(fault)
        at.append(time.monotonic())

    threads = [threading.Thread(target=target, daemon=True) for target in (ask, work)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WATCHDOG)
        assert not thread.is_alive(), "the solve did not end"
    assert isinstance(ended[0], Cancelled), ended
    return at[1] - at[0]


@pytest.mark.parametrize("after", [0.0, 0.3])
@pytest.mark.parametrize("method", ["price", "whole"])
def test_a_flag_from_another_thread_ends_a_long_solve(method: Method, after: float) -> None:
    problem = coupled(5, 500, 3000, 30)
    print(f"{method} after {after} s: {latency(problem, method, after):.2f} s")


def test_a_flow_ends_after_the_current_run_of_its_kernel() -> None:
    problem = coupled(5, 400, 2000, 20, limits=False, goals=("best_fit", "stable"))
    print(f"flow: {latency(problem, 'flow', 0.0):.2f} s")


def test_the_search_for_a_clash_ends_too() -> None:
    problem = coupled(5, 20, 60, 5)
    every = np.arange(problem.pair_count)
    ones = np.ones(len(every), dtype=np.int64)
    floor = Limit("all", problem.limits[0].title, every, ones, 60, None)
    with pytest.raises(Cancelled):
        clashing_rules(replace(problem, limits=(*problem.limits, floor)), cancelled=lambda: True)
