"""Everything of one store into another, of either kind, and the proof that it is the same.

A service moves to another store of its own so, and accounts with what they sign in with go along; an export leaves
them out.
"""

from __future__ import annotations

from dataclasses import dataclass

from graph.digest import graph_digest
from graph.errors import BadInput, Unverified
from graph.schema import EDGES, NODES, PEOPLE
from graph.sentences import say
from graph.store import Counts, Reader, Store


@dataclass(frozen=True, slots=True)
class Copied:
    """What was copied: rows, and the digest (``graph.digest``) that both stores have now."""

    rows: int
    digest: str


def copy_store(source: Store, target: Store, *, replace: bool = False) -> Copied:
    """Put everything of ``source`` into ``target``, all or nothing, in the form of one revision of ``source``.

    The digests are compared before anything becomes visible in ``target``. Raises ``BadInput`` where ``target`` holds
    something and ``replace`` is not given, ``Unverified`` where the copy differs (nothing is changed then),
    ``StoreUnavailable`` and ``Conflict`` as the stores do.
    """
    with source.read() as reader, target.write() as transaction:
        if not _is_empty(transaction):
            if not replace:
                raise BadInput(
                    say("The store to copy to is not empty. Nothing was changed."),
                    say("Choose an empty one, or give --replace to delete what it holds."),
                )
            transaction.clear()
            for label in PEOPLE:
                transaction.delete_nodes(label, transaction.nodes(label)["id"])
        counts = Counts()
        for label in NODES:
            counts += transaction.merge_nodes(label, reader.nodes(label))
        for type in EDGES:
            counts += transaction.merge_edges(type, reader.edges(type))
        digest = graph_digest(reader)
        same_people = all(transaction.nodes(label) == reader.nodes(label) for label in PEOPLE)
        if graph_digest(transaction) != digest or not same_people:
            raise Unverified(
                say("The copy differs from its source. Nothing was changed."),
                say("This is our fault, not yours: please report it together with what “wop versions” prints."),
            )
    return Copied(counts.created, digest)


def _is_empty(reader: Reader) -> bool:
    return not any(reader.nodes(label)["id"] for label in NODES)
