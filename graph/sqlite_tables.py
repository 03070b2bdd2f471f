"""The SQL text of the SQLite store: one typed table a label and one a relationship type.

Every name in the text comes from ``graph.schema``; values are always parameters.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from graph.columns import EDGE_KEYS, NODE_KEYS, edge_kind, node_kind
from graph.schema import EDGES, NODES, Field, FieldType

_COLUMN_TYPES: dict[FieldType, str] = {
    "text": "TEXT",
    "date": "TEXT",
    "document": "TEXT",
    "texts": "TEXT",  # a JSON array, so that a list that is empty differs from one that is not known
    "integer": "INTEGER",
    "flag": "INTEGER",
    "number": "REAL",
}

WANTED = {"id": "wanted", "source": "wanted_sources", "target": "wanted_targets"}
"""The temporary tables that hold the ids a read or a delete asks for, by the column they are compared with."""

CREATE_META = """
CREATE TABLE wop_store (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1), schema_version INTEGER NOT NULL, revision INTEGER NOT NULL
)
"""
INSERT_META = "INSERT INTO wop_store VALUES (1, ?, 0)"
READ_SCHEMA_VERSION = "SELECT schema_version FROM wop_store"
SET_SCHEMA_VERSION = "UPDATE wop_store SET schema_version = ?"
READ_REVISION = "SELECT revision FROM wop_store"
NEXT_REVISION = "UPDATE wop_store SET revision = revision + 1"
TABLE_NAMES = "SELECT name FROM sqlite_master WHERE type = 'table'"
INDEX_NAMES = "SELECT name FROM sqlite_master WHERE type = 'index'"
COLUMN_NAMES = "SELECT name FROM pragma_table_info(?)"


ASKED_FROM_TARGET = ("OFFERS", "NEEDS", "MENTORS_IN", "LEARNS_IN", "COVERS", "RUNS", "FUNDS", "FACILITATES")
"""The relationship types read from their targets too: who offers a capability, who took part in a partnership."""


CREATE_CHANGED = """
CREATE TABLE wop_changed (kind TEXT PRIMARY KEY, revision INTEGER NOT NULL) WITHOUT ROWID
"""
BEGIN_CHANGED = "INSERT INTO wop_changed SELECT '', revision FROM wop_store"
"""The row without a kind holds the revision from which on changes are noted."""
NOTE_CHANGED = """
INSERT INTO wop_changed SELECT ?, revision FROM wop_store WHERE true
ON CONFLICT (kind) DO UPDATE SET revision = excluded.revision
"""
READ_CHANGED = "SELECT kind, revision FROM wop_changed"


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its name, the label or type it holds, the columns that identify a row, and the fields."""

    name: str
    kind: str
    keys: tuple[str, ...]
    fields: tuple[Field, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns, in the order they are read."""
        return (*self.keys, *(field.name for field in self.fields))


@cache
def node_table(label: str) -> Table:
    """The table of a label; raises ``ValueError`` for an unknown one."""
    return Table(f"node_{label}", label, NODE_KEYS, node_kind(label).fields)


@cache
def node_table_without_documents(label: str) -> Table:
    """The table of a label, without the fields that hold whole documents."""
    table = node_table(label)
    return replace(table, fields=tuple(field for field in table.fields if field.type != "document"))


@cache
def edge_table(type: str) -> Table:
    """The table of a relationship type; raises ``ValueError`` for an unknown one."""
    return Table(f"edge_{type}", type, EDGE_KEYS, edge_kind(type).fields)


def all_tables() -> list[Table]:
    """Every table, edges first (so that deleting in this order never leaves an edge without its ends)."""
    return [*map(edge_table, EDGES), *map(node_table, NODES)]


def create(table: Table) -> str:
    """The table, kept in the order of its keys: reads come back ordered without sorting."""
    keys = [f"{_quoted(key)} TEXT NOT NULL" for key in table.keys]
    fields = [_column(field) for field in table.fields]
    primary = f"PRIMARY KEY ({_listed(table.keys)})"
    return f"CREATE TABLE {_quoted(table.name)} ({', '.join([*keys, *fields, primary])}) WITHOUT ROWID"


def indexes() -> dict[str, str]:
    """The statements that make the indexes, by the index's name."""
    names = {type: f"edge_{type}_target" for type in ASKED_FROM_TARGET}
    return {
        name: f"CREATE INDEX {_quoted(name)} ON {_quoted(edge_table(type).name)} (target)"
        for type, name in names.items()
    }


def add_column(table: Table, field: Field) -> str:
    """A field that an older store lacks."""
    return f"ALTER TABLE {_quoted(table.name)} ADD COLUMN {_column(field)}"


@cache
def select(table: Table, filtered: tuple[str, ...] = ()) -> str:
    """All rows in order, or those whose ``filtered`` columns hold wanted ids."""
    return (
        f"SELECT {_listed(table.columns)} FROM {_quoted(table.name)}{_where(filtered)} ORDER BY {_listed(table.keys)}"  # noqa: S608 - names of the schema
    )


@cache
def select_names(table: Table) -> str:
    """Ids and names in order."""
    return f"SELECT id, name FROM {_quoted(table.name)} ORDER BY id"  # noqa: S608 - a name of the schema


@cache
def insert_new(table: Table, given: tuple[str, ...]) -> str:
    """Create the rows that do not exist yet; parameters in the order of ``given``."""
    return f"{_insert(table, given)} ON CONFLICT DO NOTHING"


@cache
def update_changed(table: Table, given: tuple[str, ...]) -> str:
    """Update the rows that exist and differ, with the same parameters as ``insert_new``."""
    fields = [_quoted(name) for name in given if name not in table.keys]
    assignments = ", ".join(f"{name} = excluded.{name}" for name in fields)
    differs = " OR ".join(f"{_quoted(table.name)}.{name} IS NOT excluded.{name}" for name in fields)
    return f"{_insert(table, given)} ON CONFLICT ({_listed(table.keys)}) DO UPDATE SET {assignments} WHERE {differs}"


@cache
def delete_row(table: Table) -> str:
    """Delete one row by its keys."""
    matches = " AND ".join(f"{_quoted(key)} = ?" for key in table.keys)
    return f"DELETE FROM {_quoted(table.name)} WHERE {matches}"  # noqa: S608 - names of the schema


@cache
def delete_wanted(table: Table, filtered: str, wanted: str) -> str:
    """Delete the rows whose column ``filtered`` holds one of the ids wanted (``wanted``: a value of ``WANTED``)."""
    return f"DELETE FROM {_quoted(table.name)} WHERE {_quoted(filtered)} IN (SELECT id FROM temp.{wanted})"  # noqa: S608 - names of the schema


@cache
def delete_all(table: Table) -> str:
    """Delete every row."""
    return f"DELETE FROM {_quoted(table.name)}"  # noqa: S608 - names of the schema


@cache
def missing_wanted(table: Table, wanted: str) -> str:
    """The first wanted id that is not in a table of nodes."""
    return f"SELECT id FROM temp.{wanted} WHERE id NOT IN (SELECT id FROM {_quoted(table.name)}) ORDER BY id LIMIT 1"  # noqa: S608 - names of the schema


def create_wanted() -> list[str]:
    """The temporary tables of a connection."""
    return [f"CREATE TEMP TABLE {wanted} (id TEXT PRIMARY KEY) WITHOUT ROWID" for wanted in WANTED.values()]


@cache
def fill_wanted(wanted: str) -> tuple[str, str]:
    """The two statements that empty a temporary table and put one id into it."""
    return (f"DELETE FROM temp.{wanted}", f"INSERT INTO temp.{wanted} VALUES (?)")  # noqa: S608 - names of this module


def _insert(table: Table, given: Sequence[str]) -> str:
    places = ", ".join("?" * len(given))
    return f"INSERT INTO {_quoted(table.name)} ({_listed(given)}) VALUES ({places})"  # noqa: S608 - names of the schema


def _where(filtered: Iterable[str]) -> str:
    conditions = [f"{_quoted(name)} IN (SELECT id FROM temp.{WANTED[name]})" for name in filtered]  # noqa: S608 - names of the schema
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def _column(field: Field) -> str:
    return f"{_quoted(field.name)} {_COLUMN_TYPES[field.type]}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(_quoted, names))


def _quoted(name: str) -> str:
    return f'"{name}"'
