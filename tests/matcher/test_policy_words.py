"""What a policy says in words, how it is changed, and what each rule costs in pairs."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import AS_OF, random_network
from random_policies import limits, policies, selections

from graph.errors import BadInput, UnknownName
from matcher.features import build_features
from matcher.goal_values import GOAL_TITLES
from matcher.limit_words import limit_sentence, selection_words
from matcher.participants import choose_participants
from matcher.policy import GOALS, LimitSettings, Policy, Selection, load_policy, parse_policy, read_policy
from matcher.policy_changes import differences
from matcher.policy_edits import (
    free_id,
    real_goals,
    trade_of,
    value_at,
    with_bounds,
    with_goal,
    with_limit,
    with_trade,
    without_limit,
)
from matcher.policy_levels import WEIGHTS, level_of, levels_for, with_level
from matcher.policy_settings import SETTINGS_SHOWN
from matcher.policy_words import GOAL_MEANINGS, GROUPS, RULE_MEANINGS, TRADES
from matcher.rule_counts import rule_counts
from matcher.rules.registry import RULES

NETWORK = random_network(3)


@pytest.mark.parametrize("seed", range(3))
@settings(max_examples=4, deadline=None)
@given(policy=policies())
def test_a_rule_would_disqualify_what_asking_each_pair_finds(seed: int, policy: Policy) -> None:
    network = random_network(seed)
    participants = choose_participants(network, policy, AS_OF)
    found = rule_counts(network, participants, policy)
    features = build_features(network, participants, policy)
    refused: dict[str, set[tuple[int, int]]] = {}
    rows = [(features.index[m], features.index[n]) for m in participants.mentor_ids for n in participants.mentee_ids]
    for id, part in policy.rules.items():
        values = {pair: RULES[id].explain(features, *pair, part).value for pair in rows}
        refused[id] = {pair for pair, value in values.items() if value is not None and value < part.threshold}
    mandatory = [id for id, part in policy.rules.items() if part.mode == "mandatory"]
    for id in policy.rules:
        allowed = set(rows).difference(*(refused[other] for other in mandatory if other != id))
        assert found.would_remove[id] == len(allowed & refused[id]), (seed, id)
    assert found.eligible == len(set(rows).difference(*(refused[id] for id in mandatory)))
    assert found.candidates == len(rows)


def test_every_rule_and_goal_has_its_words_once() -> None:
    assert sorted(id for _title, ids in GROUPS.values() for id in ids) == sorted(RULES)
    assert set(RULE_MEANINGS) == set(RULES)
    assert set(GOAL_MEANINGS) == set(GOALS) == set(GOAL_TITLES)
    for setting in SETTINGS_SHOWN:
        assert value_at(load_policy("best_fit"), setting.path) is not None


@settings(max_examples=25, deadline=None)
@given(policy=policies(), data=st.data())
def test_a_level_is_read_back_and_changes_nothing_else(policy: Policy, data: st.DataObject) -> None:
    rule = data.draw(st.sampled_from(sorted(RULES)))
    level = data.draw(st.sampled_from(levels_for(policy.rules[rule])))
    after = with_level(policy, rule, level)
    assert level_of(after.rules[rule]) == level
    assert {**after.rules, rule: None} == {**policy.rules, rule: None}
    kept = {"mode", "weight"}
    assert after.rules[rule].model_dump(exclude=kept) == policy.rules[rule].model_dump(exclude=kept)
    if level in WEIGHTS:
        assert after.rules[rule].weight == WEIGHTS[level]
    back = with_level(after, rule, level_of(policy.rules[rule])) if level_of(policy.rules[rule]) != "own" else None
    assert back is None or level_of(back.rules[rule]) == level_of(policy.rules[rule])


def test_a_level_a_rule_cannot_have_is_refused() -> None:
    policy = load_policy("best_fit")
    with pytest.raises(BadInput, match="cannot be set"):
        with_level(policy, "need_cover", "off")
    with pytest.raises(BadInput, match="cannot be set"):
        with_level(policy, "not_itself", "low")
    with pytest.raises(UnknownName, match="language"):
        with_level(policy, "langauge", "low")
    with pytest.raises(UnknownName, match="medium"):
        with_level(policy, "language", "mediun")


@settings(max_examples=30, deadline=None)
@given(one=policies(), other=policies())
def test_policies_differ_in_words_exactly_where_they_differ(one: Policy, other: Policy) -> None:
    assert differences(NETWORK, one, one) == ()
    assert bool(differences(NETWORK, one, other)) == (one.to_json() != other.to_json())
    again = read_policy(one.to_toml(), one.source)
    assert again == one
    assert differences(NETWORK, one, again) == ()


def test_differences_are_said_in_words() -> None:
    policy = load_policy("best_fit")
    changed = with_level(with_trade(policy, "mentees"), "language", "mandatory")
    changed = with_limit(changed, LimitSettings(id="f", title="F", at_least=6.0, mentee=Selection(fragile=True)))
    said = [str(each) for each in differences(NETWORK, policy, changed)]
    assert said == [
        "The goals in their order become: Most mentees with a partner, Best total fit (before: Best total fit).",
        "The rule “Language” becomes: mandatory (weight 1) (before: medium).",
        "A limit is added: At least 6 partnerships for mentees in fragile states.",
    ]


def test_the_goals_move() -> None:
    policy = parse_policy({"name": "x", "goals": ["most_mentees", "best_fit"]}, "x")
    assert trade_of(policy) == "mentees"
    up = with_goal(policy, "best_fit", "up")
    assert real_goals(up) == ("best_fit", "most_mentees")
    assert trade_of(up) is None
    assert with_goal(up, "best_fit", "up") == up
    assert real_goals(with_goal(up, "best_fit", "down")) == real_goals(policy)
    assert real_goals(with_goal(policy, "first_timers", "add"))[-1] == "first_timers"
    only = with_goal(policy, "most_mentees", "remove")
    with pytest.raises(BadInput, match="at least one goal"):
        with_goal(only, "best_fit", "remove")
    with pytest.raises(UnknownName, match="best_fit"):
        with_goal(policy, "best_fitt", "add")
    for trade in TRADES:
        assert trade_of(with_trade(policy, trade)) == trade
    kept = with_trade(with_goal(policy, "fewest_changes", "add"), "fit")
    assert real_goals(kept) == ("best_fit", "fewest_changes")
    assert trade_of(kept) == "fit"


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        ({"at_least": 6, "mentee": {"fragile": True}}, "At least 6 partnerships for mentees in fragile states."),
        (
            {"at_most": 3, "mentor": {"regions": ["South America"]}},
            "At most 3 partnerships with mentors in South America.",
        ),
        ({"at_most": 4, "for_each": "facilitator"}, "At most 4 partnerships for each facilitator."),
        (
            {"counts": "share", "at_most": 0.4, "cross_region": True},
            "Of all partnerships, at most 40 percent are between two regions.",
        ),
        (
            {"counts": "money", "at_most": 5e5, "base_cost": 6e4, "mentee": {"countries": ["BFA"]}},
            "Money for partnerships: at most 500,000, for mentees in Burkina Faso, where each costs 60,000 and 0 more"
            " for each 1,000 km (counting 5,000 km where that is unknown).",
        ),
        (
            {"counts": "balance", "at_least": -5, "at_most": 5, "group": {"regions": ["Eastern Africa"]}},
            "Partnerships given minus partnerships received by utilities in Eastern Africa, between -5 and 5.",
        ),
    ],
)
def test_a_limit_is_a_sentence(limit: dict[str, object], said: str) -> None:
    policy = parse_policy({"name": "x", "limits": [{"id": "a", "title": "A", **limit}]}, "x")
    assert str(limit_sentence(NETWORK, policy.limits[0])) == said


@settings(max_examples=30, deadline=None)
@given(limit=limits(), selection=selections)
def test_every_form_of_a_limit_has_its_words(limit: LimitSettings, selection: Selection) -> None:
    assert str(limit_sentence(NETWORK, limit)).endswith(".")
    assert bool(selection_words(NETWORK, selection)) == (selection != Selection())


def test_limits_are_added_changed_and_taken_away() -> None:
    policy = load_policy("best_fit")
    limit = LimitSettings(id=free_id(policy, "At least 6!"), title="x", at_least=6.0)
    policy = with_limit(policy, limit)
    assert free_id(policy, "At least 6!") == "at_least_6_2"
    assert free_id(policy, "6") == "limit_6"
    changed = with_bounds(policy, {"at_least_6": (None, 3.0)})
    assert (changed.limits[0].at_least, changed.limits[0].at_most) == (None, 3.0)
    assert without_limit(changed, "at_least_6") == load_policy("best_fit")
    with pytest.raises(UnknownName, match="at_least_6"):
        without_limit(changed, "at_least_7")
