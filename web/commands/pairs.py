"""One utility or one pair: ranked partners with reasons, and why a pair fits or may not be."""

from __future__ import annotations

from datetime import date
from typing import Literal

import click
from rich.console import Console
from rich.table import Table

from matcher.document import PairExplanation
from web.commands.common import (
    Shared,
    as_of_option,
    console,
    json_option,
    pass_shared,
    policy_option,
    print_json,
)
from web.commands.match import text


@click.command()
@click.argument("utility")
@click.option("--top", default=10, show_default=True, type=click.IntRange(1, 1000), help="How many to show.")
@click.option(
    "--as",
    "role",
    type=click.Choice(["mentee", "mentor"]),
    default="mentee",
    show_default=True,
    help="The side the utility takes.",
)
@click.option("--need", "needs", multiple=True, help="A need given on the spot (a capability's id); repeatable.")
@policy_option
@as_of_option
@json_option
@pass_shared
def suggest(
    shared: Shared,
    utility: str,
    top: int,
    role: Literal["mentee", "mentor"],
    needs: tuple[str, ...],
    policy_name: str,
    as_of: date,
    as_json: bool,
) -> None:
    """Rank the partners of one UTILITY (its id or name), with reasons."""
    from matcher.pairs import suggest as candidates
    from matcher.policy import load_policy

    policy = load_policy(policy_name)
    with shared.store() as store:
        network = shared.network(store, as_of)
    chosen = network.find_utility(utility)
    found = candidates(network, policy, chosen.id, as_of, role=role, needs=needs, top=top)
    if as_json:
        print_json({"utility": chosen.id, "role": role, "as_of": as_of.isoformat(), "candidates": found})
        return
    out = console()
    other = "mentor" if role == "mentee" else "mentee"
    if not found:
        out.print(f"No {other} may be paired with {chosen.name} under the policy “{policy.name}”.", markup=False)
        return
    table = Table("", other, "fit", "needs worked on", "evidence", "strongest reasons")
    for place, candidate in enumerate(found, start=1):
        partner = candidate["mentor"] if role == "mentee" else candidate["mentee"]
        table.add_row(
            str(place),
            f"{partner['name']} ({partner['country']})",
            f"{100 * candidate['fit']:.0f}",
            ", ".join(need["capability_name"] for need in candidate["covered"]),
            f"{candidate['evidence_known']} of {candidate['evidence_total']}",
            " ".join(strongest(candidate)),
        )
    out.print(f"Partners for {chosen.name} as {role}, as of {as_of.isoformat()}:", markup=False, highlight=False)
    out.print(table)


def strongest(candidate: PairExplanation, count: int = 2) -> list[str]:
    """The sentences of the rules that speak most for the pair, weight times value."""
    known = [reason for reason in candidate["reasons"] if reason["value"] is not None and reason["weight"] > 0]
    known.sort(key=lambda reason: -reason["weight"] * (reason["value"] or 0.0))
    return [text(reason["text_s"]) for reason in known[:count]]


@click.command()
@click.argument("mentor")
@click.argument("mentee")
@policy_option
@as_of_option
@json_option
@pass_shared
def why(shared: Shared, mentor: str, mentee: str, policy_name: str, as_of: date, as_json: bool) -> None:
    """Say why MENTOR fits MENTEE, rule by rule, or which rule stands against it."""
    from matcher.pairs import explain_pair
    from matcher.policy import load_policy

    policy = load_policy(policy_name)
    with shared.store() as store:
        network = shared.network(store, as_of)
    ids = network.find_utility(mentor).id, network.find_utility(mentee).id
    explanation = explain_pair(network, policy, *ids, as_of)
    if as_json:
        print_json(explanation)
    else:
        print_explanation(console(), explanation)


def print_explanation(out: Console, pair: PairExplanation) -> None:
    """One pair, rule by rule."""
    verdict = f"fit {100 * pair['fit']:.0f} of 100" if pair["eligible"] else "not eligible"
    out.print(
        f"{pair['mentor']['name']} as mentor of {pair['mentee']['name']}: {verdict};"
        f" evidence known for {pair['evidence_known']} of {pair['evidence_total']} criteria.",
        markup=False,
        highlight=False,
    )
    for heading, needs in (("Needs it can work on", pair["covered"]), ("Needs left open", pair["uncovered"])):
        names = [
            need["capability_name"] + (" (inferred from the register)" if need["provenance"] == "inferred" else "")
            for need in needs
        ]
        out.print(f"{heading}: {', '.join(names) or 'none'}", markup=False, highlight=False)
    table = Table("rule", "value", "weight", "reason")
    for reason in pair["reasons"]:
        if reason["mode"] == "mandatory" and reason["value"] is None:
            value = "passed" if reason["passed"] else "against"
        else:
            value = "unknown" if reason["value"] is None else f"{100 * reason['value']:.0f}"
            value += "" if reason["passed"] else " (against)"
        weight = f"{reason['weight']:g}" if reason["mode"] == "graded" else "must"
        table.add_row(text(reason["title_s"]), value, weight, text(reason["text_s"]))
    out.print(table)
