"""The plan of an idea changed after it was begun: partners, needs and months; the concept note follows."""

from __future__ import annotations

from typing import TypedDict

from flask import Response
from pydantic import Field

from graph.errors import Conflict, Forbidden
from graph.finding import find_utility
from graph.sentences import say
from matcher.document import NeedRef, UtilityRef
from matcher.ideas.keeping import record_idea
from matcher.ideas.state import PHASES, STEPS, Idea, Plan
from web.action import Body, Changed, action
from web.knowledge import keeper, knowledge
from web.pages.idea_building import MOST_PARTNERS, check_month, checked_plan, needs_seen_by, note_of, usual_title
from web.pages.idea_rows import IdeaPage, utility_ref
from web.pages.ideas import OF_UTILITY, changed_idea, crumbs_of_idea, open_for, pages
from web.pages.round_changes import author
from web.shown import Crumb
from web.twin import Query, answer, page

BY_MONTHS = ("summary", "activities")
"""Sections that tell how many months; where only these change, no other section is built anew."""


class PlanPage(TypedDict):
    """The plan of an idea as it stands, the needs that may be chosen, and whether the reader may choose them."""

    id: str
    title: str
    version: int
    by: str
    mentors: list[UtilityRef]
    mentees: list[UtilityRef]
    needs: list[str]
    known_needs: list[NeedRef]
    first: str
    months: int
    is_own: bool


class Planned(Body):
    """The plan as it shall be, whole."""

    mentors: tuple[str, ...] = Field(
        max_length=MOST_PARTNERS + 2, description="Ids or exact names; empty ones count as absent."
    )
    mentees: tuple[str, ...] = Field(
        max_length=MOST_PARTNERS + 2, description="Ids or exact names; empty ones count as absent."
    )
    needs: tuple[str, ...] = Field(default=(), max_length=10, description="Ids of the capabilities to work on.")
    title: str = Field(default="", max_length=200, description="What the idea is called; absent: as its utilities are.")
    first: str = Field(default="", max_length=7, description="First month, as 2027-03; absent: not known.")
    months: int = Field(ge=1, le=60, description="How many months.")
    why: str = Field(default="", max_length=2000, description="Why, for the others and the facilitators.")
    seen: int | None = Field(default=None, ge=1, description="The version that was looked at.")


@page(pages, f"{OF_UTILITY}/<idea_id>/plan", Query, PlanPage)
def plan(_query: Query, utility_id: str, idea_id: str) -> Response:
    """The plan of an idea, to be changed: partners, needs and months."""
    idea = open_for(utility_id, idea_id)
    if idea.phase not in STEPS["change"]:
        raise Conflict(
            say("This cannot be done: the idea is {phase}.", phase=PHASES[idea.phase]),
            say("Look at the present state, or begin another."),
        )
    data = PlanPage(
        id=idea.id,
        title=idea.title,
        version=idea.version,
        by=idea.by,
        mentors=[utility_ref(id) for id in idea.mentors],
        mentees=[utility_ref(id) for id in idea.mentees],
        needs=list(idea.needs),
        known_needs=needs_seen_by(utility_id, idea.mentees),
        first=idea.first,
        months=idea.months,
        is_own=utility_id == idea.by,
    )
    crumbs = [
        *crumbs_of_idea(utility_id),
        Crumb(idea.title, "ideas.idea", {"utility_id": utility_id, "idea_id": idea_id}),
    ]
    return answer(
        "idea_plan.html",
        data,
        utility_id=utility_id,
        known=knowledge(),
        crumbs=crumbs,
        draft=idea.phase == "draft",
        most=MOST_PARTNERS,
    )


@action(pages, f"{OF_UTILITY}/<idea_id>/plan", Planned, IdeaPage)
def change(body: Planned, utility_id: str, idea_id: str) -> Changed:
    """Change the plan of an idea; who supported another plan is asked again, and what the data say follows."""
    idea = open_for(utility_id, idea_id)
    wanted = _wanted(body, idea)
    if (wanted.mentors, wanted.mentees, wanted.needs) != (idea.mentors, idea.mentees, idea.needs):
        if utility_id != idea.by:
            raise Forbidden(
                say("Partners and needs are changed by the utility that has the idea."),
                say("Ask it to, or rewrite a section; months and title you may change."),
            )
        wanted, note = checked_plan(wanted, idea.by), note_of(wanted, idea.by)
    else:
        check_month(wanted.first)
        built = note_of(wanted, idea.by) if wanted.months != idea.months else {}
        note = {section: said for section, said in built.items() if section in BY_MONTHS}
    if wanted != idea.plan:
        entry = {"by": utility_id, "plan": wanted.model_dump(), "note": note}
        seen = body.seen if body.seen is not None else idea.version
        record_idea(keeper().store, idea_id, "change", entry, who=author(), why=body.why, seen=seen)
    return changed_idea(utility_id, idea_id)


def _wanted(body: Planned, idea: Idea) -> Plan:
    with keeper().store.read() as reader:
        names = reader.names("Utility")
    mentors, mentees = (
        tuple(dict.fromkeys(find_utility(names, text) for text in texts if text.strip()))
        for texts in (body.mentors, body.mentees)
    )
    if idea.by not in (*mentors, *mentees):
        raise Conflict(
            say("{utility} has the idea and takes part in it.", utility=utility_ref(idea.by)["name"]),
            say("Withdraw the idea instead."),
        )
    return Plan(
        title=body.title.strip() or usual_title(mentors, mentees),
        mentors=mentors,
        mentees=mentees,
        needs=tuple(sorted(set(body.needs))),
        first=body.first,
        months=body.months,
    )
