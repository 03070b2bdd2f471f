"""Letters of invitation: one printable page for each person, in the person's language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask import render_template
from flask_babel import force_locale

from graph.accounts import Account
from web.app import create_app
from web.mailing import Mail
from web.round_letters import Written
from web.settings import Settings


@dataclass(frozen=True, slots=True)
class Letter:
    """An invitation: to whom, the link that signs in once, the last day it is good, the names of the utilities."""

    account: Account
    link: str
    until: date
    utilities: tuple[str, ...]

    def language(self, settings: Settings) -> str:
        """The person's language, else the service's."""
        return self.account.language or settings.language


def printable(letters: Sequence[Letter], settings: Settings) -> str:
    """All letters as one HTML page that prints a letter on each sheet."""
    app = create_app(settings)
    with app.test_request_context():
        texts = []
        for letter in letters:
            language = letter.language(settings)
            with force_locale(language):
                texts.append((language, render_template("letter.html", letter=letter)))
        return render_template("letters.html", letters=texts)


def plain_pages(letters: Sequence[Written]) -> str:
    """Letters of a round as one HTML page that prints a letter on each sheet. Needs an application context."""
    texts = [(each.language, render_template("letter_of_round.html", letter=each)) for each in letters]
    return render_template("letters.html", letters=texts)


def mails(letters: Sequence[Letter], settings: Settings) -> list[Mail]:
    """Each letter as plain text."""
    app, made = create_app(settings), []
    with app.test_request_context():
        for letter in letters:
            with force_locale(letter.language(settings)):
                subject, _, text = render_template("letter.txt", letter=letter).partition("\n")
                made.append(Mail(letter.account.id, subject.strip(), text.strip() + "\n"))
    return made
