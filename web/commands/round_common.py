"""What the commands of a round share: who and why, a pair by name, and how a round is printed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from web.commands.common import Shared, console, json_option, pass_shared, print_json

if TYPE_CHECKING:
    from graph.store import Store
    from matcher.rounds.state import LivingRound, Pair

Command = TypeVar("Command", bound=Callable[..., Any])

who_option = click.option(
    "--who",
    envvar="WOP_WHO",
    required=True,
    help="Who decides it: a name, or the id of an account; it stands in the log (also WOP_WHO).",
)
why_option = click.option("--why", default="", help="The reason; the decision record repeats it.")
seen_option = click.option(
    "--seen", type=int, default=None, help="The version you decided on; refused where somebody changed it since."
)
round_argument = click.argument("round_id", metavar="ROUND")


@dataclass(frozen=True, slots=True)
class Change:
    """What is said of every change: of which round, by whom, why, on which version it was decided; how to answer."""

    round_id: str
    who: str
    why: str
    seen: int | None
    as_json: bool

    @property
    def said(self) -> dict[str, Any]:
        """As the functions of ``matcher.rounds`` take it."""
        return {"who": self.who, "why": self.why, "seen": self.seen}


def change_command(command: Callable[..., LivingRound]) -> Callable[..., None]:
    """A command that makes one change: it is given the ``Change`` and returns the round after it, which is printed."""

    def run(shared: Shared, round_id: str, who: str, why: str, seen: int | None, as_json: bool, **further: Any) -> None:
        show_change(command(shared, Change(round_id, who, why, seen, as_json), **further), as_json)

    changed: Callable[..., None] = pass_shared(wraps(command)(run))
    for option in (json_option, seen_option, why_option, who_option, round_argument):
        changed = option(changed)
    return changed


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
