"""Every error a user can meet, in one tree.

    WopError                 what went wrong, and the next step            exit 1, HTTP 500
    +-- BadInput             something the user gave cannot be used        exit 2, HTTP 400
    |   +-- UnknownName      a name nothing answers to ("did you mean")    exit 2, HTTP 404
    |   +-- TooLarge         over a named setting                          exit 2, HTTP 413
    |   +-- ImportProblems   every problem of one import, at once          exit 2, HTTP 422
    |   +-- KeyUsed          one key of a repetition for two requests      exit 2, HTTP 422
    +-- NothingFeasible      pins, forbids and limits contradict           exit 3, HTTP 422
    +-- CrossSite            sent by a page of another site, and refused   exit 1, HTTP 403
    +-- SignInNeeded         nobody is signed in, or not with this         exit 1, HTTP 401
    +-- Forbidden            who is signed in may not do this              exit 1, HTTP 403
    +-- TooOften             tried in vain too often (try again later)     exit 1, HTTP 429
    +-- Conflict             somebody else changed it first (try again)    exit 1, HTTP 409
    |   +-- Overtaken        ... since the version that was looked at      exit 1, HTTP 409
    |   +-- Outdated         ... and the header If-Match says which        exit 1, HTTP 412
    +-- StoreUnavailable     the store cannot be reached (try again)       exit 1, HTTP 503
    +-- QueueUnavailable     the job queue cannot be reached (try again)   exit 1, HTTP 503
    +-- MailUnavailable      the mail server takes no letters (try again)  exit 1, HTTP 503
    +-- ProviderUnavailable  the provider of sign-ins does not answer      exit 1, HTTP 503
    +-- StoreTooNew          written by a newer version of the service     exit 1, HTTP 503
    +-- Busy                 others are being answered (try again)         exit 1, HTTP 503
    +-- Cancelled            the user stopped it                           exit 1, HTTP 409
    +-- Unverified           a result failed its own check: our fault      exit 1, HTTP 500

The command line and the pages only ever look at ``exit_code``, ``http_status``, ``retry_helps``, ``message``
and ``hint``; nothing else about an error decides what a user sees.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from graph.sentences import Sentence, say


class WopError(Exception):
    """The root: a sentence that says what is wrong, and a hint with the next step."""

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500
    retry_helps: ClassVar[bool] = False

    def __init__(self, message: Sentence, hint: Sentence | None = None) -> None:
        super().__init__(str(message))
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}" if self.hint else str(self.message)


class BadInput(WopError):
    """Something the user gave cannot be used as it is."""

    exit_code = 2
    http_status = 400


class UnknownName(BadInput):
    """A name nothing answers to; the hint carries the nearest names there are."""

    http_status = 404

    def __init__(self, what: Sentence, name: str, known: Iterable[str]) -> None:
        super().__init__(say("There is no {what} called “{name}”.", what=what, name=name), did_you_mean(name, known))


class TooLarge(BadInput):
    """Over a limit that a named setting sets."""

    http_status = 413


@dataclass(frozen=True, slots=True)
class ImportProblem:
    """One thing wrong in one place of an import; empty parts are not known or do not apply."""

    file: str
    message: Sentence
    sheet: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""
    hint: Sentence | None = None

    def place(self) -> str:
        """Where it is, for a person: file, sheet, row, column."""
        parts = [self.file, self.sheet, f"row {self.row}" if self.row is not None else "", self.column]
        return ", ".join(part for part in parts if part)


class ImportProblems(BadInput):
    """All problems of an import; nothing was written. ``count`` may be more than are listed in ``problems``."""

    http_status = 422

    def __init__(self, problems: Sequence[ImportProblem], count: int | None = None) -> None:
        self.problems = tuple(problems)
        self.count = len(self.problems) if count is None else count
        if self.count == 1:
            message = say("One problem was found; nothing was imported.")
        elif self.count == len(self.problems):
            message = say("{count} problems were found; nothing was imported.", count=self.count)
        else:
            message = say(
                "{count} problems were found; nothing was imported. The first {listed} are listed, {more} more not.",
                count=self.count,
                listed=len(self.problems),
                more=self.count - len(self.problems),
            )
        super().__init__(message, say("Correct the rows named and import again."))


class NothingFeasible(WopError):
    """What was asked contradicts itself; each reason names the pins, forbids or limits that clash."""

    exit_code = 3
    http_status = 422

    def __init__(self, reasons: Sequence[Sentence]) -> None:
        super().__init__(
            say("No proposal can satisfy all pins, forbids and limits: {reasons}", reasons=tuple(reasons)),
            say("Relax one of them and run again."),
        )
        self.reasons = tuple(reasons)


class KeyUsed(BadInput):
    """The key by which a program names a request was used for another one."""

    http_status = 422


class CrossSite(WopError):
    """A change that another site's page asked for; it was not made."""

    http_status = 403


class SignInNeeded(WopError):
    """Nobody is signed in, or what was shown to sign in is not right."""

    http_status = 401


class Forbidden(WopError):
    """Who is signed in may not do this."""

    http_status = 403


class TooOften(WopError):
    """Something was tried in vain so often that it has to wait."""

    http_status = 429
    retry_helps = True


class Conflict(WopError):
    """Somebody else changed the same thing first."""

    http_status = 409
    retry_helps = True


class Overtaken(Conflict):
    """Decided on a version that somebody else has changed since; ``version`` is the present one, ``changes`` say what
    was done since."""

    def __init__(
        self, message: Sentence, hint: Sentence | None = None, *, version: int, changes: Sequence[Sentence] = ()
    ) -> None:
        super().__init__(message, hint)
        self.version = version
        self.changes = tuple(changes)


class Outdated(Conflict):
    """The version a request is made for is not the present one; the message says what others did."""

    http_status = 412
    retry_helps = False


class StoreUnavailable(WopError):
    """The store cannot be reached or is locked; nothing was lost."""

    http_status = 503
    retry_helps = True


class QueueUnavailable(WopError):
    """The queue of jobs cannot be reached; nothing was lost."""

    http_status = 503
    retry_helps = True


class MailUnavailable(WopError):
    """The mail server cannot be reached, or does not let us in; ``unsure``: it may have taken the letter at hand."""

    http_status = 503
    retry_helps = True
    unsure = False


class ProviderUnavailable(WopError):
    """The provider with which people sign in cannot be reached, or does not answer as it should."""

    http_status = 503
    retry_helps = True


class StoreTooNew(WopError):
    """The store was written by a newer version than this one; nothing was lost, and waiting does not help."""

    http_status = 503


class Busy(WopError):
    """Others are being answered first; the wait a setting allows is over and nothing was done."""

    http_status = 503
    retry_helps = True


class Cancelled(WopError):
    """The user stopped the work."""

    http_status = 409


class Unverified(WopError):
    """A result did not pass the independent check; it is never shown."""


def nearest(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """The known names nearest to a mistyped one, best first (Ratcliff-Obershelp similarity of difflib)."""
    by_folded = {candidate.casefold(): candidate for candidate in known}
    return [
        by_folded[match] for match in difflib.get_close_matches(name.casefold(), list(by_folded), n=count, cutoff=0.6)
    ]


def did_you_mean(name: str, known: Iterable[str]) -> Sentence | None:
    """The hint that names the nearest known names, or none where nothing is near."""
    near = nearest(name, known)
    return say("Did you mean {names}?", names=tuple(say("“{name}”", name=match) for match in near)) if near else None
