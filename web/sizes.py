"""How large a request may be, looked at before anything of it is read."""

from __future__ import annotations

from flask import Flask, request

from graph.errors import TooLarge
from graph.sentences import say
from web.settings import Settings

TAKES_FILES = frozenset(("imports.check",))
"""The writes that are larger than others, since they bring files."""


def init_sizes(app: Flask, settings: Settings) -> None:
    """Let an application refuse what is too large, and say which setting allows how much."""
    app.config["MAX_CONTENT_LENGTH"] = settings.request_bytes

    @app.before_request
    def not_too_large() -> None:
        name, allowed = "request_bytes", settings.request_bytes
        if request.endpoint in TAKES_FILES:
            name, allowed = "upload_bytes", settings.upload_bytes
            # In JSON each three bytes of a file are four signs.
            request.max_content_length = allowed * 4 // 3 + settings.request_bytes
        if (request.content_length or 0) > (request.max_content_length or allowed):
            raise TooLarge(
                say(
                    "What was sent is too large: the setting {setting} allows {allowed} bytes.",
                    setting=f"WOP_{name.upper()}",
                    allowed=allowed,
                ),
                say("Send less at once, or ask whoever runs this service to raise the setting."),
            )
