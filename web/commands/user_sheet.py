"""Many invitations at once, from a sheet: printable letters, or mail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from graph.errors import BadInput
from graph.sentences import say
from web.commands.common import Shared, console, json_option, pass_shared, print_json
from web.commands.links import address_option, base_of
from web.commands.round_letters import draft_of
from web.links import link_of


@click.command(name="invite-many")
@click.argument("sheet", type=click.Path(path_type=Path))
@click.option("--letters", type=click.Path(path_type=Path, dir_okay=False), help="Write printable letters (HTML) here.")
@click.option("--mail", is_flag=True, help="Send the letters by mail (WOP_SMTP_HOST).")
@click.option("--dry-run", is_flag=True, help="Only check the sheet.")
@address_option
@json_option
@pass_shared
def invite_many(
    shared: Shared, sheet: Path, letters: Path | None, mail: bool, dry_run: bool, address: str | None, as_json: bool
) -> None:
    """Invite everybody in SHEET (CSV or XLSX with login, name, utilities, language) to speak for utilities.

    All accounts are made, or none.
    """
    from graph.invitations import invite, read_invitations
    from matcher.rounds.keeping import utility_names
    from web.letters import Letter, mails, printable
    from web.mailing import send
    from web.settings import read_settings

    if not dry_run and letters is None and not mail:
        raise BadInput(
            say("The links of the invitations have to go somewhere."), say("Give --letters FILE, --mail, or both.")
        )
    settings = read_settings(store=shared.store_address)
    if mail and not dry_run:
        send([], settings)  # a server that takes nothing is found before anything is made
    base, now, lasts = base_of(address, shared.store_address), datetime.now(UTC), timedelta(days=settings.link_days)
    draft = draft_of(letters) if letters is not None and not dry_run else None
    with shared.store() as store:
        with store.read() as reader:
            wanted = read_invitations(sheet, reader)
            names = utility_names(reader, (id for account in wanted for id in account.utilities))
        if dry_run:
            _tell([account.id for account in wanted], [], as_json, dry_run=True)
            return
        with store.write() as transaction:
            made = [
                Letter(
                    account,
                    link_of(base, key),
                    (now + lasts).date(),
                    tuple(names.get(id, id) for id in account.utilities),
                )
                for account, key in invite(transaction, wanted, now, lasts)
            ]
            if draft is not None and letters is not None:
                draft.write_text(printable(made, settings), encoding="utf-8")
                draft.replace(letters)
    refused = send(mails(made, settings), settings) if mail else []
    _tell([letter.account.id for letter in made], refused, as_json, dry_run=False)


def _tell(invited: list[str], refused: list[str], as_json: bool, *, dry_run: bool) -> None:
    if as_json:
        print_json({"invited": invited, "refused": refused, "dry_run": dry_run})
        return
    out = console()
    said = f"{len(invited)} in the sheet; nothing was made." if dry_run else f"Invited: {len(invited)}."
    out.print(said, markup=False, highlight=False)
    for login in refused:
        out.print(
            f"The mail server refused {login}: “wop user reset {login}” prints a new link.",
            markup=False,
            highlight=False,
        )
