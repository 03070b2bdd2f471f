"""The clock and the wish to stop, looked at between steps and ten times a second during a solver's work."""

from __future__ import annotations

import threading
import time
from typing import Any

from ortools.math_opt import callback_pb2, model_parameters_pb2, parameters_pb2
from ortools.util.python import pybind_solve_interrupter

from matcher.goals import Stop, check_cancelled

LAST_WORDS = 0.5
"""Seconds an interrupted solver gets to hand over what it has."""


class Watch:
    """Knows when to stop. Without a time limit the clock never decides anything, so runs repeat themselves."""

    def __init__(self, time_limit: float | None, cancelled: Stop | None) -> None:
        self._ends = None if time_limit is None else time.monotonic() + time_limit
        self._cancelled = cancelled

    def left(self) -> float | None:
        """Seconds left, ``None`` without a limit."""
        return None if self._ends is None else self._ends - time.monotonic()

    @property
    def expired(self) -> bool:
        """Whether the time is over; raises ``Cancelled`` where the user asked to stop."""
        check_cancelled(self._cancelled)
        left = self.left()
        return left is not None and left <= 0

    def asked_to_stop(self) -> bool:
        """Whether the user asked to stop, without raising."""
        return self._cancelled is not None and self._cancelled()

    def part(self, share: float) -> Watch:
        """A watch over a share of the time left."""
        left = self.left()
        return Watch(None if left is None else left * share, self._cancelled)

    def run(self, solver: Any, settings: parameters_pb2.SolveParametersProto) -> Any | None:
        """What a MathOpt kernel answers, or ``None`` if it had to be left alone when the time was over.

        A kernel that does not react to an interruption (HiGHS within one linear program) is left to end on its
        own thread; nobody waits for it. Raises ``Cancelled``.
        """
        if self._ends is None and self._cancelled is None:
            return _solve(solver, settings, None)
        interrupter = pybind_solve_interrupter.PySolveInterrupter()
        answers: list[Any] = []
        faults: list[BaseException] = []

        def work() -> None:
            try:
                answers.append(_solve(solver, settings, interrupter))
            except BaseException as fault:
                faults.append(fault)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        try:
            while thread.is_alive():
                thread.join(0.1)
                if thread.is_alive() and self.expired:
                    break
        finally:
            if thread.is_alive():
                interrupter.interrupt()
                thread.join(LAST_WORDS)
        if faults:
            raise faults[0]
        return answers[0] if answers else None


def _solve(solver: Any, settings: parameters_pb2.SolveParametersProto, interrupter: Any) -> Any:
    return solver.solve(
        settings,
        model_parameters_pb2.ModelSolveParametersProto(),
        None,
        callback_pb2.CallbackRegistrationProto(),
        None,
        interrupter,
    )
