"""``wop explain`` of the whole round: what is scarce, whom to recruit, other proposals, the frontier, fairness."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from web.commands.common import Shared, console, print_json
from web.commands.explaining import about_round, line, print_moves, solve_round
from web.commands.match import text, titled


@click.command()
@click.option(
    "--top", default=10, show_default=True, type=click.IntRange(1, 1000), help="How many mentors to ask about."
)
@about_round
def scarcity(shared: Shared, top: int, policy_name: str, as_of: date, as_json: bool) -> None:
    """Show what is scarce: places, limits, needs nobody can meet, single points of supply, unused offers."""
    from matcher.explain.scarcity import scarcity as scarce

    answer = scarce(solve_round(shared, policy_name, as_of), top)
    if as_json:
        print_json(answer)
        return
    out = console()
    line(out, text(answer["text_s"]))
    if answer["places"]:
        table = titled("One more place", "mentor", "places", "the round")
        for place in answer["places"]:
            table.add_row(place["mentor"]["name"], str(place["places"]), text(place["effect"]["text_s"]))
        out.print(table)
    if answer["limits"]:
        table = titled("Limits without room", "change", "the round")
        for limit in answer["limits"]:
            table.add_row(text(limit["what_s"]), text(limit["effect"]["text_s"]))
        out.print(table)
    _topics(out, "Needs no mentor of the round can meet", answer["unmet_needs"], "mentees")
    if answer["single_supply"]:
        table = titled("Offered by one mentor alone", "capability", "mentor", "needed by")
        for single in answer["single_supply"]:
            table.add_row(single["capability_name"], single["mentor"]["name"], str(single["needed_by"]))
        out.print(table)
    _topics(out, "Offered, but in no proposed pair", answer["unused_offers"], "needed_by")


def _topics(out: Console, title: str, rows: Sequence[Any], needed: str) -> None:
    """Capabilities with how many mentors offer and how many mentees need each."""
    if rows:
        table = titled(title, "capability", "offered by", "needed by")
        for row in rows:
            count = row[needed] if isinstance(row[needed], int) else len(row[needed])
            table.add_row(row["capability_name"], str(row["offered_by"]), str(count))
        out.print(table)


@click.command()
@click.option("--top", default=10, show_default=True, type=click.IntRange(1, 40), help="How many kinds to verify.")
@about_round
def recruit(shared: Shared, top: int, policy_name: str, as_of: date, as_json: bool) -> None:
    """Show which kind of extra mentor would add most."""
    from matcher.explain.recruitment import recruitment

    answer = recruitment(solve_round(shared, policy_name, as_of), top)
    if as_json:
        print_json(answer)
        return
    out = console()
    line(out, text(answer["text_s"]))
    if answer["recruits"]:
        places = "1 place" if answer["places"] == 1 else f"{answer['places']} places"
        heading = f"One extra mentor with {places}, teaching at level {answer['level']} of 5"
        table = titled(heading, "offers", "region", "language", "more partnerships", "the round")
        for each in answer["recruits"]:
            offers, gain = ", ".join(each["capability_names"]), text(each["effect"]["text_s"])
            table.add_row(offers, each["region_name"], text(each["language_s"]), str(each["released"]), gain)
        out.print(table)


@click.command()
@click.option("--count", default=3, show_default=True, type=click.IntRange(1, 100), help="How many proposals.")
@click.option(
    "--apart", default=1, show_default=True, type=click.IntRange(1, 1000), help="In how many pairs they differ."
)
@about_round
def best(shared: Shared, count: int, apart: int, policy_name: str, as_of: date, as_json: bool) -> None:
    """Show the best whole proposals and how they differ."""
    from matcher.explain.best_proposals import best_proposals

    answer = best_proposals(solve_round(shared, policy_name, as_of), count, apart)
    if as_json:
        print_json(answer)
        return
    out = console()
    line(out, text(answer["text_s"]))
    for proposal in answer["proposals"][1:]:
        line(out, f"{proposal['place']}. {text(proposal['effect']['text_s'])}")
        print_moves(out, proposal["effect"])


@click.command()
@click.argument("first")
@click.argument("second")
@click.option("--points", default=12, show_default=True, type=click.IntRange(2, 1000), help="About how many points.")
@click.option("--svg", type=click.Path(path_type=Path, dir_okay=False), help="Also write a picture to this file.")
@about_round
def frontier(
    shared: Shared,
    first: str,
    second: str,
    points: int,
    svg: Path | None,
    policy_name: str,
    as_of: date,
    as_json: bool,
) -> None:
    """Show what more of the goal SECOND costs of the goal FIRST; both are ids as in a policy."""
    from matcher.explain.frontier import frontier as between
    from matcher.explain.frontier import frontier_svg

    answer = between(solve_round(shared, policy_name, as_of), first, second, points)
    if svg is not None:
        from graph.files import written_whole

        with written_whole(svg) as draft:
            draft.write_text(frontier_svg(answer), encoding="utf-8")
    if as_json:
        print_json(answer)
        return
    out = console()
    table = titled("Frontier", text(answer["first"]["title_s"]), text(answer["second"]["title_s"]), "pairs", "")
    for point in answer["points"]:
        proof = "proven" if point["proven"] else "best found"
        table.add_row(f"{point['first']:,}", f"{point['second']:,}", str(point["pairs"]), proof)
    out.print(table)
    line(out, text(answer["text_s"]))
    if not answer["complete"]:
        line(out, "There may be more points between these; ask for more with --points.")


@click.command()
@click.option(
    "--stable-policy",
    "stable_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write the policy with a stable pairing to this TOML file.",
)
@about_round
def fairness(shared: Shared, stable_path: Path | None, policy_name: str, as_of: date, as_json: bool) -> None:
    """Show who is served, who is worst off, and which pairs would rather have each other."""
    from graph.files import written_whole
    from matcher.explain.fairness import fairness as fair
    from matcher.explain.fairness import stable_policy

    round = solve_round(shared, policy_name, as_of)
    answer = fair(round)
    if stable_path is not None:
        with written_whole(stable_path) as draft:
            draft.write_text(stable_policy(round.policy).to_toml(), encoding="utf-8")
    if as_json:
        print_json(answer)
        return
    out = console()
    for kind, title in (("region", "By region"), ("income_group", "By income group"), ("size", "By size")):
        table = titled(f"{title} of the mentee", "group", "mentees", "served", "of the pool", "of those served")
        for share in answer["shares"]:
            if share["kind"] == kind:
                served = "" if share["share_of_served"] is None else f"{100 * share['share_of_served']:.1f} %"
                counts = (str(share["mentees"]), str(share["served"]), f"{100 * share['share_of_pool']:.1f} %", served)
                table.add_row(text(share["title_s"]), *counts)
        out.print(table)
    table = titled("Worst off", "mentee", "mentor", "fit")
    for worst in answer["worst_off"]:
        table.add_row(worst["mentee"]["name"], worst["mentor"]["name"], f"{100 * worst['fit']:.0f}")
    out.print(table)
    line(out, text(answer["text_s"]))
    for blocking in answer["blocking"]:
        line(out, f"  {text(blocking['text_s'])}")
    stable = answer["stable"]
    line(out, f"A stable proposal has {stable['pairs']} pairs. {text(stable['effect']['text_s'])}")
    for broken in stable["broken"]:
        line(out, f"  It is not allowed: {text(broken)}")
    if answer["optimum"] is not None:
        line(out, f"The best proposal instead of the stable one: {text(answer['optimum']['text_s'])}")
