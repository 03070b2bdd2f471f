"""Whose account it is that a provider vouches for: by the subject linked to it, or by a verified e-mail address."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from graph.accounts import Account, Role, account_of_subject, login_of, put_account, read_account
from graph.errors import BadInput, SignInNeeded
from graph.sentences import say
from graph.store import Transaction
from web.provider import Somebody


def account_for(transaction: Transaction, who: Somebody, new: Role | None, now: datetime) -> Account:
    """The account of somebody; the first time it is found by the address, and from then on by the subject.

    ``new`` is the role of accounts made for whoever has none (``None``: none are made). Raises ``SignInNeeded`` where
    there is none, it is disabled, or it belongs to another subject already.
    """
    subject = f"{who.issuer} {who.subject}"
    account = account_of_subject(transaction, subject)
    if account is None and who.email is not None:
        login = _login(who.email)
        account = read_account(transaction, login) if login is not None else None
        if account is not None and account.subject is None and not account.disabled:
            account = put_account(transaction, replace(account, subject=subject), now)
        elif account is None and login is not None and new is not None:
            made = Account(login, who.name or login, (new,), subject=subject)
            account = put_account(transaction, made, now)
    if account is None or account.disabled or account.subject != subject:
        raise SignInNeeded(
            say("You are known there, but no account here is yours."),
            say("Ask whoever runs this service for one, by the e-mail address that was verified there."),
        )
    return account


def _login(email: str) -> str | None:
    try:
        return login_of(email)
    except BadInput:
        return None
