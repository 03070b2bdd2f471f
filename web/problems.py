"""The kinds of problem a program is told of: a stable name each, and where its meaning is written.

The type of a problem (RFC 9457) is ``/api/docs#problem-<name>``; names never change their meaning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from graph import errors
from graph.errors import WopError

PLACE = "/api/docs#problem-"


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """A kind of problem, as the documentation lists it."""

    name: str
    status: int
    retry_helps: bool
    meaning: str


OF_THE_PROTOCOL = (
    ProblemKind("no-such-page", 404, False, "There is nothing at this address."),
    ProblemKind("method-not-allowed", 405, False, "This address is not used with this method."),
    ProblemKind("not-understood", 400, False, "The request could not be read; the status says more."),
    ProblemKind("our-fault", 500, False, "Something went wrong on our side; nothing was changed."),
)


def problem_kind(error: type[WopError]) -> str:
    """The name of an error's kind: ``store-unavailable`` of ``StoreUnavailable``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", error.__name__).lower()


def problem_type(name: str) -> str:
    """The address that stands for a kind, and where it is explained."""
    return f"{PLACE}{name}"


def problem_kinds() -> list[ProblemKind]:
    """All kinds, by name."""
    own = [
        ProblemKind(problem_kind(kind), kind.http_status, kind.retry_helps, (kind.__doc__ or "").partition("\n")[0])
        for kind in _kinds(WopError)
        if kind.__module__ == errors.__name__
    ]
    return sorted([*own, *OF_THE_PROTOCOL], key=lambda kind: kind.name)


def _kinds(root: type[WopError]) -> Iterator[type[WopError]]:
    yield root
    for kind in root.__subclasses__():
        yield from _kinds(kind)
