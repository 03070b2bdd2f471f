"""What a facilitator decides by hand about a round: pairs, fits, places and notes."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import click

from web.commands.common import Shared, json_option, pass_shared
from web.commands.round_common import change_options, pair_arguments, pair_of, show_change

if TYPE_CHECKING:
    from matcher.rounds.state import LivingRound


def _pair_command(name: str, summary: str) -> click.Command:
    """A command on one pair that calls the function of this name in ``matcher.rounds.edits``."""

    @click.command(name=name, help=summary)
    @change_options
    @pair_arguments
    @json_option
    @pass_shared
    def change(
        shared: Shared, round_id: str, who: str, why: str, seen: int | None, mentor: str, mentee: str, as_json: bool
    ) -> None:
        from matcher.rounds import edits

        with shared.store() as store:
            pair = pair_of(store, mentor, mentee)
            state: LivingRound = getattr(edits, name)(store, round_id, pair, who=who, why=why, seen=seen)
        show_change(state, as_json)

    return change


pin = _pair_command("pin", "This pair must be proposed by every solve from now on.")
unpin = _pair_command("unpin", "Take a pin back.")
forbid = _pair_command("forbid", "This pair must not be proposed; a proposal of it is withdrawn.")
allow = _pair_command("allow", "Take a forbid back.")


@click.command()
@change_options
@pair_arguments
@click.option("--by", type=float, required=True, help="Added to the fit, -1 to 1; 0 takes it back.")
@json_option
@pass_shared
def adjust(
    shared: Shared,
    round_id: str,
    who: str,
    why: str,
    seen: int | None,
    mentor: str,
    mentee: str,
    by: float,
    as_json: bool,
) -> None:
    """Correct the fit of a pair; the correction stands among its reasons."""
    from matcher.rounds import edits

    with shared.store() as store:
        pair = pair_of(store, mentor, mentee)
        show_change(edits.adjust(store, round_id, pair, by, who=who, why=why, seen=seen), as_json)


@click.command()
@change_options
@pair_arguments
@json_option
@pass_shared
def add(
    shared: Shared, round_id: str, who: str, why: str, seen: int | None, mentor: str, mentee: str, as_json: bool
) -> None:
    """Propose a pair by hand, with its fit and the needs the mentor can work on."""
    from matcher.pairs import explain_pair
    from matcher.rounds.edits import add_by_hand
    from matcher.rounds.input import policy_of
    from matcher.rounds.keeping import read_state

    with shared.store() as store:
        pair = pair_of(store, mentor, mentee)
        with store.read() as reader:
            state = read_state(reader, round_id)
        as_of = date.fromisoformat(state.as_of)
        told = explain_pair(shared.network(store, as_of), policy_of(state), *pair, as_of)
        needs = [need["capability"] for need in told["covered"]]
        state = add_by_hand(store, round_id, pair, who=who, why=why, fit=told["fit"], needs=needs, seen=seen)
    if not told["eligible"] and not as_json:
        click.echo("The rules of the policy do not allow this pair; “wop why” says which. It was added as you asked.")
    show_change(state, as_json)


@click.command()
@change_options
@pair_arguments
@json_option
@pass_shared
def withdraw(
    shared: Shared, round_id: str, who: str, why: str, seen: int | None, mentor: str, mentee: str, as_json: bool
) -> None:
    """Take a proposal back; no solve proposes it again until it is allowed."""
    from matcher.rounds import edits

    with shared.store() as store:
        pair = pair_of(store, mentor, mentee)
        show_change(edits.withdraw(store, round_id, [pair], who=who, why=why, seen=seen), as_json)


@click.command()
@change_options
@click.argument("utility")
@click.argument("number", type=click.IntRange(min=0))
@click.option("--wanted", is_flag=True, help="NUMBER is how many mentors the utility wants, not its mentor places.")
@json_option
@pass_shared
def places(
    shared: Shared,
    round_id: str,
    who: str,
    why: str,
    seen: int | None,
    utility: str,
    number: int,
    wanted: bool,
    as_json: bool,
) -> None:
    """Set the mentor places of a utility for this round."""
    from matcher.rounds.edits import set_room

    with shared.store() as store:
        id = pair_of(store, utility, utility)[0]
        given = {"wanted": {id: number}} if wanted else {"places": {id: number}}
        show_change(set_room(store, round_id, who=who, why=why, seen=seen, **given), as_json)


@click.command()
@change_options
@click.argument("text")
@json_option
@pass_shared
def note(shared: Shared, round_id: str, who: str, why: str, seen: int | None, text: str, as_json: bool) -> None:  # noqa: ARG001 - every change has the same options
    """Keep a remark."""
    from matcher.rounds import edits

    with shared.store() as store:
        show_change(edits.note(store, round_id, text, who=who, seen=seen), as_json)
