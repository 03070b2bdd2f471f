"""What only the Neo4j store can meet: its server, other processes, kills, large writes and its schema."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import neo4j
import pytest
from neo4j_server import GivenServer

from graph import neo4j_migrations, neo4j_recovery, neo4j_write
from graph.copying import copy_store
from graph.digest import graph_digest
from graph.errors import BadInput, Conflict, StoreTooNew, StoreUnavailable, UnknownName
from graph.export import export_jsonl
from graph.neo4j_access import Neo4jAccess
from graph.neo4j_connection import Neo4jConnection
from graph.neo4j_store import Neo4jStore
from graph.schema import EDGES, NODES, SCHEMA_VERSION
from graph.sqlite import SqliteStore
from graph.store import Store, open_store
from graph.upkeep import check_store, migrate_store

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def server(neo4j_server: GivenServer) -> GivenServer:
    neo4j_server.empty()
    return neo4j_server


@pytest.fixture
def access(server: GivenServer) -> Neo4jAccess:
    return Neo4jAccess(server.user, server.password, retry_seconds=1.0)


@pytest.fixture
def opened(server: GivenServer, access: Neo4jAccess) -> Iterator[Callable[[], Neo4jStore]]:
    stores: list[Neo4jStore] = []

    def another() -> Neo4jStore:
        stores.append(Neo4jStore(server.address, access))
        return stores[-1]

    yield another
    for store in stores:
        store.close()


@pytest.fixture
def store(opened: Callable[[], Neo4jStore]) -> Neo4jStore:
    return opened()


def ids(store: Store) -> list[str]:
    with store.read() as reader:
        return reader.nodes("Utility")["id"]


def merge(store: Store, *new: str, **fields: list[Any]) -> None:
    with store.write() as transaction:
        transaction.merge_nodes("Utility", {"id": list(new), **fields})


def cypher(server: GivenServer, query: str, **parameters: Any) -> list[dict[str, Any]]:
    with neo4j.GraphDatabase.driver(server.address, auth=(server.user, server.password)) as driver:
        found = driver.execute_query(query, parameters)
        return [dict(record) for record in found.records]


def process(script: str, server: GivenServer, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, server.address, server.user, server.password, *words],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


OPEN = """
import os, sys, time
from graph.neo4j_access import Neo4jAccess
from graph.neo4j_store import Neo4jStore
store = Neo4jStore(sys.argv[1], Neo4jAccess(sys.argv[2], sys.argv[3]))
"""


# --- the graph is a natural one -------------------------------------------------------------------------------


def test_the_graph_reads_as_the_schema_says(server: GivenServer, store: Neo4jStore) -> None:
    with store.write() as transaction:
        transaction.merge_nodes("Utility", {"id": ["U"], "name": ["Example Water"], "languages": [("en", "fr")]})
        transaction.merge_nodes("Capability", {"id": ["C"], "name": ["Tariffs"]})
        transaction.merge_edges("OFFERS", {"source": ["U"], "target": ["C"], "level": [4], "evidence": [None]})
    found = cypher(server, "MATCH (u:Utility)-[o:OFFERS]->(c:Capability) RETURN u {.*} AS u, o {.*} AS o, c.name AS c")
    utility = {"id": "U", "name": "Example Water", "languages": ["en", "fr"]}
    assert found == [{"u": utility, "o": {"key": "", "level": 4}, "c": "Tariffs"}]
    constraints = {row["name"] for row in cypher(server, "SHOW CONSTRAINTS YIELD name")}
    assert constraints >= {f"wop_{label}_id" for label in NODES}


# --- one revision for each reader -----------------------------------------------------------------------------


def test_no_reader_ever_sees_a_mixture(store: Neo4jStore, opened: Callable[[], Neo4jStore]) -> None:
    """A writer changes every row in each transaction; all that a reader reads is of one such transaction."""
    count, rounds = 150, 12
    utilities = [f"U{number:03d}" for number in range(count)]

    def write(to: Neo4jStore, step: int) -> None:
        with to.write() as transaction:
            transaction.merge_nodes("Utility", {"id": utilities, "mentor_places": [step] * count})
            if step % 3 == 2:
                transaction.delete_nodes("Capability", ["C"])
            transaction.merge_nodes("Capability", {"id": ["C"], "name": [str(step)]})
            ends = {"source": utilities, "target": ["C"] * count}
            transaction.merge_edges("OFFERS", {**ends, "level": [step] * count})

    write(store, 0)
    failures: list[BaseException] = []
    ended = threading.Event()

    def keep_writing() -> None:
        try:
            for step in range(1, rounds):
                write(store, step)
        except BaseException as error:
            failures.append(error)
        ended.set()

    writer = threading.Thread(target=keep_writing)
    writer.start()
    other = opened()
    seen = set()
    while not ended.is_set():
        with other.read() as reader:
            step = reader.revision - 1
            seen.add(step)
            for _ in range(2):
                assert reader.nodes("Utility")["mentor_places"] == [step] * count
                assert reader.edges("OFFERS")["level"] == [step] * count
                assert reader.nodes("Capability", ["C"])["name"] == [str(step)]
                assert reader.edges("OFFERS", sources=utilities[:3])["level"] == [step] * 3
    writer.join()
    assert failures == []
    assert len(seen) > 1


def test_a_reader_whose_snapshot_is_too_old_is_told(
    server: GivenServer, store: Neo4jStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neo4j_write, "KEPT_SECONDS", -1)
    merge(store, "A")
    with store.read() as reader:
        merge(store, "B")
        merge(store, "C")
        with pytest.raises(StoreUnavailable, match="too old") as caught:
            reader.nodes("Utility")
        assert caught.value.retry_helps


# --- several processes, and their deaths ----------------------------------------------------------------------

WRITE_AND_WAIT = (
    OPEN
    + """
