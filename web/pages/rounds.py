"""Rounds: the list, the desk of one, and what stands before its solve."""

from __future__ import annotations

from datetime import date
from typing import Literal, NotRequired, TypedDict, get_args

from flask import Blueprint, Response
from pydantic import Field

from graph.network import Network
from graph.sentences import Sentence
from matcher.document import LeftOut, SentenceJson
from matcher.policy import ready_policies
from matcher.rounds.authors import same_names
from matcher.rounds.carrying import waiting_offers
from matcher.rounds.entries import undoable
from matcher.rounds.keeping import living_rounds, names_of, read_log, read_state
from matcher.rounds.next_step import counts, next_step, next_step_for
from matcher.rounds.state import DECLINE_REASONS, LIVE, OUT, LivingRound, Pair, ProposalPhase
from matcher.rounds.words import PROPOSAL_PHASES, ROUND_PHASES, phase_name
from web.jobs.records import Job
from web.knowledge import keeper, knowledge, view_here
from web.own_regions import own_of
from web.pages.jobs import board
from web.pages.round_rows import (
    CRUMBS,
    DecisionRow,
    EntryRow,
    NoteRow,
    ProposalRow,
    chosen_rows,
    crumbs_of,
    decision_rows,
    entry_row,
    note_rows,
    proposal_rows,
)
from web.private import seen_network
from web.private_rounds import seen_log, seen_round
from web.shown import Part, cut
from web.signing_in import signed
from web.solved import policy_on
from web.twin import Paged, Query, answer, page
from web.whose_round import may_lead, own_pairs

pages = Blueprint("rounds", __name__)
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
    """Rounds, the latest first, one part of the list; and the ready policies a new one may begin with."""

    part: Part
    rounds: list[Row]
    policies: dict[str, str]


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
    own_unpublished: int | None
    """How many proposals wait that whoever asks may publish; ``None`` for who publishes nothing."""
    own_waiting: int
    """How many proposals wait for an answer on which whoever asks may decide."""
    undoable: bool
    """Whether the last thing done is an edit that can be taken back."""
    part: Part
    proposals: list[ProposalRow]
    decisions: list[DecisionRow]
    recipients_choose: int
    choose_by: str
    notes: list[NoteRow]
    carried: int
    document: str | None
    job: str | None
    job_state: str | None
    log: list[EntryRow]
    left_out: NotRequired[LeftOut]


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
    left_out: NotRequired[LeftOut]


class DeskQuery(Paged):
    """Which proposals of a round."""

    phase: str | None = Field(default=None, max_length=30, description="Only proposals in this state.")
    own: bool = Field(default=False, description="Only proposals of your regions, on which you may decide.")
    q: str | None = Field(default=None, max_length=200, description="Words in the name of the mentor or the mentee.")
    region: str | None = Field(default=None, max_length=100, description="Id of a region of the mentor or the mentee.")


@page(pages, "/rounds", Paged, Rounds)
def rounds(query: Paged) -> Response:
    """All rounds, the latest first."""
    with keeper().store.read() as reader:
        shown = cut(living_rounds(reader), query.page)
    rows = [
        Row(
            id=row.id,
            title=row.title,
            phase=row.phase,
            phase_s=phase_name(row.phase).to_json(),
            version=row.version,
            made_at=row.made_at,
        )
        for row in shown.rows
    ]
    data = Rounds(part=shown.part, rounds=rows, policies={id: policy.name for id, policy in ready_policies().items()})
    found = signed()
    known = knowledge().network.region_by_id
    regions = [known[id].name for id in found.account.regions if id in known] if found is not None else []
    return answer("rounds.html", data, today=date.today().isoformat(), regions=regions)


