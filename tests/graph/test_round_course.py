"""How a round went: after each kind of decision by hand it replays identical, and its course is told as it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

import pytest
from living_rounds import MENTEES, NETWORK, POLICY, TODAY, network_by, solved

from graph.store import Store
from matcher.policy_edits import with_values
from matcher.rounds import course
from matcher.rounds.answers import accept, decline
from matcher.rounds.by_hand import swap
from matcher.rounds.edits import (
    add_by_hand,
    adjust,
    allow,
    change_settings,
    forbid,
    lapse,
    note,
    pin,
    publish,
    set_room,
    unpin,
    withdraw,
)
from matcher.rounds.entries import replayed
from matcher.rounds.keeping import read_log, read_state, undo
from matcher.rounds.replaying import replay
from matcher.rounds.solving import solve_round
from matcher.rounds.state import LivingRound, Pair
from matcher.rounds.swapping import exchange


def live(state: LivingRound) -> list[Pair]:
    return [each.pair for each in state.in_phase("proposed", "pinned")]


def other(store: Store, state: LivingRound) -> Pair:
    """A pair there is no proposal of, with room for it: a mentor's proposal is withdrawn first."""
    mentor, mentee = live(state)[0]
    withdraw(store, state.id, [(mentor, mentee)], who="Ana", why="room")
    matched = {mentee for _mentor, mentee in live(state)}
    return mentor, next(id for id in MENTEES if id not in matched)


def _swap(store: Store, state: LivingRound) -> None:
    pairs = live(state)
    second = next(pair for pair in pairs if pair[0] != pairs[0][0])
    swap(store, NETWORK, state.id, *exchange(pairs[0], second), who="Ana", why="asked for")


def _undone(store: Store, state: LivingRound) -> None:
    forbid(store, state.id, live(state)[0], who="Ana", why="mistake")
    undo(store, state.id, who="Ben", why="it was one")


def _unpinned(store: Store, state: LivingRound) -> None:
    pin(store, state.id, live(state)[0], who="Ana", why="friends")
    unpin(store, state.id, live(state)[0], who="Ben", why="no friends")


def _allowed(store: Store, state: LivingRound) -> None:
    forbid(store, state.id, live(state)[0], who="Ana", why="court")
    allow(store, state.id, live(state)[0], who="Ana", why="settled")


def _declined(store: Store, state: LivingRound) -> None:
    publish(store, state.id, who="Ana")
    decline(store, state.id, live(state)[0], "mentor", "no_capacity", who="m", on=TODAY, words="secret words")
    decline(store, state.id, live(state)[1], "mentor", "wrong_topic", who="m", on=TODAY, topics=["leaks"])
    accept(store, state.id, live(state)[2], "mentor", who="m", on=TODAY)


def _lapsed(store: Store, state: LivingRound) -> None:
    publish(store, state.id, who="Ana", deadline=date(2026, 3, 1))
    lapse(store, state.id, on=date(2026, 3, 2), who="Ana")


DECISIONS: dict[str, Callable[[Store, LivingRound], object]] = {
    "settings": lambda store, state: change_settings(
        store, state.id, policy=with_values(POLICY, {("quality_floor",): 0.3}), who="Ana", why="quality"
    ),
    "capacity": lambda store, state: set_room(store, state.id, places={"M2": 1}, who="Ana", why="ill"),
    "pin": lambda store, state: pin(store, state.id, other(store, state), who="Ana", why="friends"),
    "unpin": _unpinned,
    "forbid": lambda store, state: forbid(store, state.id, live(state)[0], who="Ana", why="court"),
    "allow": _allowed,
    "adjust": lambda store, state: adjust(store, state.id, other(store, state), 0.4, who="Ana", why="visit"),
    "add": lambda store, state: add_by_hand(store, state.id, other(store, state), who="Ana", why="asked"),
    "withdraw": lambda store, state: withdraw(store, state.id, live(state)[:1], who="Ana", why="budget"),
    "swap": _swap,
    "undo": _undone,
    "note": lambda store, state: note(store, state.id, "remember", who="Ana"),
    "declines": _declined,
    "lapse": _lapsed,
}


