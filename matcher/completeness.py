"""What a utility could add to its profile so that the rules of a policy count it: the few steps that matter most.

Nothing here is a percentage of fields filled. A step is named only where a rule of the policy finds "unknown" for this
utility, and it weighs what that rule weighs: the share of ``need_cover`` that level and evidence year decide, the
weight of a rule that needs a fact of the utility, that of the performance gap for a figure of its needs or offers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from graph.model import Need, Offer, Utility
from graph.network import Network
from graph.sentences import Sentence, say
from matcher.figures import FIGURES
from matcher.policy import Policy
from matcher.rules.registry import RULES
from matcher.rules.settings import NeedCover
from matcher.words import capability_name

MOST, OF_A_KIND = 5, 2
REQUIRED = 10.0
"""How much a rule that disqualifies weighs here: more than any graded one of the ready policies."""

FACT_RULES: tuple[tuple[str, str, str, Literal["both", "mentor", "mentee"]], ...] = (
    ("not_for_profit", "not_for_profit", "ready", "both"),
    ("charter_signed", "charter_signed_on", "ready", "both"),
    ("leadership_letter", "leadership_letter", "ready", "both"),
    ("investment_coming", "investment_coming", "ready", "mentee"),
    ("ownership", "ownership", "about", "both"),
    ("water_source", "water_source", "technique", "both"),
    ("network_type", "network_type", "technique", "both"),
    ("climate", "climate", "technique", "both"),
)
"""Rules that look at one field of each of the two: rule, field, group of the form, whose field."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to add: ``kind`` and ``key`` name the row of the profile, ``weight`` what the rules give it."""

    kind: Literal["facts", "offer", "need", "figure"]
    key: str
    text: Sentence
    weight: float


def next_steps(network: Network, policy: Policy, utility_id: str) -> tuple[Step, ...]:
    """At most five steps, the one that counts most first, no more than two of a kind but for facts.

    ``network`` carries what the register implies.
    """
    utility = network.utility_by_id[utility_id]
    offers = [offer for offer in network.offers if offer.utility == utility_id]
    needs = [need for need in network.needs if need.utility == utility_id]
    if not offers and not needs:
        first = say("Name what you want to learn: without a need nobody can be proposed as your mentor.")
        second = say("Or name what you can teach: without an offer nobody can be proposed as your mentee.")
        return Step("need", "", first, REQUIRED), Step("offer", "", second, REQUIRED)
    topics = {offer.capability for offer in offers} | {need.capability for need in needs}
    found = (
        sorted(_of_offers(network, policy, offers), key=_first)[:OF_A_KIND],
        sorted(_of_needs(network, policy, needs), key=_first)[:OF_A_KIND],
        _of_facts(network, policy, utility, mentors=bool(offers), learns=bool(needs)),
        sorted(_of_figures(network, policy, utility, topics), key=_first)[:OF_A_KIND],
    )
    return tuple(sorted((step for steps in found for step in steps), key=_first)[:MOST])


def _first(step: Step) -> float:
    return -step.weight


def _of_offers(network: Network, policy: Policy, offers: list[Offer]) -> Iterable[Step]:
    cover = policy.rule("need_cover", NeedCover)
    for offer in offers:
        name = capability_name(network, offer.capability)
        level, year = cover.weight * cover.level_share, cover.weight * (1 - cover.level_share)
        if offer.level is None and offer.provenance == "inferred":
            text = say("Confirm or deny your offer “{topic}”, and add its level: it is only inferred.", topic=name)
            yield Step("offer", offer.capability, text, level)
        elif offer.level is None:
            text = say("Add the level of your offer “{topic}”: without it the fit counts a middling one.", topic=name)
            yield Step("offer", offer.capability, text, level)
        elif offer.year is None:
            text = say("Add the year of the evidence of your offer “{topic}”: without it the fit guesses.", topic=name)
            yield Step("offer", offer.capability, text, year)


def _of_needs(network: Network, policy: Policy, needs: list[Need]) -> Iterable[Step]:
    if len(needs) < 2:
        return  # among one need there is nothing to weigh
    cover = policy.rule("need_cover", NeedCover)
    for need in needs:
        if need.priority is None:
            name = capability_name(network, need.capability)
            text = say("Add the priority of your need “{topic}”: without it, it counts as a middling one.", topic=name)
            yield Step("need", need.capability, text, cover.weight / len(needs))


def _of_facts(network: Network, policy: Policy, utility: Utility, *, mentors: bool, learns: bool) -> Iterable[Step]:
    """One step a group of facts, since a group is one form."""
    missing: dict[str, list[str]] = {}
    for id, field, group, side in FACT_RULES:
        plays = mentors if side == "mentor" else learns if side == "mentee" else True
        if _weight(policy, id) and plays and getattr(utility, field) is None:
            missing.setdefault(group, []).append(id)
    speaks = utility.languages or network.country_by_id[utility.country].languages
    if _weight(policy, "language") and not speaks:
        missing.setdefault("about", []).append("language")
    for group, rules in missing.items():
        yield Step("facts", group, _of_rules(rules), sum(_weight(policy, id) for id in rules))
    if mentors and utility.mentor_places is None:
        text = say("Say how many mentees you can take at once: now it is guessed from earlier partnerships.")
        yield Step("facts", "room", text, REQUIRED)


def _of_figures(network: Network, policy: Policy, utility: Utility, capabilities: set[str]) -> Iterable[Step]:
    sizes = ("population_served", "connections")
    if (weight := _weight(policy, "size_ratio")) and not any((utility.id, size) in network.figures for size in sizes):
        yield Step("figure", "population_served", _of_rules(["size_ratio"]), weight)
    if weight := _weight(policy, "performance_gap"):
        for figure in FIGURES:
            if capabilities & set(figure.capabilities) and (utility.id, figure.metric) not in network.figures:
                name = figure.name
                text = say("Add your figure “{figure}”: without it the gap between the two is unknown.", figure=name)
                yield Step("figure", figure.metric, text, weight)


def _weight(policy: Policy, id: str) -> float:
    rule = policy.rules[id]
    return 0.0 if rule.mode == "off" else REQUIRED if rule.mode == "mandatory" else rule.weight


def _of_rules(ids: list[str]) -> Sentence:
    if len(ids) == 1:
        return say("Fill in what the rule “{rule}” asks for: now it counts as unknown.", rule=RULES[ids[0]].title)
    titles = tuple(RULES[id].title for id in ids)
    return say("Fill in what these rules ask for; now they count as unknown: {rules}.", rules=titles)
