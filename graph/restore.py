"""The way back from ``graph.export.export_jsonl``: every line is checked, then everything is replaced."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from graph.columns import EDGE_KEYS, NODE_KEYS, misfits
from graph.errors import BadInput, StoreTooNew, did_you_mean
from graph.export import FORM
from graph.problems import Problems
from graph.schema import EDGES, KNOWN, NODES, SCHEMA_VERSION, Field, FieldType
from graph.sentences import Sentence, say
from graph.store import Counts, Store

_EXPECTED: Mapping[FieldType, Sentence] = {
    "text": say("a text"),
    "date": say("a date written as text"),
    "document": say("a document written as text"),
    "integer": say("a whole number of at most 64 bits"),
    "number": say("a number"),
    "flag": say("true or false"),
    "texts": say("a list of texts"),
}


def restore_jsonl(store: Store, path: Path) -> Counts:
    """Replace all that is known in the store by what an export holds; the rows that were created. Accounts stay.

    All or nothing. Raises ``BadInput`` for a file that is no export or cannot be read, ``StoreTooNew`` for one of
    a newer version, ``ImportProblems`` with each line's faults for one that is damaged.
    """
    gathered = _Gathered(path.name)
    try:
        with path.open("rb") as file:
            expected = _header(path.name, file.readline())
            count = 0
            for row, line in enumerate(file, start=2):
                gathered.take(row, line)
                count += 1
    except OSError as error:
        raise BadInput(
            say("{path} cannot be read: {reason}.", path=str(path), reason=error.strerror or str(error)),
            say("Check the file's name."),
        ) from error
    if count != expected:
        message = say("The file should have {expected} more lines but has {count}.", expected=expected, count=count)
        gathered.problems.add(path.name, message, row=1, hint=say("It may be cut off: copy or export it again."))
    gathered.check()
    gathered.problems.raise_if_any()
    with store.write() as transaction:
        transaction.clear()
        counts = Counts()
        for label in KNOWN:
            counts += transaction.merge_nodes(label, gathered.columns(label))
        for type in EDGES:
            counts += transaction.merge_edges(type, gathered.columns(type))
    return counts


@dataclass
class _Kind:
    """The rows of one label or type: where each stands in the file, its keys and its fields."""

    keys: tuple[str, ...]
    fields: tuple[Field, ...]
    ends: tuple[str, ...] = ()
    rows: list[int] = field(default_factory=list)
    identities: list[tuple[str, ...]] = field(default_factory=list)
    values: list[dict[str, Any]] = field(default_factory=list)


class _Gathered:
    """All lines of a file, gathered by label and type, with the problems found."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems = Problems()
        self._kinds = {label: _Kind(NODE_KEYS, NODES[label].fields) for label in KNOWN}
        self._kinds.update(
            {type: _Kind(EDGE_KEYS, kind.fields, (kind.source, kind.target)) for type, kind in EDGES.items()}
        )

    def take(self, row: int, line: bytes) -> None:
        """Take one line, or note why it cannot be taken."""
        try:
            form = _parsed(line)
        except (ValueError, RecursionError):
            hint = say("Export again, or correct the line.")
            self.problems.add(self.file, say("This line is not a JSON object in UTF-8."), row=row, hint=hint)
            return
        kind_key, known = ("type", EDGES) if "type" in form else ("label", KNOWN)
        name = form.pop(kind_key, None)
        if not isinstance(name, str) or name not in known:
            if kind_key == "type":
                message = say("There is no relationship type of this name.")
            else:
                message = say("There is no label of this name.")
            near = did_you_mean(name, known) if isinstance(name, str) else None
            self.problems.add(self.file, message, row=row, column=kind_key, value=_shown(name), hint=near)
            return
        self._take_row(row, self._kinds[name], kind_key, form)

    def _take_row(self, row: int, kind: _Kind, kind_key: str, form: dict[str, Any]) -> None:
        values = form.pop("fields", None)
        keys = [form.pop(key, None) for key in kind.keys]
        if form:
            near = did_you_mean(min(form), ("fields", kind_key, *kind.keys))
            self.problems.add(self.file, say("This part is not known."), row=row, column=min(form), hint=near)
        if not isinstance(values, dict):
            self.problems.add(self.file, say("The fields are missing."), row=row, column="fields")
            return
        bad = [key for key, value in zip(kind.keys, keys, strict=True) if not _is_key(key, value)]
        for key in bad:
            value = _shown(keys[kind.keys.index(key)])
            self.problems.add(self.file, say("An id is a text that is not empty."), row=row, column=key, value=value)
        if not bad:
            kind.rows.append(row)
            kind.identities.append(tuple(keys))
            kind.values.append(values)

    def check(self) -> None:
        """Note unknown fields, values that do not fit, repeated lines and edges without ends."""
        for name, kind in self._kinds.items():
            self._check_fields(kind)
            seen: dict[tuple[str, ...], int] = {}
            for row, identity in zip(kind.rows, kind.identities, strict=True):
                if identity in seen:
                    message = say("Line {row} is about the same {kind} already.", row=str(seen[identity]), kind=name)
                    self.problems.add(self.file, message, row=row, value=" ".join(identity))
                seen.setdefault(identity, row)
        present = {label: {identity[0] for identity in self._kinds[label].identities} for label in KNOWN}
        for type in EDGES:
            kind = self._kinds[type]
            for position, end in enumerate(kind.ends):
                for row, identity in zip(kind.rows, kind.identities, strict=True):
                    if (id := identity[position]) not in present[end]:
                        message = say("The file has no {kind} of this id.", kind=end)
                        hint = lambda id=id, end=end: did_you_mean(id, sorted(present[end]))  # noqa: E731 - looked up only if listed
                        self.problems.add(self.file, message, row=row, column=EDGE_KEYS[position], value=id, hint=hint)

    def columns(self, name: str) -> dict[str, list[Any]]:
        """The columns of a label or type, as a store takes them."""
        kind = self._kinds[name]
        columns: dict[str, list[Any]] = {
            key: [identity[position] for identity in kind.identities] for position, key in enumerate(kind.keys)
        }
        return columns | {of.name: _column(of, kind.values) for of in kind.fields}

    def _check_fields(self, kind: _Kind) -> None:
        names = [of.name for of in kind.fields]
        for row, values in zip(kind.rows, kind.values, strict=True):
            for unknown in sorted(values.keys() - set(names)):
                hint = did_you_mean(unknown, names)
                self.problems.add(self.file, say("There is no field of this name."), row=row, column=unknown, hint=hint)
        for of in kind.fields:
            column = _column(of, kind.values)
            for position in misfits(of.type, column):
                message = say("Expected {what}.", what=_EXPECTED[of.type])
                value = _shown(column[position])
                self.problems.add(self.file, message, row=kind.rows[position], column=of.name, value=value)


