"""The concept note of an idea, built from what all its sides may see; and what a plan must be."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from graph.errors import BadInput, UnknownName
from graph.model import Need
from graph.network import Network
from graph.sentences import say
from matcher.document import NeedRef, SentenceJson
from matcher.ideas.note import build_note, with_needs
from matcher.ideas.state import Plan, Section
from matcher.policy import load_policy
from matcher.register.planning import MONTH
from web.knowledge import keeper, knowledge, today
from web.private import Sight, hidden_from, seen_network

MOST_PARTNERS = 3


def checked_plan(plan: Plan, by: str) -> Plan:
    """The plan, as the utility that has the idea may make it.

    Raises ``BadInput`` for one that cannot be, ``UnknownName`` for capabilities nobody knows.
    """
    mentors, mentees = plan.mentors, plan.mentees
    if not mentors or not mentees:
        raise BadInput(say("No partner is named."), say("Name the utility you would like to work with."))
    if max(len(mentors), len(mentees)) > MOST_PARTNERS:
        raise BadInput(
            say("More than {most} utilities stand on one side.", most=MOST_PARTNERS), say("Begin a second idea.")
        )
    if len({*mentors, *mentees}) < len(mentors) + len(mentees):
        raise BadInput(say("A utility is named twice."), say("Each takes part once, on one side."))
    known = keeper().now().network
    refused = [id for id in known.utility_by_id[by].refused_partners if id in (*mentors, *mentees)]
    if refused:
        raise BadInput(
            say("You refused {utility} as a partner.", utility=known.utility_by_id[refused[0]].name),
            say("Take it from your list of refused partners first."),
        )
    if not plan.needs:
        raise BadInput(say("No need is chosen."), say("Choose at least one topic to work on."))
    for capability in plan.needs:
        if capability not in known.capability_by_id:
            raise UnknownName(say("capability"), capability, list(known.capability_by_id))
    check_month(plan.first)
    return plan.model_copy(update={"needs": tuple(sorted(set(plan.needs)))})


def check_month(first: str) -> None:
    """Raise ``BadInput`` for a first month that is none."""
    if first and not MONTH.fullmatch(first):
        raise BadInput(say("“{month}” is no month.", month=first), say("Write it as year and month, 2027-03."))


def note_of(plan: Plan, by: str) -> dict[Section, tuple[SentenceJson, ...]]:
    """The concept note of a plan of this utility: what all may see, and of private needs its own that it chose."""
    network, policy = _for_everybody(plan.mentees, by, plan.needs), load_policy("best_fit")
    return build_note(network, policy, plan.mentors, plan.mentees, plan.months, today())


def usual_title(mentors: Sequence[str], mentees: Sequence[str]) -> str:
    """What an idea is called that nobody has given a title."""
    refs = knowledge().refs
    return " – ".join(refs[id]["name"] for id in (*mentors[:1], *mentees[:1]))


def needs_seen_by(utility: str, mentees: Collection[str]) -> list[NeedRef]:
    """The needs of these mentees as a utility sees them, whoever asks: a facilitator may see more than it does."""
    known = knowledge()
    return [
        NeedRef(
            capability=need.capability,
            capability_name=known.capability_name(need.capability),
            priority=need.priority,
            provenance=need.provenance,
            quality=None,
            evidence_year=need.year,
        )
        for need in _seen_by(utility).needs
        if need.utility in mentees
    ]


def _for_everybody(mentees: Sequence[str], by: str, needs: Sequence[str]) -> Network:
    full, public = keeper().now().network, _seen_by()
    known = {(need.utility, need.capability): need for need in public.needs}
    known |= {(need.utility, need.capability): need for need in full.needs if need.utility == by}
    chosen = [known.get((mentee, capability), Need(mentee, capability)) for mentee in mentees for capability in needs]
    return with_needs(public, mentees, chosen)


def _seen_by(*utilities: str) -> Network:
    full = keeper().now().network
    return seen_network(full, hidden_from(full, Sight(utilities=frozenset(utilities))))
