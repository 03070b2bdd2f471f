"""Rounds in the store: read, and changed by one log entry at a time, each in one transaction.

A change reads the state, lets ``matcher.rounds.entries`` say what follows, and writes the entry with what it changed.
So two people who change one round follow one another, and the second is told what the first did.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeAlias

from graph.errors import BadInput, Conflict, Overtaken, UnknownName
from graph.rounds import moment
from graph.sentences import Sentence, say
from graph.store import Reader, Store, Transaction
from matcher.rounds.authors import author_of, same_names, told_apart
from matcher.rounds.entries import applied, replayed, undoable
from matcher.rounds.entry import Body, Entry
from matcher.rounds.state import QUIET, LivingRound, Proposal, Solved
from matcher.rounds.words import SAID, told

Ask: TypeAlias = Callable[[LivingRound, Transaction], Body]
"""The body of an entry, from the state and the store it will be written to."""


@dataclass(frozen=True, slots=True)
class RoundRow:
    """A round in a list; ``made_at`` is an ISO time in UTC."""

    id: str
    title: str
    phase: str
    version: int
    made_at: str


def living_rounds(reader: Reader) -> list[RoundRow]:
    """All rounds, the latest first."""
    columns = reader.headings("MatchingRound")
    names = ("id", "title", "phase", "version", "made_at")
    rows = [RoundRow(*row) for row in zip(*(columns[name] for name in names), strict=True)]
    return sorted(rows, key=lambda row: (row.made_at, row.id), reverse=True)


def read_state(reader: Reader, id: str) -> LivingRound:
    """A round as it stands. Raises ``UnknownName`` where there is no round of this id."""
    header = reader.nodes("MatchingRound", [id])
    if not header["id"]:
        raise UnknownName(say("round"), id, reader.headings("MatchingRound")["id"])
    form = json.loads(header["document"][0])
    form["solved"] = None if header["solved"][0] is None else json.loads(header["solved"][0])
    bodies = reader.nodes("Proposal", reader.edges("HAS", sources=[id])["target"])["body"]
    found = [Proposal.model_validate_json(body) for body in bodies]
    form["proposals"] = {f"{each.mentor}\n{each.mentee}": each for each in found}
    return LivingRound.model_validate(form)


def read_log(reader: Reader, id: str) -> list[Entry]:
    """The whole log of a round, oldest first. Raises ``UnknownName`` where there is no round of this id."""
    entries = reader.nodes("RoundEntry", reader.edges("LOGGED", sources=[id])["target"])
    if not entries["id"]:
        raise UnknownName(say("round"), id, reader.headings("MatchingRound")["id"])
    names = ("round", "number", "at", "who", "why", "kind")
    accounts = (account or "" for account in entries["account"])
    rows = zip(*(entries[name] for name in names), map(json.loads, entries["body"]), accounts, strict=True)
    return sorted((Entry(*row) for row in rows), key=lambda entry: entry.number)


def create(store: Store, body: Body, *, who: str, why: str, at: datetime | None = None) -> LivingRound:
    """A new round; ``body`` holds the fields of ``LivingRound`` that are set. Its id is the next free ``M<number>``."""
    _named(who)
    with store.write() as transaction:
        taken = transaction.headings("MatchingRound")["id"]
        id = f"M{max((int(known[1:]) for known in taken), default=0) + 1}"
        author = author_of(transaction, who)
        entry = Entry(id, 1, moment(at), str(author), why, "create", _plain(body), author.account)
        state = applied(None, entry)
        _write(transaction, None, state, entry)
    return state


def record(
    store: Store,
    id: str,
    kind: str,
    body: Body | Ask,
    *,
    who: str,
    why: str,
    seen: int | None = None,
    at: datetime | None = None,
    also: Callable[[Transaction, LivingRound], None] | None = None,
    apart: Callable[[Entry], bool] = lambda entry: entry.kind in QUIET,
) -> LivingRound:
    """Change a round by one entry; the state after.

    ``seen`` is the version the change was decided on: raises ``Overtaken``, which says what others did, where it is no
    longer the present one (``None``: decided on whatever is there); entries that it has nothing to do with (``apart``)
    do not count. ``also`` is written in the same transaction.
    Raises ``UnknownName`` for an unknown round, ``BadInput`` where nobody is named, and as ``entries.applied`` does.
    """
    _named(who)
    with store.write() as transaction:
        before = read_state(transaction, id)
        _check_seen(transaction, before, seen, apart)
        given = body(before, transaction) if callable(body) else body
        author = author_of(transaction, who)
        number, plain = before.version + 1, _plain(given)
        entry = Entry(id, number, moment(at), str(author), why, kind, plain, author.account)
        state = applied(before, entry)
        _write(transaction, before, state, entry)
        if also is not None:
            also(transaction, state)
    return state


def undo(
    store: Store, id: str, *, who: str, why: str, seen: int | None = None, at: datetime | None = None
) -> LivingRound:
    """Take the last edit back, by an entry of its own: the log only grows.

    Raises ``Conflict`` where the last thing done is no edit (a solve, a publication, an answer), or as ``record`` does.
    """
    _named(who)
    with store.write() as transaction:
        before = read_state(transaction, id)
        _check_seen(transaction, before, seen, lambda entry: entry.kind in QUIET)
        log = read_log(transaction, id)
        last = undoable(log)
        if last is None:
            raise Conflict(
                say("The last thing done to this round cannot be undone."),
                say("Only edits can, as long as nobody was told and nothing was solved since."),
            )
        author, undone = author_of(transaction, who), {"number": last.number}
        entry = Entry(id, before.version + 1, moment(at), str(author), why, "undo", undone, author.account)
        state = replayed([*log, entry])
        _write(transaction, before, state, entry)
    return state


def at_version(reader: Reader, id: str, version: int) -> LivingRound:
    """The round as it was after entry ``version``. Raises ``UnknownName`` where it has no such version."""
    log = read_log(reader, id)
    if not 1 <= version <= len(log):
        raise UnknownName(say("version of this round"), str(version), [str(entry.number) for entry in log])
    return replayed(log[:version])


def utility_names(reader: Reader, ids: Iterable[str]) -> dict[str, str]:
    """Names by id, of the utilities that exist."""
    found = reader.nodes("Utility", sorted(set(ids)))
    return {id: name for id, name in zip(found["id"], found["name"], strict=True) if name is not None}


def names_of(reader: Reader, state: LivingRound) -> dict[str, str]:
    """The names of all utilities a round speaks of."""
    pairs = [each.pair for each in state.proposals.values()]
    pairs += [(each.mentor, each.mentee) for each in (*state.pins, *state.forbids)]
    pairs += [(each.mentor, each.mentee) for each in state.adjustments]
    pairs += [(mentor, mentee) for mentee, mentors in state.rankings.items() for mentor in mentors]
    return utility_names(reader, (id for pair in pairs for id in pair))


def _check_seen(reader: Reader, state: LivingRound, seen: int | None, apart: Callable[[Entry], bool]) -> None:
    """Raise ``Conflict`` where a decision was taken on a version that others have changed since."""
    if seen is None or seen == state.version:
        return
    if seen > state.version:
        raise Overtaken(
            say("This round has no version {version} yet.", version=seen),
            say("Look at the present state."),
            version=state.version,
        )
    since = [entry for entry in read_log(reader, state.id) if entry.number > seen]
    if not all(apart(entry) for entry in since):
        raise _overtaken(reader, state, since)


def _overtaken(reader: Reader, state: LivingRound, since: Sequence[Entry]) -> Overtaken:
    names = utility_names(reader, (str(value) for entry in since for value in entry.body.values()))
    same = same_names(read_log(reader, state.id))
    done = tuple(
        say(
            "{who} at {at}: {what}.",
            who=told_apart(entry, same),
            at=entry.at[:16].replace("T", " "),
            what=_briefly(entry, names),
        )
        for entry in since
    )
    return Overtaken(
        say("Somebody else changed this round first; nothing of yours was written. {changes}", changes=done),
        say("Look at the present state, then do it again."),
        version=state.version,
        changes=done,
    )


def _briefly(entry: Entry, names: Mapping[str, str]) -> Sentence:
    """What an entry did, without its words: whoever meets the conflict may not be somebody to read them."""
    if entry.kind == "note":
        return say("left a note")
    body = {name: value for name, value in entry.body.items() if name != SAID}
    if entry.kind == "rank":
        body["mentors"] = None
    return told(replace(entry, body=body), names)


def _named(who: str) -> None:
    if not who.strip():
        raise BadInput(say("Nobody is named for this change."), say("Say who decides it."))


def _plain(body: Body) -> Mapping[str, Any]:
    """The body as it will be read back, so that the state does not depend on whether it was stored."""
    plain: dict[str, Any] = json.loads(_text(dict(body)))
    return plain


def _text(form: Any) -> str:
    return json.dumps(form, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _write(transaction: Transaction, before: LivingRound | None, state: LivingRound, entry: Entry) -> None:
    header: dict[str, Sequence[Any]] = {
        "id": [state.id],
        "title": [state.title],
        "phase": [state.phase],
        "version": [state.version],
        "document": [_text(state.model_dump(mode="json", exclude={"solved", "proposals"}))],
    }
    if before is None:
        header["made_at"] = [entry.at]
    if before is None or before.solved != state.solved:
        header["solved"] = [_solved_text(state.solved)]
    transaction.merge_nodes("MatchingRound", header)
    _write_proposals(transaction, before.proposals if before is not None else {}, state)
    entry_id = f"{state.id}/{entry.number}"
    transaction.merge_nodes(
        "RoundEntry",
        {
            "id": [entry_id],
            "round": [entry.round],
            "number": [entry.number],
            "at": [entry.at],
            "who": [entry.who],
            "account": [entry.account or None],
            "why": [entry.why],
            "kind": [entry.kind],
            "body": [_text(entry.body)],
        },
    )
    transaction.merge_edges("LOGGED", {"source": [state.id], "target": [entry_id]})


def _solved_text(solved: Solved | None) -> str | None:
    return None if solved is None else _text(solved.model_dump(mode="json"))


def _write_proposals(transaction: Transaction, before: Mapping[str, Proposal], state: LivingRound) -> None:
    """Only those that changed; one that an undo took back altogether goes."""

    def id_of(proposal: Proposal) -> str:
        return f"{state.id}/{proposal.mentor}/{proposal.mentee}"

    changed = [each for key, each in sorted(state.proposals.items()) if before.get(key) != each]
    gone = [id_of(each) for key, each in sorted(before.items()) if key not in state.proposals]
    if gone:
        transaction.delete_nodes("Proposal", gone)
    if not changed:
        return
    ids = [id_of(each) for each in changed]
    transaction.merge_nodes(
        "Proposal",
        {
            "id": ids,
            "round": [state.id] * len(ids),
            "mentor": [each.mentor for each in changed],
            "mentee": [each.mentee for each in changed],
            "phase": [each.phase for each in changed],
            "body": [_text(each.model_dump(mode="json")) for each in changed],
        },
    )
    new = [(id, each) for id, each in zip(ids, changed, strict=True) if f"{each.mentor}\n{each.mentee}" not in before]
    if new:
        own = [id for id, _each in new]
        transaction.merge_edges("HAS", {"source": [state.id] * len(new), "target": own})
        transaction.merge_edges("MENTOR", {"source": own, "target": [each.mentor for _id, each in new]})
        transaction.merge_edges("MENTEE", {"source": own, "target": [each.mentee for _id, each in new]})
