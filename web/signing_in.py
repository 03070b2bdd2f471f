"""Signing in: by a password or a link that works once; sessions that end; and who sends a request.

A session's key is in a cookie, its hash in the store, so any process on any host knows it. What the store said is
kept for ``KEPT_SECONDS`` by each process: a session ended on one host is at an end everywhere so many seconds later.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, ip_address, ip_network
from typing import cast

from flask import Flask, Response, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge

from graph import keys
from graph.accounts import Account, login_of, put_account, read_account
from graph.errors import BadInput, SignInNeeded, StoreUnavailable, TooOften
from graph.sentences import say
from graph.store import Reader, Store, Transaction
from web.passwords import hash_password, is_password
from web.settings import Settings

COOKIE, VISIT_COOKIE = "wop_session", "wop_visit"
SIGNED = "wop.signed"
"""Where a request keeps who sent it."""
KEPT_SECONDS, MOST_KEPT = 5.0, 1_000
TOUCH_EVERY = timedelta(hours=1)
"""How exactly it is known when a session was last used: each note of it is a write."""
TRIES_WINDOW = timedelta(minutes=15)
TRIES_OF_AN_ADDRESS = 5
"""From one network address so many times what one account allows: a whole office may share it."""


@dataclass(frozen=True, slots=True)
class Signed:
    """Who is signed in, and the session's id and key; by a token, its id and no key."""

    account: Account
    session: str
    key: str
    by_link: bool = False
    scopes: tuple[str, ...] | None = None
    """What a token may be used for; ``None`` for a session, which may do all that the account may."""


