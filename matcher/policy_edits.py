"""Changes of a policy, each a pure function: its goals in order, its limits, settings and lists of names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

from graph.errors import BadInput, UnknownName
from graph.sentences import say
from matcher.policy import GOALS, LimitSettings, Policy, Selection, parse_policy
from matcher.policy_words import TRADES, Trade
from matcher.problem import STABLE

CHANGES = "fewest_changes"
Move: TypeAlias = Literal["up", "down", "remove", "add"]


def real_goals(policy: Policy) -> tuple[str, ...]:
    """The goals somebody chose, without the mark that breaks ties."""
    return tuple(goal for goal in policy.goals if goal != STABLE)


def trade_of(policy: Policy) -> Trade | None:
    """Which answer to "what matters most?" the order of goals is; ``None`` where it is one of its own."""
    goals = tuple(goal for goal in real_goals(policy) if goal != CHANGES)
    return next((trade for trade, (_said, order) in TRADES.items() if order == goals), None)


def with_trade(policy: Policy, trade: str) -> Policy:
    """The goals as one answer orders them; few changes stay a goal where they were one. Raises ``UnknownName``."""
    order = next((order for known, (_said, order) in TRADES.items() if known == trade), None)
    if order is None:
        raise UnknownName(say("answer"), trade, TRADES)
    kept = [CHANGES] if CHANGES in policy.goals else []
    return with_parts(policy, goals=[*order, *kept])


def with_goal(policy: Policy, goal: str, move: Move) -> Policy:
    """One goal moved up or down by one, taken away, or added at the end.

    Raises ``UnknownName`` for a goal there is none of, ``BadInput`` where the last one is taken away.
    """
    goals = list(real_goals(policy))
    if goal not in GOALS or goal == STABLE:
        raise UnknownName(say("goal"), goal, [each for each in GOALS if each != STABLE])
    if move == "add":
        return policy if goal in goals else with_parts(policy, goals=[*goals, goal])
    if goal not in goals:
        raise UnknownName(say("goal of this policy"), goal, goals)
    at = goals.index(goal)
    if move == "remove":
        if len(goals) == 1:
            raise BadInput(
                say("A policy needs at least one goal."), say("Add another goal first, then take this away.")
            )
        goals.pop(at)
    elif 0 <= (to := at + (-1 if move == "up" else 1)) < len(goals):
        goals[at], goals[to] = goals[to], goals[at]
    return with_parts(policy, goals=goals)


def with_limit(policy: Policy, limit: LimitSettings) -> Policy:
    """One more limit at the end."""
    form = policy.to_json()
    form["limits"] = [*form.get("limits", ()), limit.model_dump(mode="json", exclude_none=True)]
    return parse_policy(form, policy.source)


def without_limit(policy: Policy, id: str) -> Policy:
    """One limit less. Raises ``UnknownName``."""
    ids = [limit.id for limit in policy.limits]
    if id not in ids:
        raise UnknownName(say("limit"), id, ids)
    form = policy.to_json()
    form["limits"] = [each for each in form["limits"] if each["id"] != id]
    return parse_policy(form, policy.source)


def with_bounds(policy: Policy, bounds: Mapping[str, tuple[float | None, float | None]]) -> Policy:
    """Limits with other bounds, by their ids: (at least, at most), ``None`` where open."""
    form = policy.to_json()
    for each in form.get("limits", ()):
        if each["id"] in bounds:
            least, most = bounds[each["id"]]
            each |= {"at_least": least, "at_most": most}
    form["limits"] = [{name: value for name, value in each.items() if value is not None} for each in form["limits"]]
    return parse_policy(form, policy.source)


def free_id(policy: Policy, words: str) -> str:
    """An id for a new limit, made of words about it, that no limit of the policy has."""
    plain = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")[:40].strip("_")
    wanted = plain if plain[:1].isalpha() else f"limit_{plain}".strip("_")
    taken = {limit.id for limit in policy.limits}
    numbers = range(2, len(taken) + 3)
    return next(id for id in (wanted, *(f"{wanted}_{number}" for number in numbers)) if id not in taken)


def with_parts(policy: Policy, **parts: Any) -> Policy:
    """The policy with some of its top keys replaced, read and checked as any policy."""
    return parse_policy({**policy.to_json(), **parts}, policy.source)


def with_values(policy: Policy, values: Mapping[Sequence[str], Any]) -> Policy:
    """The policy with other values at some keys, such as ``("rules", "distance", "near_km")``, all at once."""
    form = policy.to_json()
    for path, value in values.items():
        table = form
        for key in path[:-1]:
            table = table.setdefault(key, {})
        table[path[-1]] = value
    return parse_policy(form, policy.source)


def with_name(policy: Policy, path: Sequence[str], name: str) -> Policy:
    """The policy with one more name in the list at a key, such as ``("participants", "exclude")``; once is enough."""
    names = value_at(policy, path)
    return policy if name in names else with_values(policy, {tuple(path): [*names, name]})


def without_name(policy: Policy, path: Sequence[str], name: str) -> Policy:
    """The policy with one name less in the list at a key. Raises ``UnknownName`` where it is not in it."""
    names = value_at(policy, path)
    if name not in names:
        raise UnknownName(say("name in the list"), name, names)
    return with_values(policy, {tuple(path): [each for each in names if each != name]})


def value_at(policy: Policy, path: Sequence[str]) -> Any:
    """The value at one key."""
    found: Any = policy.to_json()
    for key in path:
        found = found[key]
    return found


def choosing(policy: Policy, mentors: Selection | None, mentees: Selection | None) -> Policy:
    """The policy with other participants: a selection of mentors and one of mentees, ``None`` for all."""
    form = policy.to_json()
    participants = dict(form.get("participants", {}))
    for side, selection in (("mentors", mentors), ("mentees", mentees)):
        participants.pop(side, None)
        if selection is not None and selection != Selection():
            participants[side] = selection.model_dump(mode="json", exclude_defaults=True)
    return parse_policy({**form, "participants": participants}, policy.source)
