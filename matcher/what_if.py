"""What if: the round solved again after a change, and what the change costs and moves. Every number is solved for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from graph.errors import NothingFeasible
from graph.sentences import Sentence
from matcher.changes import Change, changed
from matcher.problem import Ints, Problem
from matcher.result import Result
from matcher.verify import verify

Solver = Callable[[Problem], Result]


@dataclass(frozen=True, eq=False)
class Outcome:
    """The round after a change.

    ``result`` is ``None`` where nothing is feasible any more, and ``reasons`` say why. ``loss`` has one number per
    goal, in their order: how much of it the change costs (negative: gains). ``entering`` and ``leaving`` are
    indices of pairs; ``displaced`` are mentees that lose all their mentors, ``served`` those that get a first one,
    ``moved`` those that have one before and after, but not the same.
    """

    changes: tuple[Change, ...]
    result: Result | None
    reasons: tuple[Sentence, ...] = ()
    loss: tuple[int, ...] = ()
    entering: tuple[int, ...] = ()
    leaving: tuple[int, ...] = ()
    displaced: tuple[int, ...] = ()
    served: tuple[int, ...] = ()
    moved: tuple[int, ...] = ()

    @property
    def feasible(self) -> bool:
        """Whether a round with this change exists."""
        return self.result is not None

    @property
    def free(self) -> bool:
        """Whether no goal loses anything."""
        return self.feasible and all(lost <= 0 for lost in self.loss)


def what_if(problem: Problem, before: Result, *changes: Change, solver: Solver) -> Outcome:
    """Solve the problem with the changes (``solver`` as for the round itself), verify, and compare."""
    altered = changed(problem, *changes)
    try:
        after = solver(altered)
    except NothingFeasible as clash:
        return Outcome(changes, None, clash.reasons)
    verify(altered, after)
    had, has = _mentees(problem, before.pairs), _mentees(problem, after.pairs)
    entering = np.setdiff1d(after.pairs, before.pairs, assume_unique=True)
    leaving = np.setdiff1d(before.pairs, after.pairs, assume_unique=True)
    touched = set(problem.pair_mentee[np.concatenate([entering, leaving])].tolist())
    return Outcome(
        changes=changes,
        result=after,
        loss=tuple(old.value - new.value for old, new in zip(before.goals, after.goals, strict=True)),
        entering=tuple(entering.tolist()),
        leaving=tuple(leaving.tolist()),
        displaced=tuple(sorted(had - has)),
        served=tuple(sorted(has - had)),
        moved=tuple(sorted(touched & had & has)),
    )


def _mentees(problem: Problem, pairs: Ints) -> set[int]:
    return set(problem.pair_mentee[pairs].tolist())
