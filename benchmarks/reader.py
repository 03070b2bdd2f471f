"""A reader of the service who is signed in, for measurements of its pages."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta

from flask.testing import FlaskClient

from graph.accounts import Account, put_account
from graph.keys import make_link
from web.app import create_app
from web.settings import Settings
from web.stores import open_store


def signed_in_reader(settings: Settings) -> FlaskClient:
    """A client of the service over this store, signed in as a facilitator by a link, as a person would be."""
    now = datetime.now(UTC)
    with closing(open_store(settings.store)) as store, store.write() as transaction:
        put_account(transaction, Account("benchmark", "Benchmark", ("facilitator",)), now)
        key = make_link(transaction, "benchmark", now, timedelta(hours=1))
    client = create_app(settings).test_client()
    entered = client.post("/sign-in/link", json={"key": key}, headers={"Accept": "application/json"})
    if entered.status_code != 200:
        raise SystemExit(entered.text)
    return client
