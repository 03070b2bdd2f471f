"""What the Neo4j store answers by itself, in one query a question (``graph.cypher_inside``).

A reader's question is only good if nobody wrote while it ran: Neo4j may otherwise show it some of a later revision.
That is seen from the store's ``sequence`` at the end of each query, and then the same question is put to a copy of
the reader's own revision, made in an embedded store from the bulk reads, which can be taken back to it. Writes are
rare and short beside reads, so the copy is seldom made.
"""

from __future__ import annotations

import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from graph import cypher_inside as cypher
from graph.columns import EDGE_KEYS, NODE_KEYS
from graph.inside import (
    Candidate,
    Candidates,
    Chain,
    Needed,
    Neighbour,
    Neighbourhood,
    Place,
    Shared,
    SupplyDemand,
    Tie,
    checked_depth,
)
from graph.model import Provenance
from graph.neo4j_changes import Key, Row, revision_of
from graph.neo4j_reading import Query, as_columns, read_edges, read_headings, read_nodes
from graph.part import Part
from graph.register import UNDATED_KNOWN_FROM
from graph.schema import EDGES, KNOWN, NODES
from graph.sqlite import SqliteStore
from graph.store import InsideReader, Reader

A = TypeVar("A")
Answer = Mapping[str, Any]

_PROVENANCE: tuple[Provenance, Provenance] = ("stated", "inferred")


class Neo4jInside(ABC):
    """What readers and transactions of a Neo4j store have in common: all that ``graph.store.InsideReader`` asks."""

    revision: int

    @abstractmethod
    def _fetch(
        self, kind: str, query: Query, names: Sequence[str], keys: int, wanted: Callable[[Key], bool]
    ) -> list[Row]:
        """As ``graph.neo4j_reading.Fetch``."""

    def nodes(self, label: str, ids: Sequence[str] | None = None) -> dict[str, list[Any]]:
        """Nodes as columns, ordered by id."""
        return read_nodes(self._fetch, label, ids)

    def headings(self, label: str) -> dict[str, list[Any]]:
        """Nodes as columns without their documents, ordered by id."""
        return read_headings(self._fetch, label)

    def edges(
        self, type: str, *, sources: Sequence[str] | None = None, targets: Sequence[str] | None = None
    ) -> dict[str, list[Any]]:
        """Edges as columns, ordered by source, target, key."""
        return read_edges(self._fetch, type, sources, targets)

    @abstractmethod
    def _answer(self, query: str, parameters: Mapping[str, Any]) -> Answer | None:
        """The one row of a query; ``None`` where somebody wrote while it ran."""

    def changed_since(self, revision: int) -> frozenset[str] | None:
        """What changed after a revision; ``None`` where that is no longer kept, or while somebody writes."""
        found = self._answer(cypher.KINDS_SINCE, {"revision": revision})
        if found is None:
            return None
        wanted = range(revision + 1, revision_of(found["sequence"]) + 1)
        return frozenset(found["kinds"]) if set(wanted) <= set(found["revisions"]) else None

    def names(self, label: str) -> dict[str, list[Any]]:
        """Ids and names, ordered by id."""

        def tell(answer: Answer) -> dict[str, list[Any]]:
            rows = sorted(row for row in answer["rows"] if row[0] is not None)
            return {"id": [row[0] for row in rows], "name": [row[1] for row in rows]}

        return self._told(cypher.names(label), {}, tell, lambda copy: copy.names(label))

    def part(self, utility: str, known_rounds: Collection[str] = ()) -> Part | None:
        """The part of the graph around one utility."""
        return self._told(
            cypher.PART,
            {"utility": utility, "known_rounds": list(known_rounds)},
            lambda answer: _part(self.revision, answer["rows"]),
            lambda copy: _at(self.revision, copy.part(utility, known_rounds)),
        )

    def neighbourhood(self, utility: str, depth: int, year: int, most: int) -> Neighbourhood | None:
        """Who is within some ties of a utility."""
        checked_depth(depth)
        return self._told(
            cypher.neighbourhood(depth),
            {"utility": utility, **_counting(year)},
            lambda answer: _neighbourhood(answer, most),
            lambda copy: copy.neighbourhood(utility, depth, year, most),
        )

    def chain(self, source: str, target: str, year: int) -> Chain | None:
        """A shortest chain of ties."""
        return self._told(
            cypher.CHAIN,
            {"source": source, "target": target, **_counting(year)},
            _chain,
            lambda copy: copy.chain(source, target, year),
        )

    def candidate_mentors(self, utility: str, year: int, most: int) -> Candidates | None:
        """Who offers what a utility needs."""
        return self._told(
            cypher.CANDIDATE_MENTORS,
            {"utility": utility, "most": most, **_counting(year)},
            _candidates,
            lambda copy: copy.candidate_mentors(utility, year, most),
        )

    def supply_and_demand(self, year: int) -> tuple[SupplyDemand, ...]:
        """Offers and needs by capability and region."""
        return self._told(
            cypher.SUPPLY_AND_DEMAND, _counting(year), _supply_and_demand, lambda copy: copy.supply_and_demand(year)
        )

    def _told(
        self,
        query: str,
        parameters: Mapping[str, Any],
        tell: Callable[[Answer], A],
        ask_copy: Callable[[InsideReader], A],
    ) -> A:
        answer = self._answer(query, parameters)
        return tell(answer) if answer is not None else from_copy(self, ask_copy)