def _header(file: str, line: bytes) -> int:
    """How many lines follow."""
    try:
        form = _parsed(line)
    except (ValueError, RecursionError):
        form = {}
    version, lines = _count_of(form, "schema_version"), _count_of(form, "lines")
    if form.get("form") != FORM or version is None or lines is None:
        raise BadInput(
            say("{file} is not an export of the graph.", file=file),
            say("Give a file that “wop export FILE.jsonl” wrote; tables are read by “wop import”."),
        )
    if version > SCHEMA_VERSION:
        raise StoreTooNew(
            say("{file} was exported by a newer version of this service.", file=file),
            say("Install the newer version, then restore."),
        )
    return lines


def _count_of(form: dict[str, Any], name: str) -> int | None:
    value = form.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _is_key(name: str, value: Any) -> bool:
    # Only an edge's own key may be empty.
    return isinstance(value, str) and not misfits("text", [value]) and (name == "key" or value != "")


def _parsed(line: bytes) -> dict[str, Any]:
    # A text editor may have put a mark of UTF-8 in front of the first line.
    form = json.loads(line.decode("utf-8-sig"), object_pairs_hook=_without_repeats, parse_constant=_refuse)
    if not isinstance(form, dict):
        raise ValueError("not an object")
    if b"\\ud" in line.lower():
        json.dumps(form, ensure_ascii=False).encode()  # fails on half a character, which no store can keep
    return form


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    form = dict(pairs)
    if len(form) < len(pairs):
        raise ValueError("a name is repeated")
    return form


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _column(of: Field, values: list[dict[str, Any]]) -> list[Any]:
    column = [row.get(of.name) for row in values]
    if of.type == "texts":
        return [tuple(value) if isinstance(value, list) else value for value in column]
    return column


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
