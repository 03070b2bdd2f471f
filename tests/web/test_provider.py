"""Signing in with an account elsewhere, against a real provider on this machine."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from a_provider import CLIENT, SECRET, AProvider
from flask.testing import FlaskClient
from joserfc.jwk import RSAKey
from pydantic import SecretStr
from small_world import fill
from web_fixtures import settings_for
from werkzeug.test import TestResponse

from graph.accounts import Account, put_account, read_account
from graph.errors import BadInput
from graph.store import open_store
from web.app import create_app
from web.passwords import hash_password
from web.settings import Settings, read_settings
from web.signing_in import VISIT_COOKIE, _form_key

NOW = datetime(2026, 3, 1, tzinfo=UTC)
Reader = Callable[..., FlaskClient]


@pytest.fixture
def provider() -> Iterator[AProvider]:
    found = AProvider()
    yield found
    found.close()


@pytest.fixture
def reader(provider: AProvider, tmp_path: Path) -> Reader:
    """A browser before the service, in whose store Ana has an account; with settings, if any."""
    path = tmp_path / "people.sqlite"
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    store = open_store(f"sqlite:///{path}")
    fill(store)
    with store.write() as transaction:
        put_account(transaction, Account("ana@example.org", "Ana", ("planner",)), NOW)
    store.close()

    def made(**changes: Any) -> FlaskClient:
        own = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT, "oidc_client_secret_file": secret}
        settings = settings_for(path, **{**own, "oidc_name": "Waternet", **changes})
        return create_app(settings).test_client(person=None)

    return made


def sign_in(client: FlaskClient, then: str = "", tamper: Callable[[str], str] = str) -> TestResponse:
    """Go to the provider and come back."""
    there = client.get(f"/sign-in/provider?then={then}")
    assert there.status_code == 303, there.text
    back = requests.get(there.headers["Location"], allow_redirects=False, timeout=10)
    parts = urlsplit(tamper(back.headers["Location"]))
    return client.get(f"{parts.path}?{parts.query}")


def who(client: FlaskClient) -> str | None:
    found = client.get("/account", headers={"Accept": "application/json"}).json
    assert found is not None
    return found["account"]["id"] if "account" in found else None


def kept(client: FlaskClient, login: str = "ana@example.org") -> Account | None:
    with client.application.extensions["wop_sign_ins"].store.read() as reader:
        return read_account(reader, login)


def test_somebody_comes_in_by_a_verified_address_and_from_then_on_by_the_subject(
    reader: Reader, provider: AProvider
) -> None:
    client = reader()
    assert "Sign in with Waternet" in client.get("/sign-in").text
    assert "Sign in with Waternet" in client.get("/rounds").text
    answer = sign_in(client, then="/utilities?page=2")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/utilities?page=2")
    assert who(client) == "ana@example.org"
    found = kept(client)
    assert found is not None
    assert found.subject == f"{provider.issuer} 4711"
    provider.person = {"sub": "4711", "email": "ana.married@example.org", "email_verified": False}
    again = reader()
    sign_in(again)
    assert who(again) == "ana@example.org"
    key = _form_key(again.get_cookie("wop_session").value)  # type: ignore[union-attr]  # it was set
    assert again.post("/sign-out", data={"csrf": key}, headers={"Origin": "http://localhost"}).status_code == 303
    assert who(again) is None


def test_an_address_told_only_on_asking_counts_too(reader: Reader, provider: AProvider) -> None:
    provider.only_in_userinfo = True
    client = reader()
    sign_in(client)
    assert who(client) == "ana@example.org"


def test_new_keys_of_the_provider_are_fetched(reader: Reader, provider: AProvider) -> None:
    client = reader()
    sign_in(client)
    provider.renew_keys()
    client = client.application.test_client(person=None)
    sign_in(client)
    assert who(client) == "ana@example.org"
    assert provider.asked.count("/keys") == 2
    assert provider.asked.count("/.well-known/openid-configuration") == 2


WRONG: dict[str, Callable[[dict[str, Any]], None]] = {
    "nonce": lambda claims: claims.update(nonce="of another sign-in"),
    "no nonce": lambda claims: claims.pop("nonce"),
    "audience": lambda claims: claims.update(aud="another-client"),
    "one of several audiences": lambda claims: claims.update(aud=[CLIENT, "another"], azp="another"),
    "issuer": lambda claims: claims.update(iss="https://evil.example"),
    "expired": lambda claims: claims.update(exp=claims["iat"] - 3600, iat=claims["iat"] - 7200),
    "no end": lambda claims: claims.pop("exp"),
    "no subject": lambda claims: claims.pop("sub"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_token_that_proves_nothing_signs_nobody_in(
    reader: Reader, provider: AProvider, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = reader()
    provider.change = WRONG[what]
    with caplog.at_level(logging.INFO):
        answer = sign_in(client)
    assert answer.status_code == 401
    assert "could not be proven" in answer.text
    assert who(client) is None
    assert "identity token" in caplog.text
    assert SECRET not in caplog.text
    assert "an-access-token" not in caplog.text


def test_a_signature_by_another_key_signs_nobody_in(reader: Reader, provider: AProvider) -> None:
    client = reader()
    provider.signs_with = RSAKey.generate_key(2048, {"kid": "first"})
    assert sign_in(client).status_code == 401
    assert who(client) is None


@pytest.mark.parametrize(
    ("person", "new"),
    [
        ({"sub": "1", "email": "ana@example.org", "email_verified": False}, None),
        ({"sub": "1", "email": "ana@example.org", "email_verified": "true"}, "planner"),
        ({"sub": "1", "email": "ana@example.org"}, None),
        ({"sub": "1", "email": "stranger@example.org", "email_verified": True}, None),
        ({"sub": "1", "email": "not an address", "email_verified": True}, "planner"),
        ({"sub": "1"}, "planner"),
    ],
)
def test_whoever_has_no_account_here_is_told_so(
    reader: Reader, provider: AProvider, person: dict[str, Any], new: str | None
) -> None:
    client = reader(oidc_new_accounts=new)
    provider.person = person
    answer = sign_in(client)
    assert answer.status_code == 401
    assert "no account here is yours" in answer.text
    assert who(client) is None
    ana = kept(client)
    assert ana is not None
    assert ana.subject is None


def test_accounts_are_made_only_where_the_settings_name_a_role(reader: Reader, provider: AProvider) -> None:
    client = reader(oidc_new_accounts="planner")
    provider.person = {"sub": "1", "email": "Bo@Example.org", "email_verified": True, "name": "Bo"}
    sign_in(client)
    assert who(client) == "bo@example.org"
    bo = kept(client, "bo@example.org")
    assert bo is not None
    assert (bo.name, bo.roles) == ("Bo", ("planner",))


def test_an_account_belongs_to_one_subject_and_a_disabled_one_to_none(reader: Reader, provider: AProvider) -> None:
    client = reader()
    sign_in(client)
    provider.person = {**provider.person, "sub": "an impostor"}
    other = reader()
    assert sign_in(other).status_code == 401
    provider.person = {**provider.person, "sub": "4711"}
    account = kept(other)
    assert account is not None
    with other.application.extensions["wop_sign_ins"].store.write() as transaction:
        transaction.merge_nodes("Account", {"id": [account.id], "disabled": [True]})
    assert sign_in(other).status_code == 401
    assert who(other) is None


def test_only_what_this_browser_began_counts(reader: Reader, provider: AProvider) -> None:
    client = reader()
    assert sign_in(client, tamper=lambda back: back.replace("state=", "state=x")).status_code == 401
    victim = client.application.test_client(person=None)
    there = client.get("/sign-in/provider")
    back = urlsplit(requests.get(there.headers["Location"], allow_redirects=False, timeout=10).headers["Location"])
    assert victim.get(f"{back.path}?{back.query}").status_code == 401
    assert victim.get("/sign-in/return").status_code == 401
    assert client.get(f"{back.path}?{back.query}&iss=https://evil.example").status_code == 401
    assert client.get(f"{back.path}?{back.query}").status_code == 303
    assert client.get(f"{back.path}?{back.query}").status_code == 401, "an answer counts once"
    provider.refuses = True
    refused = sign_in(client.application.test_client(person=None))
    assert refused.status_code == 401
    assert "did not sign you in" in refused.text


def test_nobody_is_sent_to_another_site_afterwards(reader: Reader) -> None:
    for then in ("https://evil.example", "//evil.example", "/%5Cevil.example"):
        assert sign_in(reader(), then=then).headers["Location"] == "/"


def test_a_provider_that_is_away_is_told_and_the_password_still_works(reader: Reader, provider: AProvider) -> None:
    client = reader()
    provider.close()
    answer = client.get("/sign-in/provider")
    assert answer.status_code == 503
    assert "Waternet cannot be reached" in answer.text
    with client.application.extensions["wop_sign_ins"].store.write() as transaction:
        transaction.merge_nodes(
            "Account", {"id": ["ana@example.org"], "password_hash": [hash_password("a long pass phrase")]}
        )
    client.get("/sign-in")
    visit = client.get_cookie(VISIT_COOKIE)
    assert visit is not None
    form = {"login": "ana@example.org", "password": "a long pass phrase", "csrf": _form_key(visit.value)}
    assert client.post("/sign-in", data=form, headers={"Origin": "http://localhost"}).status_code == 303
    assert who(client) == "ana@example.org"


def test_without_settings_there_is_no_such_way(client: FlaskClient) -> None:
    assert "/sign-in/provider" not in client.application.test_client(person=None).get("/sign-in").text
    assert client.get("/sign-in/provider").status_code == 404
    assert client.get("/sign-in/return?code=1&state=1").status_code == 404


def test_settings_that_are_half_or_unsafe_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="only one"):
        create_app(settings_for(tmp_path / "x.sqlite", oidc_issuer="https://login.example.org"))
    with pytest.raises(BadInput, match="WOP_OIDC_ISSUER"):
        read_settings(oidc_issuer="http://login.example.org")
    assert Settings(oidc_client_secret=SecretStr("hidden-secret")).model_dump_json().count("hidden-secret") == 0
