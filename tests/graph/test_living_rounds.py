"""The life of a round, on each kind of store: states, capacity, two people at once, and a log that replays."""

from __future__ import annotations

import threading
from datetime import date
from pathlib import Path

import pytest
from living_rounds import AS_OF, MENTEES, NETWORK, POLICY, TODAY, drafted, network_by, solved

from graph.errors import BadInput, Conflict, UnknownName, WopError
from graph.export import export_jsonl
from graph.restore import restore_jsonl
from graph.rounds import read_round
from graph.sentences import say
from graph.sqlite import SqliteStore
from graph.store import Store
from matcher.rounds.answers import accept, decline, waiting
from matcher.rounds.closing import close_round
from matcher.rounds.comparing import compare
from matcher.rounds.edits import (
    add_by_hand,
    adjust,
    allow,
    cancel,
    change_settings,
    create_round,
    forbid,
    lapse,
    note,
    pin,
    publish,
    set_room,
    sign,
    unpin,
    withdraw,
)
from matcher.rounds.keeping import at_version, living_rounds, read_log, read_state, undo
from matcher.rounds.readiness import check_round
from matcher.rounds.replaying import replay
from matcher.rounds.solving import solve_round
from matcher.rounds.state import COMMITTED, LivingRound, Pair


def now(store: Store, id: str) -> LivingRound:
    with store.read() as reader:
        return read_state(reader, id)


def pairs(state: LivingRound, *phases: str) -> list[Pair]:
    return [each.pair for each in state.in_phase(*phases)]  # type: ignore[arg-type]  # states written in a test


def test_a_round_from_draft_to_partnerships(store: Store) -> None:
    state = solved(store)
    assert state.phase == "proposed"
    proposed = pairs(state, "proposed")
    assert len(proposed) == 4  # as many as there are places
    state = publish(store, state.id, who="Ana", deadline=date(2026, 3, 1), messages={"en": "Hello"})
    assert (state.phase, pairs(state, "published")) == ("published", proposed)
    first, second, third, fourth = proposed
    for pair in (first, second):
        accept(store, state.id, pair, "mentor", who="mentor", on=TODAY)
        accept(store, state.id, pair, "mentee", who="mentee", on=TODAY)
    state = sign(store, state.id, first, on=TODAY, who="Ana")
    assert (pairs(state, "signed"), pairs(state, "agreed")) == ([first], [second])
    with pytest.raises(Conflict, match="wait for an answer: 2"):
        close_round(store, state.id, on=TODAY, who="Ana")
    decline(store, state.id, third, "mentor", "distance", who="mentor", on=TODAY, words="far")
    withdraw(store, state.id, pairs(now(store, state.id), "published"), who="Ana", why="budget")
    state = close_round(store, state.id, on=TODAY, who="Ana")
    assert state.phase == "closed"
    with store.read() as reader:
        register = reader.nodes("Partnership")
        assert sorted(register["status"]) == ["planned", "running"]
        assert reader.edges("COVERS")["target"] == ["leaks", "leaks"]
        mentors, mentees = reader.edges("MENTORS_IN"), reader.edges("LEARNS_IN")
        ends = dict(zip(mentees["target"], mentees["source"], strict=True))
        found = {(one, ends[id]) for one, id in zip(mentors["source"], mentors["target"], strict=True)}
        assert found == {first, second}
    with pytest.raises(Conflict, match="closed"):
        pin(store, state.id, fourth, who="Ana", why="late")


def test_the_log_replays_to_the_state(store: Store) -> None:
    state = solved(store)
    publish(store, state.id, who="Ana")
    decline(store, state.id, pairs(state, "proposed")[0], "mentor", "no_capacity", who="mentor", on=TODAY)
    state = now(store, state.id)
    with store.read() as reader:
        log = read_log(reader, state.id)
        assert at_version(reader, state.id, state.version) == state
        assert [entry.number for entry in log] == list(range(1, state.version + 1))
        assert [entry.kind for entry in log] == ["create", "check", "solving", "solved", "publish", "answer"]
        assert {entry.who for entry in log} == {"Ana", "mentor"}
        assert all(entry.at.endswith("+00:00") for entry in log)
        assert at_version(reader, state.id, 1).phase == "draft"
        with pytest.raises(UnknownName, match="99"):
            at_version(reader, state.id, 99)


