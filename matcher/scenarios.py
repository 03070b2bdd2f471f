"""Scenarios: one network matched under several policies, side by side.

Each scenario is a whole proposal, verified like any other; what is put side by side is its ``Scenario`` row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypedDict

from matcher.document import GoalUse, Totals


class Scenario(TypedDict):
    """What a proposal comes to, in one row; ``round`` is its id."""

    round: str
    policy_name: str
    input_hash: str
    proven: bool
    totals: Totals
    goals: list[GoalUse]


def scenario(document: Mapping[str, Any]) -> Scenario:
    """The row of a proposal document."""
    return {
        "round": document["id"],
        "policy_name": document["policy"]["name"],
        "input_hash": document["input_hash"],
        "proven": document["proven"],
        "totals": document["totals"],
        "goals": document["goals"],
    }


def goals_of_any(scenarios: Iterable[Scenario]) -> list[GoalUse]:
    """Every goal that any scenario has, once, in the order they come up."""
    found: dict[str, GoalUse] = {}
    for row in scenarios:
        for goal in row["goals"]:
            found.setdefault(goal["id"], goal)
    return list(found.values())