from graph import neo4j_write
neo4j_write.ROWS_A_TRANSACTION = int(sys.argv[4])
with store.write() as transaction:
    transaction.merge_nodes("Capability", {"id": ["C"], "name": ["lost"]})
    transaction.merge_nodes("Utility", {"id": ["kept"], "name": ["lost"]})
    transaction.delete_nodes("Utility", ["gone"])
    for part in range(5):
        new = [f"lost {part} {number}" for number in range(500)]
        transaction.merge_nodes("Utility", {"id": new})
        transaction.merge_edges("OFFERS", {"source": new, "target": ["C"] * 500})
    print("in the middle", flush=True)
    time.sleep(600)
"""
)


@pytest.mark.parametrize("rows_a_transaction", [1_000_000, 600], ids=["one transaction", "staged"])
def test_a_process_killed_in_the_middle_of_a_write_leaves_nothing(
    server: GivenServer, store: Neo4jStore, opened: Callable[[], Neo4jStore], rows_a_transaction: int
) -> None:
    merge(store, "gone", "kept", name=["g", "k"], languages=[("en",), ()])
    with store.write() as transaction:
        transaction.merge_nodes("Capability", {"id": ["C", "D"]})
        transaction.merge_edges("OFFERS", {"source": ["gone", "kept"], "target": ["C", "D"], "level": [1, 2]})
    with store.read() as reader:
        before = graph_digest(reader)
    worker = process(WRITE_AND_WAIT, server, str(rows_a_transaction))
    assert worker.stdout is not None
    assert worker.stdout.readline() == "in the middle\n"
    written = cypher(server, "MATCH (u:Utility) RETURN count(u) AS count")[0]["count"]
    assert (written > 1000) == (rows_a_transaction == 600)  # a staged write has committed most of it
    with store.read() as reader:  # and yet nobody sees it
        assert graph_digest(reader) == before
        held = reader
        worker.send_signal(signal.SIGKILL)
        worker.wait(60)
        worker.stdout.close()
        assert graph_digest(held) == before
    again = opened()
    again.prepare()
    with again.read() as reader:
        assert graph_digest(reader) == before
    assert cypher(server, "MATCH (u:Utility) RETURN count(u) AS count") == [{"count": 2}]
    merge(store, "next")
    assert ids(again) == ["gone", "kept", "next"]


def test_a_large_write_is_seen_at_once_or_not_at_all(
    server: GivenServer, store: Neo4jStore, opened: Callable[[], Neo4jStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neo4j_write, "ROWS_A_TRANSACTION", 100)
    other = opened()
    new = [f"U{number}" for number in range(150)]
    with store.read() as early, store.write() as transaction:
        for start in range(0, 150, 50):
            transaction.merge_nodes("Utility", {"id": new[start : start + 50]})
        assert cypher(server, "MATCH (u:Utility) RETURN count(u) AS count") == [{"count": 100}]
        assert ids(other) == []
        assert other.revision() == 0
        assert transaction.nodes("Utility")["id"] == sorted(new)
    assert ids(other) == sorted(new)
    assert other.revision() == 1
    del early

    def fail() -> None:
        with store.write() as transaction:
            transaction.merge_nodes("Utility", {"id": new, "name": new})
            transaction.delete_nodes("Utility", new)
            raise KeyError("stop")

    with pytest.raises(KeyError):
        fail()
    with other.read() as reader:
        assert (reader.nodes("Utility")["id"], reader.nodes("Utility")["name"]) == (sorted(new), [None] * 150)


def test_a_write_that_was_committed_but_not_published_is_finished(
    store: Neo4jStore, opened: Callable[[], Neo4jStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    merge(store, "A")

    def cut(*_: object) -> None:
        raise neo4j.exceptions.ServiceUnavailable("cut")

    with monkeypatch.context() as patched:
        patched.setattr(neo4j_write, "publish", cut)
        with pytest.raises(StoreUnavailable, match="may or may not"):
            merge(store, "B")
    assert ids(store) == ["A"]
    opened().prepare()
    assert (ids(store), store.revision()) == (["A", "B"], 2)


def test_a_lost_answer_to_a_commit_is_asked_for(store: Neo4jStore, monkeypatch: pytest.MonkeyPatch) -> None:
    committed = neo4j.Transaction.commit

    def commit_and_lose_the_answer(transaction: neo4j.Transaction) -> None:
        committed(transaction)
        raise neo4j.exceptions.ServiceUnavailable("cut")

    def lose(transaction: neo4j.Transaction) -> None:
        transaction.close()
        raise neo4j.exceptions.ServiceUnavailable("cut")

    with monkeypatch.context() as patched:
        patched.setattr(neo4j.Transaction, "commit", commit_and_lose_the_answer)
        merge(store, "A")
    assert (ids(store), store.revision()) == (["A"], 1)
    with monkeypatch.context() as patched:
        patched.setattr(neo4j.Transaction, "commit", lose)
        with pytest.raises(StoreUnavailable, match="cannot be reached"):
            merge(store, "B")
    merge(store, "C")
    assert ids(store) == ["A", "C"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_store_opened_before_a_fork_serves_parent_and_child(server: GivenServer, store: Neo4jStore) -> None:
    script = (
        OPEN
        + """
