"""What is wrong with a policy, in the words of the one who wrote it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from pydantic import ValidationError

from graph.errors import BadInput, UnknownName, did_you_mean
from graph.sentences import Sentence, Value, say
from matcher.policy_settings import SETTINGS_SHOWN

LineOf: TypeAlias = Callable[[str], int | None]
"""The line of a file on which a key (``rules.distance.near_km``) stands; ``None`` where it is not known."""

_TITLES = {".".join(setting.path): setting.title for setting in SETTINGS_SHOWN}


@dataclass(frozen=True, slots=True)
class PolicyProblem:
    """One problem at one key (``rules.size_ratio.weight``); ``known`` are the names it could have been."""

    key: str
    message: Sentence
    unknown: str = ""
    what: Sentence | None = None
    known: tuple[str, ...] = ()

    def sentence(self, line: int | None = None) -> Sentence:
        """Line, key and problem, with what the editor calls the key, and the nearest names where there are any."""
        title = _TITLES.get(self.key)
        key: Value = self.key if title is None else say("{key} (“{title}”)", key=self.key, title=title)
        if line is None:
            said = say("{key}: {problem}", key=key, problem=self.message)
        else:
            said = say("line {line}, {key}: {problem}", line=str(line), key=key, problem=self.message)
        hint = did_you_mean(self.unknown, self.known) if self.unknown else None
        return say("{said} {hint}", said=said, hint=hint) if hint else said


def unknown_name(key: str, what: Sentence, name: str, known: Iterable[str]) -> PolicyProblem:
    """A name in a policy that nothing answers to."""
    message = say("there is no {what} called “{name}”.", what=what, name=name)
    return PolicyProblem(key, message, name, what, tuple(known))


def raise_problems(problems: Sequence[PolicyProblem], source: str, line: LineOf = lambda _key: None) -> None:
    """Raise all of them at once; a single unknown name as ``UnknownName``, anything else as ``BadInput``."""
    if not problems:
        return
    first = problems[0]
    if len(problems) == 1 and first.what is not None:
        if (at := line(first.key)) is None:
            what = say("{what} (policy {file}, key {key})", what=first.what, file=source, key=first.key)
        else:
            place = {"file": source, "line": str(at), "key": first.key}
            what = say("{what} (policy {file}, line {line}, key {key})", what=first.what, **place)
        raise UnknownName(what, first.unknown, first.known)
    raise BadInput(
        say(
            "The policy {file} cannot be used: {problems}",
            file=source,
            problems=tuple(problem.sentence(line(problem.key)) for problem in problems),
        ),
        say("Correct the keys named; the policy reference lists every key."),
    )


def problems_of_validation(
    error: ValidationError,
    known_keys: Collection[tuple[tuple[str, ...], tuple[str, ...]]],
    prefix: tuple[str, ...] = (),
) -> list[PolicyProblem]:
    """A pydantic error as problems; ``known_keys`` pairs a path (list positions left out) with its keys."""
    keys_at = dict(known_keys)
    problems = []
    for entry in error.errors(include_url=False):
        place = (*prefix, *entry["loc"])
        key = ".".join(str(part) for part in place)
        if entry["type"] == "extra_forbidden":
            path = tuple(part for part in place[:-1] if isinstance(part, str))
            problems.append(unknown_name(key, say("setting"), str(place[-1]), keys_at.get(path, ())))
        else:
            problems.append(
                PolicyProblem(key or "policy", words_of_validation(entry["type"], entry["msg"], entry.get("ctx", {})))
            )
    return problems


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
