"""A solver that remembers the round it solved: a question that changes it a little is answered from its state."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from matcher.problem import Problem
from matcher.problem_check import check_problem
from matcher.resolve import ready, resolve
from matcher.result import Result
from matcher.solve import SolvePolicy, solve
from matcher.solved_state import NotReady, SolvedState

FEWEST_PAIRS = 2_000
"""Smaller rounds are solved from scratch in less time than it takes to keep a state of them."""

MOST_ROWS = 5_000
"""Rounds with more mentors and mentees are solved from scratch: their linear programs take too long."""


@dataclass(eq=False)
class ReusingSolver:
    """Solves the first problem in full and keeps it; problems near to it are solved again from its prices and basis.

    The same optimum either way, proven: what cannot be proven from the state is solved from scratch. ``reused`` and
    ``afresh`` count both. The state is made when the first question comes, and serves several threads, one at a time.
    """

    seed: int = 0
    time_limit: float | None = None
    cancelled: Callable[[], bool] | None = None
    reused: int = 0
    afresh: int = 0
    _problem: Problem | None = None
    _result: Result | None = None
    _state: SolvedState | None = None
    _refused: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, problem: Problem) -> Result:
        """As ``solve``, with the method "auto"; ``time_limit`` in seconds a question. Raises what ``solve`` raises."""
        with self._lock:
            state = self._state_for(problem)
            if state is not None and state.applies(problem):
                check_problem(problem)
                found = resolve(state, problem)
                if found is not None:
                    self.reused += 1
                    return found
            self.afresh += 1
            result = solve(problem, SolvePolicy(time_limit=self.time_limit), self.seed, cancelled=self.cancelled)
            if self._problem is None:
                self._problem, self._result = problem, result
            return result

    def _state_for(self, problem: Problem) -> SolvedState | None:
        """The state of the round solved first; made when a problem that shares its pairs is asked about."""
        base, result = self._problem, self._result
        if self._state is not None or self._refused or base is None or result is None:
            return self._state
        if problem is base or problem.pair_mentor is not base.pair_mentor:
            return None
        rows = len(base.places) + len(base.wanted)
        if not result.proven or base.pair_count < FEWEST_PAIRS or rows > MOST_ROWS:
            self._refused = True
            return None
        try:
            self._state = ready(base, result)
        except NotReady:
            self._refused = True
        return self._state