@page(pages, "/rounds/<round_id>", DeskQuery, Desk)
def desk(query: DeskQuery, round_id: str) -> Response:
    """The desk of a round: state, next step, proposals, decisions and the last entries of its log."""
    view = view_here()
    with keeper().store.read() as reader:
        state, log = seen_round(read_state(reader, round_id), view), read_log(reader, round_id)
        names = names_of(reader, state)
        waiting = len(waiting_offers(reader, state)) if state.phase in ("draft", "checked") else 0
        last = [entry_row(entry, names, same_names(log)) for entry in reversed(seen_log(log[-LAST:], view))]
    rows = proposal_rows(state, names)
    if query.own:
        own = set(_own(state))
        rows = [row for row in rows if (row["mentor"], row["mentee"]) in own]
    shown = cut(chosen_rows(rows, query.q, query.region, query.phase), query.page)
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
        next_step_s=_next_step(state).to_json(),
        counts=counts(state),
        own_unpublished=_unpublished(state),
        own_waiting=len({each.pair for each in state.in_phase(*OUT)}.intersection(_own(state))),
        undoable=undoable(log) is not None,
        part=shown.part,
        proposals=list(shown.rows),
        decisions=decision_rows(state, names),
        recipients_choose=state.recipients_choose,
        choose_by=state.choose_by,
        notes=note_rows(state),
        carried=waiting,
        document=state.solved.document if state.solved else None,
        job=job["id"] if job else None,
        job_state=job["state"] if job else None,
        log=last,
    )
    if view is not None:
        data["left_out"] = view.left_out
    return answer(
        "round.html",
        data,
        crumbs=CRUMBS,
        phases=PROPOSAL_PHASES,
        round_phases=ROUND_PHASES,
        reasons=DECLINE_REASONS,
        today=date.today().isoformat(),
        query=query,
        known=knowledge(),
    )


@page(pages, "/rounds/<round_id>/ready", Query, Ready)
def ready(_query: Query, round_id: str) -> Response:
    """Is enough known of the participants, and how many can have a partner at all?"""
    from matcher.rounds.input import policy_of
    from matcher.rounds.readiness import findings, preview

    view = view_here()
    state, network = state_and_network(round_id)
    if view is not None:
        state, network = seen_round(state, view), seen_network(network, view.hidden)
    policy, as_of = policy_of(state), date.fromisoformat(state.as_of)
    if view is not None:
        policy = policy_on(network, policy, as_of)
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
    if view is not None:
        data["left_out"] = view.worked_out
    return answer("round_ready.html", data, crumbs=crumbs_of(state))


def _next_step(state: LivingRound) -> Sentence:
    """The next step of the whole round; for a facilitator of some regions who does not lead it, of those."""
    found = signed()
    who = found.account if found is not None else None
    if who is None or "facilitator" not in who.roles or may_lead(who, {"round_id": state.id}):
        return next_step(state)
    return next_step_for(state, set(own_of(who, state, *LIVE)))


def _own(state: LivingRound) -> list[Pair]:
    """The pairs on which whoever asks may decide; none for who decides nothing."""
    found = signed()
    if found is None or "facilitator" not in found.account.roles:
        return []
    if may_lead(found.account, {"round_id": state.id}):
        return [each.pair for each in state.proposals.values()]
    return own_of(found.account, state, *get_args(ProposalPhase))


def _unpublished(state: LivingRound) -> int | None:
    found = signed()
    if found is None or "facilitator" not in found.account.roles:
        return None
    own = own_pairs(found.account, state)
    return len(own) if own is not None else sum(1 for _each in state.in_phase("proposed", "pinned"))


def state_and_network(round_id: str) -> tuple[LivingRound, Network]:
    """A round, and what was known by its date."""
    with keeper().store.read() as reader:
        state = read_state(reader, round_id)
    return state, keeper().now().network_by(date.fromisoformat(state.as_of))


def job_of_round(round_id: str) -> Job | None:
    """The latest job that solves a round; ``None`` where none is on the board."""
    jobs = (job for job in board().jobs() if job["of_round"] == round_id and job["kind"] == "round")
    return next(jobs, None)
