"""A round solved and ready to be asked about.

The same input gives the same round, so a kept proposal can be explained long after it was made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from graph.errors import BadInput, Conflict
from graph.network import Network
from graph.sentences import say
from matcher.build import Built, build_problem
from matcher.document import ProposalDocument, UtilityRef
from matcher.pairs import PairExplainer, utility_ref
from matcher.participants import choose_participants
from matcher.policy import Policy
from matcher.problem import Ints, Problem
from matcher.result import Result
from matcher.verify import verify
from matcher.what_if import Solver


@dataclass(frozen=True, eq=False)
class SolvedRound:
    """A round with its answer, and the ``solver`` that every "what if" is put to."""

    built: Built
    result: Result
    solver: Solver

    @property
    def problem(self) -> Problem:
        """The problem as arrays."""
        return self.built.problem

    @property
    def network(self) -> Network:
        """What was known."""
        return self.built.network

    @property
    def policy(self) -> Policy:
        """The policy of the round."""
        return self.built.policy

    @cached_property
    def explainer(self) -> PairExplainer:
        """Explains single pairs by the rules the points came from."""
        return PairExplainer(self.built.features, self.policy)

    @cached_property
    def mentor_at(self) -> Mapping[str, int]:
        """Index of each mentor id."""
        return {id: at for at, id in enumerate(self.problem.mentor_ids)}

    @cached_property
    def mentee_at(self) -> Mapping[str, int]:
        """Index of each mentee id."""
        return {id: at for at, id in enumerate(self.problem.mentee_ids)}

    @cached_property
    def chosen(self) -> frozenset[int]:
        """Indices of the proposed pairs."""
        return frozenset(self.result.pairs.tolist())

    def pair_at(self, mentor_id: str, mentee_id: str) -> int | None:
        """Index of a pair of the problem, or ``None`` where the problem has no such pair."""
        mentor, mentee = self.mentor_at.get(mentor_id), self.mentee_at.get(mentee_id)
        if mentor is None or mentee is None:
            return None
        of_mentee = self.pairs_of_mentee(mentee)
        found = of_mentee[self.problem.pair_mentor[of_mentee] == mentor]
        return int(found[0]) if len(found) else None

    def pairs_of_mentee(self, mentee: int) -> Ints:
        """Indices of the pairs of one mentee (they lie together, ordered by mentor)."""
        first, last = np.searchsorted(self.problem.pair_mentee, [mentee, mentee + 1])
        return np.arange(first, last)

    def pairs_of_mentor(self, mentor: int) -> Ints:
        """Indices of the pairs of one mentor."""
        return np.flatnonzero(self.problem.pair_mentor == mentor)

    def mentee(self, name: str) -> int:
        """Index of a mentee given by id or name.

        Raises ``UnknownName`` for a utility that does not exist, ``BadInput`` for one that takes no part as mentee.
        """
        utility = self.network.find_utility(name)
        if utility.id not in self.mentee_at:
            raise BadInput(
                say("{utility} takes no part in this round as a mentee: no need of it counts.", utility=utility.name),
                say("Import a need of it, or ask about one of the mentees of the round."),
            )
        return self.mentee_at[utility.id]

    def ref(self, id: str) -> UtilityRef:
        """Enough of a utility to show a row."""
        return utility_ref(self.network, id)

    def name(self, id: str) -> str:
        """A utility's name."""
        return self.network.utility_by_id[id].name

    def fit(self, pair: int) -> float:
        """The fit of a pair of the problem, in 0..1, with every need its mentor can work on."""
        return round(float(self.built.pair_fit[pair]), 4)


def usual_solver(
    policy: Policy, seed: int = 0, time_limit: float | None = None, cancelled: Callable[[], bool] | None = None
) -> Solver:
    """The solver a policy's round is solved with: exact, whatever its method; ``time_limit`` in seconds a question.

    Where ``cancelled`` says so, a solve stops and raises ``Cancelled``.

    It remembers the first problem it solved: small changes to that are answered from its prices and basis.
    """
    from matcher.reuse import ReusingSolver  # who only names the forms of answers needs no solver

    if policy.pairing != "stable":
        return ReusingSolver(seed, time_limit, cancelled)

    def solver(problem: Problem) -> Result:
        from matcher.solve import SolvePolicy
        from matcher.stable_solve import solve_stable

        return solve_stable(problem, SolvePolicy(time_limit=time_limit), seed, cancelled=cancelled)

    return solver


def solved_round(
    network: Network, policy: Policy, as_of: date, seed: int = 0, *, solver: Solver | None = None
) -> SolvedRound:
    """Choose participants, build, solve and verify, as ``matcher.proposal.propose`` does.

    ``network`` already carries what the register implies by ``as_of``. Raises what ``propose`` raises.
    """
    chosen = solver or usual_solver(policy, seed)
    return solve_built(build_problem(network, choose_participants(network, policy, as_of), policy), chosen)


def solve_built(built: Built, solver: Solver) -> SolvedRound:
    """A built problem solved and verified."""
    result = solver(built.problem)
    verify(built.problem, result)
    return SolvedRound(built, result, solver)


def check_explains(round: SolvedRound, document: ProposalDocument) -> None:
    """Raise ``Conflict`` where a kept proposal was made from another input than this round."""
    if document["input_hash"] != round.problem.input_hash:
        raise Conflict(
            say("What is known has changed since the proposal {id} was made.", id=document["id"]),
            say("Run the match again; the explanations then belong to the new proposal."),
        )
