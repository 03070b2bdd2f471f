"""Ideas in the store: read, and changed by one log entry at a time, each in one transaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from graph.errors import BadInput, UnknownName
from graph.rounds import moment
from graph.sentences import say
from graph.store import Reader, Store, Transaction
from matcher.ideas.state import Entry, Idea, applied, replayed
from matcher.ideas.telling import overtaken


def read_ideas(reader: Reader) -> list[Idea]:
    """All ideas as they stand, the latest first."""
    found = [Idea.model_validate_json(document) for document in reader.nodes("Idea")["document"]]
    return sorted(found, key=lambda idea: (idea.made_at, idea.id), reverse=True)


def read_idea(reader: Reader, id: str, version: int | None = None) -> Idea:
    """An idea as it stands, or as it was at a version. Raises ``UnknownName`` for either."""
    if version is None:
        found = reader.nodes("Idea", [id])["document"]
        if not found:
            raise UnknownName(say("idea"), id, reader.nodes("Idea")["id"])
        return Idea.model_validate_json(found[0])
    log = read_log(reader, id)
    if not 1 <= version <= len(log):
        raise UnknownName(say("version of this idea"), str(version), [str(entry.number) for entry in log])
    return replayed(log[:version])


def read_log(reader: Reader, id: str) -> list[Entry]:
    """The whole log of an idea, oldest first. Raises ``UnknownName`` where there is no idea of this id."""
    rows = reader.nodes("IdeaEntry", reader.edges("NOTED", sources=[id])["target"])
    if not rows["id"]:
        raise UnknownName(say("idea"), id, reader.nodes("Idea")["id"])
    names = ("idea", "number", "at", "who", "why", "kind")
    found = zip(*(rows[name] for name in names), map(json.loads, rows["body"]), strict=True)
    return sorted((Entry(*row) for row in found), key=lambda entry: entry.number)


def create_idea(store: Store, body: Mapping[str, Any], *, who: str, at: datetime | None = None) -> Idea:
    """A new draft; ``body`` holds the fields of ``Idea`` that are set. Its id is the next free ``I<number>``."""
    _named(who)
    with store.write() as transaction:
        taken = transaction.nodes("Idea")["id"]
        id = f"I{max((int(known[1:]) for known in taken), default=0) + 1}"
        entry = Entry(id, 1, moment(at), who, "", "draft", json.loads(_text(body)))
        idea = applied(None, entry)
        _write(transaction, idea, entry)
    return idea


def record_idea(
    store: Store,
    id: str,
    kind: str,
    body: Mapping[str, Any] | Callable[[Idea], Mapping[str, Any]],
    *,
    who: str,
    why: str = "",
    seen: int | None = None,
    at: datetime | None = None,
) -> Idea:
    """Change an idea by one entry; the idea after it.

    Raises ``Overtaken`` where ``seen`` is no longer the present version (it says who did what since), or as ``applied``
    does; ``UnknownName`` for an unknown idea, ``BadInput`` where nobody is named.
    """
    _named(who)
    with store.write() as transaction:
        before = read_idea(transaction, id)
        if seen is not None and seen != before.version:
            raise overtaken(read_log(transaction, id), seen)
        given = body(before) if callable(body) else body
        entry = Entry(id, before.version + 1, moment(at), who, why, kind, json.loads(_text(given)))
        idea = applied(before, entry)
        _write(transaction, idea, entry)
    return idea


def _write(transaction: Transaction, idea: Idea, entry: Entry) -> None:
    transaction.merge_nodes(
        "Idea",
        {
            "id": [idea.id],
            "phase": [idea.phase],
            "version": [idea.version],
            "made_at": [idea.made_at],
            "document": [_text(idea.model_dump(mode="json"))],
        },
    )
    entry_id = f"{idea.id}/{entry.number}"
    transaction.merge_nodes(
        "IdeaEntry",
        {
            "id": [entry_id],
            "idea": [idea.id],
            "number": [entry.number],
            "at": [entry.at],
            "who": [entry.who],
            "why": [entry.why],
            "kind": [entry.kind],
            "body": [_text(entry.body)],
        },
    )
    transaction.merge_edges("NOTED", {"source": [idea.id], "target": [entry_id]})


def _named(who: str) -> None:
    if not who.strip():
        raise BadInput(say("Nobody is named for this change."), say("Say who decides it."))


def _text(form: Any) -> str:
    return json.dumps(form, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
