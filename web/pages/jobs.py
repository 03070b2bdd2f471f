"""Jobs: ask for a match or a comparison of policies, see how it goes, stop it, keep one of the compared."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import date
from typing import Any, Literal, TypedDict, cast

from flask import Blueprint, Response, current_app, url_for
from pydantic import Field

from graph.errors import BadInput, Forbidden, NothingFeasible, UnknownName
from graph.rounds import read_round, save_round
from graph.sentences import say
from matcher.policy import ready_policies
from matcher.scenarios import goals_of_any, scenario
from web.action import Body, Changed, action
from web.jobs.board import JobBoard
from web.jobs.records import KINDS, STATES, Job, Present
from web.knowledge import keeper, knowledge, proposal, view_here
from web.shown import Crumb, Part, cut
from web.signing_in import signed_in
from web.twin import Paged, Query, answer, page
from web.whose_round import may_lead

pages = Blueprint("jobs", __name__)

REFRESH_SECONDS = 3
DEFAULT_SECONDS = 300.0
MOST_SECONDS = 24 * 3600.0
LATEST = "latest"
"""Names, among the policies, the one of the latest proposal."""

CLASH = NothingFeasible(()).message.template
CLASH_NOT_SHOWN = say("Why is not shown: it rests on what some utilities keep private.").to_json()

CRUMBS = [Crumb(say("Jobs"), "jobs.jobs")]


class JobQuery(Query):
    """How a job is shown."""

    refresh: Literal["on", "off"] = Field(default="on", description="Whether the page of an unfinished job reloads.")


class NewMatchQuery(Query):
    """What is chosen beforehand."""

    policy: str | None = Field(default=None, max_length=100, description="Id of a ready policy, or “latest”.")


class Jobs(TypedDict):
    """The jobs kept, the latest first, one part of the list; and the workers that answer."""

    part: Part
    jobs: list[Job]
    workers: list[Present]


class JobShown(Job):
    """One job, and how many workers answer."""

    workers: int


class PolicyChoice(TypedDict):
    """A policy to choose from."""

    id: str
    name: str
    description: str


class NewMatch(TypedDict):
    """What may be asked for."""

    policies: list[PolicyChoice]
    as_of: str
    time_limit: float
    workers: int


class AskedMatch(Body):
    """What is asked for: one policy is a match, several are compared."""

    policy: tuple[str, ...] = Field(
        min_length=1, max_length=20, description="Ids of ready policies, or “latest” for the latest proposal's own."
    )
    as_of: date | None = Field(default=None, description="Only what was known by this date counts; today if absent.")
    time_limit: float = Field(
        default=DEFAULT_SECONDS,
        gt=0,
        le=MOST_SECONDS,
        description="Seconds of solving for each policy, at most a day.",
    )
    seed: int = Field(default=0, ge=0, lt=2**31, description="The same seed gives the same proposal.")


class Nothing(Body):
    """Nothing more has to be said."""


class Kept(Body):
    """Which of the compared proposals."""

    round: str = Field(min_length=1, max_length=200, description="Id of a round the job made.")


@page(pages, "/jobs", Paged, Jobs)
def jobs(query: Paged) -> Response:
    """The jobs kept, the latest first, and the workers that answer."""
    shown = cut(board().jobs(), query.page)
    data = Jobs(part=shown.part, jobs=[_seen(each) for each in shown.rows], workers=board().workers())
    return answer("jobs.html", data, states=STATES, kinds=KINDS)


@page(pages, "/jobs/new", NewMatchQuery, NewMatch)
def new(query: NewMatchQuery) -> Response:
    """What may be asked for: policies, date and time limit."""
    known = knowledge()
    choices: list[PolicyChoice] = []
    if known.latest is not None and _form(known.latest["policy"]) not in map(_form, _ready_forms()):
        own = known.policy
        choices.append({"id": LATEST, "name": own.name, "description": own.description})
    for id, policy in ready_policies().items():
        choices.append({"id": id, "name": policy.name, "description": policy.description})
    if query.policy is not None and query.policy not in {choice["id"] for choice in choices}:
        raise UnknownName(say("policy"), query.policy, [choice["id"] for choice in choices])
    data = NewMatch(
        policies=choices,
        as_of=date.today().isoformat(),
        time_limit=DEFAULT_SECONDS,
        workers=len(board().workers()),
    )
    chosen = query.policy or choices[0]["id"]
    return answer("new_match.html", data, known=known, chosen=chosen, most=int(MOST_SECONDS), crumbs=CRUMBS)


@action(pages, "/jobs", AskedMatch, Job)
def ask(body: AskedMatch) -> Changed:
    """Ask for a match, or with several policies for a comparison of them."""
    known = knowledge()
    if known.is_empty:
        raise BadInput(
            say("The store has no utilities yet."),
            say("Import tables with “wop import PATH”, or try “wop demo” with the register of real partnerships."),
        )
    policies = [_policy(id) for id in dict.fromkeys(body.policy)]
    job = board().ask(
        "match" if len(policies) == 1 else "sweep",
        policies,
        (body.as_of or date.today()).isoformat(),
        body.seed,
        body.time_limit,
        known.network.revision,
    )
    return Changed(job, url_for("jobs.job", job_id=job["id"]), new=True)


@page(pages, "/jobs/<job_id>", JobQuery, JobShown)
def job(query: JobQuery, job_id: str) -> Response:
    """One job: how far it is, its best value and gap so far, or what came of it."""
    found = _seen(board().job(job_id))
    data = JobShown(**found, workers=len(board().workers()))
    refreshing = query.refresh == "on" and found["ended_at"] is None
    response = answer(
        "job.html",
        data,
        states=STATES,
        kinds=KINDS,
        goals=goals_of_any(found["scenarios"]),
        refreshing=refreshing,
        seconds=REFRESH_SECONDS,
        latest=keeper().now().latest if found["scenarios"] else None,
        stoppable=found["of_round"] is None or _may_stop(found["of_round"]),
        crumbs=CRUMBS,
    )
    if refreshing:
        response.headers["Refresh"] = str(REFRESH_SECONDS)
    return response


@action(pages, "/jobs/<job_id>/cancel", Nothing, Job)
def cancel(_body: Nothing, job_id: str) -> Changed:
    """Stop a job; one at work stops within about a second. The solve of a round is stopped by who leads the round."""
    of_round = board().job(job_id)["of_round"]
    if of_round is not None and not _may_stop(of_round):
        raise Forbidden(
            say("This job works for the round {id}, which is not yours to lead.", id=of_round),
            say("A facilitator without limits to regions may do it."),
        )
    return Changed(_seen(board().cancel(job_id)), url_for("jobs.job", job_id=job_id))


@action(pages, "/jobs/<job_id>/keep", Kept, Job)
def keep(body: Kept, job_id: str) -> Changed:
    """Make one of a job's proposals the latest one."""
    found = board().job(job_id)
    if body.round not in found["rounds"]:
        raise UnknownName(say("round of this job"), body.round, found["rounds"])
    with keeper().store.read() as reader:
        document = read_round(reader, body.round)
    save_round(keeper().store, document)
    return Changed(_seen(found), url_for("proposal.of_round", round_id=body.round))


