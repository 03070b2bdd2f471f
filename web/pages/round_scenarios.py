"""Scenarios of a round: several policies solved side by side without touching it, compared, and one of them chosen."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal, TypedDict, cast

from flask import Response, url_for
from pydantic import Field

from graph.errors import BadInput, UnknownName
from graph.network import Network
from graph.rounds import read_round
from graph.sentences import say
from matcher.document import GoalUse, ProposalDocument
from matcher.policy import Policy, parse_policy, ready_policies
from matcher.policy_changes import differences
from matcher.policy_edits import trade_of, with_parts, with_trade
from matcher.policy_words import TRADES
from matcher.rounds import edits
from matcher.rounds.scenarios import Outcome, document_pairs, for_round, outcome, present_pairs
from matcher.rounds.state import LivingRound
from matcher.scenarios import goals_of_any
from web.action import Body, Changed, action
from web.jobs.board import number_of
from web.jobs.records import STATES, Job
from web.knowledge import keeper
from web.pages.jobs import DEFAULT_SECONDS, MOST_SECONDS, REFRESH_SECONDS, board
from web.pages.policy_form import PolicyForm
from web.pages.policy_rows import saved_policy
from web.pages.round_changes import Reasoned, author, changed_round
from web.pages.round_policy import from_form
from web.pages.round_rows import crumbs_of
from web.pages.rounds import Row, pages, state_and_network
from web.twin import Query, answer, page

OVER = ("closed", "cancelled")
OWN, READY, TRADE = "own", "ready", "trade"


class ChoiceRow(TypedDict):
    """A policy that can be tried."""

    id: str
    name: str
    description: str


class ScenarioRow(TypedDict):
    """One scenario, or the present proposals (``document`` is then ``None``)."""

    document: str | None
    policy_name: str
    is_saved: bool
    proven: bool
    goals: list[GoalUse]
    outcome: Outcome


class Scenarios(TypedDict):
    """The scenarios of a round computed last, the present proposals first; and the job at work on others."""

    id: str
    title: str
    version: int
    phase: str
    may_change: bool
    choices: list[ChoiceRow]
    job: Job | None
    workers: int
    rows: list[ScenarioRow]
    regions: list[str]
    names: dict[str, str]


class ScenarioQuery(Query):
    """How the page is shown."""

    refresh: Literal["on", "off"] = Field(default="on", description="Whether it reloads while a job is at work.")


class AskedScenarios(Body):
    """Which policies are tried."""

    policy: tuple[str, ...] = Field(
        min_length=1, max_length=12, description="own, ready:ID of a ready policy, or trade:ID of what matters most."
    )
    time_limit: float = Field(default=DEFAULT_SECONDS, gt=0, le=MOST_SECONDS, description="Seconds for each policy.")


class ChosenScenario(Reasoned):
    """The scenario that is taken."""

    document: str = Field(min_length=1, max_length=200, description="Id of the scenario's proposal document.")


@page(pages, "/rounds/<round_id>/scenarios", ScenarioQuery, Scenarios)
def scenarios(query: ScenarioQuery, round_id: str) -> Response:
    """What the round would propose under several policies, side by side."""
    state, network = state_and_network(round_id)
    jobs = scenario_jobs(round_id)
    working = next((job for job in jobs if job["ended_at"] is None), None)
    failed = jobs[0] if jobs and jobs[0]["state"] not in ("done", "queued", "running") else None
    done = next((job for job in jobs if job["state"] == "done"), None)
    rows = _rows(state, network, done)
    data = Scenarios(
        id=state.id,
        title=state.title,
        version=state.version,
        phase=state.phase,
        may_change=state.phase not in (*OVER, "solving"),
        choices=_choices(saved_policy(state)),
        job=working or failed,
        workers=len(board().workers()),
        rows=rows,
        regions=sorted({region for row in rows for region in row["outcome"]["by_region"]}),
        names=_names(network, rows),
    )
    refreshing = query.refresh == "on" and working is not None
    response = answer(
        "round_scenarios.html",
        data,
        crumbs=crumbs_of(state),
        states=STATES,
        goals=goals_of_any(rows),  # type: ignore[arg-type]  # rows with goals, as a scenario's are
        refreshing=refreshing,
        seconds=REFRESH_SECONDS,
        seconds_each=int(DEFAULT_SECONDS),
    )
    if refreshing:
        response.headers["Refresh"] = str(REFRESH_SECONDS)
    return response


@action(pages, "/rounds/<round_id>/scenarios", AskedScenarios, Job)
def ask_scenarios(body: AskedScenarios, round_id: str) -> Changed:
    """Have a worker solve the round under several policies, without touching it."""
    state, _network = _open(round_id)
    policies = [_policy(id, saved_policy(state)) for id in dict.fromkeys(body.policy)]
    return _ask(state, policies, body.time_limit)


@action(pages, "/rounds/<round_id>/policy/compare", PolicyForm, Job)
def compare_policy(body: Any, round_id: str) -> Changed:
    """Have a worker solve the round under the saved policy and under the edited one, without touching it."""
    state, network = _open(round_id)
    edit = from_form(body, state, network)
    if edit.problems:
        raise edit.problems[0]
    found = edit.policy
    saved = saved_policy(state)
    if found.to_json() == saved.to_json():
        raise BadInput(say("The edited policy is the saved one."), say("Change something first."))
    if found.name == saved.name:
        found = with_parts(found, name=f"{found.name} (edited)")
    return _ask(state, [saved, found], DEFAULT_SECONDS)


@action(pages, "/rounds/<round_id>/scenarios/choose", ChosenScenario, Row)
def choose_scenario(body: ChosenScenario, round_id: str) -> Changed:
    """Make a scenario's policy the round's own, with the reason, and have the round solved under it."""
    from matcher.rounds.input import policy_of
    from matcher.rounds.readiness import check_round
    from matcher.rounds.solving import begin_solve

    if not body.why.strip():
        raise BadInput(say("A choice needs its reason."), say("Say why; the decision record repeats it."))
    state, network = state_and_network(round_id)
    policy = _policy_of_document(round_id, body.document)
    saved, store, who = saved_policy(state), keeper().store, author()
    said = [
        say("The scenario “{policy}” was chosen.", policy=policy.name),
        *differences(network, saved, policy),
    ]
    state = edits.change_settings(store, round_id, policy=policy, said=said, who=who, why=body.why, seen=body.seen)
    if state.phase == "draft":
        state = check_round(store, state, network, who=who, seen=state.version)
    state = begin_solve(store, round_id, who=who, why=body.why, seen=state.version)
    board().ask(
        "round",
        [policy_of(state).to_json()],
        state.as_of,
        0,
        DEFAULT_SECONDS,
        state.version,
        of_round={"id": round_id, "who": who},
    )
    return changed_round(state)


def scenario_jobs(round_id: str) -> list[Job]:
    """The jobs that compare policies for a round, the latest first."""
    return [job for job in board().jobs() if job["of_round"] == round_id and job["kind"] == "sweep"]


def _open(round_id: str) -> tuple[LivingRound, Network]:
    """A round that is not over, and what is known by its date."""
    state, network = state_and_network(round_id)
    if state.phase in OVER:
        raise BadInput(say("The round is over: nothing is tried for it any more."), say("Begin a new round like it."))
    return state, network


def _ask(state: LivingRound, policies: Sequence[Policy], time_limit: float) -> Changed:
    forms = [policy.to_json() for policy in policies]
    asked = {"id": state.id, "who": author()}
    job = board().ask("sweep", forms, state.as_of, 0, time_limit, state.version, of_round=asked)  # type: ignore[arg-type]  # the two keys it has
    return Changed(job, url_for("rounds.scenarios", round_id=state.id), new=True)


def _choices(saved: Policy) -> list[ChoiceRow]:
    """The round's own policy, it with each other answer to what matters most, and the ready ones."""
    own = str(say("The policy of this round as it is."))
    found = [ChoiceRow(id=OWN, name=saved.name, description=own)]
    for trade, (text, _order) in TRADES.items():
        if trade != trade_of(saved):
            described = str(say("The policy of this round with another order of goals."))
            found.append(ChoiceRow(id=f"{TRADE}:{trade}", name=str(text), description=described))
    for id, policy in ready_policies().items():
        found.append(ChoiceRow(id=f"{READY}:{id}", name=policy.name, description=policy.description))
    return found


