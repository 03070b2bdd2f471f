"""A utility's desk: what is asked of it now, what it waits for, and partners suggested outside rounds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypedDict

from flask import Blueprint, Response

from graph.suggestions import read_answers
from matcher.document import SentenceJson, UtilityRef
from matcher.rounds.state import COMMITTED, DECLINE_REASONS, OUT, Side
from web.asking import asked
from web.knowledge import keeper, knowledge, sees_private
from web.pages.own_choosing import open_rounds, shown_in
from web.pages.own_rows import Ask, Said, Suggested, ask_of, rounds_of, said_rows, suggested_for
from web.shown import Part, cut
from web.twin import Paged, Query, answer, page

pages = Blueprint("own", __name__)


class ChoiceRow(TypedDict):
    """A round in which this utility may rank its mentors; ``ranked`` is how many it did."""

    round: str
    round_title: str
    choose_by: str
    ranked: int


class Partners(TypedDict):
    """A utility's desk; ``lacking`` says by role why nobody is suggested."""

    utility: UtilityRef
    asked: list[Ask]
    choices: list[ChoiceRow]
    waiting: list[Ask]
    settled: list[Ask]
    suggested: list[Suggested]
    said: list[Said]
    lacking: dict[str, SentenceJson]
    decline_reasons: dict[str, SentenceJson]


class InterestRow(TypedDict):
    """A utility that answered a suggestion; ``mutual`` where the other is interested in it, too."""

    utility: UtilityRef
    said: Said
    mutual: bool


class Interests(TypedDict):
    """What utilities said to suggested partners, mutual interest first, one part of the list."""

    part: Part
    rows: list[InterestRow]


@page(pages, "/utilities/<utility_id>/partners", Query, Partners)
def partners(_query: Query, utility_id: str) -> Response:
    """A utility's desk: proposals it is asked about, what it waits for, and suggested partners."""
    shown, answers, choosing = asked(
        lambda reader: (
            (rounds_of(reader, utility_id), read_answers(reader, [utility_id]), open_rounds(reader))
            if reader.nodes("Utility", [utility_id])["id"]
            else None
        ),
        utility_id=utility_id,
    )
    known, today = knowledge(), datetime.now(UTC).date()
    asks = [ask_of(known, state, proposal, side, today) for state, proposal, side in shown]
    live = {each["partner"]["id"] for each in asks}
    suggested: list[Suggested] = []
    lacking: dict[str, SentenceJson] = {}
    roles: tuple[Side, Side] = ("mentee", "mentor")
    for role in roles:
        passed = frozenset(live | {each.partner for each in answers if each.role == role})
        rows, why = suggested_for(known, utility_id, role, passed)
        suggested += rows
        if why is not None:
            lacking[role] = why.to_json()
    data = Partners(
        utility=known.refs[utility_id],
        asked=[each for each in asks if each["yours"]],
        choices=[
            ChoiceRow(
                round=state.id,
                round_title=state.title,
                choose_by=state.choose_by,
                ranked=len(state.rankings.get(utility_id, ())),
            )
            for state in choosing
            if shown_in(state, utility_id)
        ],
        waiting=[each for each in asks if not each["yours"] and each["phase"] in OUT],
        settled=[each for each in asks if each["phase"] in (*COMMITTED, "declined")],
        suggested=suggested,
        said=said_rows(known, answers),
        lacking=lacking,
        decline_reasons={key: reason.to_json() for key, reason in DECLINE_REASONS.items()},
    )
    return answer("own_partners.html", data, known=known)


@page(pages, "/interests", Paged, Interests)
def interests(query: Paged) -> Response:
    """What the utilities a facilitator looks after said to suggested partners, mutual interest first."""
    known = knowledge()
    with keeper().store.read() as reader:
        answers = read_answers(reader)
    interested = {(each.utility, each.partner, each.role) for each in answers if each.answer == "interested"}
    other: dict[str, Side] = {"mentee": "mentor", "mentor": "mentee"}
    rows = [
        InterestRow(
            utility=known.refs[each.utility],
            said=said_rows(known, [each])[0],
            mutual=each.answer == "interested" and (each.partner, each.utility, other[each.role]) in interested,
        )
        for each in answers
        if each.utility in known.refs and each.partner in known.refs and sees_private(each.utility)
    ]
    rows.sort(key=lambda row: (not row["mutual"], row["said"]["answer"] != "interested", row["utility"]["name"]))
    shown = cut(rows, query.page)
    return answer("own_interests.html", Interests(part=shown.part, rows=list(shown.rows)))
