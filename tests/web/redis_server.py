"""A real Redis of its own on a free loopback port, that can be stopped and come back with what it knew."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from needed_programs import needed_program


class RedisServer:
    """One server process at a time, always on the same port and in the same folder."""

    def __init__(self, program: str, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self._command = [program, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(folder)]
        self._command += ["--appendonly", "yes", "--save", ""]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """What ``WOP_QUEUE`` names."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start, and wait until it answers."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        for _ in range(600):
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as asking:
                    asking.sendall(b"PING\r\n")
                    if asking.recv(16).startswith(b"+PONG"):
                        return
            except OSError:
                pass
            assert self._process.poll() is None, "redis-server ended at its start"
            time.sleep(0.05)
        raise AssertionError("redis-server did not answer")

    def stop(self) -> None:
        """Stop in an orderly way."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """A running Redis; without the program the test is skipped, or fails where servers are required."""
    folder = tmp_path / "redis"
    folder.mkdir()
    server = RedisServer(needed_program("redis-server", "redis-server"), folder)
    server.start()
    yield server
    server.stop()
