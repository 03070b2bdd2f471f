"""Rounds looked at: the list, one round, counts before its solve, its log, and two versions side by side."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table

from web.commands.common import Shared, console, json_option, pass_shared, print_json
from web.commands.round_common import round_argument, round_form, show_change

if TYPE_CHECKING:
    from matcher.rounds.entry import Entry


@click.command(name="list")
@json_option
@pass_shared
def list_(shared: Shared, as_json: bool) -> None:
    """All rounds, the latest first."""
    from matcher.rounds.keeping import living_rounds
    from matcher.rounds.words import phase_name

    with shared.store() as store, store.read() as reader:
        rows = living_rounds(reader)
    if as_json:
        names = ("id", "title", "phase", "version", "made_at")
        print_json([{name: getattr(row, name) for name in names} for row in rows])
        return
    if not rows:
        click.echo("There is no round yet. Begin one with “wop round new TITLE --who YOU”.")
        return
    table = Table("round", "title", "state", "version", "begun")
    for row in rows:
        table.add_row(row.id, row.title, str(phase_name(row.phase)), str(row.version), row.made_at[:10])
    console().print(table)


@click.command()
@round_argument
@json_option
@pass_shared
def show(shared: Shared, round_id: str, as_json: bool) -> None:
    """One round: state, next step, decisions and every proposal."""
    from matcher.rounds.keeping import names_of, read_state
    from matcher.rounds.words import proposal_phase_name

    with shared.store() as store, store.read() as reader:
        state = read_state(reader, round_id)
        names = names_of(reader, state)
    if as_json:
        print_json(round_form(state))
        return
    out = console()
    out.print(f"{state.title} (as of {state.as_of})", markup=False, highlight=False)
    show_change(state, as_json=False)
    if state.proposals:
        table = Table("mentor", "mentee", "state", "fit", "needs", title="Proposals", title_justify="left")
        for each in sorted(state.proposals.values(), key=lambda one: (one.phase, -(one.fit or 0), one.mentee)):
            fit = "" if each.fit is None else f"{100 * each.fit:.0f}"
            pair = (names.get(each.mentor, each.mentor), names.get(each.mentee, each.mentee))
            table.add_row(*pair, str(proposal_phase_name(each.phase)), fit, ", ".join(each.needs))
        out.print(table)
    for word, decisions in (("Pinned", state.pins), ("Forbidden", state.forbids)):
        for decision in decisions:
            pair = (names.get(decision.mentor, decision.mentor), names.get(decision.mentee, decision.mentee))
            out.print(f"{word}: {pair[0]} with {pair[1]}: {decision.reason}", markup=False, highlight=False)
    for change in state.adjustments:
        pair = (names.get(change.mentor, change.mentor), names.get(change.mentee, change.mentee))
        out.print(
            f"Fit changed by {change.by:+g}: {pair[0]} with {pair[1]}: {change.reason}", markup=False, highlight=False
        )


@click.command()
@round_argument
@json_option
@pass_shared
def preview(shared: Shared, round_id: str, as_json: bool) -> None:
    """Counts before solving: how many mentees stay without a partner at least, and for lack of what."""
    from graph.sentences import Sentence
    from matcher.rounds.input import policy_of
    from matcher.rounds.keeping import read_state
    from matcher.rounds.readiness import preview as look_ahead

    with shared.store() as store:
        with store.read() as reader:
            state = read_state(reader, round_id)
        as_of = date.fromisoformat(state.as_of)
        found = look_ahead(shared.network(store, as_of), policy_of(state), as_of)
    if as_json:
        names = ("mentors", "mentees", "places", "eligible_pairs", "most_served", "without")
        print_json({name: getattr(found, name) for name in names})
        return
    click.echo(
        f"{found.mentors:,} mentors with {found.places:,} places, {found.mentees:,} mentees,"
        f" {found.eligible_pairs:,} eligible pairs."
    )
    click.echo(
        f"At most {found.most_served:,} mentees can have a partner;"
        f" {found.mentees - found.most_served:,} stay without, whatever is proposed:"
    )
    for row in found.without:
        click.echo(f"  {Sentence.from_json(row['text_s'])}")


@click.command()
@round_argument
@json_option
@pass_shared
def policy(shared: Shared, round_id: str, as_json: bool) -> None:
    """Print the policy of a round with every decision in it, as TOML: what the next solve is given."""
    from matcher.rounds.input import policy_of
    from matcher.rounds.keeping import read_state

    with shared.store() as store, store.read() as reader:
        found = policy_of(read_state(reader, round_id))
    if as_json:
        print_json(found.to_json())
    else:
        click.echo(found.to_toml(), nl=False)


@click.command()
@round_argument
@click.option("--by", default=None, help="Only what this person did: a name, or the id of an account.")
@click.option("--kind", default=None, help="Only entries of this kind, such as pin or answer.")
@click.option("--about", default=None, metavar="UTILITY", help="Only entries about this utility (its id).")
@json_option
@pass_shared
def log(shared: Shared, round_id: str, by: str | None, kind: str | None, about: str | None, as_json: bool) -> None:
    """Every change of a round: who, when, why and what."""
    from matcher.rounds.authors import is_by, same_names, told_apart
    from matcher.rounds.concerned import concerned
    from matcher.rounds.keeping import read_log, utility_names
    from matcher.rounds.words import told

    with shared.store() as store, store.read() as reader:
        whole = read_log(reader, round_id)
        entries = [
            entry
            for entry in whole
            if (by is None or is_by(entry, by))
            and (kind is None or entry.kind == kind)
            and (about is None or about in concerned(entry))
        ]
        names = utility_names(reader, (id for entry in entries for id in concerned(entry)))
    if as_json:
        print_json([{**entry_form(entry), "text_s": told(entry, names).to_json()} for entry in entries])
        return
    same = same_names(whole)
    for entry in entries:
        why = f" ({entry.why})" if entry.why else ""
        at = entry.at[:16].replace("T", " ")
        console().print(
            f"{entry.number:>4}  {at}  {told_apart(entry, same)}: {told(entry, names)}{why}",
            markup=False,
            highlight=False,
        )


def entry_form(entry: Entry) -> dict[str, Any]:
    """An entry as JSON."""
    names = ("number", "at", "who", "account", "why", "kind", "body")
    return {name: getattr(entry, name) for name in names}


@click.command()
@round_argument
@click.argument("first", type=int)
@click.argument("second", type=int)
@json_option
@pass_shared
def compare(shared: Shared, round_id: str, first: int, second: int, as_json: bool) -> None:
    """What changed between two versions, for whom, and by which entries of the log."""
    from graph.errors import UnknownName
    from graph.sentences import say
    from matcher.rounds.comparing import compare as side_by_side
    from matcher.rounds.keeping import read_log, utility_names
    from matcher.rounds.words import proposal_phase_name, told

    with shared.store() as store, store.read() as reader:
        entries = read_log(reader, round_id)
        for version in (first, second):
            if not 1 <= version <= len(entries):
                raise UnknownName(say("version of this round"), str(version), [str(len(entries))])
        found = side_by_side(entries, first, second)
        names = utility_names(reader, (row[side] for row in found["pairs"] for side in ("mentor", "mentee")))
    if as_json:
        print_json(found)
        return
    if not found["pairs"]:
        click.echo("No proposal differs between the two.")
        return
    table = Table("mentor", "mentee", f"version {first}", f"version {second}", "why")
    for row in found["pairs"]:
        states = ("" if phase is None else str(proposal_phase_name(phase)) for phase in (row["before"], row["after"]))
        reasons = "; ".join(
            _because(entries[number - 1], str(told(entries[number - 1], names))) for number in row["entries"]
        )
        pair = (names.get(row["mentor"], row["mentor"]), names.get(row["mentee"], row["mentee"]))
        table.add_row(*pair, *states, reasons)
    console().print(table)


def _because(entry: Entry, text: str) -> str:
    return f"{entry.who}: {text}" + (f" ({entry.why})" if entry.why else "")
