"""Limits in the form of the policy editor: bounds as their fields show them, and the limit that is typed anew."""

from __future__ import annotations

from typing import Any, Literal

from graph.cells import Refused, read_number
from graph.errors import BadInput, UnknownName
from graph.sentences import Sentence, say
from matcher.policy import LimitSettings, Policy, parse_policy
from matcher.policy_edits import free_id

INCOME, FRAGILE, SMALL = "income_groups", "fragile", "small_town"
KINDS = ("regions", "countries", INCOME, FRAGILE, SMALL, "facilitators", "programmes")


def shown_number(value: float) -> str:
    """A number as its field shows it, whole where it has no fraction."""
    return str(int(value)) if value == int(value) else repr(value)


def typed_number(given: float | str, what: Sentence) -> float:
    """What somebody typed, or a program sent, as a number: with a decimal point or comma, and perhaps ``%``.

    Raises ``BadInput`` with the name of the field.
    """
    if not isinstance(given, str):
        return given
    try:
        return read_number(given.strip())
    except Refused as refused:
        raise BadInput(
            say(
                "“{field}”: {expected} is expected, not “{value}”.", field=what, expected=refused.expected, value=given
            ),
            refused.hint() if "," in given else say("Write it in digits, such as 12 or 0.5."),
        ) from None


def shown_bound(limit: LimitSettings, which: Literal["at_least", "at_most"]) -> str:
    """A bound as its field shows it: empty where open, a share in percent."""
    bound = getattr(limit, which)
    if bound is None:
        return ""
    return shown_number(round(bound * 100, 6) if limit.counts == "share" else bound)


def typed_bound(limit: LimitSettings, which: Literal["at_least", "at_most"], text: str) -> float | None:
    """What a bound's field holds; ``None`` where it is empty. Raises ``BadInput`` with the limit's title."""
    if text == shown_bound(limit, which):
        found: float | None = getattr(limit, which)
        return found
    if not text.strip():
        return None
    number = typed_number(text, say("limit {title}", title=limit.title))
    return number / 100 if limit.counts == "share" else number


def new_limit(body: Any, policy: Policy) -> LimitSettings:
    """The limit that the fields for a new one describe. Raises ``BadInput`` without a number, or for what cannot be."""
    if body.new_number is None:
        raise BadInput(say("The new limit has no number."), say("Say how many there must or may be."))
    number = typed_number(body.new_number, say("new limit"))
    if number < 0:
        raise BadInput(say("The new limit is below 0."), say("Give 0 or more; 0 at most forbids them."))
    form: dict[str, Any] = {"counts": body.new_counts, "for_each": body.new_each}
    form[body.new_bound] = number / 100 if body.new_counts == "share" else number
    if body.new_group:
        form[body.new_side] = _group(body.new_group)
    if body.new_between:
        many, what = body.new_between.split("_")
        form["cross_region" if what.startswith("region") else "cross_country"] = many == "two"
    if body.new_counts == "money":
        costs = {"base_cost": body.new_cost, "cost_per_1000_km": body.new_km_cost}
        costs["unknown_distance_km"] = body.new_unknown_km
        form |= {key: typed_number(given, say("new limit")) for key, given in costs.items() if given is not None}
    words = f"{body.new_bound} {number:g} {body.new_group or ''} {body.new_between or ''}"
    form |= {"id": free_id(policy, words), "title": _title(body, number)}
    return _checked(form, policy)


def new_balance(body: Any, policy: Policy) -> LimitSettings:
    """The balance of giving and receiving that its fields describe. Raises ``BadInput`` for what cannot be."""
    if not body.balance_group:
        raise BadInput(say("The new balance has no group."), say("Choose whose giving and receiving is balanced."))
    bounds = {"at_least": body.balance_least, "at_most": body.balance_most}
    form: dict[str, Any] = {
        which: typed_number(given, say("new balance")) for which, given in bounds.items() if given is not None
    }
    if not form:
        raise BadInput(say("The new balance has no number."), say("Say how little it may be, how much, or both."))
    about = body.balance_group.partition(":")[2]
    form |= {"counts": "balance", "group": _group(body.balance_group), "title": f"Balance of {about}"}
    form["id"] = free_id(policy, f"balance {about}")
    return _checked(form, policy)


def _checked(form: dict[str, Any], policy: Policy) -> LimitSettings:
    given = {"name": "new", "limits": [{key: value for key, value in form.items() if value is not None}]}
    return parse_policy(given, policy.source).limits[0]


def _group(value: str) -> dict[str, Any]:
    """A group chosen in the form as a selection: ``regions:ID``, ``fragile:yes`` and so on."""
    kind, _colon, name = value.partition(":")
    if kind not in KINDS:
        raise UnknownName(say("kind of group"), kind, KINDS)
    return {kind: name == "yes"} if kind in (FRAGILE, SMALL) else {kind: [name]}


def _title(body: Any, number: float) -> str:
    """What the file calls the new limit; pages show the sentence that is made of it."""
    amount = f"{body.new_bound.replace('_', ' ')} {number:g}"
    parts = (body.new_group or "", (body.new_between or "").replace("_", " "), (body.new_each or "").replace("_", " "))
    about = ", ".join(part.partition(":")[2] if ":" in part else part for part in parts if part)
    return f"{amount.capitalize()} {body.new_counts}" + (f": {about}" if about else "")
