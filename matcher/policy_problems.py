"""What is wrong with a policy, in the words of the one who wrote it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TypeAlias

from pydantic import ValidationError

from graph.sentences import Sentence, Value, say
from matcher.faults import Fault, raise_as_one, words_of_validation
from matcher.policy_settings import SETTINGS_SHOWN

LineOf: TypeAlias = Callable[[str], int | None]
"""The line of a file on which a key (``rules.distance.near_km``) stands; ``None`` where it is not known."""

_TITLES = {".".join(setting.path): setting.title for setting in SETTINGS_SHOWN}


def unknown_name(key: str, what: Sentence, name: str, known: Iterable[str]) -> Fault:
    """A name in a policy that nothing answers to."""
    message = say("there is no {what} called “{name}”.", what=what, name=name)
    return Fault(key, message, name, what, tuple(known))


def raise_problems(faults: Sequence[Fault], source: str, line: LineOf = lambda _key: None) -> None:
    """Raise all of them at once; a single unknown name as ``UnknownName``, anything else as ``BadInput``."""

    def told(fault: Fault) -> Sentence:
        """Line, key and problem, with what the editor calls the key."""
        title, at = _TITLES.get(fault.place), line(fault.place)
        key: Value = fault.place if title is None else say("{key} (“{title}”)", key=fault.place, title=title)
        if at is None:
            return say("{key}: {problem}", key=key, problem=fault.message)
        return say("line {line}, {key}: {problem}", line=str(at), key=key, problem=fault.message)

    def alone(fault: Fault, what: Sentence) -> Sentence:
        if (at := line(fault.place)) is None:
            return say("{what} (policy {file}, key {key})", what=what, file=source, key=fault.place)
        place = {"file": source, "line": str(at), "key": fault.place}
        return say("{what} (policy {file}, line {line}, key {key})", what=what, **place)

    def together(listed: tuple[Sentence, ...]) -> Sentence:
        return say("The policy {file} cannot be used: {problems}", file=source, problems=listed)

    hint = say("Correct the keys named; the policy reference lists every key.")
    raise_as_one(faults, told, alone, together, hint)


def problems_of_validation(
    error: ValidationError,
    known_keys: Collection[tuple[tuple[str, ...], tuple[str, ...]]],
    prefix: tuple[str, ...] = (),
) -> list[Fault]:
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
                Fault(key or "policy", words_of_validation(entry["type"], entry["msg"], entry.get("ctx", {})))
            )
    return problems
