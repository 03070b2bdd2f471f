"""A sheet of people to invite: a row each, with the utilities they will speak for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from graph.accounts import Account, accounts, login_of, put_account
from graph.errors import BadInput
from graph.keys import make_link
from graph.lookups import Reference, UtilityNames
from graph.parsing import ParsedTable, parse, resolve
from graph.problems import Problems
from graph.readers import read_file
from graph.sentences import say
from graph.store import Reader, Transaction
from graph.upload_columns import Table, field_column
from graph.uploads import ImportLimits, Upload

INVITATIONS = Table(
    name="invitations",
    explanation=say("People to invite, a row each."),
    columns=(
        field_column(
            "login",
            "text",
            say("E-mail address, or a name to sign in with."),
            required=True,
            aliases="email e_mail mail",
        ),
        field_column("name", "text", say("How letters and pages call this person (default: the login).")),
        field_column(
            "utilities",
            "utilities",
            say("Utilities this person speaks for: ids or exact names, separated by ;"),
            required=True,
            aliases="utility",
        ),
        field_column("language", "choice", say("Language of the letter."), choices=("en", "fr", "es")),
    ),
    key=("login",),
    file_names=("invitations",),
)


def read_invitations(path: Path, reader: Reader, limits: ImportLimits | None = None) -> list[Account]:
    """The accounts that a CSV file or workbook asks for, in its order; none of them is made.

    Raises ``ImportProblems`` with everything that is wrong (somebody who has an account already among it),
    ``TooLarge`` where a limit is passed.
    """
    upload = Upload()
    read_file(path, upload, limits or ImportLimits(), table=INVITATIONS)
    stored, known = reader.nodes("Utility"), UtilityNames()
    known.add(stored["id"], stored["name"], stored["country"])
    taken: dict[str, int] = dict.fromkeys((account.id for account in accounts(reader)), 0)
    found: list[Account] = []
    for raw in upload.tables:
        parsed = parse(raw, Reference(reader), upload.problems)
        resolve(parsed, known, upload.problems)
        found += _accounts(parsed, taken, upload.problems)
    upload.problems.raise_if_any()
    if not found:
        raise BadInput(say("{file} invites nobody.", file=path.name), say("Fill in a row for each person."))
    return found


def _accounts(parsed: ParsedTable, taken: dict[str, int], problems: Problems) -> list[Account]:
    empty: Sequence[None] = [None] * len(parsed.rows)
    columns = (parsed.columns.get(name, empty) for name in ("login", "name", "utilities", "language"))
    made = []
    for at, (text, name, utilities, language) in enumerate(zip(*columns, strict=True)):
        if not isinstance(text, str) or not isinstance(utilities, (list, tuple)):
            continue  # told already
        try:
            login = login_of(text)
        except BadInput as refusal:
            parsed.problem(problems, at, "login", refusal.message, refusal.hint)
            continue
        if login in taken:
            first = taken[login]
            message = (
                say("Row {row} invites the same person.", row=first) if first else say("This person has an account.")
            )
            hint = None if first else say("“wop user reset {login}” gives it a new link.", login=login)
            parsed.problem(problems, at, "login", message, hint)
            continue
        taken[login] = parsed.rows[at]
        shown = name if isinstance(name, str) else login
        tongue = language if isinstance(language, str) else None
        made.append(Account(login, shown, ("utility",), utilities=tuple(utilities), language=tongue))
    return made


def invite(
    transaction: Transaction, wanted: Sequence[Account], now: datetime, lasts: timedelta
) -> list[tuple[Account, str]]:
    """Make these accounts; each with the key of a link that signs in once."""
    made = [put_account(transaction, account, now) for account in wanted]
    return [(account, make_link(transaction, account.id, now, lasts)) for account in made]
