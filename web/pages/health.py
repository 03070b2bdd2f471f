"""How the service is, for whoever watches it: alive, ready, and in numbers. Always JSON or plain text."""

from __future__ import annotations

import hmac
from typing import TypedDict, cast

from flask import Blueprint, Response, abort, current_app, request
from prometheus_client import CONTENT_TYPE_LATEST

from graph.errors import StoreUnavailable, WopError
from graph.sentences import Sentence, say
from web.api_prefix import is_api
from web.knowledge import keeper
from web.metrics import Present, exposition
from web.twin import Query, json_response, page

pages = Blueprint("health", __name__)


class Health(TypedDict):
    """The service is alive."""

    status: str


class Ready(TypedDict):
    """The service can answer: its store is there and of this version. Where not, the answer is an error instead."""

    status: str
    revision: int


@page(pages, "/health", Query, Health)
def health(_query: Query) -> Response:
    """Whether the service is alive; its store is not asked."""
    return json_response(Health(status="ok"))


@page(pages, "/ready", Query, Ready)
def ready(_query: Query) -> Response:
    """Whether the service reaches its store and the store is of its version."""
    try:
        return json_response(Ready(status="ready", revision=keeper().store.revision()))
    except WopError as error:
        # Whatever keeps the store from being used, to whoever asks this it is one thing: not now.
        raise StoreUnavailable(error.message, error.hint) from error


@pages.get("/metrics")
def metrics() -> Response:
    """What the service counts about itself, for whoever presents the token of the settings."""
    if is_api():
        abort(404)  # a proxy that keeps /metrics inside need not know of another address of it
    token = cast("str | None", current_app.extensions["wop_metrics_token"])
    if token is None:
        return _refused(403, say("Metrics are not shown here."), say("The setting WOP_METRICS_TOKEN opens them."))
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return _refused(401, say("Metrics are shown to whoever presents the token."), None)
    present = Present(keeper().store, current_app.extensions.get("wop_queue_length"))
    return Response(exposition(present), content_type=CONTENT_TYPE_LATEST)


def _refused(status: int, message: Sentence, hint: Sentence | None) -> Response:
    response = Response(f"{message} {hint or ''}".strip() + "\n", status=status, mimetype="text/plain")
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response
