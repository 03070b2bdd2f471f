"""What a mandatory rule would disqualify, in the units of people, against the rules themselves."""

from __future__ import annotations

import numpy as np
import pytest
from networks import AS_OF, random_network

from matcher.features import INCOME_GROUPS, build_features
from matcher.participants import choose_participants
from matcher.policy import Policy, parse_policy
from matcher.policy_bars import bar_words, distance_at, gaps_at, ratios_at
from matcher.policy_settings import OF_RULES, WITH_STEPS
from matcher.rules.registry import RULES
from matcher.rules.settings import SETTINGS, Distance, PerformanceGap, SizeRatio
from matcher.scoring import below
from matcher.toml_lines import line_of

THRESHOLDS = (0.05, 0.3, 1 / 3, 0.5, 0.6, 0.75, 0.99, 1.0)


def mandatory(rule: str, threshold: float, **more: object) -> Policy:
    return parse_policy({"name": "x", "rules": {rule: {"mode": "mandatory", "threshold": threshold, **more}}}, "x")


@pytest.mark.parametrize("threshold", THRESHOLDS)
@pytest.mark.parametrize(
    ("rule", "fact", "more"),
    [
        ("distance", "km", {}),
        ("distance", "km", {"scale": "logarithm", "near_km": 20.0, "far_km": 3000.0}),
        ("size_ratio", "ratio", {}),
        ("time_zone", "hours", {"most_hours": 4.0}),
    ],
)
def test_the_figure_said_is_the_one_that_disqualifies(
    rule: str, fact: str, more: dict[str, object], threshold: float
) -> None:
    policy = mandatory(rule, threshold, **more)
    network = random_network(5)
    participants = choose_participants(network, policy, AS_OF)
    features = build_features(network, participants, policy)
    settings = policy.rules[rule]
    checked = 0
    for mentor in participants.mentor_ids:
        for mentee in participants.mentee_ids:
            rows = (np.array([features.index[id]], dtype=np.int64) for id in (mentor, mentee))
            found = RULES[rule].evaluate(features, next(rows), next(rows), settings)
            value, figure = found.value, float(found.facts[fact][0])
            if value[0] != value[0]:
                continue
            low, high = 0.0, 0.0
            if isinstance(settings, Distance):
                high = distance_at(settings, threshold)
            elif isinstance(settings, SizeRatio):
                low, high = ratios_at(settings, threshold)
            else:
                high = 4.0 * (1 - threshold)
            if min(abs(figure - low), abs(figure - high)) < 1e-3 * max(high, 1):
                continue  # at the very edge 32-bit numbers decide
            assert bool(below(value, threshold)[0]) == (not low <= figure <= high), (figure, low, high)
            checked += 1
    assert checked
    assert bar_words(policy, rule) is not None


def test_every_rule_with_steps_has_its_words() -> None:
    for rule in SETTINGS:
        for threshold in THRESHOLDS:
            words = bar_words(mandatory(rule, threshold), rule)
            assert (words is not None) == (rule in WITH_STEPS), rule
        assert str(bar_words(mandatory(rule, 0), rule)) == "none at all"
    own = {each.path[1:] for each in OF_RULES}
    for rule, kind in SETTINGS.items():
        fields = set(kind.model_fields) - {"mode", "weight", "threshold", "mentee_countries", "mentor_countries"}
        assert {(rule, name) for name in fields} <= own, f"{rule} has a setting that the editor does not show"


def test_steps_of_income_and_gaps_are_those_of_the_rules() -> None:
    for threshold in THRESHOLDS:
        apart = [steps for steps in range(4) if 1 - steps / 3 < threshold]
        words = str(bar_words(mandatory("income_group", threshold), "income_group"))
        assert (
            words
            == {
                1: "in different income groups",
                2: "two or more steps apart in income group",
                3: "from the lowest and the highest income group",
            }[apart[0]]
        )
        low = [group for at, group in enumerate(INCOME_GROUPS) if at / 3 < threshold]
        assert str(bar_words(mandatory("mentor_income", threshold), "mentor_income")).count("income") == len(low)
        gap = PerformanceGap(target=0.2, spread=0.1)
        assert sum(gaps_at(gap, threshold)) == pytest.approx(0.4)
    assert str(bar_words(mandatory("performance_gap", 0.5), "performance_gap")) == (
        "with a mentor ahead by less than -4 or more than 44 points of 100, on one figure"
    )


def test_a_key_is_found_on_its_line() -> None:
    text = """name = "x"
description = \"\"\"
weight = 3
\"\"\"

[rules.distance]
near_km = 4   # a comment
"far_km" = 5

[[limits]]
id = "a"
[[limits]]
id = "b"
mentee = { regions = ["R"] }
at_least = 1

[participants]
places.A = 3
"""
    assert line_of(text, "name") == 1
    assert line_of(text, "weight") is None
    assert line_of(text, "rules.distance.near_km") == 7
    assert line_of(text, "rules.distance.far_km") == 8
    assert line_of(text, "rules.distance") == 6
    assert line_of(text, "limits.0.id") == 11
    assert line_of(text, "limits.1.at_least") == 15
    assert line_of(text, "limits.1.mentee.regions.0") == 14
    assert line_of(text, "limits.0.at_least") == 10
    assert line_of(text, "participants.places.A") == 18
    assert line_of(text, "goals") is None
