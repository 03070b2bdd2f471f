"""The stable matching as the answer to a problem: one matching, so nothing is left to be chosen but who does what.

Under a policy with ``pairing = "stable"`` the pairs are those that no mentor and mentee would leave for each other
(``matcher.stability``); the goals in their order then decide only which needs are worked on. A stable matching takes
no notice of limits and minimum loads: where it does not keep them, there is no stable proposal, and that is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from graph.errors import BadInput, NothingFeasible
from graph.sentences import Sentence, say
from matcher.feasibility import check_possible
from matcher.goals import Found, Progress, Stop
from matcher.policy import Policy
from matcher.problem import Ints, Problem
from matcher.result import Result
from matcher.solve import SolvePolicy, solve
from matcher.stability import fixed_to, pair_points, stable_pairs

FIT = "best_fit"
"""The goal whose points both sides are taken to rank their partners by."""


Solve: TypeAlias = Callable[..., Result]
"""A function with the arguments of ``solve``."""


def solve_stable(
    problem: Problem,
    policy: SolvePolicy,
    seed: int,
    *,
    progress: Progress | None = None,
    cancelled: Stop | None = None,
    found: Found | None = None,
) -> Result:
    """The stable matching of a problem that has the goal ``best_fit``, as a result of that problem.

    A goal's bound is that of the stable matching, so it is proven; there are no prices. Raises as ``solve``, and
    ``NothingFeasible`` naming each limit and minimum load that the stable matching does not keep.
    """
    check_possible(problem)
    pairs = stable_pairs(problem, fit_points(problem))
    broken = [*_broken(problem, pairs)]
    if broken:
        raise NothingFeasible(broken)
    try:
        fixed = fixed_to(problem, pairs)
        result = solve(fixed, policy, seed, progress=progress, cancelled=cancelled, found=found)
    except NothingFeasible:
        # Stability counts the shortest need of each pair; pairs that share needs may leave none for each other.
        raise NothingFeasible([say("The pairs of the stable matching cannot all have a need of their own.")]) from None
    return replace(result, input_hash=problem.input_hash, prices=None)


def fit_points(problem: Problem) -> Ints:
    """int64[P]: the points of fit both sides rank by. Raises ``BadInput`` where the problem has no such goal."""
    goal = next((goal for goal in problem.goals if goal.id == FIT), None)
    if goal is None:
        raise BadInput(say("A stable pairing needs the goal “{goal}”, by which both sides rank.", goal=FIT))
    return pair_points(problem, goal)


def solver_of(policy: Policy) -> Solve:
    """The function that answers a round's problem under a policy: ``solve`` or ``solve_stable``."""
    return solve_stable if policy.pairing == "stable" else solve


def _broken(problem: Problem, pairs: Ints) -> Iterator[Sentence]:
    """Each limit and minimum load that the stable matching does not keep."""
    for limit in problem.limits:
        if limit.kept_by(pairs):
            continue
        used = limit.amount(pairs)
        if (limit.coefficients != 1).any():  # money or a share: the row's own numbers mean nothing to a reader
            yield say("The stable matching does not keep “{limit}”.", limit=limit.title)
        elif limit.upper is not None and used > limit.upper:
            yield say(
                "The stable matching brings “{limit}” to {used}; at most {most} is allowed.",
                limit=limit.title,
                used=used,
                most=limit.upper,
            )
        else:
            yield say(
                "The stable matching brings “{limit}” to {used}; at least {least} is asked.",
                limit=limit.title,
                used=used,
                least=limit.lower or 0,
            )
    loads = np.bincount(problem.pair_mentor[pairs], minlength=len(problem.mentor_ids))
    for mentor in np.flatnonzero(loads < problem.minimum_load).tolist():
        yield say(
            "In the stable matching {mentor} has {load} of the {least} mentees it asks for at least.",
            mentor=problem.mentor_ids[mentor],
            load=int(loads[mentor]),
            least=int(problem.minimum_load[mentor]),
        )
