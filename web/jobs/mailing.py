"""Letters of a round sent by a worker, some at a time, each once; a sending that broke off goes on where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from graph.errors import BadInput, MailUnavailable
from graph.sentences import say
from graph.store import Store
from web.jobs.records import Asked

if TYPE_CHECKING:
    from flask import Flask

    from graph.accounts import Account
    from web.round_letters import Delivery
    from web.settings import Settings

AT_ONCE = 50
"""Letters for which links are made together, and that go through one connection to the mail server."""


def send_letters(
    store: Store,
    asked: Asked,
    tell: Callable[[str, float], None],
    check: Callable[[], None],
    patiently: Callable[[Callable[[], Delivery]], Delivery],
) -> None:
    """Mail all letters a job asks for; ``tell`` hears how far it is, ``check`` may stop it between two letters.

    Raises ``MailUnavailable`` where the server takes no more, ``BadInput`` where none is set. What it refused for one
    address is in the round's log, and not tried again by this job.
    """
    from matcher.rounds.authors import Author
    from web.round_letters import NOBODY, write_letters
    from web.settings import read_settings

    of_round, mail, settings = asked["of_round"], asked["mail"], read_settings()
    here = _in(store, mail["regions"])
    done = 0

    def some() -> Delivery:
        return write_letters(
            store,
            settings,
            of_round["id"],
            "mail",
            who=Author(of_round["who"], of_round.get("account", "")),
            base=mail["base"],
            reminder=mail["reminder"],
            on=date.fromisoformat(mail["on"]),
            most=AT_ONCE,
            unsure=mail["unsure"],
            job=asked["id"],
            since=mail["since"],
            check=check,
            may=here,
        )

    tell("Sending letters", 0.0)
    with _languages(settings).test_request_context():
        while True:
            try:
                made = patiently(some)
            except BadInput as nothing:
                if nothing.message != NOBODY:
                    raise
                return  # all are sent, by us or by somebody else
            done += len(made.written)
            tell("Sending letters", done / (done + made.left))
            if made.stopped:
                raise MailUnavailable(
                    say("{reason} Sent so far: {count}.", reason=made.stopped, count=done - len(made.unsent)),
                    say("Send the rest from the round's letters once the mail server is back."),
                )
            if not made.left:
                return


def _in(store: Store, regions: Sequence[str]) -> Callable[[str, Account], bool] | None:
    """Whether a utility lies in one of these regions, as rounds ask for it; ``None`` where no region is named."""
    if not regions:
        return None
    with store.read() as reader:
        countries = dict(zip(*(reader.edges("LOCATED_IN")[end] for end in ("source", "target")), strict=True))
        region_of = dict(zip(*(reader.edges("IN")[end] for end in ("source", "target")), strict=True))
    return lambda utility, _account: region_of.get(countries.get(utility, "")) in regions


def _languages(settings: Settings) -> Flask:
    """An application that knows how to write letters in each language, and nothing else."""
    from flask import Flask

    from web.i18n import init_languages

    app = Flask("web")
    init_languages(app, settings)
    return app
