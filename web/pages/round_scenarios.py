"""Scenarios of a round: several policies solved side by side without touching it, compared, and one of them chosen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal, TypedDict, cast

from flask import Response, url_for
from pydantic import Field

from graph.errors import BadInput, UnknownName
from graph.network import Network
from graph.rounds import read_round
from graph.sentences import Sentence, say
from matcher.document import GoalUse, ProposalDocument, SentenceJson
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
from web.pages.round_policy import edited_again, from_form
from web.pages.round_rows import crumbs_of
from web.pages.rounds import Row, pages, state_and_network
from web.twin import Query, answer, page, wants_json

OVER = ("closed", "cancelled")
OWN, READY, TRADE = "own", "ready", "trade"
COUNTED = {
    "most_partnerships": say("Partnerships"),
    "most_needs": say("Needs covered"),
    "most_priority": say("Needs of the highest priority covered"),
    "fragile_first": say("Partnerships in fragile states"),
    "low_income_first": say("Partnerships in low-income countries"),
    "first_timers": say("Partnerships with utilities that never had one"),
}
"""What goals count, as headings."""


class ChoiceRow(TypedDict):
    """A policy that can be tried: the round's own, it with another order of goals, or a ready one."""

    id: str
    kind: Literal["own", "trade", "ready"]
    name: str
    description: str


class ScenarioRow(TypedDict):
    """One scenario, or the present proposals (``document`` is then ``None``)."""

    document: str | None
    policy_name: str
    is_saved: bool
    proven: bool
    goals: list[GoalUse]
    changes: list[SentenceJson]
    outcome: Outcome


class ColumnRow(TypedDict):
    """One figure of every row; ``best`` marks the highest where they differ. Fits are 0..1."""

    title_s: SentenceJson
    is_fit: bool
    values: list[float | None]
    best: list[bool]


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
    solved_at: str | None
    changed_since: bool
    rows: list[ScenarioRow]
    columns: list[ColumnRow]
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
    asked = board().asked(number_of(done["id"])) if done is not None else None
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
        solved_at=done["ended_at"] if done is not None else None,
        changed_since=asked is not None and asked["revision"] != state.version,
        rows=rows,
        columns=_columns(rows),
        regions=sorted({region for row in rows for region in row["outcome"]["by_region"]}),
        names=_names(network, rows),
    )
    refreshing = query.refresh == "on" and working is not None
    response = answer(
        "round_scenarios.html",
        data,
        crumbs=crumbs_of(state),
        states=STATES,
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
    if edit.problems and wants_json():
        raise edit.problems[0]
    if edit.problems:
        return edited_again(state, network, edit, why=body.why)
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
    found = [ChoiceRow(id=OWN, kind="own", name=saved.name, description=own)]
    for trade, (text, _order) in TRADES.items():
        if trade != trade_of(saved):
            found.append(ChoiceRow(id=f"{TRADE}:{trade}", kind="trade", name=str(text), description=""))
    for id, policy in ready_policies().items():
        if not _same(for_round(policy, saved), saved):
            name = policy.name
            found.append(ChoiceRow(id=f"{READY}:{id}", kind="ready", name=name, description=policy.description))
    return found


def _same(one: Policy, other: Policy) -> bool:
    """Whether two policies say the same, whatever they are called."""
    said = [{**policy.to_json(), "name": "", "description": ""} for policy in (one, other)]
    return said[0] == said[1]


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
    present, as_of = present_pairs(state), date.fromisoformat(state.as_of)
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
                    changes=[],
                    outcome=outcome(network, as_of, present, present),
                )
            )
        if job is not None:
            documents = [cast(ProposalDocument, read_round(reader, id)) for id in job["rounds"]]
    asked = board().asked(number_of(job["id"])) if job is not None else None
    saved = saved_policy(state)
    for at, document in enumerate(documents):
        tried = parse_policy(asked["policies"][at], document["id"]) if asked is not None else None
        rows.append(
            ScenarioRow(
                document=document["id"],
                policy_name=document["policy"]["name"],
                is_saved=tried is not None and tried.to_json() == saved.to_json(),
                proven=document["proven"],
                goals=document["goals"],
                changes=[each.to_json() for each in differences(network, saved, tried)] if tried is not None else [],
                outcome=outcome(network, as_of, document_pairs(document), present),
            )
        )
    return rows


def _columns(rows: Sequence[ScenarioRow]) -> list[ColumnRow]:
    """The figures to be compared: whom it serves, what any of the policies has for a goal, and the fits."""
    goals = [goal["id"] for goal in goals_of_any(rows)]  # type: ignore[arg-type]  # rows with goals, as a scenario's are
    counted = [goal for goal in COUNTED if goal in goals or goal == "fragile_first"]
    found = [_column(say("Mentees with a partner"), [row["outcome"]["served"] for row in rows])]
    found += [_column(COUNTED[goal], [row["outcome"]["counts"][goal] for row in rows]) for goal in counted]
    found.append(_column(say("Total fit"), [row["outcome"]["total_fit"] for row in rows]))
    found.append(_column(say("Lowest fit of 100"), [row["outcome"]["worst_fit"] for row in rows], is_fit=True))
    return found


def _column(title: Sentence, values: Sequence[float | None], *, is_fit: bool = False) -> ColumnRow:
    known = {value for value in values if value is not None}
    best = max(known) if len(known) > 1 else None
    marked = [value is not None and value == best for value in values]
    return ColumnRow(title_s=title.to_json(), is_fit=is_fit, values=list(values), best=marked)


def _names(network: Network, rows: Sequence[ScenarioRow]) -> dict[str, str]:
    ids = {id for row in rows for part in (row["outcome"]["gained"], row["outcome"]["lost"]) for id in part}
    return {id: network.utility_by_id[id].name for id in sorted(ids) if id in network.utility_by_id}
