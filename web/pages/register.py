"""A partnership as its two sides keep it: dates and status, results, three questions after the end, and who said what.

Every address names the utility it is used for: its members may, and the facilitators who see what it keeps private.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TypedDict

from flask import Blueprint, Response, url_for
from pydantic import Field

from graph.model import Partnership
from graph.sentences import Sentence, say
from graph.store import Reader
from matcher.document import SentenceJson
from matcher.register.keeping import read_log, side_of, the_partnership
from matcher.register.planning import progress
from matcher.register.state import (
    AGAIN,
    REACHED,
    SHARED,
    SIDES,
    STATUSES,
    Again,
    Entry,
    Reached,
    Shared,
    Side,
    Status,
    Told,
    told_by,
)
from matcher.register.telling import give_answer, is_over, set_dates, set_result
from web.action import Body, Changed, action
from web.knowledge import keeper, knowledge, sees_private, today
from web.pages.register_rows import DocumentedPair, documented
from web.pages.round_changes import author
from web.shown import Crumb
from web.twin import Query, answer, page

pages = Blueprint("register", __name__)
ADDRESS = "/utilities/<utility_id>/partnerships/<partnership_id>"


class AnswerRow(TypedDict):
    """What one side answered after the end; ``words`` is empty where the reader may not see them."""

    side: str
    who: str
    on: str
    reached: str
    again: str
    words: str
    shared: str


class HistoryRow(TypedDict):
    """Who entered what, and when."""

    number: int
    at: str
    who: str
    side: str
    text_s: SentenceJson


class Ours(TypedDict):
    """A partnership for one of its sides; ``version`` goes back with every change."""

    version: int
    side: str
    pair: DocumentedPair
    over: bool
    answers: list[AnswerRow]
    answered: list[str]
    plan_s: SentenceJson
    history: list[HistoryRow]


class Versioned(Body):
    """The version that was looked at."""

    seen: int | None = Field(default=None, ge=0, description="The version of the partnership that was looked at.")


class Dates(Versioned):
    """How the partnership stands."""

    status: Status | None = Field(default=None, description="How it stands; absent: unknown.")
    start: date | None = Field(default=None, description="The first day; absent: unknown.")
    end: date | None = Field(default=None, description="The last day; absent: unknown.")


class Figures(Versioned):
    """What was reached on one capability; what is absent is unknown."""

    capability: str = Field(min_length=1, max_length=100, description="Id of the capability.")
    indicator: str | None = Field(default=None, max_length=300, description="What is measured, with its unit.")
    baseline: float | None = Field(default=None, description="The figure at the start.")
    target: float | None = Field(default=None, description="The figure aimed at.")
    result: float | None = Field(default=None, description="The figure reached.")
    year: int | None = Field(default=None, ge=1900, le=2200, description="The year of the result.")
    source: str | None = Field(default=None, max_length=500, description="Where the result comes from.")
    private: bool = Field(default=False, description="Only the two and their facilitators see topic and result.")


class AfterTheEnd(Versioned):
    """Three answers after the end."""

    reached: Reached = Field(description="Did it reach its objectives?")
    again: Again = Field(description="Would you work with this partner again?")
    words: str = Field(default="", max_length=2000, description="What should the next one know?")
    shared: Shared = Field(default="two", description="Who may read these words.")


@page(pages, ADDRESS, Query, Ours)
def ours(_query: Query, utility_id: str, partnership_id: str) -> Response:
    """A partnership for one of its sides: dates, results, answers after the end, and its history."""
    with keeper().store.read() as reader:
        data, partnership = _ours(reader, utility_id, partnership_id)
    known = knowledge()
    return answer(
        "partnership_ours.html",
        data,
        utility_id=utility_id,
        known=known,
        crumbs=crumbs_of(utility_id, partnership),
        statuses=STATUSES,
        reached=REACHED,
        again=AGAIN,
        shared=SHARED,
        topics=_topics(partnership),
    )


@action(pages, f"{ADDRESS}/dates", Dates, Ours)
def dates(body: Dates, utility_id: str, partnership_id: str) -> Changed:
    """Enter how a partnership stands, its first and its last day."""
    set_dates(
        keeper().store,
        partnership_id,
        utility_id,
        status=body.status,
        start=body.start,
        end=body.end,
        on=today(),
        who=author(),
        seen=body.seen,
    )
    return _changed(utility_id, partnership_id)


@action(pages, f"{ADDRESS}/results", Figures, Ours)
def results(body: Figures, utility_id: str, partnership_id: str) -> Changed:
    """Enter what was reached on one capability."""
    given = body.model_dump(exclude={"seen", "capability"})
    set_result(
        keeper().store,
        partnership_id,
        utility_id,
        body.capability,
        **given,
        on=today(),
        who=author(),
        seen=body.seen,
    )
    return _changed(utility_id, partnership_id)


@action(pages, f"{ADDRESS}/answers", AfterTheEnd, Ours)
def answers(body: AfterTheEnd, utility_id: str, partnership_id: str) -> Changed:
    """Answer the three questions after the end, for one side."""
    given = body.model_dump(exclude={"seen"})
    give_answer(keeper().store, partnership_id, utility_id, **given, on=today(), who=author(), seen=body.seen)
    return _changed(utility_id, partnership_id)


def crumbs_of(utility_id: str, partnership: Partnership) -> list[Crumb]:
    """The path to a page of one partnership for one of its sides."""
    name = knowledge().refs[utility_id]["name"]
    return [
        Crumb(name, "utilities.utility", {"utility_id": utility_id}),
        Crumb(say("Partnership {wop}", wop=partnership.wop), "partnerships.partnership", {"wop": partnership.wop}),
    ]


def told_in(entry: Entry) -> Sentence:
    """What an entry did, without its content where that is not for everybody who reads the history."""
    body = entry.body
    match entry.kind:
        case "dates":
            return say(
                "Status and dates: {status}, {start} to {end}",
                status=STATUSES.get(body["status"], say("unknown")),
                start=body["start"] or say("unknown"),
                end=body["end"] or say("unknown"),
            )
        case "result":
            return say("Result on {topic}", topic=_name(body["capability"]))
        case "answer":
            return say("Answered the questions after the end")
        case "objective":
            return say("Objective for {topic}", topic=_name(body["capability"]))
    return say("Work plan: {title}", title=body["title"])


def history_rows(log: Sequence[Entry]) -> list[HistoryRow]:
    """The log as rows, the latest first."""
    return [
        HistoryRow(number=each.number, at=each.at, who=each.who, side=each.side, text_s=told_in(each).to_json())
        for each in reversed(log)
    ]


def _name(capability: str) -> Sentence:
    found = knowledge().network.capability_by_id.get(capability)
    return Sentence(found.name if found is not None else capability)


def _ours(reader: Reader, utility_id: str, partnership_id: str) -> tuple[Ours, Partnership]:
    partnership = the_partnership(reader, partnership_id)
    side = side_of(partnership, utility_id)
    log = read_log(reader, partnership_id)
    told = told_by(log)
    data = Ours(
        version=told.version,
        side=side,
        pair=documented(knowledge(), partnership),
        over=is_over(partnership, today()),
        answers=_answers(told, side, partnership),
        answered=[each for each in SIDES if each in told.answers],
        plan_s=progress(told).to_json(),
        history=history_rows(log),
    )
    return data, partnership


def _answers(told: Told, own: Side, partnership: Partnership) -> list[AnswerRow]:
    """One's own answers, and the other side's once both have answered, so that neither is swayed by the other."""
    ends = {"mentor": partnership.mentor, "mentee": partnership.mentee}
    shown = [
        (side, told.answers[side])
        for side in SIDES
        if side in told.answers and (side == own or own in told.answers or sees_private(ends[side]))
    ]
    return [
        AnswerRow(
            side=side,
            who=each.who,
            on=each.on,
            reached=each.reached,
            again=each.again,
            words=each.words if side == own or each.shared != "facilitators" or sees_private(ends[side]) else "",
            shared=each.shared,
        )
        for side, each in shown
    ]


def _topics(partnership: Partnership) -> list[str]:
    return sorted({*partnership.capabilities, *(result.capability for result in partnership.results)})


def _changed(utility_id: str, partnership_id: str) -> Changed:
    with keeper().store.read() as reader:
        data, _partnership = _ours(reader, utility_id, partnership_id)
    return Changed(data, url_for("register.ours", utility_id=utility_id, partnership_id=partnership_id))
