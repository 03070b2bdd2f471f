"""Answers to planning questions, worked out once per snapshot and reader's sight, and kept with the snapshot."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar, cast

from flask import current_app

from web.settings import Settings
from web.snapshot import Knowledge
from web.turns import turn

A = TypeVar("A")

KEPT_ANSWERS = 200
"""How many answers one snapshot keeps; the oldest go first."""


class PlanKeeper:
    """Works an answer out when it is first asked for; one at a time, for some burn every core."""

    def __init__(self, settings: Settings) -> None:
        self._patience = settings.request_timeout
        self._lock = threading.Lock()
        self.most_pairs = settings.explained_pairs

    def answer(self, known: Knowledge, question: tuple[object, ...], ask: Callable[[], A]) -> A:
        """What ``ask`` says of what is known; ``question`` names it, so that it is asked once.

        Raises ``Busy`` where other questions take longer than a request may wait, and what ``ask`` raises.
        """
        if question in known.answers:
            return cast(A, known.answers[question])
        with turn(self._lock, self._patience):
            if question not in known.answers:
                answered = ask()
                while len(known.answers) >= KEPT_ANSWERS:
                    known.answers.pop(next(iter(known.answers)), None)
                known.answers[question] = answered
            return cast(A, known.answers[question])


def plan_keeper() -> PlanKeeper:
    """The keeper of the application that answers this request."""
    return cast(PlanKeeper, current_app.extensions["wop_plan"])
