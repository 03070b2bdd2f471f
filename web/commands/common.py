"""What every command shares: the store, the date, JSON output and progress."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

import click
from rich.console import Console

from graph.errors import BadInput
from graph.network import Network
from graph.sentences import say
from graph.store import DEFAULT_STORE, Store
from web.stores import open_store

Command = TypeVar("Command", bound=Callable[..., Any])
Progress = Callable[[str, float], None]
PIPE_WIDTH = 140

store_option = click.option(
    "--store",
    envvar="WOP_STORE",
    default=DEFAULT_STORE,
    show_default=True,
    help="Where the graph is kept (also WOP_STORE).",
)
policy_option = click.option(
    "--policy", "policy_name", default="best_fit", show_default=True, help="A ready policy's name, or a TOML file."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")


class _Day(click.ParamType):  # type: ignore[type-arg]  # generic only for the checker
    name = "date"

    def convert(self, value: Any, _parameter: click.Parameter | None, _context: click.Context | None) -> date:
        try:
            return value if isinstance(value, date) else date.fromisoformat(value)
        except ValueError:
            raise BadInput(
                say("“{value}” is not a date.", value=value), say("Write it as year-month-day, such as 2024-12-31.")
            ) from None


DAY = _Day()
"""The type of an option that is a day."""


def day_option(name: str, help: str) -> Callable[[Command], Command]:
    """An option that is a day, today by default."""
    return click.option(name, type=DAY, metavar="DATE", default=date.today, help=f"{help} (default: today).")


as_of_option = day_option("--as-of", "Only what was known by this date counts")


@dataclass
class Shared:
    """What the group hands to its commands."""

    store_address: str

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The store, closed afterwards."""
        store = open_store(self.store_address)
        try:
            yield store
        finally:
            store.close()

    def network(self, store: Store, as_of: date) -> Network:
        """What is known by a date, with what the register implies.

        Raises ``BadInput`` where nothing has been imported yet.
        """
        from web.known_network import known_network

        return known_network(store, as_of)


pass_shared = click.make_pass_decorator(Shared)


def console() -> Console:
    """Standard output; wide enough for a table when piped."""
    plain = Console()
    return plain if plain.is_terminal else Console(width=PIPE_WIDTH)


def error_console() -> Console:
    """Standard error."""
    plain = Console(stderr=True)
    return plain if plain.is_terminal else Console(stderr=True, width=PIPE_WIDTH, soft_wrap=True)


def print_json(form: Any) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(form, ensure_ascii=False, indent=2))


@contextmanager
def progress(first: str) -> Iterator[Progress]:
    """A progress line on standard error, only where a person watches."""
    screen = Console(stderr=True)
    if not screen.is_terminal:
        yield lambda _text, _share: None
        return
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Bar(*columns, console=screen, transient=True) as bar:
        task = bar.add_task(first, total=1.0)
        yield lambda text, share: bar.update(task, description=text, completed=share)
