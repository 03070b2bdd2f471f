"""``wop backtest``: how well the ranking would have found the mentors of partnerships that happened."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from graph.cells import cell_text
from graph.csv_files import csv_writer
from graph.errors import BadInput
from graph.files import written_whole
from graph.sentences import say
from matcher.backtest.document import BacktestDocument
from web.commands.common import Shared, console, json_option, pass_shared, policy_option, print_json, progress
from web.commands.match import text, titled

existing = click.Path(path_type=Path)


@click.command()
@click.option("--train", type=existing, help="Register file that is known (needs --test).")
@click.option("--test", type=existing, help="Register file whose mentors are looked for (needs --train).")
@click.option(
    "--pool",
    type=click.Choice(["mentors", "known", "everyone"]),
    default="mentors",
    show_default=True,
    help="Who is ranked: all mentors of the register, those known by then to have mentored, or every organisation.",
)
@click.option("--rows", "rows_file", type=existing, help="Also write the rank of every row to this CSV file.")
@click.option("--save-policy", type=existing, help="Also write the policy with the weights fitted on all of it (TOML).")
@policy_option
@json_option
@pass_shared
def backtest(
    shared: Shared,
    train: Path | None,
    test: Path | None,
    pool: str,
    rows_file: Path | None,
    save_policy: Path | None,
    policy_name: str,
    as_json: bool,
) -> None:
    """Hide each real partnership, look for its mentor with what was known before, and count how often it is found.

    With --train and --test (files in the form of the register's partnerships.csv) no store is needed: the first is
    known, the second is looked for.
    """
    from matcher.backtest.report import backtest as run
    from matcher.backtest.report import backtest_policy
    from matcher.policy import load_policy

    policy = load_policy(policy_name)
    if (train is None) != (test is None):
        raise BadInput(
            say("A back-test on files needs both: what is known, and what is looked for."),
            say("Give both --train FILE and --test FILE."),
        )
    with progress("Reading the register") as tell:
        if train is not None and test is not None:
            from graph.register_files import read_register_files

            network, (known, _tested) = read_register_files([train, test])
            document = run(network, policy, pool=pool, train=known, progress=tell)  # type: ignore[arg-type]  # click checked it
        else:
            from graph.network import read_network

            with shared.store() as store, store.read() as reader:
                network = read_network(reader)
            document = run(network, policy, pool=pool, progress=tell)  # type: ignore[arg-type]  # click checked it
    if rows_file is not None:
        with written_whole(rows_file) as draft:
            draft.write_text(rows_csv(document), encoding="utf-8", newline="")
    if save_policy is not None:
        from matcher.backtest.calibration import with_weights

        with written_whole(save_policy) as draft:
            draft.write_text(with_weights(backtest_policy(policy), document["weights"]).to_toml(), encoding="utf-8")
    if as_json:
        print_json(document)
        return
    out = console()
    print_backtest(out, document)
    for path in (rows_file, save_policy):
        if path is not None:
            out.print(f"Wrote {path}.", markup=False, highlight=False)


def print_backtest(out: Console, document: BacktestDocument) -> None:
    """The result for a person at a terminal: one table a group, then what it says."""
    for group in document["groups"]:
        if not group["rows"]:
            continue
        table = titled(f"{text(group['title_s'])} ({group['rows']})", "ranked by")
        for heading in ("first", "first 5", "first 10", "first 20", "1/rank"):
            table.add_column(heading, justify="right")
        for method in document["methods"]:
            found = method["by_group"][group["id"]]
            shares = [f"{100 * share:.1f} %" for share in found["top"].values()]
            table.add_row(text(method["title_s"]), *shares, f"{found['mean_reciprocal_rank']:.3f}")
        out.print(table)
    print_weights(out, document["weights"])
    for sentence in document["summary_s"]:
        out.print(text(sentence), markup=False, highlight=False)


def print_weights(out: Console, weights: dict[str, float]) -> None:
    """The fitted weights that matter, largest first."""
    table: Table = titled("Weights fitted on all of the history", "rule")
    table.add_column("share of the fit", justify="right")
    for rule, weight in sorted(weights.items(), key=lambda each: (-each[1], each[0])):
        if weight >= 0.005:
            table.add_row(rule, f"{100 * weight:.0f} %")
    out.print(table)


def rows_csv(document: BacktestDocument) -> str:
    """Every row with the rank of its mentor by each method; an empty rank: it was not among those ranked."""
    methods: Sequence[str] = [method["id"] for method in document["methods"]]
    heading = ["id", "mentor", "mentee", "year", "flags", "clean", "seen", "in_history", "candidates"]
    out = io.StringIO(newline="")
    writer = csv_writer(out)
    writer.writerow([*heading, *(f"rank_{method}" for method in methods)])
    for row in document["rows"]:
        writer.writerow(
            [
                *(cell_text(row[column]) for column in ("id", "mentor_name", "mentee_name")),
                row["year"],
                cell_text(tuple(row["flags"])),
                *("yes" if row[flag] else "no" for flag in ("clean", "seen", "in_history")),
                row["candidates"],
                *("" if row["rank"][method] is None else f"{row['rank'][method]:g}" for method in methods),
            ]
        )
    return out.getvalue()
