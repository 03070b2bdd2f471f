"""Requests that were done already, on both stores."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest

from graph.done_requests import KEPT, LABEL, Answered, claim, finish, let_go, look, request_id
from graph.errors import Conflict, KeyUsed
from graph.store import Store

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ID = request_id("ana@example.org", "one")


def test_one_of_many_claims_a_request(store: Store) -> None:
    outcomes: list[object] = []
    together = threading.Barrier(5)

    def ask() -> None:
        together.wait()
        try:
            with store.write() as transaction:
                outcomes.append(claim(transaction, ID, "asked", NOW))
        except Conflict as waiting:
            outcomes.append(waiting)

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [outcome for outcome in outcomes if outcome is None] == [None]
    assert len(outcomes) == 5


def test_what_was_answered_is_answered_again_for_a_day(store: Store) -> None:
    answered = Answered(201, "/rounds/M1", '{"id":"M1"}')
    with store.write() as transaction:
        assert claim(transaction, ID, "asked", NOW) is None
        finish(transaction, ID, answered)
    with store.read() as reader:
        assert look(reader, ID, "asked", NOW) == answered
        assert look(reader, ID, "asked", NOW + KEPT) is None
        with pytest.raises(KeyUsed):
            look(reader, ID, "something else", NOW)
        assert reader.revision == 0
    with store.write() as transaction:
        assert claim(transaction, ID, "something else", NOW + KEPT) is None
        let_go(transaction, ID)
    with store.read() as reader:
        assert look(reader, ID, "asked", NOW) is None


def test_what_has_ended_is_forgotten_in_time(store: Store) -> None:
    tidying = next(id for id in (request_id("ana", str(n)) for n in range(1_000)) if id.startswith("0"))
    with store.write() as transaction:
        claim(transaction, ID, "asked", NOW)
        claim(transaction, tidying, "asked", NOW + KEPT)
        assert transaction.nodes(LABEL)["id"] == [tidying]
