"""Signing in with an account elsewhere: to the provider, and back. For browsers, so not part of the described API."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import cast
from urllib.parse import quote, unquote

from flask import Flask, Response, current_app, redirect, request, url_for

from graph.errors import UnknownName
from graph.sentences import say
from web.access import own_path
from web.pages.people import pages
from web.provider import Provider
from web.provider_accounts import account_for
from web.shown import settings
from web.signing_in import give_session, sign_ins

COOKIE = "wop_provider"
LASTS_SECONDS = 600


@pages.get("/sign-in/provider")
def provider() -> Response:
    """Go and sign in there."""
    secret = secrets.token_urlsafe(32)
    response = cast(Response, redirect(_provider().address(secret, _back()), 303))
    then = own_path(request.args.get("then"))[:2000]
    _set_cookie(response, f"{secret}.{quote(then, safe='')}")
    return response


@pages.get("/sign-in/return")
def provider_back() -> Response:
    """Come back from there: signed in as whoever the provider vouches for."""
    secret, _, then = request.cookies.get(COOKIE, "").partition(".")
    who = _provider().somebody(secret, _back(), request.args.to_dict())
    with sign_ins().store.write() as transaction:
        account = account_for(transaction, who, settings().oidc_new_accounts, datetime.now(UTC))
        give_session(sign_ins().begin(transaction, account.id, request.headers.get("User-Agent", "")))
    response = cast(Response, redirect(own_path(unquote(then)), 303))
    _set_cookie(response, "")
    return response


def init_provider(app: Flask, provider: Provider | None) -> None:
    """Let the page for signing in show the way there, where one is set."""
    app.extensions["wop_provider"] = provider
    app.jinja_env.globals["provider_name"] = provider.name if provider is not None else None


def _provider() -> Provider:
    found: Provider | None = current_app.extensions["wop_provider"]
    if found is None:
        raise UnknownName(say("way to sign in"), "OpenID Connect", ())
    return found


def _back() -> str:
    """The address the provider sends browsers back to; it must know it."""
    public = settings().public_address.rstrip("/")
    return f"{public}/sign-in/return" if public else url_for("people.provider_back", _external=True)


def _set_cookie(response: Response, value: str) -> None:
    # Lax: it has to come along when the provider sends the browser back.
    response.set_cookie(
        COOKIE,
        value,
        max_age=LASTS_SECONDS if value else 0,
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
        path=url_for("people.sign_in"),
    )
