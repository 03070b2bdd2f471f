"""What the explaining commands share: the solved round, and how effects are shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

from rich.console import Console

from web.commands.common import Shared, as_of_option, json_option, pass_shared, policy_option, progress
from web.commands.match import text

if TYPE_CHECKING:
    from matcher.explain.effects import Effect
    from matcher.explain.round import SolvedRound

MOVES_SHOWN = 12
"""How many mentees whose partners change are named before the rest is counted."""


def about_round(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options every explanation has."""
    return policy_option(as_of_option(json_option(pass_shared(command))))


def solve_round(shared: Shared, policy_name: str, as_of: date) -> SolvedRound:
    """The round of a policy and a date, solved as ``wop match`` solves it."""
    from matcher.explain.round import solved_round
    from matcher.policy import load_policy

    policy = load_policy(policy_name)
    with shared.store() as store, progress("Solving the round") as tell:
        network = shared.network(store, as_of)
        tell("Solving the round", 0.3)
        return solved_round(network, policy, as_of)


def line(out: Console, words: str) -> None:
    """One line of plain text."""
    out.print(words, markup=False, highlight=False)


def print_moves(out: Console, effect: Effect) -> None:
    """Whose partners change, one line each."""
    for move in effect["moves"][:MOVES_SHOWN]:
        line(out, f"  {text(move['text_s'])}")
    if (more := len(effect["moves"]) - MOVES_SHOWN) > 0:
        line(out, f"  And {more} more.")
