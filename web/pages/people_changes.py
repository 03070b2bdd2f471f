"""Accounts as administrators change them: invite somebody, change what somebody is, and steps with one account.

What ends sessions or tokens is asked twice: the page of a person says what would be lost before its button.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, TypedDict

from flask import Response, request, url_for
from pydantic import Field, field_validator

from graph import keys
from graph.account_changes import LOSES, AccountStep, change_account, changes_of, make_account, step_account
from graph.accounts import ROLES, Account, Role, known_account, login_of
from graph.errors import BadInput
from graph.finding import find_utility
from graph.sentences import say
from graph.store import InsideReader
from matcher.document import SentenceJson
from web.action import Body, Changed, action
from web.knowledge import keeper
from web.links import link_of
from web.pages.people import AccountRow, SessionRow, account_row, pages, session_row
from web.settings import Language
from web.shown import Crumb, settings
from web.signing_in import sign_ins, signed_in
from web.twin import Query, answer, page, wants_json

CRUMBS = [Crumb(say("People"), "people.people")]
MOST_CHANGES = 20
LABELS = ("Session", "SignInLink", "ApiToken")


class PersonQuery(Query):
    """Whose account."""

    login: str = Field(default="", max_length=200, description="The name the person signs in with.")
    asks: AccountStep | None = Field(default=None, description="A step to be confirmed.")


class AccountChangeRow(TypedDict):
    """What an administrator changed, and the version it made; nobody's name: on the command line."""

    number: int
    at: str
    who: str
    what_s: SentenceJson


class Person(TypedDict):
    """Somebody's account at a version, and what was changed last; where the person is signed in; and how many keys of
    each kind are in use."""

    version: int
    account: AccountRow
    changes: list[AccountChangeRow]
    sessions: list[SessionRow]
    keys: dict[str, int]


class NewPerson(TypedDict):
    """What an account may be, and the regions a facilitator may be limited to."""

    roles: list[str]
    regions: dict[str, str]


class Described(Body):
    """Who somebody is."""

    login: str = Field(min_length=1, max_length=200, description="E-mail address, or a name without spaces.")
    name: str = Field(default="", max_length=200, description="How pages call this person; the login if absent.")
    roles: tuple[Role, ...] = Field(min_length=1, max_length=4, description="What the person is.")
    regions: tuple[str, ...] = Field(
        default=(), max_length=50, description="Ids of regions, for a facilitator of some."
    )
    utilities: tuple[str, ...] = Field(
        default=(), max_length=200, description="Ids or exact names of the utilities the person speaks for."
    )
    language: Language | None = Field(default=None, description="Language of letters to this person.")

    @field_validator("utilities", mode="before")
    @classmethod
    def _one_a_line(cls, given: Any) -> Any:
        """A form sends them in one field, separated by ``;`` or lines."""
        if isinstance(given, (list, tuple)) and all(isinstance(text, str) for text in given):
            parts = [part.strip() for text in given for part in text.replace("\n", ";").split(";")]
            return tuple(part for part in parts if part)
        return given


class Redescribed(Described):
    """Who somebody is, in place of what was known."""

    seen: int | None = Field(default=None, ge=1, description="The version that was looked at.")


class Stepping(Body):
    """One step with an account."""

    login: str = Field(min_length=1, max_length=200, description="The name the person signs in with.")
    step: AccountStep = Field(description="Disable, enable, make a link, reset (new link, old ways end), end sessions.")
    sure: bool = Field(default=False, description="Needed for steps that end sessions, links or tokens.")
    seen: int | None = Field(default=None, ge=1, description="The version that was looked at.")


class WithLink(TypedDict):
    """An account at a version, and a new link that signs in once, told this once."""

    version: int
    account: AccountRow
    link: str | None
    days: float | None


@page(pages, "/people/new", Query, NewPerson)
def new_person(_query: Query) -> Response:
    """What somebody may be invited as."""
    data = NewPerson(roles=list(ROLES), regions=_regions())
    return answer("person_new.html", data, crumbs=CRUMBS)


