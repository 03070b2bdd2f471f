"""A store, a queue and worker processes of a test, whatever kind of store and queue they are."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from graph.job_results import rounds_of
from graph.store import Store
from matcher.policy import load_policy
from web.jobs.board import JobBoard
from web.jobs.records import Job
from web.stores import open_store

PATIENCE = 120.0
"""Seconds after which a test gives up; nothing here is judged by how long it takes."""

LOST_AFTER = 2.0
AS_OF = "2025-12-31"


def policies(count: int) -> list[dict[str, Any]]:
    """Policies that differ, so that a comparison of them keeps a worker busy for a while."""
    return [{**load_policy("best_fit").to_json(), "quality_floor": 0.3 + 0.01 * at} for at in range(count)]


class Place:
    """A store, a queue, and the worker processes of a test."""

    def __init__(self, folder: Path, store: str, queue: str, environment: Mapping[str, str] | None = None) -> None:
        """A store at an address; ``environment`` is how the workers sign in."""
        self.folder, self.store_address, self.queue = folder, store, queue
        self.environment = {"WOP_QUEUE": queue, "WOP_JOB_LOST_AFTER": str(LOST_AFTER), **(environment or {})}
        self.board = JobBoard(queue, LOST_AFTER)
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """A ``wop`` process that works beside the test; its messages are in the folder."""
        with (self.folder / f"{len(self.processes)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "web.cli", "--store", self.store_address, *(words or ("worker",))],
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.processes.append(process)
        return process

    def said(self) -> str:
        """What all processes of the test wrote."""
        return "".join(log.read_text(encoding="utf-8") for log in sorted(self.folder.glob("*.log")))

    def ask(self, count: int, seed: int = 0) -> Job:
        kind: Any = "match" if count == 1 else "sweep"
        return self.board.ask(kind, policies(count), AS_OF, seed, 600.0, 1)

    def until(self, reached: Callable[[Job], bool], id: str) -> Job:
        """The job as soon as it is so."""
        for _ in range(int(PATIENCE / 0.1)):
            job = self.board.job(id)
            if reached(job):
                return job
            time.sleep(0.1)
        raise AssertionError(f"it never came to that: {self.board.job(id)}\n{self.said()}")

    def ended(self, id: str) -> Job:
        return self.until(lambda job: job["ended_at"] is not None, id)

    def process_of(self, worker: str | None) -> int:
        """The process id in a worker's name."""
        return int(str(worker).split("-")[-2])

    def open_store(self) -> Store:
        """The store, opened anew."""
        return open_store(self.store_address)

    def results(self) -> dict[str, tuple[str, ...]]:
        """Every job's rounds in the store, and nothing else may be there."""
        store = self.open_store()
        with store.read() as reader:
            found = {id: rounds_of(reader, id) or () for id in reader.nodes("Job")["id"]}
            assert set(reader.nodes("Round")["id"]) == {round for made in found.values() for round in made}
        store.close()
        return found

    def close(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
        self.board.close()
