"""The demo on a real Neo4j server is the demo on SQLite: the same proposal and the same graph, to the digest."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from neo4j_server import GivenServer

from graph.digest import graph_digest
from graph.ingest import import_paths
from graph.reference import REGISTER, load_reference
from web.app import create_app
from web.commands.common import Shared
from web.commands.match import run_match
from web.settings import Settings
from web.stores import open_store

AS_OF = date(2025, 12, 31)


@pytest.mark.slow
def test_the_demo_gives_the_same_proposal_on_both_stores(
    neo4j_server: GivenServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    neo4j_server.empty()
    secret = tmp_path / "password"
    secret.write_text(f"{neo4j_server.password}\n", encoding="utf-8")
    monkeypatch.setenv("WOP_STORE_USER", neo4j_server.user)
    monkeypatch.setenv("WOP_STORE_PASSWORD_FILE", str(secret))
    documents: list[dict[str, Any]] = []
    digests, pages = [], []
    for address in (f"sqlite:///{tmp_path / 'demo.sqlite'}", neo4j_server.address):
        store = open_store(address)
        load_reference(store)
        import_paths(store, [REGISTER])
        with store.read() as reader:
            digests.append(graph_digest(reader))
        documents.append(dict(run_match(Shared(address), "best_fit", AS_OF)))
        store.close()
        # Rounds carry the moment they were made; that apart, the pages are the same, too.
        client = create_app(Settings(store=address)).test_client()
        pages.append(client.get("/proposal/download.json").get_json())
        assert client.get("/utilities").status_code == 200
    assert digests[0] == digests[1]
    assert documents[0] == documents[1]
    assert pages[0] == pages[1]
    assert documents[0]["verification"]["passed"]
    assert len(documents[0]["pairs"]) > 50
