"""Accounts from the command line: make, list, disable, and links that sign in once."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any

import click

from graph import keys
from graph.account_changes import AccountStep, Stepped, make_account, step_account
from graph.accounts import ROLES, Account, Role, accounts, known_account, login_of
from web.commands.common import Shared, console, json_option, pass_shared, print_json
from web.commands.links import address_option, base_of, new_link
from web.commands.match import titled
from web.commands.user_sheet import invite_many
from web.links import link_of

LANGUAGES = ("en", "fr", "es")


@click.group()
def user() -> None:
    """Say who may come in: accounts, their roles, and links that sign in once."""


user.add_command(invite_many)


def _describing(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that describe an account; it is called with the ``Account`` they ask for."""

    @wraps(command)
    def described(
        login: str,
        name: str,
        roles: tuple[Role, ...],
        regions: tuple[str, ...],
        utilities: tuple[str, ...],
        language: str | None,
        **others: Any,
    ) -> Any:
        return command(wanted=Account(login, name, roles, regions, utilities, language), **others)

    for option in reversed(
        (
            click.argument("login"),
            click.option("--name", default="", help="How pages call this person (default: the login)."),
            click.option(
                "--role",
                "roles",
                type=click.Choice(ROLES),
                multiple=True,
                required=True,
                help="What this person is; may be given several times.",
            ),
            click.option("--region", "regions", multiple=True, help="Limits a facilitator to this region; repeatable."),
            click.option("--utility", "utilities", multiple=True, help="Utility a member speaks for; repeatable."),
            click.option("--language", type=click.Choice(LANGUAGES), help="Language of letters to this person."),
        )
    ):
        described = option(described)
    return described


@user.command()
@_describing
@click.option("--password-stdin", is_flag=True, help="Read a password from the first line of standard input.")
@json_option
@pass_shared
def add(shared: Shared, wanted: Account, password_stdin: bool, as_json: bool) -> None:
    """Make an account for LOGIN, an e-mail address or a name without spaces."""
    from web.passwords import hash_password

    password = hash_password(sys.stdin.readline().rstrip("\r\n")) if password_stdin else None
    with shared.store() as store, store.write() as transaction:
        made = make_account(transaction, replace(wanted, password_hash=password), datetime.now(UTC))
    _tell(made, as_json)


@user.command()
@_describing
@address_option
@json_option
@pass_shared
def invite(shared: Shared, wanted: Account, address: str | None, as_json: bool) -> None:
    """Make an account for LOGIN and print a link that signs in once."""
    base = base_of(address, shared.store_address)
    with shared.store() as store:
        with store.write() as transaction:
            made = make_account(transaction, wanted, datetime.now(UTC))
        _tell(made, as_json, new_link(store, made.id, base))


@user.command()
@click.argument("login")
@address_option
@json_option
@pass_shared
def reset(shared: Shared, login: str, address: str | None, as_json: bool) -> None:
    """Take LOGIN's password and sessions away and print a link that signs in once."""
    from web.settings import read_settings

    base = base_of(address, shared.store_address)
    done = _stepped(shared, login, "reset", timedelta(days=read_settings().link_days))
    _tell(done.account, as_json, link_of(base, done.key or ""))


@user.command()
@click.argument("login")
@json_option
@pass_shared
def disable(shared: Shared, login: str, as_json: bool) -> None:
    """Let LOGIN in no more: sessions, links and tokens end; the account is kept."""
    _tell(_stepped(shared, login, "disable").account, as_json)


@user.command()
@click.argument("login")
@json_option
@pass_shared
def enable(shared: Shared, login: str, as_json: bool) -> None:
    """Let LOGIN in again."""
    _tell(_stepped(shared, login, "enable").account, as_json)


@user.command()
@click.argument("login")
@click.option("--name", required=True, help="What the token is for.")
@click.option("--scope", "scopes", type=click.Choice(keys.SCOPES), multiple=True, required=True, help="Repeatable.")
@click.option("--days", type=click.IntRange(1, 366), default=90, show_default=True, help="Days after which it ends.")
@json_option
@pass_shared
def token(shared: Shared, login: str, name: str, scopes: tuple[str, ...], days: int, as_json: bool) -> None:
    """Make a token for a program that acts as LOGIN; it is shown this once."""
    with shared.store() as store, store.write() as transaction:
        account = known_account(transaction, login_of(login))
        lasts = timedelta(days=days)
        made = keys.make_token(transaction, account.id, name, scopes, datetime.now(UTC), lasts)
    if as_json:
        print_json({"token": made, "account": account.id, "scopes": list(scopes), "days": days})
    else:
        console().print(f"{made}\nIt is shown this once, and ends after {days} days.", highlight=False, markup=False)


@user.command(name="list")
@json_option
@pass_shared
def list_(shared: Shared, as_json: bool) -> None:
    """List the accounts."""
    with shared.store() as store, store.read() as reader:
        found = accounts(reader)
    if as_json:
        print_json({"accounts": [_form(account) for account in found]})
        return
    out = console()
    if not found:
        out.print("There are no accounts yet: “wop user add” makes one.", highlight=False)
        return
    table = titled("Accounts", "login", "name", "roles", "regions", "utilities", "signs in by")
    for account in found:
        way = "not at all (disabled)" if account.disabled else "password" if account.password_hash else "link"
        lists = (", ".join(part) for part in (account.roles, account.regions, account.utilities))
        table.add_row(account.id, account.name, *lists, way)
    out.print(table)


def _stepped(shared: Shared, login: str, step: AccountStep, lasts: timedelta = timedelta(0)) -> Stepped:
    with shared.store() as store, store.write() as transaction:
        return step_account(transaction, login, step, datetime.now(UTC), lasts)


def _tell(account: Account, as_json: bool, link: str | None = None) -> None:
    if as_json:
        print_json(_form(account) | ({"link": link} if link else {}))
        return
    out = console()
    state = "disabled" if account.disabled else ", ".join(account.roles)
    out.print(f"{account.id} ({account.name}): {state}.", markup=False, highlight=False)
    if link:
        out.print(f"This link signs in once: {link}", markup=False, highlight=False, soft_wrap=True)


def _form(account: Account) -> dict[str, object]:
    return {
        "id": account.id,
        "name": account.name,
        "roles": list(account.roles),
        "regions": list(account.regions),
        "utilities": list(account.utilities),
        "language": account.language,
        "disabled": account.disabled,
        "has_password": account.password_hash is not None,
    }
