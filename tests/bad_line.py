"""A line between a driver and its server that can be slow, silent, cut or closed: a small TCP proxy for tests."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator

AT_ONCE = struct.pack("ii", 1, 0)
"""Linger of zero seconds: closing resets the connection, as a cut does."""


class BadLine:
    """Forwards connections to ``target``; ``port`` is where it listens."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._lock = threading.Lock()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._listener: socket.socket | None = None
        self.port = 0
        self.delay = 0.0
        """Seconds each piece of data is held back."""
        self.cut_after: int | None = None
        """Cut everything after so many bytes to the server; counted down, then ``None`` again."""
        self._open = threading.Event()
        self._open.set()
        self.cuts = 0
        self.listen()

    def listen(self) -> None:
        """Take connections (again), on the same port."""
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def refuse(self) -> None:
        """Take no more connections, and cut those there are: the server is away."""
        listener, self._listener = self._listener, None
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self.cut()

    def cut(self) -> None:
        """Reset every connection; new ones are taken."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
        self.cuts += 1
        for end in (end for pair in pairs for end in pair):
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)  # wakes whoever waits for it in another thread
            end.close()

    def silence(self) -> None:
        """Pass nothing on any more, without closing anything: the network swallows all."""
        self._open.clear()

    def speak(self) -> None:
        """Pass everything on again, what was held back first."""
        self._open.set()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._target), timeout=5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            for end in (near, far):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._pairs.append((near, far))
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._forward, args=(source, sink, sink is far), daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket, to_server: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self._open.wait()
                if self.delay:
                    time.sleep(self.delay)
                if to_server and self.cut_after is not None:
                    if len(data) >= self.cut_after:
                        sink.sendall(data[: self.cut_after])
                        self.cut_after = None
                        self.cut()
                        return
                    self.cut_after -= len(data)
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def bad_line(target: int) -> Iterator[BadLine]:
    """A line to a port of this machine, for the length of a block."""
    line = BadLine(target)
    try:
        yield line
    finally:
        line.speak()
        line.refuse()