def _policy(id: str, saved: Policy) -> Policy:
    kind, _colon, name = id.partition(":")
    if id == OWN:
        return saved
    if kind == TRADE and name in TRADES:
        return with_parts(
            with_trade(saved, name), name=str(next(text for key, (text, _) in TRADES.items() if key == name))
        )
    if kind == READY and name in ready_policies():
        return for_round(ready_policies()[name], saved)
    raise UnknownName(say("policy"), id, [choice["id"] for choice in _choices(saved)])


def _policy_of_document(round_id: str, document: str) -> Policy:
    """The policy a scenario was asked for with, before the decisions of the round came into it."""
    for job in scenario_jobs(round_id):
        asked = board().asked(number_of(job["id"]))
        if document in job["rounds"] and asked is not None:
            return parse_policy(asked["policies"][job["rounds"].index(document)], document)
    known = [id for job in scenario_jobs(round_id) for id in job["rounds"]]
    raise UnknownName(say("scenario of this round"), document, known)


def _rows(state: LivingRound, network: Network, job: Job | None) -> list[ScenarioRow]:
    present = present_pairs(state)
    rows: list[ScenarioRow] = []
    documents: list[ProposalDocument] = []
    with keeper().store.read() as reader:
        if present and state.solved is not None:
            solved = cast(ProposalDocument, read_round(reader, state.solved.document))
            rows.append(
                ScenarioRow(
                    document=None,
                    policy_name=state.policy["name"],
                    is_saved=True,
                    proven=solved["proven"],
                    goals=[],
                    outcome=outcome(network, present, present),
                )
            )
        if job is not None:
            documents = [cast(ProposalDocument, read_round(reader, id)) for id in job["rounds"]]
    asked = board().asked(number_of(job["id"])) if job is not None else None
    saved = json.dumps(saved_policy(state).to_json(), sort_keys=True)
    for at, document in enumerate(documents):
        raw = json.dumps(asked["policies"][at], sort_keys=True) if asked is not None else ""
        rows.append(
            ScenarioRow(
                document=document["id"],
                policy_name=document["policy"]["name"],
                is_saved=raw == saved,
                proven=document["proven"],
                goals=document["goals"],
                outcome=outcome(network, document_pairs(document), present),
            )
        )
    return rows


def _names(network: Network, rows: Sequence[ScenarioRow]) -> dict[str, str]:
    ids = {id for row in rows for part in (row["outcome"]["gained"], row["outcome"]["lost"]) for id in part}
    return {id: network.utility_by_id[id].name for id in sorted(ids) if id in network.utility_by_id}
