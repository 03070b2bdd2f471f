"""How a language sets its punctuation, so that translators need not type spaces that nobody sees.

French: Imprimerie nationale, *Lexique des règles typographiques*, with the narrow space before the colon, too.
Spanish: Real Academia Española, *Ortografía*, on the percent sign.
"""

from __future__ import annotations

import re

NARROW = "\u202f"
"""Narrow no-break space: never wider than a letter, and no line begins after it."""
NO_BREAK = "\u00a0"
APOSTROPHE = "\u2019"

_SPACE = "[ \u00a0\u202f\u2009]"
_RULES: dict[str, tuple[tuple[re.Pattern[str], str], ...]] = {
    "fr": (
        (re.compile("'"), APOSTROPHE),
        (re.compile(f"{_SPACE}+(?=[:;!?»%])"), NARROW),
        (re.compile(f"(?<=«){_SPACE}*"), NARROW),
        (re.compile("(?<=[^\\s«])(?=»)"), NARROW),
        (re.compile(f"(?<=\\d){_SPACE}(?=\\d{{3}}(?!\\d))"), NARROW),
    ),
    "es": (
        (re.compile(f"(?<=[\\d}}]){_SPACE}*(?=%)"), NO_BREAK),
        (re.compile(f"(?<=\\d){_SPACE}(?=\\d{{3}}(?!\\d))"), NARROW),
    ),
}


def typeset(language: str, text: str) -> str:
    """A translated text with the apostrophes and no-break spaces of its language; typeset twice is typeset once."""
    for pattern, put in _RULES.get(language, ()):
        text = pattern.sub(put, text)
    return text
