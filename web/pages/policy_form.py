"""The form of the policy editor: what is typed and pressed, as changes of the policy that the form carries.

The form holds the whole policy as edited so far (``draft``), so that nothing is written before somebody saves, and a
key the form does not show is kept. Fields that show a value as it is change nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Literal

from flask import request
from pydantic import Field, create_model

from graph.errors import BadInput, UnknownName, WopError
from graph.sentences import Sentence, say
from matcher.policy import LimitSettings, Policy, parse_policy, read_policy, ready_policies
from matcher.policy_edits import (
    Move,
    free_id,
    trade_of,
    value_at,
    with_bounds,
    with_goal,
    with_limit,
    with_parts,
    with_trade,
    with_value,
    without_limit,
)
from matcher.policy_levels import with_level
from matcher.policy_settings import SETTINGS_SHOWN, Setting
from matcher.rounds.scenarios import for_round
from web.pages.round_changes import Reasoned

OWN = "own"
"""Stands for an order of goals that answers none of the questions."""
INCOME, FRAGILE, SMALL = "income_groups", "fragile", "small_town"


class _Typed(Reasoned):
    """A policy as edited, and what is done with it."""

    draft: str = Field(default="", max_length=400_000, description="The policy as edited so far, as JSON.")
    toml: str = Field(default="", max_length=400_000, description="A policy file's text, in place of the draft.")
    ready: str | None = Field(default=None, max_length=100, description="Id of a ready policy to begin from.")
    do: str = Field(
        default="look",
        max_length=100,
        description="look, or what to change: goal_up:ID, goal_down:ID, goal_remove:ID, goal_add, limit_add,"
        " limit_remove:ID.",
    )
    name: str | None = Field(default=None, max_length=200, description="What the policy is called.")
    trade: str | None = Field(default=None, max_length=40, description="What matters most: an order of goals.")
    goal: str | None = Field(default=None, max_length=40, description="For goal_add: id of the goal.")
    rules: tuple[str, ...] = Field(default=(), max_length=100, description="Levels of rules, each as RULE:LEVEL.")
    pairing: Literal["best", "stable"] | None = Field(default=None, description="Best or stable pairs.")
    limit_ids: tuple[str, ...] = Field(default=(), max_length=200, description="Limits whose bounds follow.")
    limit_least: tuple[str, ...] = Field(
        default=(), max_length=200, description="Their lower bounds, empty where open."
    )
    limit_most: tuple[str, ...] = Field(default=(), max_length=200, description="Their upper bounds, empty where open.")
    new_bound: Literal["at_least", "at_most"] = Field(default="at_least", description="For limit_add: which bound.")
    new_number: float | None = Field(default=None, ge=0, le=1e12, description="For limit_add: how many.")
    new_counts: Literal["partnerships", "share", "money"] = Field(
        default="partnerships", description="For limit_add: partnerships, a share of them in percent, or money."
    )
    new_side: Literal["mentee", "mentor", "either"] = Field(default="mentee", description="For limit_add: whose group.")
    new_group: str | None = Field(
        default=None, max_length=300, description="For limit_add: the group, such as regions:Western Europe."
    )
    new_between: Literal["two_regions", "one_region", "two_countries", "one_country"] | None = Field(
        default=None, description="For limit_add: only pairs between or within."
    )
    new_each: Literal["mentee_region", "mentor_region", "mentee_country", "mentor_country", "facilitator"] | None = (
        Field(default=None, description="For limit_add: one limit for each.")
    )
    new_cost: float = Field(default=0.0, ge=0, le=1e12, description="For limit_add of money: what each pair costs.")
    new_km_cost: float = Field(default=0.0, ge=0, le=1e12, description="For limit_add of money: for each 1,000 km.")


PolicyForm: Any = create_model(
    "PolicyForm",
    __base__=_Typed,
    __doc__=_Typed.__doc__,
    **{each.name: (float | None, Field(default=None, description=str(each.title))) for each in SETTINGS_SHOWN},  # type: ignore[call-overload]  # made from a table
)
"""With one field for each setting of the table."""


def drafted(body: Any, saved: Policy) -> Policy:
    """The policy a form carries: a file, a ready policy, the draft, or else what is saved.

    Raises as ``read_policy``, and ``UnknownName`` for a ready policy.
    """
    if text := uploaded() or body.toml:
        return read_policy(text, _file_name())
    if body.ready is not None:
        ready = ready_policies()
        if body.ready not in ready:
            raise UnknownName(say("ready policy"), body.ready, ready)
        return for_round(ready[body.ready], saved)
    if not body.draft:
        return saved
    try:
        form = json.loads(body.draft)
    except ValueError:
        form = None
    if not isinstance(form, dict):
        raise BadInput(say("The field “{field}” holds no policy.", field="draft"), say("Open the editor again."))
    return parse_policy(form, saved.source)


def uploaded() -> str:
    """The text of the file sent along, empty without one (a request's size is bounded for all writes alike).

    Raises ``BadInput`` where it is no UTF-8 text.
    """
    file = request.files.get("file")
    if file is None or not file.filename:
        return ""
    try:
        return file.stream.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput(
            say("The file {file} is not a UTF-8 text.", file=file.filename), say("Save it as a UTF-8 text file.")
        ) from None


def _file_name() -> str:
    file = request.files.get("file")
    return file.filename if file is not None and file.filename else "policy.toml"


def edited(body: Any, policy: Policy) -> tuple[Policy, list[WopError]]:
    """The policy with everything typed and the one thing pressed; what could not be done is told and left out."""
    problems: list[WopError] = []
    for change in (_named, _traded, _levelled, _set, _paired, _bounded, _pressed):
        try:
            policy = change(body, policy)
        except WopError as problem:
            problems.append(problem)
    return policy, problems


def _named(body: Any, policy: Policy) -> Policy:
    return policy if body.name in (None, policy.name) else with_parts(policy, name=body.name)


def _traded(body: Any, policy: Policy) -> Policy:
    return policy if body.trade in (None, OWN, trade_of(policy)) else with_trade(policy, body.trade)


def _levelled(body: Any, policy: Policy) -> Policy:
    for given in body.rules:
        rule, _colon, level = given.partition(":")
        policy = with_level(policy, rule, level)
    return policy


def _set(body: Any, policy: Policy) -> Policy:
    for each in SETTINGS_SHOWN:
        value = getattr(body, each.name)
        if value is not None and value != value_at(policy, each.path):
            policy = with_value(policy, each.path, _number(each, value))
    return policy


def _number(setting: Setting, value: float) -> int | float:
    return int(value) if setting.whole and value == int(value) else value


def _paired(body: Any, policy: Policy) -> Policy:
    return policy if body.pairing in (None, policy.pairing) else with_parts(policy, pairing=body.pairing)


def _bounded(body: Any, policy: Policy) -> Policy:
    """Bounds that were typed over; one that is shown as it stands stays exactly what it is."""
    known = {limit.id: limit for limit in policy.limits}
    changed = {}
    count = len(body.limit_ids)
    least, most = ([*texts, *[""] * count][:count] for texts in (body.limit_least, body.limit_most))
    for id, low, high in zip(body.limit_ids, least, most, strict=True):
        if id in known and (low, high) != (shown_bound(known[id], "at_least"), shown_bound(known[id], "at_most")):
            changed[id] = (_bound(known[id], "at_least", low), _bound(known[id], "at_most", high))
    return with_bounds(policy, changed) if changed else policy


def shown_bound(limit: LimitSettings, which: Literal["at_least", "at_most"]) -> str:
    """A bound as its field shows it: empty where open, a share in percent."""
    bound = getattr(limit, which)
    if bound is None:
        return ""
    if limit.counts == "share":
        bound = round(bound * 100, 6)
    return str(int(bound)) if bound == int(bound) else repr(bound)


def _bound(limit: LimitSettings, which: Literal["at_least", "at_most"], text: str) -> float | None:
    if text == shown_bound(limit, which):
        found: float | None = getattr(limit, which)
        return found
    if not text.strip():
        return None
    try:
        number = float(text)
    except ValueError:
        raise BadInput(
            say("“{value}” is no number for the limit “{limit}”.", value=text, limit=limit.title),
            say("Give a number, or leave the field empty."),
        ) from None
    return number / 100 if limit.counts == "share" else number


def _pressed(body: Any, policy: Policy) -> Policy:
    what, _colon, name = body.do.partition(":")
    changes: dict[str, Callable[[], Policy]] = {
        "look": lambda: policy,
        "goal_up": lambda: with_goal(policy, name, "up"),
        "goal_down": lambda: with_goal(policy, name, "down"),
        "goal_remove": lambda: with_goal(policy, name, "remove"),
        "goal_add": lambda: policy if body.goal is None else _added(policy, body.goal),
        "limit_remove": lambda: without_limit(policy, name),
        "limit_add": lambda: with_limit(policy, new_limit(body, policy)),
    }
    if what not in changes:
        raise UnknownName(say("button"), what, changes)
    return changes[what]()


def _added(policy: Policy, goal: str) -> Policy:
    move: Move = "add"
    return with_goal(policy, goal, move)


def new_limit(body: Any, policy: Policy) -> LimitSettings:
    """The limit that the fields for a new one describe. Raises ``BadInput`` without a number, or for what cannot be."""
    if body.new_number is None:
        raise BadInput(say("The new limit has no number."), say("Say how many there must or may be."))
    form: dict[str, Any] = {"counts": body.new_counts, "for_each": body.new_each}
    number = body.new_number / 100 if body.new_counts == "share" else body.new_number
    form[body.new_bound] = number
    if body.new_group:
        form[body.new_side] = _group(body.new_group)
    if body.new_between:
        many, what = body.new_between.split("_")
        form["cross_region" if what.startswith("region") else "cross_country"] = many == "two"
    if body.new_counts == "money":
        form |= {"base_cost": body.new_cost, "cost_per_1000_km": body.new_km_cost}
    words = " ".join(
        str(part) for part in (body.new_bound, f"{body.new_number:g}", body.new_group, body.new_between) if part
    )
    form |= {"id": free_id(policy, words), "title": _title(body)}
    checked = parse_policy({"name": "new", "limits": [{k: v for k, v in form.items() if v is not None}]}, policy.source)
    return checked.limits[0]


def _group(value: str) -> dict[str, Any]:
    """A group chosen in the form as a selection: ``regions:ID``, ``fragile:yes`` and so on."""
    kind, _colon, name = value.partition(":")
    if kind in (FRAGILE, SMALL):
        return {kind: name == "yes"}
    if kind not in ("regions", "countries", INCOME, "facilitators", "programmes"):
        raise UnknownName(say("kind of group"), kind, ("regions", "countries", INCOME, FRAGILE, SMALL, "facilitators"))
    return {kind: [name]}


def _title(body: Any) -> str:
    """What the file calls the new limit; pages show the sentence that is made of it."""
    amount = f"{body.new_bound.replace('_', ' ')} {body.new_number:g}"
    parts = (body.new_group or "", (body.new_between or "").replace("_", " "), (body.new_each or "").replace("_", " "))
    about = ", ".join(part.partition(":")[2] if ":" in part else part for part in parts if part)
    return f"{amount.capitalize()} {body.new_counts}" + (f": {about}" if about else "")


def told(problems: list[WopError]) -> list[Sentence]:
    """What could not be done, with the next step, as sentences."""
    return [
        say("{problem} {hint}", problem=problem.message, hint=problem.hint) if problem.hint else problem.message
        for problem in problems
    ]
