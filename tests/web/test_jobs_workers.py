"""Real worker processes on a SQLite file and a real Redis: killed, stopped, cancelled; always exactly one result."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from job_place import AS_OF, LOST_AFTER, PATIENCE, Place, policies
from redis_server import RedisServer

from fixtures.worlds import write_world
from graph.errors import QueueUnavailable
from graph.ingest import import_paths
from graph.job_results import save_once
from graph.reference import REGISTER, load_reference
from graph.rounds import rounds
from graph.sqlite import SqliteStore
from graph.store import Store
from matcher.policy import load_policy
from web.jobs import attempt as attempts
from web.jobs.attempt import JobAttempt
from web.jobs.board import number_of

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The register of real partnerships in a store."""
    path = tmp_path_factory.mktemp("register") / "store.sqlite"
    store = SqliteStore(path)
    load_reference(store)
    import_paths(store, [Path(str(REGISTER))])
    store.close()
    return path


def place_of(folder: Path, register: Path, queue: str | None) -> Place:
    shutil.copy(register, folder / "store.sqlite")
    return Place(folder, f"sqlite:///{folder / 'store.sqlite'}", queue or f"sqlite:///{folder / 'jobs.sqlite'}")


@pytest.fixture(params=["sqlite", "redis"])
def place(request: pytest.FixtureRequest, tmp_path: Path, register: Path) -> Iterator[Place]:
    """The register, with a queue of each kind."""
    queue = request.getfixturevalue("redis_server").address if request.param == "redis" else None
    made = place_of(tmp_path, register, queue)
    yield made
    made.close()


@pytest.fixture
def embedded(tmp_path: Path, register: Path) -> Iterator[Place]:
    """The register, with the queue in a file beside it."""
    made = place_of(tmp_path, register, None)
    yield made
    made.close()


def test_a_worker_killed_in_mid_solve_loses_nothing_and_one_result_appears(place: Place) -> None:
    job = place.ask(4)
    for _ in range(2):
        place.start()
    busy = place.until(lambda job: (job["share"] or 0) > 0.3, job["id"])
    os.kill(place.process_of(busy["worker"]), signal.SIGKILL)
    done = place.ended(job["id"])
    assert (done["state"], done["attempt"]) == ("done", 2), place.said()
    assert done["worker"] != busy["worker"]
    assert len(done["rounds"]) == 4
    assert [row["round"] for row in done["scenarios"]] == done["rounds"]
    assert place.results() == {job["id"]: tuple(done["rounds"])}
    assert len(place.board.workers()) == 1


def test_a_stopped_worker_gives_its_job_back_and_the_next_one_finishes_it(embedded: Place) -> None:
    job = embedded.ask(4)
    first = embedded.start()
    embedded.until(lambda job: (job["share"] or 0) > 0.15, job["id"])
    first.terminate()
    assert first.wait(PATIENCE) == 0
    waiting = embedded.board.job(job["id"])
    assert (waiting["state"], waiting["given_up"]) == ("queued", True)
    assert embedded.board.workers() == []
    assert embedded.results() == {}
    embedded.start()
    assert embedded.ended(job["id"])["attempt"] == 2
    assert set(embedded.results()) == {job["id"]}


def test_a_cancelled_job_stops_while_the_solver_runs_and_leaves_nothing(tmp_path: Path) -> None:
    """A round that takes minutes; the worker is free for the next job long before."""
    path = tmp_path / "store.sqlite"
    store = SqliteStore(path)
    load_reference(store)
    import_paths(store, write_world(tmp_path / "world", utilities=600, seed=3))
    store.close()
    place = Place(tmp_path, f"sqlite:///{path}", f"sqlite:///{tmp_path / 'jobs.sqlite'}")
    try:
        job = place.ask(1)
        other = place.ask(1, seed=1)
        place.start()
        solving = place.until(lambda job: job["so_far"] is not None, job["id"])
        assert solving["so_far"] is not None
        assert solving["so_far"]["bound"] is not None
        place.board.cancel(other["id"])
        place.board.cancel(job["id"])
        assert place.ended(job["id"])["state"] == "cancelled"
        assert place.board.job(other["id"])["state"] == "cancelled"
        assert place.results() == {}
        assert len(place.board.workers()) == 1
    finally:
        place.close()


