"""A store that answers late or never: nobody waits without end, and what was left waiting ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from graph.errors import StoreUnavailable
from graph.sentences import say
from graph.sqlite import SqliteStore
from graph.store import Reader, Store
from web import late_store
from web.bounded import Late, OwnThread
from web.late_store import LateStore

PATIENCE = 0.2


class SlowStore:
    """A real store behind a door that can be closed, as a server that stops answering closes it."""

    def __init__(self, path: Path) -> None:
        self.store = SqliteStore(path)
        self.door = threading.Event()
        self.door.set()
        self.readers = 0

    def revision(self) -> int:
        self.door.wait()
        return self.store.revision()

    @contextmanager
    def read(self) -> Iterator[Reader]:
        with self.store.read() as reader:
            self.readers += 1
            try:
                yield cast(Reader, SlowReader(reader, self.door))
            except ConnectionError as error:
                raise StoreUnavailable(say("In the store's own words.")) from error
            finally:
                self.readers -= 1

    def write(self, expected_revision: int | None = None) -> Any:
        return self.store.write(expected_revision)

    def close(self) -> None:
        self.store.close()


class SlowReader:
    def __init__(self, reader: Reader, door: threading.Event) -> None:
        self.reader, self.door, self.revision = reader, door, reader.revision

    def nodes(self, label: str) -> dict[str, list[Any]]:
        self.door.wait()
        return self.reader.nodes(label)

    def edges(self, type: str) -> dict[str, list[Any]]:
        raise ConnectionError("in the driver's words")


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[SlowStore]:
    store = SlowStore(tmp_path / "store.sqlite")
    yield store
    store.door.set()
    store.close()


@pytest.fixture
def late(slow: SlowStore) -> LateStore:
    return LateStore("somewhere://else", patience=PATIENCE, opened_by=lambda _address: cast(Store, slow))


def until(holds: Any) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_store_that_answers_is_used_as_it_is(late: LateStore) -> None:
    with late.write() as transaction:
        transaction.merge_nodes("Region", {"id": ["R"], "name": ["Somewhere"]})
    assert late.revision() == 1
    with late.read() as reader:
        assert reader.revision == 1
        assert reader.nodes("Region")["name"] == ["Somewhere"]
    with pytest.raises(ValueError, match="nothing"), late.read():
        raise ValueError("nothing of the store's")


def test_a_silent_store_is_not_waited_for_and_comes_back_by_itself(late: LateStore, slow: SlowStore) -> None:
    assert late.revision() == 0
    slow.door.clear()
    with pytest.raises(StoreUnavailable, match="WOP_STORE_TIMEOUT"):
        late.revision()
    with pytest.raises(StoreUnavailable, match="does not answer"), late.read() as reader:
        reader.nodes("Region")
    assert slow.readers == 1, "the block that was left is still with the store"
    slow.door.set()
    until(lambda: slow.readers == 0)
    assert late.revision() == 0
    with late.read() as reader:
        assert reader.nodes("Region")["id"] == []


def test_a_store_that_is_only_slow_is_heard_again_while_others_wait(slow: SlowStore) -> None:
    """Its answer takes longer than those wait who hurry; one at a time does not."""
    late = LateStore("somewhere://else", patience=1.5, opened_by=lambda _address: cast(Store, slow))
    assert late.revision() == 0
    slow.door.clear()
    with pytest.raises(StoreUnavailable):
        late.revision()
    opening = threading.Timer(0.9, slow.door.set)
    opening.start()
    assert late.revision() == 0
    opening.join()


def test_the_store_has_the_last_word_on_what_went_wrong(late: LateStore, slow: SlowStore) -> None:
    with pytest.raises(StoreUnavailable, match="own words"), late.read() as reader:
        reader.edges("OFFERS")
    until(lambda: slow.readers == 0)
    assert late.revision() == 0


def test_no_more_than_so_many_calls_are_left_waiting(
    late: LateStore, slow: SlowStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(late_store, "MOST_LATE", 3)
    slow.door.clear()
    before = threading.active_count()
    for _ in range(10):
        with pytest.raises(StoreUnavailable):
            late.revision()
    assert threading.active_count() <= before + 3
    slow.door.set()
    until(lambda: threading.active_count() <= before)
    assert late.revision() == 0


def test_own_errors_and_own_time_limits_pass_through() -> None:
    thread = OwnThread(1.0)

    def fails() -> None:
        raise TimeoutError("of its own")

    with pytest.raises(TimeoutError, match="of its own"):
        thread.call(fails)
    assert thread.call(lambda: 3) == 3
    thread.end()
    until(lambda: thread.ended)


def test_after_a_late_call_nothing_more_is_asked() -> None:
    release = threading.Event()
    thread = OwnThread(0.05)
    with pytest.raises(Late):
        thread.call(release.wait)
    asked = []
    with pytest.raises(Late):
        thread.call(lambda: asked.append(1))
    thread.end()
    release.set()
    until(lambda: thread.ended)
    assert not asked
