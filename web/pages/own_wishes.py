"""With whom a utility would like to work and with whom not, before a round; what it refused is private."""

from __future__ import annotations

from typing import Literal, TypedDict

from flask import Response, url_for
from pydantic import Field

from graph.errors import UnknownName
from graph.sentences import Sentence, say
from graph.wishes import change_wish
from matcher.document import SentenceJson, UtilityRef
from matcher.policy import Policy
from matcher.rules.registry import RULES
from matcher.words import named
from web.action import Body, Changed, action
from web.knowledge import keeper, knowledge
from web.pages.own import pages
from web.pages.utilities import place_of
from web.search import matches
from web.signing_in import signed_in
from web.twin import Query, answer, page

FOUND = 6
"""So many utilities are shown for a search."""


class WishesQuery(Query):
    """Words to find a partner by."""

    q: str | None = Field(default=None, max_length=200, description="Words in the name, country or region.")


class Wishes(TypedDict):
    """Both lists in the utility's order, how they count, and what a search found (``more``: not all are shown)."""

    utility: UtilityRef
    preferred: list[UtilityRef]
    refused: list[UtilityRef]
    counts_s: list[SentenceJson]
    found: list[UtilityRef]
    more: bool


class Wishing(Body):
    """One partner on one list."""

    wish: Literal["preferred", "refused"] = Field(description="Which list.")
    partner: str = Field(min_length=1, max_length=200, description="Id of the other utility.")
    step: Literal["add", "remove", "up"] = Field(description="Add it, remove it, or move it up by one.")


class Wished(TypedDict):
    """Both lists after the change, ids in the utility's order."""

    preferred: list[str]
    refused: list[str]


@page(pages, "/utilities/<utility_id>/wishes", WishesQuery, Wishes)
def wishes(query: WishesQuery, utility_id: str) -> Response:
    """Preferred and refused partners of a utility, and how they count."""
    known = knowledge()
    utility = known.network.utility_by_id.get(utility_id)
    if utility is None:
        raise UnknownName(say("utility"), utility_id, known.network.utility_by_id)
    named_already = {utility_id, *utility.preferred_partners, *utility.refused_partners}
    found = [
        ref
        for ref in known.refs.values()
        if query.q and ref["id"] not in named_already and matches(query.q, ref["name"], ref["id"], place_of(ref))
    ]
    data = Wishes(
        utility=known.refs[utility_id],
        preferred=[known.refs[id] for id in utility.preferred_partners if id in known.refs],
        refused=[known.refs[id] for id in utility.refused_partners if id in known.refs],
        counts_s=[each.to_json() for each in how_they_count(known.policy)],
        found=sorted(found, key=lambda ref: (ref["name"].casefold(), ref["id"]))[:FOUND],
        more=len(found) > FOUND,
    )
    return answer("own_wishes.html", data, known=known, query=query)


@action(pages, "/utilities/<utility_id>/wishes", Wishing, Wished)
def wish(body: Wishing, utility_id: str) -> Changed:
    """Put a partner on a list, take it off, or move it up."""
    who = signed_in().account.name
    after = change_wish(keeper().store, utility_id, body.wish, body.partner, body.step, who=who)
    data = Wished(preferred=list(after["preferred"]), refused=list(after["refused"]))
    return Changed(data, url_for("own.wishes", utility_id=utility_id))


def how_they_count(policy: Policy) -> tuple[Sentence, ...]:
    """What a policy does with preferred and refused partners."""
    like, never = policy.rules["preference"], policy.rules["not_refused"]
    names = {"policy": named(policy.name)}
    preferred = RULES["preference"].title
    if like.mode == "off":
        first = say("The policy “{policy}” does not count preferred partners.", **names)
    elif like.mode == "graded":
        first = say(
            "The rule “{rule}” of the policy “{policy}” raises the fit with a preferred partner, with weight {weight}.",
            rule=preferred,
            weight=like.weight,
            **names,
        )
    else:
        first = say("The rule “{rule}” of the policy “{policy}” asks for preferred partners.", rule=preferred, **names)
    if never.mode == "mandatory":
        second = say("A refused partner is never proposed to you, nor you to it, in a new solve.")
    elif never.mode == "graded":
        second = say("A refused partner lowers the fit, with weight {weight}.", weight=never.weight)
    else:
        second = say("The policy “{policy}” does not count refused partners. Tell your facilitator.", **names)
    return (
        first,
        say("The rule counts each preferred partner the same; your order is for the facilitator."),
        second,
        say("A round may have a policy of its own. What is proposed to you already stays until you answer it."),
    )
