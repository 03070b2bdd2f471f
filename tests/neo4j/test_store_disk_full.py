"""The disk under a real Neo4j server fills up: what is said, what is kept, and how it is brought back."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from neo4j_server import NoServer, OwnServer
from test_store_failures import JSON

from graph.errors import StoreUnavailable
from graph.neo4j_access import Neo4jAccess
from graph.neo4j_store import Neo4jStore
from graph.upkeep import check_store
from web.app import create_app
from web.settings import Settings

pytestmark = pytest.mark.slow

SMALL_LOGS = "db.tx_log.rotation.size=1m"
"""So that a log is begun anew, and finds no room, after little was written."""
CUT_TORN_LOGS = "internal.dbms.tx_log.fail_on_corrupted_log_files=false"
LEFT = 1_000_000
ROWS = 1_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 48 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"A disk that can be filled has to be mounted, which this user may not: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def server(small_disk: Path, neo4j_server: object) -> Iterator[OwnServer]:
    made = OwnServer(small_disk, settings=SMALL_LOGS)
    try:
        made.start()
    except NoServer as missing:  # though the session has one: it was given by address
        pytest.skip(str(missing))
    yield made
    made.kill()


def test_a_full_disk_is_said_and_nothing_that_was_confirmed_is_lost(
    server: OwnServer, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WOP_STORE_USER", server.user)
    monkeypatch.setenv("WOP_STORE_PASSWORD", server.password)
    access = Neo4jAccess(server.user, server.password, retry_seconds=0.5)
    client = create_app(Settings(store=server.address)).test_client()
    done: list[str] = []
    attempted: list[str] = []

    def write_until_it_fails(store: Neo4jStore) -> None:
        for count in range(1_000):
            attempted[:] = [f"U{count}-{row}" for row in range(ROWS)]
            with store.write() as transaction:
                transaction.merge_nodes("Utility", {"id": attempted, "name": attempted})
            done.extend(attempted)

    with closing(Neo4jStore(server.address, access)) as store:
        assert store.revision() == 0
        room = subprocess.run(
            ["df", "--output=avail", "--block-size=1", str(small_disk)], capture_output=True, text=True, check=True
        )
        filler = small_disk / "filler"
        filler.write_bytes(bytes(int(room.stdout.split()[-1]) - LEFT))
        with pytest.raises(StoreUnavailable, match=r"disk|may or may not be kept"):
            write_until_it_fails(store)
        with pytest.raises(StoreUnavailable, match=r"has stopped: its disk may be full.*start it again"):
            store.revision()
    page = client.get("/utilities", headers=JSON)
    assert page.status_code == 503
    assert page.json is not None
    assert "its disk may be full" in page.json["title"]
    assert page.headers["Retry-After"]
    filler.unlink()
    server.stop()
    server.settings = f"{SMALL_LOGS}\n{CUT_TORN_LOGS}"
    server.start()
    with closing(Neo4jStore(server.address, access)) as store, store.read() as reader:
        kept = reader.nodes("Utility")["id"]
    assert sorted(kept) in (sorted(done), sorted(done + attempted)), "the last write is whole or absent"
    assert len(done) >= ROWS
    assert check_store(server.address, access).problems == ()
    assert client.get("/ready").status_code == 200
