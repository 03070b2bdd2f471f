"""A real Neo4j server goes away while people and workers are at work, and comes back: what they see, what is kept."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from job_place import AS_OF, PATIENCE, Place
from neo4j_server import OwnServer
from redis_server import RedisServer
from signed_in import planted
from waitress import create_server

import matcher.proposal
import web.patience
from graph.ingest import import_paths
from graph.reference import REGISTER, load_reference
from graph.rounds import rounds
from web.app import create_app
from web.cli import main
from web.commands import match
from web.settings import Settings
from web.stores import open_store

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}
LOADED = PATIENCE * 1000


@pytest.fixture(scope="module")
def server(neo4j_to_kill: OwnServer) -> Iterator[OwnServer]:
    """The register of real partnerships on a server that may be killed; the settings say how to sign in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WOP_STORE_USER", neo4j_to_kill.user)
        patch.setenv("WOP_STORE_PASSWORD", neo4j_to_kill.password)
        with closing(open_store(neo4j_to_kill.address)) as store:
            load_reference(planted(store))
            import_paths(store, [Path(str(REGISTER))])
        yield neo4j_to_kill


@pytest.fixture
def place(server: OwnServer, redis_server: RedisServer, tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path, server.address, redis_server.address)
    yield made
    made.close()
    with closing(made.open_store()) as store, store.write() as transaction:
        for label in ("Job", "Round"):
            transaction.delete_nodes(label, transaction.nodes(label)["id"])


@contextmanager
def pages(server: OwnServer, seconds: int) -> Iterator[str]:
    """Where pages of the store are answered, loaded again after so many seconds when they cannot be."""
    app = create_app(Settings(store=server.address, store_timeout=60.0, retry_after=seconds))
    serving = create_server(app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=serving.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{serving.effective_port}"
    serving.close()
    thread.join(timeout=5)


@pytest.fixture
def address(server: OwnServer) -> Iterator[str]:
    with pages(server, 2) as made:
        yield made


def picture(page: Any, name: str) -> None:
    if folder := os.environ.get("WOP_SCREENSHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def test_a_worker_killed_in_mid_solve_leaves_exactly_one_result_on_neo4j(place: Place) -> None:
    job = place.ask(3)
    for _ in range(2):
        place.start()
    busy = place.until(lambda job: (job["share"] or 0) > 0.3, job["id"])
    os.kill(place.process_of(busy["worker"]), signal.SIGKILL)
    done = place.ended(job["id"])
    assert (done["state"], done["attempt"]) == ("done", 2), place.said()
    assert done["worker"] != busy["worker"]
    assert place.results() == {job["id"]: tuple(done["rounds"])}


def test_a_server_killed_in_mid_solve_costs_nobody_anything(
    server: OwnServer,
    place: Place,
    address: str,
    browser: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A worker and a facilitator solve, others read pages, and the server is killed."""
    desktop, phone = (browser.new_context(viewport=size).new_page() for size in (DESKTOP, PHONE))
    for page in (desktop, phone):
        assert page.goto(f"{address}/utilities").status == 200
    ours = place.open_store()
    solve = matcher.proposal.propose
    found: list[Any] = []

    def kill_and_solve(*known: Any, **more: Any) -> Any:
        place.until(lambda job: (job["share"] or 0) > 0.15, job["id"])
        server.kill()
        found.append(solve(*known, **more))
        return found[0]

    job = place.ask(3)
    place.start()
    monkeypatch.setattr(matcher.proposal, "propose", kill_and_solve)
    monkeypatch.setattr(web.patience, "PATIENCE", 1.0)

    # A facilitator's own match ends with what is wrong, after waiting for a while.
    with pytest.raises(SystemExit) as ended:
        main(["--store", server.address, "match", "--as-of", AS_OF])
    said = capsys.readouterr().err
    assert ended.value.code == 1
    assert "The proposal is found; waiting" in said
    assert "The proposal was found, but could not be kept" in said
    assert "Nothing that was saved is lost. When the store is back, run the same match again." in said
    assert "Traceback" not in said

    # Readers are told, calmly, and need not do anything.
    with pages(server, 600) as still:
        for page, name, language in ((desktop, "desktop", "en"), (phone, "phone", "fr")):
            answer = page.goto(f"{still}/utilities?lang={language}")
            assert answer.status == 503
            assert answer.headers["retry-after"] == answer.headers["refresh"] == "600"
            picture(page, f"store-gone-{name}")
            assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
            grave = [found["id"] for found in Axe().run(page).response["violations"] if found["impact"] != "minor"]
            assert not grave
        assert "Nothing that was saved is lost." in desktop.inner_text("main")
        assert "Rien de ce qui a été enregistré n’est perdu." in phone.inner_text("main")
    for page in (desktop, phone):
        assert page.goto(f"{address}/utilities").status == 503

    # The worker has its result, or goes on solving, and waits to keep it.
    place.until(lambda job: job["doing"] == "Waiting for the store", job["id"])

    # The server comes back while somebody waits to keep a proposal: it is kept, once, and all go on by themselves.
    monkeypatch.setattr(web.patience, "PATIENCE", PATIENCE)
    starting = threading.Thread(target=server.start)
    starting.start()
    match.keep(ours, found[0], lambda _text, _share: None)
    starting.join()
    assert "The proposal is found; waiting" in capsys.readouterr().err
    for page in (desktop, phone):
        page.locator("main form").first.wait_for(timeout=LOADED)  # the search of the page; that of a failure has none
    done = place.ended(job["id"])
    assert (done["state"], done["attempt"]) == ("done", 1), place.said()
    with closing(ours), ours.read() as reader:
        kept = [heading.id for heading in rounds(reader)]
        made = reader.nodes("Round")["id"]
    assert kept == [found[0]["id"]]
    assert sorted(made) == sorted([found[0]["id"], *done["rounds"]])
    for page in (desktop, phone):
        page.context.close()
