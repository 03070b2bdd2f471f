"""``wop network``: what the store answers by itself about ties, candidate mentors, supply and demand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TypeVar, cast

import click

from graph.errors import UnknownName
from graph.finding import find_utility
from graph.sentences import say
from web.commands.common import Shared, as_of_option, console, json_option, pass_shared, print_json
from web.commands.explaining import line
from web.commands.match import titled
from web.network_rows import TieRow, chain_of, mentors_of, neighbours_of, supply_of

A = TypeVar("A")


@click.group()
def network() -> None:
    """Ask who works with whom, who could mentor, and where need outstrips supply."""


@network.command()
@click.argument("utility")
@click.option("--depth", default=2, show_default=True, type=click.IntRange(1, 3), help="How many partnerships away.")
@click.option("--top", default=100, show_default=True, type=click.IntRange(1, 100_000), help="How many to list.")
@as_of_option
@json_option
@pass_shared
def neighbours(shared: Shared, utility: str, depth: int, top: int, as_of: date, as_json: bool) -> None:
    """List the utilities within some partnerships of UTILITY (its id or name)."""
    year = as_of.year
    found = asked(shared, lambda reader, id: reader.neighbourhood(id, depth, year, top), utility)
    data = neighbours_of(found, depth, year)
    if as_json:
        print_json(data)
        return
    out = console()
    names = {row["id"]: row["name"] or row["id"] for row in (data["utility"], *data["neighbours"])}
    if data["neighbours"]:
        table = titled(f"Network of {names[data['utility']['id']]}", "away", "utility", "through")
        for row in data["neighbours"]:
            through = names[row["via"]] if row["distance"] > 1 else ""
            table.add_row(str(row["distance"]), f"{names[row['id']]} ({row['country'] or 'country unknown'})", through)
        out.print(table)
    told = ", ".join(f"{count} at {away}" for away, count in enumerate(data["counts"], start=1))
    line(out, f"Utilities by how many partnerships away: {told}. Partnerships begun by {year} count, planned ones not.")


@network.command()
@click.argument("utility")
@click.argument("other")
@as_of_option
@json_option
@pass_shared
def chain(shared: Shared, utility: str, other: str, as_of: date, as_json: bool) -> None:
    """Show the shortest chain of partnerships from UTILITY to OTHER (ids or names)."""
    year = as_of.year
    data = chain_of(asked(shared, lambda reader, one, two: reader.chain(one, two, year), utility, other), year)
    if as_json:
        print_json(data)
        return
    out = console()
    names = {row["id"]: row["name"] or row["id"] for row in (data["utility"], data["to"], *data["utilities"])}
    ends = f"{names[data['utility']['id']]} and {names[data['to']['id']]}"
    if not data["utilities"]:
        line(out, f"No chain of partnerships begun by {year} joins {ends}.")
        return
    away = len(data["links"])
    line(out, f"{ends} are partners." if away == 1 else f"{ends} are {away} partnerships apart.")
    for link in data["links"]:
        line(out, "  " + "; ".join(_told(tie, names) for tie in link))


@network.command()
@click.argument("utility")
@click.option("--top", default=10, show_default=True, type=click.IntRange(1, 100_000), help="How many to list.")
@as_of_option
@json_option
@pass_shared
def candidates(shared: Shared, utility: str, top: int, as_of: date, as_json: bool) -> None:
    """List who offers what UTILITY (its id or name) needs, before any rule of a policy."""
    year = as_of.year
    data = mentors_of(asked(shared, lambda reader, id: reader.candidate_mentors(id, year, top), utility), year)
    if as_json:
        print_json(data)
        return
    out = console()
    name = data["utility"]["name"] or data["utility"]["id"]
    if data["candidates"]:
        table = titled(f"Who offers what {name} needs", "utility", "shared", "capabilities")
        for row in data["candidates"]:
            shares = f"{len(row['shared'])} of {len(data['needs'])}"
            topics = ", ".join(
                f"{one['capability_name']}{' (inferred)' if one['provenance'] == 'inferred' else ''}"
                for one in row["shared"]
            )
            table.add_row(f"{row['name'] or row['id']} ({row['country'] or 'country unknown'})", shares, topics)
        out.print(table)
    line(out, f"{name} needs {len(data['needs'])} capabilities; utilities that offer one of them: {data['total']}.")
    line(out, "No rule of a policy is applied here: “wop suggest” ranks partners by fit.")


@network.command()
@click.option("--capability", help="Id of one capability.")
@click.option("--region", help="Id of one region.")
@click.option("--top", default=30, show_default=True, type=click.IntRange(1, 100_000), help="How many rows to list.")
@as_of_option
@json_option
@pass_shared
def supply(shared: Shared, capability: str | None, region: str | None, top: int, as_of: date, as_json: bool) -> None:
    """Count who offers and who needs each capability in each region, the greatest lack first."""
    year = as_of.year
    with shared.store() as store, store.read() as reader:
        for what, label, given in (
            (say("capability"), "Capability", capability),
            (say("region"), "Region", region),
        ):
            known = reader.names(label)["id"] if given else ()
            if given and given not in known:
                raise UnknownName(what, given, known)
        rows = supply_of(reader.supply_and_demand(year), capability, region)
    if as_json:
        print_json({"year": year, "rows": rows})
        return
    out = console()
    if rows:
        table = titled("Supply and demand", "capability", "region", "needed by", "offered by", "lack")
        for row in rows[:top]:
            counts = (
                f"{row['needs']} ({row['needs_stated']} stated)",
                f"{row['offers']} ({row['offers_stated']} stated)",
            )
            lack = str(row["missing"]) if row["missing"] > 0 else ""
            table.add_row(row["capability_name"] or row["capability"], row["region_name"] or "unknown", *counts, lack)
        out.print(table)
    line(out, f"Rows: {min(top, len(rows))} of {len(rows)}.")
    line(out, f"What is not stated is inferred from partnerships begun by {year}.")


def asked(shared: Shared, question: Callable[..., A | None], *utilities: str) -> A:
    """The store's answer about utilities given by id or name.

    Raises ``UnknownName`` with the nearest names where nothing is called so, ``BadInput`` where more than one is.
    """
    with shared.store() as store, store.read() as reader:
        answer = question(reader, *utilities)
        if answer is not None:
            return answer
        names = reader.names("Utility")
        ids = [find_utility(names, text) for text in utilities]
        return cast(A, question(reader, *ids))


def _told(tie: TieRow, names: dict[str, str]) -> str:
    years = "–".join(str(year) for year in (tie["start_year"], tie["end_year"]) if year is not None)
    return f"{names[tie['mentor']]} mentored {names[tie['mentee']]} ({years or 'years unknown'}, {tie['partnership']})"
