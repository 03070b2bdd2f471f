"""Readers who are signed in: the same facilitator in every store of the tests, by the same key."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from graph.errors import StoreTooNew, StoreUnavailable
from graph.keys import hashed
from graph.rounds import moment
from graph.store import Store
from web.signing_in import COOKIE, _form_key

SESSION_KEY = "the-session-key-of-the-tests"
HEADERS = {"Cookie": f"{COOKIE}={SESSION_KEY}"}
ENDS = datetime(2200, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Person:
    """Somebody with a session whose key is ``key``."""

    login: str = "facilitator@example.org"
    roles: tuple[str, ...] = ("facilitator", "administrator")
    regions: tuple[str, ...] = ()
    utilities: tuple[str, ...] = ()
    key: str = field(default=SESSION_KEY)


FACILITATOR = Person()


def plant(store: Any, person: Person = FACILITATOR) -> None:
    """Put an account and a session into a store."""
    with store.write() as transaction:
        account = {
            "name": person.login,
            "roles": person.roles,
            "regions": person.regions,
            "utilities": person.utilities,
        }
        transaction.merge_nodes("Account", {"id": [person.login], **{name: [value] for name, value in account.items()}})
        session = {"account": person.login, "made_at": moment(None), "seen_at": moment(None), "ends_at": moment(ENDS)}
        session |= {"agent": "tests"}
        transaction.merge_nodes(
            "Session", {"id": [hashed(person.key)], **{name: [value] for name, value in session.items()}}
        )


def planted(store: Store) -> Store:
    """The store, with the facilitator of the tests."""
    plant(store)
    return store


class SignedInClient(FlaskClient):
    """A test client that signs in before its first request, and whose forms carry what ours do.

    ``person=None`` is a stranger.
    """

    def __init__(self, *given: Any, person: Person | None = FACILITATOR, **named: Any) -> None:
        super().__init__(*given, **named)
        self._person = person
        self._planted = False
        if person is not None:
            self.set_cookie(COOKIE, person.key)

    def open(self, *given: Any, **named: Any) -> TestResponse:
        """Send a request."""
        if self._person is not None and not self._planted:
            with suppress(StoreUnavailable, StoreTooNew):
                plant(self.application.extensions["wop_sign_ins"].store, self._person)
                self._planted = True
        form = named.get("data")
        if self._person is not None and isinstance(form, dict) and "json" not in named:
            named["data"] = {"csrf": _form_key(self._person.key), **form}
        return super().open(*given, **named)
