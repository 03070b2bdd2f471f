"""Run a match and show the proposal; print a ready policy to start from."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from graph.errors import StoreUnavailable, UnknownName, WopError
from graph.files import written_whole
from graph.sentences import Sentence, say
from graph.store import Store
from matcher.document import ProposalDocument, SentenceJson
from web import patience
from web.commands.common import (
    Progress,
    Shared,
    as_of_option,
    console,
    error_console,
    json_option,
    pass_shared,
    policy_option,
    print_json,
    progress,
)

TIME_LIMIT = 300.0
"""Seconds a match may take unless asked otherwise: nobody waits for hours without an answer."""


@click.command()
@policy_option
@as_of_option
@click.option(
    "--out", "outputs", multiple=True, type=click.Path(path_type=Path), help="Also write FILE.json, .xlsx or .csv."
)
@click.option("--seed", default=0, show_default=True, help="Part of the input: the same seed, the same bytes.")
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0, min_open=True),
    default=TIME_LIMIT,
    show_default=True,
    help="Seconds for solving; then the best found so far comes with its proven gap.",
)
@click.option(
    "--work-limit",
    type=click.FloatRange(min=0, min_open=True),
    help="The same in counted units of about a second each, so that the proposal is the same on every machine.",
)
@json_option
@pass_shared
def match(
    shared: Shared,
    policy_name: str,
    as_of: date,
    outputs: tuple[Path, ...],
    seed: int,
    time_limit: float,
    work_limit: float | None,
    as_json: bool,
) -> None:
    """Propose who should mentor whom, and say who is left without a partner and why."""
    writers = [(path, writer_for(path)) for path in outputs]
    document = run_match(shared, policy_name, as_of, seed, time_limit, work_limit)
    for path, write in writers:
        with written_whole(path) as draft:
            draft.write_bytes(write(document))
    if as_json:
        print_json(document)
        return
    print_proposal(console(), document)
    for path, _write in writers:
        console().print(f"Wrote {path}.", markup=False, highlight=False)


def run_match(
    shared: Shared,
    policy_name: str,
    as_of: date,
    seed: int = 0,
    time_limit: float = TIME_LIMIT,
    work_limit: float | None = None,
) -> ProposalDocument:
    """Read, match, verify and keep the proposal as the latest round; a store that is away meanwhile is waited for.

    Raises ``StoreUnavailable`` where it stays away: then nothing is kept.
    """
    from matcher.policy import load_policy
    from matcher.proposal import propose

    policy = load_policy(policy_name)
    with shared.store() as store, progress("Reading the network") as tell:
        network = shared.network(store, as_of)
        document = propose(
            network, policy, as_of=as_of, seed=seed, time_limit=time_limit, work_limit=work_limit, progress=tell
        )
        keep(store, document, tell)
    return document


def keep(store: Store, document: ProposalDocument, tell: Progress) -> None:
    """Keep a proposal that took long to find, though the store may be away just now."""
    from graph.rounds import save_round

    told: list[WopError] = []

    def wait(pause: float, wrong: WopError) -> None:
        if not told:
            error_console().print(
                f"{wrong.message} The proposal is found; waiting up to {patience.PATIENCE:.0f} s to keep it.",
                markup=False,
                highlight=False,
            )
            told.append(wrong)
        tell("Waiting for the store", 1.0)
        time.sleep(pause)

    try:
        patience.patiently(lambda: save_round(store, document), wait)
    except StoreUnavailable as error:
        raise StoreUnavailable(
            say("The proposal was found, but could not be kept: {reason}", reason=error.message),
            say("Nothing that was saved is lost. When the store is back, run the same match again."),
        ) from error


def writer_for(path: Path) -> Callable[[ProposalDocument], bytes]:
    """The writer for a file's ending.

    Raises ``UnknownName`` for any other ending, before anything is computed.
    """
    from matcher import downloads

    writers = {
        ".json": downloads.proposal_json,
        ".xlsx": downloads.proposal_xlsx,
        ".csv": downloads.proposal_csv,
    }
    if path.suffix.lower() not in writers:
        raise UnknownName(say("file ending for a proposal"), path.suffix or path.name, writers)
    return writers[path.suffix.lower()]


def print_proposal(out: Console, document: ProposalDocument) -> None:
    """The proposal for a person at a terminal."""
    totals = document["totals"]
    pairs = Table(
        "mentor", "mentee", "fit", "needs worked on", "left open", title="Proposed pairs", title_justify="left"
    )
    for pair in document["pairs"]:
        pairs.add_row(
            f"{pair['mentor']['name']} ({pair['mentor']['country']})",
            f"{pair['mentee']['name']} ({pair['mentee']['country']})",
            f"{100 * pair['fit']:.0f}",
            ", ".join(need["capability_name"] for need in pair["covered"]),
            ", ".join(need["capability_name"] for need in pair["uncovered"]),
        )
    out.print(pairs)
    regions = titled("By region of the mentee", "region")
    for heading in ("mentees", "served", "mentors", "places", "places used"):
        regions.add_column(heading, justify="right")
    for region in document["regions"]:
        counts = (region["mentees"], region["served"], region["mentors"], region["places"], region["places_used"])
        regions.add_row(region["region_name"], *(f"{count:,}" for count in counts))
    out.print(regions)
    if document["limits"]:
        limits = titled("Limits", "limit", "at least", "at most", "used")
        for limit in document["limits"]:
            bounds = ("" if bound is None else f"{bound:g}" for bound in (limit["lower"], limit["upper"]))
            limits.add_row(text(limit["title_s"]), *bounds, f"{limit['used']:g}")
        out.print(limits)
    if document["unmatched"]:
        unmatched = titled("Without a partner", "mentee", "why")
        for left in document["unmatched"]:
            unmatched.add_row(f"{left['mentee']['name']} ({left['mentee']['country']})", text(left["text_s"]))
        out.print(unmatched)
    out.print(
        f"{totals['served']} of {totals['mentees']} mentees have a partner;"
        f" {totals['places_used']} of {totals['places']} mentor places are used;"
        f" {totals['needs_covered']} of {totals['needs']} needs are covered.",
        highlight=False,
    )
    for goal in document["goals"]:
        proof = "proven optimal" if goal["proven"] else f"at most {goal['bound']:,} is possible"
        out.print(f"Goal: {text(goal['title_s'])}: {goal['value']:,} ({proof})", markup=False, highlight=False)
    out.print(
        f"Verified by an independent check ({len(document['verification']['checks'])} points). Offers and needs without"
        f" a statement of the utility are inferred from the register. As of {document['as_of']}, policy"
        f" “{document['policy']['name']}”, round {document['id']}.",
        markup=False,
        highlight=False,
    )


def titled(title: str, *headings: str) -> Table:
    """A table under a title."""
    return Table(*headings, title=title, title_justify="left")


def text(sentence: SentenceJson) -> str:
    """A sentence's English text."""
    return str(Sentence.from_json(sentence))


@click.command()
@click.argument("name", required=False)
@json_option
def policy(name: str | None, as_json: bool) -> None:
    """List the ready policies, or print one as TOML to change and use with --policy FILE."""
    from matcher.policy import load_policy, ready_policies, ready_policy_text

    if as_json:
        chosen_ones = ready_policies() if name is None else {name: load_policy(name)}
        print_json({ready: chosen.to_json() for ready, chosen in chosen_ones.items()})
    elif name is None:
        for ready, chosen in ready_policies().items():
            click.echo(f"{ready}: {chosen.description}")
    else:
        click.echo(ready_policy_text(name), nl=False)
