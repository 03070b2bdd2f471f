"""Who takes part in a round: chosen by filters or one by one, counted at once, and saved with a reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypedDict

from flask import Response, url_for
from pydantic import Field

from graph.errors import BadInput, Conflict, WopError
from graph.network import Network
from graph.sentences import Sentence, say
from matcher.document import SentenceJson
from matcher.policy import Policy, Selection
from matcher.policy_changes import differences, selected
from matcher.policy_edits import choosing
from matcher.rounds import edits
from matcher.rounds.keeping import living_rounds, read_state, utility_names
from matcher.rounds.state import ROUND_STEPS, LivingRound
from matcher.words import INCOME_NAMES
from web.action import Changed, action
from web.knowledge import keeper
from web.pages.participants_form import SIDES, ParticipantsForm, PartSide, chosen
from web.pages.policy_rows import saved_policy
from web.pages.policy_typed import told
from web.pages.round_changes import Reasoned, account, author
from web.pages.round_rows import crumbs_of
from web.pages.rounds import FindingRow, WithoutRow, pages, state_and_network
from web.twin import Query, answer, page, wants_json
from web.whose_round import may_choose


class TakingPart(TypedDict):
    """One utility by its id and name."""

    id: str
    name: str


class SideRow(TypedDict):
    """One side of a round: the selection, in words, and whom it comes to."""

    selection: dict[str, Any]
    words: list[SentenceJson]
    utilities: list[TakingPart]


class RoomRow(TypedDict):
    """Places or mentors wanted, set for one utility in this round only (``None``: as it stated)."""

    id: str
    name: str
    places: int | None
    wanted: int | None


class ParticipantsShown(TypedDict):
    """Who takes part as chosen so far, what no solve can better, what the check finds, and what saving would change."""

    id: str
    title: str
    version: int
    phase: str
    may_change: bool
    mentors: SideRow
    mentees: SideRow
    places: int | None
    most_served: int | None
    without: list[WithoutRow]
    findings: list[FindingRow]
    room: list[RoomRow]
    differences: list[SentenceJson]
    problems: list[SentenceJson]


class Room(Reasoned):
    """Places and mentors wanted of one utility, for this round only."""

    utility: str = Field(min_length=1, max_length=300, description="Id or exact name of the utility.")
    places: int | None = Field(default=None, ge=0, le=1000, description="Its places as a mentor.")
    wanted: int | None = Field(default=None, ge=0, le=3, description="How many mentors it wants.")


@dataclass(frozen=True)
class _Asked:
    """What is shown: the policy with the participants chosen so far, and what could not be done."""

    state: LivingRound
    network: Network
    policy: Policy
    problems: Sequence[WopError] = ()
    why: str = ""
    of_round: Mapping[PartSide, str] | None = None


@page(pages, "/rounds/<round_id>/participants", Query, ParticipantsShown)
def participants(_query: Query, round_id: str) -> Response:
    """Who takes part in a round, and what that comes to."""
    state, network = state_and_network(round_id)
    asked = _Asked(state, network, saved_policy(state))
    return _shown(asked, _rows(asked))


@action(pages, "/rounds/<round_id>/participants/draft", ParticipantsForm, ParticipantsShown)
def draft_participants(body: Any, round_id: str) -> Changed:
    """Choose participants without saving: whom it comes to, and what the check finds."""
    asked = _asked(body, round_id)
    if asked.problems and wants_json():
        raise asked.problems[0]
    return _answered(asked)


@action(pages, "/rounds/<round_id>/participants", ParticipantsForm, ParticipantsShown)
def set_participants(body: Any, round_id: str) -> Changed:
    """Save who takes part, with the reason."""
    asked = _asked(body, round_id)
    problem = asked.problems[0] if asked.problems else None
    if problem is None:
        said = differences(asked.network, saved_policy(asked.state), asked.policy)
        try:
            if not body.why.strip():
                raise BadInput(say("A choice of participants needs its reason."), say("Say why, and save again."))
            edits.change_settings(
                keeper().store,
                round_id,
                policy=asked.policy,
                said=(*said, *_same_as(body)),
                who=author(),
                why=body.why,
                seen=body.seen,
            )
        except WopError as refused:
            problem = refused
    if problem is not None:
        if wants_json():
            raise problem
        state, network = state_and_network(round_id) if isinstance(problem, Conflict) else (asked.state, asked.network)
        again = choosing(saved_policy(state), asked.policy.participants.mentors, asked.policy.participants.mentees)
        return _answered(_Asked(state, network, again, [problem], body.why, asked.of_round))
    done: Mapping[str, Any] = {}
    if wants_json():
        state, network = state_and_network(round_id)
        done = _rows(_Asked(state, network, saved_policy(state)))
    return Changed(done, url_for("rounds.participants", round_id=round_id))


@action(pages, "/rounds/<round_id>/room", Room, RoomRow)
def set_room(body: Room, round_id: str) -> Changed:
    """Set the places of a mentor, or the mentors a mentee wants, for this round only."""
    state, network = state_and_network(round_id)
    utility = network.find_utility(body.utility)
    if body.places is None and body.wanted is None:
        raise BadInput(say("Neither places nor mentors wanted are given."), say("Give at least one of the two."))
    state = edits.set_room(
        keeper().store,
        round_id,
        places={} if body.places is None else {utility.id: body.places},
        wanted={} if body.wanted is None else {utility.id: body.wanted},
        who=author(),
        why=body.why,
        seen=body.seen,
    )
    row = RoomRow(
        id=utility.id,
        name=utility.name,
        places=state.places.get(utility.id),
        wanted=state.wanted.get(utility.id),
    )
    page = "participants" if may_choose(account(), {"round_id": round_id}) else "own_participants"
    return Changed(row, url_for(f"rounds.{page}", round_id=round_id, _anchor="room"))


def _asked(body: Any, round_id: str) -> _Asked:
    state, network = state_and_network(round_id)
    saved = saved_policy(state)
    of_round = {side: getattr(body, f"{side}_of_round") or "" for side in SIDES}
    try:
        with keeper().store.read() as reader:
            sides = {side: chosen(body, side, network, reader) for side in SIDES}
        policy = choosing(saved, sides["mentors"], sides["mentees"])
    except WopError as problem:
        return _Asked(state, network, _as_far(body, network, saved), [problem], body.why, of_round)
    return _Asked(state, network, policy, (), body.why, of_round)


def _as_far(body: Any, network: Network, saved: Policy) -> Policy:
    """The choice without what may name something unknown, so that the rest is not lost."""
    left = {f"{side}_{part}": None for side in SIDES for part in ("add", "drop", "of_round")}
    try:
        with keeper().store.read() as reader:
            sides = [chosen(body.model_copy(update=left), side, network, reader) for side in SIDES]
        return choosing(saved, *sides)
    except WopError:
        return saved


def _same_as(body: Any) -> list[Sentence]:
    """Where a side was taken from another round, that round by name."""
    found = []
    with keeper().store.read() as reader:
        if body.mentors_of_round:
            title = read_state(reader, body.mentors_of_round).title
            found.append(say("The mentors are those of the round “{title}”.", title=title))
        if body.mentees_of_round:
            title = read_state(reader, body.mentees_of_round).title
            found.append(say("The mentees are those of the round “{title}”.", title=title))
    return found


def _answered(asked: _Asked) -> Changed:
    data = _rows(asked)
    page = None if wants_json() else _shown(asked, data)
    if page is not None and asked.problems:
        page.status_code = asked.problems[0].http_status
    return Changed(data, url_for("rounds.participants", round_id=asked.state.id), page=page)


def _shown(asked: _Asked, data: ParticipantsShown) -> Response:
    network = asked.network
    countries = {utility.country for utility in network.utilities}
    regions = {network.country_by_id[id].region for id in countries}
    with keeper().store.read() as reader:
        others = {row.id: row.title for row in living_rounds(reader) if row.id != asked.state.id}
        kept = [id for side in SIDES for part in ("utilities", "also", "without") for id in _part(asked, side, part)]
        names = utility_names(reader, kept)
    return answer(
        "round_participants.html",
        data,
        crumbs=crumbs_of(asked.state),
        why=asked.why,
        of_round=asked.of_round or {},
        rounds=others,
        names=names,
        incomes=INCOME_NAMES,
        regions=[region for region in network.regions if region.id in regions],
        countries=sorted((network.country_by_id[id] for id in countries), key=lambda each: each.name),
        capabilities=sorted(network.capabilities, key=lambda each: each.name),
        programmes=sorted({part.programme for part in network.partnerships if part.programme}),
    )


def _part(asked: _Asked, side: PartSide, part: str) -> Sequence[str]:
    selection = getattr(asked.policy.participants, side)
    return () if selection is None else getattr(selection, part)


def _rows(asked: _Asked) -> ParticipantsShown:
    from matcher.participants import choose_participants
    from matcher.rounds.input import policy_of
    from matcher.rounds.readiness import findings, preview

    state, network, policy = asked.state, asked.network, asked.policy
    as_of, problems = date.fromisoformat(state.as_of), list(asked.problems)
    places = served = None
    without: list[WithoutRow] = []
    found: list[FindingRow] = []
    ids: dict[PartSide, Sequence[str]] = {"mentors": (), "mentees": ()}
    try:
        whole = policy_of(state.model_copy(update={"policy": policy.to_json()}))
        part = choose_participants(network, whole, as_of)
        ids = {"mentors": part.mentor_ids, "mentees": part.mentee_ids}
        found = [FindingRow(**finding) for finding in findings(network, whole, as_of)]
        seen = preview(network, whole, as_of)
        places, served, without = seen.places, seen.most_served, [WithoutRow(**row) for row in seen.without]
    except WopError as problem:
        problems.append(problem)
    return ParticipantsShown(
        id=state.id,
        title=state.title,
        version=state.version,
        phase=state.phase,
        may_change=state.phase in ROUND_STEPS["settings"],
        mentors=_side_row(network, policy.participants.mentors, ids["mentors"]),
        mentees=_side_row(network, policy.participants.mentees, ids["mentees"]),
        places=places,
        most_served=served,
        without=without,
        findings=found,
        room=[
            RoomRow(
                id=id,
                name=network.utility_by_id[id].name if id in network.utility_by_id else id,
                places=state.places.get(id),
                wanted=state.wanted.get(id),
            )
            for id in sorted({*state.places, *state.wanted})
        ],
        differences=[each.to_json() for each in differences(network, saved_policy(state), policy)],
        problems=[each.to_json() for each in told(problems)],
    )


def _side_row(network: Network, selection: Selection | None, ids: Sequence[str]) -> SideRow:
    words = selected(network, selection)
    return SideRow(
        selection={} if selection is None else selection.model_dump(mode="json", exclude_defaults=True),
        words=[each.to_json() for each in words],
        utilities=[TakingPart(id=id, name=network.utility_by_id[id].name) for id in ids],
    )
