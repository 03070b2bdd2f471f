"""Writes: one address that takes a form from a page, or JSON from a program, and changes something.

An action reads its body with a ``Body`` model and returns what came of it and where it can be seen: a person is sent
there (303), a program gets the same data as the JSON twin of that page. A write that another site's page sends is
refused: nobody can be made to change something here by visiting a page elsewhere. Every form carries ``csrf()``.
"""

from __future__ import annotations

import json
import re
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, redirect, request
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic.fields import FieldInfo

from graph.errors import BadInput, CrossSite, Outdated, Overtaken, UnknownName
from graph.sentences import say
from web.doing_once import done_once
from web.matching_version import is_conditional, note_version, with_version_seen
from web.signing_in import is_csrf
from web.twin import json_response, wants_json

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
JSON = "application/json"
CSRF_FIELD = "csrf"
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
"""What may be half of a character outside the first plane, as JSON escapes it."""


class Body(BaseModel):
    """What every write takes; empty fields of a form count as absent, unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        return {name: value for name, value in given.items() if value not in ("", [], [""])}


@dataclass(frozen=True)
class Changed:
    """What came of a write: the data, the address of its page, and whether it is new (201) or yet to come (202)."""

    data: Mapping[str, Any]
    address: str
    new: bool = False
    later: bool = False
    page: Response | None = None
    """Shown to a person in place of the address: what is told only once."""


@dataclass(frozen=True)
class Action:
    """What the OpenAPI document says of a write."""

    body: type[Body]
    answer: type[Any]
    told_once: bool = False
    """Its answer holds a key or begins a session, so it is not kept for whoever asks again."""


B = TypeVar("B", bound=Body)
ACTIONS: dict[str, Action] = {}
"""The endpoint of each write."""


def action(
    blueprint: Blueprint, rule: str, body: type[B], answer: type[Any], *, told_once: bool = False
) -> Callable[[Callable[..., Changed]], Callable[..., Response]]:
    """Register a write under an address (POST); it is called with its body and the parts of its path.

    ``answer`` is the typed dictionary of the data it returns.
    """

    def decorate(change: Callable[..., Changed]) -> Callable[..., Response]:
        @wraps(change)
        def changed(**path: str) -> Response:
            given = with_version_seen(read_body(body))
            return done_once(given, lambda: _answer(change, given, path), told_once)

        ACTIONS[f"{blueprint.name}.{change.__name__}"] = Action(body, answer, told_once)
        blueprint.post(rule)(changed)
        return changed

    return decorate


def _answer(change: Callable[..., Changed], body: Body, path: Mapping[str, str]) -> Response:
    """Make the change and tell a person or a program what came of it."""
    try:
        done = change(body, **path)
    except Overtaken as overtaken:
        if is_conditional():
            raise Outdated(overtaken.message, overtaken.hint) from overtaken
        raise
    if not wants_json():
        if done.page is not None:
            return done.page
        return typing.cast(Response, redirect(done.address, 303))
    note_version(done.data)
    response = json_response(done.data)
    response.status_code = 201 if done.new else 202 if done.later else 200
    response.headers["Location"] = done.address
    return response


def read_body(model: type[B]) -> B:
    """The request's form or JSON as a model.

    Raises ``UnknownName`` for a field nobody knows, ``BadInput`` for a value that cannot be used, or none at all.
    """
    try:
        return model.model_validate(given_fields(model))
    except ValidationError as invalid:
        problem = invalid.errors(include_url=False)[0]
        name = str(problem["loc"][0]) if problem["loc"] else ""
        if problem["type"] == "extra_forbidden":
            raise UnknownName(say("field"), name, model.model_fields) from None
        if problem["type"] == "missing":
            raise BadInput(say("The field “{field}” is missing.", field=name), say("Fill it in.")) from None
        raise BadInput(
            say("“{value}” cannot be used for the field “{field}”.", value=str(problem["input"])[:200], field=name),
            say("It means: {meaning}", meaning=model.model_fields[name].description or name),
        ) from None


def given_fields(model: type[Body]) -> dict[str, Any]:
    """The fields of the request as they were sent; of several with one name the last, where it takes only one.

    Raises ``BadInput`` where the request holds no JSON object, or a text that is none.
    """
    if request.mimetype == JSON:
        try:
            given = request.get_json(silent=True)
        except RecursionError:  # nested so deep that it means nothing here
            given = None
        if isinstance(given, dict) and _HALF.search(request.get_data()):
            try:
                json.dumps(given, ensure_ascii=False).encode()
            except UnicodeEncodeError:
                raise BadInput(
                    say("The request holds half of a character (a lone surrogate), which no text has."),
                    say("Send text as UTF-8."),
                ) from None
        if not isinstance(given, dict):
            raise BadInput(say("The request holds no JSON object."), say("Send one, such as {example}.", example="{}"))
        return given
    return {
        name: request.form.getlist(name) if _takes_many(model.model_fields.get(name)) else values[-1]
        for name, values in request.form.lists()
        if name != CSRF_FIELD
    }


def init_actions(app: Flask) -> None:
    """Let an application refuse writes that another site sends."""

    @app.before_request
    def from_here() -> None:
        if request.routing_exception is not None or request.method in SAFE_METHODS:
            return
        # A form carries the visitor's own sign besides; JSON cannot be sent by a page of another site at all.
        if not _from_here() or (request.mimetype != JSON and not is_csrf(request.form.get(CSRF_FIELD, ""))):
            raise CrossSite(
                say("This change was not sent from a page of this service that you have open; nothing was changed."),
                say("Open the page on this service again and send it from there. Programs send JSON."),
            )


def _from_here() -> bool:
    """Whether a write comes from a page of ours, or from a program.

    Browsers say where a request comes from: ``Sec-Fetch-Site`` on safe connections, else ``Origin``. What says
    neither is a program, or too old a browser: only JSON is taken of it, which no other site's form can send.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    if origin is not None:
        parts = urlsplit(origin)
        return parts.scheme in ("http", "https") and parts.netloc == request.host
    return request.mimetype == JSON


def _takes_many(field: FieldInfo | None) -> bool:
    return field is not None and typing.get_origin(field.annotation) is tuple