@page(pages, "/people/person", PersonQuery, Person)
def person(query: PersonQuery) -> Response:
    """Somebody's account, where the person is signed in, and what may be changed."""
    now = datetime.now(UTC)
    with keeper().store.read() as reader:
        account = known_account(reader, login_of(query.login))
        sessions = keys.sessions_of(reader, account.id, now)
        used = {label: keys.count_of(reader, label, account.id, now) for label in LABELS}
        changes = changes_of(reader, account, max(1, account.version - MOST_CHANGES))
    told = [
        AccountChangeRow(number=each.number, at=each.at, who=each.who, what_s=each.told().to_json())
        for each in reversed(changes)
    ]
    rows = [session_row(each, "") for each in sessions]
    data = Person(version=account.version, account=account_row(account), changes=told, sessions=rows, keys=used)
    return answer("person.html", data, crumbs=CRUMBS, asks=query.asks, roles=ROLES, regions=_regions(), loses=LOSES)


@action(pages, "/people", Described, WithLink, told_once=True)
def invite(body: Described) -> Changed:
    """Make an account, and a link that signs in once."""
    now = datetime.now(UTC)
    with keeper().store.write() as transaction:
        sign_ins().still(transaction, signed_in())
        made = make_account(transaction, _account(body, transaction), now)
        key = keys.make_link(transaction, made.id, now, _lasting())
    return _told(made, key, new=True)


@action(pages, "/people/change", Redescribed, AccountRow)
def change_person(body: Redescribed) -> Changed:
    """Change the name, roles, regions, utilities and language of an account."""
    with keeper().store.write() as transaction:
        sign_ins().still(transaction, signed_in())
        wanted = _account(body, transaction)
        names = ("name", "roles", "regions", "utilities", "language")
        changes = {name: getattr(wanted, name) for name in names}
        who = signed_in().account.id
        changed = change_account(transaction, wanted.id, changes, datetime.now(UTC), who=who, seen=body.seen)
    sign_ins().forget()
    return Changed(account_row(changed), _place(changed.id))


@action(pages, "/people/step", Stepping, WithLink, told_once=True)
def step_person(body: Stepping) -> Changed:
    """Disable or enable an account, make a link for it, reset it, or end its sessions."""
    if LOSES[body.step] and not body.sure:
        raise BadInput(
            say("This step ends what the person is signed in with."), say("Look at the person's page, then confirm it.")
        )
    with keeper().store.write() as transaction:
        who = sign_ins().still(transaction, signed_in()).id
        done = step_account(transaction, body.login, body.step, datetime.now(UTC), _lasting(), who=who, seen=body.seen)
    sign_ins().forget()
    return _told(done.account, done.key)


def _told(account: Account, key: str | None, *, new: bool = False) -> Changed:
    """What came of it; a person sees a link on a page that is never shown again."""
    base = settings().public_address.rstrip("/") or request.host_url.rstrip("/")
    link = link_of(base, key) if key is not None else None
    data = WithLink(
        version=account.version, account=account_row(account), link=link, days=settings().link_days if link else None
    )
    shown = answer("person_link.html", data, crumbs=CRUMBS) if link and not wants_json() else None
    return Changed(data, _place(account.id), new=new, page=shown)


def _account(body: Described, reader: InsideReader) -> Account:
    """The account a body describes, with utilities by id."""
    names = reader.names("Utility") if body.utilities else {"id": [], "name": []}
    utilities = tuple(dict.fromkeys(find_utility(names, text) for text in body.utilities))
    login = login_of(body.login)
    return Account(login, body.name.strip() or login, body.roles, body.regions, utilities, body.language)


def _regions() -> dict[str, str]:
    """The names of the regions by id, by name."""
    with keeper().store.read() as reader:
        columns = reader.names("Region")
    found = {id: name or id for id, name in zip(columns["id"], columns["name"], strict=True)}
    return dict(sorted(found.items(), key=lambda row: row[1].casefold()))


def _lasting() -> timedelta:
    return timedelta(days=settings().link_days)


def _place(login: str) -> str:
    return url_for("people.person", login=login)
