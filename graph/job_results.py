"""What a job brought: its rounds, saved once, whoever else saves for the same job.

The ``Job`` node and its rounds are written in one transaction, and only where the job has no node yet. So a worker
that was given up for dead and comes back, or two that race, can never leave two results.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from graph.rounds import moment, put_round
from graph.store import Reader, Store, Transaction


def save_once(
    store: Store,
    job: str,
    kind: str,
    documents: Sequence[Mapping[str, Any]],
    *,
    scenarios: bool,
    ended_at: datetime | None = None,
) -> tuple[str, ...]:
    """Keep a job's proposals, unless the job has its result already; the ids of its rounds, in the order asked.

    ``scenarios``: the proposals are to be compared, and none becomes the latest.
    """
    with store.write() as transaction:
        known = rounds_of(transaction, job)
        if known is not None:
            return known
        ids = tuple(put_round(transaction, document, ended_at, scenario=scenarios) for document in documents)
        put_result(transaction, job, kind, ids, ended_at)
    return ids


def put_result(
    transaction: Transaction, job: str, kind: str, ids: Sequence[str], ended_at: datetime | None = None
) -> None:
    """Keep as a job's result the rounds of these ids, which the same transaction has written."""
    transaction.merge_nodes("Job", {"id": [job], "kind": [kind], "ended_at": [moment(ended_at)]})
    if not ids:
        return  # an answer to a planning question makes no round
    places = range(len(ids))
    transaction.merge_edges(
        "MADE",
        {"source": [job] * len(ids), "target": ids, "key": [str(at) for at in places], "position": list(places)},
    )


def rounds_of(reader: Reader, job: str) -> tuple[str, ...] | None:
    """The ids of a job's rounds, in the order asked; ``None`` where it has no result."""
    if not reader.nodes("Job", [job])["id"]:
        return None
    made = reader.edges("MADE", sources=[job])
    return tuple(id for _place, id in sorted(zip(made["position"], made["target"], strict=True)))
