"""Sentences that are kept in the store as words, such as the source of a figure, and how to read them again.

What is kept is English text, as people type it and files carry it. A page that shows it to a reader of another language
first finds out whether it is one of ours.
"""

from __future__ import annotations

import re
from functools import cache

from graph.sentences import Sentence, say

STATED = say("stated by {utility}, {day}")
STATED_FOR = say("stated for {utility} by {who}, {day}")
AGREED = say("Agreed in the round “{title}”, closed on {on}.")
KEPT = (STATED, STATED_FOR, AGREED)


def reread(text: str) -> Sentence | None:
    """The sentence of ours that was kept as this text; ``None`` for any other text."""
    for sentence in KEPT:
        if found := _pattern(sentence.template).fullmatch(text):
            return Sentence(sentence.template, found.groupdict())
    return None


@cache
def _pattern(template: str) -> re.Pattern[str]:
    """A template as a pattern; its places ``day`` and ``on`` hold an ISO date, the others any words of one line."""
    literal = re.escape(template)
    dated = re.sub(r"\\{(day|on)\\}", r"(?P<\1>[0-9]{4}-[0-9]{2}-[0-9]{2})", literal)
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+?)", dated))
