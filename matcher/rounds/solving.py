"""A round solved: its policy with every decision in it, through the matcher, and the result taken over at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from graph.network import Network
from graph.rounds import put_round
from graph.store import Store, Transaction
from matcher.build import Built
from matcher.document import ProposalDocument
from matcher.goals import Found
from matcher.problem import UNLIMITED, Problem
from matcher.proposal import Progress, propose
from matcher.result import Result
from matcher.rounds.input import policy_of
from matcher.rounds.keeping import record
from matcher.rounds.replaying import put_input
from matcher.rounds.reserving import Reserves, reserves_of
from matcher.rounds.state import LivingRound


@dataclass(frozen=True, eq=False)
class _Answered:
    """The problem of a solve and what it comes to beyond the document."""

    problem: Problem
    places: dict[str, int]
    wanted: dict[str, int]
    reserves: Reserves
    limited: bool


def solve_round(
    store: Store,
    id: str,
    network_by: Callable[[date], Network],
    *,
    who: str,
    why: str = "",
    seen: int | None = None,
    top_up: bool = False,
    seed: int = 0,
    time_limit: float | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    found: Found | None = None,
) -> LivingRound:
    """Solve a round, or top it up: only mentees without a live proposal get new ones.

    ``network_by`` gives what is known by a date, with what the register implies. Whatever ends the solve early leaves
    the round in the state it was in, and says so in its log. Raises ``Conflict`` where a decision made meanwhile was
    not in the solve, and what ``matcher.proposal.propose`` raises.
    """
    state = begin_solve(store, id, who=who, why=why, seen=seen, top_up=top_up)
    return finish_solve(
        store,
        state,
        network_by,
        who=who,
        seed=seed,
        time_limit=time_limit,
        progress=progress,
        cancelled=cancelled,
        found=found,
    )


def begin_solve(
    store: Store, id: str, *, who: str, why: str = "", seen: int | None = None, top_up: bool = False
) -> LivingRound:
    """The round is being solved from now on; raises ``Conflict`` where it is already, or was not checked."""

    def body(state: LivingRound, _transaction: Transaction) -> dict[str, Any]:
        return {"before": state.phase, "top_up": top_up}

    return record(store, id, "solving", body, who=who, why=why, seen=seen)


def finish_solve(
    store: Store,
    state: LivingRound,
    network_by: Callable[[date], Network],
    *,
    who: str,
    seed: int = 0,
    time_limit: float | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    found: Found | None = None,
    also: Callable[[Transaction, str], None] | None = None,
    goes_on: Callable[[], bool] = lambda: False,
) -> LivingRound:
    """The work of ``solve_round``, for a round that is being solved: ``state`` is what ``begin_solve`` gave.

    ``also`` is written with the result, given the id of its document. Where ``goes_on`` says that somebody else will
    do it again, an early end leaves the round being solved.
    """
    kept: list[_Answered] = []
    try:
        as_of = date.fromisoformat(state.as_of)
        document = propose(
            network_by(as_of),
            policy_of(state, top_up=state.solving_top_up),
            as_of=as_of,
            seed=seed,
            time_limit=time_limit,
            progress=progress,
            cancelled=cancelled,
            found=found,
            answered=lambda built, result: kept.append(_answered(built, result, seed)),
        )
        return _taken_over(store, state.id, document, kept[0], who, also)
    except BaseException as ended:
        if not goes_on():
            stop_solve(store, state.id, who=who, why=str(ended))
        raise


def stop_solve(store: Store, id: str, *, who: str, why: str, seen: int | None = None) -> LivingRound:
    """The solve ended without a proposal (a worker died, say): the round is as it was before."""
    return record(store, id, "unsolved", {}, who=who, why=why, seen=seen)


def _taken_over(
    store: Store,
    id: str,
    document: ProposalDocument,
    answered: _Answered,
    who: str,
    more: Callable[[Transaction, str], None] | None,
) -> LivingRound:
    body = {
        "document": document["id"],
        "input_hash": document["input_hash"],
        "pairs": [
            {
                "mentor": pair["mentor"]["id"],
                "mentee": pair["mentee"]["id"],
                "fit": pair["fit"],
                "needs": [need["capability"] for need in pair["covered"]],
            }
            for pair in document["pairs"]
        ],
        "places": answered.places,
        "wanted": answered.wanted,
        "reserves": answered.reserves.lists,
        "reserve_losses": answered.reserves.losses,
        "reserve_basis": answered.reserves.basis,
        "limited": answered.limited,
    }

    def also(transaction: Transaction, _state: LivingRound) -> None:
        put_round(transaction, document)
        put_input(transaction, answered.problem)
        transaction.merge_edges("SOLVED_AS", {"source": [id], "target": [document["id"]]})
        if more is not None:
            more(transaction, document["id"])

    return record(store, id, "solved", body, who=who, why="", also=also)


def _answered(built: Built, result: Result, seed: int) -> _Answered:
    problem = built.problem
    return _Answered(
        problem,
        dict(zip(problem.mentor_ids, problem.places.tolist(), strict=True)),
        dict(zip(problem.mentee_ids, problem.wanted.tolist(), strict=True)),
        reserves_of(built, result, seed),
        bool(problem.limits) or bool((problem.staff_days != UNLIMITED).any()),
    )
