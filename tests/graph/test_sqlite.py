"""What only the SQLite store can meet: other processes, kills, and files that are no store."""

from __future__ import annotations

import dataclasses
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from graph import sqlite_connections, sqlite_tables
from graph.errors import StoreTooNew, StoreUnavailable, UnknownName
from graph.schema import SCHEMA_VERSION, Field
from graph.sqlite import SqliteStore
from graph.store import open_store

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(path)
    yield opened
    opened.close()


def ids(store: SqliteStore) -> list[str]:
    with store.read() as reader:
        return reader.nodes("Utility")["id"]


def merge(store: SqliteStore, *new: str) -> None:
    with store.write() as transaction:
        transaction.merge_nodes("Utility", {"id": list(new)})


def python(script: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )


# --- several processes ----------------------------------------------------------------------------------------

ADD_ONE_BY_ONE = """
import sys
from graph.sqlite import SqliteStore
store = SqliteStore(sys.argv[1])
for number in range(25):
    with store.write() as transaction:
        transaction.merge_nodes("Utility", {"id": [f"{sys.argv[2]}-{number}"]})
"""


def test_processes_that_open_a_new_store_together_and_write_lose_nothing(path: Path) -> None:
    workers = [python(ADD_ONE_BY_ONE, path, worker) for worker in range(3)]
    assert [worker.wait(60) for worker in workers] == [0, 0, 0]
    for worker in workers:
        assert worker.stdout is not None
        worker.stdout.close()
    with closing(SqliteStore(path)) as store:
        assert ids(store) == sorted(f"{worker}-{number}" for worker in range(3) for number in range(25))
        assert store.revision() == 75


WRITE_AND_WAIT = """
import sys, time
from graph.sqlite import SqliteStore
with SqliteStore(sys.argv[1]).write() as transaction:
    transaction.merge_nodes("Utility", {"id": [f"lost {n}" for n in range(30_000)], "note": ["x" * 2_000] * 30_000})
    transaction.delete_nodes("Utility", ["kept"])
    print("in the middle", flush=True)
    time.sleep(600)
"""


def test_a_process_killed_in_the_middle_of_a_transaction_leaves_nothing(path: Path, store: SqliteStore) -> None:
    merge(store, "kept")
    worker = python(WRITE_AND_WAIT, path)
    assert worker.stdout is not None
    assert worker.stdout.readline() == "in the middle\n"
    # Its rows are too many for the memory of its connection: half the transaction lies on the disk by now.
    assert path.with_name("store.sqlite-wal").stat().st_size > 20_000_000
    worker.send_signal(signal.SIGKILL)
    worker.wait(60)
    worker.stdout.close()
    assert (ids(store), store.revision()) == (["kept"], 1)
    merge(store, "next")
    with closing(SqliteStore(path)) as again:
        assert (ids(again), again.revision()) == (["kept", "next"], 2)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_store_opened_before_a_fork_serves_parent_and_child(path: Path) -> None:
    script = """
import os, sys
from graph.sqlite import SqliteStore
store = SqliteStore(sys.argv[1])
assert store.revision() == 0
child = os.fork()
with store.write() as transaction:
    transaction.merge_nodes("Utility", {"id": ["parent" if child else "child"]})
if child:
    assert os.waitpid(child, 0)[1] == 0
    with store.read() as reader:
        assert reader.nodes("Utility")["id"] == ["child", "parent"]
"""
    assert subprocess.run([sys.executable, "-c", script, str(path)], cwd=ROOT, check=False).returncode == 0


def test_a_relative_address_stays_the_same_file_when_the_process_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = open_store("sqlite:///here.sqlite")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    with store.write() as transaction:
        transaction.merge_nodes("Utility", {"id": ["U"]})
    store.close()
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["here.sqlite"]


def test_an_address_of_another_kind_is_refused() -> None:
    with pytest.raises(UnknownName, match=r"sqlite:///wop\.sqlite"):
        open_store("sqlte:///wop.sqlite")


# --- files that cannot be used --------------------------------------------------------------------------------


def test_a_store_that_stays_locked(path: Path, store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    merge(store, "before")
    monkeypatch.setattr(sqlite_connections, "BUSY_SECONDS", 0.05)
    with closing(SqliteStore(path)) as hurried, store.write():
        with pytest.raises(StoreUnavailable, match=r"changed by somebody else.*try again") as caught, hurried.write():
            pytest.fail("the block must not run")
        assert caught.value.retry_helps
        assert ids(hurried) == ["before"]  # reading goes on
    merge(store, "after")


def test_a_file_of_another_kind(path: Path) -> None:
    path.write_bytes(b"%PDF-1.7 something quite different" * 100)
    with pytest.raises(StoreUnavailable, match="is not a store"):
        SqliteStore(path)
    assert path.read_bytes().startswith(b"%PDF")


def test_a_database_of_something_else_is_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE photographs (id)")
    with pytest.raises(StoreUnavailable, match="a database of something else"):
        SqliteStore(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("photographs",)]


def test_a_damaged_store(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        merge(store, *(f"U{number}" for number in range(5_000)))
    damaged = bytearray(path.read_bytes())
    damaged[8_192:] = b"\xff" * (len(damaged) - 8_192)
    path.write_bytes(damaged)

    def use() -> None:
        with closing(SqliteStore(path)) as store:
            ids(store)

    with pytest.raises(StoreUnavailable, match=r"damaged.*[Rr]estore"):
        use()


def test_an_empty_file_becomes_a_store(path: Path) -> None:
    path.touch()
    with closing(SqliteStore(path)) as store:
        assert store.revision() == 0


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=r"cannot be opened.*folder exists"):
        SqliteStore(tmp_path / "nowhere" / "store.sqlite")


def test_a_folder_in_place_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="cannot be opened"):
        SqliteStore(tmp_path)


