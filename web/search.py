"""Finding things by what people type: case and accents do not matter, every word must occur."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable


def fold(text: str) -> str:
    """Text as it is compared: without case and without marks on letters."""
    return "".join(
        letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter)
    ).casefold()


def matches(asked: str, *texts: Iterable[str] | str) -> bool:
    """Whether each word asked for occurs somewhere in the texts."""
    whole = fold(" ".join(text if isinstance(text, str) else " ".join(text) for text in texts))
    return all(word in whole for word in fold(asked).split())
