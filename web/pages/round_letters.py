"""Letters of a round: whose answer is awaited, who was written to, reminders, and the texts of all this."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, Literal, TypedDict

from flask import Response, render_template, url_for
from pydantic import Field

from graph.accounts import Account
from graph.sentences import render
from matcher.rounds import edits
from matcher.rounds.keeping import read_log, read_state, utility_names
from matcher.rounds.letters import Sending, Waiting, due, nobody_to_write_to, reminders, sendings, waiting_for
from matcher.rounds.messages import LONGEST, OURS, PLACES, MessageKind, checked_message, message_key
from matcher.rounds.state import LIVE, LivingRound
from web.action import Changed, action
from web.i18n import translate
from web.knowledge import keeper, view_here
from web.own_regions import in_regions_of
from web.pages.round_changes import Reasoned, account, author, changed_round
from web.pages.round_mail import FailureRow, SendingRow, ask_for_mail, failures_of, sending_of
from web.pages.round_rows import crumbs_of
from web.pages.rounds import Row, pages
from web.private_rounds import seen_round
from web.round_letters import MayWrite, base_here, logins, only_those, people_of, preview, write_letters
from web.settings import Language
from web.shown import Part, cut, settings
from web.twin import Paged, Query, answer, page
from web.whose_round import may_lead


class WaitingRow(TypedDict):
    """A utility whose answer is awaited: about whom, how many people speak for it, and the last letter to them."""

    utility: str
    utility_name: str
    side: str
    partners: list[str]
    people: int
    last_on: str | None
    last_state: str | None
    failure: str


class NobodyRow(TypedDict):
    """A utility whose answer is awaited and for whom nobody has an account."""

    utility: str
    utility_name: str


class Letters(TypedDict):
    """Who is to be written to in a round, and who was; ``due`` are letters, however they are brought.

    ``not_printed`` are those among them that are not printed, since their links would let in further than they may;
    ``perhaps`` counts letters that may have arrived.
    """

    id: str
    title: str
    version: int
    phase: str
    deadline: str
    days_left: int | None
    mail: bool
    due: int
    due_by_mail: int
    due_in_print: int
    not_printed: int
    failed: int
    remind: int
    remind_in_print: int
    remind_by_mail: int
    perhaps: int
    sending: SendingRow | None
    failures: list[FailureRow]
    nobody: list[NobodyRow]
    part: Part
    waiting: list[WaitingRow]


class Text(TypedDict):
    """One text of a round: its own, or ours; and how a letter about one pair reads."""

    id: str
    title: str
    version: int
    kind: str
    language: str
    text: str
    own: bool
    places: dict[str, str]
    mentor: str | None
    mentee: str | None
    preview_subject: str | None
    preview_text: str | None


class WrittenRow(TypedDict):
    """A letter as it was written; a printed one is told this once, since its link signs in."""

    account: str
    utility: str
    side: str
    language: str
    subject: str
    text: str


class Wrote(TypedDict):
    """What came of writing: the letters that were printed, or the job that mails them."""

    id: str
    job: str | None
    letters: list[WrittenRow]


class TextQuery(Query):
    """Which text, and the pair it is shown for."""

    kind: MessageKind = Field(default="mentor", description="To the mentor, to the mentee, or a reminder.")
    language: Language | None = Field(default=None, description="Language of the text; without it the reader's.")
    mentor: str | None = Field(default=None, max_length=200, description="For the preview: id of the mentor.")
    mentee: str | None = Field(default=None, max_length=200, description="For the preview: id of the mentee.")


class Reworded(Reasoned):
    """A text of a round."""

    kind: MessageKind = Field(description="To the mentor, to the mentee, or a reminder.")
    language: Language = Field(description="Language of the text.")
    text: str = Field(default="", max_length=2 * LONGEST, description="The text; none: ours is used again.")


class Writing(Reasoned):
    """What is to be written, and how."""

    how: Literal["mail", "print"] = Field(description="By mail, or as pages to print.")
    what: Literal["letters", "reminders"] = Field(default="letters", description="Letters that are due, or reminders.")
    perhaps: bool = Field(default=False, description="Also those again that may have arrived.")


@page(pages, "/rounds/<round_id>/letters", Paged, Letters)
def letters(query: Paged, round_id: str) -> Response:
    """Whose answer is awaited, who was written to and when, and what is to be written now."""
    now, today = datetime.now(UTC), date.today()
    with keeper().store.read() as reader:
        state, log, all_people = read_state(reader, round_id), read_log(reader, round_id), people_of(reader)
        own = _own(state)
        waiting = [row for row in waiting_for(state) if own(row.utility)]
        people = only_those(all_people, _may_write(state, "mail"))
        shown = cut(waiting, query.page)
        nobody = [id for id in nobody_to_write_to(state, people) if own(id)]
        ids = {id for row in shown.rows for id in (row.utility, *row.partners)} | {row.utility for row in waiting}
        names = utility_names(reader, {*nobody, *ids})
    everybody, by_mail = logins(people), logins(people, mail=True)
    printed = logins(only_those(people, _may_write(state, "print")))
    last = _last_of(sendings(log))
    failures = failures_of(sendings(log), {row.utility for row in waiting}, names)
    to_write, to_print = due(state, log, everybody, now), due(state, log, printed, now)
    to_remind, in_print = (reminders(state, log, whom, now, today.isoformat()) for whom in (everybody, printed))
    data = Letters(
        id=state.id,
        title=state.title,
        version=state.version,
        phase=state.phase,
        deadline=state.deadline,
        days_left=(date.fromisoformat(state.deadline) - today).days if state.deadline else None,
        mail=bool(settings().smtp_host and settings().smtp_from),
        due=len(to_write),
        due_by_mail=len(due(state, log, by_mail, now)),
        due_in_print=len(to_print),
        not_printed=len(to_write) - len(to_print),
        failed=sum(_key(letter.account, letter.utility, letter.side) in last["failed"] for letter in to_write),
        remind=len({letter.utility for letter in to_remind}),
        remind_in_print=len({letter.utility for letter in in_print}),
        remind_by_mail=len({one.utility for one in reminders(state, log, by_mail, now, today.isoformat())}),
        perhaps=sum(row["perhaps"] for row in failures),
        sending=sending_of(round_id),
        failures=failures,
        nobody=[NobodyRow(utility=id, utility_name=names.get(id, id)) for id in nobody],
        part=shown.part,
        waiting=[_row(row, names, everybody, last["all"]) for row in shown.rows],
    )
    return answer("round_letters.html", data, crumbs=crumbs_of(state), today=today.isoformat())


@page(pages, "/rounds/<round_id>/messages", TextQuery, Text)
def messages(query: TextQuery, round_id: str) -> Response:
    """The texts of a round's letters, by kind and language, and how one reads."""
    from flask_babel import force_locale, get_locale

    language = query.language or get_locale().language
    with keeper().store.read() as reader:
        state = read_state(reader, round_id)
        shown_for = state.proposal(query.mentor or "", query.mentee or "") or next(state.in_phase(*LIVE), None)
        pair = shown_for.pair if shown_for is not None else None
        shown = preview(reader, settings(), state, pair, query.kind, language) if pair else None
        names = utility_names(reader, pair or ())
    own = state.messages.get(message_key(query.kind, language))
    with force_locale(language):
        ours = render(OURS[query.kind], translate)
    data = Text(
        id=state.id,
        title=state.title,
        version=state.version,
        kind=query.kind,
        language=language,
        text=own or ours,
        own=own is not None,
        places={place: str(meaning) for place, meaning in PLACES.items()},
        mentor=pair[0] if pair else None,
        mentee=pair[1] if pair else None,
        preview_subject=shown[0] if shown else None,
        preview_text=shown[1] if shown else None,
    )
    return answer("round_messages.html", data, crumbs=crumbs_of(state), places=PLACES, names=names)


