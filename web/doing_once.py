"""``Idempotency-Key``: a write that a program sends twice is done once, and answered the same both times.

The key counts for one account, for 24 hours, whichever process is asked. A request that was refused leaves nothing
behind; of one that failed on our side nobody knows what became of it, so its key stays taken.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from datetime import UTC, datetime

from flask import Response, request
from pydantic import BaseModel

from graph.done_requests import Answered, claim, finish, let_go, look, request_id
from graph.errors import BadInput, Conflict, WopError
from graph.sentences import say
from web.knowledge import keeper
from web.signing_in import signed

JSON = "application/json"
HEADER = "Idempotency-Key"
LONGEST = 200
REPLAYED = "Idempotent-Replayed"
WAIT_SECONDS, PAUSE = 10.0, 0.05


def done_once(body: BaseModel, do: Callable[[], Response], told_once: bool) -> Response:
    """The answer of ``do``, or of the earlier request with this key.

    ``told_once`` marks an answer that is not kept, since it holds a key or a session: the second request is told so.
    Raises ``BadInput`` for a key that cannot be one, ``KeyUsed`` and ``Conflict`` as ``graph.done_requests.claim``.
    """
    key, found = request.headers.get(HEADER), signed()
    if key is None:
        return do()
    if not 0 < len(key) <= LONGEST or not key.isascii() or not key.isprintable():
        raise BadInput(
            say("The header {header} cannot be used.", header=HEADER),
            say("Give 1 to {most} printable characters of ASCII, such as a random UUID.", most=LONGEST),
        )
    if request.mimetype != JSON:
        raise BadInput(
            say("The header {header} is for programs, which send JSON.", header=HEADER),
            say("Send JSON, or leave it out."),
        )
    if found is None:
        raise BadInput(
            say("The header {header} is for requests of somebody who is signed in.", header=HEADER),
            say("Leave it out."),
        )
    id = request_id(found.account.id, key)
    said = f"{request.method} {request.path} {request.headers.get('If-Match', '')} {body.model_dump_json()}"
    asked = hashlib.sha256(said.encode()).hexdigest()
    earlier = _claimed(id, asked)
    if earlier is not None:
        return _again(earlier)
    try:
        response = do()
    except WopError as refused:
        if refused.http_status < 500:
            with keeper().store.write() as transaction:
                let_go(transaction, id)
        raise
    kept = None if told_once else response.get_data(as_text=True)
    with keeper().store.write() as transaction:
        finish(transaction, id, Answered(response.status_code, response.headers.get("Location", ""), kept))
    return response


def _claimed(id: str, asked: str) -> Answered | None:
    """Claim the request, or wait for whoever is doing it."""
    store, until = keeper().store, time.monotonic() + WAIT_SECONDS
    while True:
        now = datetime.now(UTC)
        try:
            with store.read() as reader:  # a repetition need not take the lock
                if (earlier := look(reader, id, asked, now)) is not None:
                    return earlier
            with store.write() as transaction:
                return claim(transaction, id, asked, now)
        except Conflict:
            if time.monotonic() > until:
                raise
            time.sleep(PAUSE)


def _again(earlier: Answered) -> Response:
    if earlier.body is None:
        raise Conflict(
            say("The request with this key was done; what it answered is told only once."),
            say("Look what is there. If the answer was lost, end what was made and ask with another key."),
        )
    response = Response(earlier.body, status=earlier.status, mimetype=JSON)
    response.headers["Location"] = earlier.location
    response.headers[REPLAYED] = "true"
    return response
