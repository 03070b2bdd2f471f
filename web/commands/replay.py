"""A round's solve done again from its stored input."""

from __future__ import annotations

from typing import Any

import click

from web.commands.common import Shared, json_option, pass_shared, print_json
from web.commands.round_common import round_argument

DIFFERS = 1


@click.command()
@round_argument
@click.option("--solve", "number", type=int, default=None, help="The log entry of the solve (default: the last one).")
@json_option
@pass_shared
def replay(shared: Shared, round_id: str, number: int | None, as_json: bool) -> int:
    """Solve a round again from its stored input, and say whether the result is identical (exit code 1 if not)."""
    from matcher.rounds.replaying import replay as again

    with shared.store() as store, store.read() as reader:
        found = again(reader, round_id, number)
    if as_json:
        form: dict[str, Any] = {
            "round": found.round,
            "document": found.document,
            "input_hash": found.input_hash,
            "pairs": found.pairs,
            "identical": found.identical,
            "differences": [difference.to_json() for difference in found.differences],
            "remarks": [remark.to_json() for remark in found.remarks],
        }
        print_json(form)
    else:
        for remark in found.remarks:
            click.echo(str(remark))
        if found.identical:
            click.echo(
                f"identical: {found.pairs} pairs and every goal of the proposal {found.document}, from its stored input"
                f" {found.input_hash[:12]}."
            )
        for difference in found.differences:
            click.echo(f"differs: {difference}")
    return 0 if found.identical else DIFFERS
