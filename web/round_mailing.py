"""Letters handed to the mail server one by one; each is noted before it goes, so that nobody gets it twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from graph.errors import Cancelled, MailUnavailable
from graph.sentences import render, say
from graph.store import Store
from matcher.rounds.mailings import end_mailing, note_heard
from web.i18n import translate
from web.mailing import Mail, send
from web.settings import Settings

Check: TypeAlias = Callable[[], None]
"""Asked before each letter; raises ``Cancelled`` where no more are to be sent."""

STOPPED = say("The sending was stopped before it came to this letter.")


def hand_over(
    store: Store, settings: Settings, round_id: str, number: int, mails: Sequence[Mail], check: Check, *, who: str
) -> Any:
    """Send the letters of a log entry and tell the log what became of them; the body of that entry.

    A server that takes no more is told in it (``stopped``). Raises ``Cancelled`` where ``check`` does, when the log was
    told, and ``Conflict`` where somebody else ended this sending: then nothing more is sent.
    """
    heard: dict[int, str | None] = {}

    def about_to(at: int) -> None:
        check()
        note_heard(store, round_id, number, {**heard, at: None})
        heard[at] = None

    try:
        send(mails, settings, heard.__setitem__, about_to)
    except MailUnavailable as failure:
        if not failure.unsure:
            heard = {at: said for at, said in heard.items() if said is not None}
        return end_mailing(store, round_id, number, heard, str(failure.message), who=who)
    except Cancelled:
        end_mailing(store, round_id, number, heard, render(STOPPED, translate), who=who)
        raise
    return end_mailing(store, round_id, number, heard, "", who=who)
