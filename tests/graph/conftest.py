"""A store of each kind, for the contract tests and whoever else needs one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from neo4j_server import GivenServer

from graph.neo4j_access import Neo4jAccess
from graph.neo4j_store import Neo4jStore
from graph.sqlite import SqliteStore
from graph.store import Store

OpenStore = Callable[[], Store]

BOTH_STORES = (
    "test_store_contract",
    "test_inside_contract",
    "test_job_results",
    "test_living_rounds",
    "test_done_requests",
    "test_authors",
    "test_network_kept",
)
"""The modules whose tests run on both kinds of store; what is written once on the port is tested on one."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Choose the kinds of store of each test that asks for one."""
    if "open_store_again" in metafunc.fixturenames:
        kinds = ["sqlite"]
        if metafunc.module.__name__ in BOTH_STORES:
            kinds.append("neo4j")
        metafunc.parametrize("open_store_again", kinds, indirect=True)


@pytest.fixture
def open_store_again(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenStore]:
    """Opens the same (at first empty) store, as one more process would, each time it is called."""
    opened: list[Store] = []
    # One branch a kind of store; nothing else in the contract tests knows which it is.
    if request.param == "neo4j":
        server: GivenServer = request.getfixturevalue("neo4j_server")
        server.reset()

        def another() -> Store:
            return Neo4jStore(server.address, Neo4jAccess(server.user, server.password))
    else:

        def another() -> Store:
            return SqliteStore(tmp_path / "store.sqlite")

    def open_it() -> Store:
        opened.append(another())
        return opened[-1]

    yield open_it
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store_again: OpenStore) -> Store:
    """A store with nothing in it."""
    return open_store_again()
