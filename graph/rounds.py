"""Proposals as they are kept: one ``Round`` node each, its document a record by nature.

A round's id comes from the document, so running the same match twice keeps one round.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from graph.errors import UnknownName
from graph.sentences import say
from graph.store import Reader, Store


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
    moment = (made_at or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="microseconds")
    with store.write() as transaction:
        transaction.merge_nodes(
            "Round",
            {
                "id": [document["id"]],
                "made_at": [moment],
                "as_of": [document["as_of"]],
                "policy_name": [document["policy"]["name"]],
                "input_hash": [document["input_hash"]],
                "document": [json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))],
            },
        )
    return str(document["id"])


def rounds(reader: Reader) -> list[RoundHeading]:
    """All kept rounds, the latest first."""
    columns = reader.nodes("Round")
    headings = [
        RoundHeading(*row)
        for row in zip(columns["id"], columns["made_at"], columns["as_of"], columns["policy_name"], strict=True)
    ]
    return sorted(headings, key=lambda heading: (heading.made_at, heading.id), reverse=True)


def read_round(reader: Reader, id: str) -> dict[str, Any]:
    """The document of one round.

    Raises ``UnknownName`` where no round has this id.
    """
    documents = reader.nodes("Round", [id])["document"]
    if not documents:
        raise UnknownName(say("round"), id, reader.nodes("Round")["id"])
    document: dict[str, Any] = json.loads(documents[0])
    return document
