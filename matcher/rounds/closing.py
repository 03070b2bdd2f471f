"""The end of a round: what was agreed becomes partnerships of the register."""

from __future__ import annotations

from datetime import date
from typing import Any

from graph.kept_words import AGREED
from graph.sentences import Sentence
from graph.store import Reader, Store, Transaction
from matcher.rounds.keeping import record
from matcher.rounds.state import COMMITTED, LivingRound, Proposal

CONFIDENCE = "high"


def close_round(store: Store, id: str, *, on: date, who: str, why: str = "", seen: int | None = None) -> LivingRound:
    """Close a round: signed pairs become running partnerships, agreed ones planned, all in one transaction.

    A partnership's id is ``<round>-<number>``, by mentee and mentor. Its topics are the needs of the proposal; those
    that the mentee keeps private stay so.
    Raises ``Conflict`` while proposals wait for an answer.
    """

    def body(state: LivingRound, _transaction: Transaction) -> dict[str, Any]:
        return {"on": on.isoformat(), "partnerships": [_row(state, *numbered) for numbered in _numbered(state)]}

    def also(transaction: Transaction, state: LivingRound) -> None:
        rows = [_row(state, *numbered) for numbered in _numbered(state)]
        if rows:
            _write(transaction, state, rows, on)

    return record(store, id, "close", body, who=who, why=why, seen=seen, also=also)


def _numbered(state: LivingRound) -> list[tuple[int, Proposal]]:
    agreed = sorted(state.in_phase(*COMMITTED), key=lambda each: (each.mentee, each.mentor))
    return list(enumerate(agreed, start=1))


def _row(state: LivingRound, number: int, proposal: Proposal) -> dict[str, Any]:
    return {
        "id": f"{state.id}-{number}",
        "mentor": proposal.mentor,
        "mentee": proposal.mentee,
        "needs": list(proposal.needs),
        "status": "running" if proposal.phase == "signed" else "planned",
        "start_year": int(proposal.signed_on[:4]) if proposal.signed_on else None,
    }


def _write(transaction: Transaction, state: LivingRound, rows: list[dict[str, Any]], on: date) -> None:
    ids = [row["id"] for row in rows]
    fact = str(Sentence(AGREED.template, {"title": state.title, "on": on.isoformat()}))
    transaction.merge_nodes(
        "Partnership",
        {
            "id": ids,
            "wop": ids,
            "start_year": [row["start_year"] for row in rows],
            "status": [row["status"] for row in rows],
            "confidence": [CONFIDENCE] * len(rows),
            "excerpt_fact": [fact] * len(rows),
        },
    )
    transaction.merge_edges("MENTORS_IN", {"source": [row["mentor"] for row in rows], "target": ids})
    transaction.merge_edges("LEARNS_IN", {"source": [row["mentee"] for row in rows], "target": ids})
    transaction.merge_edges("BECAME", {"source": [state.id] * len(ids), "target": ids})
    covers = [(row["id"], need, row["mentee"]) for row in rows for need in row["needs"]]
    if covers:
        private = _private_needs(transaction, sorted({row["mentee"] for row in rows}))
        transaction.merge_edges(
            "COVERS",
            {
                "source": [id for id, _need, _mentee in covers],
                "target": [need for _id, need, _mentee in covers],
                "private": [(mentee, need) in private or None for _id, need, mentee in covers],
            },
        )


def _private_needs(reader: Reader, mentees: list[str]) -> set[tuple[str, str]]:
    """The needs (mentee, capability) that mentees keep private: so stay the topics of their partnerships."""
    found = reader.nodes("Utility", mentees)
    closed = {id for id, private in zip(found["id"], found["private"], strict=True) if private}
    needs = reader.edges("NEEDS", sources=mentees)
    rows = zip(needs["source"], needs["target"], needs["private"], strict=True)
    return {(mentee, need) for mentee, need, private in rows if private or mentee in closed}
