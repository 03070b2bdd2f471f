"""How long an import takes beside the least there is to do: reading the CSV, and one bare insert of each row.

Run: ``python benchmarks/import_speed.py``. Prints both times and their ratio, the best of three runs of each.
"""

from __future__ import annotations

import csv
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from fixtures.worlds import make_import_benchmark, write_tables
from graph.ingest import import_paths
from graph.reference import load_reference
from graph.sqlite import SqliteStore

RUNS = 3
SEED = 1


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        upload = place / "upload"
        world = make_import_benchmark(SEED)
        write_tables({name: world[name] for name in ("utilities", "offers", "needs")}, upload)
        bare = min(_timed(lambda at=at: _bare(upload, place / f"bare{at}.sqlite")) for at in range(RUNS))  # type: ignore[misc]  # a default argument binds the loop variable
        stores = [SqliteStore(place / f"store{at}.sqlite") for at in range(RUNS)]
        for store in stores:
            load_reference(store)
        whole = min(_timed(lambda store=store: import_paths(store, [upload])) for store in stores)  # type: ignore[misc]  # as above
        again = _timed(lambda: import_paths(stores[0], [upload]))
    print(f"5,000 utilities, 40,000 offers, 40,000 needs; best of {RUNS}")
    print(f"CSV reader and bare inserts  {bare:6.2f} s")
    print(f"import                       {whole:6.2f} s")
    print(f"ratio                        {whole / bare:6.2f}")
    print(f"import again, nothing new    {again:6.2f} s")


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _bare(upload: Path, database: Path) -> None:
    connection = sqlite3.connect(database)
    with connection:
        for file in sorted(upload.glob("*.csv")):
            with file.open(encoding="utf-8", newline="") as stream:
                reader = csv.reader(stream)
                headings = next(reader)
                rows = list(reader)
            columns = ", ".join(f'"{heading}"' for heading in headings)
            places = ", ".join("?" * len(headings))
            connection.execute(f"CREATE TABLE {file.stem} ({columns})")
            connection.executemany(f"INSERT INTO {file.stem} VALUES ({places})", rows)  # noqa: S608 - own headings
    connection.close()


if __name__ == "__main__":
    main()
