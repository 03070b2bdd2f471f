"""What is known of a job, and the state that follows from it.

A job is never edited. It is what was *asked*, its numbered *attempts* (each written by the one worker that claimed
it), the wish to *cancel*, and one *end*. Its state is read off these, so no two processes ever write the same thing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal, NotRequired, TypedDict

from graph.sentences import Sentence, say
from matcher.document import SentenceJson
from matcher.scenarios import Scenario

Kind = Literal["match", "sweep", "round", "plan", "mail"]
State = Literal["queued", "running", "done", "failed", "cancelled", "interrupted"]
EndState = Literal["done", "failed", "cancelled", "interrupted"]

MOST_ATTEMPTS = 3
"""A job that outlived so many workers is not given to another: it may be what ended them."""

STATES: dict[State, Sentence] = {
    "queued": say("waiting"),
    "running": say("running"),
    "done": say("done"),
    "failed": say("failed"),
    "cancelled": say("was cancelled"),
    "interrupted": say("interrupted"),
}
KINDS: dict[Kind, Sentence] = {
    "match": say("match"),
    "sweep": say("comparison of policies"),
    "round": say("solve of a round"),
    "plan": say("planning question"),
    "mail": say("letters of a round"),
}
STAGES = (
    say("Reading the network"),
    say("Choosing participants"),
    say("Scoring pairs"),
    say("Solving"),
    say("Verifying"),
    say("Explaining"),
    say("Keeping the result"),
    say("Sending letters"),
    say("Waiting for the store"),
    say("Done"),
)
"""What an attempt says it is doing, besides the titles of goals; here so that pages can translate it."""

RUN_AGAIN = say("Run it again; if that fails too, ask for less at once or give the worker more memory.")


def interrupted(times: int) -> Sentence:
    """What is said of a job that outlived its workers."""
    return say("The job was interrupted {times} times, because each worker stopped before the end.", times=times)


class RoundAsked(TypedDict):
    """The round (``matcher.rounds``) a job solves or compares policies for, and who asked for it."""

    id: str
    who: str
    account: NotRequired[str]


class PlanAsked(TypedDict):
    """The planning question a job answers: with what it is asked, as whom (what is ``hidden``), and its answer's id."""

    question: str
    parameters: dict[str, Any]
    hidden: list[str]
    answer: str


class MailAsked(TypedDict):
    """Letters of a round to be mailed: due ones or reminders of a day (``on``), also those that perhaps arrived.

    ``base`` is what links begin with; what fails after entry ``since`` of the round's log is not tried again.
    ``regions`` are those whose utilities are written to; empty: all.
    """

    reminder: bool
    unsure: bool
    on: str
    since: int
    base: str
    regions: list[str]


class Asked(TypedDict):
    """What somebody asked for. ``digest`` is over everything that decides the answer, the store's revision included.

    ``of_round`` is only there where a round is solved, policies are compared for it, or its letters are mailed
    (``mail``); ``of_plan`` where a planning question is answered.
    """

    id: str
    kind: Kind
    policies: list[dict[str, Any]]
    as_of: str
    seed: int
    time_limit: float
    revision: int
    digest: str
    asked_at: str
    of_round: NotRequired[RoundAsked]
    of_plan: NotRequired[PlanAsked]
    mail: NotRequired[MailAsked]


class SoFarForm(TypedDict):
    """The best value known of a goal, the proven bound, and the gap between them as a share of the bound."""

    goal_s: SentenceJson
    value: int | None
    bound: int | None
    gap: float | None


class Attempt(TypedDict):
    """One worker's try; ``beat`` counts up while it lives, ``released`` says it gave the job back."""

    number: int
    worker: str
    started_at: str
    beat: int
    beat_at: str
    released: bool
    doing: str
    share: float
    so_far: SoFarForm | None


class Ended(TypedDict):
    """How a job ended; ``rounds`` are those it made, ``scenarios`` what each comes to."""

    state: EndState
    ended_at: str
    rounds: list[str]
    scenarios: list[Scenario]
    error_s: SentenceJson | None
    hint_s: SentenceJson | None


class Job(TypedDict):
    """A job as pages, commands and their JSON show it."""

    id: str
    kind: Kind
    state: State
    policies: list[str]
    as_of: str
    seed: int
    time_limit: float
    revision: int
    digest: str
    asked_at: str
    started_at: str | None
    ended_at: str | None
    attempt: int
    worker: str | None
    beat_at: str | None
    given_up: bool
    cancel_asked: bool
    doing: str | None
    share: float | None
    so_far: SoFarForm | None
    rounds: list[str]
    scenarios: list[Scenario]
    of_round: str | None
    of_plan: str | None
    error_s: SentenceJson | None
    hint_s: SentenceJson | None


class Present(TypedDict):
    """A worker process that answers."""

    name: str
    beat_at: str


def now() -> str:
    """The present moment as records keep it: ISO in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def seconds_since(moment: str) -> float:
    """How long ago that was, by this machine's clock."""
    return (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds()


def job_of(asked: Asked, attempts: Sequence[Attempt], cancel: bool, ended: Ended | None, lost_after: float) -> Job:
    """The job that these parts make. ``lost_after``: seconds of silence after which its worker counts as gone."""
    last = attempts[-1] if attempts else None
    given_up = last is not None and (last["released"] or seconds_since(last["beat_at"]) > lost_after)
    state: State = "queued" if last is None or given_up else "running"
    running = last if state == "running" else None
    return {
        "id": asked["id"],
        "kind": asked["kind"],
        "state": ended["state"] if ended else state,
        "policies": [policy["name"] for policy in asked["policies"]],
        "as_of": asked["as_of"],
        "seed": asked["seed"],
        "time_limit": asked["time_limit"],
        "revision": asked["revision"],
        "digest": asked["digest"],
        "asked_at": asked["asked_at"],
        "started_at": attempts[0]["started_at"] if attempts else None,
        "ended_at": ended["ended_at"] if ended else None,
        "attempt": len(attempts),
        "worker": last["worker"] if last else None,
        "beat_at": last["beat_at"] if last else None,
        "given_up": given_up and ended is None,
        "cancel_asked": cancel,
        "doing": running["doing"] if running and not ended else None,
        "share": 1.0 if ended and ended["state"] == "done" else running["share"] if running else None,
        "so_far": last["so_far"] if last else None,
        "rounds": ended["rounds"] if ended else [],
        "scenarios": ended["scenarios"] if ended else [],
        "of_round": asked["of_round"]["id"] if "of_round" in asked else None,
        "of_plan": asked["of_plan"]["question"] if "of_plan" in asked else None,
        "error_s": ended["error_s"] if ended else None,
        "hint_s": ended["hint_s"] if ended else None,
    }


def so_far_form(goal: Sentence, value: int | None, bound: int | None) -> SoFarForm:
    """How far a search has come, with its gap."""
    gap = None if value is None or bound is None else round(max(bound - value, 0) / max(abs(bound), 1), 6)
    return {"goal_s": goal.to_json(), "value": value, "bound": bound, "gap": gap}
