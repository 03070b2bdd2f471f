"""What is typed and pressed in the policy editor, as changes of the policy that the form carries.

Each thing typed is tried by itself: what cannot be is told and stays in its field, all the rest is done.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias

from graph.errors import BadInput, UnknownName, WopError
from graph.network import Network
from graph.sentences import Sentence, say
from matcher.policy import Policy
from matcher.policy_changes import called
from matcher.policy_edits import (
    trade_of,
    value_at,
    with_bounds,
    with_goal,
    with_limit,
    with_name,
    with_parts,
    with_trade,
    with_values,
    without_limit,
    without_name,
)
from matcher.policy_levels import with_level
from matcher.policy_settings import SETTINGS_SHOWN, Setting, as_choice
from web.pages.policy_limit_form import new_balance, new_limit, shown_bound, shown_number, typed_bound, typed_number

OWN = "own"
"""Stands for an order of goals that answers none of the questions."""
EXCLUDED = ("participants", "exclude")
FUNDED = {side: ("rules", "funder_countries", side) for side in ("mentee_countries", "mentor_countries")}

NEW_LIMIT = (
    "new_bound",
    "new_number",
    "new_counts",
    "new_side",
    "new_group",
    "new_between",
    "new_each",
    "new_cost",
    "new_km_cost",
    "new_unknown_km",
)
NEW_BALANCE = ("balance_group", "balance_least", "balance_most")

Change: TypeAlias = Callable[[Policy], Policy]
Kept: TypeAlias = Mapping[str, str]
"""Fields and what was typed into them."""


@dataclass(frozen=True)
class Edited:
    """The policy with all that could be done, what could not, and the fields to be shown as they were typed."""

    policy: Policy
    problems: tuple[WopError, ...] = ()
    typed: Kept = field(default_factory=dict)

    def with_problem(self, problem: WopError) -> Edited:
        """The same with something else that could not be done."""
        return Edited(self.policy, (*self.problems, problem), self.typed)


def edited(body: Any, begun: Policy, network: Network) -> Edited:
    """The policy that the form carries (``begun``) with everything typed and the one thing pressed."""
    policy = begun
    problems: list[WopError] = []
    typed: dict[str, str] = {}
    for change, fields in _changes(body, begun, network):
        try:
            policy = change(policy)
        except WopError as problem:
            problems.append(problem)
            typed.update(fields)
    return Edited(policy, tuple(problems), typed)


def told(problems: Iterable[WopError]) -> list[Sentence]:
    """What could not be done, with the next step, as sentences."""
    return [
        say("{problem} {hint}", problem=problem.message, hint=problem.hint) if problem.hint else problem.message
        for problem in problems
    ]


def shown_setting(setting: Setting, policy: Policy) -> str:
    """A setting's value as its field shows it."""
    value = value_at(policy, setting.path)
    return as_choice(value) if setting.choices else shown_number(float(value))


def _changes(body: Any, begun: Policy, network: Network) -> Iterator[tuple[Change, Kept]]:
    """Every change a form asks for, with what was typed for it."""
    if body.name not in (None, begun.name):
        yield partial(with_parts, name=body.name), {}
    if body.trade not in (None, OWN, trade_of(begun)):
        yield partial(with_trade, trade=body.trade), {}
    for given in body.rules:
        rule, _colon, level = given.partition(":")
        yield partial(with_level, rule=rule, level=level), {}
    if body.pairing not in (None, begun.pairing):
        yield partial(with_parts, pairing=body.pairing), {}
    yield from _settings(body, begun)
    yield from _bounds(body, begun)
    if body.exclude_add:
        yield partial(_left_out, network=network, name=body.exclude_add), {"exclude_add": body.exclude_add}
    for side, path in FUNDED.items():
        if code := getattr(body, f"{side}_add"):
            yield partial(_accepted, network=network, path=path, code=code), {f"{side}_add": code}
    if body.new_number is not None or body.do == "limit_add":
        yield lambda policy: with_limit(policy, new_limit(body, policy)), _as_typed(body, NEW_LIMIT)
    if body.do == "balance_add" or any(getattr(body, name) is not None for name in NEW_BALANCE):
        yield lambda policy: with_limit(policy, new_balance(body, policy)), _as_typed(body, NEW_BALANCE)
    yield partial(_pressed, body=body), {}