class SignIns:
    """Signs people in and out of one store, and knows who shows which key."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store = store
        self._settings = settings
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, Signed | None]] = {}

    def who(self, key: str) -> Signed | None:
        """Whoever this session's key belongs to; ``None`` where it has ended. Raises ``StoreUnavailable``."""
        id = keys.hashed(key)
        kept = self._kept.get(id)
        if kept is not None and kept[0] > time.monotonic():
            return kept[1]
        now = datetime.now(UTC)
        with self.store.read() as reader:
            session = keys.read_session(reader, id)
            account = read_account(reader, session.account) if session is not None else None
        found = None
        if session is not None and account is not None and not account.disabled and self._lasts(session, now):
            found = Signed(account, id, key, bool(session.by_link))
            if now - datetime.fromisoformat(session.seen_at) > TOUCH_EVERY:
                self._touch(id, now)
        self._keep(id, found)
        return found

    def by_token(self, key: str, address: str) -> Signed:
        """Whoever this token belongs to.

        Raises ``SignInNeeded`` for one that is unknown, revoked or ended, or whose account is disabled, ``TooOften``
        after too many of them from this network address.
        """
        id = f"token {keys.hashed(key)}"
        kept = self._kept.get(id)
        if kept is not None and kept[0] > time.monotonic() and kept[1] is not None:
            return kept[1]
        now = datetime.now(UTC)
        limits = {f"token from {_network(address)}": TRIES_OF_AN_ADDRESS * self._settings.sign_in_tries}
        with self.store.read() as reader:
            token = keys.read_token(reader, key, now)
            account = read_account(reader, token.account) if token is not None else None
            if token is None or account is None or account.disabled:
                self._refuse_too_often(reader, limits, now)
        if token is None or account is None or account.disabled:
            with self.store.write() as transaction:
                for what in limits:
                    keys.count_attempt(transaction, what, now, TRIES_WINDOW)
            raise SignInNeeded(
                say("This token does not work: it is unknown, was revoked, or is too old."),
                say("Make another on the page “Your account”."),
            )
        found = Signed(account, token.id, "", scopes=token.scopes)
        self._keep(id, found)
        return found

    def forget(self) -> None:
        """Ask the store again: something about accounts or sessions was changed here."""
        with self._lock:
            self._kept.clear()

    def by_password(self, login: str, password: str, address: str, agent: str) -> str:
        """Sign in and give the session's key.

        Raises ``SignInNeeded`` with the same words, after the same work, whatever is wrong; ``TooOften`` after too
        many failures to this account, or from this network address.
        """
        now = datetime.now(UTC)
        try:
            login = login_of(login)
        except BadInput:
            login = ""
        limits = {
            f"account {login}": self._settings.sign_in_tries,
            f"address {_network(address)}": TRIES_OF_AN_ADDRESS * self._settings.sign_in_tries,
        }
        with self.store.read() as reader:
            self._refuse_too_often(reader, limits, now)
            account = read_account(reader, login) if login else None
        right = is_password(password, account.password_hash if account is not None else None)
        with self.store.write() as transaction:
            # Under the lock again: nobody gains tries by trying at the same time, and the account is as it is now.
            self._refuse_too_often(transaction, limits, now)
            present = read_account(transaction, login) if login else None
            if right and account is not None and present == account and not account.disabled:
                keys.forget_attempts(transaction, f"account {login}")
                return keys.begin_session(transaction, login, now, self._lasting(), agent, by_link=False)
            for what in limits:
                keys.count_attempt(transaction, what, now, TRIES_WINDOW)
        raise SignInNeeded(
            say("The name or the password is not right."),
            say("Try again, or ask whoever runs this service for a link that signs you in."),
        )

    def by_link(self, key: str, address: str, agent: str) -> str:
        """Sign in by a link, which is used up, and give the session's key.

        Raises ``SignInNeeded`` for a link that is unknown, used or ended, ``TooOften`` as ``by_password``.
        """
        now = datetime.now(UTC)
        limits = {f"address {_network(address)}": TRIES_OF_AN_ADDRESS * self._settings.sign_in_tries}
        with self.store.write() as transaction:
            self._refuse_too_often(transaction, limits, now)
            login = keys.use_link(transaction, key, now)
            account = read_account(transaction, login) if login is not None else None
            if account is not None and not account.disabled:
                return keys.begin_session(transaction, account.id, now, self._lasting(), agent, by_link=True)
            for what in limits:
                keys.count_attempt(transaction, what, now, TRIES_WINDOW)
        raise link_is_over()

    def begin(self, transaction: Transaction, login: str, agent: str) -> str:
        """Begin a session of somebody who has proven elsewhere who they are; its key."""
        return keys.begin_session(transaction, login, datetime.now(UTC), self._lasting(), agent, by_link=False)

    def whose_link(self, key: str) -> Account | None:
        """Whose link this is, without using it up."""
        with self.store.read() as reader:
            login = keys.account_of_link(reader, key, datetime.now(UTC))
            return read_account(reader, login) if login is not None else None

    def sign_out(self, signed: Signed) -> None:
        """End this session."""
        self.end_sessions(signed.account.id, [signed.session])

    def end_sessions(self, login: str, ids: list[str] | None = None) -> int:
        """End sessions of an account, all or these; how many there were."""
        with self.store.write() as transaction:
            ended = keys.end_keys(transaction, "Session", login, ids)
        self.forget()
        return ended

    def set_password(self, signed: Signed, present: str, new: str, agent: str) -> str:
        """Set another password, end every session of the account, and begin a new one, whose key is given.

        Whoever signed in by a link need not know the present one. Raises ``BadInput`` where it is wrong, or for an
        unusable new one, ``TooOften`` as ``by_password``, ``SignInNeeded`` as ``still``.
        """
        now = datetime.now(UTC)
        limits = {f"account {signed.account.id}": self._settings.sign_in_tries}
        with self.store.read() as reader:
            account = self.still(reader, signed)
            if (known := account.password_hash) is not None and not signed.by_link:
                self._refuse_too_often(reader, limits, now)
        if known is not None and not signed.by_link and not is_password(present, known):
            with self.store.write() as transaction:
                for what in limits:
                    keys.count_attempt(transaction, what, now, TRIES_WINDOW)
            raise BadInput(say("The present password is not right."), say("Nothing was changed. Try again."))
        kept = hash_password(new)
        with self.store.write() as transaction:
            account = self.still(transaction, signed)
            put_account(transaction, replace(account, password_hash=kept), now)
            keys.end_keys(transaction, "Session", account.id)
            keys.end_keys(transaction, "SignInLink", account.id)
            key = keys.begin_session(transaction, account.id, now, self._lasting(), agent, by_link=False)
        self.forget()
        return key

    def still(self, reader: Reader | Transaction, signed: Signed) -> Account:
        """The account of somebody who is signed in still, asked of the store itself, before another way in is made:
        what a process keeps for some seconds must not outlive its end.

        Raises ``SignInNeeded`` where the session or token has ended, or the account may do other things now.
        """
        label = "Session" if signed.scopes is None else "ApiToken"
        account = read_account(reader, signed.account.id)
        if (
            account is None
            or not reader.nodes(label, [signed.session])["id"]
            or _rights(account) != _rights(signed.account)
        ):
            self.forget()
            raise SignInNeeded(say("Your session has ended."), say("Sign in again."))
        return account

    def _keep(self, id: str, found: Signed | None) -> None:
        with self._lock:
            while len(self._kept) >= MOST_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[id] = (time.monotonic() + KEPT_SECONDS, found)

    def _lasting(self) -> timedelta:
        return timedelta(days=self._settings.session_days)

    def _lasts(self, session: keys.Session, now: datetime) -> bool:
        idle = now - datetime.fromisoformat(session.seen_at)
        return now < datetime.fromisoformat(session.ends_at) and idle < timedelta(hours=self._settings.session_hours)

    def _touch(self, id: str, now: datetime) -> None:
        try:
            with self.store.write() as transaction:
                keys.touch_session(transaction, id, now)
        except StoreUnavailable:
            return  # somebody imports; the next request notes it

    def _refuse_too_often(self, reader: Reader | Transaction, limits: dict[str, int], now: datetime) -> None:
        if any(keys.attempts(reader, what, now) >= most for what, most in limits.items()):
            raise TooOften(
                say("Signing in failed too often."),
                say("Wait a quarter of an hour, then try again, or use a link that signs you in."),
            )


