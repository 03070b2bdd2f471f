"""Taking back what a staged write committed before it died or gave up; what it announced says how it was before."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from typing import Any

import neo4j

from graph import cypher
from graph.columns import EDGE_KEYS, NODE_KEYS
from graph.errors import StoreUnavailable
from graph.neo4j_changes import Row, sequence_of
from graph.neo4j_connection import Neo4jConnection
from graph.neo4j_migrations import STAGING
from graph.neo4j_transaction import Neo4jTransaction
from graph.neo4j_write import Neo4jWrite, giving_up, publish, take_lock
from graph.schema import NODES

OPENING_SECONDS = 1.0
"""How long the opening of a store waits for a writer that is under way: to see whether it is alive."""


def begun_write(connection: Neo4jConnection, stack: ExitStack, patience: float) -> Neo4jWrite:
    """A write that holds the lock, at a revision with nothing of another writer left."""
    return Neo4jWrite(connection, stack, lambda revision: take_back(connection, revision, patience), patience)


def finish_dead_writes(connection: Neo4jConnection) -> None:
    """Finish, or take back, what a writer that died left behind; a writer that is alive is let alone."""
    with connection.session(reading=True) as session:
        state = session.execute_read(_state)
    if state["sequence"] % 2 == 1 and state["write"] is not None:
        with suppress(StoreUnavailable), ExitStack() as stack:
            begun_write(connection, stack, OPENING_SECONDS).abandon()


def take_back(connection: Neo4jConnection, revision: int, patience: float) -> None:
    """Undo what is announced after a revision, once whoever announced it is dead, and publish that nothing changed.

    Step by step, each in a transaction of its own; what is cut off is done again, since a row that is as it was
    before stays so. Raises ``StoreUnavailable`` where whoever announced it is alive.
    """
    mine = f"{revision} taken back {secrets.token_hex(8)}"  # its own: whoever gives up ends what has this name
    with connection.session() as session, session.begin_transaction(metadata={"write": mine}) as alive:
        with giving_up(connection, mine, patience):
            take_lock(connection, alive, STAGING, mine)
        announced = sequence_of(revision, announced=True)
        if not connection.written(cypher.TAKE_OVER, sequence=announced, write=mine):
            return  # it was published while we waited
        for place in connection.written(cypher.UNMARK_CHANGES, revision=revision + 1):
            with connection.session() as undoing:
                undoing.execute_write(_undo, revision + 1, place["place"])
        publish(connection, announced, mine)


def _undo(transaction: neo4j.ManagedTransaction, revision: int, place: int) -> None:
    undoing = Neo4jTransaction(_Unannounced(transaction, revision))
    for record in list(transaction.run(cypher.CHANGE_AT, revision=revision, place=place)):
        kind, change = record["kind"], json.loads(record["rows"])
        keys = NODE_KEYS if kind in NODES else EDGE_KEYS
        if change.get("created"):
            created = dict(zip(keys, map(list, zip(*change["created"], strict=True)), strict=True))
            if kind in NODES:
                undoing.delete_nodes(kind, created["id"])
            else:
                undoing.delete_edges(kind, created)
        for rows in (change.get("updated"), change.get("deleted")):
            if rows:
                names = (*keys, *change["fields"])
                before = {name: _column(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}
                if kind in NODES:
                    undoing.merge_nodes(kind, before)
                else:
                    undoing.merge_edges(kind, before)


class _Unannounced:
    """Writes back what was announced, and so need not be announced itself."""

    def __init__(self, transaction: neo4j.ManagedTransaction, revision: int) -> None:
        self._transaction = transaction
        self.revision = revision

    def run(self, query: str, **parameters: Any) -> list[Row]:
        return [list(record) for record in self._transaction.run(query, parameters)]

    def single(self, query: str, **parameters: Any) -> Mapping[str, Any]:
        return self._transaction.run(query, parameters).single(strict=True)

    def stage(self) -> None:
        """Each step is a transaction already."""

    def changing(self, kind: str, before: str, rows: int) -> None:
        """Nothing to tell."""


def _column(values: tuple[Any, ...]) -> list[Any]:
    return [tuple(value) if isinstance(value, list) else value for value in values]


def _state(transaction: neo4j.ManagedTransaction) -> neo4j.Record:
    return transaction.run(cypher.STATE).single(strict=True)
