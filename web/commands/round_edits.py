"""What a facilitator decides by hand about a round: pairs, fits, places and notes."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import click

from web.commands.common import Shared
from web.commands.round_common import Change, change_command, pair_arguments, pair_of

if TYPE_CHECKING:
    from graph.store import Store
    from matcher.rounds.state import LivingRound, Pair


def _pair_command(name: str, summary: str) -> click.Command:
    """A command on one pair that calls the function of this name in ``matcher.rounds.edits``."""

    @click.command(name=name, help=summary)
    @change_command
    @pair_arguments
    def decide(shared: Shared, change: Change, mentor: str, mentee: str) -> LivingRound:
        from matcher.rounds import edits

        with shared.store() as store:
            pair = pair_of(store, mentor, mentee)
            state: LivingRound = getattr(edits, name)(store, change.round_id, pair, **change.said)
        return state

    return decide


pin = _pair_command("pin", "This pair must be proposed by every solve from now on.")
unpin = _pair_command("unpin", "Take a pin back.")
forbid = _pair_command("forbid", "This pair must not be proposed; a proposal of it is withdrawn.")
allow = _pair_command("allow", "Take a forbid back.")


@click.command()
@change_command
@pair_arguments
@click.option("--by", type=float, required=True, help="Added to the fit, -1 to 1; 0 takes it back.")
def adjust(shared: Shared, change: Change, mentor: str, mentee: str, by: float) -> LivingRound:
    """Correct the fit of a pair; the correction stands among its reasons."""
    from matcher.rounds import edits

    with shared.store() as store:
        pair = pair_of(store, mentor, mentee)
        return edits.adjust(store, change.round_id, pair, by, **change.said)


@click.command()
@change_command
@pair_arguments
def add(shared: Shared, change: Change, mentor: str, mentee: str) -> LivingRound:
    """Propose a pair by hand, with its fit and the needs the mentor can work on."""
    from matcher.rounds.by_hand import of_pair
    from matcher.rounds.edits import add_by_hand
    from matcher.rounds.keeping import read_state

    with shared.store() as store:
        pair = pair_of(store, mentor, mentee)
        with store.read() as reader:
            state = read_state(reader, change.round_id)
        brings = of_pair(state, shared.network(store, date.fromisoformat(state.as_of)), pair)
        state = add_by_hand(store, change.round_id, pair, fit=brings.fit, needs=brings.needs, **change.said)
    if not brings.eligible and not change.as_json:
        click.echo("The rules of the policy do not allow this pair; “wop why” says which. It was added as you asked.")
    return state


@click.command()
@change_command
@pair_arguments
def withdraw(shared: Shared, change: Change, mentor: str, mentee: str) -> LivingRound:
    """Take a proposal back; no solve proposes it again until it is allowed."""
    from matcher.rounds import edits

    with shared.store() as store:
        pair = pair_of(store, mentor, mentee)
        return edits.withdraw(store, change.round_id, [pair], **change.said)


@click.command()
@change_command
@click.argument("utility")
@click.argument("number", type=click.IntRange(min=0))
@click.option("--wanted", is_flag=True, help="NUMBER is how many mentors the utility wants, not its mentor places.")
def places(shared: Shared, change: Change, utility: str, number: int, wanted: bool) -> LivingRound:
    """Set the mentor places of a utility for this round."""
    from matcher.rounds.edits import set_room

    with shared.store() as store:
        id = pair_of(store, utility, utility)[0]
        given: dict[str, Any] = {"wanted" if wanted else "places": {id: number}}
        return set_room(store, change.round_id, **change.said, **given)


@click.command()
@change_command
@click.argument("text")
def note(shared: Shared, change: Change, text: str) -> LivingRound:
    """Keep a remark."""
    from matcher.rounds import edits

    with shared.store() as store:
        return edits.note(store, change.round_id, text, who=change.who, seen=change.seen)


@click.command()
@change_command
@pair_arguments
@click.argument("other_mentor")
@click.argument("other_mentee")
def swap(shared: Shared, change: Change, mentor: str, mentee: str, other_mentor: str, other_mentee: str) -> LivingRound:
    """Exchange the mentors of two proposals, as one decision: MENTOR gets OTHER_MENTEE, OTHER_MENTOR gets MENTEE."""
    from matcher.rounds.swapping import exchange

    with shared.store() as store:
        first, second = pair_of(store, mentor, mentee), pair_of(store, other_mentor, other_mentee)
        return _exchanged(shared, store, change, *exchange(first, second))


@click.command()
@change_command
@pair_arguments
@click.argument("other_mentor")
def move(shared: Shared, change: Change, mentor: str, mentee: str, other_mentor: str) -> LivingRound:
    """Give the mentee of a proposal another mentor, as one decision."""
    from matcher.rounds.swapping import move as moved_to

    with shared.store() as store:
        pair = pair_of(store, mentor, mentee)
        other, _mentee = pair_of(store, other_mentor, mentee)
        return _exchanged(shared, store, change, *moved_to(pair, other))


def _exchanged(shared: Shared, store: Store, change: Change, gone: list[Pair], come: list[Pair]) -> LivingRound:
    from matcher.rounds.by_hand import swap as carry_out
    from matcher.rounds.keeping import read_state

    with store.read() as reader:
        as_of = date.fromisoformat(read_state(reader, change.round_id).as_of)
    return carry_out(store, shared.network(store, as_of), change.round_id, gone, come, **change.said)


@click.command()
@change_command
@click.option("--accept", multiple=True, metavar="KEY", help="Accept this offer; repeatable.")
@click.option("--leave", multiple=True, metavar="KEY", help="Leave this offer out; repeatable.")
@click.option("--all", "every", is_flag=True, help="Accept all that wait.")
def carried(
    shared: Shared, change: Change, accept: tuple[str, ...], leave: tuple[str, ...], every: bool
) -> LivingRound:
    """What the declines of the round this one was begun like offer to it; accept or leave out, or only look."""
    from matcher.rounds import edits
    from matcher.rounds.carrying import said_of, waiting_offers
    from matcher.rounds.keeping import read_state, utility_names

    with shared.store() as store:
        if accept or leave or every:
            return edits.carry(store, change.round_id, accept=None if every else accept, leave=leave, **change.said)
        with store.read() as reader:
            state = read_state(reader, change.round_id)
            waiting = waiting_offers(reader, state)
            names = utility_names(reader, (id for offer in waiting for id in (offer.mentor, offer.mentee)))
    if not change.as_json:
        for offer in waiting:
            does, source = said_of(offer, names)
            click.echo(f"{offer.key}\n  {does} {source}" + (f" ({offer.words})" if offer.words else ""))
    return state