OPEN_AND_WRITE = """
import os, sys
from graph.errors import StoreUnavailable
from graph.sqlite import SqliteStore
if os.geteuid() == 0:  # the superuser may write anywhere
    os.setegid(65534)
    os.seteuid(65534)
os.chdir(sys.argv[1])
try:
    with SqliteStore(sys.argv[2]).write() as transaction:
        transaction.merge_nodes("Utility", {"id": ["U"]})
except StoreUnavailable as error:
    print(error)
"""


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="this system has no users of that kind")
@pytest.mark.parametrize("name", ["store.sqlite", "new.sqlite"])
def test_a_folder_and_file_that_may_not_be_written(path: Path, name: str) -> None:
    with closing(SqliteStore(path)) as store:
        merge(store, "kept")
    # Folders above must let another user through; pytest keeps them private.
    for folder in path.parents[:4]:
        if folder.stat().st_uid == os.geteuid() and folder != Path("/"):
            folder.chmod(0o755)
    path.chmod(0o444)
    path.parent.chmod(0o555)
    try:
        run = subprocess.run(
            [sys.executable, "-c", OPEN_AND_WRITE, str(path.parent), name],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        )
    finally:
        path.parent.chmod(0o755)
        path.chmod(0o644)
    assert name in run.stdout
    assert "cannot be written" in run.stdout or "cannot be opened" in run.stdout
    with closing(SqliteStore(path)) as store:
        assert ids(store) == ["kept"]


def test_a_full_disk_undoes_the_transaction(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(SqliteStore(path)) as store:
        merge(store, "kept")
    connect = sqlite_connections._connect

    def with_little_room(path: Path) -> sqlite3.Connection:
        connection = connect(path)
        connection.execute("PRAGMA max_page_count = 80")
        return connection

    monkeypatch.setattr(sqlite_connections, "_connect", with_little_room)
    with closing(SqliteStore(path)) as store:
        with pytest.raises(StoreUnavailable, match=r"disk is full.*[Nn]othing was changed"):
            merge(store, *(f"lost {number}" for number in range(100_000)))
        assert (ids(store), store.revision()) == (["kept"], 1)
        merge(store, "next")


def test_errors_of_our_own_statements_are_not_blamed_on_the_file(path: Path, store: SqliteStore) -> None:
    with (
        pytest.raises(sqlite3.OperationalError, match="syntax"),
        sqlite_connections.plain_errors(path),
        closing(sqlite3.connect(path)) as connection,
    ):
        connection.execute("SELEC 1")


# --- versions -------------------------------------------------------------------------------------------------


def test_a_store_of_a_newer_version_is_refused_and_left_alone(path: Path) -> None:
    SqliteStore(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE wop_store SET schema_version = ?", (SCHEMA_VERSION + 1,))
    with pytest.raises(StoreTooNew, match="newer version") as caught:
        SqliteStore(path)
    assert not caught.value.retry_helps
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT schema_version FROM wop_store").fetchone() == (SCHEMA_VERSION + 1,)


def test_a_store_of_an_older_version_gains_what_it_lacks(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(SqliteStore(path)) as store:
        merge(store, "kept")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute('DROP TABLE "edge_OFFERS"')
    table = sqlite_tables.node_table("Utility")
    newer = dataclasses.replace(table, fields=(*table.fields, Field("motto", "texts")))
    everything = [newer if other == table else other for other in sqlite_tables.all_tables()]
    monkeypatch.setattr(sqlite_tables, "all_tables", lambda: everything)
    monkeypatch.setattr(sqlite_connections, "SCHEMA_VERSION", SCHEMA_VERSION + 1)
    with closing(SqliteStore(path)) as store:
        assert (ids(store), store.revision()) == (["kept"], 1)
        with store.read() as reader:
            assert reader.edges("OFFERS")["source"] == []
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute('SELECT motto FROM "node_Utility"').fetchall() == [(None,)]
        assert connection.execute("SELECT schema_version FROM wop_store").fetchone() == (SCHEMA_VERSION + 1,)


def test_a_store_without_the_indexes_gains_them(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        merge(store, "kept")
    names = sorted(sqlite_tables.indexes())
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for name in names:
            connection.execute(f'DROP INDEX "{name}"')
    with closing(SqliteStore(path)) as store:
        assert (ids(store), store.revision()) == (["kept"], 1)
    with closing(sqlite3.connect(path)) as connection:
        present = {name for (name,) in connection.execute(sqlite_tables.INDEX_NAMES)}
        assert set(names) <= present
        plan = connection.execute('EXPLAIN QUERY PLAN SELECT source FROM "edge_OFFERS" WHERE target = ?', ("c",))
        assert "edge_OFFERS_target" in str(plan.fetchall())


def test_a_store_that_noted_no_changes_begins_to(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        merge(store, "kept")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DROP TABLE wop_changed")
    with closing(SqliteStore(path)) as store:
        with store.read() as reader:
            assert reader.changed_since(0) is None
            assert reader.changed_since(1) == frozenset()
        merge(store, "new")
        with store.read() as reader:
            assert reader.changed_since(1) == frozenset({"Utility"})
            assert reader.changed_since(0) is None


def test_a_reader_is_of_no_use_after_its_block(store: SqliteStore) -> None:
    with store.read() as reader:
        pass
    with pytest.raises(AttributeError):
        reader.nodes("Utility")
