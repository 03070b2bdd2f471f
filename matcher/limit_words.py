"""A limit and a selection of a policy as sentences; every form a policy file knows has its words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from graph.network import Network
from graph.sentences import Sentence, say
from matcher.policy import LimitSettings, Selection
from matcher.words import INCOME_NAMES, named

FOR_EACH: Mapping[str, Sentence] = {
    "mentee_region": say("for each region of the mentees"),
    "mentor_region": say("for each region of the mentors"),
    "mentee_country": say("for each country of the mentees"),
    "mentor_country": say("for each country of the mentors"),
    "facilitator": say("for each facilitator"),
}

MOST_NAMES = 12
"""So many names are listed; of more the rest is counted."""


def limit_sentence(network: Network, limit: LimitSettings) -> Sentence:
    """A limit in one sentence: how much of what, for whom, and what each pair costs where money is counted."""
    if limit.counts == "balance":
        group = selection_words(network, limit.group or Selection())
        said = say("Partnerships given minus partnerships received by utilities {whose}", whose=group or (_ALL,))
        parts = (said, _bounds(limit.at_least, limit.at_most), *_whose(network, limit))
        return say("{parts}.", parts=parts)
    if found := (*_whose(network, limit), *_cost(limit)):
        return say("{amount} {parts}.", amount=_amount(limit), parts=found)
    return say("{amount}.", amount=_amount(limit))


_ALL = say("of every kind")


def _amount(limit: LimitSettings) -> Sentence:
    least, most = _number(limit.at_least), _number(limit.at_most)
    if limit.counts == "share":
        scaled = [None if bound is None else _number(round(bound * 100, 2)) for bound in (least, most)]
        return say("Of all partnerships, {share} percent are", share=_bounds(*scaled))
    if limit.counts == "money":
        return say("Money for partnerships: {bounds},", bounds=_bounds(least, most))
    if (least, most) == (1, None):
        return say("At least 1 partnership")
    if (least, most) == (None, 1):
        return say("At most 1 partnership")
    if most == 0 and not least:
        return say("No partnership")
    if most is None:
        return say("At least {count} partnerships", count=least or 0)
    if least is None:
        return say("At most {count} partnerships", count=most)
    if least == most:
        return say("Exactly {count} partnerships", count=least)
    return say("Between {least} and {most} partnerships", least=least, most=most)


def _bounds(least: float | None, most: float | None) -> Sentence:
    least, most = _number(least), _number(most)
    if most is None:
        return say("at least {count}", count=least or 0)
    if least is None:
        return say("at most {count}", count=most)
    return say("between {least} and {most}", least=least, most=most)


def _number(value: float | None) -> int | float | None:
    """A whole number without its fraction, so that it is written as one."""
    return int(value) if value is not None and value == int(value) else value


def _whose(network: Network, limit: LimitSettings) -> tuple[Sentence, ...]:
    """For which pairs a limit is."""
    found: list[Sentence] = []
    if mentees := selection_words(network, limit.mentee):
        found.append(say("for mentees {which}", which=mentees))
    if mentors := selection_words(network, limit.mentor):
        found.append(say("with mentors {which}", which=mentors))
    if limit.either is not None:
        found.append(say("with a mentor or mentee {which}", which=selection_words(network, limit.either) or (_ALL,)))
    if limit.cross_region is not None:
        found.append(say("between two regions") if limit.cross_region else say("within one region"))
    if limit.cross_country is not None:
        found.append(say("between two countries") if limit.cross_country else say("within one country"))
    if limit.for_each is not None:
        found.append(FOR_EACH[limit.for_each])
    return tuple(found)


def _cost(limit: LimitSettings) -> tuple[Sentence, ...]:
    if limit.counts != "money":
        return ()
    return (
        say(
            "where each costs {base} and {far} more for each 1,000 km (counting {unknown} km where that is unknown)",
            base=_number(limit.base_cost) or 0,
            far=_number(limit.cost_per_1000_km) or 0,
            unknown=_number(limit.unknown_distance_km) or 0,
        ),
    )


def selection_words(network: Network, selection: Selection) -> tuple[Sentence, ...]:
    """What a selection asks for, one phrase for each part that is set; empty where it means everybody."""
    found: list[Sentence] = []
    for names, known in (
        (selection.regions, network.region_by_id),
        (selection.countries, network.country_by_id),
    ):
        if names:
            found.append(say("in {places}", places=_names(names, {id: each.name for id, each in known.items()})))
    if selection.income_groups:
        groups = tuple(INCOME_NAMES.get(group, named(group)) for group in selection.income_groups)
        found.append(say("in countries of {groups}", groups=groups))
    if selection.fragile is not None:
        found.append(say("in fragile states") if selection.fragile else say("in states that are not fragile"))
    if selection.small_town is not None:
        found.append(say("in small towns") if selection.small_town else say("not in small towns"))
    topics = {id: each.name for id, each in network.capability_by_id.items()}
    if selection.offers:
        found.append(say("that offer {topics}", topics=_names(selection.offers, topics)))
    if selection.needs:
        found.append(say("that need {topics}", topics=_names(selection.needs, topics)))
    if selection.programmes:
        found.append(say("that took part in {programmes}", programmes=_names(selection.programmes, {})))
    if selection.facilitators:
        found.append(say("looked after by {names}", names=_names(selection.facilitators, {})))
    utilities = {id: each.name for id, each in network.utility_by_id.items()}
    if selection.utilities:
        found.append(say("among {names}", names=_names(selection.utilities, utilities)))
    if selection.also:
        found.append(say("and also {names}", names=_names(selection.also, utilities)))
    if selection.without:
        found.append(say("without {names}", names=_names(selection.without, utilities)))
    return tuple(found)


def _names(ids: Iterable[str], known: Mapping[str, str]) -> tuple[Sentence, ...]:
    found = [named(known.get(id, id)) for id in ids]
    if len(found) <= MOST_NAMES + 1:
        return tuple(found)
    return (*found[:MOST_NAMES], say("{count} more", count=len(found) - MOST_NAMES))
