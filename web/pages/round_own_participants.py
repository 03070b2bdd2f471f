"""Which utilities of the own regions take part in a round: for a facilitator who does not choose for everybody.

The filters concern everybody, so they are not chosen here. What is counted is worked out on what the reader may see:
a choice among the own utilities then tells nothing of what others keep private.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, NotRequired, TypedDict

from flask import Response, url_for
from pydantic import Field

from graph.errors import Conflict, Forbidden, WopError
from graph.network import Network
from graph.sentences import say
from matcher.document import LeftOut, SentenceJson
from matcher.policy import Policy
from matcher.rounds.single_participants import SIDES, PartSide, Singled, could_take_part, with_single
from matcher.rounds.single_participants import change_single as keep
from matcher.rounds.state import ROUND_STEPS, LivingRound
from web.action import Changed, action
from web.knowledge import keeper, view_here
from web.own_regions import in_regions_of
from web.pages.policy_rows import saved_policy
from web.pages.policy_typed import told
from web.pages.round_changes import Reasoned, account, author
from web.pages.round_participants import RoomRow
from web.pages.round_rows import crumbs_of
from web.pages.rounds import FindingRow, WithoutRow, pages, state_and_network
from web.private import seen_network
from web.private_rounds import seen_round
from web.solved import policy_on
from web.twin import Query, answer, page, wants_json

MOST = 5000


class OwnUtility(TypedDict):
    """A utility of the reader's regions: whether it takes part, and whether that is about to change."""

    id: str
    name: str
    takes_part: bool
    changes: bool


class OwnSide(TypedDict):
    """One side of a round: the own utilities that could take part, and how many others do (``None``: not counted)."""

    utilities: list[OwnUtility]
    own: int
    others: int | None


class OwnParticipants(TypedDict):
    """The reader's own part of a round, and what it all comes to as far as the reader may see it."""

    id: str
    title: str
    version: int
    phase: str
    may_change: bool
    regions: list[str]
    mentors: OwnSide
    mentees: OwnSide
    places: int | None
    most_served: int | None
    without: list[WithoutRow]
    findings: list[FindingRow]
    room: list[RoomRow]
    problems: list[SentenceJson]
    left_out: NotRequired[LeftOut]


def _ids(description: str) -> Any:
    return Field(default=(), max_length=MOST, description=description)


class OwnChoice(Reasoned):
    """Utilities of the own regions that come to take part, and that no longer do."""

    mentors_in: tuple[str, ...] = _ids("These utilities take part as mentors, by id.")
    mentors_out: tuple[str, ...] = _ids("These utilities take part no longer as mentors.")
    mentees_in: tuple[str, ...] = _ids("These utilities take part as mentees.")
    mentees_out: tuple[str, ...] = _ids("These utilities take part no longer as mentees.")


@dataclass(frozen=True)
class _Shown:
    """What is shown: the round, what is ticked, and what could not be done."""

    state: LivingRound
    network: Network
    ticked: dict[PartSide, Singled]
    problem: WopError | None = None
    why: str = ""


@page(pages, "/rounds/<round_id>/participants/own", Query, OwnParticipants)
def own_participants(_query: Query, round_id: str) -> Response:
    """Which utilities of the reader's regions take part, and with how many places."""
    shown = _Shown(*state_and_network(round_id), ticked={})
    return _page(shown, _rows(shown))


@action(pages, "/rounds/<round_id>/participants/own/draft", OwnChoice, OwnParticipants)
def draft_own_participants(body: OwnChoice, round_id: str) -> Changed:
    """What a choice among the own utilities comes to, without saving it."""
    shown = _asked(body, round_id)
    if shown.problem is not None and wants_json():
        raise shown.problem
    return _answered(shown)


@action(pages, "/rounds/<round_id>/participants/own", OwnChoice, OwnParticipants)
def set_own_participants(body: OwnChoice, round_id: str) -> Changed:
    """Save which of the own utilities take part, with the reason."""
    shown = _asked(body, round_id)
    problem = shown.problem
    if problem is None:
        try:
            store = keeper().store
            keep(store, shown.network, round_id, shown.ticked, who=author(), why=body.why, seen=body.seen)
        except WopError as refused:
            problem = refused
    if problem is not None:
        if wants_json():
            raise problem
        state, network = state_and_network(round_id) if isinstance(problem, Conflict) else (shown.state, shown.network)
        return _answered(_Shown(state, network, shown.ticked, problem, body.why))
    done: Any = {}
    if wants_json():
        done = _rows(_Shown(*state_and_network(round_id), ticked={}))
    return Changed(done, url_for("rounds.own_participants", round_id=round_id))


