"""The ``wop`` command: one module per kind of work in ``web.commands``, errors told in one place here.

Exit codes: 0 done, 2 bad input, 3 nothing feasible as asked, 1 ours (or the store's); with ``--json`` an error
is one JSON object on standard output as well.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback

import click

from graph.errors import ImportProblems, NothingFeasible, WopError
from web.commands.common import Shared, error_console, store_option

COMMANDS = {
    "import": ("web.commands.data", "import_"),
    "template": ("web.commands.data", "template"),
    "export": ("web.commands.data", "export"),
    "restore": ("web.commands.data", "restore"),
    "match": ("web.commands.match", "match"),
    "policy": ("web.commands.match", "policy"),
    "round": ("web.commands.round", "round"),
    "partnership": ("web.commands.partnership", "partnership"),
    "replay": ("web.commands.replay", "replay"),
    "suggest": ("web.commands.pairs", "suggest"),
    "why": ("web.commands.pairs", "why"),
    "explain": ("web.commands.explain", "explain"),
    "sweep": ("web.commands.scenarios", "sweep"),
    "jobs": ("web.commands.jobs", "jobs"),
    "worker": ("web.commands.jobs", "worker"),
    "network": ("web.commands.network", "network"),
    "plan": ("web.commands.plan", "plan"),
    "backtest": ("web.commands.backtest", "backtest"),
    "user": ("web.commands.user", "user"),
    "store": ("web.commands.store", "store"),
    "solve": ("web.commands.solve", "solve"),
    "serve": ("web.commands.serve", "serve"),
    "demo": ("web.commands.serve", "demo"),
    "versions": ("web.commands.versions", "versions"),
}


class LazyGroup(click.Group):
    """A group that imports a command's module only when that command runs, so that each starts fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the base class's signature
        """All commands, in the order of a first visit."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        """The command of this name, or none."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@store_option
@click.pass_context
def cli(context: click.Context, store: str) -> None:
    """Propose Water Operators' Partnerships: who should mentor whom, on which needs, and why."""
    context.obj = Shared(store)


def main(arguments: list[str] | None = None) -> None:
    """Run the command; never show a traceback unless WOP_DEBUG is set."""
    words = sys.argv[1:] if arguments is None else arguments
    _keep_standard_output()
    try:
        status = cli.main(args=words, prog_name="wop", standalone_mode=False)
    except WopError as error:
        sys.exit(tell(error, as_json="--json" in words))
    except click.exceptions.Exit as ended:
        sys.exit(ended.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        error_console().print("Stopped. Nothing was changed by the unfinished step.")
        sys.exit(1)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        if os.environ.get("WOP_DEBUG"):
            traceback.print_exc()
        error_console().print(
            f"Something went wrong that should not have: {type(error).__name__}: {error}\n"
            "This is our fault, not yours. Run again with WOP_DEBUG=1 for the details, and report them"
            " together with what `wop versions` prints.",
            markup=False,
        )
        sys.exit(1)
    sys.exit(status if isinstance(status, int) else 0)


def _keep_standard_output() -> None:
    """Keep standard output for what we print: solvers write stray lines to the process's own, which would spoil JSON.

    From here on those go to standard error. Nothing is changed where a test has taken standard output over.
    """
    original = sys.__stdout__
    if original is None or sys.stdout is not original or original.fileno() != 1:
        return
    original.flush()
    ours = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = os.fdopen(ours, "w", encoding=original.encoding, errors=original.errors)


def tell(error: WopError, *, as_json: bool) -> int:
    """Say what is wrong and the next step; the exit code to end with."""
    if as_json:
        click.echo(json.dumps({"error": error_form(error)}, ensure_ascii=False, indent=2))
        return error.exit_code
    console = error_console()
    if isinstance(error, ImportProblems):
        for problem in error.problems:
            given = f" (given: “{problem.value}”)" if problem.value else ""
            hint = f" {problem.hint}" if problem.hint else ""
            console.print(f"{problem.place()}: {problem.message}{given}{hint}", markup=False, highlight=False)
    console.print(str(error.message), style="bold red", markup=False, highlight=False)
    if isinstance(error, NothingFeasible):
        for reason in error.reasons:
            console.print(f"  - {reason}", markup=False, highlight=False)
    if error.hint:
        console.print(str(error.hint), markup=False, highlight=False)
    return error.exit_code


def error_form(error: WopError) -> dict[str, object]:
    """The stable JSON form of an error."""
    form: dict[str, object] = {
        "kind": type(error).__name__,
        "message": str(error.message),
        "hint": str(error.hint) if error.hint else None,
        "exit_code": error.exit_code,
        "retry_helps": error.retry_helps,
    }
    if isinstance(error, ImportProblems):
        form["problems"] = [
            {
                "file": problem.file,
                "sheet": problem.sheet,
                "row": problem.row,
                "column": problem.column,
                "value": problem.value,
                "message": str(problem.message),
                "hint": str(problem.hint) if problem.hint else None,
            }
            for problem in error.problems
        ]
    if isinstance(error, NothingFeasible):
        form["reasons"] = [str(reason) for reason in error.reasons]
    return form


if __name__ == "__main__":
    main()