def _may_stop(of_round: str) -> bool:
    who = signed_in().account
    return "administrator" in who.roles or may_lead(who, {"round_id": of_round})


def _seen(job: Job) -> Job:
    """A job as far as the reader may see it: what it made by the proposals seen, no values of goals under way, no
    checksum of what it was asked, and not why its rules clash."""
    if view_here() is None:
        return job
    scenarios = []
    for row in job["scenarios"]:
        with suppress(UnknownName):  # a proposal that is gone has nothing to be shown
            scenarios.append(scenario(proposal(row["round"])))
    told = {**job, "so_far": None, "scenarios": scenarios, "digest": ""}
    if job["error_s"] is not None and job["error_s"]["template"] == CLASH:
        # Which limit cannot be met, and by how much, counts private needs.
        told |= {"error_s": CLASH_NOT_SHOWN, "hint_s": None}
    return cast(Job, told)


def board() -> JobBoard:
    """The board of jobs of the application that answers this request."""
    return cast(JobBoard, current_app.extensions["wop_jobs"])


def _ready_forms() -> list[dict[str, Any]]:
    return [policy.to_json() for policy in ready_policies().values()]


def _form(policy: dict[str, Any]) -> str:
    """A policy as text, so that one read from the store equals the ready one it was."""
    return json.dumps(policy, sort_keys=True)


def _policy(id: str) -> dict[str, Any]:
    """A policy by its id; files are for the command line only."""
    latest = knowledge().latest
    if id == LATEST and latest is not None:
        return latest["policy"]
    ready = ready_policies()
    if id not in ready:
        raise UnknownName(say("ready policy"), id, ready)
    return ready[id].to_json()
