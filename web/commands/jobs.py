"""Long work as jobs: ask for a match or a comparison of policies, watch it, stop it; and the worker that does it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from graph.errors import WopError
from graph.sentences import Sentence, say
from web.commands.common import (
    Shared,
    as_of_option,
    console,
    error_console,
    json_option,
    pass_shared,
    print_json,
    progress,
)
from web.commands.match import TIME_LIMIT, text, titled
from web.commands.scenarios import policies_option, print_scenarios

if TYPE_CHECKING:
    from web.jobs.board import JobBoard
    from web.jobs.records import Job

LOOK_SECONDS = 0.5


def board_of(shared: Shared) -> JobBoard:
    """The board of jobs that belongs to a store, or that WOP_QUEUE names."""
    from web.jobs.board import JobBoard
    from web.jobs.storage import queue_address
    from web.settings import read_settings

    settings = read_settings(store=shared.store_address)
    return JobBoard(queue_address(settings.queue, settings.store), settings.job_lost_after)


@click.group()
def jobs() -> None:
    """Ask workers for matches, see how they go, stop them."""


@jobs.command()
@policies_option
@as_of_option
@click.option("--seed", default=0, show_default=True, help="Part of the input: the same seed, the same bytes.")
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0, min_open=True),
    default=TIME_LIMIT,
    show_default=True,
    help="Seconds for solving under each policy.",
)
@click.option("--wait", is_flag=True, help="Wait for its end.")
@json_option
@pass_shared
def add(
    shared: Shared, policies: tuple[str, ...], as_of: date, seed: int, time_limit: float, wait: bool, as_json: bool
) -> None:
    """Ask for a match; with several --policy, for a comparison that leaves the latest proposal as it is."""
    from matcher.policy import load_policy

    chosen = [load_policy(name).to_json() for name in policies]
    board = board_of(shared)
    with shared.store() as store:
        revision = store.revision()
    job = board.ask("match" if len(chosen) == 1 else "sweep", chosen, as_of.isoformat(), seed, time_limit, revision)
    _tell(board, job, wait, as_json)


@jobs.command(name="list")
@json_option
@pass_shared
def list_(shared: Shared, as_json: bool) -> None:
    """List the jobs kept, the latest first, and the workers that answer."""
    board = board_of(shared)
    found, workers = board.jobs(), board.workers()
    if as_json:
        print_json({"jobs": found, "workers": workers})
        return
    out = console()
    if found:
        table = titled("Jobs", "job", "what", "state", "policies", "asked", "rounds")
        for job in found:
            what, state, asked = _kind(job), _state(job), job["asked_at"][:16].replace("T", " ")
            table.add_row(job["id"], what, state, ", ".join(job["policies"]), asked, ", ".join(job["rounds"]))
        out.print(table)
    else:
        out.print("There are no jobs yet: “wop jobs add” asks for one.", highlight=False)
    out.print(_workers_line(len(workers)), highlight=False)


@jobs.command()
@click.argument("id")
@click.option("--wait", is_flag=True, help="Wait for its end.")
@json_option
@pass_shared
def show(shared: Shared, id: str, wait: bool, as_json: bool) -> None:
    """Show one job: how far it is, the best value and the gap so far, or what came of it."""
    board = board_of(shared)
    _tell(board, board.job(id), wait, as_json)


@jobs.command()
@click.argument("id")
@json_option
@pass_shared
def cancel(shared: Shared, id: str, as_json: bool) -> None:
    """Stop a job; one that waits never begins, one at work stops within about a second."""
    board = board_of(shared)
    _tell(board, board.cancel(id), False, as_json)


@click.command()
@click.option(
    "--processes", type=click.IntRange(1, 256), default=1, show_default=True, help="Jobs solved at the same time."
)
@click.option("--with-parent", is_flag=True, hidden=True, help="End when standard input closes.")
@pass_shared
def worker(shared: Shared, processes: int, with_parent: bool) -> None:
    """Work on jobs until stopped; any number of workers may run, on any machine that reaches store and queue."""
    from web.jobs.children import Workers
    from web.jobs.storage import queue_address
    from web.jobs.worker import JobWorker
    from web.logs import configure_logs, without_secrets
    from web.settings import read_settings

    settings = read_settings(store=shared.store_address)
    queue = queue_address(settings.queue, settings.store)
    configure_logs(settings)
    logging.getLogger("wop.jobs").setLevel(logging.WARNING if with_parent else logging.INFO)
    logging.getLogger("huey").setLevel(logging.CRITICAL)  # what matters of it is said in our words
    with shared.store():  # an address that cannot be used is said at once
        pass
    if not with_parent:
        said = f"{processes} workers wait" if processes > 1 else "A worker waits"
        error_console().print(f"{said} for jobs in {without_secrets(queue, ())} (stop with Ctrl-C).", highlight=False)
    if processes > 1:
        with Workers(processes, shared.store_address, queue) as children:
            children.wait()
    work = JobWorker(shared.store_address, queue, settings.job_lost_after)
    if with_parent:
        work.stop_with_parent()
    work.run()


def _tell(board: JobBoard, job: Job, wait: bool, as_json: bool) -> None:
    """Print a job, after its end where asked to wait; ends with the exit code of what went wrong with it."""
    if wait:
        with progress("Waiting for a worker") as tell:
            job = _awaited(board, job, tell)
    if as_json:
        print_json(job)
    else:
        print_job(console(), job, len(board.workers()))
    if wait and job["state"] != "done":
        raise click.exceptions.Exit(WopError.exit_code)


def _awaited(board: JobBoard, job: Job, tell: Callable[[str, float], None]) -> Job:
    while job["ended_at"] is None:
        tell(job["doing"] or "Waiting for a worker", job["share"] or 0.0)
        time.sleep(LOOK_SECONDS)
        job = board.job(job["id"])
    return job


def print_job(out: Console, job: Job, workers: int) -> None:
    """A job for a person at a terminal."""

    def line(words: str) -> None:
        out.print(words, markup=False, highlight=False)

    what = (
        f" under {', '.join(job['policies'])}, as of {job['as_of']}"
        if job["policies"]
        else f" {job['of_round'] or ''}".rstrip()
    )
    line(f"Job {job['id']}: {_kind(job)}{what}: {_state(job)}.")
    if job["doing"] is not None and job["share"] is not None:
        line(f"{job['doing']} ({job['share']:.0%}), by {job['worker']}.")
    if (so_far := job["so_far"]) is not None and job["ended_at"] is None:
        line(str(so_far_sentence(so_far)))
    if job["state"] == "queued":
        line(_workers_line(workers))
    for sentence in (job["error_s"], job["hint_s"]):
        if sentence is not None:
            line(text(sentence))
    if job["scenarios"]:
        print_scenarios(out, job["scenarios"])


def so_far_sentence(so_far: Any) -> Sentence:
    """The best value, the bound and the gap of the goal at work."""
    goal = Sentence.from_json(so_far["goal_s"])
    if so_far["value"] is None and so_far["bound"] is None:
        return say("{goal}: no value yet.", goal=goal)
    if so_far["value"] is None:
        return say("{goal}: at most {bound}.", goal=goal, bound=so_far["bound"])
    if so_far["bound"] is None:
        return say("{goal}: {value} so far.", goal=goal, value=so_far["value"])
    return say("{goal}: {value} so far, at most {bound}.", goal=goal, value=so_far["value"], bound=so_far["bound"])


def _kind(job: Job) -> str:
    from web.jobs.records import KINDS

    return str(KINDS[job["kind"]])


def _state(job: Job) -> str:
    from web.jobs.records import STATES

    return str(STATES[job["state"]])


def _workers_line(count: int) -> str:
    if count == 0:
        return "No worker is running: start one with “wop worker”."
    return "1 worker is running." if count == 1 else f"{count} workers are running."