def from_copy(reader: Reader, question: Callable[[InsideReader], A]) -> A:
    """The answer of an embedded store that holds what a reader sees."""
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "copy.sqlite")
        try:
            with store.write() as transaction:
                for label in KNOWN:
                    transaction.merge_nodes(label, reader.nodes(label))
                for type in EDGES:
                    transaction.merge_edges(type, reader.edges(type))
            with store.read() as copy:
                return question(copy)
        finally:
            store.close()


def _counting(year: int) -> dict[str, int]:
    return {"year": year, "undated": UNDATED_KNOWN_FROM}


def _place(values: Sequence[Any]) -> Place | None:
    return None if values[0] is None else Place(*values)


def _at(revision: int, part: Part | None) -> Part | None:
    return None if part is None else replace(part, revision=revision)


def _part(revision: int, rows: Iterable[tuple[str, list[Any]]]) -> Part | None:
    found: dict[str, dict[tuple[str, ...], list[Any]]] = {}
    for kind, row in rows:
        found.setdefault(kind, {})[tuple(row[: 3 if kind in EDGES else 1])] = row
    if "Utility" not in found:
        return None
    documents = dict(found.pop("document", {}).values())
    nodes, edges = {}, {}
    for label in NODES.keys() & found.keys():
        fields = NODES[label].fields
        names = (*NODE_KEYS, *(field.name for field in fields))
        nodes[label] = as_columns(list(found[label].values()), names, 1, fields)
    for type in EDGES.keys() & found.keys():
        fields = EDGES[type].fields
        names = (*EDGE_KEYS, *(field.name for field in fields))
        edges[type] = as_columns(list(found[type].values()), names, 3, fields)
    if "Round" in nodes:
        nodes["Round"]["document"] = [documents.get(id) for id in nodes["Round"]["id"]]
    return Part(revision, nodes, edges)


def _neighbourhood(answer: Answer, most: int) -> Neighbourhood | None:
    place = _place(answer["place"])
    if place is None:
        return None
    found: list[Neighbour] = []
    met = {place.id}
    counts = []
    for distance, rows in enumerate(answer["levels"], start=1):
        new = [Neighbour(id, name, country, distance, via) for id, name, country, via in rows if id not in met]
        met.update(row.id for row in new)
        counts.append(len(new))
        found.extend(sorted(new, key=lambda row: row.id))
    return Neighbourhood(place, tuple(counts), tuple(found[:most]))


def _chain(answer: Answer) -> Chain | None:
    source, target = _place(answer["source"]), _place(answer["target"])
    if source is None or target is None:
        return None
    if source == target:
        return Chain(source, target, (source,), ())
    utilities = tuple(Place(*values) for values in answer["utilities"])
    links: list[list[Tie]] = [[] for _ in utilities[1:]]
    for at, *values in answer["ties"]:
        links[at].append(Tie(*values))
    ordered = tuple(tuple(sorted(link, key=lambda tie: tie.partnership)) for link in links)
    return Chain(source, target, utilities, ordered)


def _candidates(answer: Answer) -> Candidates | None:
    place = _place(answer["place"])
    if place is None:
        return None
    needs = tuple(
        Needed(id, name, _PROVENANCE[how], bool(private)) for id, name, how, private in sorted(answer["needs"])
    )
    candidates = tuple(
        Candidate(id, name, country, tuple(Shared(one, _PROVENANCE[how], level) for one, how, level in sorted(shared)))
        for id, name, country, shared in answer["candidates"]
    )
    return Candidates(place, needs, answer["total"], candidates)


def _supply_and_demand(answer: Answer) -> tuple[SupplyDemand, ...]:
    rows = [SupplyDemand(*values) for values in answer["rows"]]
    return tuple(sorted(rows, key=lambda row: (row.capability, row.region is None, row.region or "")))
