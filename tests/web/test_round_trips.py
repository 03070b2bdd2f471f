"""How often a page of one utility asks its store: at most three times, on either store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import neo4j
import pytest
from apiflask import APIFlask
from neo4j_server import GivenServer
from small_world import document, fill

from graph.neo4j_access import Neo4jAccess
from graph.rounds import save_round
from graph.store import open_store
from web.app import create_app
from web.settings import Settings

MOST = 3
PAGES = [
    "/utilities/N1",
    "/utilities/N1/network?depth=3",
    "/utilities/N1/chain?to=N2",
    "/utilities/N1/mentors",
    "/utilities/Nairobi São Water",
    "/utilities/N1/chain?to=Waterwerken Zuid",
    "/utilities/nobody/mentors",
]


class Counted:
    """A store, or a reader of one, that counts what it is asked; to open a reader is to ask for its revision."""

    def __init__(self, inner: Any, asked: list[str]) -> None:
        self._inner, self._asked = inner, asked

    def __getattr__(self, name: str) -> Any:
        known = getattr(self._inner, name)
        if not callable(known):
            return known

        def counted(*given: Any, **named: Any) -> Any:
            self._asked.append(name)
            answer = known(*given, **named)
            return self._opened(answer) if name == "read" else answer

        return counted

    @contextmanager
    def _opened(self, reading: Any) -> Iterator[Counted]:
        with reading as reader:
            yield Counted(reader, self._asked)


def answered(app: APIFlask, asked: list[str]) -> None:
    """Ask for every page, and again as a reader who has an older one."""
    client = app.test_client()
    for address in PAGES:
        asked.clear()
        app.extensions["wop"]._proposals.clear()
        first = client.get(address)
        # A name in place of an id is looked up first, and leads on to the page or to the nearest names.
        most = MOST if first.status_code == 200 else MOST + 1
        assert len(asked) <= most, (address, asked)
        asked.clear()
        again = client.get(address, headers={"If-None-Match": 'W/"older"'})
        assert first.status_code == again.status_code
        assert len(asked) <= most, (address, asked)


def test_pages_of_one_utility_ask_an_embedded_store_at_most_three_times(tmp_path: Path) -> None:
    settings = Settings(store=f"sqlite:///{tmp_path / 'counted.sqlite'}")
    store = open_store(settings.store)
    fill(store)
    save_round(store, document())
    store.close()
    app = create_app(settings)
    asked: list[str] = []
    app.extensions["wop"].store = Counted(app.extensions["wop"].store, asked)
    answered(app, asked)


def test_pages_of_one_utility_send_a_server_at_most_three_queries(
    neo4j_server: GivenServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    neo4j_server.empty()
    store = open_store(neo4j_server.address, Neo4jAccess(neo4j_server.user, neo4j_server.password))
    fill(store)
    save_round(store, document())
    app = create_app(Settings(store=f"sqlite:///{tmp_path / 'unused.sqlite'}"))
    app.extensions["wop"].store = store
    app.test_client().get("/utilities/N1")  # the first look at a store also looks at its schema
    asked: list[str] = []
    run = neo4j.Transaction.run

    def counted(self: Any, query: Any, *given: Any, **named: Any) -> Any:
        asked.append(query)
        return run(self, query, *given, **named)

    monkeypatch.setattr("neo4j._sync.work.transaction.TransactionBase.run", counted)
    answered(app, asked)
    store.close()