assert store.revision() == 0
child = os.fork()
with store.write() as transaction:
    transaction.merge_nodes("Utility", {"id": ["parent" if child else "child"]})
if child:
    assert os.waitpid(child, 0)[1] == 0
    with store.read() as reader:
        assert reader.nodes("Utility")["id"] == ["child", "parent"]
store.close()
"""
    )
    worker = process(script, server)
    assert worker.wait(120) == 0
    assert worker.stdout is not None
    worker.stdout.close()
    assert ids(store) == ["child", "parent"]


def test_a_store_that_stays_locked(store: Neo4jStore, monkeypatch: pytest.MonkeyPatch) -> None:
    merge(store, "before")
    monkeypatch.setattr(neo4j_write, "BUSY_SECONDS", 0.3)
    with store.write():
        with pytest.raises(StoreUnavailable, match=r"changed by somebody else.*try again") as caught, store.write():
            pytest.fail("the block must not run")
        assert caught.value.retry_helps
        assert ids(store) == ["before"]  # reading goes on
    merge(store, "after")


def test_a_lock_that_comes_in_the_moment_of_giving_up_is_given_up(store: Neo4jStore, server: GivenServer) -> None:
    """Once the server was told to end the transaction, having the lock is worth nothing."""
    merge(store, "before")
    asked = threading.Event()

    def let_go_when_asked() -> None:
        with store.connection.session() as session, session.begin_transaction() as other:
            other.run("MATCH (l:WopLock {id: 'writers'}) SET l.holder = 'other'").consume()
            held.set()
            asked.wait(60)

    class Telling(Neo4jConnection):
        """Lets the lock go in the moment in which the end of the transaction is asked for."""

        @contextmanager
        def session(self, *, reading: bool = False) -> Iterator[neo4j.Session]:
            if threading.current_thread() is not threading.main_thread():
                asked.set()
                blocker.join()
                passed.wait(60)
            with super().session(reading=reading) as session:
                yield session

    held, passed = threading.Event(), threading.Event()
    blocker = threading.Thread(target=let_go_when_asked)
    blocker.start()
    held.wait(60)
    connection = Telling(store.connection.place, store.connection.access)
    with connection.session() as session, session.begin_transaction(metadata={"write": "late"}) as transaction:

        def wait_for_the_lock() -> None:
            with neo4j_write.giving_up(connection, "late", 0.2):
                neo4j_write.take_lock(connection, transaction, "writers", "late")

        with pytest.raises(StoreUnavailable, match="changed by somebody else"):
            wait_for_the_lock()
    passed.set()
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):  # it uses the connections that are closed below
            thread.join(60)
    connection.close()
    merge(store, "after")
    assert ids(store) == ["after", "before"]


def test_a_transaction_ended_by_hand_is_said_so(server: GivenServer, store: Neo4jStore) -> None:
    def ended() -> None:
        with store.write() as transaction:
            transaction.merge_nodes("Utility", {"id": ["A"]})
            cypher(
                server,
                "SHOW TRANSACTIONS YIELD transactionId AS id, metaData WHERE metaData.write IS NOT NULL"
                " TERMINATE TRANSACTIONS id YIELD message RETURN message",
            )
            transaction.merge_nodes("Utility", {"id": ["B"]})

    with pytest.raises(StoreUnavailable, match=r"could not do this now.*Nothing was changed") as caught:
        ended()
    assert caught.value.retry_helps
    assert ids(store) == []


def test_a_write_that_was_overtaken_is_a_conflict(server: GivenServer, store: Neo4jStore) -> None:
    def overtaken() -> None:
        with store.write() as transaction:
            transaction.merge_nodes("Utility", {"id": ["A"]})
            cypher(server, "MATCH (s:WopStore) SET s.sequence = 40")

    with pytest.raises(Conflict):
        overtaken()
    assert ids(store) == []


# --- what the server may say ----------------------------------------------------------------------------------


def test_a_server_that_is_not_there() -> None:
    with pytest.raises(StoreUnavailable, match=r"cannot be reached.*Nothing was lost") as caught:
        open_store("bolt://127.0.0.1:9", Neo4jAccess(password="hush-hush", retry_seconds=0.1))
    assert caught.value.retry_helps


def test_a_wrong_password_is_never_told(server: GivenServer) -> None:
    access = Neo4jAccess(server.user, "hush-hush-hush", retry_seconds=0.1)
    with pytest.raises(StoreUnavailable, match=r"did not accept.*WOP_STORE_PASSWORD") as caught:
        open_store(server.address, access)
    told = [str(caught.value), repr(access), repr(caught.value.__cause__), str(caught.value.__cause__)]
    assert not any("hush" in text for text in told)


def test_a_database_that_does_not_exist(server: GivenServer) -> None:
    with pytest.raises(StoreUnavailable, match=r"no database called “nowhere”.*WOP_STORE_DATABASE"):
        open_store(server.address, Neo4jAccess(server.user, server.password, "nowhere", retry_seconds=0.1))


@pytest.mark.parametrize("address", ["bolt://neo4j:hush@localhost:7687", "neo4j://localhost/neo4j", "bolt://"])
def test_addresses_that_cannot_be_used(address: str) -> None:
    with pytest.raises(BadInput) as caught:
        open_store(address)
    assert "hush" not in str(caught.value)


def test_an_address_of_another_kind_is_refused() -> None:
    with pytest.raises(UnknownName, match="bolt://localhost:7687"):
        open_store("blot://localhost:7687")


# --- the schema -----------------------------------------------------------------------------------------------


def test_an_empty_database_becomes_a_store_and_migrating_again_changes_nothing(
    server: GivenServer, access: Neo4jAccess
) -> None:
    server.empty(schema=True)
    assert migrate_store(server.address, access) == tuple(range(1, SCHEMA_VERSION + 1))
    assert migrate_store(server.address, access) == ()
    with closing(open_store(server.address, access)) as store:
        merge(store, "A")
        assert store.revision() == 1
    server.empty(schema=True)
    with closing(open_store(server.address, access)) as store:
        assert store.revision() == 0
    assert check_store(server.address, access).problems == ()


def test_whoever_makes_the_schema_slowly_never_lowers_its_version(
    server: GivenServer, access: Neo4jAccess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight threads at an empty database once found its schema "older": one was still at its first step."""
    server.empty(schema=True)
    seen: list[int] = []

    def overtaken() -> list[str]:
        monkeypatch.setattr(neo4j_migrations, "MIGRATIONS", {**real, 2: watched})
        with closing(open_store(server.address, access)) as faster:
            merge(faster, "A")
        seen.clear()
        return real[1]()

    def watched() -> list[str]:
        seen.extend(row["version"] for row in cypher(server, "MATCH (s:WopStore) RETURN s.schema_version AS version"))
        return real[2]()

    real = neo4j_migrations.MIGRATIONS
    monkeypatch.setattr(neo4j_migrations, "MIGRATIONS", {**real, 1: overtaken})
    with closing(Neo4jStore(server.address, access)) as slower:
        assert ids(slower) == ["A"]
        merge(slower, "B")
    assert seen == [SCHEMA_VERSION]


