"""Whether the service answers and reaches its store, for whoever watches it."""

from __future__ import annotations

from typing import TypedDict

from flask import Blueprint, Response

from web.knowledge import keeper
from web.twin import Query, json_response, page

pages = Blueprint("health", __name__)


class Health(TypedDict):
    """The service is well; where it is not, the answer is an error instead."""

    status: str
    revision: int


@page(pages, "/healthz", Query, Health)
def health(_query: Query) -> Response:
    """Whether the service reaches its store (always JSON)."""
    return json_response(Health(status="ok", revision=keeper().store.revision()))
