"""The joint work plan of a partnership: objectives, activities by type, a bar of months; printable, and as a file."""

from __future__ import annotations

from typing import TypedDict

from flask import Blueprint, Response, url_for
from pydantic import Field

from graph.model import Partnership
from graph.sentences import say
from graph.store import Reader
from matcher.document import SentenceJson
from matcher.register.keeping import read_log, side_of, the_partnership
from matcher.register.planning import Months, month_number, months_of, progress, put_activity, set_objective
from matcher.register.state import ACTIVITY_STATES, ACTIVITY_TYPES, Activity, ActivityState, ActivityType, told_by
from matcher.register.telling import OVER
from web.action import Body, Changed, action
from web.knowledge import keeper, knowledge
from web.pages.register import ADDRESS, HistoryRow, crumbs_of, history_rows
from web.pages.register_rows import DocumentedPair, documented
from web.pages.round_changes import author
from web.sheets import MIMETYPES, as_file
from web.shown import Crumb
from web.twin import Query, answer, json_response, page

pages = Blueprint("workplan", __name__)
RESULTS_AND_PLAN = say("Results and work plan")
HEADINGS = (
    "number",
    "type",
    "activity",
    "need",
    "first month",
    "last month",
    "who",
    "indicator",
    "state",
)


class ObjectiveRow(TypedDict):
    """What shall be reached on one need, and its figures where the register has them."""

    capability: str
    capability_name: str
    text: str
    indicator: str | None
    baseline: float | None
    target: float | None


class ActivityRow(TypedDict):
    """One activity; ``start`` and ``length`` are months within the bar (``length`` 0: no months are given)."""

    number: int
    type: str
    title: str
    capability: str
    first: str
    last: str
    people: str
    indicator: str
    state: str
    start: int
    length: int


class WorkPlan(TypedDict):
    """The joint work plan of a partnership; ``version`` goes back with every change."""

    version: int
    side: str
    open: bool
    pair: DocumentedPair
    progress_s: SentenceJson
    first: str
    months: int
    objectives: list[ObjectiveRow]
    activities: list[ActivityRow]
    history: list[HistoryRow]


class Objective(Body):
    """What shall be reached on one need."""

    seen: int | None = Field(default=None, ge=0, description="The version of the partnership that was looked at.")
    capability: str = Field(min_length=1, max_length=100, description="Id of a need of this partnership.")
    text: str = Field(default="", max_length=1000, description="The objective; absent: none.")


class PlannedActivity(Body):
    """An activity: a new one, or with its number another form of it."""

    seen: int | None = Field(default=None, ge=0, description="The version of the partnership that was looked at.")
    number: int | None = Field(default=None, ge=1, description="Number of the activity; absent: a new one.")
    type: ActivityType = Field(description="The type of activity.")
    title: str = Field(min_length=1, max_length=300, description="What will be done.")
    capability: str = Field(default="", max_length=100, description="Id of the need it serves.")
    first: str = Field(default="", max_length=7, description="First month, as 2027-03.")
    last: str = Field(default="", max_length=7, description="Last month, as 2027-05.")
    people: str = Field(default="", max_length=300, description="Who does it.")
    indicator: str = Field(default="", max_length=300, description="How it is seen that it worked.")
    state: ActivityState = Field(default="planned", description="How it stands.")


@page(pages, f"{ADDRESS}/plan", Query, WorkPlan)
def work_plan(_query: Query, utility_id: str, partnership_id: str) -> Response:
    """The joint work plan: objectives, activities and months."""
    data, partnership = _read(utility_id, partnership_id)
    address = {"utility_id": utility_id, "partnership_id": partnership_id}
    return answer(
        "work_plan.html",
        data,
        utility_id=utility_id,
        known=knowledge(),
        crumbs=[*crumbs_of(utility_id, partnership), Crumb(RESULTS_AND_PLAN, "register.ours", address)],
        types=ACTIVITY_TYPES,
        states=ACTIVITY_STATES,
    )