def test_the_second_of_two_editors_is_told_what_the_first_did(store: Store) -> None:
    state = drafted(store)
    forbid(store, state.id, ("M1", "N1"), who="Ana", why="court case", seen=state.version)
    with pytest.raises(Conflict) as caught:
        pin(store, state.id, ("M1", "N1"), who="Ben", why="asked for", seen=state.version)
    assert "Ana" in str(caught.value)
    assert "forbade Utility M1 and Utility N1" in str(caught.value)
    state = now(store, state.id)
    assert not state.pins
    state = pin(store, state.id, ("M1", "N1"), who="Ben", why="settled", seen=state.version)
    assert not state.forbids


@pytest.mark.parametrize("attempt", range(3))
def test_two_mentees_never_take_the_last_place(store: Store, attempt: int) -> None:
    state = solved(store)
    only = next(each for each in state.in_phase("proposed") if each.mentor == "M1")
    other = next(id for id in MENTEES if id != only.mentee)
    state = add_by_hand(store, state.id, ("M1", other), who="Ana", why="first come, first served")
    state = publish(store, state.id, who="Ana", pairs=[only.pair, ("M1", other)])
    for pair in (only.pair, ("M1", other)):
        accept(store, state.id, pair, "mentor", who="M1", on=TODAY)
    ready = threading.Barrier(2)
    ended: dict[str, str] = {}

    def say_yes(mentee: str) -> None:
        ready.wait()
        try:
            accept(store, state.id, ("M1", mentee), "mentee", who=mentee, on=TODAY)
            ended[mentee] = "agreed"
        except Conflict as refused:
            ended[mentee] = str(refused)

    threads = [threading.Thread(target=say_yes, args=(mentee,)) for mentee in (only.mentee, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) == sorted([only.mentee, other]), attempt
    refused = [text for text in ended.values() if text != "agreed"]
    assert len(refused) == 1, ended
    assert "last place of M1" in refused[0]
    state = now(store, state.id)
    assert state.held("mentor", "M1", *COMMITTED) == 1
    with store.read() as reader:
        assert at_version(reader, state.id, state.version) == state


def test_many_editors_at_once_lose_nothing(store: Store) -> None:
    state = drafted(store)

    def write(at: int) -> None:
        note(store, state.id, f"note {at}", who=f"editor {at}")

    threads = [threading.Thread(target=write, args=(at,)) for at in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    state = now(store, state.id)
    assert sorted(each.text for each in state.notes) == [f"note {at}" for at in range(8)]
    assert state.version == 9


def test_a_solve_keeps_what_was_agreed_and_forbids_what_was_declined(store: Store) -> None:
    state = publish(store, solved(store).id, who="Ana")
    agreed, declined, *_rest = pairs(state, "published")
    accept(store, state.id, agreed, "mentor", who="m", on=TODAY)
    accept(store, state.id, agreed, "mentee", who="n", on=TODAY)
    decline(store, state.id, declined, "mentor", "other", who="m", on=TODAY)
    out = pairs(now(store, state.id), "published")
    state = solve_round(store, state.id, network_by, who="Ana")
    assert state.phase == ("proposed" if pairs(state, "proposed") else "published")
    assert pairs(state, "agreed") == [agreed]
    assert pairs(state, "declined") == [declined]
    # Nothing published is changed without need: the new proposals are only additions.
    assert set(pairs(state, "published")) == set(out)
    with store.read() as reader:
        assert replay(reader, state.id).identical


def test_a_top_up_leaves_every_live_proposal_as_it_is(store: Store) -> None:
    state = publish(store, solved(store).id, who="Ana")
    gone, *stay = pairs(state, "published")
    change_settings(store, state.id, who="Ana", why="by hand", reserve=False)
    decline(store, state.id, gone, "mentor", "not_ready", who="m", on=TODAY)
    state = solve_round(store, state.id, network_by, who="Ana", top_up=True)
    assert pairs(state, "published") == stay
    new = pairs(state, "proposed")
    assert len(new) == 1
    assert new[0] != gone
    assert new[0][1] not in {mentee for _mentor, mentee in stay}
    assert state.solved is not None
    assert state.solved.top_up


def test_a_top_up_that_brings_nothing_leaves_the_round_published(store: Store) -> None:
    state = publish(store, solved(store).id, who="Ana")
    state = solve_round(store, state.id, network_by, who="Ana", top_up=True)
    assert state.phase == "published"
    with store.read() as reader:
        assert at_version(reader, state.id, state.version) == state


def test_a_decline_offers_the_next_best_at_once(store: Store) -> None:
    state = publish(store, solved(store).id, who="Ana")
    without = next(id for id in MENTEES if not state.held("mentee", id, "published"))
    gone = next(each for each in state.in_phase("published") if each.mentor == "M3")
    # The mentee of M3 says no to it; M1 and M2 have no room, so nothing can be offered.
    state = decline(store, state.id, gone.pair, "mentor", "language", who="M3", on=TODAY)
    assert state.held("mentee", gone.mentee, "published") == 0
    state = set_room(store, state.id, who="Ana", why="asked", places={"M2": 3})
    second = next(each for each in state.in_phase("published") if each.mentor == "M1")
    state = decline(store, state.id, second.pair, "mentor", "no_capacity", who="M1", on=TODAY)
    offered = [each for each in state.in_phase("published") if each.mentee == second.mentee]
    assert [(each.mentor, each.by) for each in offered] == [("M2", "reserve")]
    assert state.room("mentor", "M1") == 0
    assert without not in {each.mentee for each in offered}


def test_what_a_decline_means_for_the_next_solve(store: Store) -> None:
    state = publish(store, solved(store).id, who="Ana")
    first, second, *_rest = pairs(state, "published")
    decline(store, state.id, first, "mentor", "wrong_topic", who="m", on=TODAY, topics=["leaks"])
    state = decline(store, state.id, second, "mentor", "no_capacity", who="m", on=TODAY)
    assert [(topic.utility, topic.side) for topic in state.set_aside] == [(first[0], "offer")]
    assert state.places[second[0]] == state.held("mentor", second[0], "published")
    with pytest.raises(UnknownName, match="no reason"):
        decline(store, state.id, pairs(state, "published")[0], "mentor", "no reason", who="m", on=TODAY)


def test_answers_come_in_the_order_set(store: Store) -> None:
    state = publish(store, solved(store).id, who="Ana", deadline=date(2026, 3, 1))
    pair = pairs(state, "published")[0]
    with pytest.raises(Conflict, match="no answer of this side"):
        accept(store, state.id, pair, "mentee", who="n", on=TODAY)
    assert pair in [each.pair for each in waiting(state, "mentor", pair[0])]
    assert not waiting(state, "mentee", pair[1])
    with pytest.raises(BadInput, match="due by 2026-03-01"):
        accept(store, state.id, pair, "mentor", who="m", on=date(2026, 3, 2))
    change_settings(store, state.id, who="Ana", why="both at once", order="both")
    accept(store, state.id, pair, "mentee", who="n", on=TODAY)
    state = accept(store, state.id, pair, "mentor", who="m", on=TODAY)
    assert pair in pairs(state, "agreed")
    with pytest.raises(Conflict, match="no answer of this side"):
        accept(store, state.id, pair, "mentor", who="m", on=TODAY)
    with pytest.raises(BadInput, match="deadline is not over"):
        lapse(store, state.id, on=date(2026, 3, 1), who="Ana")
    state = lapse(store, state.id, on=date(2026, 3, 2), who="Ana")
    assert not pairs(state, "published")
    assert pairs(state, "agreed") == [pair]


def test_the_last_edit_can_be_undone_and_nothing_else(store: Store) -> None:
    state = solved(store)
    with pytest.raises(Conflict, match="cannot be undone"):
        undo(store, state.id, who="Ana", why="")
    pair = pairs(state, "proposed")[0]
    after = withdraw(store, state.id, [pair], who="Ana", why="too soon")
    after = add_by_hand(store, state.id, pair, who="Ana", why="after all")
    assert after.proposal(*pair).by == "hand"  # type: ignore[union-attr]  # just added
    undo(store, state.id, who="Ana", why="")
    after = undo(store, state.id, who="Ana", why="")
    assert after.model_copy(update={"version": state.version}) == state
    assert after == now(store, state.id)
    with store.read() as reader:
        assert [entry.kind for entry in read_log(reader, state.id)][-4:] == ["withdraw", "add", "undo", "undo"]
        assert at_version(reader, state.id, after.version) == after
    publish(store, state.id, who="Ana")
    with pytest.raises(Conflict, match="cannot be undone"):
        undo(store, state.id, who="Ana", why="")


def test_an_undone_addition_is_gone(store: Store) -> None:
    state = solved(store)
    pair = ("M1", next(id for id in MENTEES if state.proposal("M1", id) is None))
    add_by_hand(store, state.id, pair, who="Ana", why="visit")
    assert undo(store, state.id, who="Ana", why="").proposal(*pair) is None
    assert now(store, state.id).proposal(*pair) is None


def test_a_failed_solve_leaves_the_round_as_it_was(store: Store) -> None:
    state = check_round(store, drafted(store), NETWORK, who="Ana")
    pin(store, state.id, ("M1", "N1"), who="Ana", why="asked")
    pin(store, state.id, ("M1", "N2"), who="Ana", why="asked")
    with pytest.raises(Conflict, match="a draft"):
        solve_round(store, state.id, network_by, who="Ana")
    with pytest.raises(BadInput, match="not ready"):
        check_round(store, now(store, state.id), NETWORK, who="Ana")
    unpin(store, state.id, ("M1", "N2"), who="Ana")
    checked = check_round(store, now(store, state.id), NETWORK, who="Ana")

    def broken(_as_of: date) -> None:
        raise BadInput(say("The network cannot be read."))

    with pytest.raises(BadInput, match="cannot be read"):
        solve_round(store, state.id, broken, who="Ana")  # type: ignore[arg-type]  # it only raises
    after = now(store, state.id)
    assert after.phase == "checked"
    assert after.proposals == checked.proposals == {}
    state = solve_round(store, state.id, network_by, who="Ana")
    assert pairs(state, "pinned") == [("M1", "N1")]


def test_a_decision_made_while_solving_is_never_overruled(store: Store) -> None:
    state = publish(store, solved(store).id, who="Ana")
    pair = pairs(state, "published")[0]

    def meanwhile(_as_of: date) -> object:
        decline(store, state.id, pair, "mentor", "other", who="m", on=TODAY)
        return NETWORK

    with pytest.raises(Conflict, match="While the round was being solved"):
        solve_round(store, state.id, meanwhile, who="Ana")  # type: ignore[arg-type]  # gives the network
    assert now(store, state.id).phase == "published"
    assert pair in pairs(now(store, state.id), "declined")


def test_an_adjusted_fit_reaches_the_solver_and_its_document(store: Store) -> None:
    state = solved(store)
    pair = pairs(state, "proposed")[0]
    before = state.proposal(*pair)
    adjust(store, state.id, pair, -0.2, who="Ana", why="bad experience")
    state = solve_round(store, state.id, network_by, who="Ana")
    after = state.proposal(*pair)
    assert before is not None
    assert before.fit is not None
    assert state.solved is not None
    with store.read() as reader:
        document = read_round(reader, state.solved.document)
        assert document["policy"]["adjustments"] == [
            {"mentor": pair[0], "mentee": pair[1], "by": -0.2, "reason": "bad experience"}
        ]
        assert replay(reader, state.id).identical
    if after is not None and after.phase == "proposed":
        assert after.fit == pytest.approx(before.fit - 0.2)
    state = adjust(store, state.id, pair, 0.0, who="Ana", why="")
    assert not state.adjustments


def test_two_versions_side_by_side(store: Store) -> None:
    state = solved(store)
    first, second = pairs(state, "proposed")[:2]
    forbid(store, state.id, first, who="Ana", why="court case")
    publish(store, state.id, who="Ana", pairs=[second])
    with store.read() as reader:
        found = compare(read_log(reader, state.id), state.version, state.version + 2)
    assert [(row["mentor"], row["mentee"], row["change"], row["entries"]) for row in found["pairs"]] == [
        (*pair, change, [entry])
        for pair, change, entry in sorted([(first, "left", state.version + 1), (second, "moved", state.version + 2)])
    ]
    assert found["lost"] == [first[1]]
    assert found["gained"] == []


def test_a_round_like_a_past_one(store: Store) -> None:
    state = drafted(store)
    forbid(store, state.id, ("M1", "N1"), who="Ana", why="court case")
    change_settings(store, state.id, who="Ana", why="", order="both", messages={"fr": "Bonjour"})
    new = create_round(store, "Autumn round", as_of=AS_OF, who="Ben", like=state.id)
    assert (new.id, new.order, new.messages, new.origin) == ("M2", "both", {"fr": "Bonjour"}, "round M1")
    assert [forbidden.reason for forbidden in new.forbids] == ["court case"]
    with store.read() as reader:
        assert [row.id for row in living_rounds(reader)] == ["M2", "M1"]


def test_what_cannot_be_is_refused_in_the_users_words(store: Store) -> None:
    state = solved(store)
    pair = pairs(state, "proposed")[0]
    refused: list[tuple[type[WopError], str, object]] = [
        (BadInput, "Nobody is named", lambda: pin(store, state.id, pair, who=" ", why="x")),
        (BadInput, "needs its reason", lambda: pin(store, state.id, pair, who="Ana", why=" ")),
        (UnknownName, "M9", lambda: pin(store, "M9", pair, who="Ana", why="x")),
        (UnknownName, "nobody", lambda: pin(store, state.id, ("nobody", "N1"), who="Ana", why="x")),
        (UnknownName, "pin", lambda: unpin(store, state.id, pair, who="Ana")),
        (UnknownName, "forbid", lambda: allow(store, state.id, pair, who="Ana")),
        (BadInput, "-1 to 1", lambda: adjust(store, state.id, pair, 1.5, who="Ana", why="x")),
        (BadInput, "below 0", lambda: set_room(store, state.id, who="Ana", why="x", places={"M1": -1})),
        (BadInput, "title", lambda: create_round(store, " ", as_of=AS_OF, who="Ana", policy=POLICY)),
        (BadInput, "policy", lambda: create_round(store, "x", as_of=AS_OF, who="Ana")),
        (BadInput, "Nothing to change", lambda: change_settings(store, state.id, who="Ana", why="")),
        (BadInput, "takes no part", lambda: add_by_hand(store, state.id, ("N1", "N2"), who="Ana", why="x")),
        (Conflict, "proposed", lambda: add_by_hand(store, state.id, pair, who="Ana", why="x")),
        (Conflict, "proposed", lambda: sign(store, state.id, pair, on=TODAY, who="Ana")),
        (BadInput, "no proposal to publish", lambda: publish(store, state.id, who="Ana", pairs=[])),
    ]
    for kind, text, attempt in refused:
        with pytest.raises(kind, match=text):
            attempt()  # type: ignore[operator]  # each is a call to make
    assert now(store, state.id) == state
    accept_all(store, publish(store, state.id, who="Ana"), pair)
    for attempt in (
        lambda: forbid(store, state.id, pair, who="Ana", why="x"),
        lambda: withdraw(store, state.id, [pair], who="Ana", why="x"),
        lambda: cancel(store, state.id, who="Ana", why="x"),
    ):
        with pytest.raises(Conflict, match="agreed"):
            attempt()
    with pytest.raises(BadInput, match="agreed to 1 already"):
        set_room(store, state.id, who="Ana", why="x", places={pair[0]: 0})


def accept_all(store: Store, state: LivingRound, pair: Pair) -> None:
    for side in ("mentor", "mentee"):
        accept(store, state.id, pair, side, who=side, on=TODAY)


def test_a_cancelled_round_keeps_its_log(store: Store) -> None:
    state = drafted(store)
    assert cancel(store, state.id, who="Ana", why="no money").phase == "cancelled"
    with store.read() as reader:
        assert read_log(reader, state.id)[-1].why == "no money"
    with pytest.raises(Conflict, match="cancelled"):
        note(store, state.id, "too late", who="Ana")


def test_an_export_carries_rounds_to_another_store(store: Store, tmp_path: Path) -> None:
    state = publish(store, solved(store).id, who="Ana")
    with store.read() as reader:
        export_jsonl(reader, tmp_path / "graph.jsonl")
    other = SqliteStore(tmp_path / "other.sqlite")
    try:
        restore_jsonl(other, tmp_path / "graph.jsonl")
        assert now(other, state.id) == state
        with other.read() as reader:
            assert replay(reader, state.id).identical
    finally:
        other.close()