def test_many_threads_make_one_schema(server: GivenServer, opened: Callable[[], Neo4jStore]) -> None:
    server.empty(schema=True)
    stores = [opened() for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        done = [pool.submit(merge, stores[at % 4], f"U{at}") for at in range(8)]
    for future in done:
        future.result()
    assert sorted(ids(stores[0])) == [f"U{at}" for at in range(8)]


def test_a_migration_that_was_cut_off_is_done_again(
    server: GivenServer, access: Neo4jAccess, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_store(server.address, access)) as store:
        merge(store, "kept")

    def cut() -> list[str]:
        return ["CREATE INDEX wop_test IF NOT EXISTS FOR (n:Utility) ON (n.name)", "THIS IS NO CYPHER"]

    newer = SCHEMA_VERSION + 1
    steps = {**neo4j_migrations.MIGRATIONS, newer: cut}
    monkeypatch.setattr(neo4j_migrations, "MIGRATIONS", steps)
    monkeypatch.setattr(neo4j_migrations, "SCHEMA_VERSION", newer)
    with pytest.raises(neo4j.exceptions.CypherSyntaxError):
        migrate_store(server.address, access)
    with pytest.raises(StoreUnavailable, match=r"older than this service.*wop store migrate"):
        open_store(server.address, access)
    steps[newer] = lambda: cut()[:1]
    assert migrate_store(server.address, access) == (newer,)
    with closing(open_store(server.address, access)) as store:
        assert ids(store) == ["kept"]
    cypher(server, "DROP INDEX wop_test")


def test_a_store_of_a_newer_version_is_refused_also_by_those_who_have_it_open(
    server: GivenServer, access: Neo4jAccess, store: Neo4jStore
) -> None:
    merge(store, "A")
    cypher(server, "MATCH (s:WopStore) SET s.schema_version = $version", version=SCHEMA_VERSION + 1)
    for use in (lambda: open_store(server.address, access), store.revision, lambda: merge(store, "B")):
        with pytest.raises(StoreTooNew, match="newer version"):
            use()
    with pytest.raises(StoreTooNew):
        migrate_store(server.address, access)


def test_a_database_of_something_else_is_left_alone(server: GivenServer, access: Neo4jAccess) -> None:
    cypher(server, "CREATE (:Photograph)")
    with pytest.raises(StoreUnavailable, match="a database of something else"):
        open_store(server.address, access)
    assert cypher(server, "MATCH (n) RETURN labels(n) AS labels") == [{"labels": ["Photograph"]}]


def test_a_store_emptied_under_a_service_says_what_to_do(server: GivenServer, store: Neo4jStore) -> None:
    merge(store, "A")
    server.empty()
    with pytest.raises(StoreUnavailable, match="wop store migrate"):
        store.revision()
    with pytest.raises(StoreUnavailable, match="wop store migrate"):
        merge(store, "B")


def test_a_check_finds_what_was_changed_by_hand(server: GivenServer, access: Neo4jAccess, store: Neo4jStore) -> None:
    merge(store, "A", "B", "C")
    found = check_store(server.address, access)
    assert (found.problems, found.rows["Utility"], found.revision) == ((), 3, 1)
    cypher(server, "MATCH (u:Utility {id: 'B'}) SET u.mentor_places = 'three'")
    cypher(server, "DROP CONSTRAINT wop_Region_id")
    told = [str(problem) for problem in check_store(server.address, access).problems]
    assert len(told) == 2
    assert "wop_Region_id" in told[0]
    assert migrate_store(server.address, access) == ()
    assert not any("wop_Region_id" in str(problem) for problem in check_store(server.address, access).problems)
    assert "Utility: 1 rows have a mentor_places of another type than integer, such as B." in told[1]


# --- the same in both stores ----------------------------------------------------------------------------------


def some_of_everything(store: Store) -> None:
    with store.write() as transaction:
        for label, node in NODES.items():
            values = {field.name: [_sample(field.type, at) for at in range(4)] for field in node.fields}
            transaction.merge_nodes(label, {"id": ["d", "ä", "b", "A"], **values})
        for type, edge in EDGES.items():
            values = {field.name: [_sample(field.type, at) for at in range(3)] for field in edge.fields}
            ends = {"source": ["d", "d", "A"], "target": ["ä", "b", "A"], "key": ["2020", "", ""]}
            transaction.merge_edges(type, {**ends, **values})


def _sample(type: str, at: int) -> Any:
    samples: dict[str, tuple[Any, ...]] = {
        "integer": (0, -(2**63), None, 5),
        "number": (0.1, None, -1e300, 2.0),
        "flag": (None, True, False, True),
        "texts": ((), ("a", ""), None, ("ü",)),
    }
    return samples.get(type, ("", "t“\n", None, "𝕌"))[at]


def test_a_copy_either_way_is_equal_and_exports_are_byte_identical(store: Neo4jStore, tmp_path: Path) -> None:
    with closing(SqliteStore(tmp_path / "a.sqlite")) as first, closing(SqliteStore(tmp_path / "b.sqlite")) as last:
        some_of_everything(first)
        there = copy_store(first, store)
        with pytest.raises(BadInput, match=r"not empty.*--replace"):
            copy_store(first, store)
        merge(store, "more")
        assert copy_store(first, store, replace=True) == there
        back = copy_store(store, last)
        assert back == there
        assert there.rows == 4 * len(NODES) + 3 * len(EDGES)
        exports = []
        everyone: tuple[Store, ...] = (first, store, last)
        for at, each in enumerate(everyone):
            with each.read() as reader:
                export_jsonl(reader, tmp_path / f"{at}.jsonl")
            exports.append((tmp_path / f"{at}.jsonl").read_bytes())
        assert exports[0] == exports[1] == exports[2]


def test_recovery_leaves_a_living_writer_alone(
    store: Neo4jStore, opened: Callable[[], Neo4jStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neo4j_write, "ROWS_A_TRANSACTION", 10)
    other = opened()
    new = [f"U{number:02d}" for number in range(30)]
    with store.write() as transaction:
        for start in range(0, 30, 10):
            transaction.merge_nodes("Utility", {"id": new[start : start + 10]})
        neo4j_recovery.finish_dead_writes(other.connection)
    assert ids(other) == new
