"""What an administrator does to accounts, on a page or by ``wop user``: each change is part of one transaction.

A change names the version it was decided on, makes the next one, and is kept with who made it: the second of two
administrators reads what the first did and overwrites nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from graph import keys
from graph.accounts import Account, accounts, known_account, login_of, put_account, read_account
from graph.errors import BadInput, Conflict, Overtaken
from graph.rounds import moment
from graph.sentences import Sentence, Value, say
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
FIELDS: Mapping[str, Sentence] = {
    "name": say("Name"),
    "roles": say("Roles"),
    "regions": say("Regions"),
    "utilities": say("Utilities"),
    "language": say("Language of letters"),
}
"""The fields that are changed by hand, in the order they are told."""
_STEPPED: Mapping[str, Sentence] = {
    "disable": say("let in no more"),
    "enable": say("let in again"),
    "reset": say("the password was taken away"),
}
NOTHING = say("none")
WITH_LINK: tuple[AccountStep, ...] = ("link", "reset")


@dataclass(frozen=True, slots=True)
class Stepped:
    """An account after a step, and the key of the new link that signs in once, where the step makes one."""

    account: Account
    key: str | None = None


@dataclass(frozen=True, slots=True)
class AccountChange:
    """One change of an account, which made version ``number``: a step, or ``change`` with fields before and after."""

    number: int
    at: str
    who: str
    step: str
    fields: Mapping[str, tuple[Any, Any]]

    def told(self) -> Sentence:
        """What was done."""
        if self.step in _STEPPED:
            return _STEPPED[self.step]
        return say(
            "changed {fields}",
            fields=tuple(
                say("{field}: {now} (before: {before})", field=title, now=_value(now), before=_value(before))
                for name, title in FIELDS.items()
                if name in self.fields
                for before, now in (self.fields[name],)
            ),
        )


def changes_of(reader: Reader, account: Account, after: int = 1) -> list[AccountChange]:
    """What administrators changed of an account since a version, oldest first."""
    ids = [f"{account.id}/{number}" for number in range(after + 1, account.version + 1)]
    rows = reader.nodes("AccountChange", ids)
    found = zip(*(rows[name] for name in ("number", "at", "who", "step")), map(json.loads, rows["body"]), strict=True)
    return sorted((AccountChange(*row) for row in found), key=lambda each: each.number)


def make_account(transaction: Transaction, wanted: Account, now: datetime) -> Account:
    """Make an account; raises ``BadInput`` where there is one of this login, and as ``put_account`` does."""
    id = login_of(wanted.id)
    if read_account(transaction, id) is not None:
        raise BadInput(
            say("There is an account {login} already.", login=id),
            say("Choose it from the list of people; “wop user reset {login}” gives it a new link.", login=id),
        )
    return put_account(transaction, replace(wanted, id=id, name=wanted.name.strip() or id), now)


def change_account(
    transaction: Transaction,
    login: str,
    changes: Mapping[str, Any],
    now: datetime,
    *,
    who: str = "",
    seen: int | None = None,
    step: str = "change",
) -> Account:
    """Change fields of an account; what changes nothing makes no version.

    Raises ``UnknownName`` where there is none, ``Overtaken`` where ``seen`` is no longer its version (it says who did
    what since), ``Conflict`` where no administrator would be left, and as ``put_account``.
    """
    before = known_account(transaction, login_of(login))
    if seen is not None and seen != before.version:
        raise _overtaken(before, changes_of(transaction, before, seen), seen)
    wanted = replace(before, **changes)
    if wanted == before:
        return before
    after = put_account(transaction, replace(wanted, version=before.version + 1), now)
    if _administers(before) and not _administers(after) and not _others_administer(transaction, after.id, now):
        raise Conflict(
            say("{login} is the last administrator who can come in; nothing was changed.", login=after.id),
            say("Give somebody else this role first."),
        )
    _note(transaction, before, after, step, who, now)
    return after


def step_account(
    transaction: Transaction,
    login: str,
    step: AccountStep,
    now: datetime,
    lasts: timedelta,
    *,
    who: str = "",
    seen: int | None = None,
) -> Stepped:
    """Take one step with an account; ``lasts`` is how long a new link is good.

    Raises as ``change_account``, and ``Conflict`` for a link to a disabled account.
    """
    account = change_account(transaction, login, _CHANGES.get(step, {}), now, who=who, seen=seen, step=step)
    for label in LOSES[step]:
        keys.end_keys(transaction, label, account.id)
    if step not in WITH_LINK:
        return Stepped(account)
    if account.disabled:
        raise Conflict(say("The account {login} is disabled.", login=account.id), say("Enable it first."))
    return Stepped(account, keys.make_link(transaction, account.id, now, lasts))


def _note(transaction: Transaction, before: Account, after: Account, step: str, who: str, now: datetime) -> None:
    fields = {name: (getattr(before, name), getattr(after, name)) for name in FIELDS}
    body = {name: [old, new] for name, (old, new) in fields.items() if old != new}
    transaction.merge_nodes(
        "AccountChange",
        {
            "id": [f"{after.id}/{after.version}"],
            "account": [after.id],
            "number": [after.version],
            "at": [moment(now)],
            "who": [who],
            "step": [step],
            "body": [json.dumps(body, ensure_ascii=False, sort_keys=True)],
        },
    )


def _overtaken(account: Account, since: Sequence[AccountChange], seen: int) -> Overtaken:
    if seen > account.version:
        return Overtaken(
            say("This account has no version {version} yet.", version=seen),
            say("Look at the present state."),
            version=account.version,
        )
    done = tuple(
        say(
            "{who} at {at}: {what}.",
            who=each.who or say("Somebody on the command line"),
            at=each.at[:16].replace("T", " "),
            what=each.told(),
        )
        for each in since
    )
    return Overtaken(
        say("Somebody else changed this account first; nothing of yours was written. {changes}", changes=done),
        say("Look at the present state, then do it again."),
        version=account.version,
        changes=done,
    )


def _value(value: Any) -> Value:
    if isinstance(value, (list, tuple)):
        return tuple(str(each) for each in value) if value else NOTHING
    return str(value) if value else NOTHING


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
