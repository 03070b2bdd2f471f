"""Passwords: hashed with argon2id (RFC 9106) and compared in the same time whether the account exists or not."""

from __future__ import annotations

import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from graph.errors import BadInput
from graph.sentences import say

SHORTEST, LONGEST = 10, 200

_hasher = PasswordHasher()  # the library's profile: RFC_9106_LOW_MEMORY, 64 MiB for each
_room = threading.BoundedSemaphore(2)  # so that many at once cannot take all the memory


def hash_password(password: str) -> str:
    """The form in which a password is kept; raises ``BadInput`` for one that is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadInput(
            say("A password has {shortest} to {longest} characters.", shortest=SHORTEST, longest=LONGEST),
            say("A few words one after another are good, and easy to remember."),
        )
    with _room:
        return _hasher.hash(password)


def is_password(password: str, kept: str | None) -> bool:
    """Whether this is the password that is kept; where none is, the same work is done."""
    with _room:
        try:
            return _hasher.verify(kept or _nobodys(), password[: LONGEST + 1]) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


@cache
def _nobodys() -> str:
    return _hasher.hash("the password of an account that does not exist")
