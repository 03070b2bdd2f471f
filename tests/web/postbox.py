"""A real mail server on this machine that keeps what arrives."""

from __future__ import annotations

import email
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from email.message import Message
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from apiflask import APIFlask

from web.jobs.attempt import JobAttempt
from web.jobs.board import JobBoard, number_of
from web.jobs.records import Job
from web.settings import Settings
from web.stores import open_store


class Postbox:
    """What arrives at a mail server; it knows nobody called ``gone``, and takes a letter to ``mute`` without a word."""

    def __init__(self) -> None:
        self.letters: dict[str, Message] = {}
        self.count: Counter[str] = Counter()

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, to: str, _options: Any) -> str:  # noqa: N802
        if to.startswith("gone"):
            return "550 nobody of this name"
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        for to in envelope.rcpt_tos:
            self.count[to] += 1
            if to.startswith("mute"):
                server.transport.close()
            self.letters[to] = email.message_from_bytes(envelope.content, policy=default)
        return "250 OK"


@pytest.fixture
def postbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Postbox]:
    box = Postbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    for name, value in (("HOST", "127.0.0.1"), ("PORT", str(port)), ("SECURITY", "none"), ("FROM", "wop@example.org")):
        monkeypatch.setenv(f"WOP_SMTP_{name}", value)
    yield box
    server.stop()


def use_postbox(app: APIFlask) -> None:
    """Let an application mail by the settings of the environment; its own were read before."""
    names = ("smtp_host", "smtp_port", "smtp_security", "smtp_from")
    given = {name: getattr(Settings(), name) for name in names}
    app.extensions["wop_settings"] = app.extensions["wop_settings"].model_copy(update=given)


def worked(app: APIFlask, job: str, attempt: int = 1) -> Job:
    """The job, after a worker had it."""
    board: JobBoard = app.extensions["wop_jobs"]
    address = app.extensions["wop_settings"].store
    JobAttempt(board, number_of(job), lambda: open_store(address), "w", threading.Event()).run(attempt)
    return board.job(job)
