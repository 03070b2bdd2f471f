"""How long an import takes beside the least there is to do: reading the CSV, and one bare insert of each row.

Run: ``python benchmarks/import_speed.py [--utilities 5000] [--rows 40000]``. Prints both times and their ratio,
the best of three runs of each.
"""

from __future__ import annotations

import argparse
import csv
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from graph.ingest import import_paths
from graph.reference import load_reference
from graph.sqlite import SqliteStore
from graph.tables import TABLES

RUNS = 3
SEED = 1


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--utilities", type=int, default=5_000)
    options.add_argument("--rows", type=int, default=40_000, help="offers, and as many needs")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        upload = place / "upload"
        upload.mkdir()
        _write_upload(upload, chosen.utilities, chosen.rows)
        bare = min(_timed(lambda at=at: _bare(upload, place / f"bare{at}.sqlite")) for at in range(RUNS))  # type: ignore[misc]  # a default argument binds the loop variable
        stores = [SqliteStore(place / f"store{at}.sqlite") for at in range(RUNS)]
        for store in stores:
            load_reference(store)
        whole = min(_timed(lambda store=store: import_paths(store, [upload])) for store in stores)  # type: ignore[misc]  # as above
        again = _timed(lambda: import_paths(stores[0], [upload]))
    print(f"utilities {chosen.utilities:,}, offers {chosen.rows:,}, needs {chosen.rows:,}, best of {RUNS}")
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


def _write_upload(folder: Path, utilities: int, rows: int) -> None:
    chance = random.Random(SEED)  # noqa: S311 - believable rows, nothing secret
    capabilities = _ids("taxonomy/capabilities.csv")
    countries = _ids("countries/countries.csv")
    ids = [f"W{number:05}" for number in range(utilities)]
    _write(
        folder,
        "utilities",
        ("id", "name", "country", "languages", "ownership", "latitude", "longitude", "mentor_places"),
        (
            (
                id,
                f"Waterworks {id}",
                chance.choice(countries),
                "en;fr",
                "public",
                round(chance.uniform(-60, 60), 3),
                round(chance.uniform(-170, 170), 3),
                chance.randrange(4),
            )
            for id in ids
        ),
    )
    pairs = [(utility, capability) for utility in ids for capability in capabilities]
    _write(
        folder,
        "offers",
        tuple(column.name for column in TABLES["offers"].columns if column.name != "utility_name"),
        (
            (*pair, chance.randint(1, 5), chance.randint(5, 90), f"Report {number}", 2024, "own statement")
            for number, pair in enumerate(chance.sample(pairs, rows))
        ),
    )
    _write(
        folder,
        "needs",
        ("utility", "capability", "priority", "indicator", "baseline", "target", "status", "staff_days", "year"),
        (
            (*pair, chance.randint(1, 3), "Indicator", chance.randint(1, 99), 50, "provisional", 20, 2024)
            for pair in chance.sample(pairs, rows)
        ),
    )


def _ids(name: str) -> list[str]:
    import fixtures

    with (Path(fixtures.__file__).parent / name).open(encoding="utf-8", newline="") as stream:
        return [row["id"] for row in csv.DictReader(stream)]


def _write(folder: Path, table: str, headings: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(headings)
        writer.writerows(rows)


if __name__ == "__main__":
    main()
