"""One address, two forms: a page for people and its JSON twin, from the same answer.

A view reads its query with a ``Query`` model and returns ``answer(template, data)``. ``?format=json``, or an
``Accept`` header that prefers JSON, gives the twin: the same data, names in English, sentences in their JSON form.
"""

from __future__ import annotations

import json
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, Literal, TypeVar

from flask import Blueprint, Response, render_template, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.fields import FieldInfo

from graph.errors import BadInput, UnknownName
from graph.sentences import say
from web.api_prefix import is_api
from web.matching_version import note_version
from web.settings import Language
from web.shown import Part, here_with


class Query(BaseModel):
    """Parameters every page takes; empty ones count as absent, unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    lang: Language | None = Field(default=None, description="Language of the page.")
    format: Literal["html", "json"] | None = Field(default=None, description="Form of the answer.")

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, given: Any) -> Any:
        return {name: value for name, value in given.items() if value not in ("", [], [""])}


class Paged(Query):
    """Parameters of a page that shows a long table in parts."""

    page: int = Field(default=1, ge=1, le=1_000_000, description="Which part, from 1.")


@dataclass(frozen=True)
class Twin:
    """What the OpenAPI document says of a view; ``also`` are content types besides JSON and HTML.

    ``later`` is the form of the answer with status 202: how far the work for the other one is.
    """

    query: type[Query]
    answer: type[Any]
    also: tuple[str, ...] = ()
    later: type[Any] | None = None


Q = TypeVar("Q", bound=Query)
TWINS: dict[str, Twin] = {}
"""The endpoint of each view that has a twin."""


def page(
    blueprint: Blueprint,
    rule: str,
    query: type[Q],
    answer: type[Any],
    also: tuple[str, ...] = (),
    later: type[Any] | None = None,
) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """Register a view under an address; it is called with the query it asked for and the parts of its path.

    ``answer`` is the typed dictionary of the JSON twin.
    """

    def decorate(view: Callable[..., Response]) -> Callable[..., Response]:
        @wraps(view)
        def shown(**path: str) -> Response:
            return view(read_query(query), **path)

        TWINS[f"{blueprint.name}.{view.__name__}"] = Twin(query, answer, also, later)
        blueprint.get(rule)(shown)
        return shown

    return decorate


def read_query(model: type[Q]) -> Q:
    """The request's parameters as a model.

    Raises ``UnknownName`` for a parameter or a choice nobody knows, ``BadInput`` for any other value that cannot
    be used; both name the parameter.
    """
    given = {
        name: request.args.getlist(name) if _takes_many(model.model_fields.get(name)) else values[-1]
        for name, values in request.args.lists()
    }
    try:
        return model.model_validate(given)
    except ValidationError as invalid:
        problem = invalid.errors(include_url=False)[0]
        name = str(problem["loc"][0])
        if problem["type"] == "extra_forbidden":
            raise UnknownName(say("parameter"), name, model.model_fields) from None
        if problem["type"] == "literal_error":
            known = [word.strip("' ") for word in problem["ctx"]["expected"].replace(" or ", ", ").split(",")]
            raise UnknownName(
                say("choice for the parameter “{parameter}”", parameter=name), str(problem["input"]), known
            ) from None
        raise BadInput(
            say(
                "“{value}” cannot be used for the parameter “{parameter}”.", value=str(problem["input"]), parameter=name
            ),
            say("Correct the address, or start again from the page without parameters."),
        ) from None


def _takes_many(field: FieldInfo | None) -> bool:
    return field is not None and typing.get_origin(field.annotation) is tuple


def wants_json() -> bool:
    """Whether this request asks for the JSON twin."""
    form = request.args.get("format")
    if is_api():
        return True
    if form in ("json", "html"):
        return form == "json"
    accepted = request.accept_mimetypes
    return accepted["application/json"] > accepted["text/html"]


def answer(template: str, data: Mapping[str, Any], **html_only: object) -> Response:
    """The page, or its JSON twin; ``html_only`` is what the page needs besides the data."""
    note_version(data)
    if wants_json():
        response = json_response(data)
    else:
        response = Response(render_template(template, data=data, **html_only), mimetype="text/html")
    if (part := data.get("part")) is not None:
        response.headers["Link"] = _parts(part)
    return response


def _parts(part: Part) -> str:
    """Where the parts of a long table are (RFC 8288): the first, the last, and those beside this one."""
    beside = {"first": 1, "prev": part["page"] - 1, "next": part["page"] + 1, "last": part["pages"]}
    shown = {relation: page for relation, page in beside.items() if 1 <= page <= part["pages"]}
    return ", ".join(f'<{here_with(page=page)}>; rel="{relation}"' for relation, page in shown.items())


def json_response(data: Mapping[str, Any], mimetype: str = "application/json") -> Response:
    """Data as UTF-8 JSON, the same bytes for the same data."""
    body = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return Response(body, mimetype=mimetype)
