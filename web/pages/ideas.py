"""Propose a partnership: a utility's ideas, each with its concept note; what the others say to it."""

from __future__ import annotations

from typing import Literal

from flask import Blueprint, Response, url_for
from pydantic import Field

from graph.errors import BadInput, UnknownName
from graph.finding import find_utility
from graph.model import Need
from graph.network import Network
from graph.sentences import say
from graph.store import Reader
from matcher.document import NeedRef
from matcher.ideas.keeping import create_idea, read_idea, read_ideas, read_log, record_idea
from matcher.ideas.note import build_note, with_needs
from matcher.ideas.state import Idea, Section
from matcher.policy import load_policy
from matcher.register.planning import MONTH
from matcher.rounds.state import DECLINE_REASONS
from web.action import Body, Changed, action
from web.knowledge import keeper, knowledge, sees_private, today
from web.pages.idea_rows import IdeaPage, Ideas, NewIdea, idea_row, page_of, utility_ref
from web.pages.round_changes import author
from web.private import Sight, hidden_from, seen_network
from web.shown import Crumb, cut
from web.twin import Paged, Query, answer, page

pages = Blueprint("ideas", __name__)
OF_UTILITY = "/utilities/<utility_id>/ideas"
MOST_PARTNERS = 3

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
        found = [idea for idea in read_ideas(reader) if _shown_to(idea, utility_id)]
    shown = cut(found, query.page)
    data = Ideas(part=shown.part, ideas=[idea_row(idea, utility_id) for idea in shown.rows])
    return answer("ideas.html", data, utility=utility_ref(utility_id), crumbs=_crumbs(utility_id)[:1])


@page(pages, f"{OF_UTILITY}/new", NewQuery, NewIdea)
def new(query: NewQuery, utility_id: str) -> Response:
    """Begin an idea: with whom, then on which needs."""
    known = knowledge()
    partner = known.network.find_utility(query.partner).id if query.partner else None
    mentee = utility_id if query.role == "mentee" else partner
    needs = [
        NeedRef(
            capability=need.capability,
            capability_name=known.capability_name(need.capability),
            priority=need.priority,
            provenance=need.provenance,
            quality=None,
            evidence_year=need.year,
        )
        for need in _seen_by(utility_id).needs
        if need.utility == mentee
    ]
    data = NewIdea(
        utility=utility_ref(utility_id), role=query.role, partner=utility_ref(partner) if partner else None, needs=needs
    )
    return answer("idea_new.html", data, known=known, crumbs=_crumbs(utility_id), most=MOST_PARTNERS)


