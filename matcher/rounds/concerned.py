"""Whom an entry of a log is about."""

from __future__ import annotations

from matcher.rounds.entry import Entry
from matcher.rounds.words import ABOUT


def concerned(entry: Entry) -> set[str]:
    """The ids of the utilities an entry is about."""
    body = entry.body
    ids = {str(body[side]) for side in ("mentor", "mentee") if side in body}
    for pair in body.get("pairs", ()):
        ids.update(pair if isinstance(pair, list) else (pair["mentor"], pair["mentee"]))
    ids.update(body.get(ABOUT, ()))
    if entry.kind == "capacity":
        ids.update((*body.get("places", {}), *body.get("wanted", {})))
    if entry.kind == "letters":
        ids.update(letter["utility"] for letter in body["letters"])
    return ids
