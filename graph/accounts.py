"""Accounts: who may come in, and as what."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal, get_args

from graph.errors import BadInput, UnknownName
from graph.rounds import moment
from graph.sentences import say
from graph.store import Reader, Transaction

Role = Literal["utility", "planner", "facilitator", "administrator"]
ROLES: tuple[Role, ...] = get_args(Role)
LONGEST_LOGIN = 200


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may come in; ``id`` is the name to sign in with, an e-mail address for most.

    ``regions`` limit a facilitator to the utilities there (empty: none is left out); ``utilities`` are those a member
    speaks for. Without ``password_hash`` only a link signs in, or a provider of sign-ins: ``subject`` is its address
    and, after a space, what it calls the person. ``made_at`` is an ISO time in UTC; ``version`` counts what
    administrators changed (``graph.account_changes``).
    """

    id: str
    name: str
    roles: tuple[Role, ...]
    regions: tuple[str, ...] = ()
    utilities: tuple[str, ...] = ()
    language: str | None = None
    password_hash: str | None = None
    disabled: bool = False
    made_at: str | None = None
    subject: str | None = None
    version: int = 1


_FIELDS = tuple(field.name for field in fields(Account))


def login_of(text: str) -> str:
    """The one form of a name to sign in with: without spaces around it, in small letters.

    Raises ``BadInput`` for one that is empty, too long, or holds spaces or unprintable characters.
    """
    login = unicodedata.normalize("NFKC", text).strip().casefold()
    if not login or len(login) > LONGEST_LOGIN or not login.isprintable() or any(map(str.isspace, login)):
        raise BadInput(
            say("“{login}” cannot be a name to sign in with.", login=text[:LONGEST_LOGIN]),
            say("Give an e-mail address, or a name of up to {most} characters without spaces.", most=LONGEST_LOGIN),
        )
    return login


def read_account(reader: Reader, login: str) -> Account | None:
    """The account with this id."""
    found = _accounts(reader.nodes("Account", [login]))
    return found[0] if found else None


def known_account(reader: Reader, login: str) -> Account:
    """The account with this id; raises ``UnknownName`` where there is none."""
    found = read_account(reader, login)
    if found is None:
        raise UnknownName(say("account"), login, reader.nodes("Account")["id"])
    return found


def accounts(reader: Reader) -> list[Account]:
    """All accounts, by id."""
    return _accounts(reader.nodes("Account"))


def account_of_subject(reader: Reader, subject: str) -> Account | None:
    """The account linked to a subject of a provider of sign-ins."""
    return next((account for account in accounts(reader) if account.subject == subject), None)


def put_account(transaction: Transaction, account: Account, now: datetime) -> Account:
    """Make an account, or change it; the account as it is kept.

    Raises ``BadInput`` for roles that do not go with what is given, ``UnknownName`` for a role, region or utility
    nobody knows.
    """
    _check(transaction, account)
    made_at = account.made_at or moment(now)
    row = {name: [getattr(account, name)] for name in _FIELDS}
    transaction.merge_nodes("Account", {**row, "disabled": [account.disabled or None], "made_at": [made_at]})
    return known_account(transaction, account.id)


def _check(reader: Reader, account: Account) -> None:
    for role in account.roles:
        if role not in ROLES:
            raise UnknownName(say("role"), role, ROLES)
    if not account.roles:
        raise BadInput(
            say("The account {login} has no role.", login=account.id), say("Give one of {roles}.", roles=ROLES)
        )
    if bool(account.utilities) != ("utility" in account.roles):
        raise BadInput(
            say("The role “utility” and the utilities an account speaks for go together."),
            say("Name at least one utility for this role, and none without it."),
        )
    if account.regions and "facilitator" not in account.roles:
        raise BadInput(say("Only a facilitator is limited to regions."), say("Leave the regions out, or add the role."))
    for label, what, ids in (
        ("Region", say("region"), account.regions),
        ("Utility", say("utility"), account.utilities),
    ):
        known = set(reader.nodes(label, ids)["id"]) if ids else set()
        for id in ids:
            if id not in known:
                raise UnknownName(what, id, reader.nodes(label)["id"])


def _accounts(columns: dict[str, list[Any]]) -> list[Account]:
    rows = zip(*(columns[name] for name in _FIELDS), strict=True)
    found = []
    for row in rows:
        kept = dict(zip(_FIELDS, row, strict=True))
        for name in ("roles", "regions", "utilities"):
            kept[name] = kept[name] or ()
        kept["version"] = kept["version"] or 1
        kept["disabled"] = bool(kept["disabled"])
        kept["name"] = kept["name"] or kept["id"]
        found.append(Account(**kept))
    return found
