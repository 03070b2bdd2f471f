"""How much a rule counts, in words: off, low, medium, high or mandatory; and the weights behind the words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias, cast

from graph.errors import BadInput, UnknownName
from graph.sentences import Sentence, say
from matcher.policy import Policy, parse_policy
from matcher.rules.settings import FixedGate, NeedCover, RuleSettings

Level: TypeAlias = Literal["off", "low", "medium", "high", "own", "mandatory"]

WEIGHTS: Mapping[Level, float] = {"low": 0.5, "medium": 1.0, "high": 2.0}
"""What the three words weigh in the fit. Any other weight is the policy's own, and is kept."""

LEVEL_NAMES: Mapping[Level, Sentence] = {
    "off": say("off"),
    "low": say("low"),
    "medium": say("medium"),
    "high": say("high"),
    "own": say("own weight"),
    "mandatory": say("mandatory"),
}


def level_of(settings: RuleSettings) -> Level:
    """The word for a rule's settings; ``own`` where it is graded with a weight that has no word."""
    if settings.mode != "graded":
        return settings.mode
    return next((level for level, weight in WEIGHTS.items() if weight == settings.weight), "own")


def level_name(settings: RuleSettings) -> Sentence:
    """The level of a rule as a sentence, an own weight with its number."""
    level = level_of(settings)
    return say("own weight {weight}", weight=settings.weight) if level == "own" else LEVEL_NAMES[level]


def levels_for(settings: RuleSettings) -> tuple[Level, ...]:
    """The levels a rule can be set to; ``own`` only where it has one."""
    if isinstance(settings, FixedGate):
        return ("mandatory",)
    graded: tuple[Level, ...] = ("low", "medium", "high")
    if level_of(settings) == "own":
        graded = (*graded, "own")
    return (*graded, "mandatory") if isinstance(settings, NeedCover) else ("off", *graded, "mandatory")


def with_level(policy: Policy, rule: str, level: str) -> Policy:
    """The policy with one rule at a level; everything else of the rule stays as it is.

    Raises ``UnknownName`` for a rule or level there is none of, ``BadInput`` where the rule cannot have the level.
    """
    if rule not in policy.rules:
        raise UnknownName(say("rule"), rule, policy.rules)
    if level not in LEVEL_NAMES:
        raise UnknownName(say("level"), level, LEVEL_NAMES)
    settings = policy.rules[rule]
    if level == level_of(settings):
        return policy
    if level not in levels_for(settings):
        raise BadInput(
            say("The rule “{rule}” cannot be set to “{level}”.", rule=rule, level=LEVEL_NAMES[cast(Level, level)]),
            say("It can be: {levels}.", levels=tuple(LEVEL_NAMES[each] for each in levels_for(settings))),
        )
    mode = level if level in ("off", "mandatory") else "graded"
    weight = WEIGHTS.get(level, settings.weight)
    form = policy.to_json()
    form["rules"][rule] |= {"mode": mode, "weight": weight}
    return parse_policy(form, policy.source)
