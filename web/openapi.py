"""The OpenAPI document of the versioned API, made from each view's query model and the typed form of its answer.

It describes the addresses under ``web.api_prefix.API_PREFIX``; the twins of the pages are the same without it.
"""

from __future__ import annotations

import types
import typing
from functools import cache
from typing import Any, TypedDict

from apiflask import APIFlask
from flask import request
from pydantic import BaseModel, Field, create_model
from pydantic.json_schema import models_json_schema
from werkzeug.exceptions import NotFound

from web import access, doing_once
from web.action import ACTIONS, Action
from web.api_prefix import API_PREFIX, is_api
from web.examples import VALUES, example_of
from web.matching_version import has_versions
from web.twin import TWINS, Query, Twin

REF = "#/components/schemas/{model}"


PROBLEM = {
    "type": "/api/docs#problem-unknown-name",
    "status": 404,
    "title": "There is no round called “M7”.",
    "detail": "Did you mean “M1”?",
    "title_s": {
        "text": "There is no round called “M7”.",
        "template": "There is no {what} called “{name}”.",
        "values": {"what": "round", "name": "M7"},
    },
    "detail_s": None,
    "retry_helps": False,
    "request_id": "3fb1c95d7a02e846",
}


class Problem(TypedDict):
    """An error, as problem+json (RFC 9457); ``title_s`` and ``detail_s`` are its sentences in their JSON form."""

    type: str
    status: int
    title: str
    detail: str | None
    title_s: dict[str, Any]
    detail_s: dict[str, Any] | None
    retry_helps: bool
    request_id: str | None


def init_openapi(app: APIFlask) -> None:
    """Let APIFlask write the document's frame, and fill in each page's parameters and answers.

    What is not described does not exist under the prefix.
    """
    app.config["OPENAPI_VERSION"] = "3.1.0"
    app.config["AUTO_404_RESPONSE"] = False

    @app.before_request
    def is_described() -> None:
        if is_api() and request.endpoint is not None and request.endpoint not in {*TWINS, *ACTIONS}:
            raise NotFound

    @app.spec_processor
    def describe(spec: dict[Any, Any] | str) -> dict[Any, Any] | str:
        assert isinstance(spec, dict)  # noqa: S101 - SPEC_FORMAT is json
        paths, forms = operations()
        spec.setdefault("components", {})["schemas"] = forms
        spec["paths"] = paths
        return spec

    @cache
    def operations() -> tuple[dict[str, Any], dict[str, Any]]:
        """The operations by address and the forms by name; made once, since no request changes them."""
        twins = {endpoint: model_of(twin.answer) for endpoint, twin in TWINS.items()}
        later = {twin.later: model_of(twin.later) for twin in TWINS.values() if twin.later is not None}
        changes = {endpoint: model_of(action.answer) for endpoint, action in ACTIONS.items()}
        told = {*twins.values(), *changes.values(), *later.values(), model_of(Problem)}
        models = sorted(told, key=lambda model: model.__name__)
        bodies = sorted({action.body for action in ACTIONS.values()}, key=lambda model: model.__name__)
        refs, schemas = models_json_schema(
            [*((model, "serialization") for model in models), *((body, "validation") for body in bodies)],
            ref_template=REF,
        )
        forms = schemas["$defs"]
        paths: dict[str, Any] = {}
        for rule in app.url_map.iter_rules():
            view = app.view_functions[rule.endpoint]
            described: dict[str, Any]
            if (twin := TWINS.get(rule.endpoint)) is not None:
                answer = refs[(twins[rule.endpoint], "serialization")]
                method, described = "get", _reading(twin, answer, example_of(answer, forms))
                if twin.later is not None:
                    waiting = refs[(later[twin.later], "serialization")]
                    described["responses"]["202"] = _told("Not there yet: how far the work for it is.", waiting, forms)
            elif (action := ACTIONS.get(rule.endpoint)) is not None:
                answer = refs[(changes[rule.endpoint], "serialization")]
                body = refs[(action.body, "validation")]
                shown = example_of(body, forms, request=True), example_of(answer, forms)
                method, described = "post", _writing(body, answer, *shown)
                described["parameters"] = _header_parameters(rule.endpoint, action)
            else:
                continue
            summary, _, rest = (view.__doc__ or "").strip().partition("\n")
            parameters = described.pop("parameters", [])
            described["responses"]["default"] = {
                "description": "What is wrong, and the next step.",
                "content": {
                    "application/problem+json": {
                        "schema": refs[(model_of(Problem), "serialization")],
                        "example": PROBLEM,
                    },
                },
            }
            paths.setdefault(API_PREFIX + rule.rule.replace("<", "{").replace(">", "}"), {})[method] = {
                "operationId": rule.endpoint.replace(".", "_"),
                "tags": [rule.endpoint.partition(".")[0]],
                "summary": summary.strip(),
                "description": " ".join(rest.split()),
                "parameters": _path_parameters(rule.arguments) + parameters,
                **described,
            }
        return dict(sorted(paths.items())), forms


