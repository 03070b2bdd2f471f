"""What fails between the service and a real Neo4j server, what a person then sees, and that nothing is lost or halved.

The line to the server is cut, delayed and silenced by ``bad_line``; the server itself is killed in ``kill_rounds``.
"""

from __future__ import annotations

import contextlib
import random
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import neo4j
import pytest
from apiflask import APIFlask
from bad_line import BadLine, bad_line
from flask.testing import FlaskClient
from kill_rounds import ROWS, Tally, check, round_document, tables
from neo4j_server import GivenServer
from signed_in import plant

from graph.errors import Conflict, StoreUnavailable, WopError
from graph.ingest import import_paths
from graph.neo4j_access import Neo4jAccess
from graph.neo4j_store import Neo4jStore
from graph.reference import load_reference
from graph.rounds import save_round
from graph.schema import SCHEMA_VERSION
from web.app import create_app
from web.cli import main
from web.settings import Settings

pytestmark = pytest.mark.slow

Patch = pytest.MonkeyPatch

SEED = 20_26
CUTS = 6
JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def filled(neo4j_server: GivenServer) -> Iterator[Neo4jStore]:
    """The server's store with the reference, reached directly."""
    neo4j_server.empty()
    store = Neo4jStore(neo4j_server.address, Neo4jAccess(neo4j_server.user, neo4j_server.password))
    load_reference(store)
    yield store
    store.close()


@pytest.fixture
def line(neo4j_server: GivenServer, filled: Neo4jStore) -> Iterator[BadLine]:
    with bad_line(urlsplit(neo4j_server.address).port or 7687) as made:
        yield made


@pytest.fixture
def access(neo4j_server: GivenServer) -> Neo4jAccess:
    """Signs in, and gives up soon, so that the tests need not wait."""
    return Neo4jAccess(neo4j_server.user, neo4j_server.password, retry_seconds=0.5)


@pytest.fixture
def far(line: BadLine, access: Neo4jAccess) -> Iterator[Neo4jStore]:
    """The same store over the bad line."""
    store = Neo4jStore(address_of(line), access)
    yield store
    store.close()


@pytest.fixture
def app(line: BadLine, neo4j_server: GivenServer, monkeypatch: pytest.MonkeyPatch) -> APIFlask:
    """Pages over the bad line."""
    monkeypatch.setenv("WOP_STORE_USER", neo4j_server.user)
    monkeypatch.setenv("WOP_STORE_PASSWORD", neo4j_server.password)
    return create_app(Settings(store=address_of(line), store_timeout=4.0))


@pytest.fixture
def client(app: APIFlask) -> FlaskClient:
    return app.test_client()


def address_of(line: BadLine) -> str:
    return f"bolt://127.0.0.1:{line.port}"


def until_answered(client: FlaskClient) -> None:
    """The service comes back by itself, without a new process."""
    deadline = time.monotonic() + 60
    while client.get("/utilities").status_code != 200:
        assert time.monotonic() < deadline, "the service did not come back"
        time.sleep(0.1)


def test_pages_say_what_is_wrong_and_come_back_by_themselves(client: FlaskClient, line: BadLine) -> None:
    assert client.get("/utilities").status_code == 200
    line.refuse()
    page = client.get("/utilities?lang=fr")
    assert page.status_code == 503
    assert page.headers["Retry-After"] == "5"
    assert "Rien de ce qui a été enregistré n’est perdu" in page.text
    assert page.headers["X-Request-ID"] in page.text
    twin = client.get("/utilities", headers=JSON)
    assert twin.status_code == 503
    assert twin.mimetype == "application/problem+json"
    assert twin.json is not None
    assert twin.json["retry_helps"] is True
    assert re.search("cannot be reached|does not answer in time", twin.json["title"])
    assert client.get("/health").status_code == 200
    assert client.get("/ready").status_code == 503
    line.listen()
    until_answered(client)
    assert client.get("/ready").status_code == 200


