"""The planner's pages in a real browser over an invented world of 5,000 utilities and about 20,000 pairs."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe
from signed_in import SESSION_KEY, plant
from waitress import create_server
from web_fixtures import settings_for

from fixtures.worlds import write_world
from graph.ingest import import_paths
from graph.reference import load_reference
from graph.store import open_store
from web.app import create_app
from web.signing_in import COOKIE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

UTILITIES, PAIRS = 5_000, 20_000
PAGES = (
    "/network",
    "/network?region=Eastern+Africa&colour=role",
    "/network/map",
    "/network/map?show=needs&zoom=Eastern+Africa",
    "/network/matrix?of=countries",
    "/plan/supply",
    "/plan/resilience",
    "/plan/reach",
    "/plan/results",
    "/partnerships",
    "/utilities",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("world")


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    settings = settings_for(folder / "world.sqlite")
    store = open_store(settings.store)
    load_reference(store)
    import_paths(store, [Path(p) for p in write_world(folder / "t", utilities=UTILITIES, seed=5, partnerships=PAIRS)])
    plant(store)
    store.close()
    server = create_server(create_app(settings), host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    thread.join(timeout=5)


def test_the_pages_of_the_busiest_utility_are_small(address: str, folder: Path) -> None:
    """What a phone on a slow line loads at its first visit: the page and the stylesheet, compressed."""

    def transferred(path: str) -> int:
        headers = {"Cookie": f"{COOKIE}={SESSION_KEY}", "Accept": "text/html", "Accept-Encoding": "gzip"}
        with urlopen(Request(address + path, headers=headers), timeout=120) as answer:
            return len(answer.read())

    store = open_store(settings_for(folder / "world.sqlite").store)
    with store.read() as reader:
        pairs = reader.edges("LEARNS_IN")
    store.close()
    busiest = Counter(pairs["source"]).most_common(1)[0][0]
    part = next(to for utility, to in zip(pairs["source"], pairs["target"], strict=True) if utility == busiest)
    own = f"/utilities/{busiest}"
    paths = [own, f"{own}/partners", f"{own}/edit", f"{own}/wishes", f"{own}/ideas", f"{own}/ideas/new"]
    paths += [f"{own}/partnerships/{part}", f"{own}/partnerships/{part}/plan", "/partnerships", "/utilities"]
    sizes = {path: transferred(path) + transferred("/static/wop.css") for path in paths}
    assert max(sizes.values()) < 60_000, sizes


def test_a_large_world_is_walked(browser: Any, address: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": COOKIE, "value": SESSION_KEY, "url": address}])
    page = context.new_page()
    page.set_default_timeout(120_000)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    for path in PAGES:
        answer = page.goto(address + path)
        assert answer.status == 200, path
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280, path
        if path.startswith("/network") and "/m" not in path:
            page.wait_for_selector("#network[data-ready=yes]")
        found = Axe().run(page).response["violations"]
        assert not [one["id"] for one in found if one["impact"] in ("serious", "critical")], path
    # What the browser says of its own drawing in software is no fault of the page.
    assert not [text for text in complaints if "WebGL" not in text and "GPU" not in text]
    context.close()