def _reading(twin: Twin, answer: dict[str, Any], example: Any) -> dict[str, Any]:
    """How a twin is asked for, and what it answers."""
    return {
        "parameters": _query_parameters(twin.query),
        "responses": {
            "200": {
                "description": "What is there.",
                "content": {
                    "application/json": {"schema": answer, "example": example},
                    **{kind: {"schema": {"type": "string"}} for kind in twin.also},
                },
            },
            "304": {"description": "Nothing changed since the ETag given."},
        },
    }


def _told(what: str, form: dict[str, Any], forms: dict[str, Any]) -> dict[str, Any]:
    """An answer of a form, with an example."""
    content = {"application/json": {"schema": form, "example": example_of(form, forms)}}
    return {"description": what, "content": content}


def _writing(body: dict[str, Any], answer: dict[str, Any], given: Any, answered: Any) -> dict[str, Any]:
    """What a write takes, and what it answers."""
    content = {"application/json": {"schema": answer, "example": answered}}
    return {
        "requestBody": {"required": True, "content": {"application/json": {"schema": body, "example": given}}},
        "responses": {
            "200": {"description": "Changed, or as asked for already.", "content": content},
            "201": {"description": "Made new; its address is in the header Location.", "content": content},
            "202": {"description": "Asked for; the header Location says where it will be.", "content": content},
        },
    }


def _header_parameters(endpoint: str, action: Action) -> list[dict[str, Any]]:
    """The headers of a write: a key against doing it twice, the version it was decided on."""
    told = []
    if access.STRANGER not in access.TABLE[endpoint].who:
        once = "Names this request: sent again within 24 hours with the same key, it is not done again."
        pattern = f"^[!-~]{{1,{doing_once.LONGEST}}}$"
        told.append((doing_once.HEADER, once, {"type": "string", "pattern": pattern}, "6f1c0d5e-53f7-4c1f-9f0e-6b1d5a"))
    if has_versions(action.body):
        which = "The ETag of what was looked at: 412, and what others did, where it changed since."
        told.append(("If-Match", which, {"type": "string"}, '"7"'))
    return [
        {"name": name, "in": "header", "required": False, "description": text, "schema": schema, "example": example}
        for name, text, schema, example in told
    ]


def model_of(record: Any) -> type[BaseModel]:
    """The pydantic model of a typed dictionary (pydantic itself takes those of ``typing`` only from Python 3.12)."""
    if record not in _MODELS:
        parts: dict[str, Any] = {
            # What need not be there has no default to be shown: it is then simply absent.
            name: (_with_models(typing.get_args(hint)[0]), Field(default_factory=lambda: None))
            if typing.get_origin(hint) is typing.NotRequired
            else (_with_models(hint), ...)
            for name, hint in typing.get_type_hints(record, include_extras=True).items()
        }
        _MODELS[record] = create_model(record.__name__, __doc__=record.__doc__, **parts)
    return _MODELS[record]


_MODELS: dict[Any, type[BaseModel]] = {}


def _with_models(hint: Any) -> Any:
    if typing.is_typeddict(hint):
        return model_of(hint)
    parts = typing.get_args(hint)
    if typing.get_origin(hint) is list:
        return list[_with_models(parts[0])]  # type: ignore[misc]  # built at run time
    if typing.get_origin(hint) is dict:
        return dict[parts[0], _with_models(parts[1])]  # type: ignore[misc, valid-type]  # built at run time
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        return typing.Union[tuple(_with_models(part) for part in parts)]  # noqa: UP007 - built at run time
    return hint


def _path_parameters(names: set[str]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "minLength": 1},
            "example": VALUES.get(name, "text"),
        }
        for name in sorted(names)
    ]


def _query_parameters(query: type[BaseModel]) -> list[dict[str, Any]]:
    """The parameters of a query model; absent is the same as empty, so "or null" is left out of each schema."""
    parameters = []
    for name, schema in query.model_json_schema(ref_template=REF)["properties"].items():
        if name in Query.model_fields:
            continue  # the form and language of a page; under the prefix there is JSON alone
        described = {key: value for key, value in schema.items() if key not in ("anyOf", "title", "description")}
        if described.get("default", 0) is None:
            del described["default"]
        described |= next((kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}), {})
        parameters.append(
            {
                "name": name,
                "in": "query",
                "required": False,
                "description": schema.get("description", ""),
                "schema": described,
            }
        )
    return parameters
