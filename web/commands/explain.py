"""``wop explain``: why a round is as it is, what would have to change, and what it would cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

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
from web.commands.match import text, titled

if TYPE_CHECKING:
    from matcher.explain.effects import Effect
    from matcher.explain.round import SolvedRound

MOVES_SHOWN = 12
"""How many mentees whose partners change are named before the rest is counted."""


def about_round(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options every explanation has."""
    return policy_option(as_of_option(json_option(pass_shared(command))))


def solve_round(shared: Shared, policy_name: str, as_of: date) -> SolvedRound:
    """The round of a policy and a date, solved as ``wop match`` solves it."""
    from matcher.explain.round import solved_round
    from matcher.policy import load_policy

    policy = load_policy(policy_name)
    with shared.store() as store, progress("Solving the round") as tell:
        network = shared.network(store, as_of)
        tell("Solving the round", 0.3)
        return solved_round(network, policy, as_of)


def line(out: Console, words: str) -> None:
    """One line of plain text."""
    out.print(words, markup=False, highlight=False)


def print_moves(out: Console, effect: Effect) -> None:
    """Whose partners change, one line each."""
    for move in effect["moves"][:MOVES_SHOWN]:
        line(out, f"  {text(move['text_s'])}")
    if (more := len(effect["moves"]) - MOVES_SHOWN) > 0:
        line(out, f"  And {more} more.")


@click.group()
def explain() -> None:
    """Say why the round is as it is; every number is solved for again and verified."""


@explain.command()
@click.argument("mentor")
@click.argument("mentee")
@about_round
def pair(shared: Shared, mentor: str, mentee: str, policy_name: str, as_of: date, as_json: bool) -> None:
    """Say why MENTOR is proposed for MENTEE, or why not, and what the opposite would cost."""
    from matcher.explain.pair import explain_in_round

    answer = explain_in_round(solve_round(shared, policy_name, as_of), mentor, mentee)
    if as_json:
        print_json(answer)
        return
    from web.commands.pairs import print_explanation

    out = console()
    line(out, text(answer["text_s"]))
    if answer["effect"] is not None:
        print_moves(out, answer["effect"])
    for side, best in (("mentor", answer["next_mentor"]), ("mentee", answer["next_mentee"])):
        if best is not None:
            whose = answer["mentee"]["name"] if side == "mentor" else answer["mentor"]["name"]
            fit = f"{100 * best['fit']:.0f}"
            line(
                out,
                f"The next best {side} for {whose} by fit: {best['partner']['name']} ({fit})."
                f" {text(best['effect']['text_s'])}",
            )
    print_explanation(out, answer["pair"])


@explain.command()
@click.argument("utility", required=False)
@about_round
def unmatched(shared: Shared, utility: str | None, policy_name: str, as_of: date, as_json: bool) -> None:
    """Say why UTILITY has no partner, and the smallest change that gives it one; without UTILITY list all."""
    from matcher.explain.smallest_change import smallest_change
    from matcher.unmatched import explain_unmatched

    round = solve_round(shared, policy_name, as_of)
    reasons = explain_unmatched(round.built, round.result)
    out = console()
    if utility is None:
        if as_json:
            print_json({"as_of": as_of.isoformat(), "unmatched": reasons})
            return
        table = titled("Without a partner", "mentee", "needs", "why")
        for left in reasons:
            needs = ", ".join(need["capability_name"] for need in left["needs"])
            table.add_row(f"{left['mentee']['name']} ({left['mentee']['country']})", needs, text(left["text_s"]))
        if reasons:
            out.print(table)
        line(out, f"{len(reasons)} of {len(round.problem.mentee_ids)} mentees have no partner.")
        return
    change = smallest_change(round, utility)
    reason = next((left for left in reasons if left["mentee"]["id"] == change["mentee"]["id"]), None)
    if as_json:
        print_json({"as_of": as_of.isoformat(), "reason": reason, "smallest_change": change})
        return
    if reason is not None:
        line(out, f"{reason['mentee']['name']}: {text(reason['text_s'])}")
        for rule in reason["removed_by"]:
            line(out, f"  {text(rule['title_s'])}: removes {rule['removed']} mentors, {rule['alone']} of them alone.")
    line(out, text(change["text_s"]))
    if change["changes"]:
        table = titled("Changes that give it a partner, the cheapest first", "change", "partner", "the round")
        for each in change["changes"]:
            mentors = ", ".join(mentor["name"] for mentor in each["mentors"])
            table.add_row(text(each["what_s"]), mentors, text(each["effect"]["text_s"]))
        out.print(table)
    for failed in change["failed"]:
        line(out, f"Does not help alone: {text(failed['what_s'])}")


@explain.command()
@click.argument("utility")
@click.option("--top", default=5, show_default=True, type=click.IntRange(1, 100), help="How many to ask about.")
@about_round
def alternates(shared: Shared, utility: str, top: int, policy_name: str, as_of: date, as_json: bool) -> None:
    """Rank the mentors in reserve for UTILITY by what the whole round would lose."""
    from matcher.explain.alternates import alternates as reserve

    answer = reserve(solve_round(shared, policy_name, as_of), utility, top)
    if as_json:
        print_json(answer)
        return
    out = console()
    present = ", ".join(mentor["name"] for mentor in answer["present"]) or "none"
    line(out, f"Present partner of {answer['mentee']['name']}: {present}.")
    line(out, text(answer["text_s"]))
    if answer["alternates"]:
        table = titled("Alternates", "mentor", "fit", "the round", "others who move")
        for each in answer["alternates"]:
            moves = [move for move in each["effect"]["moves"] if move["mentee"]["id"] != answer["mentee"]["id"]]
            fit = f"{100 * each['fit']:.0f}"
            table.add_row(each["mentor"]["name"], fit, text(each["effect"]["text_s"]), str(len(moves)))
        out.print(table)


@explain.command()
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


@explain.command()
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
        heading = f"One extra mentor with {answer['places']} places, teaching at level {answer['level']} of 5"
        table = titled(heading, "offers", "region", "language", "more partnerships", "the round")
        for each in answer["recruits"]:
            offers, gain = ", ".join(each["capability_names"]), text(each["effect"]["text_s"])
            table.add_row(offers, each["region_name"], each["language"], str(each["released"]), gain)
        out.print(table)


@explain.command()
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


@explain.command()
@click.argument("first")
@click.argument("second")
@click.option("--points", default=12, show_default=True, type=click.IntRange(2, 1000), help="About how many points.")
@click.option("--svg", type=click.Path(dir_okay=False, writable=True), help="Also write a picture to this file.")
@about_round
def frontier(
    shared: Shared,
    first: str,
    second: str,
    points: int,
    svg: str | None,
    policy_name: str,
    as_of: date,
    as_json: bool,
) -> None:
    """Show what more of the goal SECOND costs of the goal FIRST; both are ids as in a policy."""
    from matcher.explain.frontier import frontier as between
    from matcher.explain.frontier import frontier_svg

    answer = between(solve_round(shared, policy_name, as_of), first, second, points)
    if svg is not None:
        from pathlib import Path

        from graph.files import written_whole

        with written_whole(Path(svg)) as draft:
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


@explain.command()
@about_round
def fairness(shared: Shared, policy_name: str, as_of: date, as_json: bool) -> None:
    """Show who is served, who is worst off, and which pairs would rather have each other."""
    from matcher.explain.fairness import fairness as fair

    answer = fair(solve_round(shared, policy_name, as_of))
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