def test_redis_may_stop_and_come_back_while_a_worker_runs(
    redis_server: RedisServer, tmp_path: Path, register: Path
) -> None:
    place = place_of(tmp_path, register, redis_server.address)
    try:
        job = place.ask(4)
        place.start()
        place.until(lambda job: (job["share"] or 0) > 0.15, job["id"])
        redis_server.stop()
        with pytest.raises(QueueUnavailable):
            place.board.job(job["id"])
        with pytest.raises(QueueUnavailable):
            place.ask(1)
        time.sleep(2 * LOST_AFTER)
        redis_server.start()
        done = place.ended(job["id"])
        assert (done["state"], done["attempt"]) == ("done", 1), place.said()
        assert place.results() == {job["id"]: tuple(done["rounds"])}
        assert place.ended(place.ask(1)["id"])["state"] == "done"
    finally:
        place.close()


def test_the_service_runs_a_worker_of_its_own_and_takes_it_along_however_it_ends(embedded: Place) -> None:
    service = embedded.start("serve", "--port", "0")
    job = embedded.ask(1)
    done = embedded.ended(job["id"])
    assert done["state"] == "done"
    worker = embedded.process_of(done["worker"])
    assert worker != service.pid
    service.kill()
    for _ in range(int(PATIENCE / 0.1)):
        if not Path(f"/proc/{worker}").exists() and embedded.board.workers() == []:
            break
        time.sleep(0.1)
    else:
        raise AssertionError(f"the worker outlived its service\n{embedded.said()}")


def test_a_worker_thought_dead_that_comes_back_changes_nothing(embedded: Place) -> None:
    job = embedded.ask(1)
    number = number_of(job["id"])
    other: list[tuple[str, ...]] = []

    def open_late() -> Store:
        # While this worker hangs, another takes the job over and ends it with a result of its own.
        if not other:
            store = embedded.open_store()
            assert embedded.board.claim(number, 2, "other") is not None
            document = {"id": "Rother", "as_of": AS_OF, "policy": {"name": "x"}, "input_hash": "h", "proven": True}
            whole = {**document, "totals": {}, "goals": []}
            other.append(save_once(store, job["id"], "match", [whole], scenarios=False))
            embedded.board.end(number, "done", other[0])
            store.close()
        return embedded.open_store()

    JobAttempt(embedded.board, number, open_late, "late", threading.Event()).run(1)
    assert embedded.results() == {job["id"]: ("Rother",)}
    assert embedded.board.job(job["id"])["rounds"] == ["Rother"]


def test_a_result_saved_by_a_worker_that_died_then_is_found_and_not_solved_again(
    embedded: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = embedded.ask(1)
    number = number_of(job["id"])

    def die(*_arguments: object, **_more: object) -> None:
        raise SystemExit

    with monkeypatch.context() as dying:
        dying.setattr(attempts, "scenario", die)  # after the rounds are in the store, before the board says so
        with pytest.raises(SystemExit):
            JobAttempt(embedded.board, number, embedded.open_store, "first", threading.Event()).run(1)
    saved = embedded.results()
    assert embedded.board.job(job["id"])["ended_at"] is None
    monkeypatch.setattr(JobAttempt, "_proposals", die)
    JobAttempt(embedded.board, number, embedded.open_store, "second", threading.Event()).run(2)
    done = embedded.board.job(job["id"])
    assert done["state"] == "done"
    assert {job["id"]: tuple(done["rounds"])} == saved == embedded.results()


def test_what_cannot_be_done_is_said_in_the_users_words(embedded: Place) -> None:
    impossible = {**policies(1)[0], "pins": [{"mentor": "nobody", "mentee": "nobody else"}]}
    job = embedded.board.ask("match", [impossible], AS_OF, 0, 60.0, 1)
    run = JobAttempt(embedded.board, 1, embedded.open_store, "w", threading.Event()).run
    run(1)
    failed = embedded.board.job(job["id"])
    assert failed["state"] == "failed"
    assert failed["error_s"] is not None
    assert "nobody" in failed["error_s"]["text"]


def test_a_job_makes_the_very_round_that_a_match_at_once_makes(embedded: Place) -> None:
    from matcher.proposal import propose
    from web.known_network import known_network

    job = embedded.ask(1)
    JobAttempt(embedded.board, 1, embedded.open_store, "w", threading.Event()).run(1)
    done = embedded.board.job(job["id"])
    store = embedded.open_store()
    as_of = date.fromisoformat(AS_OF)
    document = propose(
        known_network(store, as_of),
        load_policy("best_fit").model_copy(update={"quality_floor": 0.3}),
        as_of=as_of,
        time_limit=600.0,
    )
    assert done["rounds"] == [document["id"]]
    with store.read() as reader:
        assert [heading.id for heading in rounds(reader)] == done["rounds"]
    store.close()
    assert json.loads(json.dumps(done)) == done
