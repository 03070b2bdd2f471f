"""Rounds: from a draft to signed partnerships, one command for each step."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from web.commands.common import Shared, as_of_option, json_option, pass_shared, progress
from web.commands.round_common import change_options, pair_arguments, pair_of, show_change, who_option, why_option
from web.commands.round_edits import add, adjust, allow, forbid, note, pin, places, unpin, withdraw
from web.commands.round_shown import compare, list_, log, policy, preview, show

SIDE = click.Choice(["mentor", "mentee"])
ORDER = click.Choice(["mentor_first", "mentee_first", "both"])


@click.group()
def round() -> None:
    """A round's life: draft, check, solve, review, publish, answers, top-up, sign, close."""


for command in (
    list_,
    show,
    preview,
    policy,
    log,
    compare,
    pin,
    unpin,
    forbid,
    allow,
    adjust,
    add,
    withdraw,
    places,
    note,
):
    round.add_command(command)


class _Day(click.ParamType):  # type: ignore[type-arg]  # generic only for the checker
    name = "date"

    def convert(self, value: Any, _parameter: click.Parameter | None, _context: click.Context | None) -> date:
        from graph.errors import BadInput
        from graph.sentences import say

        try:
            return value if isinstance(value, date) else date.fromisoformat(value)
        except ValueError:
            raise BadInput(
                say("“{value}” is not a date.", value=value), say("Write it as year-month-day, such as 2024-12-31.")
            ) from None


DAY = _Day()
on_option = click.option("--on", type=DAY, default=None, help="The day it happened (default: today).")


@round.command()
@click.argument("title")
@click.option("--policy", "policy_name", default=None, help="A ready policy's name, or a TOML file.")
@click.option("--like", default=None, metavar="ROUND", help="Begin with the policy and decisions of a past round.")
@as_of_option
@why_option
@who_option
@json_option
@pass_shared
def new(
    shared: Shared,
    title: str,
    policy_name: str | None,
    like: str | None,
    as_of: date,
    why: str,
    who: str,
    as_json: bool,
) -> None:
    """Begin a round as a draft."""
    from matcher.policy import load_policy
    from matcher.rounds.edits import create_round

    name = policy_name or (None if like else "best_fit")
    with shared.store() as store:
        policy = None if name is None else load_policy(name)
        show_change(create_round(store, title, as_of=as_of, who=who, why=why, policy=policy, like=like), as_json)


@round.command(name="set")
@change_options
@click.option("--title", default=None)
@click.option("--policy", "policy_name", default=None, help="A ready policy's name, or a TOML file.")
@click.option("--order", type=ORDER, default=None, help="Who is asked first.")
@click.option("--deadline", type=DAY, default=None, help="The last day for answers.")
@click.option("--reserve/--no-reserve", default=None, help="Offer the next best mentor at once after a decline.")
@json_option
@pass_shared
def set_(
    shared: Shared,
    round_id: str,
    who: str,
    why: str,
    seen: int | None,
    title: str | None,
    policy_name: str | None,
    order: Any,
    deadline: date | None,
    reserve: bool | None,
    as_json: bool,
) -> None:
    """Change title, policy, order of answers, deadline or reserve list."""
    from matcher.policy import load_policy
    from matcher.rounds.edits import change_settings

    with shared.store() as store:
        state = change_settings(
            store,
            round_id,
            who=who,
            why=why,
            title=title,
            policy=None if policy_name is None else load_policy(policy_name),
            order=order,
            deadline=deadline,
            reserve=reserve,
            seen=seen,
        )
        show_change(state, as_json)


@round.command()
@change_options
@json_option
@pass_shared
def check(shared: Shared, round_id: str, who: str, why: str, seen: int | None, as_json: bool) -> None:
    """Is enough known of the participants? What would stop a solve is refused here."""
    from graph.sentences import Sentence
    from matcher.rounds.keeping import read_state
    from matcher.rounds.readiness import check_round

    with shared.store() as store:
        with store.read() as reader:
            state = read_state(reader, round_id)
        network = shared.network(store, date.fromisoformat(state.as_of))
        state = check_round(store, state, network, who=who, why=why, seen=seen)
    if not as_json:
        for finding in state.findings:
            click.echo(str(Sentence.from_json(finding["text_s"])))
    show_change(state, as_json)


@round.command()
@change_options
@click.option("--time-limit", type=click.FloatRange(min=0, min_open=True), default=300.0, show_default=True)
@click.option("--seed", default=0, show_default=True)
@json_option
@pass_shared
def solve(
    shared: Shared, round_id: str, who: str, why: str, seen: int | None, time_limit: float, seed: int, as_json: bool
) -> None:
    """Propose pairs; agreed, signed and pinned pairs stay, declined ones never come back."""
    _solve(shared, round_id, who, why, seen, time_limit, seed, as_json, top_up=False)


@round.command()
@change_options
@click.option("--time-limit", type=click.FloatRange(min=0, min_open=True), default=300.0, show_default=True)
@click.option("--seed", default=0, show_default=True)
@json_option
@pass_shared
def topup(
    shared: Shared, round_id: str, who: str, why: str, seen: int | None, time_limit: float, seed: int, as_json: bool
) -> None:
    """Propose partners only for mentees that have none; every live proposal stays as it is."""
    _solve(shared, round_id, who, why, seen, time_limit, seed, as_json, top_up=True)


