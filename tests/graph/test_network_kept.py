"""What leaves the network as it is: logs, work plans, saved views, answers kept; on every store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from graph.network import read_network
from graph.plan_answers import KEPT_ANSWERS, keep_answer, kept_answer
from graph.schema import NETWORK
from graph.store import Reader, Store


def changed_since(store: Store, revision: int) -> frozenset[str] | None:
    with store.read() as reader:
        return reader.changed_since(revision)


class Spying:
    """A reader that notes which labels and types are read."""

    def __init__(self, reader: Reader) -> None:
        self.reader, self.read = reader, set[str]()
        self.revision = reader.revision

    def nodes(self, label: str, ids: Sequence[str] | None = None) -> dict[str, list[Any]]:
        self.read.add(label)
        return self.reader.nodes(label, ids)

    def headings(self, label: str) -> dict[str, list[Any]]:
        self.read.add(label)
        return self.reader.headings(label)

    def edges(self, type: str, **ends: Any) -> dict[str, list[Any]]:
        self.read.add(type)
        return self.reader.edges(type, **ends)


def test_what_is_written_about_the_network_does_not_change_it(store: Store) -> None:
    with store.write() as transaction:
        transaction.merge_nodes("Country", {"id": ["C"], "name": ["C"]})
        transaction.merge_nodes("Region", {"id": ["R"], "name": ["R"]})
        transaction.merge_edges("IN", {"source": ["C"], "target": ["R"]})
        transaction.merge_nodes("Utility", {"id": ["U1", "U2"], "name": ["a", "b"], "country": ["C", "C"]})
        transaction.merge_nodes("Partnership", {"id": ["P"], "wop": ["P"]})
        transaction.merge_edges("MENTORS_IN", {"source": ["U1"], "target": ["P"]})
        transaction.merge_edges("LEARNS_IN", {"source": ["U2"], "target": ["P"]})
    with store.read() as reader:
        before, spy = read_network(reader), Spying(reader)
        assert read_network(spy) == before
        assert spy.read <= NETWORK, "what is read counts as the network"
    with store.write() as transaction:
        transaction.merge_nodes("PartnershipEntry", {"id": ["P/1"], "partnership": ["P"], "number": [1]})
        transaction.merge_edges("TOLD", {"source": ["P"], "target": ["P/1"]})
        transaction.merge_nodes("ProfileEntry", {"id": ["U1/1"], "utility": ["U1"], "number": [1]})
        transaction.merge_edges("CHANGED", {"source": ["U1"], "target": ["U1/1"]})
        transaction.merge_nodes("SavedView", {"id": ["V"], "name": ["Ours"]})
        transaction.merge_edges("ANSWERED_TO", {"source": ["U1"], "target": ["U2"], "answer": ["yes"]})
        transaction.merge_nodes("Partnership", {"id": ["P"], "wop": ["P"]})
    changed = changed_since(store, 1)
    assert changed is not None
    assert {"PartnershipEntry", "TOLD", "ProfileEntry", "CHANGED", "SavedView", "ANSWERED_TO"} <= changed
    assert not changed & NETWORK
    with store.read() as reader:
        assert replace(read_network(reader), revision=before.revision) == before
    with store.write() as transaction:
        transaction.merge_nodes("Partnership", {"id": ["P"], "end_year": [2024]})
    assert changed_since(store, 2) == frozenset({"Partnership"}) <= NETWORK


def test_answers_to_planning_questions_hold_until_the_network_changes(store: Store) -> None:
    with store.write() as transaction:
        transaction.merge_nodes("Utility", {"id": ["U1"]})
    with store.write() as transaction:
        keep_answer(transaction, "A", 1, {"answer": {"text": "é"}}, datetime(2026, 1, 1, tzinfo=UTC))
    assert store.revision() == 1, "an answer is no change of what is known"
    with store.write() as transaction:
        transaction.merge_nodes("RoundEntry", {"id": ["M1-1"], "round": ["M1"]})
    with store.read() as reader:
        assert kept_answer(reader, "A") == {"answer": {"text": "é"}}
        assert kept_answer(reader, "B") is None
    with store.write() as transaction:
        transaction.merge_nodes("Utility", {"id": ["U2"]})
    with store.read() as reader:
        assert kept_answer(reader, "A") is None
    with store.write() as transaction:
        for number in range(KEPT_ANSWERS + 3):
            keep_answer(transaction, f"N{number:03}", 3, {}, datetime(2026, 1, 2, second=number % 60, tzinfo=UTC))
    with store.read() as reader:
        assert len(reader.nodes("PlanAnswer")["id"]) == KEPT_ANSWERS
