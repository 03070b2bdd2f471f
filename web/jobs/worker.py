"""A worker process: takes attempts from the queue one after another, and looks after jobs whose worker is gone."""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import sys
import threading
import time
from typing import Any

from huey.consumer import Consumer

from graph.errors import QueueUnavailable
from graph.store import Store
from web.jobs.attempt import JobAttempt
from web.jobs.board import JobBoard
from web.jobs.records import MOST_ATTEMPTS, RUN_AGAIN, interrupted
from web.stores import open_store

LOOK_SECONDS = 1.0
STOP_SECONDS = 8
"""How long a worker that is told to stop waits for its attempt to notice."""

log = logging.getLogger("wop.jobs")


class JobWorker:
    """Works on the jobs of one board, for one store, until told to stop."""

    def __init__(self, store_address: str, queue: str, lost_after: float) -> None:
        self.name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(2)}"
        self.board = JobBoard(queue, lost_after, self._attempt)
        self._store_address, self._lost_after = store_address, lost_after
        self._stopping = threading.Event()
        self._consumer: _Consumer | None = None

    def run(self) -> None:
        """Work until SIGINT or SIGTERM. Raises ``BadInput`` where the queue's address cannot be used."""
        self._consumer = _Consumer(self._stopping, self._huey(), workers=1, periodic=False, max_delay=0.5)
        caretaker = threading.Thread(target=self._take_care, daemon=True)
        caretaker.start()
        self._consumer.run()
        caretaker.join(2)

    def _huey(self) -> Any:
        """The queue; a worker that starts before it waits."""
        waiting = False
        while True:
            try:
                return self.board.huey
            except QueueUnavailable as away:
                if not waiting:
                    log.warning("%s", away)
                waiting = True
                time.sleep(1)

    def stop_with_parent(self) -> None:
        """End when the process that started this one is gone: its end of our standard input closes then."""

        def watch() -> None:
            sys.stdin.buffer.read()
            os.kill(os.getpid(), signal.SIGTERM)

        threading.Thread(target=watch, daemon=True).start()

    def _attempt(self, number: int, attempt: int) -> None:
        JobAttempt(self.board, number, self._open_store, self.name, self._stopping).run(attempt)

    def _open_store(self) -> Store:
        return open_store(self._store_address)

    def _take_care(self) -> None:
        """Be present; give jobs whose worker fell silent, or whose message was lost, to whoever is free."""
        watch = _Watch(self._lost_after)
        away = False
        while True:
            try:
                self.board.be_present(self.name)
                self._look_after(watch)
                if away:
                    log.info("The job queue is back.")
                away = False
            except QueueUnavailable as error:
                if not away:
                    log.warning("%s", error)
                away = True
            if self._stopping.wait(LOOK_SECONDS):
                break
        try:
            self.board.leave(self.name)
        except QueueUnavailable:
            return

    def _look_after(self, watch: _Watch) -> None:
        unended = self.board.unended()
        if not unended:
            return
        offered = self.board.offered()
        for number, last, cancel in unended:
            attempt = last["number"] if last else 0
            if (number, attempt + 1) in offered:
                continue
            released = last is not None and last["released"]
            if not released and not watch.silent(number, (attempt, last["beat"] if last else 0)):
                continue
            if cancel:
                self.board.end(number, "cancelled")
            elif attempt >= MOST_ATTEMPTS:
                log.warning("J%d: interrupted %d times", number, attempt)
                error = interrupted(attempt).to_json()
                self.board.end(number, "interrupted", error=error, hint=RUN_AGAIN.to_json())
            else:
                log.info("J%d: offered again, attempt %d", number, attempt + 1)
                self.board.enqueue(number, attempt + 1)


class _Watch:
    """Tells silence by this machine's own clock, so that workers' clocks need not agree."""

    def __init__(self, lost_after: float) -> None:
        self._lost_after = lost_after
        self._seen: dict[int, tuple[tuple[int, int], float]] = {}

    def silent(self, number: int, beat: tuple[int, int]) -> bool:
        """Whether a job has shown the same beat for longer than a living worker would."""
        known = self._seen.get(number)
        if known is None or known[0] != beat:
            self._seen[number] = (beat, time.monotonic())
            return False
        return time.monotonic() - known[1] > self._lost_after


class _Consumer(Consumer):  # type: ignore[misc]  # Huey has no types
    """Huey's consumer; told to stop, it tells the attempt at work, and waits a little for it."""

    def __init__(self, stopping: threading.Event, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, shutdown_timeout=STOP_SECONDS, **options)
        self._stopping = stopping
        # A hangup would start the whole program anew, with arguments that need not be ours.
        self._signal_actions.pop(getattr(signal, "SIGHUP", None), None)

    def stop(self, graceful: bool = False) -> None:  # noqa: ARG002 - the base class's signature; always gracefully
        """Stop taking attempts, and let the one at work give its job back."""
        self._stopping.set()
        super().stop(graceful=True)
