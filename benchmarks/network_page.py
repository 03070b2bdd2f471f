"""The network page in a real browser: ``python benchmarks/network_page.py [--utilities 5000] [--pairs 20000]``.

An invented world is imported, drawn once, and served on this machine. Measured are the drawing (processor time), the
server's answers without a network in between (processor time), and in a headless Chromium: the time until the first
paint and until the drawing is there, and the frames that are drawn a second while it is dragged. A machine without a
graphics card draws WebGL in software (SwiftShader); what drew is printed beside the figures.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
from pathlib import Path

from flask.testing import FlaskClient
from reader import signed_in_reader
from waitress import create_server

from fixtures.worlds import write_world
from graph.drawing import draw, keep_drawing
from graph.ingest import import_paths
from graph.network import read_network
from graph.reference import load_reference
from graph.store import open_store
from web.settings import Settings
from web.signing_in import COOKIE

ANSWERS = (
    "/network/graph",
    "/network",
    "/network?region=Eastern+Africa",
    "/network?q=city&table=pairs",
    "/network?only=cascades",
    "/network/download.svg",
)
SECONDS = 6
FRAMES = """async () => {
  let frames = 0, going = true;
  const tick = () => { frames += 1; if (going) requestAnimationFrame(tick); };
  const began = performance.now();
  requestAnimationFrame(tick);
  window.stopCounting = () => { going = false; const seconds = (performance.now() - began) / 1000;
    return Math.round(10 * frames / seconds) / 10; };
}"""
GRAPHICS = """() => { const gl = document.createElement("canvas").getContext("webgl");
  const told = gl && gl.getExtension("WEBGL_debug_renderer_info");
  return told ? gl.getParameter(told.UNMASKED_RENDERER_WEBGL) : "unknown"; }"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--utilities", type=int, default=5_000)
    parser.add_argument("--pairs", type=int, default=20_000)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "world.sqlite"
        store = open_store(f"sqlite:///{path}")
        load_reference(store)
        write_world(Path(folder) / "world", utilities=asked.utilities, seed=7, partnerships=asked.pairs)
        import_paths(store, [Path(folder) / "world"])
        with store.read() as reader:
            network = read_network(reader)
        began = time.process_time()
        drawing = draw(network.partnerships)
        print(f"utilities {len(network.utilities):,}, pairs {len(network.partnerships):,}")
        print(f"drawing worked out once: {time.process_time() - began:.1f} s of processor time")
        keep_drawing(store, drawing)
        store.close()
        settings = Settings(store=f"sqlite:///{path}")
        client = signed_in_reader(settings)
        answers(client)
        in_browser(client, asked.chromium)


def answers(client: FlaskClient) -> None:
    """Processor time of each answer, from the second on."""
    for address in ANSWERS:
        client.get(address)
        taken = []
        for _ in range(7):
            began = time.process_time()
            answer = client.get(address, headers={"Accept-Encoding": "gzip"})
            taken.append(time.process_time() - began)
        print(f"{address:34} {1000 * statistics.median(taken):5.0f} ms, {len(answer.data) / 1000:,.0f} kB sent")
    mark = {"If-None-Match": client.get("/network/graph").headers["ETag"]}
    began = time.process_time()
    status = client.get("/network/graph", headers=mark).status_code
    print(f"{'unchanged':34} {1000 * (time.process_time() - began):5.0f} ms, status {status}")


def in_browser(client: FlaskClient, chromium: str) -> None:
    """First paint, time to the drawing, frames a second while it is dragged."""
    from playwright.sync_api import sync_playwright

    server = create_server(client.application, host="127.0.0.1", port=0, threads=4)
    threading.Thread(target=server.run, daemon=True).start()
    flags = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        cookie = client.get_cookie(COOKIE)
        context.add_cookies(
            [{"name": COOKIE, "value": cookie.value if cookie else "", "domain": "127.0.0.1", "path": "/"}]
        )
        page = context.new_page()
        for visit in ("first", "second"):
            began = time.perf_counter()
            page.goto(f"http://127.0.0.1:{server.effective_port}/network")
            page.wait_for_selector("#network[data-ready=yes]")
            ready = time.perf_counter() - began
            paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0")
            print(f"{visit} visit: first paint {paint / 1000:.2f} s, drawing there {ready:.2f} s")
        print(f"drawn by {page.evaluate(GRAPHICS)}; {page.evaluate('window.wopNetwork.drawing.counts()')}")
        middle = (400, 650)  # within the drawing
        page.wait_for_timeout(500)
        # A few moves first: a machine that draws slowly is found out, and what is measured is what a user has.
        page.mouse.move(*middle)
        page.mouse.down()
        for step in range(12):
            page.mouse.move(middle[0] + 10 * step, middle[1])
            page.wait_for_timeout(60)
        page.mouse.up()
        page.wait_for_timeout(1500)
        print(f"drawing is moved as a whole: {page.locator('#canvas').get_attribute('data-slides') or 'no'}")
        page.mouse.move(*middle)
        page.mouse.down()
        page.evaluate(FRAMES)
        began, step = time.perf_counter(), 0
        while time.perf_counter() - began < SECONDS:
            step += 1
            page.mouse.move(middle[0] + (step * 7) % 240 - 120, middle[1] + (step * 5) % 180 - 90)
        print(f"while dragged: {page.evaluate('window.stopCounting()')} frames a second")
        page.mouse.up()
        page.goto(f"http://127.0.0.1:{server.effective_port}/about")
        page.evaluate(FRAMES)
        page.wait_for_timeout(2_000)
        print(f"a page at rest, for comparison: {page.evaluate('window.stopCounting()')} frames a second")
        browser.close()
    server.close()


if __name__ == "__main__":
    main()
