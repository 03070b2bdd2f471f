"""A store of each kind, for the contract tests and whoever else needs one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from graph.sqlite import SqliteStore
from graph.store import Store

OpenStore = Callable[[], Store]


@pytest.fixture(params=["sqlite"])
def open_store_again(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenStore]:
    """Opens the same (at first empty) store, as one more process would, each time it is called."""
    opened: list[Store] = []
    # One branch a kind of store; nothing else in the contract tests knows which it is.
    assert request.param == "sqlite"

    def open_it() -> Store:
        opened.append(SqliteStore(tmp_path / "store.sqlite"))
        return opened[-1]

    yield open_it
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store_again: OpenStore) -> Store:
    """A store with nothing in it."""
    return open_store_again()