@page(pages, f"{OF_UTILITY}/<idea_id>", IdeaQuery, IdeaPage)
def idea(query: IdeaQuery, utility_id: str, idea_id: str) -> Response:
    """An idea with its concept note, for one of its utilities."""
    data = _page(utility_id, idea_id, query.version)
    return answer(
        "idea.html",
        data,
        utility_id=utility_id,
        known=knowledge(),
        crumbs=_crumbs(utility_id),
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
    needs = _check(utility_id, mentors, mentees, body)
    network, policy = _for_everybody(mentees, utility_id, needs), load_policy("best_fit")
    note = build_note(network, policy, mentors, mentees, body.months, today())
    names_of = knowledge().refs
    idea = create_idea(
        keeper().store,
        {
            "by": utility_id,
            "title": body.title.strip() or " – ".join(names_of[id]["name"] for id in (mentors[0], mentees[0])),
            "mentors": mentors,
            "mentees": mentees,
            "needs": needs,
            "first": body.first,
            "months": body.months,
            "note": note,
        },
        who=author(),
    )
    return _changed(utility_id, idea.id, new=True)


@action(pages, f"{OF_UTILITY}/<idea_id>/text", Written, IdeaPage)
def write(body: Written, utility_id: str, idea_id: str) -> Changed:
    """Write a section of the concept note in words of one's own, or go back to what the data say."""
    _open_for(utility_id, idea_id)
    entry = {"by": utility_id, "section": body.section, "text": body.text.strip()}
    record_idea(keeper().store, idea_id, "section", entry, who=author(), seen=body.seen)
    return _changed(utility_id, idea_id)


@action(pages, f"{OF_UTILITY}/<idea_id>/say", SaidTo, IdeaPage)
def say_to(body: SaidTo, utility_id: str, idea_id: str) -> Changed:
    """Propose the idea to the others, support it, decline it, or withdraw it."""
    found = _open_for(utility_id, idea_id)
    own = utility_id == found.by
    if (body.said in ("send", "withdraw")) != own:
        raise BadInput(
            say("This is for the utility that had the idea.") if not own else say("The answer is for the others."), None
        )
    if body.said == "no" and body.reason not in DECLINE_REASONS:
        raise UnknownName(say("reason"), body.reason, list(DECLINE_REASONS))
    entry = {"by": utility_id, **({"reason": body.reason} if body.said == "no" else {})}
    record_idea(keeper().store, idea_id, body.said, entry, who=author(), why=body.why, seen=body.seen)
    return _changed(utility_id, idea_id)


def open_as(idea: Idea) -> str | None:
    """The utility of an idea that whoever sends this request may open it for; ``None``: it is not for them."""
    return next((id for id in idea.utilities if sees_private(id) and _shown_to(idea, id)), None)


def _shown_to(idea: Idea, utility: str) -> bool:
    return utility == idea.by or (utility in idea.utilities and idea.sent)


def _open_for(utility_id: str, idea_id: str) -> Idea:
    with keeper().store.read() as reader:
        return _read(reader, utility_id, idea_id)


def _read(reader: Reader, utility_id: str, idea_id: str, version: int | None = None) -> Idea:
    """An idea, for one of its utilities; what is not for it does not exist. Raises ``UnknownName``."""
    found = read_idea(reader, idea_id)
    if not _shown_to(found, utility_id):
        raise UnknownName(say("idea"), idea_id, [])
    return found if version is None else read_idea(reader, idea_id, version)


def _check(utility_id: str, mentors: tuple[str, ...], mentees: tuple[str, ...], body: Begun) -> list[str]:
    if not mentors or not mentees:
        raise BadInput(say("No partner is named."), say("Name the utility you would like to work with."))
    if len({*mentors, *mentees}) < len(mentors) + len(mentees):
        raise BadInput(say("A utility is named twice."), say("Each takes part once, on one side."))
    known = keeper().now().network
    refused = [id for id in known.utility_by_id[utility_id].refused_partners if id in (*mentors, *mentees)]
    if refused:
        raise BadInput(
            say("You refused {utility} as a partner.", utility=known.utility_by_id[refused[0]].name),
            say("Take it from your list of refused partners first."),
        )
    if not body.needs:
        raise BadInput(say("No need is chosen."), say("Choose at least one topic to work on."))
    for capability in body.needs:
        if capability not in known.capability_by_id:
            raise UnknownName(say("capability"), capability, list(known.capability_by_id))
    if body.first and not MONTH.fullmatch(body.first):
        raise BadInput(say("“{month}” is no month.", month=body.first), say("Write it as year and month, 2027-03."))
    return sorted(set(body.needs))


def _for_everybody(mentees: tuple[str, ...], by: str, needs: list[str]) -> Network:
    """The network as everybody may see it, with the needs chosen: of private ones only those of who has the idea."""
    full, public = keeper().now().network, _seen_by()
    known = {(need.utility, need.capability): need for need in public.needs}
    known |= {(need.utility, need.capability): need for need in full.needs if need.utility == by}
    chosen = [known.get((mentee, capability), Need(mentee, capability)) for mentee in mentees for capability in needs]
    return with_needs(public, mentees, chosen)


def _seen_by(*utilities: str) -> Network:
    """The network as these utilities see it, whoever asks for them: a facilitator may see more than they do."""
    full = keeper().now().network
    return seen_network(full, hidden_from(full, Sight(utilities=frozenset(utilities))))


def _page(utility_id: str, idea_id: str, version: int | None = None) -> IdeaPage:
    with keeper().store.read() as reader:
        now = _read(reader, utility_id, idea_id)
        idea = now if version is None else _read(reader, utility_id, idea_id, version)
        log = read_log(reader, idea_id)
    return page_of(now, idea, log, utility_id)


def _crumbs(utility_id: str) -> list[Crumb]:
    parts = {"utility_id": utility_id}
    return [
        Crumb(utility_ref(utility_id)["name"], "utilities.utility", parts),
        Crumb(say("Partnership ideas"), "ideas.of_utility", parts),
    ]


def _changed(utility_id: str, idea_id: str, *, new: bool = False) -> Changed:
    address = url_for("ideas.idea", utility_id=utility_id, idea_id=idea_id)
    return Changed(_page(utility_id, idea_id), address, new=new)
