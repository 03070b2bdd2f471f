"""The joint work plan: an objective for each need, and activities by type with months, people and indicators."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from graph.errors import BadInput, Conflict, UnknownName
from graph.model import Partnership
from graph.sentences import Sentence, say
from graph.store import Store
from matcher.register.keeping import record
from matcher.register.state import ACTIVITY_STATES, ACTIVITY_TYPES, Activity, ActivityState, ActivityType, Told
from matcher.register.telling import OVER

MONTH = re.compile(r"(19|20)\d\d-(0[1-9]|1[0-2])")
MOST_MONTHS = 120


class Months(NamedTuple):
    """The months a plan spans, ``first`` to ``last`` (``YYYY-MM``), and how many they are."""

    first: str
    last: str
    length: int


def set_objective(
    store: Store,
    id: str,
    utility: str,
    capability: str,
    text: str,
    *,
    who: str,
    seen: int | None = None,
    at: datetime | None = None,
) -> Told:
    """What shall be reached on one need (no text takes it back). Raises ``UnknownName``, ``Conflict`` after the end."""

    def body(partnership: Partnership, _told: Told) -> dict[str, object]:
        _must_be_open(partnership)
        if capability not in partnership.capabilities:
            raise UnknownName(say("need of this partnership"), capability, partnership.capabilities)
        return {"capability": capability, "text": text.strip()}

    return record(store, id, utility, "objective", body, who=who, seen=seen, at=at)


def put_activity(
    store: Store,
    id: str,
    utility: str,
    *,
    number: int | None = None,
    type: ActivityType,
    title: str,
    capability: str = "",
    first: str = "",
    last: str = "",
    people: str = "",
    indicator: str = "",
    state: ActivityState = "planned",
    who: str,
    seen: int | None = None,
    at: datetime | None = None,
) -> Told:
    """A new activity, or (with its ``number``) another form of one; months are ``YYYY-MM``, both or none.

    Raises ``UnknownName`` for a type, state, need or number there is not, ``BadInput`` for months that cannot be,
    ``Conflict`` after the end.
    """
    if not title.strip():
        raise BadInput(say("The activity has no title."), say("Say in a few words what will be done."))
    for what, given, scale in (
        (say("type of activity"), type, ACTIVITY_TYPES),
        (say("state of an activity"), state, ACTIVITY_STATES),
    ):
        if given not in scale:
            raise UnknownName(what, given, list(scale))
    _check_months(first, last)

    def body(partnership: Partnership, told: Told) -> dict[str, object]:
        _must_be_open(partnership)
        if capability and capability not in partnership.capabilities:
            raise UnknownName(say("need of this partnership"), capability, partnership.capabilities)
        if number is not None and number not in told.activities:
            raise UnknownName(say("activity"), str(number), [str(each) for each in told.activities])
        own = max(told.activities, default=0) + 1 if number is None else number
        given = Activity(
            number=own,
            type=type,
            title=title.strip(),
            capability=capability,
            first=first,
            last=last or first,
            people=people.strip(),
            indicator=indicator.strip(),
            state=state,
        )
        return given.model_dump(mode="json")

    return record(store, id, utility, "activity", body, who=who, seen=seen, at=at)


def progress(told: Told) -> Sentence:
    """How the plan stands, in one line; dropped activities do not count."""
    counted = [each for each in told.activities.values() if each.state != "dropped"]
    if not counted:
        return say("No activity is planned yet.")
    done = sum(each.state == "done" for each in counted)
    under_way = sum(each.state == "under_way" for each in counted)
    return say(
        "{done} of {all} activities done, {under_way} under way.", done=done, all=len(counted), under_way=under_way
    )


def months_of(activities: Iterable[Activity]) -> Months | None:
    """The months that activities span; ``None`` where none has any."""
    dated = [each for each in activities if each.first]
    if not dated:
        return None
    first, last = min(each.first for each in dated), max(each.last for each in dated)
    return Months(first, last, month_number(last) - month_number(first) + 1)


def month_number(month: str) -> int:
    """Months since year 0, of ``YYYY-MM``."""
    year, _, of_year = month.partition("-")
    return 12 * int(year) + int(of_year) - 1


def _check_months(first: str, last: str) -> None:
    for month in (first, last):
        if month and not MONTH.fullmatch(month):
            raise BadInput(say("“{month}” is no month.", month=month), say("Write it as year and month, 2027-03."))
    if last and not first:
        raise BadInput(say("The first month is missing."), say("Give both months, or none."))
    if first and last and not 0 <= month_number(last) - month_number(first) < MOST_MONTHS:
        raise BadInput(say("These months cannot be."), say("The last month comes after the first, within ten years."))


def _must_be_open(partnership: Partnership) -> None:
    if partnership.status in OVER:
        raise Conflict(say("This partnership is over; its plan stays as it is."), None)
