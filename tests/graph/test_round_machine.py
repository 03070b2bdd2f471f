"""Any sequence of things done to a round, by anybody: what must always hold holds after each of them."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from living_rounds import MENTEES, MENTORS, NETWORK, TODAY, drafted, network_by

from graph.errors import BadInput, Conflict, NothingFeasible, UnknownName
from graph.sqlite import SqliteStore
from matcher.rounds.answers import accept, decline
from matcher.rounds.closing import close_round
from matcher.rounds.edits import (
    add_by_hand,
    adjust,
    allow,
    cancel,
    change_settings,
    forbid,
    lapse,
    pin,
    publish,
    set_room,
    sign,
    unpin,
    withdraw,
)
from matcher.rounds.entry import Entry
from matcher.rounds.keeping import at_version, read_log, read_state, undo
from matcher.rounds.readiness import check_round
from matcher.rounds.solving import solve_round
from matcher.rounds.state import COMMITTED, DECLINE_REASONS, PROPOSAL_STEPS, ROUND_STEPS, LivingRound, Pair

PAIRS = st.tuples(st.sampled_from(MENTORS), st.sampled_from(MENTEES))
SIDES = st.sampled_from(["mentor", "mentee"])
REFUSED = (Conflict, BadInput, UnknownName, NothingFeasible)
DEADLINE = date(2026, 3, 1)

ALLOWED = {
    *((before, after) for steps in PROPOSAL_STEPS.values() for before, after in steps.items()),
    *((None, phase) for phase in ("proposed", "pinned", "published")),
    ("withdrawn", "pinned"),
}
"""Steps of a proposal; a solve makes new ones, and proposes a pinned pair that was withdrawn as pinned."""


class AnyLife(RuleBasedStateMachine):
    """Two facilitators and all utilities, on one SQLite store; each refusal must leave everything as it was."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = SqliteStore(Path(self.folder.name) / "store.sqlite")
        self.state: LivingRound
        self.log: list[Entry] = []

    @initialize(begin=st.sampled_from(["draft", "proposed", "published", "published"]))
    def start(self, begin: str) -> None:
        self.state = drafted(self.store)
        self._look("create")
        if begin != "draft":
            self.solve(top_up=False)
        if begin == "published":
            self.publishes()

    def _do(self, kind: str, change: object) -> None:
        try:
            change()  # type: ignore[operator]  # a call to make
        except REFUSED:
            kind = "refused"
        self._look(kind)

    def _look(self, kind: str) -> None:
        """Read back, and compare with what was known before."""
        before = self.state
        with self.store.read() as reader:
            after = read_state(reader, before.id)
            log = read_log(reader, before.id)
            assert at_version(reader, before.id, after.version) == after
        assert log[: len(self.log)] == self.log, "an entry of the log was changed or taken away"
        assert [entry.number for entry in log] == list(range(1, after.version + 1))
        new = [entry.kind for entry in log[len(self.log) :]]
        if not new:
            assert kind in ("refused", "create") or after == before
        for each in new:
            if each not in ("create", "undo", "unsolved"):
                steps = {*ROUND_STEPS[each].values(), "published"}
                assert after.phase in steps or new[-1] in ("solved", "unsolved")
        if "undo" not in new:
            for key, proposal in after.proposals.items():
                was = before.proposals[key].phase if key in before.proposals else None
                assert was == proposal.phase or (was, proposal.phase) in ALLOWED, (was, proposal.phase)
            assert set(before.proposals) <= set(after.proposals)
        for proposal in before.in_phase(*COMMITTED):
            now = after.proposals[f"{proposal.mentor}\n{proposal.mentee}"].phase
            assert now in COMMITTED or (now == "declined" and new == ["answer"])
            assert proposal.phase != "signed" or now == "signed"
        self.state, self.log = after, log

    @invariant()
    def nobody_has_agreed_to_more_than_its_places(self) -> None:
        if not hasattr(self, "state"):
            return
        for mentor in MENTORS:
            assert self.state.held("mentor", mentor, *COMMITTED) <= (self.state.room("mentor", mentor) or 0)
        for mentee in MENTEES:
            assert self.state.held("mentee", mentee, *COMMITTED) <= (self.state.room("mentee", mentee) or 0)

    @rule(top_up=st.booleans())
    def solve(self, top_up: bool) -> None:
        id = self.state.id
        if self.state.phase == "draft":
            self._do("check", lambda: check_round(self.store, self.state, NETWORK, who="Ana"))
        self._do("solved", lambda: solve_round(self.store, id, network_by, who="Ana", top_up=top_up))

    @rule(pair=PAIRS)
    def pins(self, pair: Pair) -> None:
        self._do("pin", lambda: pin(self.store, self.state.id, pair, who="Ana", why="x"))

    @rule(pair=PAIRS)
    def unpins(self, pair: Pair) -> None:
        self._do("unpin", lambda: unpin(self.store, self.state.id, pair, who="Ana"))

    @rule(pair=PAIRS)
    def forbids(self, pair: Pair) -> None:
        self._do("forbid", lambda: forbid(self.store, self.state.id, pair, who="Ben", why="x"))

    @rule(pair=PAIRS)
    def allows(self, pair: Pair) -> None:
        self._do("allow", lambda: allow(self.store, self.state.id, pair, who="Ben"))

    @rule(pair=PAIRS, by=st.sampled_from([-0.3, 0.0, 0.2]))
    def adjusts(self, pair: Pair, by: float) -> None:
        self._do("adjust", lambda: adjust(self.store, self.state.id, pair, by, who="Ben", why="x"))

    @rule(pair=PAIRS)
    def adds(self, pair: Pair) -> None:
        self._do("add", lambda: add_by_hand(self.store, self.state.id, pair, who="Ana", why="x"))

    @rule(pair=PAIRS)
    def withdraws(self, pair: Pair) -> None:
        self._do("withdraw", lambda: withdraw(self.store, self.state.id, [pair], who="Ana", why="x"))

    @rule(mentor=st.sampled_from(MENTORS), places=st.integers(0, 3))
    def sets_places(self, mentor: str, places: int) -> None:
        self._do("capacity", lambda: set_room(self.store, self.state.id, who="Ana", why="x", places={mentor: places}))

    @rule(mentee=st.sampled_from(MENTEES), wanted=st.integers(0, 2))
    def sets_wanted(self, mentee: str, wanted: int) -> None:
        self._do("capacity", lambda: set_room(self.store, self.state.id, who="Ana", why="x", wanted={mentee: wanted}))

    @rule(order=st.sampled_from(["mentor_first", "mentee_first", "both"]), reserve=st.booleans())
    def sets(self, order: str, reserve: bool) -> None:
        def change() -> None:
            change_settings(self.store, self.state.id, who="Ana", why="x", order=order, reserve=reserve)  # type: ignore[arg-type]  # one of the orders

        self._do("settings", change)

    @rule()
    def publishes(self) -> None:
        self._do("publish", lambda: publish(self.store, self.state.id, who="Ana", deadline=DEADLINE))

    @rule(pair=PAIRS, side=SIDES)
    def accepts(self, pair: Pair, side: str) -> None:
        self._do("answer", lambda: accept(self.store, self.state.id, pair, side, who=side, on=TODAY))  # type: ignore[arg-type]  # one of the sides

    @rule(pair=PAIRS)
    def one_more_is_offered(self, pair: Pair) -> None:
        self.adds(pair)
        self.publishes()

    @rule()
    def all_accept(self) -> None:
        for side in ("mentor", "mentee", "mentor"):
            for proposal in list(self.state.in_phase("published", "accepted_by_mentor", "accepted_by_mentee")):
                self.accepts(proposal.pair, side)

    @rule(pair=PAIRS, side=SIDES, reason=st.sampled_from(sorted(DECLINE_REASONS)))
    def declines(self, pair: Pair, side: str, reason: str) -> None:
        self._do(
            "answer",
            lambda: decline(
                self.store,
                self.state.id,
                pair,
                side,  # type: ignore[arg-type]  # one of the sides
                reason,
                who=side,
                on=TODAY,
                topics=["leaks"],
            ),
        )

    @rule()
    def signs_one(self) -> None:
        for proposal in list(self.state.in_phase("agreed"))[:1]:
            self._do("sign", lambda pair=proposal.pair: sign(self.store, self.state.id, pair, on=TODAY, who="Ana"))

    @rule()
    def lapses(self) -> None:
        self._do("lapse", lambda: lapse(self.store, self.state.id, on=date(2026, 4, 1), who="Ana"))

    @rule()
    def undoes(self) -> None:
        self._do("undo", lambda: undo(self.store, self.state.id, who="Ana", why=""))

    @rule(sure=st.integers(0, 9))
    def ends(self, sure: int) -> None:
        if sure == 0:
            self._do("close", lambda: close_round(self.store, self.state.id, on=TODAY, who="Ana"))
        elif sure == 1 and self.state.phase == "draft":
            self._do("cancel", lambda: cancel(self.store, self.state.id, who="Ana", why="x"))

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()


TestAnyLife = AnyLife.TestCase
TestAnyLife.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestAnyLife = pytest.mark.slow(TestAnyLife)