def _asked(body: OwnChoice, round_id: str) -> _Shown:
    """What a form chooses; its problem where it names a utility elsewhere or one that cannot take part."""
    state, network = state_and_network(round_id)
    could, own = could_take_part(network, state), in_regions_of(account())
    ticked: dict[PartSide, Singled] = {}
    for side in SIDES:
        come, go = (
            tuple(network.find_utility(name).id for name in getattr(body, f"{side}_{part}")) for part in ("in", "out")
        )
        for utility in (network.utility_by_id[id] for id in (*come, *go)):
            if not own(utility.id):
                raise Forbidden(
                    say("This utility does not lie in your regions."),
                    say("A facilitator of the whole round chooses the others."),
                )
            if utility.id not in could[side]:
                hint = say("Enter an offer or a need of it first; what is excluded in the policy stays out.")
                none = say("{utility} has nothing by which it could take part.", utility=utility.name)
                return _Shown(state, network, {}, Conflict(none, hint), body.why)
        if come or go:
            ticked[side] = Singled(come, go)
    try:
        with_single(network, saved_policy(state), ticked)
    except WopError as problem:
        return _Shown(state, network, {}, problem, body.why)
    return _Shown(state, network, ticked, None, body.why)


def _answered(shown: _Shown) -> Changed:
    data = _rows(shown)
    html = None if wants_json() else _page(shown, data)
    if html is not None and shown.problem is not None:
        html.status_code = shown.problem.http_status
    return Changed(data, url_for("rounds.own_participants", round_id=shown.state.id), page=html)


def _page(shown: _Shown, data: OwnParticipants) -> Response:
    return answer("round_own_participants.html", data, crumbs=crumbs_of(shown.state), why=shown.why)


def _rows(shown: _Shown) -> OwnParticipants:
    state, network, view = shown.state, shown.network, view_here()
    could, own = could_take_part(network, state), in_regions_of(account())
    now = _taking_part(network, state)
    draft = state.model_copy(update={"policy": with_single(network, saved_policy(state), shown.ticked).to_json()})
    problems = [] if shown.problem is None else [shown.problem]
    counted: _Counted | None = None
    try:
        counted = _counted(network, draft)
    except WopError as problem:
        problems.append(problem)
    sides: dict[PartSide, OwnSide] = {}
    for side in SIDES:
        changes = {id for part in (shown.ticked.get(side, Singled()),) for id in (*part.come, *part.go)}
        rows = [
            OwnUtility(
                id=id,
                name=network.utility_by_id[id].name,
                takes_part=id in now[side],
                changes=id in changes,
            )
            for id in could[side]
            if own(id)
        ]
        rows.sort(key=lambda row: (row["name"].casefold(), row["id"]))
        sides[side] = OwnSide(
            utilities=rows,
            own=sum(row["takes_part"] for row in rows),
            others=None if counted is None else sum(not own(id) for id in counted.ids[side]),
        )
    data = OwnParticipants(
        id=state.id,
        title=state.title,
        version=state.version,
        phase=state.phase,
        may_change=state.phase in ROUND_STEPS["settings"],
        regions=[network.region_by_id[id].name for id in account().regions if id in network.region_by_id],
        mentors=sides["mentors"],
        mentees=sides["mentees"],
        places=None if counted is None else counted.places,
        most_served=None if counted is None else counted.most_served,
        without=[] if counted is None else counted.without,
        findings=[] if counted is None else counted.findings,
        room=[
            RoomRow(
                id=id,
                name=network.utility_by_id[id].name,
                places=state.places.get(id),
                wanted=state.wanted.get(id),
            )
            for id in sorted({*state.places, *state.wanted})
            if id in network.utility_by_id and own(id)
        ],
        problems=[each.to_json() for each in told(problems)],
    )
    if view is not None:
        data["left_out"] = view.worked_out
    return data


def _taking_part(network: Network, state: LivingRound) -> dict[PartSide, frozenset[str]]:
    """Whoever takes part now; of others than the own this is not told."""
    from matcher.participants import choose_participants
    from matcher.rounds.input import policy_of

    found = choose_participants(network, policy_of(state), date.fromisoformat(state.as_of))
    return {"mentors": frozenset(found.mentor_ids), "mentees": frozenset(found.mentee_ids)}


@dataclass(frozen=True)
class _Counted:
    """What a round comes to on what the reader may see."""

    ids: dict[PartSide, tuple[str, ...]]
    places: int
    most_served: int
    without: list[WithoutRow]
    findings: list[FindingRow]


def _counted(network: Network, state: LivingRound) -> _Counted:
    from matcher.participants import choose_participants
    from matcher.rounds.input import policy_of
    from matcher.rounds.readiness import findings, preview

    view = view_here()
    if view is not None:
        state, network = seen_round(state, view), seen_network(network, view.hidden)
    as_of = date.fromisoformat(state.as_of)
    policy: Policy = policy_of(state)
    if view is not None:
        policy = policy_on(network, policy, as_of)
    part, seen = choose_participants(network, policy, as_of), preview(network, policy, as_of)
    return _Counted(
        ids={"mentors": part.mentor_ids, "mentees": part.mentee_ids},
        places=seen.places,
        most_served=seen.most_served,
        without=[WithoutRow(**row) for row in seen.without],
        findings=[FindingRow(**each) for each in findings(network, policy, as_of)],
    )
