"""What somebody shows to be let in: sessions, single-use links, tokens of programs; and how often it was tried.

A key is 256 random bits; the store has only its SHA-256, which nobody turns back. So neither a copy of the store nor
its backup lets anybody in. Each key ends at a time of its own; what has ended is deleted when others are made.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from graph.rounds import moment
from graph.store import Reader, Transaction

LONGEST_AGENT = 200
SCOPES = ("read", "solve", "write", "admin")
"""What a token may be used for: reading, asking for matches, other changes, accounts."""

KINDS = ("Session", "SignInLink", "ApiToken", "Attempts")


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody signed in; ``id`` is the key's hash, times are ISO in UTC, ``agent`` what the browser said it is."""

    id: str
    account: str
    made_at: str
    seen_at: str
    ends_at: str
    agent: str
    by_link: bool


@dataclass(frozen=True, slots=True)
class ApiToken:
    """What a program shows; ``scopes`` are what it may be used for."""

    id: str
    account: str
    name: str
    scopes: tuple[str, ...]
    made_at: str
    ends_at: str


def hashed(key: str) -> str:
    """The form in which a key is kept."""
    return hashlib.sha256(key.encode()).hexdigest()


def begin_session(
    transaction: Transaction, account: str, now: datetime, lasts: timedelta, agent: str, *, by_link: bool
) -> str:
    """Make a session and give its key."""
    _forget_ended(transaction, now)
    row = {"account": account, "made_at": moment(now), "seen_at": moment(now), "ends_at": moment(now + lasts)}
    return _keep(transaction, "Session", {**row, "agent": _plain(agent), "by_link": by_link})


def read_session(reader: Reader, id: str) -> Session | None:
    """The session with this id, whether it has ended or not."""
    found = _sessions(reader.nodes("Session", [id]))
    return found[0] if found else None


def sessions_of(reader: Reader, account: str, now: datetime) -> list[Session]:
    """The sessions of an account that have not ended, the last seen first."""
    found = [s for s in _sessions(reader.nodes("Session")) if s.account == account and s.ends_at > moment(now)]
    return sorted(found, key=lambda session: (session.seen_at, session.id), reverse=True)


def touch_session(transaction: Transaction, id: str, now: datetime) -> None:
    """Note that a session was used; nothing where it was ended meanwhile."""
    if transaction.nodes("Session", [id])["id"]:
        transaction.merge_nodes("Session", {"id": [id], "seen_at": [moment(now)]})


def end_keys(transaction: Transaction, label: str, account: str, ids: Iterable[str] | None = None) -> int:
    """End the keys of a kind (``Session``, ``SignInLink``, ``ApiToken``) of an account, all or those with these ids;
    how many there were. Those of other accounts stay."""
    columns = transaction.nodes(label, None if ids is None else list(ids))
    own = [id for id, owner in zip(columns["id"], columns["account"], strict=True) if owner == account]
    return transaction.delete_nodes(label, own)


def make_link(transaction: Transaction, account: str, now: datetime, lasts: timedelta) -> str:
    """Make a link that signs in once and give its key."""
    _forget_ended(transaction, now)
    row = {"account": account, "made_at": moment(now), "ends_at": moment(now + lasts)}
    return _keep(transaction, "SignInLink", row)


def account_of_link(reader: Reader, key: str, now: datetime) -> str | None:
    """Whose link this is; ``None`` for one that is unknown, used or ended."""
    columns = reader.nodes("SignInLink", [hashed(key)])
    return next((a for a, ends in zip(columns["account"], columns["ends_at"], strict=True) if ends > moment(now)), None)


def count_of(reader: Reader, label: str, account: str, now: datetime) -> int:
    """How many keys of a kind (as for ``end_keys``) an account has that have not ended."""
    columns = reader.nodes(label)
    rows = zip(columns["account"], columns["ends_at"], strict=True)
    return sum(owner == account and ends > moment(now) for owner, ends in rows)


def use_link(transaction: Transaction, key: str, now: datetime) -> str | None:
    """Use a link up: whose it was, ``None`` for one that is unknown, used or ended."""
    account = account_of_link(transaction, key, now)
    transaction.delete_nodes("SignInLink", [hashed(key)])
    return account


def make_token(
    transaction: Transaction, account: str, name: str, scopes: tuple[str, ...], now: datetime, lasts: timedelta
) -> str:
    """Make a token for a program and give its key, which is never shown again."""
    _forget_ended(transaction, now)
    row = {"account": account, "name": name, "scopes": scopes, "made_at": moment(now), "ends_at": moment(now + lasts)}
    return _keep(transaction, "ApiToken", row)


def read_token(reader: Reader, key: str, now: datetime) -> ApiToken | None:
    """The token of this key; ``None`` for one that is unknown or ended."""
    found = _tokens(reader.nodes("ApiToken", [hashed(key)]))
    return found[0] if found and found[0].ends_at > moment(now) else None


def tokens_of(reader: Reader, account: str, now: datetime) -> list[ApiToken]:
    """The tokens of an account that have not ended, by name."""
    found = [t for t in _tokens(reader.nodes("ApiToken")) if t.account == account and t.ends_at > moment(now)]
    return sorted(found, key=lambda token: (token.name.casefold(), token.made_at))


def attempts(reader: Reader, what: str, now: datetime) -> int:
    """How often something was tried in vain lately."""
    columns = reader.nodes("Attempts", [hashed(what)])
    counts = zip(columns["count"], columns["ends_at"], strict=True)
    return next((count or 0 for count, ends in counts if ends > moment(now)), 0)


def count_attempt(transaction: Transaction, what: str, now: datetime, lasts: timedelta) -> int:
    """Count one more attempt, for ``lasts`` from the first on; how many there are."""
    _forget_ended(transaction, now)
    id, before = hashed(what), attempts(transaction, what, now)
    ends = {} if before else {"ends_at": [moment(now + lasts)]}
    transaction.merge_nodes("Attempts", {"id": [id], "count": [before + 1], **ends})
    return before + 1


def forget_attempts(transaction: Transaction, what: str) -> None:
    """Begin counting anew."""
    transaction.delete_nodes("Attempts", [hashed(what)])


def _keep(transaction: Transaction, label: str, row: Mapping[str, object]) -> str:
    key = secrets.token_urlsafe(32)
    transaction.merge_nodes(label, {"id": [hashed(key)], **{name: [value] for name, value in row.items()}})
    return key


def _forget_ended(transaction: Transaction, now: datetime) -> None:
    for label in KINDS:
        columns = transaction.nodes(label)
        ended = [id for id, ends in zip(columns["id"], columns["ends_at"], strict=True) if ends <= moment(now)]
        if ended:
            transaction.delete_nodes(label, ended)


def _sessions(columns: dict[str, list[Any]]) -> list[Session]:
    names = ("id", "account", "made_at", "seen_at", "ends_at", "agent", "by_link")
    return [Session(*row) for row in zip(*(columns[name] for name in names), strict=True)]


def _tokens(columns: dict[str, list[Any]]) -> list[ApiToken]:
    names = ("id", "account", "name", "scopes", "made_at", "ends_at")
    return [ApiToken(*row) for row in zip(*(columns[name] for name in names), strict=True)]


def _plain(agent: str) -> str:
    return "".join(sign for sign in agent if sign.isprintable())[:LONGEST_AGENT]
