"""Applications over a small hand-made network and over the real register, and a browser to look at them."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from signed_in import FACILITATOR, Person, plant
from small_world import AS_OF, document, fill
from waitress import create_server

from graph.rounds import save_round
from graph.store import open_store
from web.app import create_app
from web.settings import Settings
from web.signing_in import COOKIE

PATIENCE = 120_000
"""Milliseconds that a page may take on a machine with much else to do; how fast pages are is for benchmarks to say."""

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def settings_for(path: Path, **changes: Any) -> Settings:
    """Settings that keep the store in a file."""
    return Settings(store=f"sqlite:///{path}", **changes)


@pytest.fixture
def app(tmp_path: Path) -> APIFlask:
    """The small network with its proposal."""
    settings = settings_for(tmp_path / "small.sqlite")
    store = open_store(settings.store)
    fill(store)
    save_round(store, document())
    store.close()
    return create_app(settings)


@pytest.fixture
def client(app: APIFlask) -> FlaskClient:
    """A reader of the small network."""
    return app.test_client()


@pytest.fixture
def empty_client(tmp_path: Path) -> FlaskClient:
    """A reader of an empty store."""
    return create_app(settings_for(tmp_path / "empty.sqlite")).test_client()


@pytest.fixture(scope="session")
def solved_client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """A reader of the small network with a proposal solved from it; one mentee stays without a partner."""
    from graph.network import read_network
    from graph.register import with_inferred
    from matcher.policy import PairDecision, load_policy
    from matcher.proposal import propose

    settings = settings_for(tmp_path_factory.mktemp("solved") / "small.sqlite")
    store = open_store(settings.store)
    fill(store)
    as_of = date.fromisoformat(AS_OF)
    with store.read() as reader:
        network = with_inferred(read_network(reader), as_of)
    policy = load_policy("best_fit").model_copy(update={"forbids": (PairDecision(mentor="M1", mentee="N3"),)})
    save_round(store, propose(network, policy, as_of=as_of))
    store.close()
    return create_app(settings).test_client()


@pytest.fixture(scope="session")
def real_app(tmp_path_factory: pytest.TempPathFactory) -> APIFlask:
    """The real register with a proposal computed from it."""
    from graph.ingest import import_paths
    from graph.network import read_network
    from graph.reference import REGISTER, load_reference
    from graph.register import with_inferred
    from matcher.policy import load_policy
    from matcher.proposal import propose

    settings = settings_for(tmp_path_factory.mktemp("real") / "real.sqlite")
    store = open_store(settings.store)
    load_reference(store)
    import_paths(store, [Path(str(REGISTER))])
    as_of = date(2026, 1, 1)
    with store.read() as reader:
        network = with_inferred(read_network(reader), as_of)
    save_round(store, propose(network, load_policy("best_fit"), as_of=as_of))
    plant(store)
    store.close()
    return create_app(settings)


@pytest.fixture(scope="session")
def real_address(real_app: APIFlask) -> Iterator[str]:
    """The address of a real server of the real register on a free loopback port."""
    server = create_server(real_app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    thread.join(timeout=5)


def chromium() -> str | None:
    """The browser to use: ``WOP_TEST_CHROMIUM``, else the system's."""
    named = os.environ.get("WOP_TEST_CHROMIUM")
    return named or next((found for name in BROWSERS if (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A headless Chromium; without one the test is skipped, or fails where ``WOP_REQUIRE_BROWSER`` is set."""
    from playwright.sync_api import sync_playwright

    executable = chromium()
    if executable is None:
        missing = "No Chromium was found: install one, or name it in WOP_TEST_CHROMIUM."
        if os.environ.get("WOP_REQUIRE_BROWSER") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    rootless = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses a sandbox to root
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=rootless)
        yield SignedInBrowser(launched)
        launched.close()


class SignedInBrowser:
    """A browser whose contexts are signed in on this machine."""

    def __init__(self, browser: Any) -> None:
        self._browser = browser

    def new_context(self, person: Person | None = FACILITATOR, **named: Any) -> Any:
        """A context, signed in as somebody, or a stranger."""
        context = self._browser.new_context(**named)
        context.set_default_timeout(PATIENCE)
        if person is not None:
            context.add_cookies([{"name": COOKIE, "value": person.key, "domain": "127.0.0.1", "path": "/"}])
        return context
