"""Worker processes started by another command: kept running, and stopped with it, however it ends."""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
import threading
import time
from types import TracebackType

STOP_SECONDS = 12.0
"""A little more than a worker takes to give its job back."""

PAUSES = (0.5, 2.0, 10.0, 30.0)
"""Seconds before a worker that ended is started again; the longer, the sooner it ended."""

log = logging.getLogger("wop.jobs")


class Workers:
    """So many ``wop worker`` processes, from entering the block to leaving it.

    Each holds the other end of a pipe of ours and stops when that closes: also where this process is killed.
    """

    def __init__(self, count: int, store_address: str, queue: str) -> None:
        self._environment = {**os.environ, "WOP_QUEUE": queue}
        self._command = [sys.executable, "-m", "web.cli", "--store", store_address, "worker", "--with-parent"]
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._keep_one, daemon=True) for _ in range(count)]

    def __enter__(self) -> Workers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(STOP_SECONDS + 2)

    def wait(self) -> None:
        """Until interrupted."""
        while not self._stopping.wait(3600):
            pass

    def _keep_one(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            child = subprocess.Popen(  # noqa: S603 - our own command
                self._command, stdin=subprocess.PIPE, env=self._environment
            )
            while child.poll() is None and not self._stopping.wait(0.2):
                pass
            if child.stdin is not None:
                with contextlib.suppress(OSError):
                    child.stdin.close()
            try:
                child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
            if self._stopping.is_set():
                return
            failures = 0 if time.monotonic() - began > 60 else failures + 1
            log.warning("A worker ended with code %s and is started again.", child.returncode)
            self._stopping.wait(PAUSES[min(failures, len(PAUSES) - 1)])
