"""The versioned API: every JSON twin and every write, reachable under ``/api/v1`` too, always as JSON.

The prefix is a mount of the same application: the same endpoints, the same table of who may what, no second view. As
with any mount, addresses the application makes (``Location``, ``Link``, redirects) begin with it by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import request

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

API_PREFIX = "/api/v1"
_UNDER_IT = "wop.api"
"""Where a request keeps that it came by the prefix."""


class ApiPrefix:
    """A WSGI application that also answers under the prefix."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        path = environ.get("PATH_INFO", "")
        if path == API_PREFIX or path.startswith(f"{API_PREFIX}/"):
            root = environ.get("SCRIPT_NAME", "") + API_PREFIX
            environ = {**environ, "SCRIPT_NAME": root, "PATH_INFO": path[len(API_PREFIX) :] or "/", _UNDER_IT: True}
        return self._application(environ, start_response)


def is_api() -> bool:
    """Whether this request came by the prefix: it is answered in JSON, whatever it accepts."""
    return bool(request.environ.get(_UNDER_IT))
