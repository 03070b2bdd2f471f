"""The log of a round, and what each entry does: state after = ``applied(state before, entry)``, a pure function.

Nothing changes a round but an entry, and no entry is ever changed or taken away: the log replays to the state
(``replayed``). What may not be is refused here, for every caller alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from graph.errors import BadInput, Conflict
from graph.sentences import say
from matcher.policy import PairDecision
from matcher.rounds.answering import answered
from matcher.rounds.deciding import DECIDED
from matcher.rounds.entry import Entry
from matcher.rounds.moves import found_proposal, moved, pair_in, put, settled, without
from matcher.rounds.state import (
    COMMITTED,
    EDITS,
    LIVE,
    OUT,
    ROUND_STEPS,
    LivingRound,
    Proposal,
    RoundPhase,
    Solved,
    proposal_key,
)
from matcher.rounds.swapping import swapped
from matcher.rounds.words import phase_name, proposal_phase_name


def replayed(entries: Iterable[Entry]) -> LivingRound:
    """The state a whole log leads to. Raises ``ValueError`` for a log without a beginning."""
    state: LivingRound | None = None
    for _entry, after in unfolded(entries):
        state = after
    if state is None:
        raise ValueError("a log begins with the entry that creates the round")
    return state


def unfolded(entries: Iterable[Entry]) -> Iterator[tuple[Entry, LivingRound]]:
    """Each entry of a log with the state after it. Raises ``ValueError`` where an undo does not fit."""
    before: list[tuple[int, LivingRound]] = []
    state: LivingRound | None = None
    for entry in entries:
        if entry.kind == "undo":
            number, earlier = before.pop()
            if number != entry.body["number"]:
                raise ValueError(f"entry {entry.number} undoes {entry.body['number']}, but {number} came last")
            state = earlier.model_copy(update={"version": entry.number})
        else:
            if state is not None:
                before.append((entry.number, state))
            state = applied(state, entry)
        yield entry, state


def undoable(entries: Iterable[Entry]) -> Entry | None:
    """The last entry in force, where it is an edit; ``None`` where nothing can be undone."""
    standing: list[Entry] = []
    for entry in entries:
        if entry.kind == "undo":
            standing.pop()
        else:
            standing.append(entry)
    return standing[-1] if standing and standing[-1].kind in EDITS else None


def applied(state: LivingRound | None, entry: Entry) -> LivingRound:
    """The state after an entry.

    Raises ``Conflict`` where the state of the round or of a proposal does not allow it, or a place is gone,
    ``UnknownName`` for a proposal or reason there is none of, ``BadInput`` for what cannot be.
    """
    if state is None:
        if entry.kind != "create":
            raise ValueError("a log begins with the entry that creates the round")
        return LivingRound.model_validate({**entry.body, "id": entry.round, "version": entry.number})
    steps = ROUND_STEPS[entry.kind]
    if state.phase not in steps:
        raise Conflict(
            say("This cannot be done while the round is {state}.", state=phase_name(state.phase)),
            say("It can be done while it is: {states}.", states=tuple(phase_name(phase) for phase in steps)),
        )
    after: RoundPhase = steps[state.phase]
    state = _APPLY[entry.kind](state.model_copy(update={"phase": after}), entry)
    if state.phase == "proposed" and _all_published(state):
        state = state.model_copy(update={"phase": "published"})
    return state.model_copy(update={"version": entry.number})


def _all_published(state: LivingRound) -> bool:
    """Whether something was published and nothing waits to be."""
    waiting = any(True for _each in state.in_phase("proposed", "pinned"))
    return not waiting and any(True for _each in state.in_phase(*OUT, *COMMITTED, "declined"))


def _check(state: LivingRound, entry: Entry) -> LivingRound:
    return state.model_copy(update={"findings": tuple(entry.body["findings"])})


def _solving(state: LivingRound, entry: Entry) -> LivingRound:
    update = {"before_solving": entry.body["before"], "solving_top_up": entry.body["top_up"]}
    return state.model_copy(update=update)


def _unsolved(state: LivingRound, entry: Entry) -> LivingRound:  # noqa: ARG001 - every step has the same form
    return state.model_copy(update={"phase": state.before_solving, "before_solving": None})


def _solved(state: LivingRound, entry: Entry) -> LivingRound:
    """Take the pairs over; what both agreed to, what is pinned or declined must have been respected."""
    found = {(pair["mentor"], pair["mentee"]): pair for pair in entry.body["pairs"]}
    pinned = {(pin.mentor, pin.mentee) for pin in state.pins}
    forbidden = {(forbid.mentor, forbid.mentee) for forbid in state.forbids}
    kept = pinned | {each.pair for each in state.in_phase(*(LIVE if state.solving_top_up else COMMITTED))}
    refused = forbidden | {each.pair for each in state.in_phase("declined")}
    if lost := sorted((kept - set(found)) | (refused & set(found))):
        raise Conflict(
            say(
                "While the round was being solved, somebody decided on {mentor} and {mentee}.",
                mentor=lost[0][0],
                mentee=lost[0][1],
            ),
            say("Solve it again; the decision then counts."),
        )
    proposals = dict(state.proposals)
    for key, each in proposals.items():
        if each.pair not in found and each.phase in (*OUT, "proposed", "pinned"):
            proposals[key] = each.model_copy(update={"phase": "withdrawn", "reason": "", "answers": {}})
    for pair, given in found.items():
        known = proposals.get(proposal_key(*pair))
        fresh = known is None or known.phase == "withdrawn"
        phase = ("pinned" if pair in pinned else "proposed") if known is None or fresh else known.phase
        if phase in ("proposed", "pinned"):
            phase = "pinned" if pair in pinned else "proposed"
        base = Proposal(mentor=pair[0], mentee=pair[1], phase=phase) if known is None or fresh else known
        update = {"phase": phase, "fit": given["fit"], "needs": tuple(given["needs"])}
        proposals[proposal_key(*pair)] = base.model_copy(update=update)
    # Entries of long ago have fewer of them.
    details = {name: entry.body[name] for name in Solved.model_fields if name in entry.body}
    solved = Solved.model_validate({**details, "top_up": state.solving_top_up})
    return state.model_copy(update={"proposals": proposals, "solved": solved, "before_solving": None})


def _add(state: LivingRound, entry: Entry) -> LivingRound:
    mentor, mentee = pair_in(entry.body)
    found = state.proposal(mentor, mentee)
    if found is not None and found.phase != "withdrawn":
        raise Conflict(
            say(
                "{mentor} and {mentee} have a proposal in this round: {state}.",
                mentor=mentor,
                mentee=mentee,
                state=proposal_phase_name(found.phase),
            )
        )
    for side, utility in (("mentor", mentor), ("mentee", mentee)):
        if state.room(side, utility) is None:  # type: ignore[arg-type]  # the two sides there are
            raise BadInput(
                say("{utility} takes no part in this round on that side.", utility=utility),
                say("Import an offer or a need of it, and solve again."),
            )
    new = Proposal(
        mentor=mentor,
        mentee=mentee,
        phase="proposed",
        by="hand",
        fit=entry.body.get("fit"),
        needs=tuple(entry.body.get("needs", ())),
        reason=entry.why,
    )
    return put(state.model_copy(update={"forbids": without(state.forbids, mentor, mentee)}), new)


def _withdraw(state: LivingRound, entry: Entry) -> LivingRound:
    """Taken back: not proposed again by a solve, until it is allowed again."""
    for mentor, mentee in entry.body["pairs"]:
        found = found_proposal(state, mentor, mentee)
        if found.phase in COMMITTED:
            raise settled(mentor, mentee)
        state = moved(state, found, "withdraw", reason=entry.why)
        decided = PairDecision(mentor=mentor, mentee=mentee, reason=entry.why)
        forbids = (*without(state.forbids, mentor, mentee), decided)
        state = state.model_copy(update={"forbids": forbids, "pins": without(state.pins, mentor, mentee)})
    return state


def _swap(state: LivingRound, entry: Entry) -> LivingRound:
    return swapped(state, entry.body, entry.why)


def _publish(state: LivingRound, entry: Entry) -> LivingRound:
    for mentor, mentee in entry.body["pairs"]:
        state = moved(state, found_proposal(state, mentor, mentee), "publish", answers={})
    update = {name: entry.body[name] for name in ("deadline", "messages") if name in entry.body}
    return state.model_copy(update=update)


def _lapse(state: LivingRound, entry: Entry) -> LivingRound:
    for mentor, mentee in entry.body["pairs"]:
        state = moved(state, found_proposal(state, mentor, mentee), "withdraw", reason=entry.why)
    return state


def _answer(state: LivingRound, entry: Entry) -> LivingRound:
    return answered(state, entry.body, entry.who)


def _sign(state: LivingRound, entry: Entry) -> LivingRound:
    return moved(state, found_proposal(state, *pair_in(entry.body)), "sign", signed_on=entry.body["on"])


def _close(state: LivingRound, entry: Entry) -> LivingRound:  # noqa: ARG001 - every step has the same form
    if waiting := sum(1 for _each in state.in_phase(*OUT)):
        raise Conflict(
            say("Proposals that still wait for an answer: {count}.", count=waiting),
            say("Wait for the answers, let them lapse after the deadline, or withdraw them; then close the round."),
        )
    return state


def _cancel(state: LivingRound, entry: Entry) -> LivingRound:  # noqa: ARG001 - every step has the same form
    if agreed := sum(1 for _each in state.in_phase(*COMMITTED)):
        raise Conflict(
            say("Pairs that have agreed or signed in this round: {count}.", count=agreed),
            say("Close the round instead: they become partnerships of the register."),
        )
    return state


def _told(state: LivingRound, entry: Entry) -> LivingRound:  # noqa: ARG001 - every step has the same form
    return state  # letters change nothing; who was written to is read from the log (``matcher.rounds.letters``)


_APPLY: Mapping[str, Callable[[LivingRound, Entry], LivingRound]] = {
    **DECIDED,
    "check": _check,
    "solving": _solving,
    "unsolved": _unsolved,
    "solved": _solved,
    "add": _add,
    "withdraw": _withdraw,
    "swap": _swap,
    "publish": _publish,
    "lapse": _lapse,
    "answer": _answer,
    "sign": _sign,
    "letters": _told,
    "delivered": _told,
    "close": _close,
    "cancel": _cancel,
}