@pytest.mark.parametrize("kind", DECISIONS)
@pytest.mark.parametrize("top_up", [False, True])
def test_a_round_replays_identical_after_each_kind_of_decision(store: Store, kind: str, top_up: bool) -> None:
    state = solved(store)
    DECISIONS[kind](store, state)
    state = solve_round(store, state.id, network_by, who="Ben", top_up=top_up)
    with store.read() as reader:
        log = read_log(reader, state.id)
        first, last = course.solves(log)
        assert replay(reader, state.id, first.entry.number).identical
        assert [str(each) for each in replay(reader, state.id).differences] == []
        assert replayed(log) == read_state(reader, state.id)
    assert (first.top_up, first.fresh, last.top_up) == (False, first.pairs, top_up)
    before = {each.pair for each in replayed(log[: last.entry.number - 1]).in_phase("proposed", "pinned", "published")}
    assert last.fresh <= last.pairs <= last.fresh + len(before) + 1


def test_a_topic_called_wrong_leaves_the_pairs_that_stand(store: Store) -> None:
    """A mentor of one topic agrees with one mentee, and calls it wrong for another: the first stays, no new one."""
    state = solved(store)
    mentor = next(mentor for mentor, _mentee in live(state) if sum(pair[0] == mentor for pair in live(state)) > 1)
    kept, left = (pair for pair in live(state) if pair[0] == mentor)
    change_settings(store, state.id, order="both", who="Ana", why="quick")
    publish(store, state.id, who="Ana")
    accept(store, state.id, kept, "mentor", who="m", on=TODAY)
    accept(store, state.id, kept, "mentee", who="n", on=TODAY)
    decline(store, state.id, left, "mentor", "wrong_topic", who="m", on=TODAY, topics=["leaks"])
    state = solve_round(store, state.id, network_by, who="Ben")
    with_mentor = [each.pair for each in state.in_phase("agreed", "proposed", "published") if each.mentor == mentor]
    assert with_mentor == [kept]
    with store.read() as reader:
        assert replay(reader, state.id).identical


def test_a_log_that_was_tampered_with_is_told(store: Store) -> None:
    state = solved(store)
    adjust(store, state.id, other(store, state), 0.4, who="Ana", why="visit")
    state = solve_round(store, state.id, network_by, who="Ben")
    with store.read() as reader:
        entry = next(entry for entry in read_log(reader, state.id) if entry.kind == "adjust")
    with store.write() as transaction:
        body = json.dumps({**entry.body, "by": 0.1})
        transaction.merge_nodes("RoundEntry", {"id": [f"{state.id}/{entry.number}"], "body": [body]})
    with store.read() as reader:
        said = [str(each) for each in replay(reader, state.id).differences]
    assert said == [
        "The log of the round leads to another state than the one that is kept.",
        "The decisions in the log give another policy than the one that was solved.",
    ]


def test_declines_are_counted_by_reason_and_side(store: Store) -> None:
    state = solved(store)
    first = {each.pair for each in state.proposals.values()}
    _declined(store, state)
    with store.read() as reader:
        state = read_state(reader, state.id)
    found = course.declines(state)
    assert [(each.side, each.reason, each.on) for each in found] == [
        ("mentor", reason, TODAY.isoformat()) for reason in ("no_capacity", "wrong_topic")
    ]
    assert course.reasons(found) == {
        "no_capacity": {"mentor": 1, "mentee": 0},
        "wrong_topic": {"mentor": 1, "mentee": 0},
    }
    assert {(each.mentor, each.mentee) for each in course.gone(state, first)} == {
        (each.mentor, each.mentee) for each in found
    }
    assert {each.phase for each in course.gone(state, first)} == {"declined"}
