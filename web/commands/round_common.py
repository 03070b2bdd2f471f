"""What the commands of a round share: who and why, a pair by name, and how a round is printed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from web.commands.common import console, print_json

if TYPE_CHECKING:
    from graph.store import Store
    from matcher.rounds.state import LivingRound, Pair

Command = TypeVar("Command", bound=Callable[..., Any])

who_option = click.option(
    "--who", envvar="WOP_WHO", required=True, help="Who decides it; it stands in the log (also WOP_WHO)."
)
why_option = click.option("--why", default="", help="The reason; the decision record repeats it.")
seen_option = click.option(
    "--seen", type=int, default=None, help="The version you decided on; refused where somebody changed it since."
)
round_argument = click.argument("round_id", metavar="ROUND")


def change_options(command: Command) -> Command:
    """The arguments of every change: the round, who, why and the version seen."""
    for option in (seen_option, why_option, who_option, round_argument):
        command = option(command)
    return command


def pair_arguments(command: Command) -> Command:
    """A mentor and a mentee, by id or exact name."""
    for name in ("mentee", "mentor"):
        command = click.argument(name)(command)
    return command


def pair_of(store: Store, mentor: str, mentee: str) -> Pair:
    """The ids of two utilities given by id or name; raises ``UnknownName`` with the nearest there are."""
    from graph.finding import find_utility

    with store.read() as reader:
        names = reader.names("Utility")
    return find_utility(names, mentor), find_utility(names, mentee)


def round_form(state: LivingRound) -> dict[str, Any]:
    """The stable JSON form of a round: its fields, and the proposals as a list."""
    from matcher.rounds.next_step import counts, next_step

    form = state.model_dump(mode="json", exclude={"solved", "proposals"})
    solved = state.solved
    return {
        **form,
        "next_step_s": next_step(state).to_json(),
        "solved": None
        if solved is None
        else {"document": solved.document, "input_hash": solved.input_hash, "top_up": solved.top_up},
        "counts": counts(state),
        "proposals": [state.proposals[key].model_dump(mode="json") for key in sorted(state.proposals)],
    }


def show_change(state: LivingRound, as_json: bool) -> None:
    """What a change led to: the round as JSON, or its state in a line and the next step."""
    from matcher.rounds.next_step import counts, next_step
    from matcher.rounds.words import phase_name, proposal_phase_name

    if as_json:
        print_json(round_form(state))
        return
    out = console()
    found = ", ".join(f"{proposal_phase_name(phase)} {count}" for phase, count in counts(state).items())
    out.print(
        f"Round {state.id}, version {state.version}: {phase_name(state.phase)}."
        + (f" Proposals: {found}." if found else ""),
        markup=False,
        highlight=False,
    )
    out.print(f"Next: {next_step(state)}", markup=False, highlight=False)