def test_a_short_cut_is_not_even_noticed(client: FlaskClient, line: BadLine) -> None:
    """As at a change of leader: connections break, and reading is tried again over new ones."""
    assert client.get("/utilities").status_code == 200
    for _ in range(5):
        line.cut()
        assert client.get("/utilities").status_code == 200


def test_a_slow_store_is_waited_for_and_a_silent_one_is_not(client: FlaskClient, line: BadLine) -> None:
    assert client.get("/utilities").status_code == 200
    line.delay = 0.05
    assert client.get("/utilities").status_code == 200
    line.delay = 0.0
    line.silence()
    for _ in range(3):
        silent = client.get("/utilities?lang=es")
        assert silent.status_code == 503
        assert "WOP_STORE_TIMEOUT" in silent.text
    line.speak()
    until_answered(client)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"password": "wrong"}, "did not accept the user or the password"),
        ({"database": "nowhere"}, "no database called “nowhere”"),
    ],
    ids=["password", "database"],
)
def test_wrong_settings_are_named(
    neo4j_server: GivenServer,
    filled: Neo4jStore,
    changes: dict[str, str],
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WOP_STORE_USER", neo4j_server.user)
    monkeypatch.setenv("WOP_STORE_PASSWORD", changes.get("password", neo4j_server.password))
    if "database" in changes:
        monkeypatch.setenv("WOP_STORE_DATABASE", changes["database"])
    client = create_app(Settings(store=neo4j_server.address)).test_client()
    page = client.get("/utilities", headers=JSON)
    assert page.status_code == 503
    assert page.json is not None
    assert sentence in page.json["title"]
    assert "WOP_STORE_" in page.json["detail"]
    assert neo4j_server.password not in page.text


def test_an_import_cut_anywhere_leaves_all_or_nothing(
    far: Neo4jStore, filled: Neo4jStore, line: BadLine, tmp_path: Path
) -> None:
    dice = random.Random(SEED)
    journal = tmp_path / "journal"
    journal.touch()
    with journal.open("a") as said:
        for number in range(CUTS):
            id = f"cut{number}"
            paths = tables(tmp_path, id, dice)
            line.cut_after = None
            far.revision()
            line.cut_after = int(10 ** dice.uniform(1, 4.5))
            print(f"begin {id}", file=said)
            try:
                import_paths(far, paths)
            except (StoreUnavailable, Conflict):
                continue
            print(f"done {id}", file=said)
    line.cut_after = None
    assert line.cuts > CUTS / 2, f"seed {SEED}: hardly anything was cut"
    tally = Tally()
    check(filled, [journal], tally)
    assert (tally.missing, tally.half) == (0, 0), f"seed {SEED}"
    # Whatever was left behind, the next writer goes on, and doing it again is right in either case.
    for number in range(CUTS):
        import_paths(filled, tables(tmp_path, f"cut{number}", dice))
    with filled.read() as reader:
        ids = reader.nodes("Utility")["id"]
    assert sum(id.startswith("cut") for id in ids) == CUTS * ROWS


def test_a_round_cut_while_it_is_saved_is_whole_or_absent(far: Neo4jStore, filled: Neo4jStore, line: BadLine) -> None:
    dice = random.Random(SEED)
    for number in range(CUTS):
        line.cut_after = None
        far.revision()
        line.cut_after = int(10 ** dice.uniform(1, 4.2))
        acknowledged = False
        try:
            save_round(far, round_document(f"saved{number}"))
            acknowledged = True
        except (StoreUnavailable, Conflict):
            pass
        line.cut_after = None
        save_round(filled, round_document(f"after{number}"))  # finishes, or takes back, what was left
        with filled.read() as reader:
            kept = reader.nodes("Round", [f"saved{number}"])
        assert len(kept["id"]) == 1 or not acknowledged, f"seed {SEED}, round {number}"


def test_a_wait_for_each_other_is_a_conflict_that_can_be_tried_again(
    filled: Neo4jStore, neo4j_server: GivenServer
) -> None:
    """Somebody's own Cypher holds what a write wants, and wants what the write holds: the server ends one of them."""
    with filled.write() as transaction:
        transaction.merge_nodes("Region", {"id": ["left", "right"], "name": ["a", "b"]})
    driver = neo4j.GraphDatabase.driver(neo4j_server.address, auth=(neo4j_server.user, neo4j_server.password))
    ended: list[Exception | None] = []

    def ours(go: threading.Event) -> None:
        try:
            with filled.write() as transaction:
                transaction.merge_nodes("Region", {"id": ["left"], "name": ["ours"]})
                go.set()
                time.sleep(0.5)
                transaction.merge_nodes("Region", {"id": ["right"], "name": ["ours"]})
            ended.append(None)
        except WopError as error:
            ended.append(error)

    go = threading.Event()
    writer = threading.Thread(target=ours, args=(go,))
    with driver, driver.session() as session:
        # Whichever of the two the server ends: the other goes on.
        with contextlib.suppress(neo4j.exceptions.TransientError), session.begin_transaction() as theirs:
            theirs.run("MATCH (r:Region {id: 'right'}) SET r.name = 'theirs'").consume()
            writer.start()
            go.wait(30)
            theirs.run("MATCH (r:Region {id: 'left'}) SET r.name = 'theirs'").consume()
        writer.join(60)
    assert len(ended) == 1
    assert ended[0] is None or (isinstance(ended[0], Conflict) and ended[0].retry_helps)
    with filled.read() as reader:
        names = reader.nodes("Region", ["left", "right"])["name"]
    assert names[0] == names[1], "one of the two did everything, the other nothing"
    with filled.write() as transaction:
        transaction.delete_nodes("Region", ["left", "right"])


def test_a_store_of_a_newer_version_is_told_to_readers_and_at_the_terminal(
    client: FlaskClient, neo4j_server: GivenServer, filled: Neo4jStore, capsys: pytest.CaptureFixture[str]
) -> None:
    """As where one host was brought up to date before the other."""
    assert client.get("/utilities").status_code == 200

    def marked(version: int) -> None:
        with filled.connection.session() as session:
            session.run("MATCH (s:WopStore) SET s.schema_version = $version", version=version).consume()

    marked(SCHEMA_VERSION + 1)
    try:
        page = client.get("/utilities?lang=es")
        assert page.status_code == 503
        assert "No se ha perdido nada de lo guardado." in page.text
        assert "versión más reciente" in page.text
        assert "Refresh" not in page.headers, "waiting does not help: somebody has to bring the service up to date"
        twin = client.get("/utilities", headers=JSON)
        assert (twin.status_code, twin.json and twin.json["retry_helps"]) == (503, False)
        assert client.get("/ready").status_code == 503
        for words in (["match"], ["store", "check"], ["store", "migrate"]):
            with pytest.raises(SystemExit) as ended:
                main(["--store", neo4j_server.address, *words])
            assert ended.value.code == 1
            said = capsys.readouterr().err
            assert "was written by a newer version of this service" in said
            assert "Install the newer version" in said
    finally:
        marked(SCHEMA_VERSION)
    until_answered(client)


def test_a_store_without_schema_is_not_ready(
    client: FlaskClient, neo4j_server: GivenServer, filled: Neo4jStore
) -> None:
    """Last in this module, since it empties the server."""
    assert client.get("/ready").status_code == 200
    neo4j_server.empty()
    for address in ("/ready", "/utilities"):
        gone = client.get(address, headers=JSON)
        assert gone.status_code == 503
        assert gone.json is not None
        assert re.search("wop store migrate", gone.json["detail"])
    filled.prepare()
    plant(filled)  # the accounts are gone, too
    until_answered(client)
