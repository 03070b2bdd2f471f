"""The board of jobs, on a SQLite file and on a real Redis: who may write what, and what follows from it."""

from __future__ import annotations

import json
import pickle
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from huey.registry import Message
from redis_server import RedisServer

from graph.errors import QueueUnavailable, UnknownName
from matcher.policy import load_policy
from web.jobs.board import KEPT_JOBS, JobBoard, number_of
from web.jobs.records import MOST_ATTEMPTS, Attempt, Job
from web.jobs.storage import JsonMessages, queue_address
from web.jobs.worker import JobWorker, _Watch

POLICY = load_policy("best_fit").to_json()


@pytest.fixture(params=["sqlite", "redis"])
def board(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[JobBoard]:
    address = f"sqlite:///{tmp_path / 'jobs.sqlite'}"
    if request.param == "redis":
        server: RedisServer = request.getfixturevalue("redis_server")
        address = server.address
    opened = JobBoard(address, lost_after=15)
    yield opened
    opened.close()


def ask(board: JobBoard, **changes: Any) -> Job:
    wanted: dict[str, Any] = {
        "kind": "match",
        "policies": [POLICY],
        "as_of": "2025-12-31",
        "seed": 0,
        "time_limit": 60.0,
        "revision": 1,
    }
    return board.ask(**{**wanted, **changes})


def claimed(board: JobBoard, number: int, attempt: int, worker: str = "w") -> Attempt:
    found = board.claim(number, attempt, worker)
    assert found is not None
    return found


def test_a_job_goes_from_waiting_over_running_to_done(board: JobBoard) -> None:
    job = ask(board)
    assert (job["state"], job["policies"], job["attempt"]) == ("queued", ["Best fit"], 0)
    assert board.offered() == {(1, 1)}
    attempt = claimed(board, 1, 1)
    attempt["doing"], attempt["share"] = "Solving", 0.5
    assert board.beat(1, attempt) == "go"
    running = board.job(job["id"])
    assert (running["state"], running["doing"], running["share"], running["worker"]) == ("running", "Solving", 0.5, "w")
    board.end(1, "done", ["R1"])
    done = board.job(job["id"])
    assert (done["state"], done["rounds"], done["share"]) == ("done", ["R1"], 1.0)
    assert board.standing(1, 1) == "lost"
    assert board.unended() == []


def test_the_same_unfinished_job_is_asked_for_once(board: JobBoard) -> None:
    first = ask(board)
    assert ask(board)["id"] == first["id"]
    assert ask(board, seed=1)["id"] != first["id"]
    assert ask(board, revision=2)["id"] != first["id"]
    board.end(1, "done")
    assert ask(board)["id"] not in {first["id"]}
    assert [job["id"] for job in board.jobs()][-1] == first["id"]


def test_an_attempt_is_claimed_by_exactly_one(board: JobBoard) -> None:
    ask(board)
    won: list[str] = []

    def race(name: str) -> None:
        if board.claim(1, 1, name) is not None:
            won.append(name)

    threads = [threading.Thread(target=race, args=(f"w{at}",)) for at in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert board.jobs()[0]["worker"] == won[0]


def test_a_later_attempt_fences_an_earlier_one(board: JobBoard) -> None:
    ask(board)
    first = claimed(board, 1, 1, "old")
    claimed(board, 1, 2, "new")
    assert board.beat(1, first) == "lost"
    assert board.jobs()[0]["worker"] == "new"
    assert board.standing(1, 2) == "go"


def test_a_waiting_job_is_cancelled_at_once_and_a_running_one_by_its_worker(board: JobBoard) -> None:
    waiting, running = ask(board), ask(board, seed=1)
    attempt = claimed(board, 2, 1)
    assert board.cancel(waiting["id"])["state"] == "cancelled"
    assert board.claim(1, 1, "late") is None
    job = board.cancel(running["id"])
    assert (job["state"], job["cancel_asked"]) == ("running", True)
    assert board.beat(2, attempt) == "cancel"
    board.end(2, "cancelled")
    assert board.cancel(running["id"])["state"] == "cancelled"
    assert ask(board, seed=1)["id"] != running["id"]


def test_the_first_end_stays_but_a_saved_result_is_always_the_end(board: JobBoard) -> None:
    ask(board)
    board.end(1, "cancelled")
    board.end(1, "failed")
    assert board.jobs()[0]["state"] == "cancelled"
    board.end(1, "done", ["R1"])
    assert board.jobs()[0]["state"] == "done"


def test_a_silent_worker_loses_its_job_and_the_third_loss_ends_it(board: JobBoard, tmp_path: Path) -> None:
    worker = JobWorker(f"sqlite:///{tmp_path / 'store.sqlite'}", board.address, lost_after=0)
    job = ask(board)
    board.huey.dequeue()  # a worker took the message and died before it claimed the attempt
    watch = _Watch(0)
    worker._look_after(watch)
    assert board.offered() == set()
    for attempt in range(1, MOST_ATTEMPTS + 1):
        worker._look_after(watch)
        assert board.offered() == {(1, attempt)}
        worker._look_after(watch)
        assert board.offered() == {(1, attempt)}, "offered once"
        board.huey.dequeue()
        beating = claimed(board, 1, attempt)
        worker._look_after(watch)
        board.beat(1, beating)
        worker._look_after(watch)
        assert board.offered() == set(), "it lives"
    worker._look_after(watch)
    ended = board.job(job["id"])
    assert ended["state"] == "interrupted"
    assert ended["error_s"] is not None
    assert "3 times" in ended["error_s"]["text"]
    worker.board.close()


def test_a_job_given_back_is_offered_at_once(board: JobBoard, tmp_path: Path) -> None:
    worker = JobWorker(f"sqlite:///{tmp_path / 'store.sqlite'}", board.address, lost_after=3600)
    job = ask(board)
    board.huey.dequeue()
    attempt = claimed(board, 1, 1)
    attempt["released"] = True
    board.beat(1, attempt)
    given_back = board.job(job["id"])
    assert (given_back["state"], given_back["given_up"]) == ("queued", True)
    worker._look_after(_Watch(3600))
    assert board.offered() == {(1, 2)}
    worker.board.close()


def test_workers_are_on_the_board_while_they_answer(board: JobBoard) -> None:
    assert board.workers() == []
    board.be_present("b")
    board.be_present("a")
    assert [worker["name"] for worker in board.workers()] == ["a", "b"]
    board.leave("a")
    assert [worker["name"] for worker in board.workers()] == ["b"]


def test_an_unknown_job_is_answered_with_the_nearest(board: JobBoard) -> None:
    job = ask(board)
    with pytest.raises(UnknownName, match="no job called"):
        board.job("nonsense")
    with pytest.raises(UnknownName) as wrong:
        board.job(job["id"][:-1] + "z")
    assert job["id"] in str(wrong.value.hint)


def test_old_jobs_are_forgotten(tmp_path: Path) -> None:
    board = JobBoard(f"sqlite:///{tmp_path / 'jobs.sqlite'}", lost_after=15)
    for seed in range(KEPT_JOBS + 2):
        ask(board, seed=seed)
    assert len(board.jobs()) == KEPT_JOBS
    assert board.asked(2) is None
    assert board.asked(3) is not None
    board.close()


def test_messages_are_data_and_nothing_in_the_queue_is_run() -> None:
    messages = JsonMessages()
    message = Message("1", "attempt", args=(1, 2), kwargs={})
    assert messages.deserialize(messages.serialize(message)) == message
    with pytest.raises(ValueError, match=r".*"):
        messages.deserialize(pickle.dumps(message))
    assert json.loads(messages.serialize(message))["args"] == [1, 2]


@pytest.mark.parametrize(
    ("queue", "store", "expected"),
    [
        ("", "sqlite:///wop.sqlite", "sqlite:///wop-jobs.sqlite"),
        ("", "sqlite:////srv/a.b/wop", "sqlite:////srv/a.b/wop-jobs"),
        ("", "neo4j://db:7687", "sqlite:///wop-jobs.sqlite"),
        ("redis://q:6379/1", "sqlite:///wop.sqlite", "redis://q:6379/1"),
    ],
)
def test_the_queue_stands_beside_the_store_unless_told_otherwise(queue: str, store: str, expected: str) -> None:
    assert queue_address(queue, store) == expected


def test_a_password_is_never_shown() -> None:
    board = JobBoard("redis://me:secret@127.0.0.1:1/0", lost_after=15)
    with pytest.raises(QueueUnavailable) as away:
        board.jobs()
    assert "secret" not in str(away.value)
    assert away.value.http_status == 503
    board.close()


def test_an_address_nobody_understands_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="queue address"):
        JobBoard("amqp://q", lost_after=15).jobs()
    with pytest.raises(QueueUnavailable):
        JobBoard(f"sqlite:///{tmp_path}/nowhere/jobs.sqlite", lost_after=15).jobs()


def test_a_number_is_read_from_an_id() -> None:
    assert number_of("J12-3fa9c1") == 12
    assert [number_of(id) for id in ("", "J", "12-a", "J-1-a", "J99999999999-a", "J²-a")] == [0] * 6
