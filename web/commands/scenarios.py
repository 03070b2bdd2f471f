"""Compare policies on one register: what each would propose, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import click
from rich.console import Console

from web.commands.common import Shared, as_of_option, console, json_option, pass_shared, print_json, progress
from web.commands.match import TIME_LIMIT, text, titled

if TYPE_CHECKING:
    from matcher.scenarios import Scenario

policies_option = click.option(
    "--policy",
    "policies",
    multiple=True,
    default=("best_fit",),
    show_default="best_fit",
    help="A ready policy's name, or a TOML file; may be repeated.",
)


@click.command()
@click.option(
    "--policy", "policies", multiple=True, help="A ready policy, or a TOML file; repeated. Without it, all ready ones."
)
@as_of_option
@click.option("--seed", default=0, show_default=True, help="Part of the input: the same seed, the same bytes.")
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0, min_open=True),
    default=TIME_LIMIT,
    show_default=True,
    help="Seconds for solving under each policy.",
)
@json_option
@pass_shared
def sweep(shared: Shared, policies: tuple[str, ...], as_of: date, seed: int, time_limit: float, as_json: bool) -> None:
    """Match under several policies and put the values side by side; each proposal is kept as a scenario."""
    from graph.rounds import put_round
    from matcher.policy import load_policy, ready_policies
    from matcher.proposal import propose
    from matcher.scenarios import scenario

    chosen = [load_policy(name) for name in policies or ready_policies()]
    with shared.store() as store, progress("Reading the network") as tell:
        network = shared.network(store, as_of)
        documents = [
            propose(network, policy, as_of=as_of, seed=seed, time_limit=time_limit, progress=tell) for policy in chosen
        ]
        with store.write() as transaction:
            for document in documents:
                put_round(transaction, document, scenario=True)
    rows = [scenario(document) for document in documents]
    if as_json:
        print_json({"as_of": as_of.isoformat(), "seed": seed, "scenarios": rows})
    else:
        print_scenarios(console(), rows)


def print_scenarios(out: Console, scenarios: Sequence[Scenario]) -> None:
    """Scenarios side by side, one column each."""
    from matcher.scenarios import goals_of_any

    table = titled("Side by side" if len(scenarios) > 1 else "Result", "")
    for row in scenarios:
        table.add_column(row["policy_name"], justify="right")
    for goal in goals_of_any(scenarios):
        values = [next((one for one in row["goals"] if one["id"] == goal["id"]), None) for row in scenarios]
        shown = ["" if one is None else f"{one['value']:,}" + ("" if one["proven"] else " *") for one in values]
        table.add_row(f"Goal: {text(goal['title_s'])}", *shown)
    totals = [row["totals"] for row in scenarios]
    table.add_row("pairs", *(f"{of['pairs']:,}" for of in totals))
    table.add_row("mentees with a partner", *(f"{of['served']:,} of {of['mentees']:,}" for of in totals))
    table.add_row("without a partner", *(f"{of['unmatched']:,}" for of in totals))
    table.add_row("needs covered", *(f"{of['needs_covered']:,} of {of['needs']:,}" for of in totals))
    table.add_row("mentor places used", *(f"{of['places_used']:,} of {of['places']:,}" for of in totals))
    fits = [("" if of["mean_fit"] is None else f"{100 * of['mean_fit']:.0f}") for of in totals]
    table.add_row("mean fit of 100", *fits)
    table.add_row("round", *(row["round"] for row in scenarios))
    out.print(table)
    if not all(row["proven"] for row in scenarios):
        out.print("* the best found; not proven to be the best.", markup=False, highlight=False)
