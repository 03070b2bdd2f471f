"""Kept proposals solved again, to be asked about: one round at a time, each answer worked out once.

Somebody from whom something is hidden gets the answers of another round: the same policy, day and seed on the part of
the network that is seen. Nothing private goes into it, so nothing private can be inferred from what it says.

Pages that explain nothing never come here, and only here the solver is imported: when a first question is asked.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar, cast

from flask import current_app

from graph.errors import BadInput, Conflict, NothingFeasible, TooLarge
from graph.network import Network
from graph.sentences import say
from matcher.document import ProposalDocument
from matcher.policy import Policy, parse_policy
from web.knowledge import KnowledgeKeeper, view_here
from web.metrics import solve_counted
from web.private import View, seen_network
from web.private_documents import seen_policy
from web.settings import Settings
from web.turns import turn

if TYPE_CHECKING:
    from matcher.explain.round import SolvedRound

A = TypeVar("A")

KEPT_ANSWERS = 200
"""How many answers about the rounds kept are remembered; the oldest go first."""


class SolvedKeeper:
    """Keeps the rounds last asked about, solved, and the answers given, for all threads of a process."""

    def __init__(self, knowledge: KnowledgeKeeper, settings: Settings) -> None:
        self._knowledge = knowledge
        self._most_pairs = settings.explained_pairs
        self._most_rounds = settings.cached_proposals
        self._patience = settings.request_timeout
        self._lock = threading.Lock()
        self._rounds: dict[tuple[str, int, frozenset[str]], SolvedRound] = {}
        self._answers: dict[tuple[object, ...], Any] = {}

    def answer(self, document: ProposalDocument, question: tuple[object, ...], ask: Callable[[SolvedRound], A]) -> A:
        """What ``ask`` says of the round of a kept proposal; ``question`` names it, so that it is asked once.

        Raises ``Conflict`` where the proposal cannot be had again from what is known now, ``TooLarge`` for a round
        with more pairs than the setting ``WOP_EXPLAINED_PAIRS``, ``Busy`` where other questions take longer than a
        request may wait, and what ``ask`` raises.
        """
        revision = self._knowledge.now().network.revision
        view = view_here()
        hidden = frozenset() if view is None else view.hidden
        key = (document["id"], revision, hidden, *question)
        # Solvers use every core they are given: one question at a time answers all of them sooner.
        with turn(self._lock, self._patience):
            if key not in self._answers:
                answered = ask(self._solved(document["id"], revision, view))
                while len(self._answers) >= KEPT_ANSWERS:
                    del self._answers[next(iter(self._answers))]
                self._answers[key] = answered
            return cast(A, self._answers[key])

    def _solved(self, id: str, revision: int, view: View | None) -> SolvedRound:
        key = (id, revision, frozenset() if view is None else view.hidden)
        if key not in self._rounds:
            document = self._knowledge.proposal(id)
            solved = self._solve(document) if view is None else self._solve_part(document, view)
            while len(self._rounds) >= self._most_rounds:
                del self._rounds[next(iter(self._rounds))]
            self._rounds[key] = solved
        return self._rounds[key]

    def _solve(self, document: ProposalDocument) -> SolvedRound:
        from matcher.explain.round import check_explains, solved_round

        if (pairs := document["totals"]["eligible_pairs"] or 0) > self._most_pairs:
            raise TooLarge(
                say("A round of {pairs} eligible pairs is too large to be explained on a page.", pairs=pairs),
                say("Raise the setting WOP_EXPLAINED_PAIRS, or ask with “wop explain”."),
            )
        as_of = date.fromisoformat(document["as_of"])
        policy = parse_policy(document["policy"], document["id"])
        with solve_counted():
            round = solved_round(self._knowledge.now().network_by(as_of), policy, as_of, document["seed"])
        check_explains(round, document)
        kept = {(pair["mentor"]["id"], pair["mentee"]["id"]) for pair in document["pairs"]}
        problem, chosen = round.problem, round.result.pairs
        mentors = [problem.mentor_ids[at] for at in problem.pair_mentor[chosen]]
        mentees = [problem.mentee_ids[at] for at in problem.pair_mentee[chosen]]
        if kept != set(zip(mentors, mentees, strict=True)):
            raise Conflict(
                say("The proposal {id} was cut short, or made by another version of the service.", id=document["id"]),
                say("Run the match again; the explanations then belong to the new proposal."),
            )
        return round

    def _solve_part(self, document: ProposalDocument, view: View) -> SolvedRound:
        """The round on what is seen."""
        from matcher.explain.round import solved_round

        if (document["totals"]["eligible_pairs"] or 0) > self._most_pairs:
            raise TooLarge(
                say("This round is too large to be explained on a page."),
                say("Whoever runs the service may raise the setting WOP_EXPLAINED_PAIRS."),
            )
        as_of = date.fromisoformat(document["as_of"])
        network = seen_network(self._knowledge.now().network_by(as_of), view.hidden)
        policy = parse_policy(seen_policy(document["policy"], view), document["id"])
        try:
            with solve_counted():
                return solved_round(network, policy_on(network, policy, as_of), as_of, document["seed"])
        except (NothingFeasible, BadInput) as clash:
            raise Conflict(
                say("On what you may see, this round has no proposal: {reason}", reason=clash.message),
                say("The round itself counted more; a facilitator who sees everything can explain it."),
            ) from clash


def policy_on(network: Network, policy: Policy, as_of: date) -> Policy:
    """The policy of a round for a part of its network: without the pins of utilities that take no part in that."""
    from matcher.participants import choose_participants

    found = choose_participants(network, policy, as_of)
    mentors, mentees = set(found.mentor_ids), set(found.mentee_ids)
    pins = tuple(
        pin
        for pin in policy.pins
        if network.find_utility(pin.mentor).id in mentors and network.find_utility(pin.mentee).id in mentees
    )
    return policy if pins == policy.pins else policy.model_copy(update={"pins": pins})


def solved_keeper() -> SolvedKeeper:
    """The keeper of solved rounds of the application that answers this request."""
    return cast(SolvedKeeper, current_app.extensions["wop_solved"])
