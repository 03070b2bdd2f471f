"""The backup and restore the guide describes, rehearsed: the server's own dump, and an export, into a new server."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from neo4j_server import NoServer, OwnServer, gathered_jars, java

from graph.export import export_jsonl
from graph.neo4j_access import Neo4jAccess
from graph.neo4j_store import Neo4jStore
from graph.reference import load_reference

pytestmark = pytest.mark.slow


def admin(home: Path, *words: str) -> None:
    """``neo4j-admin`` on a server's home, which must be stopped."""
    done = subprocess.run(
        [java(), "-Xmx256m", "-cp", f"{gathered_jars()}/*", "org.neo4j.cli.AdminTool", *words],
        env={"NEO4J_HOME": str(home), "NEO4J_CONF": str(home / "conf"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def exported(server: OwnServer, path: Path) -> bytes:
    store = Neo4jStore(server.address, Neo4jAccess(server.user, server.password))
    with store.read() as reader:
        export_jsonl(reader, path)
    store.close()
    return path.read_bytes()


def test_a_dump_loaded_into_a_new_server_holds_the_same(tmp_path: Path) -> None:
    first, second = OwnServer(tmp_path / "first"), OwnServer(tmp_path / "second")
    try:
        first.start()
    except NoServer as missing:
        pytest.skip(str(missing))
    try:
        store = Neo4jStore(first.address, Neo4jAccess(first.user, first.password))
        load_reference(store)
        store.close()
        before = exported(first, tmp_path / "before.jsonl")
        first.stop()
        dumps = tmp_path / "dumps"
        dumps.mkdir()
        admin(first.home, "database", "dump", "neo4j", f"--to-path={dumps}")
        assert (dumps / "neo4j.dump").stat().st_size > 0
        (second.home / "conf").mkdir(parents=True)
        (second.home / "conf" / "neo4j.conf").write_text("")
        admin(second.home, "database", "load", "neo4j", f"--from-path={dumps}", "--overwrite-destination=true")
        second.start()
        assert exported(second, tmp_path / "after.jsonl") == before
    finally:
        first.kill()
        second.kill()
