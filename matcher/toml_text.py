"""Plain values as TOML text (the standard library only reads it)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any


def toml_text(table: Mapping[str, Any]) -> str:
    """A mapping of text, numbers, flags, lists and mappings as TOML; keys keep their order within each table."""
    return "\n".join(_table_lines(table, ())).lstrip("\n") + "\n"


def _table_lines(table: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    plain = {key: value for key, value in table.items() if not _is_tables(value)}
    lines = [f"{_key(key)} = {_value(value)}" for key, value in plain.items()]
    for key, value in table.items():
        inner = (*path, key)
        name = ".".join(_key(part) for part in inner)
        if isinstance(value, Mapping):
            lines += ["", f"[{name}]", *_table_lines(value, inner)]
        elif key not in plain:
            for entry in value:
                lines += ["", f"[[{name}]]", *_table_lines(entry, inner)]
    return lines


def _is_tables(value: object) -> bool:
    if isinstance(value, Mapping):
        return True
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(entry, Mapping) for entry in value)


def _key(key: str) -> str:
    bare = key.isascii() and key.replace("_", "").replace("-", "").isalnum()
    return key if bare else _text(key)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Sequence):
        return f"[{', '.join(_value(part) for part in value)}]"
    raise TypeError(f"TOML has no place for {value!r}")


def _text(value: str) -> str:
    """JSON's escapes are TOML's too, except that TOML also wants the delete character escaped."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
