"""``wop explain``: why a pair, why no partner, who is in reserve; the whole round is in ``explain_round``."""

from __future__ import annotations

from datetime import date

import click

from web.commands.common import Shared, console, print_json
from web.commands.explain_round import best, fairness, frontier, recruit, scarcity
from web.commands.explaining import about_round, line, print_moves, solve_round
from web.commands.match import text, titled


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
    for side, rival in (("mentor", answer["next_mentor"]), ("mentee", answer["next_mentee"])):
        if rival is not None:
            whose = answer["mentee"]["name"] if side == "mentor" else answer["mentor"]["name"]
            fit = f"{100 * rival['fit']:.0f}"
            line(
                out,
                f"The next best {side} for {whose} by fit: {rival['partner']['name']} ({fit})."
                f" {text(rival['effect']['text_s'])}",
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
        table = titled(
            "Changes that give it a partner, the smallest first", "change", "partner", "by itself", "the round"
        )
        for each in change["changes"]:
            mentors = ", ".join(mentor["name"] for mentor in each["mentors"])
            alone = "yes" if each["by_itself"] else "insisting"
            table.add_row(text(each["what_s"]), mentors, alone, text(each["effect"]["text_s"]))
        out.print(table)
    for failed in change["failed"]:
        line(out, f"Does not help: {text(failed['what_s'])}")


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


for command in (scarcity, recruit, best, frontier, fairness):
    explain.add_command(command)
