"""Proposals as they are kept: one ``Round`` node each, its document a record by nature.

A round's id comes from the document, so running the same match twice keeps one round. A *scenario* is a round that
was only computed to be compared; it never becomes the latest proposal unless somebody keeps it as one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from graph.errors import UnknownName
from graph.sentences import say
from graph.store import Reader, Store, Transaction


@dataclass(frozen=True, slots=True)
class RoundHeading:
    """A kept round without its document; ``made_at`` is an ISO time in UTC."""

    id: str
    made_at: str
    as_of: str
    policy_name: str


def save_round(store: Store, document: Mapping[str, Any], made_at: datetime | None = None) -> str:
    """Keep a proposal document (``matcher.document.ProposalDocument``) and give its round's id.

    A document kept before is only marked as made now, so that it is the latest again.
    """
    with store.write() as transaction:
        return put_round(transaction, document, made_at)


def put_round(
    transaction: Transaction, document: Mapping[str, Any], made_at: datetime | None = None, *, scenario: bool = False
) -> str:
    """``save_round`` within a transaction. A scenario that is kept already, as whatever, is left as it is."""
    id = str(document["id"])
    if not (scenario and transaction.nodes("Round", [id])["id"]):
        transaction.merge_nodes(
            "Round",
            {
                "id": [id],
                "made_at": [moment(made_at)],
                "as_of": [document["as_of"]],
                "policy_name": [document["policy"]["name"]],
                "input_hash": [document["input_hash"]],
                "scenario": [True if scenario else None],
                "document": [json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))],
            },
        )
    return id


def rounds(reader: Reader) -> list[RoundHeading]:
    """All kept rounds but the scenarios, the latest first."""
    columns = reader.headings("Round")
    headings = [
        RoundHeading(*row)
        for row, scenario in zip(
            zip(columns["id"], columns["made_at"], columns["as_of"], columns["policy_name"], strict=True),
            columns["scenario"],
            strict=True,
        )
        if not scenario
    ]
    return sorted(headings, key=lambda heading: (heading.made_at, heading.id), reverse=True)


def read_round(reader: Reader, id: str) -> dict[str, Any]:
    """The document of one round.

    Raises ``UnknownName`` where no round has this id.
    """
    documents = reader.nodes("Round", [id])["document"]
    if not documents:
        raise UnknownName(say("round"), id, reader.headings("Round")["id"])
    document: dict[str, Any] = json.loads(documents[0])
    return document


def moment(at: datetime | None) -> str:
    """A time as stores keep it: ISO in UTC, to the microsecond; now where none is given."""
    return (at or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="microseconds")
