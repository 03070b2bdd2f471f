"""People: signing in and out, one's own account and sessions, and the list of accounts for administrators."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal, TypedDict

from flask import Blueprint, Response, request, url_for
from pydantic import Field

from graph import keys
from graph.accounts import Account, accounts, login_of, read_account
from graph.errors import UnknownName
from graph.sentences import say
from web.access import own_path
from web.action import Body, Changed, action
from web.knowledge import keeper
from web.passwords import SHORTEST
from web.shown import Part, cut
from web.signing_in import give_session, link_is_over, sign_ins, signed, signed_in
from web.twin import Paged, Query, answer, page, wants_json

pages = Blueprint("people", __name__)


class SignInQuery(Query):
    """How to sign in, and where to go then."""

    key: str | None = Field(default=None, max_length=100, description="The key of a link that signs in once.")
    then: str | None = Field(default=None, max_length=2000, description="Path of the page to go to afterwards.")


class SignInPage(TypedDict):
    """Who is signed in, and whose link was given."""

    signed_in: str | None
    link_of: str | None


class AccountRow(TypedDict):
    """Somebody who may come in; without a password only a link signs in."""

    id: str
    name: str
    roles: list[str]
    regions: list[str]
    utilities: list[str]
    language: str | None
    has_password: bool
    disabled: bool
    made_at: str | None
    version: int


class SessionRow(TypedDict):
    """Where an account is signed in; ``this`` is the session that asks."""

    id: str
    made_at: str
    seen_at: str
    ends_at: str
    agent: str
    this: bool


class TokenRow(TypedDict):
    """A token that a program shows; what it is itself is told only when it is made."""

    id: str
    name: str
    scopes: list[str]
    made_at: str
    ends_at: str


class AccountPage(TypedDict):
    """One's own account, where it is signed in, and its tokens."""

    account: AccountRow
    sessions: list[SessionRow]
    tokens: list[TokenRow]


class People(TypedDict):
    """The accounts, one part of the list."""

    part: Part
    accounts: list[AccountRow]


class Entering(Body):
    """Name and password."""

    login: str = Field(min_length=1, max_length=300, description="The name to sign in with.")
    password: str = Field(min_length=1, max_length=1000, description="The password.")
    then: str | None = Field(default=None, max_length=2000, description="Path of the page to go to afterwards.")


class EnteringByLink(Body):
    """The key of a link that signs in once."""

    key: str = Field(min_length=1, max_length=100, description="The key.")
    then: str | None = Field(default=None, max_length=2000, description="Path of the page to go to afterwards.")


class NewPassword(Body):
    """The present password, not needed after signing in by a link, and the new one."""

    present: str = Field(default="", max_length=1000, description="The present password.")
    new: str = Field(min_length=1, max_length=1000, description="The new password.")


class EndedSession(Body):
    """Which session; absent: all but this one."""

    session: str | None = Field(default=None, max_length=100, description="Id of a session of yours.")


class NewToken(Body):
    """What a token is for, and how long."""

    name: str = Field(min_length=1, max_length=100, description="What the token is for.")
    scopes: tuple[Literal["read", "solve", "write", "admin"], ...] = Field(
        min_length=1, max_length=4, description="What it may be used for: read, solve, write, admin."
    )
    days: int = Field(default=90, ge=1, le=366, description="Days after which it ends.")


class EndedToken(Body):
    """Which token."""

    token: str = Field(min_length=1, max_length=100, description="Id of a token of yours.")


class MadeToken(TypedDict):
    """A new token, told this once."""

    token: str
    name: str
    scopes: list[str]
    days: int


class Nothing(Body):
    """Nothing more has to be said."""


class Entered(TypedDict):
    """Who is signed in now; a program gets its session as a cookie."""

    signed_in: str | None


@page(pages, "/sign-in", SignInQuery, SignInPage)
def sign_in(query: SignInQuery) -> Response:
    """How to sign in: with a password, or with a link that works once (it is used up by its button, not by opening)."""
    found, of = signed(), None
    if query.key is not None:
        of = sign_ins().whose_link(query.key)
        if of is None or of.disabled:
            raise link_is_over()
    data = SignInPage(signed_in=found.account.id if found else None, link_of=of.name if of else None)
    return answer("sign_in.html", data, key=query.key, then=query.then or "", message=None, hint=None)


@action(pages, "/sign-in", Entering, Entered, told_once=True)
def enter(body: Entering) -> Changed:
    """Sign in with a name and a password."""
    give_session(sign_ins().by_password(body.login, body.password, _address(), _agent()))
    return Changed(Entered(signed_in=body.login), _landing(body.login, body.then))


@action(pages, "/sign-in/link", EnteringByLink, Entered, told_once=True)
def enter_by_link(body: EnteringByLink) -> Changed:
    """Sign in with a link, which works once."""
    of = sign_ins().whose_link(body.key)
    give_session(sign_ins().by_link(body.key, _address(), _agent()))
    return Changed(Entered(signed_in=of.id if of else None), _landing(of.id if of else "", body.then))


