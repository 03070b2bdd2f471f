"""Answers to planning questions that took long: worked out once by a worker, kept for everybody who may see them.

An answer is known by a digest of what was asked and of whose private things were left out, and rests on the network of
one revision: it holds until the network changes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from graph.rounds import moment
from graph.schema import NETWORK
from graph.store import InsideReader, Transaction

KEPT_ANSWERS = 100
"""How many answers a store keeps; the oldest go first."""


def keep_answer(
    transaction: Transaction, id: str, revision: int, document: Mapping[str, Any], made_at: datetime | None = None
) -> None:
    """Keep an answer that rests on the network of a revision, in place of one of the same id."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    columns: dict[str, list[Any]] = {
        "id": [id],
        "revision": [revision],
        "made_at": [moment(made_at)],
        "document": [text],
    }
    transaction.merge_nodes("PlanAnswer", columns)
    kept = transaction.headings("PlanAnswer")
    oldest = sorted(zip(kept["made_at"], kept["id"], strict=True))[:-KEPT_ANSWERS]
    transaction.delete_nodes("PlanAnswer", [old for _made_at, old in oldest])


def kept_answer(reader: InsideReader, id: str) -> dict[str, Any] | None:
    """The answer of this id; ``None`` without one, and where the network has changed since."""
    found = reader.nodes("PlanAnswer", [id])
    if not found["id"]:
        return None
    changed = reader.changed_since(found["revision"][0])
    if changed is None or changed & NETWORK:
        return None
    document: dict[str, Any] = json.loads(found["document"][0])
    return document