@action(pages, "/rounds/<round_id>/messages", Reworded, Row)
def reword(body: Reworded, round_id: str) -> Changed:
    """Keep a text of the round's own, or take ours again."""
    key, text = message_key(body.kind, body.language), checked_message(body.text) if body.text.strip() else ""
    state = edits.set_message(keeper().store, round_id, key, text, who=author(), why=body.why, seen=body.seen)
    address = url_for("rounds.messages", round_id=round_id, kind=body.kind, language=body.language)
    return Changed(changed_round(state).data, address)


@action(pages, "/rounds/<round_id>/letters", Writing, Wrote, told_once=True)
def write(body: Writing, round_id: str) -> Changed:
    """Write to everybody whose turn it is, or remind everybody who has not answered, as far as it is one's own.

    Mail is sent by a worker.
    """
    with keeper().store.read() as reader:
        state = read_state(reader, round_id)
    if body.how == "mail":
        who = account()
        regions = () if may_lead(who, {"round_id": round_id}) else who.regions
        job = ask_for_mail(state, reminder=body.what == "reminders", unsure=body.perhaps, regions=regions)
        return Changed(Wrote(id=round_id, job=job["id"], letters=[]), url_for("jobs.job", job_id=job["id"]))
    made = write_letters(
        keeper().store,
        settings(),
        round_id,
        "print",
        who=author(),
        base=base_here(),
        reminder=body.what == "reminders",
        unsure=body.perhaps,
        may=_may_write(state, "print"),
        as_seen=partial(seen_round, view=view_here()),
    )
    rows = [
        WrittenRow(
            account=each.letter.account,
            utility=each.letter.utility,
            side=each.letter.side,
            language=each.language,
            subject=each.subject,
            text=each.text,
        )
        for each in made.written
    ]
    data = Wrote(id=round_id, job=None, letters=rows)
    with keeper().store.read() as reader:
        crumbs = crumbs_of(read_state(reader, round_id))
    shown = Response(render_template("round_printed.html", data=data, crumbs=crumbs), mimetype="text/html")
    return Changed(data, url_for("rounds.letters", round_id=round_id), page=shown)


