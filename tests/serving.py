"""Services under test as they really run: ``wop serve`` in processes of its own, and nginx in front."""

from __future__ import annotations

import contextlib
import os
import queue
import re
import signal
import socket
import string
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from needed_programs import needed_program
from signed_in import plant

from graph.store import open_store

ROOT = Path(__file__).parents[1]
START_SECONDS = 60.0


class Served:
    """One ``wop serve``, started; ``address`` is where it answers, ``log`` what it wrote to standard error."""

    def __init__(self, store: str, *words: str, environment: Mapping[str, str] | None = None) -> None:
        if store.startswith("sqlite:"):
            with closing(open_store(store)) as opened:
                plant(opened)
        self.log = Path(tempfile.mkstemp(prefix="wop-serve-", suffix=".log")[1])
        clean = {name: value for name, value in os.environ.items() if not name.startswith("WOP_")}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "web.cli", "serve", "--port", "0", *words],
                env={
                    **clean,
                    "WOP_STORE": store,
                    "PYTHONUNBUFFERED": "1",
                    "WOP_JOB_WORKERS": "0",
                    **(environment or {}),
                },
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        self.address = self._address()

    def stop(self) -> int:
        """End it as a system does; its exit code."""
        self.process.terminate()
        return self.process.wait(30)

    def end(self) -> None:
        """End it and its workers, whatever state they are in, and forget its log."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.log.unlink(missing_ok=True)

    def said(self) -> str:
        """What it wrote to standard error."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def _address(self) -> str:
        lines: queue.Queue[str] = queue.Queue()
        output = self.process.stdout
        assert output is not None
        threading.Thread(target=lambda: lines.put(output.readline().decode()), daemon=True).start()
        try:
            line = lines.get(timeout=START_SECONDS)
        except queue.Empty:
            line = ""
        found = re.match(r"Open (http://[^/]+)/", line)
        if not found:
            said = self.said()
            self.end()
            raise AssertionError(f"wop serve did not start: {line!r} {said}")
        return found[1]


@contextlib.contextmanager
def served(store: str, *words: str, environment: Mapping[str, str] | None = None) -> Iterator[Served]:
    """``wop serve`` on a store, for the length of a block."""
    service = Served(store, *words, environment=environment)
    try:
        yield service
    finally:
        service.end()


@contextlib.contextmanager
def proxied(addresses: Sequence[str], folder: Path) -> Iterator[str]:
    """A real nginx with TLS in front of these addresses, from the configuration that is shipped; its own address."""
    nginx = needed_program("nginx", "nginx-light")
    key, certificate = _certificate(folder)
    http, https = free_port(), free_port()
    template = string.Template((ROOT / "deploy" / "proxy.conf.template").read_text(encoding="utf-8"))
    (folder / "proxy.conf").write_text(
        template.safe_substitute(
            WOP_UPSTREAM=" ".join(f"server {address.removeprefix('http://')};" for address in addresses),
            WOP_HTTP_LISTEN=f"127.0.0.1:{http}",
            WOP_HTTPS_LISTEN=f"127.0.0.1:{https}",
            WOP_PUBLIC_HOST=f"localhost:{https}",
            WOP_TLS_CERTIFICATE=str(certificate),
            WOP_TLS_KEY=str(key),
        ),
        encoding="utf-8",
    )
    temporary = " ".join(
        f"{kind}_temp_path {folder / kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"daemon off; worker_processes 1; pid {folder / 'nginx.pid'}; error_log {folder / 'nginx.log'};"
        f" events {{}} http {{ access_log off; {temporary} include {folder / 'proxy.conf'}; }}\n",
        encoding="utf-8",
    )
    process = subprocess.Popen(
        [nginx, "-p", str(folder), "-c", str(configuration), "-e", str(folder / "nginx.log")],
        stderr=subprocess.PIPE,
    )
    try:
        _wait_for(https, process)
        yield f"https://localhost:{https}"
    finally:
        process.terminate()
        process.wait(30)
        if process.stderr is not None:
            process.stderr.close()


def free_port() -> int:
    """A port of this machine nobody listens on now."""
    with socket.socket() as candidate:
        candidate.bind(("127.0.0.1", 0))
        return int(candidate.getsockname()[1])


def _certificate(folder: Path) -> tuple[Path, Path]:
    openssl = needed_program("openssl", "openssl")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    return key, certificate


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                said = process.stderr.read().decode() if process.stderr is not None and process.poll() else ""
                raise AssertionError(f"nginx did not start: {said}") from None
            time.sleep(0.05)
