"""``wop plan``: the planner's questions, each answered in one sentence, with tables and the rows behind the figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from graph.files import written_whole
from graph.network import Network
from matcher.planning.results import GroupResult
from matcher.planning.tables import PlanTable
from web.commands.common import (
    Shared,
    as_of_option,
    console,
    json_option,
    pass_shared,
    policy_option,
    print_json,
    progress,
)
from web.commands.explaining import line
from web.commands.match import text, titled


@click.group()
def plan() -> None:
    """Answer a planner's questions: what is short, what would break, whom it reaches, what works."""


def asking(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options every planning question has."""
    rows = click.option(
        "--rows", "folder", type=click.Path(path_type=Path, file_okay=False), help="Also write the rows as CSV files."
    )
    return rows(as_of_option(json_option(pass_shared(command))))


def network_of(shared: Shared, as_of: date) -> Network:
    """What is known by a date."""
    with shared.store() as store:
        return shared.network(store, as_of)


def write_rows(out: Console, question: str, tables: Sequence[PlanTable], network: Network, folder: Path | None) -> None:
    """Every table as a CSV file of the folder, which is made where it is not there."""
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    for table in tables:
        path = folder / f"{question}-{table.id}.csv"
        with written_whole(path) as draft:
            draft.write_bytes(table.csv(network))
        out.print(f"Wrote {path}.", markup=False, highlight=False)


@plan.command()
@click.option("--capability", help="Id of one capability.")
@click.option("--region", help="Id of one region.")
@click.option("--language", help="ISO 639 code of a working language.")
@click.option("--year", type=click.IntRange(1900, 2200), help="What was known by the end of a year.")
@asking
def supply(
    shared: Shared,
    capability: str | None,
    region: str | None,
    language: str | None,
    year: int | None,
    folder: Path | None,
    as_of: date,
    as_json: bool,
) -> None:
    """Show supply and demand: what nobody can meet, what rests on one utility, what nobody uses."""
    from matcher.planning.supply import supply as ask

    network = network_of(shared, as_of)
    found = ask(network, as_of, year=year, capability=capability, region=region, language=language)
    answer, out = found.answer, console()
    if as_json:
        print_json(answer)
        return
    line(out, text(answer["text_s"]))
    if answer["capabilities"]:
        table = titled("By capability", "capability", "needs", "offers", "nobody can meet", "rests on")
        for total in answer["capabilities"]:
            counts = (str(total["needs"]), str(total["offers"]), str(total["unmet"] or ""))
            table.add_row(total["capability_name"], *counts, total["sole_name"] or "")
        out.print(table)
    lacking = sorted(
        (cell for cell in answer["cells"] if cell["heat"] == "lacking"),
        key=lambda cell: (-cell["needs"], cell["capability"], cell["region"]),
    )
    if lacking:
        table = titled("Needed in a region where nobody offers it", "capability", "region", "needs")
        for cell in lacking[:20]:
            table.add_row(cell["capability_name"], cell["region_name"], str(cell["needs"]))
        out.print(table)
        line(out, f"Rows: {min(20, len(lacking))} of {len(lacking)}.")
    line(out, f"Offers in no partnership under way: {answer['unused']} of {answer['offers']}.")
    write_rows(out, "supply", found.tables, network, folder)


@plan.command()
@click.option("--leaving", default=10, show_default=True, type=click.IntRange(1, 100), help="How many mentors leave.")
@asking
def resilience(shared: Shared, leaving: int, folder: Path | None, as_of: date, as_json: bool) -> None:
    """Show what breaks if the busiest mentors leave, how concentrated help is, and who holds the network together."""
    from matcher.planning.resilience import resilience as ask

    network = network_of(shared, as_of)
    found = ask(network, as_of, leaving=leaving)
    answer, out = found.answer, console()
    if as_json:
        print_json(answer)
        return
    line(out, text(answer["text_s"]))
    if answer["busiest"]:
        table = titled("The busiest mentors", "mentor", "pairs", "under way", "mentees", "mentees lost", "share so far")
        for busy in answer["busiest"]:
            counts = (busy["pairs"], busy["under_way"], busy["mentees"], busy["losing"])
            table.add_row(busy["mentor"]["name"], *map(str, counts), f"{100 * busy['share']:.0f} %")
        out.print(table)
        table = titled("Concentration", "by", "pairs", "mentors", "first 5", "first 10", "as if equally shared by")
        for row in answer["concentration"][-10:]:
            shares = (f"{100 * row['top_5']:.0f} %", f"{100 * row['top_10']:.0f} %", f"{row['equal_to']:.1f}")
            table.add_row(str(row["year"]), str(row["pairs"]), str(row["mentors"]), *shares)
        out.print(table)
        table = titled("Who stands between others", "utility", "partners", "chains through it", "cut off without it")
        for bridge in answer["bridges"]["bridges"]:
            through = f"{100 * bridge['betweenness']:.1f} %"
            table.add_row(bridge["utility"]["name"], str(bridge["partners"]), through, str(bridge["cut_off"]))
        out.print(table)
    line(out, text(answer["concentration_s"]))
    line(out, text(answer["bridges"]["text_s"]))
    write_rows(out, "resilience", found.tables, network, folder)


@plan.command()
@asking
def reach(shared: Shared, folder: Path | None, as_of: date, as_json: bool) -> None:
    """Count the people served by the utilities helped, and say of how many utilities it is known."""
    from matcher.planning.reach import reach as ask

    network = network_of(shared, as_of)
    found = ask(network, as_of)
    answer, out = found.answer, console()
    if as_json:
        print_json(answer)
        return
    line(out, text(answer["text_s"]))
    if answer["regions"]:
        table = titled("By region of the SDGs", "region", "utilities", "with a figure", "people at least")
        for row in answer["regions"]:
            table.add_row(row["region"] or "unknown", str(row["utilities"]), str(row["known"]), people(row["people"]))
        out.print(table)
        table = titled("By the year first helped", "year", "utilities", "with a figure", "people", "people so far")
        for by in answer["years"]:
            counts = (str(by["utilities"]), str(by["known"]), people(by["people"]), people(by["people_so_far"]))
            table.add_row(str(by["year"] or "unknown"), *counts)
        out.print(table)
    write_rows(out, "reach", found.tables, network, folder)


def people(count: int | None) -> str:
    """A number of people, or that it is unknown."""
    return "unknown" if count is None else f"{count:,}"


@plan.command()
@click.option("--top", default=5, show_default=True, type=click.IntRange(1, 40), help="How many of each to solve for.")
@policy_option
@asking
def scarcity(shared: Shared, top: int, policy_name: str, folder: Path | None, as_of: date, as_json: bool) -> None:
    """Show what is scarce in a round, which mentors to win next, and which mentees could teach next."""
    from matcher.planning.capacity import capacity
    from matcher.planning.watch import Watch
    from matcher.policy import load_policy

    policy = load_policy(policy_name)
    network = network_of(shared, as_of)
    with progress("Scoring pairs") as tell:
        found = capacity(network, policy, as_of, most=top, watch=Watch(tell=tell))
    answer, out = found.answer, console()
    if as_json:
        print_json(answer)
        return
    line(out, text(answer["text_s"]))
    if answer["scarcity"]["places"]:
        table = titled("One more place", "mentor", "places", "the round")
        for place in answer["scarcity"]["places"]:
            table.add_row(place["mentor"]["name"], str(place["places"]), text(place["effect"]["text_s"]))
        out.print(table)
    if answer["recruitment"]["recruits"]:
        table = titled("Mentors to win", "offers", "region", "language", "more partnerships", "the round")
        for each in answer["recruitment"]["recruits"]:
            offers, gain = ", ".join(each["capability_names"]), text(each["effect"]["text_s"])
            table.add_row(offers, each["region_name"], text(each["language_s"]), str(each["released"]), gain)
        out.print(table)
    if answer["growth"]["growers"]:
        table = titled("Mentees near to teaching", "mentee", "could teach", "signs", "more partnerships")
        for grower in answer["growth"]["growers"]:
            topics = ", ".join(ready["capability_name"] for ready in grower["capabilities"])
            released = "" if grower["released"] is None else str(grower["released"])
            table.add_row(grower["mentee"]["name"], topics, str(grower["signs"]), released)
        out.print(table)
    write_rows(out, "scarcity", found.tables, network, folder)


@plan.command()
@asking
def results(shared: Shared, folder: Path | None, as_of: date, as_json: bool) -> None:
    """Count what is known of results, by kind of pair and capability; nothing is ranked, and few cases say nothing."""
    from matcher.planning.results import results as ask

    network = network_of(shared, as_of)
    found = ask(network, as_of)
    answer, out = found.answer, console()
    if as_json:
        print_json(answer)
        return
    line(out, text(answer["text_s"]))
    for measure in answer["measures"]:
        table = titled(text(measure["title_s"]), "kind of pair", "on record", "known", "went well", "share")
        for row in measure["groups"]:
            if row["cases"]:
                kind = f"{text(row['kind_s'])}: {text(row['group_s'])}"
                table.add_row(kind, str(row["pairs"]), str(row["cases"]), str(row["well"]), share(row))
        if table.row_count:
            out.print(table)
        line(out, f"{text(measure['title_s'])}: {measure['whole']['well']} of {measure['whole']['cases']} pairs.")
    write_rows(out, "results", found.tables, network, folder)


@plan.command()
@click.option("--budget", type=click.IntRange(0), help="Money there is; without it, no limit.")
@click.option("--base-cost", default=60_000, show_default=True, type=click.IntRange(1), help="Cost of a partnership.")
@click.option("--per-1000-km", default=4_000, show_default=True, type=click.IntRange(0), help="What 1,000 km add.")
@click.option(
    "--unknown-km", default=5_000, show_default=True, type=click.IntRange(0, 20_100), help="Unknown distance."
)
@click.option("--fragile", default=0, show_default=True, type=click.IntRange(0, 100), help="Least % in fragile states.")
@click.option("--small-towns", default=0, show_default=True, type=click.IntRange(0, 100), help="Least % small towns.")
@click.option("--least", default=0, show_default=True, type=click.IntRange(0), help="Least number of partnerships.")
@click.option("--best", default="fit", show_default=True, type=click.Choice(["fit", "people"]), help="What is most.")
@click.option("--points", default=5, show_default=True, type=click.IntRange(1, 100), help="Budgets of the frontier.")
@policy_option
@asking
def portfolio(
    shared: Shared,
    budget: int | None,
    base_cost: int,
    per_1000_km: int,
    unknown_km: int,
    fragile: int,
    small_towns: int,
    least: int,
    best: str,
    points: int,
    policy_name: str,
    folder: Path | None,
    as_of: date,
    as_json: bool,
) -> None:
    """Find the best set of partnerships for a budget, with travel costs and target shares, and what more money buys."""
    from matcher.planning.portfolio import exact_solver
    from matcher.planning.portfolio import portfolio as ask
    from matcher.planning.portfolio_terms import Terms
    from matcher.planning.watch import Watch
    from matcher.policy import load_policy

    terms = Terms(
        budget=budget,
        base_cost=base_cost,
        cost_per_1000_km=per_1000_km,
        unknown_distance_km=unknown_km,
        fragile_share=fragile / 100,
        small_town_share=small_towns / 100,
        least=least,
        best="people" if best == "people" else "fit",
        points=points,
    )
    policy = load_policy(policy_name)
    network = network_of(shared, as_of)
    with progress("Scoring pairs") as tell:
        found = ask(network, policy, as_of, terms, solver=exact_solver, watch=Watch(tell=tell))
    answer, out = found.answer, console()
    if as_json:
        print_json(answer)
        return
    line(out, text(answer["text_s"]))
    if answer["frontier"]:
        headings = ("spent", "pairs", "total fit", "people at least", "fragile states", "")
        table = titled("What more money buys", "budget", *headings)
        for row in answer["frontier"]:
            sums = (f"{row['spent']:,}", str(row["pairs"]), f"{row['fit']:.1f}", f"{row['people']:,}")
            proof = "proven" if row["proven"] else "best found"
            table.add_row(f"{row['budget'] or 0:,}", *sums, str(row["fragile"]), proof)
        out.print(table)
    if answer["pairs"]:
        table = titled("Partnerships of the set", "mentor", "mentee", "fit", "cost")
        for pair in answer["pairs"]:
            table.add_row(
                pair["mentor"]["name"], pair["mentee"]["name"], f"{100 * pair['fit']:.0f}", f"{pair['cost']:,}"
            )
        out.print(table)
    write_rows(out, "portfolio", found.tables, network, folder)


def share(row: GroupResult) -> str:
    """A share with its interval, or that there are too few cases."""
    if row["share"] is None or row["low"] is None or row["high"] is None:
        return "too few to say"
    return f"{100 * row['share']:.0f} % ({100 * row['low']:.0f} to {100 * row['high']:.0f} %)"
