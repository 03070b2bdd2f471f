"""Uploads that were checked and wait for a yes: who sent them, until when, and the files themselves.

They are no part of what is known (``apart``): an upload that is never confirmed leaves nothing behind.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from graph.rounds import moment
from graph.store import Reader, Transaction

WAITS = timedelta(hours=2)
"""How long an upload waits for its yes."""


@dataclass(frozen=True, slots=True)
class WaitingUpload:
    """Files by name, as they were sent; ``made_at`` and ``ends_at`` are ISO times in UTC."""

    id: str
    account: str
    made_at: str
    ends_at: str
    files: Mapping[str, bytes]


def put_upload(transaction: Transaction, account: str, files: Mapping[str, bytes], now: datetime) -> str:
    """Let an upload wait and give its id; it takes the place of an earlier one of the same person."""
    columns = transaction.nodes("WaitingUpload")
    old = [
        id
        for id, owner, ends in zip(columns["id"], columns["account"], columns["ends_at"], strict=True)
        if owner == account or ends <= moment(now)
    ]
    if old:
        transaction.delete_nodes("WaitingUpload", old)
    id = secrets.token_hex(8)
    document = json.dumps({name: base64.b64encode(content).decode() for name, content in files.items()})
    row = {"account": account, "made_at": moment(now), "ends_at": moment(now + WAITS), "files": document}
    transaction.merge_nodes("WaitingUpload", {"id": [id], **{name: [value] for name, value in row.items()}})
    return id


def read_upload(reader: Reader, id: str, account: str, now: datetime) -> WaitingUpload | None:
    """An upload that waits for this person; ``None`` where it is another's, was confirmed, or waited too long."""
    columns = reader.nodes("WaitingUpload", [id])
    for owner, made, ends, files in zip(*(columns[n] for n in ("account", "made_at", "ends_at", "files")), strict=True):
        if owner == account and ends > moment(now):
            contents = {name: base64.b64decode(content) for name, content in json.loads(files).items()}
            return WaitingUpload(id, owner, made, ends, contents)
    return None


def drop_upload(transaction: Transaction, id: str) -> None:
    """Forget an upload."""
    transaction.delete_nodes("WaitingUpload", [id])
