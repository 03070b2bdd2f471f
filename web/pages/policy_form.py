"""The form of the policy editor: its fields, and the policy that it carries.

The form holds the whole policy as edited so far (``draft``), so that nothing is written before somebody saves, and a
key the form does not show is kept. Fields that show a value as it is change nothing; what the others change is worked
out in ``web.pages.policy_typed``.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, TypeAlias

from flask import request
from pydantic import Field, create_model

from graph.errors import BadInput, UnknownName
from graph.sentences import say
from matcher.policy import Policy, parse_policy, read_policy, ready_policies
from matcher.policy_settings import SETTINGS_SHOWN
from matcher.rounds.scenarios import for_round
from web.pages.round_changes import Reasoned

Typed: TypeAlias = float | Annotated[str, Field(max_length=100)] | None
"""A number as a program sends it, or as somebody typed it: what it means is said in the page, not by an error page."""


def _number(description: str) -> Any:
    return Field(default=None, description=description)


class _Typed(Reasoned):
    """A policy as edited, and what is done with it."""

    draft: str = Field(default="", max_length=400_000, description="The policy as edited so far, as JSON.")
    toml: str = Field(default="", max_length=400_000, description="A policy file's text, in place of the draft.")
    ready: str | None = Field(default=None, max_length=100, description="Id of a ready policy to begin from.")
    do: str = Field(
        default="look",
        max_length=400,
        description="look, or what to change: goal_up:ID, goal_down:ID, goal_remove:ID, goal_add, limit_add,"
        " limit_remove:ID, balance_add, exclude_add, exclude_remove:ID, mentee_countries_remove:CODE,"
        " mentor_countries_remove:CODE.",
    )
    name: str | None = Field(default=None, max_length=10_000, description="What the policy is called.")
    trade: str | None = Field(default=None, max_length=40, description="What matters most: an order of goals.")
    goal: str | None = Field(default=None, max_length=40, description="For goal_add: id of the goal.")
    rules: tuple[str, ...] = Field(default=(), max_length=100, description="Levels of rules, each as RULE:LEVEL.")
    pairing: Literal["best", "stable"] | None = Field(default=None, description="Best or stable pairs.")
    exclude_add: str | None = Field(
        default=None, max_length=300, description="One more utility to leave out of the round: id or exact name."
    )
    mentee_countries_add: str | None = Field(
        default=None, max_length=100, description="One more country of mentees that the funder accepts, by its code."
    )
    mentor_countries_add: str | None = Field(
        default=None, max_length=100, description="One more country of mentors that the funder accepts, by its code."
    )
    limit_ids: tuple[str, ...] = Field(default=(), max_length=200, description="Limits whose bounds follow.")
    limit_least: tuple[str, ...] = Field(
        default=(), max_length=200, description="Their lower bounds, empty where open."
    )
    limit_most: tuple[str, ...] = Field(default=(), max_length=200, description="Their upper bounds, empty where open.")
    new_bound: Literal["at_least", "at_most"] = Field(default="at_least", description="A new limit: which bound.")
    new_number: Typed = _number("A new limit: how many. With it the limit is added, whatever is pressed.")
    new_counts: Literal["partnerships", "share", "money"] = Field(
        default="partnerships", description="A new limit: partnerships, a share of them in percent, or money."
    )
    new_side: Literal["mentee", "mentor", "either"] = Field(default="mentee", description="A new limit: whose group.")
    new_group: str | None = Field(
        default=None, max_length=300, description="A new limit: the group, such as regions:Western Europe."
    )
    new_between: Literal["two_regions", "one_region", "two_countries", "one_country"] | None = Field(
        default=None, description="A new limit: only pairs between or within."
    )
    new_each: Literal["mentee_region", "mentor_region", "mentee_country", "mentor_country", "facilitator"] | None = (
        Field(default=None, description="A new limit: one for each.")
    )
    new_cost: Typed = _number("A new limit of money: what each pair costs.")
    new_km_cost: Typed = _number("A new limit of money: more for each 1,000 km.")
    new_unknown_km: Typed = _number("A new limit of money: the km that count where the distance is unknown.")
    balance_group: str | None = Field(
        default=None, max_length=300, description="A new balance: the group, such as regions:Western Europe."
    )
    balance_least: Typed = _number("A new balance: what the group gives, less what it receives, is at least this.")
    balance_most: Typed = _number("A new balance: and at most this.")


PolicyForm: Any = create_model(
    "PolicyForm",
    __base__=_Typed,
    __doc__=_Typed.__doc__,
    **{each.name: (Typed, Field(default=None, description=str(each.title))) for each in SETTINGS_SHOWN},  # type: ignore[call-overload]  # made from a table
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
    return from_draft(body, saved)


def from_draft(body: Any, saved: Policy) -> Policy:
    """The policy as edited so far; what is saved where nothing was. Raises as ``parse_policy``."""
    if not body.draft:
        return saved
    try:
        form = json.loads(body.draft)
    except (ValueError, RecursionError):
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