@page(pages, f"{ADDRESS}/plan/download.<kind>", Query, WorkPlan, also=tuple(MIMETYPES.values()))
def download(_query: Query, utility_id: str, partnership_id: str, kind: str) -> Response:
    """The activities of the work plan as a file: csv, xlsx or json."""
    data, _partnership = _read(utility_id, partnership_id)
    if kind == "json":
        return json_response(data)
    rows = [
        (
            row["number"],
            str(ACTIVITY_TYPES[row["type"]]),
            row["title"],
            row["capability"],
            row["first"],
            row["last"],
            row["people"],
            row["indicator"],
            str(ACTIVITY_STATES[row["state"]]),
        )
        for row in data["activities"]
    ]
    return as_file(kind, f"work-plan-{partnership_id}", HEADINGS, rows)


@action(pages, f"{ADDRESS}/plan/objectives", Objective, WorkPlan)
def objective(body: Objective, utility_id: str, partnership_id: str) -> Changed:
    """Say what shall be reached on one need."""
    store = keeper().store
    set_objective(store, partnership_id, utility_id, body.capability, body.text, who=author(), seen=body.seen)
    return _changed(utility_id, partnership_id)


@action(pages, f"{ADDRESS}/plan/activities", PlannedActivity, WorkPlan)
def activity(body: PlannedActivity, utility_id: str, partnership_id: str) -> Changed:
    """Add an activity, or change one."""
    given = body.model_dump(exclude={"seen"})
    put_activity(keeper().store, partnership_id, utility_id, **given, who=author(), seen=body.seen)
    return _changed(utility_id, partnership_id)


def _read(utility_id: str, partnership_id: str) -> tuple[WorkPlan, Partnership]:
    with keeper().store.read() as reader:
        return _plan(reader, utility_id, partnership_id)


def _plan(reader: Reader, utility_id: str, partnership_id: str) -> tuple[WorkPlan, Partnership]:
    partnership = the_partnership(reader, partnership_id)
    side = side_of(partnership, utility_id)
    log = read_log(reader, partnership_id)
    told, known = told_by(log), knowledge()
    figures = {result.capability: result for result in partnership.results}
    activities = sorted(told.activities.values(), key=lambda each: (each.first or "9", each.number))
    months = months_of(each for each in activities if each.state != "dropped") or months_of(activities)
    data = WorkPlan(
        version=told.version,
        side=side,
        open=partnership.status not in OVER,
        pair=documented(known, partnership),
        progress_s=progress(told).to_json(),
        first=months.first if months else "",
        months=months.length if months else 0,
        objectives=[
            ObjectiveRow(
                capability=capability,
                capability_name=known.capability_name(capability),
                text=told.objectives.get(capability, ""),
                indicator=figures[capability].indicator if capability in figures else None,
                baseline=figures[capability].baseline if capability in figures else None,
                target=figures[capability].target if capability in figures else None,
            )
            for capability in partnership.capabilities
        ],
        activities=[_row(each, months) for each in activities],
        history=history_rows([entry for entry in log if entry.kind in ("objective", "activity")]),
    )
    return data, partnership


def _row(activity: Activity, months: Months | None) -> ActivityRow:
    shown = bool(activity.first) and months is not None and activity.state != "dropped"
    return ActivityRow(
        number=activity.number,
        type=activity.type,
        title=activity.title,
        capability=activity.capability,
        first=activity.first,
        last=activity.last,
        people=activity.people,
        indicator=activity.indicator,
        state=activity.state,
        start=month_number(activity.first) - month_number(months.first) if shown and months else 0,
        length=month_number(activity.last) - month_number(activity.first) + 1 if shown else 0,
    )


def _changed(utility_id: str, partnership_id: str) -> Changed:
    data, _partnership = _read(utility_id, partnership_id)
    return Changed(data, url_for("workplan.work_plan", utility_id=utility_id, partnership_id=partnership_id))