def _own(state: LivingRound) -> Callable[[str], bool]:
    """Whether a utility is one whose letters whoever asks brings on the way."""
    who = account()
    return (lambda _utility: True) if may_lead(who, {"round_id": state.id}) else in_regions_of(who)


def _may_write(state: LivingRound, how: Literal["mail", "print"]) -> MayWrite:
    """To whom: by mail to everybody of the own utilities; in print only where the link gives no further right.

    Whoever prints a letter holds a link that signs in as its reader. So it is printed only for accounts that do nothing
    but speak for utilities, all of which lie in the regions of whoever prints it.
    """
    own, here = _own(state), in_regions_of(account())

    def may(utility: str, to: Account) -> bool:
        if how == "mail":
            return own(utility)
        return own(utility) and to.roles == ("utility",) and all(here(each) for each in to.utilities)

    return may


def _key(account: str, utility: str, side: str) -> tuple[str, str, str]:
    return account, utility, side


def _last_of(found: list[Sending]) -> dict[str, Any]:
    """The last letter about each utility's side, and whose own last letter failed."""
    by_side = {(each.letter.utility, each.letter.side): each for each in found}
    own = {_key(each.letter.account, each.letter.utility, each.letter.side): each for each in found}
    return {"all": by_side, "failed": {key for key, each in own.items() if each.state == "failed"}}


def _row(row: Waiting, names: dict[str, str], people: dict[str, list[str]], last: dict[Any, Sending]) -> WaitingRow:
    sent = last.get((row.utility, row.side))
    return WaitingRow(
        utility=row.utility,
        utility_name=names.get(row.utility, row.utility),
        side=row.side,
        partners=[names.get(id, id) for id in row.partners],
        people=len(people.get(row.utility, ())),
        last_on=sent.on if sent else None,
        last_state=sent.state if sent else None,
        failure=sent.failure if sent else "",
    )
