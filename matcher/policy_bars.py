"""Which pairs a rule disqualifies where it is mandatory, in the units people think in: from threshold and settings."""

from __future__ import annotations

import math

from graph.sentences import Sentence, say
from matcher.features import INCOME_GROUPS
from matcher.policy import Policy
from matcher.rules.settings import Distance, PerformanceGap, SizeRatio, TimeZone
from matcher.words import INCOME_NAMES

NOBODY = say("none at all")
_STEPS = len(INCOME_GROUPS) - 1


def bar_words(policy: Policy, rule: str) -> Sentence | None:
    """The pairs that the rule as mandatory would disqualify; ``None`` where its one plain sentence says it already.

    The figures are those at which the rule's value is its threshold (the formulas of ``matcher.rules``), rounded for
    reading; a pair on the other side of them is disqualified unless the value is unknown.
    """
    settings = policy.rules[rule]
    threshold = settings.threshold
    if threshold == 0:
        return NOBODY
    match rule:
        case "distance":
            return say("more than {km} km apart", km=round(distance_at(policy.rule(rule, Distance), threshold)))
        case "time_zone":
            hours = policy.rule(rule, TimeZone).most_hours * (1 - threshold)
            return say("with clocks more than {hours} hours apart", hours=round(hours, 1))
        case "size_ratio":
            low, high = ratios_at(policy.rule(rule, SizeRatio), threshold)
            return say(
                "with a mentor less than {low} or more than {high} times as large",
                low=_short(low),
                high=_short(high),
            )
        case "performance_gap":
            low, high = gaps_at(policy.rule(rule, PerformanceGap), threshold)
            return say(
                "with a mentor ahead by less than {low} or more than {high} points of 100, on one figure",
                low=round(100 * low),
                high=round(100 * high),
            )
        case "region":
            return say("on different continents") if threshold <= 0.5 else say("in different regions")
        case "income_group":
            return _apart(threshold)
        case "mentor_income":
            low_groups = [group for at, group in enumerate(INCOME_GROUPS) if at / _STEPS < threshold]
            groups = tuple(INCOME_NAMES[group] for group in low_groups)
            return say("with a mentor in a country of {groups}", groups=groups)
        case "leadership_letter":
            if threshold > 0.5:
                return say("where one has stated that it has no letter")
            return say("where those that answered have no letter")
        case "preference":
            if threshold > 0.5:
                return say("where one names others and not this one")
            return say("where those who named partners named others")
        case (
            "need_cover" | "capability_closeness" | "existing_link" | "track_record" | "country_ties" | "country_topics"
        ):
            return say("with a value below {threshold} of 100", threshold=_short(100 * threshold))
    return None


def distance_at(settings: Distance, threshold: float) -> float:
    """The distance in km at which the rule's value is the threshold."""
    near, far = settings.near_km, settings.far_km
    if settings.scale == "logarithm":
        return math.exp(math.log(far) - threshold * (math.log(far) - math.log(near)))
    return far - threshold * (far - near)


def ratios_at(settings: SizeRatio, threshold: float) -> tuple[float, float]:
    """The two ratios of sizes at which the rule's value is the threshold (in 0..1, above 0)."""
    factor = settings.spread ** math.sqrt(-2 * math.log(threshold))
    return settings.target_ratio / factor, settings.target_ratio * factor


def gaps_at(settings: PerformanceGap, threshold: float) -> tuple[float, float]:
    """The two gaps of one figure, as shares of its range, at which the rule's value is the threshold."""
    width = settings.spread * math.sqrt(-2 * math.log(threshold))
    return settings.target - width, settings.target + width


def _apart(threshold: float) -> Sentence:
    """Income groups so many steps apart have a value of 1 - steps / 3."""
    steps = next(step for step in range(1, _STEPS + 1) if 1 - step / _STEPS < threshold)
    if steps == 1:
        return say("in different income groups")
    if steps == _STEPS:
        return say("from the lowest and the highest income group")
    return say("two or more steps apart in income group")


def _short(value: float) -> float | int:
    """A number to three digits that matter, whole where it has no fraction left."""
    found = float(f"{value:.3g}")
    return int(found) if found.is_integer() else found
