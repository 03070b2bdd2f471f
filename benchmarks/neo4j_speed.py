"""The Neo4j store beside the bare driver and beside SQLite: a large import, and a snapshot into columns.

    python -m benchmarks.neo4j_speed bolt://localhost:7687      (WOP_STORE_USER, WOP_STORE_PASSWORD)

The database must be empty of anything but a store, and **is emptied**. 5,000 utilities, 40,000 offers and 40,000 needs
are written

- by the bare driver, which sends the same rows as maps by ``UNWIND``, 10,000 at once, in one transaction;
- by the store, which also looks at what exists, keeps the revision and what readers may have to take back;
- by ``wop import``'s whole way from CSV files, every cell checked;

and read back by the bare driver row by row, by the Neo4j store and by SQLite as columns. Runs alternate; times passed,
the best of three, since the server's work counts. Memory is what a process that did nothing else grew by.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import neo4j

from fixtures.worlds import make_import_benchmark, write_tables
from graph import cypher
from graph.copying import copy_store
from graph.ingest import import_paths
from graph.neo4j_access import Neo4jAccess
from graph.neo4j_store import Neo4jStore
from graph.reference import load_reference
from graph.sqlite import SqliteStore
from graph.store import Reader, Store

RUNS, BATCH = 3, 10_000
KINDS: Mapping[str, tuple[str, str]] = {"OFFERS": ("Utility", "Capability"), "NEEDS": ("Utility", "Capability")}

CREATE_UTILITIES = "UNWIND $rows AS row CREATE (u:Utility) SET u = row"
CREATE_EDGES = {
    "OFFERS": (
        "UNWIND $rows AS row MATCH (a:Utility {id: row.source}) MATCH (b:Capability {id: row.target}) "
        "CREATE (a)-[r:OFFERS]->(b) SET r = row.fields"
    ),
    "NEEDS": (
        "UNWIND $rows AS row MATCH (a:Utility {id: row.source}) MATCH (b:Capability {id: row.target}) "
        "CREATE (a)-[r:NEEDS]->(b) SET r = row.fields"
    ),
}
READ = (
    "MATCH (u:Utility) RETURN " + ", ".join(f"u.{name}" for name in ("id", *cypher.node_fields("Utility"))),
    *(
        f"MATCH (a:Utility)-[r:{type}]->(b:Capability) RETURN a.id, b.id, "
        + ", ".join(f"r.{name}" for name in ("key", *cypher.edge_fields(type)))
        for type in KINDS
    ),
)
EMPTY = "MATCH (u:Utility) CALL (u) { DETACH DELETE u } IN TRANSACTIONS OF 500 ROWS"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("--read-once", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    access = Neo4jAccess(os.environ.get("WOP_STORE_USER", "neo4j"), os.environ.get("WOP_STORE_PASSWORD", ""))
    store = Neo4jStore(given.address, access)
    if given.read_once:
        store.revision()  # connected, so that the driver itself does not count
        before = _resident()
        with store.read() as reader:
            kept = snapshot(reader)
        print(f"{_resident() - before:.0f} {len(kept)}")
        return
    with tempfile.TemporaryDirectory() as folder:
        _measure(store, given.address, access, Path(folder))
    store.close()


def _measure(store: Neo4jStore, address: str, access: Neo4jAccess, place: Path) -> None:
    world = make_import_benchmark(1)
    upload = place / "upload"
    write_tables({name: world[name] for name in ("utilities", "offers", "needs")}, upload)
    sqlite = SqliteStore(place / "same.sqlite")
    load_reference(sqlite)
    import_paths(sqlite, [upload])
    with sqlite.read() as reader:
        columns = snapshot(reader)
    rows = _as_rows(columns)
    driver = neo4j.GraphDatabase.driver(address, auth=(access.user, access.password))
    with store.write() as transaction:
        transaction.clear()
    load_reference(store)
    written: dict[str, list[float]] = {"bare driver": [], "store": [], "import from CSV": []}
    for _ in range(RUNS):
        for name, work in (
            ("bare driver", lambda: _bare_write(driver, rows)),
            ("store", lambda: _store_write(store, columns)),
            ("import from CSV", lambda: import_paths(store, [upload])),
        ):
            with driver.session() as session:
                session.run(EMPTY).consume()
            written[name].append(_timed(work))
    _print("write 5,000 utilities, 40,000 offers, 40,000 needs", written, "bare driver")
    copy_store(sqlite, store, replace=True)
    read: dict[str, list[float]] = {"bare driver": [], "Neo4j store": [], "SQLite store": []}
    for _ in range(RUNS):
        read["bare driver"].append(_timed(lambda: _bare_read(driver)))
        read["Neo4j store"].append(_timed(lambda: _read(store)))
        read["SQLite store"].append(_timed(lambda: _read(sqlite)))
    _print("read them back", read, "bare driver")
    print(f"  Neo4j store / SQLite store  {min(read['Neo4j store']) / min(read['SQLite store']):.2f}")
    command = [sys.executable, "-m", "benchmarks.neo4j_speed", address, "--read-once"]
    grown = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[0]
    print(f"memory of that snapshot  {grown} MB")
    driver.close()
    sqlite.close()


def snapshot(reader: Reader) -> dict[str, dict[str, list[Any]]]:
    """The columns of utilities, offers and needs."""
    return {"Utility": reader.nodes("Utility"), **{type: reader.edges(type) for type in KINDS}}


def _read(store: Store) -> None:
    with store.read() as reader:
        snapshot(reader)


def _as_rows(columns: Mapping[str, Mapping[str, Sequence[Any]]]) -> dict[str, list[dict[str, Any]]]:
    """The rows as the bare driver is given them: maps, made before the clock runs."""
    made: dict[str, list[dict[str, Any]]] = {}
    for kind, of in columns.items():
        rows = [dict(zip(of, row, strict=True)) for row in zip(*of.values(), strict=True)]
        if kind != "Utility":
            rows = [
                {
                    "source": row["source"],
                    "target": row["target"],
                    "fields": {name: value for name, value in row.items() if name not in ("source", "target")},
                }
                for row in rows
            ]
        made[kind] = rows
    return made


def _bare_write(driver: neo4j.Driver, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    with driver.session() as session, session.begin_transaction() as transaction:
        for kind, query in (("Utility", CREATE_UTILITIES), *CREATE_EDGES.items()):
            for start in range(0, len(rows[kind]), BATCH):
                transaction.run(query, rows=rows[kind][start : start + BATCH]).consume()
        transaction.commit()


def _store_write(store: Neo4jStore, columns: Mapping[str, Mapping[str, Sequence[Any]]]) -> None:
    with store.write() as transaction:
        transaction.merge_nodes("Utility", columns["Utility"])
        for type in KINDS:
            transaction.merge_edges(type, columns[type])


def _bare_read(driver: neo4j.Driver) -> None:
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        for query in READ:
            for record in session.run(query):
                list(record)


def _resident() -> float:
    """Memory of this process in MB, as it is now (the greatest it ever was includes the start of Python)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _print(title: str, times: Mapping[str, Sequence[float]], base: str) -> None:
    print(f"{title}; best of {RUNS}")
    for name, spent in times.items():
        print(f"  {name:16} {min(spent):7.2f} s   {min(spent) / min(times[base]):5.2f} times the {base}")


if __name__ == "__main__":
    main()
