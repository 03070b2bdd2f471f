"""Propose a partnership: a utility's ideas, each with its concept note; what the others say to it."""

from __future__ import annotations

from typing import Literal

from flask import Blueprint, Response, url_for
from pydantic import Field

from graph.errors import BadInput, UnknownName
from graph.finding import find_utility
from graph.sentences import say
from graph.store import Reader
from matcher.ideas.keeping import create_idea, read_idea, read_ideas, read_log, record_idea
from matcher.ideas.state import Idea, Plan, Section
from matcher.rounds.state import DECLINE_REASONS
from web.action import Body, Changed, action
from web.knowledge import keeper, knowledge, sees_private
from web.pages.idea_building import MOST_PARTNERS, checked_plan, needs_seen_by, note_of, usual_title
from web.pages.idea_rows import IdeaPage, Ideas, NewIdea, idea_row, is_shown_to, page_of, utility_ref
from web.pages.round_changes import author
from web.shown import Crumb, cut
from web.twin import Paged, Query, answer, page

pages = Blueprint("ideas", __name__)
OF_UTILITY = "/utilities/<utility_id>/ideas"

Role = Literal["mentor", "mentee"]


class NewQuery(Query):
    """With whom, and on which side."""

    partner: str | None = Field(default=None, max_length=300, description="Id or exact name of the partner.")
    role: Role = Field(default="mentee", description="What the utility itself would be.")


class IdeaQuery(Query):
    """Which version of the concept note."""

    version: int | None = Field(default=None, ge=1, le=1_000_000, description="A version; the present one if absent.")


class Begun(Body):
    """An idea to begin."""

    role: Role = Field(description="What the utility itself would be.")
    partners: tuple[str, ...] = Field(max_length=MOST_PARTNERS, description="The other side: ids or exact names.")
    beside: tuple[str, ...] = Field(default=(), max_length=2, description="Utilities beside it on its own side.")
    needs: tuple[str, ...] = Field(default=(), max_length=10, description="Ids of the capabilities to work on.")
    title: str = Field(default="", max_length=200, description="What the idea is called.")
    first: str = Field(default="", max_length=7, description="First month, as 2027-03.")
    months: int = Field(default=18, ge=1, le=60, description="How many months.")


class Written(Body):
    """A section in words of one's own."""

    section: Section = Field(description="Which section.")
    text: str = Field(default="", max_length=4000, description="The text; absent: what the data say.")
    seen: int | None = Field(default=None, ge=1, description="The version that was looked at.")


class SaidTo(Body):
    """What a utility says to an idea."""

    said: Literal["send", "yes", "no", "withdraw"] = Field(description="What is said.")
    reason: str = Field(default="", max_length=40, description="For a no: one of the short list of reasons.")
    why: str = Field(default="", max_length=2000, description="Words, for the others and the facilitators.")
    seen: int | None = Field(default=None, ge=1, description="The version that was looked at.")


@page(pages, OF_UTILITY, Paged, Ideas)
def of_utility(query: Paged, utility_id: str) -> Response:
    """The ideas a utility has, and those it is asked to join."""
    with keeper().store.read() as reader:
        found = [idea for idea in read_ideas(reader) if is_shown_to(idea, utility_id)]
    shown = cut(found, query.page)
    data = Ideas(part=shown.part, ideas=[idea_row(idea, utility_id) for idea in shown.rows])
    return answer("ideas.html", data, utility=utility_ref(utility_id), crumbs=crumbs_of_idea(utility_id)[:1])


@page(pages, f"{OF_UTILITY}/new", NewQuery, NewIdea)
def new(query: NewQuery, utility_id: str) -> Response:
    """Begin an idea: with whom, then on which needs."""
    known = knowledge()
    partner = known.network.find_utility(query.partner).id if query.partner else None
    mentee = utility_id if query.role == "mentee" else partner
    needs = needs_seen_by(utility_id, [mentee] if mentee else [])
    data = NewIdea(
        utility=utility_ref(utility_id), role=query.role, partner=utility_ref(partner) if partner else None, needs=needs
    )
    return answer("idea_new.html", data, known=known, crumbs=crumbs_of_idea(utility_id), most=MOST_PARTNERS)


@page(pages, f"{OF_UTILITY}/<idea_id>", IdeaQuery, IdeaPage)
def idea(query: IdeaQuery, utility_id: str, idea_id: str) -> Response:
    """An idea with its concept note, for one of its utilities."""
    data = idea_page(utility_id, idea_id, query.version)
    return answer(
        "idea.html",
        data,
        utility_id=utility_id,
        known=knowledge(),
        crumbs=crumbs_of_idea(utility_id),
        reasons=DECLINE_REASONS,
    )


