"""A job has one result, whoever saves it, and a scenario never becomes the latest proposal."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

from graph.job_results import rounds_of, save_once
from graph.rounds import read_round, rounds, save_round
from graph.store import Store


def document(id: str, policy: str = "best_fit") -> dict[str, Any]:
    return {"id": id, "as_of": "2025-12-31", "policy": {"name": policy}, "input_hash": "h" + id}


def latest(store: Store) -> list[str]:
    with store.read() as reader:
        return [heading.id for heading in rounds(reader)]


def test_the_first_result_stays(store: Store) -> None:
    assert save_once(store, "J1", "match", [document("R1")], scenarios=False) == ("R1",)
    assert save_once(store, "J1", "match", [document("R2")], scenarios=False) == ("R1",)
    assert latest(store) == ["R1"]
    with store.read() as reader:
        assert rounds_of(reader, "J1") == ("R1",)
        assert rounds_of(reader, "J2") is None


def test_many_threads_save_one_result(store: Store) -> None:
    found: list[tuple[str, ...]] = []
    threads = [
        threading.Thread(
            target=lambda at=at: found.append(save_once(store, "J1", "match", [document(f"R{at}")], scenarios=False))
        )
        for at in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert latest(store) == list(found[0])


def test_scenarios_keep_their_order_and_are_never_the_latest(store: Store) -> None:
    save_round(store, document("R0"), datetime(2020, 1, 1, tzinfo=UTC))
    made = save_once(store, "J1", "sweep", [document("R2"), document("R1"), document("R2")], scenarios=True)
    assert made == ("R2", "R1", "R2")
    assert latest(store) == ["R0"]
    with store.read() as reader:
        assert rounds_of(reader, "J1") == made
        assert read_round(reader, "R1")["input_hash"] == "hR1"


def test_a_scenario_becomes_the_latest_when_it_is_kept_and_stays_so(store: Store) -> None:
    save_once(store, "J1", "sweep", [document("R1")], scenarios=True)
    save_round(store, document("R1"))
    assert latest(store) == ["R1"]
    save_once(store, "J2", "sweep", [document("R1")], scenarios=True)
    assert latest(store) == ["R1"]
