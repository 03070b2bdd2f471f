"""What is wrong with a problem file: each fault with its place, all of them told as one error."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from graph.errors import BadInput, UnknownName, did_you_mean
from graph.sentences import Sentence, say
from matcher.policy_problems import words_of_validation
from matcher.problem_form import KEYS

MOST_LISTED = 8
"""So many faults are listed; the others are counted."""

TAGS = ("name", "own")
"""Parts of pydantic's places that stand for the kind of a goal, not for anything in the file."""


OBJECTS = ("dict_type", "model_type", "model_attributes_type")
"""Kinds of fault where an object was expected and something else found."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault at one place (``pairs[3].score``); an unknown name with the names there are."""

    place: str
    message: Sentence
    unknown: str = ""
    what: Sentence | None = None
    known: tuple[str, ...] = ()

    def sentence(self) -> Sentence:
        """Place and fault, with the nearest names where there are any."""
        said = say("{place} {problem}", place=self.place, problem=self.message)
        hint = did_you_mean(self.unknown, self.known) if self.unknown else None
        return say("{said} {hint}", said=said, hint=hint) if hint else said


def unknown(place: str, what: Sentence, name: str, known: Iterable[str]) -> Fault:
    """A name in the file that nothing answers to."""
    message = say("names the {what} “{name}”, which is not there.", what=what, name=name)
    return Fault(place, message, name, what, tuple(known))


def raise_faults(faults: Sequence[Fault], file: str) -> None:
    """Raise all faults as one error, if there are any: ``UnknownName`` for a single unknown name, else ``BadInput``."""
    if not faults:
        return
    first = faults[0]
    if len(faults) == 1 and first.what is not None:
        what = say("{what} ({file}, {place})", what=first.what, file=file, place=first.place)
        raise UnknownName(what, first.unknown, first.known)
    hint = say("Correct the places named; the problem file reference lists every part.")
    listed = tuple(fault.sentence() for fault in faults[:MOST_LISTED])
    if len(faults) > MOST_LISTED:
        raise BadInput(
            say(
                "The problem file {file} cannot be used: {problems} And {more} more.",
                file=file,
                problems=listed,
                more=len(faults) - MOST_LISTED,
            ),
            hint,
        )
    raise BadInput(say("The problem file {file} cannot be used: {problems}", file=file, problems=listed), hint)


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
