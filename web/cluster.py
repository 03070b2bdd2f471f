"""Several processes that answer on one port, run by gunicorn.

Each worker makes its own application after the fork, with connections of its own; what they share is the store, and a
folder in which they count for ``/metrics``. Losing a worker loses nothing: the next takes its place.
"""

from __future__ import annotations

import logging
import os
import socket
import tempfile
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from graph.errors import BadInput
from graph.sentences import say
from web.settings import Settings

if TYPE_CHECKING:
    from flask import Flask

THREADS = 8
"""Requests one process answers at a time."""

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"  # named here too, since web.metrics must be imported after it is set
MEMORY = "/dev/shm"  # noqa: S108 - the folder held in memory, where there is one


def run_workers(settings: Settings, listener: socket.socket, workers: int, ready: Callable[[], None]) -> None:
    """Answer on a listening socket with so many processes until stopped; ``ready`` is called once they are started.

    Raises ``BadInput`` where gunicorn is not installed.
    """
    try:
        from gunicorn.app.base import BaseApplication
        from gunicorn.errors import HaltServer
        from gunicorn.glogging import Logger
    except ImportError as missing:
        raise BadInput(
            say("Several processes need gunicorn, which is not installed here."),
            say("Install it with “pip install wop-matcher[cluster]”, or serve without --workers."),
        ) from missing

    class OurLogger(Logger):  # type: ignore[misc]  # gunicorn has no types
        """Gunicorn's own messages take the way of all others, to the handler of ``web.logs``."""

        def setup(self, cfg: Any) -> None:
            super().setup(cfg)
            self.error_log.handlers = []
            self.error_log.propagate = True
            self.error_log.setLevel(logging.INFO if settings.log == "json" else logging.WARNING)

    class Service(BaseApplication):  # type: ignore[misc]  # as above
        """Gunicorn with what the settings say instead of a file of its own."""

        def load_config(self) -> None:
            """Tell gunicorn how to run."""
            memory = MEMORY if os.access(MEMORY, os.W_OK) else None
            for name, value in {
                "bind": f"fd://{listener.fileno()}",
                "workers": workers,
                "worker_class": "gthread",
                "threads": THREADS,
                "worker_tmp_dir": memory,  # a slow disk must not make a worker look dead
                "graceful_timeout": int(settings.request_timeout) + 1,
                "keepalive": 0,  # else stopping waits for idle connections until the grace is over
                "control_socket_disable": True,
                "forwarded_allow_ips": "",  # which proxies are believed is said by WOP_PROXIES alone
                "proc_name": "wop",
                "logger_class": OurLogger,
                "when_ready": lambda _arbiter: ready(),
                "child_exit": _forget,
            }.items():
                self.cfg.set(name, value)

        def load(self) -> Flask:
            """The application of one worker, made in it."""
            from web.app import create_app

            return create_app(settings)

    with tempfile.TemporaryDirectory(prefix="wop-counts-") as folder:
        os.environ.setdefault(FOLDER_VARIABLE, folder)
        try:
            Service().run()
        except HaltServer as ended:  # why, a worker has logged
            raise SystemExit(1) from ended


def _forget(_arbiter: object, worker: Any) -> None:
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]  # the library leaves it untyped
