"""What an administrator does to accounts, on a page or by ``wop user``: each change is part of one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from graph import keys
from graph.accounts import Account, accounts, known_account, login_of, put_account, read_account
from graph.errors import BadInput, Conflict
from graph.rounds import moment
from graph.sentences import say
from graph.store import Reader, Transaction

AccountStep = Literal["disable", "enable", "link", "reset", "end_sessions"]
STEPS: tuple[AccountStep, ...] = get_args(AccountStep)
LOSES: Mapping[AccountStep, tuple[str, ...]] = {
    "disable": ("Session", "SignInLink", "ApiToken"),
    "enable": (),
    "link": (),
    "reset": ("Session", "SignInLink"),
    "end_sessions": ("Session",),
}
"""The keys that end with each step; a step that ends none loses nothing."""
_CHANGES: Mapping[AccountStep, Mapping[str, Any]] = {
    "disable": {"disabled": True},
    "enable": {"disabled": False},
    "reset": {"password_hash": None, "subject": None},
}
WITH_LINK: tuple[AccountStep, ...] = ("link", "reset")


@dataclass(frozen=True, slots=True)
class Stepped:
    """An account after a step, and the key of the new link that signs in once, where the step makes one."""

    account: Account
    key: str | None = None


def make_account(transaction: Transaction, wanted: Account, now: datetime) -> Account:
    """Make an account; raises ``BadInput`` where there is one of this login, and as ``put_account`` does."""
    id = login_of(wanted.id)
    if read_account(transaction, id) is not None:
        raise BadInput(
            say("There is an account {login} already.", login=id),
            say("Choose it from the list of people; “wop user reset {login}” gives it a new link.", login=id),
        )
    return put_account(transaction, replace(wanted, id=id, name=wanted.name.strip() or id), now)


def change_account(transaction: Transaction, login: str, changes: Mapping[str, Any], now: datetime) -> Account:
    """Change fields of an account.

    Raises ``UnknownName`` where there is none, ``Conflict`` where no administrator would be left, and as
    ``put_account``.
    """
    before = known_account(transaction, login_of(login))
    after = put_account(transaction, replace(before, **changes), now)
    if _administers(before) and not _administers(after) and not _others_administer(transaction, after.id, now):
        raise Conflict(
            say("{login} is the last administrator who can come in; nothing was changed.", login=after.id),
            say("Give somebody else this role first."),
        )
    return after


def step_account(transaction: Transaction, login: str, step: AccountStep, now: datetime, lasts: timedelta) -> Stepped:
    """Take one step with an account; ``lasts`` is how long a new link is good.

    Raises as ``change_account``, and ``Conflict`` for a link to a disabled account.
    """
    account = change_account(transaction, login, _CHANGES.get(step, {}), now)
    for label in LOSES[step]:
        keys.end_keys(transaction, label, account.id)
    if step not in WITH_LINK:
        return Stepped(account)
    if account.disabled:
        raise Conflict(say("The account {login} is disabled.", login=account.id), say("Enable it first."))
    return Stepped(account, keys.make_link(transaction, account.id, now, lasts))


def _administers(account: Account) -> bool:
    return "administrator" in account.roles and not account.disabled


def _others_administer(reader: Reader, login: str, now: datetime) -> bool:
    """Whether another administrator can come in: by a password, a provider, a link or a session that has not ended."""
    others = [account for account in accounts(reader) if account.id != login and _administers(account)]
    if any(account.password_hash or account.subject for account in others):
        return True
    ids = {account.id for account in others}
    for label in ("SignInLink", "Session"):
        columns = reader.nodes(label)
        live = zip(columns["account"], columns["ends_at"], strict=True)
        if any(account in ids and ends > moment(now) for account, ends in live):
            return True
    return False
