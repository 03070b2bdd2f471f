"""What a page of one utility costs: the store's own answer against a snapshot of the whole network.

    python -m benchmarks.inside_speed                     a SQLite store in a temporary folder
    python -m benchmarks.inside_speed --store bolt://...  a Neo4j store (WOP_STORE_USER, WOP_STORE_PASSWORD)

The store holds 5,000 utilities, 40,000 offers, 40,000 needs and their partnerships (a store given by address must be
empty). Each question is asked about the same utilities, which all mentored, after one that is not counted; *whole*
is what a page needs otherwise: every record read, and what the register implies worked out. Medians, and the whole as
a multiple of each.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from fixtures.worlds import make_import_benchmark, write_tables
from graph.ingest import ImportLimits, import_paths
from graph.neo4j_access import Neo4jAccess
from graph.network import read_network
from graph.reference import load_reference
from graph.register import with_inferred
from graph.sqlite import SqliteStore
from graph.store import InsideReader, Store, open_store

TIMES, WHOLE_TIMES = 40, 3
YEAR = 2026
AS_OF = date(YEAR, 1, 1)


def whole(reader: InsideReader) -> None:
    """What a page would otherwise read."""
    with_inferred(read_network(reader), AS_OF)


def fill(store: Store) -> None:
    """The world that imports are measured on."""
    load_reference(store)
    with tempfile.TemporaryDirectory() as folder:
        import_paths(store, write_tables(make_import_benchmark(), Path(folder)), limits=ImportLimits())


def milliseconds(store: Store, question: Callable[[InsideReader, str], object], ids: list[str]) -> float:
    """The median time of a question about each of some utilities, in a read of its own, the first left out.

    Processor time where the store is in this process (other work on the machine does not count), else time passed.
    """
    clock = time.process_time if isinstance(store, SqliteStore) else time.perf_counter
    spent = []
    for id in ids:
        began = clock()
        with store.read() as reader:
            question(reader, id)
        spent.append(1000 * (clock() - began))
    return statistics.median(spent[1:])


def measure(store: Store) -> None:
    """Print each question's time, and how many times as long the whole network takes."""
    with store.read() as reader:
        ids = sorted(set(reader.edges("MENTORS_IN")["source"]))
    asked = ids[:: max(1, len(ids) // TIMES)]
    questions: dict[str, Callable[[InsideReader, str], object]] = {
        "part (the utility's page)": lambda reader, id: reader.part(id),
        "neighbourhood, depth 1": lambda reader, id: reader.neighbourhood(id, 1, YEAR, 500),
        "neighbourhood, depth 3": lambda reader, id: reader.neighbourhood(id, 3, YEAR, 500),
        "chain to another utility": lambda reader, id: reader.chain(id, ids[-1 - ids.index(id)], YEAR),
        "candidate mentors": lambda reader, id: reader.candidate_mentors(id, YEAR, 50),
        "supply and demand": lambda reader, _id: reader.supply_and_demand(YEAR),
    }
    whole_time = milliseconds(store, lambda reader, _id: whole(reader), asked[: WHOLE_TIMES + 1])
    print(f"{'question':28} {'median ms':>10} {'whole is times':>15}")
    print(f"{'whole network':28} {whole_time:10.1f} {1:15.0f}")
    for name, question in questions.items():
        spent = milliseconds(store, question, asked)
        print(f"{name:28} {spent:10.2f} {whole_time / spent:15.0f}")


def main() -> None:
    """Measure, as the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", help="Address of an empty store; otherwise a SQLite file that is thrown away.")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        user, password = os.environ.get("WOP_STORE_USER", "neo4j"), os.environ.get("WOP_STORE_PASSWORD", "")
        place = asked.store or f"sqlite:///{Path(folder) / 'inside.sqlite'}"
        store = open_store(place, Neo4jAccess(user, password))
        fill(store)
        measure(store)
        store.close()


if __name__ == "__main__":
    main()
