"""Server time of the planner's pages: ``python benchmarks/planning_pages.py [--utilities 5000] [--pairs 20000]``.

An invented world is imported and each page asked for through the whole application, without a network in between, and
never revalidated. Printed are, in processor time: the first answer on a snapshot that is read already, which works the
page out; the median of the answers after it, from what is kept of the snapshot; and that median beside the median of a
page at rest (``/about``), measured in turn with it, so that the ratio hardly depends on the machine or its load.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from flask.testing import FlaskClient
from reader import signed_in_reader

from fixtures.worlds import write_world
from graph.drawing import draw, keep_drawing
from graph.ingest import import_paths
from graph.network import read_network
from graph.reference import load_reference
from graph.store import open_store
from web.settings import Settings

PAGES = (
    "/network",
    "/network?region=Eastern+Africa&colour=role",
    "/network?q=city&table=pairs",
    "/network?selected={mentor}&steps=2",
    "/network/graph",
    "/network/map",
    "/network/map?show=regions",
    "/network/map?show=needs",
    "/network/map?zoom=Eastern+Africa&capability=metering",
    "/network/matrix",
    "/network/matrix?of=countries",
    "/network/matrix?of=programmes",
    "/plan",
    "/plan/supply",
    "/plan/supply?region=Eastern+Africa&year=2020",
    "/plan/supply/needs",
    "/plan/resilience",
    "/plan/reach",
    "/plan/results",
    "/plan/scarcity?policy=best_fit",
    "/plan/portfolio?policy=best_fit&budget=5000000",
)
AT_REST = "/about"
WANTED = 100.0
ZIPPED = {"Accept-Encoding": "gzip"}


def taken(client: FlaskClient, address: str) -> tuple[float, int, int]:
    """Processor time of one answer in milliseconds, its bytes and its status."""
    began = time.process_time()
    answer = client.get(address, headers=ZIPPED)
    return 1000 * (time.process_time() - began), len(answer.data), answer.status_code


def measure(client: FlaskClient, mentor: str, times: int) -> None:
    """Print each page's times."""
    print(f"{'page':52} {'status':>6} {'first ms':>9} {'then ms':>8} {'x at rest':>9} {'KB sent':>8}")
    taken(client, AT_REST)
    for template in PAGES:
        address = template.format(mentor=mentor)
        first, _size, _status = taken(client, address)
        spent, rest = [], []
        for _ in range(times):
            milliseconds, size, status = taken(client, address)
            spent.append(milliseconds)
            rest.append(taken(client, AT_REST)[0])
        then = statistics.median(spent)
        mark = "" if then < WANTED else f"  above {WANTED:.0f}"
        ratio = then / max(statistics.median(rest), 0.001)
        print(f"{template:52} {status:6} {first:9.0f} {then:8.1f} {ratio:9.1f} {size / 1000:8.1f}{mark}", flush=True)


def main() -> None:
    """Make the world, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--utilities", type=int, default=5_000)
    parser.add_argument("--pairs", type=int, default=20_000)
    parser.add_argument("--times", type=int, default=7)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        address = f"sqlite:///{Path(folder) / 'world.sqlite'}"
        store = open_store(address)
        load_reference(store)
        write_world(Path(folder) / "world", utilities=asked.utilities, seed=7, partnerships=asked.pairs)
        import_paths(store, [Path(folder) / "world"])
        with store.read() as reader:
            network = read_network(reader)
        keep_drawing(store, draw(network.partnerships))
        store.close()
        print(f"{len(network.utilities):,} utilities, {len(network.partnerships):,} pairs")
        client = signed_in_reader(Settings(store=address, request_timeout=600))
        client.get("/utilities")
        measure(client, network.partnerships[0].mentor, asked.times)


if __name__ == "__main__":
    main()
