"""Letters of a round on the command line: write to whose turn it is, remind who has not answered, set the texts."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from graph.errors import BadInput
from graph.sentences import say
from web.commands.common import Shared, console, day_option, json_option, pass_shared, print_json
from web.commands.links import address_option, base_of
from web.commands.round_common import Change, change_command, round_argument, who_option

if TYPE_CHECKING:
    from matcher.rounds.state import LivingRound
    from web.round_letters import Delivery

letters_option = click.option(
    "--letters", type=click.Path(path_type=Path, dir_okay=False), help="Write printable letters (HTML) here."
)
mail_option = click.option("--mail", is_flag=True, help="Send the letters by mail (WOP_SMTP_HOST).")


@click.command(name="write")
@round_argument
@letters_option
@mail_option
@address_option
@who_option
@json_option
@pass_shared
def write(
    shared: Shared, round_id: str, letters: Path | None, mail: bool, address: str | None, who: str, as_json: bool
) -> None:
    """Write to everybody whose turn it is to answer; again, it sends only what failed or is new."""
    _write(shared, round_id, letters, mail, address, who, as_json, reminder=False, on=None)


@click.command(name="remind")
@round_argument
@letters_option
@mail_option
@click.option("--days", type=int, default=None, help="Only so many days before the deadline, or later.")
@day_option("--on", "The day of the reminder")
@address_option
@who_option
@json_option
@pass_shared
def remind(
    shared: Shared,
    round_id: str,
    letters: Path | None,
    mail: bool,
    days: int | None,
    on: date,
    address: str | None,
    who: str,
    as_json: bool,
) -> None:
    """Remind everybody who has not answered, once a day however often it is run (made for cron)."""
    from matcher.rounds.keeping import read_state

    if days is not None:
        with shared.store() as store, store.read() as reader:
            deadline = read_state(reader, round_id).deadline
        if not deadline or (date.fromisoformat(deadline) - on).days > days:
            _tell_nothing(as_json)
            return
    _write(shared, round_id, letters, mail, address, who, as_json, reminder=True, on=on)


@click.command(name="message")
@change_command
@click.option("--kind", type=click.Choice(["mentor", "mentee", "reminder"]), required=True, help="Which letter.")
@click.option("--language", type=click.Choice(["en", "fr", "es"]), required=True, help="Its language.")
@click.option("--text", type=click.File(encoding="utf-8"), default=None, help="A file with the text; none: ours again.")
def message(shared: Shared, change: Change, kind: str, language: str, text: Any) -> LivingRound:
    """Set a text of the letters, with places such as {mentee}, {needs}, {deadline} and {link}."""
    from matcher.rounds.edits import set_message
    from matcher.rounds.messages import checked_message, message_key

    own = checked_message(text.read()) if text is not None else ""
    with shared.store() as store:
        return set_message(store, change.round_id, message_key(kind, language), own, **change.said)


def _write(
    shared: Shared,
    round_id: str,
    letters: Path | None,
    mail: bool,
    address: str | None,
    who: str,
    as_json: bool,
    *,
    reminder: bool,
    on: date | None,
) -> None:
    from web.app import create_app
    from web.letters import plain_pages
    from web.round_letters import NOBODY, write_letters
    from web.settings import read_settings

    if (letters is None) == (not mail):
        raise BadInput(say("Letters go somewhere."), say("Give --letters FILE or --mail, one of them."))
    settings, base = read_settings(store=shared.store_address), base_of(address, shared.store_address)
    draft = draft_of(letters) if letters is not None else None
    how: Literal["mail", "print"] = "mail" if mail else "print"
    try:
        with shared.store() as store, create_app(settings).test_request_context():
            made = write_letters(store, settings, round_id, how, who=who, base=base, reminder=reminder, on=on)
            if draft is not None and letters is not None:
                draft.write_text(plain_pages(made.written), encoding="utf-8")
                draft.replace(letters)
    except BadInput as nothing:
        if nothing.message != NOBODY:
            raise
        _tell_nothing(as_json)
    else:
        _tell(made, as_json)
    finally:
        if draft is not None:
            draft.unlink(missing_ok=True)


def draft_of(path: Path) -> Path:
    """A file beside ``path`` that only we read; raises ``BadInput`` where none can be written."""
    draft = path.with_name(f".{path.name}.part")
    try:
        draft.touch(mode=0o600)
    except OSError as failure:
        raise BadInput(
            say(
                "The file {file} cannot be written: {reason}.", file=str(path), reason=failure.strerror or str(failure)
            ),
            say("Give another with --letters."),
        ) from None
    return draft


def _tell_nothing(as_json: bool) -> None:
    if as_json:
        print_json({"sent": 0, "failed": []})
    else:
        click.echo("Nobody is to be written to now.")


def _tell(made: Delivery, as_json: bool) -> None:
    failed = [{"account": made.written[at].letter.account, "reason": reason} for at, reason in made.troubles.items()]
    if as_json:
        print_json({"sent": made.sent, "failed": failed})
        return
    out = console()
    out.print(f"Letters: {made.sent}.", markup=False, highlight=False)
    for each in failed:
        out.print(f"Not sent to {each['account']}: {each['reason']}", markup=False, highlight=False)
    if failed:
        out.print("Run it again to send what failed.", markup=False, highlight=False)