@action(pages, OF_UTILITY, Begun, IdeaPage)
def begin(body: Begun, utility_id: str) -> Changed:
    """Begin an idea as a draft, with a concept note built from what all sides may see and the needs chosen."""
    with keeper().store.read() as reader:
        names = reader.names("Utility")
    others = tuple(find_utility(names, text) for text in body.partners if text)
    beside = tuple(find_utility(names, text) for text in body.beside if text)
    ours = (utility_id, *beside)
    mentors, mentees = (ours, others) if body.role == "mentor" else (others, ours)
    plan = checked_plan(
        Plan(
            title=body.title.strip() or usual_title(mentors, mentees),
            mentors=mentors,
            mentees=mentees,
            needs=body.needs,
            first=body.first,
            months=body.months,
        ),
        utility_id,
    )
    idea = create_idea(
        keeper().store,
        {"by": utility_id, **plan.model_dump(), "note": note_of(plan, utility_id)},
        who=author(),
    )
    return changed_idea(utility_id, idea.id, new=True)


@action(pages, f"{OF_UTILITY}/<idea_id>/text", Written, IdeaPage)
def write(body: Written, utility_id: str, idea_id: str) -> Changed:
    """Write a section of the concept note in words of one's own, or go back to what the data say."""
    open_for(utility_id, idea_id)
    entry = {"by": utility_id, "section": body.section, "text": body.text.strip()}
    record_idea(keeper().store, idea_id, "section", entry, who=author(), seen=body.seen)
    return changed_idea(utility_id, idea_id)


@action(pages, f"{OF_UTILITY}/<idea_id>/say", SaidTo, IdeaPage)
def say_to(body: SaidTo, utility_id: str, idea_id: str) -> Changed:
    """Propose the idea to the others, support it, decline it, or withdraw it."""
    found = open_for(utility_id, idea_id)
    own = utility_id == found.by
    asked_again = own and found.phase == "proposed" and utility_id not in found.said
    if (body.said in ("send", "withdraw")) != own and not (body.said == "yes" and asked_again):
        raise BadInput(
            say("This is for the utility that had the idea.") if not own else say("The answer is for the others."), None
        )
    if body.said == "no" and body.reason not in DECLINE_REASONS:
        raise UnknownName(say("reason"), body.reason, list(DECLINE_REASONS))
    entry = {"by": utility_id, **({"reason": body.reason} if body.said == "no" else {})}
    record_idea(keeper().store, idea_id, body.said, entry, who=author(), why=body.why, seen=body.seen)
    return changed_idea(utility_id, idea_id)


def open_as(idea: Idea) -> str | None:
    """The utility of an idea that whoever sends this request may open it for; ``None``: it is not for them."""
    return next((id for id in idea.utilities if sees_private(id) and is_shown_to(idea, id)), None)


def open_for(utility_id: str, idea_id: str) -> Idea:
    """An idea, for one of its utilities; what is not for it does not exist. Raises ``UnknownName``."""
    with keeper().store.read() as reader:
        return _read(reader, utility_id, idea_id)


def _read(reader: Reader, utility_id: str, idea_id: str, version: int | None = None) -> Idea:
    """An idea, for one of its utilities; what is not for it does not exist. Raises ``UnknownName``."""
    found = read_idea(reader, idea_id)
    if not is_shown_to(found, utility_id):
        raise UnknownName(say("idea"), idea_id, [])
    if version is None:
        return found
    past = read_idea(reader, idea_id, version)
    if not is_shown_to(past, utility_id):
        raise UnknownName(say("version of this idea"), str(version), [])
    return past


def idea_page(utility_id: str, idea_id: str, version: int | None = None) -> IdeaPage:
    """An idea as one of its utilities reads it, at a version that was shown to it. Raises ``UnknownName``."""
    with keeper().store.read() as reader:
        now = _read(reader, utility_id, idea_id)
        idea = now if version is None else _read(reader, utility_id, idea_id, version)
        log = read_log(reader, idea_id)
    return page_of(now, idea, log, utility_id)


def crumbs_of_idea(utility_id: str) -> list[Crumb]:
    """What stands above the pages of an idea."""
    parts = {"utility_id": utility_id}
    return [
        Crumb(utility_ref(utility_id)["name"], "utilities.utility", parts),
        Crumb(say("Partnership ideas"), "ideas.of_utility", parts),
    ]


def changed_idea(utility_id: str, idea_id: str, *, new: bool = False) -> Changed:
    """What came of a write: the idea, on its page."""
    address = url_for("ideas.idea", utility_id=utility_id, idea_id=idea_id)
    return Changed(idea_page(utility_id, idea_id), address, new=new)
