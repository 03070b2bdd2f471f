"""Utilities found by what people type: an id, or a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graph.errors import BadInput, UnknownName
from graph.lookups import NearNames
from graph.sentences import say

Names = Mapping[str, Sequence[str | None]]
"""The columns ``id`` and ``name``, ordered by id."""


def find_utility(names: Names, text: str) -> str:
    """The id of the utility with this id or (ignoring case) this name.

    Raises ``UnknownName`` with the nearest ids and names where there is none, ``BadInput`` with the ids of those
    that share the name where there is more than one.
    """
    ids = [str(id) for id in names["id"]]
    if text in ids:
        return text
    asked = text.strip().casefold()
    named = [id for id, name in zip(ids, names["name"], strict=True) if name is not None and name.casefold() == asked]
    if len(named) == 1:
        return named[0]
    if named:
        raise BadInput(
            say("More than one utility is called “{name}”.", name=text),
            say("Give one of these ids: {ids}.", ids=tuple(named)),
        )
    words = [word for pair in zip(names["name"], ids, strict=True) for word in pair if word is not None]
    raise UnknownName(say("utility"), text, NearNames(words).near(text))
