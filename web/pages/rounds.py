"""Rounds: the list, the desk of one, what stands before its solve, what a decision costs, its log and its record."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal, TypedDict, cast

from flask import Blueprint, Response
from pydantic import Field

from graph.errors import BadInput, WopError
from graph.network import Network, read_network
from graph.register import with_inferred
from graph.rounds import read_round
from graph.sentences import say
from graph.store import Reader
from matcher.document import GoalUse, LimitUse, ProposalDocument, SentenceJson, Totals
from matcher.policy import ready_policies
from matcher.rounds.entries import Entry
from matcher.rounds.keeping import living_rounds, read_log, read_state, utility_names
from matcher.rounds.next_step import counts, next_step
from matcher.rounds.state import DECLINE_REASONS, LIVE, LivingRound
from matcher.rounds.words import PROPOSAL_PHASES, phase_name, proposal_phase_name, told
from web.jobs.records import Job
from web.knowledge import keeper
from web.pages.jobs import board
from web.shown import Crumb, Part, cut
from web.solved import solved_keeper
from web.twin import Paged, Query, answer, page

pages = Blueprint("rounds", __name__)
CRUMBS = [Crumb(say("Rounds"), "rounds.rounds")]
OVERRIDES = ("pin", "unpin", "forbid", "allow", "adjust", "add", "withdraw", "capacity", "settings", "undo")
LAST = 8
"""So many entries of the log stand on the desk."""

Decision = Literal["pin", "unpin", "forbid", "allow", "adjust", "withdraw", "add"]


class Row(TypedDict):
    """A round in the list."""

    id: str
    title: str
    phase: str
    phase_s: SentenceJson
    version: int
    made_at: str


class Rounds(TypedDict):
    """All rounds, the latest first; and the ready policies a new one may begin with."""

    rounds: list[Row]
    policies: dict[str, str]


class ProposalRow(TypedDict):
    """A proposal of a round."""

    mentor: str
    mentor_name: str
    mentee: str
    mentee_name: str
    phase: str
    phase_s: SentenceJson
    by: str
    fit: float | None
    needs: list[str]
    reason: str
    pinned: bool


class DecisionRow(TypedDict):
    """A pin, a forbid or a corrected fit; ``by`` is ``None`` but for the last."""

    kind: str
    mentor: str
    mentor_name: str
    mentee: str
    mentee_name: str
    by: float | None
    reason: str


class EntryRow(TypedDict):
    """One entry of the log."""

    number: int
    at: str
    who: str
    why: str
    kind: str
    text_s: SentenceJson


class Desk(TypedDict):
    """A round as its facilitator sees it, with one part of its proposals."""

    id: str
    title: str
    phase: str
    phase_s: SentenceJson
    version: int
    as_of: str
    policy_name: str
    order: str
    deadline: str
    reserve: bool
    next_step_s: SentenceJson
    counts: dict[str, int]
    part: Part
    proposals: list[ProposalRow]
    decisions: list[DecisionRow]
    document: str | None
    job: str | None
    job_state: str | None
    log: list[EntryRow]


class FindingRow(TypedDict):
    """One thing the readiness check found."""

    code: str
    text_s: SentenceJson
    utilities: list[str]
    stops: bool


class WithoutRow(TypedDict):
    """How many mentees stay without a partner for one reason."""

    code: str
    count: int
    text_s: SentenceJson


class Ready(TypedDict):
    """What stands before a solve: findings, and the counts that no solve can better."""

    id: str
    title: str
    version: int
    phase: str
    findings: list[FindingRow]
    mentors: int
    mentees: int
    places: int
    eligible_pairs: int
    most_served: int
    without: list[WithoutRow]


class Weighed(TypedDict):
    """A decision on one pair before it is taken: what the round would lose, and whose partner changes."""

    id: str
    title: str
    version: int
    what: str
    mentor: str
    mentor_name: str
    mentee: str
    mentee_name: str
    cost_s: SentenceJson | None
    changes: list[SentenceJson]
    unknown_s: SentenceJson | None


class Log(TypedDict):
    """The log of a round, as far as asked for, the latest first."""

    id: str
    title: str
    part: Part
    entries: list[EntryRow]
    people: list[str]
    kinds: list[str]


class Record(TypedDict):
    """The decision record of a round."""

    id: str
    title: str
    phase_s: SentenceJson
    version: int
    as_of: str
    policy: dict[str, Any]
    input_hash: str
    document: str
    method: str
    proven: bool
    versions: dict[str, str]
    totals: Totals
    goals: list[GoalUse]
    limits: list[LimitUse]
    proposed: int
    kept: int
    added: int
    lost: int
    overrides: list[EntryRow]
    final: list[ProposalRow]


class DeskQuery(Paged):
    """Which proposals of a round."""

    phase: str | None = Field(default=None, max_length=30, description="Only proposals in this state.")


class WeighQuery(Query):
    """Which decision on a pair."""

    what: Decision = Field(default="pin", description="The decision to weigh.")


class LogQuery(Paged):
    """Which entries of the log."""

    by: str | None = Field(default=None, max_length=200, description="Only what this person did.")
    kind: str | None = Field(default=None, max_length=30, description="Only entries of this kind.")


@page(pages, "/rounds", Query, Rounds)
def rounds(_query: Query) -> Response:
    """All rounds, the latest first."""
    with keeper().store.read() as reader:
        found = living_rounds(reader)
    rows = [
        Row(
            id=row.id,
            title=row.title,
            phase=row.phase,
            phase_s=phase_name(row.phase).to_json(),
            version=row.version,
            made_at=row.made_at,
        )
        for row in found
    ]
    data = Rounds(rounds=rows, policies={id: policy.name for id, policy in ready_policies().items()})
    return answer("rounds.html", data, today=date.today().isoformat())


@page(pages, "/rounds/<round_id>", DeskQuery, Desk)
def desk(query: DeskQuery, round_id: str) -> Response:
    """The desk of a round: state, next step, proposals, decisions and the last entries of its log."""
    with keeper().store.read() as reader:
        state, log = read_state(reader, round_id), read_log(reader, round_id)
        names = names_of(reader, state)
        last = [entry_row(entry, names) for entry in reversed(log[-LAST:])]
    rows = proposal_rows(state, names)
    shown = cut([row for row in rows if query.phase in (None, row["phase"])], query.page)
    job = job_of_round(round_id) if state.phase == "solving" else None
    data = Desk(
        id=state.id,
        title=state.title,
        phase=state.phase,
        phase_s=phase_name(state.phase).to_json(),
        version=state.version,
        as_of=state.as_of,
        policy_name=state.policy["name"],
        order=state.order,
        deadline=state.deadline,
        reserve=state.reserve,
        next_step_s=next_step(state).to_json(),
        counts=counts(state),
        part=shown.part,
        proposals=list(shown.rows),
        decisions=decision_rows(state, names),
        document=state.solved.document if state.solved else None,
        job=job["id"] if job else None,
        job_state=job["state"] if job else None,
        log=last,
    )
    return answer(
        "round.html",
        data,
        crumbs=CRUMBS,
        phases=PROPOSAL_PHASES,
        reasons=DECLINE_REASONS,
        today=date.today().isoformat(),
        chosen=query.phase,
    )


@page(pages, "/rounds/<round_id>/ready", Query, Ready)
def ready(_query: Query, round_id: str) -> Response:
    """Is enough known of the participants, and how many can have a partner at all?"""
    from matcher.rounds.input import policy_of
    from matcher.rounds.readiness import findings, preview

    state, network = state_and_network(round_id)
    policy, as_of = policy_of(state), date.fromisoformat(state.as_of)
    found, seen = findings(network, policy, as_of), preview(network, policy, as_of)
    data = Ready(
        id=state.id,
        title=state.title,
        version=state.version,
        phase=state.phase,
        findings=[FindingRow(**finding) for finding in found],
        mentors=seen.mentors,
        mentees=seen.mentees,
        places=seen.places,
        eligible_pairs=seen.eligible_pairs,
        most_served=seen.most_served,
        without=[WithoutRow(**row) for row in seen.without],
    )
    return answer("round_ready.html", data, crumbs=crumbs_of(state))


@page(pages, "/rounds/<round_id>/weigh/<mentor_id>/<mentee_id>", WeighQuery, Weighed)
def weigh(query: WeighQuery, round_id: str, mentor_id: str, mentee_id: str) -> Response:
    """What a decision on one pair costs and whom it displaces, before it is taken."""
    with keeper().store.read() as reader:
        state = read_state(reader, round_id)
        pair = reader.names("Utility")
        names = dict(zip(pair["id"], pair["name"], strict=True))
        document = cast(ProposalDocument, read_round(reader, state.solved.document)) if state.solved else None
    from graph.finding import find_utility

    mentor, mentee = find_utility(pair, mentor_id), find_utility(pair, mentee_id)
    cost, changes, unknown = _effect(document, mentor, mentee)
    data = Weighed(
        id=state.id,
        title=state.title,
        version=state.version,
        what=query.what,
        mentor=mentor,
        mentor_name=names[mentor] or mentor,
        mentee=mentee,
        mentee_name=names[mentee] or mentee,
        cost_s=cost,
        changes=changes,
        unknown_s=unknown,
    )
    return answer("round_weigh.html", data, crumbs=crumbs_of(state))


def _effect(
    document: ProposalDocument | None, mentor: str, mentee: str
) -> tuple[SentenceJson | None, list[SentenceJson], SentenceJson | None]:
    """What forcing a pair that is not proposed costs, or losing one that is; or why that is not known."""
    if document is None:
        unknown = say("The round has not been solved yet, so what this costs is not known.")
        return None, [], unknown.to_json()
    from matcher.explain.pair import explain_in_round

    try:
        said = solved_keeper().answer(
            document, ("pair", mentor, mentee), lambda round: explain_in_round(round, mentor, mentee)
        )
    except WopError as stale:
        return None, [], stale.message.to_json()
    effect = said["effect"]
    moves = [move["text_s"] for move in effect["moves"]] if effect else []
    return said["text_s"], moves, None


@page(pages, "/rounds/<round_id>/log", LogQuery, Log)
def log(query: LogQuery, round_id: str) -> Response:
    """Every change of a round, the latest first."""
    with keeper().store.read() as reader:
        state, entries = read_state(reader, round_id), read_log(reader, round_id)
        chosen = [
            entry for entry in reversed(entries) if query.by in (None, entry.who) and query.kind in (None, entry.kind)
        ]
        shown = cut(chosen, query.page)
        names = names_of(reader, state)
        rows = [entry_row(entry, names) for entry in shown.rows]
    data = Log(
        id=state.id,
        title=state.title,
        part=shown.part,
        entries=rows,
        people=sorted({entry.who for entry in entries}),
        kinds=sorted({entry.kind for entry in entries}),
    )
    return answer("round_log.html", data, crumbs=crumbs_of(state), query=query)


@page(pages, "/rounds/<round_id>/record", Query, Record)
def record(_query: Query, round_id: str) -> Response:
    """The decision record: what was reached, what was overruled by whom and why, proposal against final."""
    with keeper().store.read() as reader:
        state, entries = read_state(reader, round_id), read_log(reader, round_id)
        if state.solved is None:
            raise BadInput(say("The round {id} has not been solved.", id=round_id), say("Solve it first."))
        document = cast(ProposalDocument, read_round(reader, state.solved.document))
        names = names_of(reader, state)
        overrides = [entry_row(entry, names) for entry in entries if entry.kind in OVERRIDES]
    first = next(entry for entry in entries if entry.kind == "solved")
    proposed = {(pair["mentor"], pair["mentee"]) for pair in first.body["pairs"]}
    final = [row for row in proposal_rows(state, names) if row["phase"] in LIVE]
    live = {(row["mentor"], row["mentee"]) for row in final}
    data = Record(
        id=state.id,
        title=state.title,
        phase_s=phase_name(state.phase).to_json(),
        version=state.version,
        as_of=state.as_of,
        policy=document["policy"],
        input_hash=document["input_hash"],
        document=document["id"],
        method=document["method"],
        proven=document["proven"],
        versions=document["versions"],
        totals=document["totals"],
        goals=document["goals"],
        limits=document["limits"],
        proposed=len(proposed),
        kept=len(proposed & live),
        added=len(live - proposed),
        lost=len(proposed - live),
        overrides=overrides,
        final=final,
    )
    return answer("round_record.html", data, crumbs=crumbs_of(state))


def crumbs_of(state: LivingRound) -> list[Crumb]:
    """The path to a page of one round."""
    return [*CRUMBS, Crumb(state.title, "rounds.desk", {"round_id": state.id})]


def names_of(reader: Reader, state: LivingRound) -> dict[str, str]:
    """The names of all utilities a round speaks of."""
    pairs = [each.pair for each in state.proposals.values()]
    pairs += [(each.mentor, each.mentee) for each in (*state.pins, *state.forbids)]
    pairs += [(each.mentor, each.mentee) for each in state.adjustments]
    return utility_names(reader, (id for pair in pairs for id in pair))


def entry_row(entry: Entry, names: dict[str, str]) -> EntryRow:
    """An entry of the log as a row."""
    text = told(entry, names).to_json()
    return EntryRow(number=entry.number, at=entry.at, who=entry.who, why=entry.why, kind=entry.kind, text_s=text)


def proposal_rows(state: LivingRound, names: dict[str, str]) -> list[ProposalRow]:
    """The proposals in the order of their states, best fit first."""
    order = {phase: at for at, phase in enumerate(PROPOSAL_PHASES)}
    pinned = {(pin.mentor, pin.mentee) for pin in state.pins}
    found = sorted(state.proposals.values(), key=lambda each: (order[each.phase], -(each.fit or 0), each.mentee))
    return [
        ProposalRow(
            mentor=each.mentor,
            mentor_name=names.get(each.mentor, each.mentor),
            mentee=each.mentee,
            mentee_name=names.get(each.mentee, each.mentee),
            phase=each.phase,
            phase_s=proposal_phase_name(each.phase).to_json(),
            by=each.by,
            fit=each.fit,
            needs=list(each.needs),
            reason=each.reason,
            pinned=each.pair in pinned,
        )
        for each in found
    ]


def decision_rows(state: LivingRound, names: dict[str, str]) -> list[DecisionRow]:
    """Pins, forbids and corrected fits."""
    rows = [("pin", each.mentor, each.mentee, None, each.reason) for each in state.pins]
    rows += [("forbid", each.mentor, each.mentee, None, each.reason) for each in state.forbids]
    corrected = [("adjust", each.mentor, each.mentee, each.by, each.reason) for each in state.adjustments]
    return [
        DecisionRow(
            kind=kind,
            mentor=mentor,
            mentor_name=names.get(mentor, mentor),
            mentee=mentee,
            mentee_name=names.get(mentee, mentee),
            by=by,
            reason=reason,
        )
        for kind, mentor, mentee, by, reason in [*rows, *corrected]
    ]


def state_and_network(round_id: str) -> tuple[LivingRound, Network]:
    """A round, and what was known by its date."""
    with keeper().store.read() as reader:
        state = read_state(reader, round_id)
        as_of = date.fromisoformat(state.as_of)
        return state, with_inferred(read_network(reader), as_of)


def job_of_round(round_id: str) -> Job | None:
    """The latest job that solves a round; ``None`` where none is on the board."""
    return next((job for job in board().jobs() if job["of_round"] == round_id), None)
