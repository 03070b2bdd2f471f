"""The port: what every store can do, and how one is opened.

Data moves in columns (``{"id": [...], "name": [...]}``), never row by row: node columns have ``id`` and the
fields of ``graph.schema.NODES[label]``; edge columns have ``source``, ``target``, ``key`` and the fields of
``graph.schema.EDGES[type]``. A field holds the Python type that ``graph.schema.FieldType`` names, or ``None``
for unknown. Rows come back ordered by ``id``, or by ``source``, ``target``, ``key`` (by code point), so equal
stores read equal.

The contract is written out as tests in ``tests/graph/test_store_contract.py``; every store passes it unchanged.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from graph.errors import UnknownName
from graph.sentences import say

if TYPE_CHECKING:
    from graph.inside import Candidates, Chain, Neighbourhood, SupplyDemand
    from graph.neo4j_access import Neo4jAccess
    from graph.part import Part

Columns: TypeAlias = Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Counts:
    """What a merge did to the rows it was given."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.created + other.created, self.updated + other.updated, self.unchanged + other.unchanged)


class Reader(Protocol):
    """One consistent view of a graph, as of one revision: a whole store, or a part of one."""

    @property
    def revision(self) -> int:
        """Grows by one with each transaction that changed anything; 0 for an empty new store."""

    def nodes(self, label: str, ids: Sequence[str] | None = None) -> dict[str, list[Any]]:
        """All nodes of a label, or those with these ids (unknown ids are left out)."""

    def headings(self, label: str) -> dict[str, list[Any]]:
        """All nodes of a label without the fields that hold whole documents, which are not read."""

    def edges(
        self, type: str, *, sources: Sequence[str] | None = None, targets: Sequence[str] | None = None
    ) -> dict[str, list[Any]]:
        """All edges of a type, or those from these sources and to these targets."""


class InsideReader(Reader, Protocol):
    """One consistent view of the store, which also answers some questions by itself, in one round trip each.

    ``graph.inside`` says what counts; ``year`` is the year by which it was known. An answer is ``None`` where a
    utility asked about does not exist.
    """

    def changed_since(self, revision: int) -> frozenset[str] | None:
        """The labels and types of which something changed after a revision, perhaps more; ``None``: not known."""

    def names(self, label: str) -> dict[str, list[Any]]:
        """The columns ``id`` and ``name`` of a label, ordered by id."""

    def part(self, utility: str, known_rounds: Collection[str] = ()) -> Part | None:
        """All that is known of one utility: the part of the graph around it (``graph.part``).

        The latest round comes with its document, unless it is among ``known_rounds``.
        """

    def neighbourhood(self, utility: str, depth: int, year: int, most: int) -> Neighbourhood | None:
        """Who is within 1 to 3 ties of a utility, the first ``most`` of them listed; raises ``BadInput``."""

    def chain(self, source: str, target: str, year: int) -> Chain | None:
        """A shortest chain of ties from one utility to another."""

    def candidate_mentors(self, utility: str, year: int, most: int) -> Candidates | None:
        """Who offers what a utility needs, the first ``most`` of them listed."""

    def supply_and_demand(self, year: int) -> tuple[SupplyDemand, ...]:
        """Offers and needs counted by capability and region, ordered by both (an unknown region last)."""


class Transaction(InsideReader, Protocol):
    """All or nothing: leaving the block commits, an exception undoes everything. It reads its own writes."""

    def merge_nodes(self, label: str, columns: Columns) -> Counts:
        """Create or update by ``id``. Fields left out of ``columns`` keep their value (``None`` when created).

        Raises ``ValueError`` for an unknown field, columns of unequal length or a repeated id.
        """

    def merge_edges(self, type: str, columns: Columns) -> Counts:
        """Create or update by ``source``, ``target`` and ``key`` (an absent ``key`` column means empty keys).

        Raises ``ValueError`` as ``merge_nodes`` does, and where an end of an edge does not exist.
        """

    def delete_nodes(self, label: str, ids: Sequence[str]) -> int:
        """Delete nodes with all their edges; how many there were."""

    def delete_edges(self, type: str, columns: Columns) -> int:
        """Delete edges by ``source``, ``target`` and ``key``; how many there were."""

    def clear(self) -> None:
        """Delete all that is known (a restore begins with it); who may come in (``graph.schema.PEOPLE``) stays."""


class Store(Protocol):
    """Where the graph is kept."""

    def read(self) -> AbstractContextManager[InsideReader]:
        """A consistent snapshot for reading; writers do not disturb it."""

    def write(self, expected_revision: int | None = None) -> AbstractContextManager[Transaction]:
        """A transaction. Raises ``Conflict`` where the store is no longer at ``expected_revision``.

        The revision grows only where something known was created, updated or deleted: changes of
        ``graph.schema.PEOPLE`` leave it, and readers see them at once.
        Raises ``StoreUnavailable`` where the store cannot be reached or stays locked.
        """

    def revision(self) -> int:
        """The present revision, cheaply (caches are keyed by it)."""

    def close(self) -> None:
        """Release files and connections; the store is not used afterwards."""


DEFAULT_STORE = "sqlite:///wop.sqlite"
NEO4J_SCHEMES = ("neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc")


def open_store(address: str = DEFAULT_STORE, access: Neo4jAccess | None = None) -> Store:
    """The store at an address: ``sqlite:///relative.sqlite``, ``sqlite:////absolute.sqlite``, or that of a Neo4j
    server or cluster (``bolt://host:7687``, ``neo4j://host:7687``, ``neo4j+s://host``) with ``access`` to sign in.

    Raises ``UnknownName`` for any other kind of address, ``StoreUnavailable`` where it cannot be opened and
    ``StoreTooNew`` where a newer version wrote it.
    """
    kind, separator, place = address.partition("://")
    if kind == "sqlite" and separator and len(place) > 1 and place.startswith("/"):
        from graph.sqlite import SqliteStore  # only the store in use is imported

        return SqliteStore(place[1:])
    if separator and kind in NEO4J_SCHEMES:
        from graph.neo4j_store import Neo4jStore

        store = Neo4jStore(address, access)
        store.prepare()
        return store
    raise UnknownName(say("store address"), address, ["sqlite:///wop.sqlite", "bolt://localhost:7687"])