def _network(address: str) -> str:
    """What counts as one network address: of version 6 the first half, since whoever has one has all of them."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv4Address) or found.ipv4_mapped is not None:
        return address
    return str(ip_network((found, 64), strict=False))


def _rights(account: Account) -> tuple[object, ...]:
    return account.disabled, account.roles, account.regions, account.utilities


def link_is_over() -> SignInNeeded:
    """The error of a link that signs in no more, or never did."""
    return SignInNeeded(
        say("This link does not work: it was used already, or is too old."),
        say("Sign in with your password, or ask whoever sent it for a new one."),
    )


def init_sign_in(app: Flask, store: Store, settings: Settings) -> None:
    """Let an application know who sends a request, and give out cookies."""
    app.extensions["wop_sign_ins"] = SignIns(store, settings)
    app.jinja_env.globals.update(signed=signed, csrf=csrf)

    @app.after_request
    def hand_out(response: Response) -> Response:
        for name, lasts in ((COOKIE, timedelta(days=settings.session_days)), (VISIT_COOKIE, None)):
            key = request.environ.get(f"wop.new.{name}")
            if key is None:
                continue
            if key:
                response.set_cookie(
                    name, key, max_age=lasts, secure=request.is_secure, httponly=True, samesite="Lax", path="/"
                )
            else:
                response.delete_cookie(name, secure=request.is_secure, httponly=True, samesite="Lax", path="/")
        return response


def sign_ins() -> SignIns:
    """The sign-ins of the application that answers this request."""
    return cast(SignIns, current_app.extensions["wop_sign_ins"])


def signed() -> Signed | None:
    """Who sends this request, asked once; ``None`` for a stranger. Raises ``StoreUnavailable``."""
    if SIGNED not in request.environ:
        key = request.cookies.get(COOKIE, "")
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        request.environ[SIGNED] = None  # where the store cannot be reached, pages that say so are for a stranger
        if kind.lower() == "bearer":
            request.environ[SIGNED] = sign_ins().by_token(token.strip(), request.remote_addr or "")
        else:
            request.environ[SIGNED] = sign_ins().who(key) if key else None
    return cast("Signed | None", request.environ[SIGNED])


def ask_nobody() -> None:
    """Take whoever sends this request for a stranger if that is not known yet: the page of a failure must not fail."""
    request.environ.setdefault(SIGNED, None)


def signed_in() -> Signed:
    """Who sends this request; raises ``SignInNeeded`` for a stranger."""
    found = signed()
    if found is None:
        raise SignInNeeded(say("Please sign in."), say("This page is for people with an account."))
    return found


def give_session(key: str) -> None:
    """Send a session's key with the answer; an empty one takes it back."""
    request.environ[f"wop.new.{COOKIE}"] = key


def csrf() -> str:
    """What every form of this visitor carries, so that no other site can send one: made from a cookie of ours."""
    key = request.cookies.get(COOKIE) or request.cookies.get(VISIT_COOKIE)
    if not key:
        key = request.environ.setdefault(f"wop.new.{VISIT_COOKIE}", secrets.token_urlsafe(24))
    return _form_key(key)


def is_csrf(given: str) -> bool:
    """Whether a form carries what this visitor's forms carry."""
    key = request.cookies.get(COOKIE) or request.cookies.get(VISIT_COOKIE)
    return bool(key) and hmac.compare_digest(given.encode(), _form_key(cast(str, key)).encode())


def then() -> str:
    """Where somebody who has to sign in wanted to go: an address of ours, for ``web.access.own_path`` to check."""
    if request.method == "GET":
        return request.args.get("then") or request.full_path.rstrip("?")
    try:
        return request.form.get("then", "")
    except RequestEntityTooLarge:  # the page of this failure must not fail
        return ""


def _form_key(key: str) -> str:
    return hashlib.sha256(f"form {key}".encode()).hexdigest()[:40]