def _as_typed(body: Any, names: tuple[str, ...]) -> Kept:
    values = {name: getattr(body, name) for name in names}
    return {
        name: value if isinstance(value, str) else f"{value:g}" for name, value in values.items() if value is not None
    }


def _settings(body: Any, begun: Policy) -> Iterator[tuple[Change, Kept]]:
    """The settings that were typed over, those of one table at once: near and far move together."""
    tables: defaultdict[tuple[str, ...], list[tuple[Setting, float | str]]] = defaultdict(list)
    for each in SETTINGS_SHOWN:
        given = getattr(body, each.name)
        if given is not None and given != shown_setting(each, begun):
            tables[each.path[:-1]].append((each, given))
    for changed in tables.values():
        typed = {each.name: str(given) for each, given in changed}
        yield partial(_set, changed=changed), typed


def _set(policy: Policy, changed: list[tuple[Setting, float | str]]) -> Policy:
    return with_values(policy, {each.path: _value(each, given, policy) for each, given in changed})


def _value(setting: Setting, given: float | str, policy: Policy) -> Any:
    if setting.choices:
        known = [*dict(setting.choices), as_choice(value_at(policy, setting.path))]
        if given not in known:
            raise UnknownName(say("choice for “{setting}”", setting=called(setting.path)), str(given), known)
        return str(given).split(",") if isinstance(value_at(policy, setting.path), list) else given
    number = typed_number(given, called(setting.path))
    return int(number) if setting.whole and number == int(number) else number


def _bounds(body: Any, begun: Policy) -> Iterator[tuple[Change, Kept]]:
    """Bounds that were typed over; one that is shown as it stands stays exactly what it is."""
    known = {limit.id: limit for limit in begun.limits}
    count = len(body.limit_ids)
    least, most = ([*texts, *[""] * count][:count] for texts in (body.limit_least, body.limit_most))
    for id, low, high in zip(body.limit_ids, least, most, strict=True):
        if id in known and (low, high) != (shown_bound(known[id], "at_least"), shown_bound(known[id], "at_most")):
            yield partial(_bounded, id=id, low=low, high=high), {f"least:{id}": low, f"most:{id}": high}


def _bounded(policy: Policy, id: str, low: str, high: str) -> Policy:
    limit = next(limit for limit in policy.limits if limit.id == id)
    return with_bounds(policy, {id: (typed_bound(limit, "at_least", low), typed_bound(limit, "at_most", high))})


def _left_out(policy: Policy, network: Network, name: str) -> Policy:
    return with_name(policy, EXCLUDED, network.find_utility(name.strip()).id)


def _accepted(policy: Policy, network: Network, path: tuple[str, ...], code: str) -> Policy:
    if code not in network.country_by_id:
        raise UnknownName(say("country"), code, network.country_by_id)
    return with_name(policy, path, code)


def _pressed(policy: Policy, body: Any) -> Policy:
    what, _colon, name = body.do.partition(":")
    changes: dict[str, Callable[[], Policy]] = {
        "look": lambda: policy,
        "goal_up": lambda: with_goal(policy, name, "up"),
        "goal_down": lambda: with_goal(policy, name, "down"),
        "goal_remove": lambda: with_goal(policy, name, "remove"),
        "goal_add": lambda: policy if body.goal is None else with_goal(policy, body.goal, "add"),
        "limit_remove": lambda: without_limit(policy, name),
        "limit_add": lambda: policy,  # added as soon as it was typed
        "balance_add": lambda: policy,
        "exclude_add": lambda: policy if body.exclude_add else _nobody(),
        "exclude_remove": lambda: without_name(policy, EXCLUDED, name),
        **{f"{side}_remove": partial(without_name, policy, path, name) for side, path in FUNDED.items()},
    }
    if what not in changes:
        raise UnknownName(say("button"), what, changes)
    return changes[what]()


def _nobody() -> Policy:
    raise BadInput(say("No utility is named."), say("Give its id or exact name."))
