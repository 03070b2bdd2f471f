"""Gathering every problem of one import: all are counted, the first thousand are listed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from graph.errors import ImportProblem, ImportProblems
from graph.sentences import Sentence

LISTED = 1_000

Hint = Callable[[], Sentence | None] | Sentence | None
"""A hint, or what makes it: looking for near names takes time, so it is only done for problems that are listed."""


@dataclass
class Problems:
    """The problems found so far; ``unread`` names the tables of which a file could not be read at all."""

    listed: list[ImportProblem] = field(default_factory=list)
    count: int = 0
    unread: set[str] = field(default_factory=set)

    def add(
        self,
        file: str,
        message: Sentence,
        *,
        sheet: str = "",
        row: int | None = None,
        column: str = "",
        value: str = "",
        hint: Hint = None,
    ) -> None:
        """One more problem."""
        self.count += 1
        if len(self.listed) < LISTED:
            advice = hint() if callable(hint) else hint
            shown = value if len(value) <= 80 else f"{value[:79]}…"
            self.listed.append(ImportProblem(file, message, sheet, row, column, shown, advice))

    def lose(self, table: str, file: str, message: Sentence, hint: Hint = None, *, sheet: str = "") -> None:
        """A problem that leaves a whole table unread."""
        self.unread.add(table)
        self.add(file, message, sheet=sheet, hint=hint)

    def raise_if_any(self) -> None:
        """Raises ``ImportProblems`` unless nothing was found."""
        if self.count:
            files = {problem.file: at for at, problem in reversed(list(enumerate(self.listed)))}
            in_order = sorted(self.listed, key=lambda problem: (files[problem.file], problem.sheet, problem.row or 0))
            raise ImportProblems(in_order, self.count)
