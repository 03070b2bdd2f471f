"""Solve a problem file, without any store."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, cast, get_args

import click
from rich.console import Console

from graph.errors import BadInput, UnknownName
from graph.files import written_whole
from graph.sentences import say
from web.commands.common import console, json_option, print_json, progress
from web.commands.match import titled

MOST_ROWS = 50
"""So many pairs are shown at a terminal; a file or --json has them all."""


@click.command()
@click.argument("problem_path", metavar="PROBLEM", type=click.Path(path_type=Path))
@click.option("--out", "output", type=click.Path(path_type=Path), metavar="RESULT.json", help="Also write the result.")
@click.option("--time-limit", type=float, help="Seconds; then the best found so far with its proven gap.")
@click.option("--work-limit", type=float, help="As --time-limit, in counted units of about a second: repeatable.")
@click.option("--method", default="auto", show_default=True, help="auto, flow, price or whole.")
@click.option("--seed", default=0, show_default=True, help="Part of the input: the same seed, the same bytes.")
@json_option
def solve(
    problem_path: Path,
    output: Path | None,
    time_limit: float | None,
    work_limit: float | None,
    method: str,
    seed: int,
    as_json: bool,
) -> None:
    """Solve a problem file (.json or .npz) and show who is paired, what is proven, and who is left out and why."""
    from matcher.problem_file import read_problem
    from matcher.result_file import result_json, result_text
    from matcher.solve import Method, SolvePolicy
    from matcher.solve import solve as best
    from matcher.verify import verify

    if method not in get_args(Method):
        raise UnknownName(say("method"), method, get_args(Method))
    if output is not None and output.suffix.lower() != ".json":
        raise UnknownName(say("file ending for a result"), output.suffix or output.name, [".json"])
    if output is not None and output.resolve() == problem_path.resolve():
        raise BadInput(say("The result would be written over the problem."), say("Choose another file for --out."))
    with progress("Reading the problem") as tell:
        problem = read_problem(problem_path)
        policy = SolvePolicy(cast(Method, method), time_limit, work_limit)
        result = best(problem, policy, seed, progress=tell)
        form = result_json(problem, result, verify(problem, result))
    if output is not None:
        with written_whole(output) as draft:
            draft.write_text(result_text(form), encoding="utf-8")
    if as_json:
        print_json(form)
        return
    print_result(console(), form)
    if output is not None:
        console().print(f"Wrote {output}.", markup=False, highlight=False)


def print_result(out: Console, form: dict[str, Any]) -> None:
    """A result for a person at a terminal."""
    from matcher.result_file import REASONS

    pairs = titled("Proposed pairs", "mentor", "mentee", "needs worked on")
    for pair in form["pairs"][:MOST_ROWS]:
        pairs.add_row(*(_plain(text) for text in (pair["mentor"], pair["mentee"], ", ".join(pair["needs"]))))
    out.print(pairs)
    if len(form["pairs"]) > MOST_ROWS:
        out.print(f"... and {len(form['pairs']) - MOST_ROWS:,} more; --json or --out gives them all.", highlight=False)
    if form["limits"]:
        limits = titled("Limits", "limit", "at least", "at most", "used", "price")
        prices = (form["prices"] or {}).get("limits", {})
        for limit in form["limits"]:
            bounds = ("" if bound is None else f"{bound:,}" for bound in (limit["lower"], limit["upper"]))
            price = prices.get(limit["id"])
            limits.add_row(_plain(limit["title"]), *bounds, f"{limit['used']:,}", f"{price:,g}" if price else "")
        out.print(limits)
    if form["unmatched"]:
        reasons = titled("Without a mentor", "why", "mentees", "for example")
        counts = Counter(left["reason"] for left in form["unmatched"])
        for code, sentence in REASONS.items():
            if counts[code]:
                first = next(left["mentee"] for left in form["unmatched"] if left["reason"] == code)
                reasons.add_row(str(sentence), f"{counts[code]:,}", _plain(first))
        out.print(reasons)
    totals = form["totals"]
    out.print(
        f"{totals['served']:,} of {totals['mentees']:,} mentees have a mentor, in {totals['pairs']:,} of"
        f" {totals['eligible_pairs']:,} eligible pairs.",
        highlight=False,
    )
    for goal in form["goals"]:
        proof = "proven optimal" if goal["proven"] else f"at most {goal['bound']:,} is possible"
        out.print(f"Goal: {goal['title']}: {goal['value']:,} ({proof})", markup=False, highlight=False)
    out.print(
        f"Verified by an independent check ({len(form['verification']['checks'])} points). Method {form['method']},"
        f" input {form['input_hash'][:12]}.",
        markup=False,
        highlight=False,
    )


def _plain(text: str) -> str:
    """A user's own words, without the markup that a table would read in them."""
    from rich.markup import escape

    return escape(text)
