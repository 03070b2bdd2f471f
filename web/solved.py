"""Kept proposals solved again, to be asked about: one round at a time, each answer worked out once.

Pages that explain nothing never come here, and only here the solver is imported: when a first question is asked.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar, cast

from flask import current_app

from graph.errors import Conflict, TooLarge
from graph.network import Network, read_network
from graph.register import with_inferred
from graph.sentences import say
from matcher.document import ProposalDocument
from matcher.policy import parse_policy
from web.knowledge import KnowledgeKeeper
from web.metrics import solve_counted
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
        self._rounds: dict[tuple[str, int], SolvedRound] = {}
        self._answers: dict[tuple[object, ...], Any] = {}

    def answer(self, document: ProposalDocument, question: tuple[object, ...], ask: Callable[[SolvedRound], A]) -> A:
        """What ``ask`` says of the round of a kept proposal; ``question`` names it, so that it is asked once.

        Raises ``Conflict`` where the proposal cannot be had again from what is known now, ``TooLarge`` for a round
        with more pairs than the setting ``WOP_EXPLAINED_PAIRS``, ``Busy`` where other questions take longer than a
        request may wait, and what ``ask`` raises.
        """
        revision = self._knowledge.now().network.revision
        key = (document["id"], revision, *question)
        # Solvers use every core they are given: one question at a time answers all of them sooner.
        with turn(self._lock, self._patience):
            if key not in self._answers:
                answered = ask(self._solved(document, revision))
                while len(self._answers) >= KEPT_ANSWERS:
                    del self._answers[next(iter(self._answers))]
                self._answers[key] = answered
            return cast(A, self._answers[key])

    def _solved(self, document: ProposalDocument, revision: int) -> SolvedRound:
        key = (document["id"], revision)
        if key not in self._rounds:
            solved = self._solve(document)
            while len(self._rounds) >= self._most_rounds:
                del self._rounds[next(iter(self._rounds))]
            self._rounds[key] = solved
        return self._rounds[key]

    def _solve(self, document: ProposalDocument) -> SolvedRound:
        from matcher.explain.round import check_explains, solved_round

        if (pairs := document["totals"]["eligible_pairs"]) > self._most_pairs:
            raise TooLarge(
                say("A round of {pairs} eligible pairs is too large to be explained on a page.", pairs=pairs),
                say("Raise the setting WOP_EXPLAINED_PAIRS, or ask with “wop explain”."),
            )
        as_of = date.fromisoformat(document["as_of"])
        policy = parse_policy(document["policy"], document["id"])
        with solve_counted():
            round = solved_round(self._network(as_of), policy, as_of, document["seed"])
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

    def _network(self, as_of: date) -> Network:
        known = self._knowledge.now()
        if known.as_of == as_of:
            return known.network
        with self._knowledge.store.read() as reader:
            return with_inferred(read_network(reader), as_of)


def solved_keeper() -> SolvedKeeper:
    """The keeper of solved rounds of the application that answers this request."""
    return cast(SolvedKeeper, current_app.extensions["wop_solved"])
