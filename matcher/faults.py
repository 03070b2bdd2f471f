"""What is wrong with a file somebody wrote: each fault at its place, all of them told as one error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from graph.errors import BadInput, UnknownName, did_you_mean
from graph.sentences import Sentence, say


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault at one place (``rules.size_ratio.weight``); an unknown name with ``what`` it is and the names known."""

    place: str
    message: Sentence
    unknown: str = ""
    what: Sentence | None = None
    known: tuple[str, ...] = ()


Told: TypeAlias = Callable[[Fault], Sentence]
"""Place and fault as a sentence."""


def raise_as_one(
    faults: Sequence[Fault],
    told: Told,
    alone: Callable[[Fault, Sentence], Sentence],
    together: Callable[[tuple[Sentence, ...]], Sentence],
    hint: Sentence,
) -> None:
    """Raise all faults as one error, if there are any.

    A single unknown name is an ``UnknownName`` of what ``alone`` says, anything else a ``BadInput`` of what
    ``together`` makes of the sentences of all.
    """
    if not faults:
        return
    first = faults[0]
    if len(faults) == 1 and first.what is not None:
        raise UnknownName(alone(first, first.what), first.unknown, first.known)
    raise BadInput(together(tuple(_with_nearest(told(fault), fault) for fault in faults)), hint)


def _with_nearest(said: Sentence, fault: Fault) -> Sentence:
    """The sentence with the nearest names, where there are any."""
    hint = did_you_mean(fault.unknown, fault.known) if fault.unknown else None
    return say("{said} {hint}", said=said, hint=hint) if hint else said


def words_of_validation(kind: str, text: str, context: dict[str, object]) -> Sentence:
    """Our sentence for a kind of validation error; ``text`` is pydantic's own, for the rare rest."""
    known = {key: value if isinstance(value, int | float) else str(value) for key, value in context.items()}
    match kind:
        case "missing":
            return say("is missing.")
        case "greater_than_equal":
            return say("must be at least {ge}.", **known)
        case "greater_than":
            return say("must be more than {gt}.", **known)
        case "less_than_equal":
            return say("must be at most {le}.", **known)
        case "less_than":
            return say("must be less than {lt}.", **known)
        case "literal_error":
            return say("must be one of {expected}.", **known)
        case "float_type" | "finite_number":
            return say("must be a number.")
        case "int_type":
            return say("must be a whole number.")
        case "bool_type":
            return say("must be true or false.")
        case "string_type":
            return say("must be a text.")
        case "string_too_short" | "too_short":
            return say("must not be empty.")
        case "string_pattern_mismatch":
            return say("must be lower-case letters, digits and underscores, beginning with a letter.")
        case "tuple_type" | "list_type":
            return say("must be a list.")
        case "dict_type" | "model_type" | "model_attributes_type":
            return say("must be a table.")
        case "value_error":
            return say("{problem}.", problem=str(context.get("error", text)))
    return say("{problem}.", problem=text)
