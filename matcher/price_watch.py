"""The clock, the work done and the wish to stop, looked at between steps; clock and wish during one as well."""

from __future__ import annotations

import threading
import time
from typing import Any

from ortools.math_opt import callback_pb2, model_parameters_pb2, parameters_pb2
from ortools.util.python import pybind_solve_interrupter

from matcher.goals import Stop, check_cancelled
from matcher.work import Work

LAST_WORDS = 0.5
"""Seconds an interrupted solver gets to hand over what it has."""


class Watch:
    """Knows when to stop. Without a time limit the clock never decides anything, so runs repeat themselves; a limit of
    work (``matcher.work``) ends them at the same step on every machine."""

    def __init__(
        self, time_limit: float | None, cancelled: Stop | None, work: Work | None = None, most: float | None = None
    ) -> None:
        self._ends = None if time_limit is None else time.monotonic() + time_limit
        self._cancelled = cancelled
        self._work = Work() if work is None else work
        self._most = self._work.most if most is None else most

    def left(self) -> float | None:
        """Seconds left, ``None`` without a limit."""
        return None if self._ends is None else self._ends - time.monotonic()

    def work_left(self) -> float | None:
        """Units of work left, ``None`` without a limit."""
        return None if self._most is None else self._most - self._work.done

    def did(self, units: float) -> None:
        """Count work."""
        self._work.did(units)

    @property
    def limited(self) -> bool:
        """Whether anything but an answer may end the search."""
        return self._ends is not None or self._most is not None

    @property
    def expired(self) -> bool:
        """Whether time or work is over; raises ``Cancelled`` where the user asked to stop."""
        check_cancelled(self._cancelled)
        left, work = self.left(), self.work_left()
        return (left is not None and left <= 0) or (work is not None and work <= 0)

    @property
    def late(self) -> bool:
        """Whether the clock says so; only it may end a solver's step half way."""
        check_cancelled(self._cancelled)
        left = self.left()
        return left is not None and left <= 0

    def asked_to_stop(self) -> bool:
        """Whether the user asked to stop, without raising."""
        return self._cancelled is not None and self._cancelled()

    def part(self, share: float) -> Watch:
        """A watch over a share of the time and of the work left."""
        left, work = self.left(), self.work_left()
        most = None if work is None else self._work.done + max(work, 0.0) * share
        return Watch(None if left is None else left * share, self._cancelled, self._work, most)

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
                if thread.is_alive() and self.late:
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
