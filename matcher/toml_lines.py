"""On which line of a TOML text a key stands, for those who have to correct it."""

from __future__ import annotations

import re
from collections import Counter

_HEADING = re.compile(r"\s*(\[\[?)\s*([^\[\]#]+?)\s*\]")
_KEY = re.compile(r"\s*((?:[\w-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[\w-]+|\"[^\"]*\"|'[^']*'))*)\s*=")
_PART = re.compile(r"\"([^\"]*)\"|'([^']*)'|([\w-]+)")
_LONG = re.compile(r'"""|\'\'\'')


def line_of(text: str, key: str) -> int | None:
    """The line (from 1) of a key such as ``limits.0.at_most``, or of the nearest table or key around it.

    Entries of a list of tables are counted from 0. What is inside an inline table or list is told by the line its
    own key begins on. ``None`` where nothing around it stands in the text.
    """
    places: dict[str, int] = {}
    seen: Counter[str] = Counter()
    table, within = "", ""
    for number, line in enumerate(text.splitlines(), start=1):
        if within:  # a text over several lines
            within = "" if within in line else within
            continue
        if heading := _HEADING.match(line):
            table = _path(heading[2])
            if heading[1] == "[[":
                table, name = f"{table}.{seen[table]}", table
                seen[name] += 1
                places.setdefault(name, number)
            places.setdefault(table, number)
        elif given := _KEY.match(line):
            places.setdefault(".".join(part for part in (table, _path(given[1])) if part), number)
            quotes = _LONG.findall(line)
            within = quotes[0] if len(quotes) == 1 else ""
    while key:
        if key in places:
            return places[key]
        key = key.rpartition(".")[0]
    return None


def _path(written: str) -> str:
    return ".".join("".join(found) for found in _PART.findall(written))