def _solve(
    shared: Shared,
    id: str,
    who: str,
    why: str,
    seen: int | None,
    time_limit: float,
    seed: int,
    as_json: bool,
    *,
    top_up: bool,
) -> None:
    from matcher.rounds.solving import solve_round

    with shared.store() as store, progress("Reading the network") as tell:
        state = solve_round(
            store,
            id,
            lambda as_of: shared.network(store, as_of),
            who=who,
            why=why,
            seen=seen,
            top_up=top_up,
            seed=seed,
            time_limit=time_limit,
            progress=tell,
        )
    show_change(state, as_json)


@round.command()
@change_options
@json_option
@pass_shared
def stop(shared: Shared, round_id: str, who: str, why: str, seen: int | None, as_json: bool) -> None:  # noqa: ARG001 - every change has the same options
    """Take a round out of “being solved” whose solve was killed."""
    from matcher.rounds.solving import stop_solve

    with shared.store() as store:
        show_change(stop_solve(store, round_id, who=who, why=why), as_json)


@round.command()
@change_options
@click.option("--deadline", type=DAY, default=None, help="The last day for answers.")
@json_option
@pass_shared
def publish(
    shared: Shared, round_id: str, who: str, why: str, seen: int | None, deadline: date | None, as_json: bool
) -> None:
    """Publish everything that is proposed or pinned."""
    from matcher.rounds import edits

    with shared.store() as store:
        show_change(edits.publish(store, round_id, who=who, why=why, deadline=deadline, seen=seen), as_json)


@round.command()
@change_options
@pair_arguments
@click.option("--side", type=SIDE, required=True, help="Whose answer it is.")
@click.option("--yes/--no", "yes", required=True, default=None)
@click.option("--reason", default="", help="For a no: no_capacity, wrong_topic, other_partner, distance, language ...")
@click.option("--topic", "topics", multiple=True, help="For wrong_topic: a capability that does not fit.")
@on_option
@json_option
@pass_shared
def answer(
    shared: Shared,
    round_id: str,
    who: str,
    why: str,
    seen: int | None,  # noqa: ARG001 - every change has the same options; an answer counts at whatever version
    mentor: str,
    mentee: str,
    side: Any,
    yes: bool,
    reason: str,
    topics: tuple[str, ...],
    on: date | None,
    as_json: bool,
) -> None:
    """Record what a mentor or a mentee said; a no may bring the next best mentor at once."""
    from matcher.rounds.answers import accept, decline

    day = on or date.today()
    with shared.store() as store:
        pair = pair_of(store, mentor, mentee)
        if yes:
            state = accept(store, round_id, pair, side, who=who, on=day, words=why)
        else:
            state = decline(store, round_id, pair, side, reason, who=who, on=day, words=why, topics=topics)
    show_change(state, as_json)


@round.command()
@change_options
@on_option
@json_option
@pass_shared
def lapse(shared: Shared, round_id: str, who: str, why: str, seen: int | None, on: date | None, as_json: bool) -> None:
    """After the deadline: withdraw every proposal that still has no answer."""
    from matcher.rounds import edits

    with shared.store() as store:
        show_change(edits.lapse(store, round_id, on=on or date.today(), who=who, why=why, seen=seen), as_json)


@round.command()
@change_options
@pair_arguments
@on_option
@json_option
@pass_shared
def sign(
    shared: Shared,
    round_id: str,
    who: str,
    why: str,
    seen: int | None,
    mentor: str,
    mentee: str,
    on: date | None,
    as_json: bool,
) -> None:
    """The two have signed."""
    from matcher.rounds import edits

    with shared.store() as store:
        pair = pair_of(store, mentor, mentee)
        show_change(edits.sign(store, round_id, pair, on=on or date.today(), who=who, why=why, seen=seen), as_json)


@round.command()
@change_options
@on_option
@json_option
@pass_shared
def close(shared: Shared, round_id: str, who: str, why: str, seen: int | None, on: date | None, as_json: bool) -> None:
    """Close the round: what was agreed becomes partnerships of the register."""
    from matcher.rounds.closing import close_round

    with shared.store() as store:
        show_change(close_round(store, round_id, on=on or date.today(), who=who, why=why, seen=seen), as_json)


@round.command()
@change_options
@json_option
@pass_shared
def cancel(shared: Shared, round_id: str, who: str, why: str, seen: int | None, as_json: bool) -> None:
    """Give the round up; its log stays."""
    from matcher.rounds import edits

    with shared.store() as store:
        show_change(edits.cancel(store, round_id, who=who, why=why, seen=seen), as_json)


@round.command()
@change_options
@json_option
@pass_shared
def undo(shared: Shared, round_id: str, who: str, why: str, seen: int | None, as_json: bool) -> None:
    """Take the last edit back, as long as nothing else has happened since."""
    from matcher.rounds.keeping import undo as take_back

    with shared.store() as store:
        show_change(take_back(store, round_id, who=who, why=why, seen=seen), as_json)
