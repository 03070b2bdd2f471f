"""Rounds: from a draft to signed partnerships, one command for each step."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import click

from web.commands.common import DAY, Shared, as_of_option, day_option, json_option, pass_shared, progress
from web.commands.round_common import (
    Change,
    change_command,
    pair_arguments,
    pair_of,
    show_change,
    who_option,
    why_option,
)
from web.commands.round_edits import add, adjust, allow, carried, forbid, move, note, pin, places, swap, unpin, withdraw
from web.commands.round_letters import message, remind, write
from web.commands.round_policy import rules, scenarios
from web.commands.round_shown import compare, list_, log, policy, preview, show

if TYPE_CHECKING:
    from graph.sentences import Sentence
    from matcher.rounds.state import LivingRound

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
    rules,
    scenarios,
    log,
    compare,
    pin,
    unpin,
    forbid,
    allow,
    adjust,
    add,
    withdraw,
    swap,
    move,
    carried,
    places,
    note,
    write,
    remind,
    message,
):
    round.add_command(command)


recipients_choose_option = click.option(
    "--recipients-choose",
    type=click.IntRange(0, 20),
    default=None,
    metavar="COUNT",
    help="How many mentors each mentee ranks before the solve; 0: none.",
)
choose_by_option = click.option("--choose-by", type=DAY, default=None, help="The last day for these rankings.")
on_option = day_option("--on", "The day it happened")


@round.command()
@click.argument("title")
@click.option("--policy", "policy_name", default=None, help="A ready policy's name, or a TOML file.")
@click.option("--like", default=None, metavar="ROUND", help="Begin with the policy and decisions of a past round.")
@recipients_choose_option
@choose_by_option
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
    recipients_choose: int | None,
    choose_by: date | None,
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
        state = create_round(
            store,
            title,
            as_of=as_of,
            who=who,
            why=why,
            policy=policy,
            like=like,
            recipients_choose=recipients_choose or 0,
            choose_by=choose_by,
        )
        show_change(state, as_json)


@round.command(name="set")
@change_command
@click.option("--title", default=None)
@click.option("--policy", "policy_name", default=None, help="A ready policy's name, or a TOML file.")
@click.option("--order", type=ORDER, default=None, help="Who is asked first.")
@click.option("--deadline", type=DAY, default=None, help="The last day for answers.")
@click.option("--reserve/--no-reserve", default=None, help="Offer the next best mentor at once after a decline.")
@recipients_choose_option
@choose_by_option
def set_(
    shared: Shared,
    change: Change,
    title: str | None,
    policy_name: str | None,
    order: Any,
    deadline: date | None,
    reserve: bool | None,
    recipients_choose: int | None,
    choose_by: date | None,
) -> LivingRound:
    """Change title, policy, order of answers, deadline, reserve list, or whether recipients choose."""
    from matcher.policy import load_policy

    """Change title, policy, order of answers, deadline or reserve list."""
    from matcher.policy import parse_policy
    from matcher.policy_changes import differences
    from matcher.rounds.edits import change_settings
    from matcher.rounds.keeping import read_state

    with shared.store() as store:
        said: tuple[Sentence, ...] = ()
        if policy_name is not None:
            with store.read() as reader:
                state = read_state(reader, change.round_id)
            network = shared.network(store, date.fromisoformat(state.as_of))
            said = differences(network, parse_policy(state.policy, state.id), load_policy(policy_name))
        return change_settings(
            store,
            change.round_id,
            title=title,
            policy=None if policy_name is None else load_policy(policy_name),
            said=said,
            order=order,
            deadline=deadline,
            reserve=reserve,
            recipients_choose=recipients_choose,
            choose_by=choose_by,
            **change.said,
        )


@round.command()
@change_command
def check(shared: Shared, change: Change) -> LivingRound:
    """Is enough known of the participants? What would stop a solve is refused here."""
    from graph.sentences import Sentence
    from matcher.rounds.keeping import read_state
    from matcher.rounds.readiness import check_round

    with shared.store() as store:
        with store.read() as reader:
            state = read_state(reader, change.round_id)
        network = shared.network(store, date.fromisoformat(state.as_of))
        state = check_round(store, state, network, **change.said)
    if not change.as_json:
        for finding in state.findings:
            click.echo(str(Sentence.from_json(finding["text_s"])))
    return state


@round.command()
@change_command
@click.option("--time-limit", type=click.FloatRange(min=0, min_open=True), default=300.0, show_default=True)
@click.option("--seed", default=0, show_default=True)
def solve(shared: Shared, change: Change, time_limit: float, seed: int) -> LivingRound:
    """Propose pairs; agreed, signed and pinned pairs stay, declined ones never come back."""
    return _solve(shared, change, time_limit, seed, top_up=False)


@round.command()
@change_command
@click.option("--time-limit", type=click.FloatRange(min=0, min_open=True), default=300.0, show_default=True)
@click.option("--seed", default=0, show_default=True)
def topup(shared: Shared, change: Change, time_limit: float, seed: int) -> LivingRound:
    """Propose partners only for mentees that have none; every live proposal stays as it is."""
    return _solve(shared, change, time_limit, seed, top_up=True)


def _solve(shared: Shared, change: Change, time_limit: float, seed: int, *, top_up: bool) -> LivingRound:
    from matcher.rounds.solving import solve_round

    with shared.store() as store, progress("Reading the network") as tell:
        return solve_round(
            store,
            change.round_id,
            lambda as_of: shared.network(store, as_of),
            **change.said,
            top_up=top_up,
            seed=seed,
            time_limit=time_limit,
            progress=tell,
        )


@round.command()
@change_command
def stop(shared: Shared, change: Change) -> LivingRound:
    """Take a round out of “being solved” whose solve was killed."""
    from matcher.rounds.solving import stop_solve

    with shared.store() as store:
        return stop_solve(store, change.round_id, who=change.who, why=change.why)


@round.command()
@change_command
@click.option("--deadline", type=DAY, default=None, help="The last day for answers.")
@click.option("--pair", "only", nargs=2, multiple=True, metavar="MENTOR MENTEE", help="Only this pair; repeatable.")
def publish(shared: Shared, change: Change, deadline: date | None, only: tuple[tuple[str, str], ...]) -> LivingRound:
    """Publish everything that is proposed or pinned, or some pairs."""
    from matcher.rounds import edits

    with shared.store() as store:
        pairs = [pair_of(store, *each) for each in only] or None
        return edits.publish(store, change.round_id, deadline=deadline, pairs=pairs, **change.said)


@round.command()
@change_command
@pair_arguments
@click.option("--side", type=SIDE, required=True, help="Whose answer it is.")
@click.option("--yes/--no", "yes", required=True, default=None)
@click.option("--reason", default="", help="For a no: no_capacity, wrong_topic, other_partner, distance, language ...")
@click.option("--topic", "topics", multiple=True, help="For wrong_topic: a capability that does not fit.")
@on_option
def answer(
    shared: Shared,
    change: Change,
    mentor: str,
    mentee: str,
    side: Any,
    yes: bool,
    reason: str,
    topics: tuple[str, ...],
    on: date,
) -> LivingRound:
    """Record what a mentor or a mentee said; a no may bring the next best mentor at once."""
    from matcher.rounds.answers import accept, decline

    with shared.store() as store:
        pair = pair_of(store, mentor, mentee)
        said: dict[str, Any] = {"who": change.who, "words": change.why, "on": on}
        if yes:
            return accept(store, change.round_id, pair, side, **said)
        return decline(store, change.round_id, pair, side, reason, topics=topics, **said)


@round.command()
@change_command
@on_option
def lapse(shared: Shared, change: Change, on: date) -> LivingRound:
    """After the deadline: withdraw every proposal that still has no answer."""
    from matcher.rounds import edits

    with shared.store() as store:
        return edits.lapse(store, change.round_id, on=on, **change.said)


@round.command()
@change_command
@pair_arguments
@on_option
def sign(shared: Shared, change: Change, mentor: str, mentee: str, on: date) -> LivingRound:
    """The two have signed."""
    from matcher.rounds import edits

    with shared.store() as store:
        pair = pair_of(store, mentor, mentee)
        return edits.sign(store, change.round_id, pair, on=on, **change.said)


@round.command()
@change_command
@on_option
def close(shared: Shared, change: Change, on: date) -> LivingRound:
    """Close the round: what was agreed becomes partnerships of the register."""
    from matcher.rounds.closing import close_round

    with shared.store() as store:
        return close_round(store, change.round_id, on=on, **change.said)


@round.command()
@change_command
def cancel(shared: Shared, change: Change) -> LivingRound:
    """Give the round up; its log stays."""
    from matcher.rounds import edits

    with shared.store() as store:
        return edits.cancel(store, change.round_id, **change.said)


@round.command()
@change_command
def undo(shared: Shared, change: Change) -> LivingRound:
    """Take the last edit back, as long as nothing else has happened since."""
    from matcher.rounds.keeping import undo as take_back

    with shared.store() as store:
        return take_back(store, change.round_id, **change.said)
