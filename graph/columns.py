"""Columns on their way into a store: checked and put in one form, once for every store."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graph.schema import EDGES, NODES, EdgeKind, Field, FieldType, NodeKind
from graph.store import Columns

NODE_KEYS = ("id",)
EDGE_KEYS = ("source", "target", "key")
SMALLEST_INTEGER, LARGEST_INTEGER = -(2**63), 2**63 - 1

_PYTHON_TYPES: Mapping[FieldType, tuple[type, ...]] = {
    "text": (str,),
    "date": (str,),
    "document": (str,),
    "integer": (int,),
    "number": (int, float),
    "flag": (bool,),
    "texts": (tuple,),
}


def node_kind(label: str) -> NodeKind:
    """The kind of a label; raises ``ValueError`` for a label the schema does not know."""
    if label not in NODES:
        raise ValueError(f"the schema has no label {label!r}")
    return NODES[label]


def edge_kind(type: str) -> EdgeKind:
    """The kind of a relationship type; raises ``ValueError`` for a type the schema does not know."""
    if type not in EDGES:
        raise ValueError(f"the schema has no relationship type {type!r}")
    return EDGES[type]


def node_columns(label: str, columns: Columns) -> dict[str, Sequence[Any]]:
    """The columns of nodes to merge: ``id`` first, then the fields given, numbers as ``float``.

    Raises ``ValueError`` for an unknown label or field, no ``id``, columns of unequal length, a value of another
    type than the field's (numbers are finite, integers fit 64 bits, text can be written as UTF-8), an empty id
    or a repeated one.
    """
    checked = _checked(label, node_kind(label).fields, NODE_KEYS, columns)
    _refuse_empty(label, "id", checked["id"])
    if len(set(checked["id"])) < len(checked["id"]):
        raise ValueError(f"{label}: the id {_repeated(checked['id'])!r} is repeated")
    return checked


def edge_columns(type: str, columns: Columns) -> dict[str, Sequence[Any]]:
    """The columns of edges to merge or delete: ``source``, ``target``, ``key``, then the fields given.

    An absent ``key`` column becomes empty keys. Raises ``ValueError`` as ``node_columns`` does.
    """
    fields = edge_kind(type).fields
    if "key" not in columns:
        columns = {**columns, "key": ("",) * len(columns.get("source", ()))}
    checked = _checked(type, fields, EDGE_KEYS, columns)
    _refuse_empty(type, "source", checked["source"])
    _refuse_empty(type, "target", checked["target"])
    ends = list(zip(checked["source"], checked["target"], checked["key"], strict=True))
    if len(set(ends)) < len(ends):
        raise ValueError(f"{type}: the edge {_repeated(ends)!r} is repeated")
    return checked


def misfits(type: FieldType, values: Sequence[Any]) -> list[int]:
    """The positions of values that a field of this type cannot hold (``None`` always fits)."""
    if _all_fit(type, values):
        return []
    return [position for position, value in enumerate(values) if not _all_fit(type, (value,))]


def _checked(what: str, fields: Sequence[Field], keys: tuple[str, ...], columns: Columns) -> dict[str, Sequence[Any]]:
    types: dict[str, FieldType] = dict.fromkeys(keys, "text")
    types.update({field.name: field.type for field in fields})
    for name in columns:
        if name not in types:
            raise ValueError(f"{what} has no field {name!r}")
    for name in keys:
        if name not in columns:
            raise ValueError(f"{what}: the column {name!r} is missing")
    # In the schema's order, so that what a store does never depends on the order the columns came in.
    ordered = {name: columns[name] for name in types if name in columns}
    if len({len(column) for column in ordered.values()}) > 1:
        lengths = ", ".join(f"{name} {len(column)}" for name, column in ordered.items())
        raise ValueError(f"{what}: columns of unequal length ({lengths})")
    for name, column in ordered.items():
        if (name in keys and None in column) or misfits(types[name], column):
            position = column.index(None) if name in keys and None in column else misfits(types[name], column)[0]
            raise ValueError(f"{what}: row {position}: {name} cannot be {column[position]!r} (it is {types[name]})")
        if types[name] == "number" and not {*map(type, column)} <= {float, type(None)}:
            ordered[name] = [None if value is None else float(value) for value in column]
    return ordered


def _all_fit(field_type: FieldType, values: Sequence[Any]) -> bool:
    # One pass of C code over the column each; a loop over the rows would cost more than storing them.
    kinds = set(map(type, values)) - {type(None)}
    allowed = _PYTHON_TYPES[field_type]
    if not all(issubclass(kind, allowed) and (kind is not bool or field_type == "flag") for kind in kinds):
        return False
    if field_type == "flag" or not kinds:
        return True
    known = [value for value in values if value is not None]
    if field_type == "integer":
        return bool(min(known) >= SMALLEST_INTEGER and max(known) <= LARGEST_INTEGER)
    if field_type == "number":
        try:
            return all(map(math.isfinite, known))
        except OverflowError:  # a whole number beyond what a float can hold
            return False
    if field_type == "texts":
        parts = [part for value in set(known) for part in value] if _hashable(known) else [None]
        return all(isinstance(part, str) for part in parts) and _encodable(map(str, parts))
    return _encodable(known)


def _hashable(values: Sequence[tuple[Any, ...]]) -> bool:
    try:
        set(values)
    except TypeError:
        return False
    return True


def _encodable(texts: Iterable[str]) -> bool:
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:  # half of a surrogate pair is no character
        return False
    return True


def _refuse_empty(what: str, name: str, ids: Sequence[str]) -> None:
    if "" in ids:
        raise ValueError(f"{what}: row {list(ids).index('')}: {name} is empty")


def _repeated(values: Sequence[Any]) -> Any:
    seen: set[Any] = set()
    return next(value for value in values if value in seen or seen.add(value))  # type: ignore[func-returns-value]  # add marks it seen
