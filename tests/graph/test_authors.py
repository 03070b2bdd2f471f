"""Who did it: two people of one name are told apart, and what was written before still reads and replays."""

from __future__ import annotations

from datetime import UTC, date, datetime

from graph.accounts import Account, put_account
from graph.store import Store
from matcher.policy import load_policy
from matcher.rounds.authors import Author, is_by, people_of, same_names, told_apart
from matcher.rounds.edits import change_settings, create_round, note
from matcher.rounds.entries import replayed
from matcher.rounds.keeping import read_log, read_state, undo

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ONE, OTHER = Author("Ana Silva", "ana@one.example"), Author("Ana Silva", "ana@other.example")


def a_round(store: Store, who: str) -> str:
    return create_round(store, "Spring", as_of=date(2026, 3, 1), who=who, policy=load_policy("best_fit")).id


def test_two_people_of_one_name_are_told_apart(store: Store) -> None:
    id = a_round(store, ONE)
    note(store, id, "From the other", who=OTHER)
    change_settings(store, id, who="Ben", why="", title="Summer")
    undo(store, id, who=ONE, why="")
    with store.read() as reader:
        log, state = read_log(reader, id), read_state(reader, id)
    assert [(entry.who, entry.account) for entry in log] == [
        ("Ana Silva", "ana@one.example"),
        ("Ana Silva", "ana@other.example"),
        ("Ben", ""),
        ("Ana Silva", "ana@one.example"),
    ]
    same = same_names(log)
    assert same == {"Ana Silva"}
    assert told_apart(log[1], same) == "Ana Silva (ana@other.example)"
    assert told_apart(log[2], same) == "Ben"
    assert people_of(log) == {
        "ana@one.example": "Ana Silva (ana@one.example)",
        "ana@other.example": "Ana Silva (ana@other.example)",
        "Ben": "Ben",
    }
    assert [entry.number for entry in log if is_by(entry, "ana@one.example")] == [1, 4]
    assert [entry.number for entry in log if is_by(entry, "Ana Silva")] == [1, 2, 4]
    assert replayed(log) == state


def test_the_id_of_an_account_stands_for_its_name(store: Store) -> None:
    with store.write() as transaction:
        put_account(transaction, Account("ana@one.example", "Ana Silva", ("facilitator",)), NOW)
    id = a_round(store, "Ana@One.example ")
    with store.read() as reader:
        (entry,) = read_log(reader, id)
    assert (entry.who, entry.account) == ("Ana Silva", "ana@one.example")


def test_entries_without_an_id_still_read_and_replay(store: Store) -> None:
    id = a_round(store, ONE)
    with store.write() as transaction:
        transaction.merge_nodes("RoundEntry", {"id": [f"{id}/1"], "account": [None]})
    note(store, id, "Later", who=ONE)
    with store.read() as reader:
        log, state = read_log(reader, id), read_state(reader, id)
    assert [entry.account for entry in log] == ["", "ana@one.example"]
    assert replayed(log) == state
    assert people_of(log) == {"Ana Silva": "Ana Silva", "ana@one.example": "Ana Silva (ana@one.example)"}
