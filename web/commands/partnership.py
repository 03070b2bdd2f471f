"""Partnerships of the register: looked at, and what was reached entered."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table

from web.commands.common import DAY, Shared, console, json_option, pass_shared, print_json
from web.commands.round_common import seen_option, who_option

if TYPE_CHECKING:
    from graph.model import Partnership

STATUS = click.Choice(["planned", "running", "completed", "stopped"])
partnership_argument = click.argument("partnership_id", metavar="PARTNERSHIP")
for_option = click.option("--for", "utility", required=True, help="The side it is entered for: id or exact name.")


@click.group()
def partnership() -> None:
    """The register: past and ongoing partnerships, their dates and results."""


@partnership.command(name="list")
@click.argument("words", nargs=-1)
@click.option("--status", type=STATUS, default=None, help="Only those that stand so.")
@json_option
@pass_shared
def list_(shared: Shared, words: tuple[str, ...], status: str | None, as_json: bool) -> None:
    """Partnerships, those begun last first; WORDS occur in names, programme or key."""
    from graph.network import read_network
    from web.search import matches

    with shared.store() as store, store.read() as reader:
        network = read_network(reader)
    names = {utility.id: utility.name for utility in network.utilities}

    def told(part: Partnership) -> list[str]:
        parties = (part.programme, part.funder, part.facilitator)
        return [part.wop, names[part.mentor], names[part.mentee], *(party for party in parties if party)]

    found = [
        part for part in network.partnerships if status in (None, part.status) and matches(" ".join(words), *told(part))
    ]
    found.sort(key=lambda part: (-(part.start_year or 0), part.wop, part.id))
    if as_json:
        print_json([_form(part, names) for part in found])
        return
    table = Table("id", "mentor", "mentee", "years", "status", "results")
    for part in found:
        reached = sum(result.result is not None for result in part.results)
        table.add_row(part.id, names[part.mentor], names[part.mentee], _years(part), part.status or "", str(reached))
    console().print(table)


@partnership.command()
@partnership_argument
@json_option
@pass_shared
def show(shared: Shared, partnership_id: str, as_json: bool) -> None:
    """One partnership: dates, topics, results, and who entered what."""
    from matcher.register.keeping import read_log, the_partnership
    from matcher.rounds.keeping import utility_names

    with shared.store() as store, store.read() as reader:
        part, log = the_partnership(reader, partnership_id), read_log(reader, partnership_id)
        names = utility_names(reader, (part.mentor, part.mentee))
    if as_json:
        entries = [{name: getattr(entry, name) for name in ("number", "at", "who", "side", "kind")} for entry in log]
        print_json({**_form(part, names), "version": log[-1].number if log else 0, "log": entries})
        return
    out = console()

    def line(text: str) -> None:
        out.print(text, markup=False, highlight=False)

    line(f"{part.id}: {names.get(part.mentor, part.mentor)} -> {names.get(part.mentee, part.mentee)}")
    line(f"{part.status or 'status unknown'}, {_years(part)}; topics: {', '.join(part.capabilities) or 'unknown'}")
    for result in part.results:
        figures = ((name, getattr(result, name)) for name in ("baseline", "target", "result"))
        told = ", ".join(f"{name} {'unknown' if value is None else f'{value:g}'}" for name, value in figures)
        line(f"{result.capability}: {told} ({result.year or 'year unknown'}, {result.source or 'source unknown'})")
    for entry in log:
        line(f"{entry.number}. {entry.at[:16].replace('T', ' ')} {entry.who} for the {entry.side}: {entry.kind}")


@partnership.command()
@partnership_argument
@for_option
@click.option("--status", type=STATUS, default=None, help="How it stands; unknown where left out.")
@click.option("--start", type=DAY, default=None, help="The first day; unknown where left out.")
@click.option("--end", type=DAY, default=None, help="The last day; unknown where left out.")
@who_option
@seen_option
@json_option
@pass_shared
def dates(
    shared: Shared,
    partnership_id: str,
    utility: str,
    status: str | None,
    start: date | None,
    end: date | None,
    who: str,
    seen: int | None,
    as_json: bool,
) -> None:
    """Enter how a partnership stands, its first and its last day."""
    from matcher.register.telling import set_dates

    with shared.store() as store:
        told = set_dates(
            store,
            partnership_id,
            _utility(store, utility),
            status=status,
            start=start,
            end=end,
            on=_today(),
            who=who,
            seen=seen,
        )
    _say_version(partnership_id, told.version, as_json)


@partnership.command()
@partnership_argument
@click.argument("capability")
@for_option
@click.option("--indicator", default=None, help="What is measured, with its unit.")
@click.option("--baseline", type=float, default=None, help="The figure at the start.")
@click.option("--target", type=float, default=None, help="The figure aimed at.")
@click.option("--result", "reached", type=float, default=None, help="The figure reached; it needs --year and --source.")
@click.option("--year", type=int, default=None, help="The year of the result.")
@click.option("--source", default=None, help="Where the result comes from.")
@click.option("--private", is_flag=True, help="Only the two and their facilitators see topic and result.")
@who_option
@seen_option
@json_option
@pass_shared
def result(
    shared: Shared,
    partnership_id: str,
    capability: str,
    utility: str,
    indicator: str | None,
    baseline: float | None,
    target: float | None,
    reached: float | None,
    year: int | None,
    source: str | None,
    private: bool,
    who: str,
    seen: int | None,
    as_json: bool,
) -> None:
    """Enter what was reached on one capability; what is left out is unknown."""
    from matcher.register.telling import set_result

    with shared.store() as store:
        told = set_result(
            store,
            partnership_id,
            _utility(store, utility),
            capability,
            indicator=indicator,
            baseline=baseline,
            target=target,
            result=reached,
            year=year,
            source=source,
            private=private,
            on=_today(),
            who=who,
            seen=seen,
        )
    _say_version(partnership_id, told.version, as_json)


def _utility(store: Any, text: str) -> str:
    from graph.finding import find_utility

    with store.read() as reader:
        return find_utility(reader.names("Utility"), text)


def _today() -> date:
    return datetime.now(UTC).date()


def _say_version(partnership_id: str, version: int, as_json: bool) -> None:
    if as_json:
        print_json({"id": partnership_id, "version": version})
    else:
        click.echo(f"Partnership {partnership_id}, version {version}: entered.")


def _years(part: Partnership) -> str:
    if part.start_year is None and part.end_year is None:
        return "years unknown"
    return f"{part.start_year or '?'} to {part.end_year or '?'}"


def _form(part: Partnership, names: dict[str, str]) -> dict[str, Any]:
    """The stable JSON form of a partnership; how it went is told on its page, to the two and their facilitators."""
    kept = {name: value for name, value in asdict(part).items() if name not in ("went", "went_on")}
    return {
        **kept,
        "mentor_name": names.get(part.mentor, part.mentor),
        "mentee_name": names.get(part.mentee, part.mentee),
    }
