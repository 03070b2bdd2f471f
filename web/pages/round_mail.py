"""Letters of a round by mail: the job that sends them, how far it is, and to whom they did not get through."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import TypedDict

from graph.errors import BadInput, Conflict, QueueUnavailable
from graph.sentences import say
from matcher.document import SentenceJson
from matcher.rounds.letters import Sending
from matcher.rounds.state import ROUND_STEPS, LivingRound
from web.jobs.records import Job, MailAsked
from web.pages.jobs import board
from web.pages.round_changes import account
from web.round_letters import base_here
from web.shown import settings

MOST_FAILURES = 200


class SendingRow(TypedDict):
    """The latest job that sent letters of a round: how far it is (0 to 1), and why it ended where it failed."""

    job: str
    share: float
    ended: bool
    error_s: SentenceJson | None


class FailureRow(TypedDict):
    """A letter that did not get through, and why; ``perhaps``: it may have arrived, and is not sent again by itself."""

    account: str
    utility: str
    utility_name: str
    on: str
    reason: str
    perhaps: bool


def ask_for_mail(state: LivingRound, *, reminder: bool, unsure: bool, regions: Sequence[str] = ()) -> Job:
    """Have a worker send what is due, or reminders; a sending of the same kind that is under way is given instead.

    Raises ``BadInput`` where no mail server is set, ``Conflict`` where the round's state knows no letters.
    """
    if not settings().smtp_host or not settings().smtp_from:
        raise BadInput(
            say("No mail server is set."), say("Set WOP_SMTP_HOST and WOP_SMTP_FROM, or print the letters instead.")
        )
    if state.phase not in ROUND_STEPS["letters"]:
        raise Conflict(say("No answer is awaited now."), say("Publish proposals first."))
    who, day = account(), date.today().isoformat()
    mail = MailAsked(
        reminder=reminder, unsure=unsure, on=day, since=state.version, base=base_here(), regions=sorted(regions)
    )
    of_round = {"id": state.id, "who": who.name, "account": who.id}
    return board().ask("mail", [], day, 0, 0.0, state.version, of_round=of_round, mail=mail)  # type: ignore[arg-type]  # the keys it has


def sending_of(round_id: str) -> SendingRow | None:
    """The latest job that sends letters of a round, where the queue can be asked."""
    with suppress(QueueUnavailable):
        for job in board().jobs():
            if job["kind"] == "mail" and job["of_round"] == round_id:
                ended = job["ended_at"] is not None
                return SendingRow(job=job["id"], share=job["share"] or 0.0, ended=ended, error_s=job["error_s"])
    return None


def failures_of(found: Sequence[Sending], awaited: Collection[str], names: Mapping[str, str]) -> list[FailureRow]:
    """Whose last letter did not get through, of utilities whose answer is still awaited, by utility."""
    last = {(each.letter.account, each.letter.utility, each.letter.side): each for each in found}
    rows = [
        FailureRow(
            account=each.letter.account,
            utility=each.letter.utility,
            utility_name=names.get(each.letter.utility, each.letter.utility),
            on=each.on,
            reason=each.failure,
            perhaps=each.state == "unsure",
        )
        for each in last.values()
        if each.state in ("failed", "unsure") and each.letter.utility in awaited
    ]
    return sorted(rows, key=lambda row: (row["utility_name"], row["account"]))[:MOST_FAILURES]