@action(pages, "/sign-out", Nothing, Entered)
def sign_out(_body: Nothing) -> Changed:
    """End this session."""
    sign_ins().sign_out(signed_in())
    give_session("")
    return Changed(Entered(signed_in=None), url_for("people.sign_in"))


@page(pages, "/account", Query, AccountPage)
def account(_query: Query) -> Response:
    """Your account, and where you are signed in."""
    here = signed_in()
    with keeper().store.read() as reader:
        sessions = keys.sessions_of(reader, here.account.id, datetime.now(UTC))
        tokens = keys.tokens_of(reader, here.account.id, datetime.now(UTC))
    rows = [session_row(session, here.session) for session in sessions]
    data = AccountPage(account=account_row(here.account), sessions=rows, tokens=[_token(token) for token in tokens])
    asks_present = here.account.password_hash is not None and not here.by_link
    return answer("account.html", data, asks_present=asks_present, shortest=SHORTEST, scopes=keys.SCOPES)


@action(pages, "/account/password", NewPassword, Entered, told_once=True)
def set_password(body: NewPassword) -> Changed:
    """Set another password; every other session of yours ends."""
    here = signed_in()
    give_session(sign_ins().set_password(here, body.present, body.new, _agent()))
    return Changed(Entered(signed_in=here.account.id), url_for("people.account"))


@action(pages, "/account/sessions/end", EndedSession, Entered)
def end_session(body: EndedSession) -> Changed:
    """End a session of yours, or all but this one."""
    here = signed_in()
    if body.session is not None:
        if not sign_ins().end_sessions(here.account.id, [body.session]):
            raise UnknownName(say("session"), body.session, [])
        if body.session == here.session:
            give_session("")
            return Changed(Entered(signed_in=None), url_for("people.sign_in"))
    else:
        with keeper().store.read() as reader:
            sessions = keys.sessions_of(reader, here.account.id, datetime.now(UTC))
        sign_ins().end_sessions(here.account.id, [found.id for found in sessions if found.id != here.session])
    return Changed(Entered(signed_in=here.account.id), url_for("people.account"))


@action(pages, "/account/tokens", NewToken, MadeToken, told_once=True)
def make_token(body: NewToken) -> Changed:
    """Make a token for a program; it is shown this once."""
    here = signed_in()
    scopes = tuple(scope for scope in keys.SCOPES if scope in body.scopes)
    with keeper().store.write() as transaction:
        sign_ins().still(transaction, here)
        lasts = timedelta(days=body.days)
        key = keys.make_token(transaction, here.account.id, body.name, scopes, datetime.now(UTC), lasts)
    data = MadeToken(token=key, name=body.name, scopes=list(scopes), days=body.days)
    shown = None if wants_json() else answer("token.html", data)
    return Changed(data, url_for("people.account"), new=True, page=shown)


@action(pages, "/account/tokens/end", EndedToken, Entered)
def end_token(body: EndedToken) -> Changed:
    """Revoke a token of yours."""
    here = signed_in()
    with keeper().store.write() as transaction:
        if not keys.end_keys(transaction, "ApiToken", here.account.id, [body.token]):
            raise UnknownName(say("token"), body.token, [])
    sign_ins().forget()
    return Changed(Entered(signed_in=here.account.id), url_for("people.account"))


@page(pages, "/people", Paged, People)
def people(query: Paged) -> Response:
    """The accounts, by the name to sign in with."""
    with keeper().store.read() as reader:
        shown = cut(accounts(reader), query.page)
    return answer("people.html", People(part=shown.part, accounts=[account_row(found) for found in shown.rows]))


def _landing(login: str, then: str | None) -> str:
    """Where somebody goes who has just signed in: the page asked for, or the desk of one's only utility."""
    asked = own_path(then)
    if asked != url_for("overview.overview"):
        return asked
    with keeper().store.read() as reader:
        account = read_account(reader, login_of(login)) if login else None
    if account is None or account.roles != ("utility",) or len(account.utilities) != 1:
        return asked
    return url_for("own.partners", utility_id=account.utilities[0])


def account_row(account: Account) -> AccountRow:
    """An account as pages show it."""
    return AccountRow(
        id=account.id,
        name=account.name,
        roles=list(account.roles),
        regions=list(account.regions),
        utilities=list(account.utilities),
        language=account.language,
        has_password=account.password_hash is not None,
        disabled=account.disabled,
        made_at=account.made_at,
        version=account.version,
    )


def session_row(session: keys.Session, here: str) -> SessionRow:
    """A session as pages show it; ``here`` is the id of the one that asks."""
    return SessionRow(
        id=session.id,
        made_at=session.made_at,
        seen_at=session.seen_at,
        ends_at=session.ends_at,
        agent=session.agent,
        this=session.id == here,
    )


def _token(token: keys.ApiToken) -> TokenRow:
    return TokenRow(
        id=token.id, name=token.name, scopes=list(token.scopes), made_at=token.made_at, ends_at=token.ends_at
    )


def _address() -> str:
    return request.remote_addr or ""


def _agent() -> str:
    return request.headers.get("User-Agent", "")
