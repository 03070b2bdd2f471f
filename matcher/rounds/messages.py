"""What a round writes to its utilities: a text of one's own or ours, with named places that each letter fills.

A message has a kind and a language: ``mentor`` and ``mentee`` when it is their turn to answer, ``reminder`` later. A
round keeps its own texts under ``<kind>.<language>``; where it has none, ours is used.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

from graph.errors import BadInput, UnknownName
from graph.sentences import Sentence, say

MessageKind: TypeAlias = Literal["mentor", "mentee", "reminder"]
KINDS: tuple[MessageKind, ...] = get_args(MessageKind)
MESSAGE_LANGUAGES = ("en", "fr", "es")
PLACES: Mapping[str, Sentence] = {
    "name": say("the person written to"),
    "utility": say("the utility written to"),
    "mentor": say("the mentor, or all of them"),
    "mentee": say("the mentee, or all of them"),
    "needs": say("what they would work on"),
    "deadline": say("the last day for answers"),
    "link": say("the address that signs in, once"),
}
LONGEST = 5_000
_PLACE = re.compile(r"\{([^{}]*)\}")
_OWN = {place: f"{{{place}}}" for place in PLACES}


def _ours(**texts: Sentence) -> dict[str, Sentence]:
    """Each text with the places still in it: a language translates the whole, then a letter fills them."""
    return {kind: Sentence(text.template, _OWN) for kind, text in texts.items()}


OURS: Mapping[str, Sentence] = _ours(
    mentor=say(
        "Dear {name},\n\nwe propose that {utility} help, as a mentor: {mentee}.\n\nThey would work on:\n{needs}\n\n"
        "Please look at the proposal, with its reasons, and answer by {deadline}:\n{link}\n\n"
        "A no is as welcome as a yes: tell us why, and we look for a better partner."
    ),
    mentee=say(
        "Dear {name},\n\nwe found a partner who could help {utility}: {mentor}.\n\nYou would work on:\n{needs}\n\n"
        "Please look at the proposal, with its reasons, and answer by {deadline}:\n{link}\n\n"
        "A no is as welcome as a yes: tell us why, and we look for a better partner."
    ),
    reminder=say(
        "Dear {name},\n\nwe have proposed a partnership between {mentor} and {mentee}, and still wait for the answer "
        "of {utility}.\n\nPlease answer by {deadline}:\n{link}\n\n"
        "If you need more time or have a question, write to whoever leads the round."
    ),
)
SUBJECTS: Mapping[str, Sentence] = {
    "mentor": say("A partnership is proposed to {utility}"),
    "mentee": say("A partnership is proposed to {utility}"),
    "reminder": say("We wait for an answer of {utility}"),
}


def message_key(kind: str, language: str) -> str:
    """How a text is kept. Raises ``UnknownName`` for a kind or language there is none of."""
    if kind not in KINDS:
        raise UnknownName(say("kind of message"), kind, KINDS)
    if language not in MESSAGE_LANGUAGES:
        raise UnknownName(say("language"), language, MESSAGE_LANGUAGES)
    return f"{kind}.{language}"


def checked_message(text: str) -> str:
    """The text, with one kind of line end.

    Raises ``UnknownName`` for a place nobody knows, ``BadInput`` for a text that is too long, has a single brace, or
    no place for the link: nobody could answer.
    """
    text = text.replace("\r\n", "\n").strip()
    for place in _PLACE.findall(text):
        if place not in PLACES:
            raise UnknownName(say("place of a message"), place, PLACES)
    if {"{", "}"} & set(_PLACE.sub("", text)):
        raise BadInput(
            say("A brace in the message has no partner."), say("Write places like this: {place}.", place="{link}")
        )
    if "{link}" not in text:
        raise BadInput(
            say("The message has no place for the link, so nobody could answer."),
            say("Write {place} where the address should stand.", place="{link}"),
        )
    if len(text) > LONGEST:
        raise BadInput(
            say("The message is longer than {most} characters.", most=LONGEST), say("Say it in fewer words.")
        )
    return text


def filled(text: str, values: Mapping[str, str]) -> str:
    """A checked text with its places filled; what is filled in is not searched for places again."""
    return _PLACE.sub(lambda found: values[found[1]], text)
