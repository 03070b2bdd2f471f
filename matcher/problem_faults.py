"""What is wrong with a problem file, by its places in the file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydantic import ValidationError

from graph.sentences import Sentence, say
from matcher.faults import Fault, raise_as_one, words_of_validation
from matcher.problem_form import KEYS

MOST_LISTED = 8
"""So many faults are listed; the others are counted."""

TAGS = ("name", "own")
"""Parts of pydantic's places that stand for the kind of a goal, not for anything in the file."""


OBJECTS = ("dict_type", "model_type", "model_attributes_type")
"""Kinds of fault where an object was expected and something else found."""


def unknown(place: str, what: Sentence, name: str, known: Iterable[str]) -> Fault:
    """A name in the file that nothing answers to."""
    message = say("names the {what} “{name}”, which is not there.", what=what, name=name)
    return Fault(place, message, name, what, tuple(known))


def raise_faults(faults: Sequence[Fault], file: str) -> None:
    """Raise all faults as one error, if there are any: ``UnknownName`` for a single unknown name, else ``BadInput``."""

    def told(fault: Fault) -> Sentence:
        return say("{place} {problem}", place=fault.place, problem=fault.message)

    def alone(fault: Fault, what: Sentence) -> Sentence:
        return say("{what} ({file}, {place})", what=what, file=file, place=fault.place)

    def together(listed: tuple[Sentence, ...]) -> Sentence:
        if len(listed) <= MOST_LISTED:
            return say("The problem file {file} cannot be used: {problems}", file=file, problems=listed)
        return say(
            "The problem file {file} cannot be used: {problems} And {more} more.",
            file=file,
            problems=listed[:MOST_LISTED],
            more=len(listed) - MOST_LISTED,
        )

    hint = say("Correct the places named; the problem file reference lists every part.")
    raise_as_one(faults, told, alone, together, hint)


def faults_of_validation(error: ValidationError) -> list[Fault]:
    """A pydantic error as faults with their places in the file."""
    faults = []
    for entry in error.errors(include_url=False, include_input=False):
        parts = _without_tags(entry["loc"])
        place = path(parts) or "the file"
        if entry["type"] == "extra_forbidden":
            inside = tuple(part for part in parts[:-1] if isinstance(part, str))
            faults.append(unknown(path(parts[:-1]) or "the file", say("part"), str(parts[-1]), KEYS.get(inside, ())))
        elif parts[:-1] == ("goals",) and entry["type"] in OBJECTS:
            faults.append(
                Fault(place, say("must be a goal's name, or an object such as {form}.", form='{"id": "cost"}'))
            )
        else:
            faults.append(Fault(place, _words(entry["type"], entry["msg"], entry.get("ctx", {}))))
    return faults


def path(parts: Sequence[str | int]) -> str:
    """A place in the file as one writes it: ``pairs[3].covers[0].need``."""
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _without_tags(place: tuple[str | int, ...]) -> tuple[str | int, ...]:
    if len(place) > 2 and place[0] == "goals" and place[2] in TAGS:
        return (*place[:2], *place[3:])
    return place if place[-1:] != ("[key]",) else place[:-1]


def _words(kind: str, text: str, context: dict[str, object]) -> Sentence:
    match kind:
        case "string_pattern_mismatch":
            return say("must not hold line breaks or other control characters.")
        case "string_too_long":
            return say("must have at most {max_length} characters.", max_length=str(context["max_length"]))
        case "dict_type" | "model_type" | "model_attributes_type":
            return say("must be an object, in braces.")
        case "list_type" | "tuple_type":
            return say("must be a list, in brackets.")
        case "int_from_float":
            return say("must be a whole number.")
        case "string_unicode":
            return say("is not valid text.")
        case "missing" | "too_long":
            return say("is missing.") if kind == "missing" else say("has too many values.")
        case "int_parsing_size":
            return say("is a number that is too large.")
    return words_of_validation(kind, text, context)
