"""An example of each form in the OpenAPI document: made from its schema and one table of values by name.

A new field called like one of the table gets a telling value by itself; any other gets the plainest value its schema
allows, so that every example is valid whatever is added. Nothing here is data of a real round.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph.sentences import Sentence

Schema = Mapping[str, Any]

VALUES: Mapping[str, Any] = {
    "id": "M1",
    "utility_id": "nairobi",
    "mentor": "noord",
    "mentor_id": "noord",
    "mentor_name": "Northern Water",
    "mentee": "nairobi",
    "mentee_id": "nairobi",
    "mentee_name": "Nairobi Water",
    "round_id": "M1",
    "round": "round-1",
    "job_id": "0b2f6c1e9a7d4f35",
    "wop": "noord_nairobi",
    "kind": "json",
    "title": "Spring round",
    "why": "They have worked together before",
    "who": "Ana Facilitator",
    "login": "ana@example.org",
    "account": "ana@example.org",
    "name": "Ana Facilitator",
    "password": "a long pass phrase of one's own",
    "present": "the pass phrase until now",
    "new": "a longer pass phrase of one's own",
    "scopes": ["read", "write"],
    "roles": ["facilitator"],
    "regions": ["eastern_africa"],
    "utilities": ["nairobi"],
    "language": "en",
    "days": 90,
    "token": "shown this once: 43 letters and digits",
    "key": "43 letters and digits of the link",
    "policy": ["best_fit"],
    "policies": {"best_fit": "Best fit"},
    "needs": ["nrw_reduction"],
    "capability": "nrw_reduction",
    "capability_name": "Non-revenue water",
    "region": "eastern_africa",
    "region_name": "Eastern Africa",
    "country": "KEN",
    "country_name": "Kenya",
    "phase": "proposed",
    "year": 2024,
    "start_year": 2019,
    "end_year": 2021,
    "fit": 0.74,
    "as_of": "2026-03-01",
    "deadline": "2026-06-30",
    "on": "2026-05-12",
    "at": "2026-03-02T09:30:00+00:00",
    "made_at": "2026-03-02T09:30:00+00:00",
    "seen_at": "2026-03-03T08:00:00+00:00",
    "ends_at": "2026-06-02T09:30:00+00:00",
    "step": "check",
    "version": 7,
    "seen": 7,
    "number": 7,
    "page": 1,
    "pages": 1,
    "first": 1,
    "last": 1,
    "total": 1,
}
"""By the name of a field or parameter; used where the schema takes it."""

ALWAYS_GIVEN = ("why",)
"""Optional fields of a request that its example shows all the same."""
SENTENCE = Sentence(
    "{mentee} can learn from {mentor}.", {"mentee": "Nairobi Water", "mentor": "Northern Water"}
).to_json()
"""Shown to programs only, so it is in no catalogue."""
DEEPEST = 12
_KINDS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "array": (list,),
    "object": (dict,),
}


def example_of(schema: Schema, forms: Mapping[str, Schema], *, request: bool = False) -> Any:
    """An example of a schema; ``forms`` are the schemas it may refer to by name.

    Of a request only what is needed is shown, and ``ALWAYS_GIVEN``.
    """
    return _example(schema, forms, "", request, 0)


def _example(schema: Schema, forms: Mapping[str, Schema], name: str, request: bool, depth: int) -> Any:
    schema = _resolved(schema, forms)
    if name.endswith("_s") and _takes_object(schema, forms):
        return SENTENCE
    if "const" in schema:
        return schema["const"]
    given = VALUES.get(name)
    if "enum" in schema:
        return given if given in schema["enum"] else schema["enum"][0]
    if "anyOf" in schema:
        return _one_of(schema["anyOf"], forms, name, request, depth)
    kind = schema.get("type", "string")
    if given is not None and isinstance(given, _KINDS.get(kind, ())) and _is_plain(schema, given, forms):
        return given
    match kind:
        case "object":
            return _object(schema, forms, request, depth)
        case "array":
            few = schema.get("minItems", 0) if depth > DEEPEST else max(1, schema.get("minItems", 0))
            return [_example(schema.get("items", {}), forms, "", request, depth + 1) for _ in range(few)]
        case "boolean":
            return False
        case "integer":
            return _within(schema, 1)
        case "number":
            return float(_within(schema, 0.5))
        case "null":
            return None
        case _:
            return _text(schema)


def _resolved(schema: Schema, forms: Mapping[str, Schema]) -> Schema:
    while "$ref" in schema:
        schema = forms[schema["$ref"].rpartition("/")[2]]
    return schema


def _takes_object(schema: Schema, forms: Mapping[str, Schema]) -> bool:
    options = [_resolved(option, forms) for option in schema.get("anyOf", (schema,))]
    return any(option.get("type") == "object" and "properties" not in option for option in options)


def _one_of(options: list[Schema], forms: Mapping[str, Schema], name: str, request: bool, depth: int) -> Any:
    found = [option for option in options if option.get("type") != "null"]
    if depth > DEEPEST and len(found) < len(options):
        return None  # forms that hold themselves come to an end
    given = VALUES.get(name)
    fitting = [
        option for option in found if isinstance(given, _KINDS.get(_resolved(option, forms).get("type", ""), ()))
    ]
    return _example((fitting or found)[0], forms, name, request, depth + 1)


def _object(schema: Schema, forms: Mapping[str, Schema], request: bool, depth: int) -> dict[str, Any]:
    fields = schema.get("properties")
    if fields is None:
        more = schema.get("additionalProperties")
        if not isinstance(more, Mapping) or not more or depth > DEEPEST:
            return {}
        return {"name": _example(more, forms, "", request, depth + 1)}
    needed = schema.get("required", ())
    shown = [name for name in fields if not request or name in needed or name in ALWAYS_GIVEN]
    return {name: _example(fields[name], forms, name, request, depth + 1) for name in shown}


def _is_plain(schema: Schema, given: Any, forms: Mapping[str, Schema]) -> bool:
    """Whether a value of the table is one this schema takes, as far as its kind goes."""
    if isinstance(given, bool):
        return False
    if isinstance(given, list):
        item = _resolved(schema.get("items", {}), forms)
        return item.get("type", "string") == "string" and all(one in item.get("enum", given) for one in given)
    if isinstance(given, dict):
        more = _resolved(schema.get("additionalProperties") or {}, forms)
        return "properties" not in schema and more.get("type") in ("string", None)
    if isinstance(given, str):
        return len(given) <= schema.get("maxLength", len(given)) and _date_or_text(schema, given)
    return bool(_within(schema, given) == given)


def _date_or_text(schema: Schema, given: str) -> bool:
    return schema.get("format") in (None, "date") and (schema.get("format") != "date" or len(given) == 10)


def _within(schema: Schema, value: Any) -> Any:
    lowest, highest = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    value = value if lowest is None else max(value, lowest)
    value = value if highest is None else min(value, highest)
    value = value if above is None or value > above else above + 1
    return value if below is None or value < below else below - 1


def _text(schema: Schema) -> str:
    match schema.get("format"):
        case "date":
            return "2026-03-01"
        case "date-time":
            return "2026-03-02T09:30:00+00:00"
    return "text".ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength", 200)]
