"""What the service writes about its requests, and the id by which a person can quote one.

A request keeps the ``X-Request-ID`` a proxy gave it where that is sane, else gets one; the response carries it, error
pages show it, and each line logged meanwhile has it. Lines are plain text, or one JSON object each with the setting
``WOP_LOG=json``. Addresses are logged without their query, and nothing that is a secret gets into a line.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import secrets
import sys
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask, Response, g, has_request_context, request

from web.settings import Settings

HEADER = "X-Request-ID"
SANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
"""Request ids taken over from a proxy: what cannot break a header, a page or a line of a log."""

requests = logging.getLogger("wop.requests")
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+(?=@)")
_HIDDEN = "(hidden)"
SHORTEST_HIDDEN = 6


def init_logs(app: Flask) -> None:
    """Give each request of an application its id, and log it when it is answered."""

    @app.before_request
    def begin() -> None:
        given = request.headers.get(HEADER, "")
        g.request_id = given if SANE.fullmatch(given) else secrets.token_hex(8)
        g.request_began = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        if "request_id" not in g:
            return response
        response.headers[HEADER] = g.request_id
        requests.info(
            "%s %s %d",
            request.method,
            request.script_root + request.path,
            response.status_code,
            extra={
                "wop": {
                    "method": request.method,
                    "path": request.script_root + request.path,
                    "route": request.url_rule.rule if request.url_rule else None,
                    "status": response.status_code,
                    "seconds": round(time.perf_counter() - g.request_began, 6),
                }
            },
        )
        return response


def request_id() -> str | None:
    """The id of the request being answered."""
    return g.get("request_id") if has_request_context() else None


def configure_logs(settings: Settings) -> None:
    """Let this process write its log to standard error, in the form the settings ask for.

    Plain text tells warnings and errors, for a person who watches; JSON tells every request, for a machine.
    """
    handler = logging.StreamHandler(sys.stderr)
    hidden = secrets_of(os.environ)
    handler.setFormatter(JsonLines(hidden) if settings.log == "json" else PlainLines(hidden))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    requests.setLevel(logging.INFO if settings.log == "json" else logging.WARNING)
    logging.captureWarnings(True)


def secrets_of(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The secrets among the service's settings: passwords and tokens, given as they are or in files."""
    found = []
    for name, value in environment.items():
        if not name.startswith("WOP_") or not any(word in name for word in ("PASSWORD", "TOKEN", "SECRET")):
            continue
        if name.endswith("_FILE"):
            with contextlib.suppress(OSError):
                found.append(Path(value).read_text(encoding="utf-8").strip())
        else:
            found.append(value)
    # A secret of a few letters would blot out ordinary words, and protects nothing.
    return tuple(secret for secret in found if len(secret) >= SHORTEST_HIDDEN)


class PlainLines(logging.Formatter):
    """Lines for a person, with the request's id where there is one."""

    def __init__(self, hidden: Iterable[str] = ()) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")
        self._hidden = tuple(hidden)

    def format(self, record: logging.LogRecord) -> str:
        """The record as text."""
        told = super().format(record)
        id = request_id()
        return without_secrets(f"{told} (request {id})" if id else told, self._hidden)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the base class's name
        """One line, whatever the message holds; only a traceback after it takes more."""
        return super().formatMessage(record).replace("\r", " ").replace("\n", " ")


class JsonLines(logging.Formatter):
    """One JSON object a record: ``time`` (UTC), ``level``, ``logger``, ``message``, ``request_id``, and more."""

    def __init__(self, hidden: Iterable[str] = ()) -> None:
        super().__init__()
        self._hidden = tuple(hidden)

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
        }
        if (id := request_id()) is not None:
            line["request_id"] = id
        line.update(getattr(record, "wop", {}))
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(_hide(line, self._hidden), ensure_ascii=False, default=str)


def without_secrets(text: str, hidden: Iterable[str]) -> str:
    """Text with these values, and whatever signs in within an address, put out of sight."""
    for value in hidden:
        text = text.replace(value, _HIDDEN)
    return _CREDENTIALS.sub(_HIDDEN, text)


def _hide(line: dict[str, object], hidden: Iterable[str]) -> dict[str, object]:
    return {name: without_secrets(value, hidden) if isinstance(value, str) else value for name, value in line.items()}
