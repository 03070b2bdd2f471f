"""Files in the form of the register's ``partnerships.csv`` read as a network of their own, without any store.

The organisations are those the rows name; the reference (countries, capabilities) comes with the service.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from graph.ingest import import_upload
from graph.network import Network, read_network
from graph.readers import read_file, upload_files
from graph.sqlite import SqliteStore
from graph.tables import PARTNERSHIPS, UTILITIES
from graph.uploads import ImportLimits, RawTable, Upload


def read_register_files(
    paths: Sequence[Path], limits: ImportLimits | None = None
) -> tuple[Network, tuple[frozenset[str], ...]]:
    """The network of all rows, and for each path the ids of its partnerships.

    Two organisations are the same where name and country are. Raises ``ImportProblems`` with everything that is
    wrong (an id that two files share among it), ``TooLarge`` where a limit is passed.
    """
    upload, allowed = Upload(), limits or ImportLimits()
    ids = []
    for path in paths:
        before = len(upload.tables)
        for file in upload_files([path], upload):
            read_file(file, upload, allowed, table=PARTNERSHIPS)
        found = upload.tables[before:]
        ids.append(frozenset(id.strip() for table in found for id in table.columns.get("id", ()) if id.strip()))
    upload.problems.raise_if_any()
    upload.tables[:0] = _organisations(upload.tables)
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(str(Path(folder) / "register.sqlite"))
        try:
            import_upload(store, upload)
            with store.read() as reader:
                return read_network(reader), tuple(ids)
        finally:
            store.close()


def _organisations(tables: Sequence[RawTable]) -> list[RawTable]:
    """Tables of utilities for each file: those it is the first to name, with the row that names them."""
    known: set[tuple[str, str]] = set()
    made = []
    for table in tables:
        empty = [""] * len(table.rows)
        for side in ("mentor", "mentee"):
            here = {"name": side, "country": f"{side}_country"}
            columns: dict[str, list[str]] = {"id": [], "name": [], "country": []}
            rows = []
            names, countries = (table.columns.get(column, empty) for column in here.values())
            for name, country, row in zip(names, countries, table.rows, strict=True):
                key = (name.strip().casefold(), country.strip().upper())
                if not key[0] or key in known:
                    continue
                known.add(key)
                columns["id"].append(f"organisation-{len(known)}")
                columns["name"].append(name.strip())
                columns["country"].append(country.strip())
                rows.append(row)
            # What is wrong with an organisation is told under the heading the file has for it.
            headings = {"id": side} | {name: table.headings.get(column, column) for name, column in here.items()}
            made.append(RawTable(UTILITIES, table.file, table.sheet, headings, dict(columns), rows))
    return made
