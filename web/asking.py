"""Questions to the store about utilities that the address names by id; who gave a name is sent on to the id."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import request, url_for
from werkzeug.routing import RequestRedirect

from graph.finding import find_utility
from graph.store import InsideReader
from web.knowledge import keeper

A = TypeVar("A")


def asked(question: Callable[[InsideReader], A | None], **utilities: str | None) -> A:
    """The answer of the store; ``utilities`` are the parts and parameters of the address that name utilities.

    Where there is no answer one of them is no id, and the reader is sent to the address with the ids of the names
    given. Raises ``UnknownName`` with the nearest names where nothing is called so, ``BadInput`` where more than one
    utility is.
    """
    with keeper().store.read() as reader:
        keeper().note(reader.revision)
        answer = question(reader)
        if answer is not None:
            return answer
        names = reader.names("Utility")
    ids = {part: find_utility(names, text) for part, text in utilities.items() if text is not None}
    address: dict[str, Any] = {**request.args.to_dict(flat=False), **(request.view_args or {}), **ids}
    raise RequestRedirect(url_for(request.endpoint or "", **address))
