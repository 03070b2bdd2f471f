"""Each rule holds what it says; blocks and single pairs agree; unknown is neutral."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import AS_OF, network_of, random_network

from graph.model import Need, Observation, Offer, Partnership, Utility
from graph.sentences import Sentence
from matcher.covers import NEUTRAL
from matcher.features import Features, build_features
from matcher.participants import choose_participants
from matcher.policy import Policy, parse_policy
from matcher.rules.registry import RULES
from matcher.rules.settings import SETTINGS
from matcher.scoring import removed_by, score


def policy_of(**rules: dict[str, Any]) -> Policy:
    return parse_policy({"name": "test", "rules": rules}, "test.toml")


def all_pairs(features: Features) -> tuple[Any, Any]:
    count = len(features.network.utilities)
    return np.repeat(np.arange(count), count), np.tile(np.arange(count), count)


def features_of(network: Any, policy: Policy | None = None) -> Features:
    policy = policy or policy_of()
    return build_features(network, choose_participants(network, policy, AS_OF), policy)


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_a_block_says_of_each_pair_what_the_pair_alone_says(seed: int) -> None:
    policy = policy_of(topic_offered={"related_from": 0.5})
    features = features_of(random_network(seed), policy)
    mentors, mentees = all_pairs(features)
    scores = score(features, policy, mentors, mentees)
    removed = removed_by(features, policy, mentors, mentees)
    blocks = {id: rule.evaluate(features, mentors, mentees, policy.rules[id]).value for id, rule in RULES.items()}
    for at in range(0, len(mentors), 7):
        one, other = mentors[at : at + 1], mentees[at : at + 1]
        for id, rule in RULES.items():
            facts = rule.explain(features, int(one[0]), int(other[0]), policy.rules[id])
            block = float(blocks[id][at])
            assert facts.value == (None if np.isnan(block) else block), (id, seed)
            assert facts.value is None or 0 <= facts.value <= 1
            sentence = rule.sentence(facts, policy.rules[id])
            assert isinstance(sentence, Sentence)
            assert str(sentence).endswith((".", ")"))
        assert score(features, policy, one, other).points[0] == scores.points[at]
        assert (removed_by(features, policy, one, other)[:, 0] == removed[:, at]).all()


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.sampled_from(sorted(SETTINGS)), st.floats(0.05, 1))
def test_mandatory_admits_nothing_that_graded_scores_below_the_threshold(
    seed: int, rule: str, threshold: float
) -> None:
    policy = policy_of(**{rule: {"mode": "mandatory", "threshold": threshold}})
    features = features_of(random_network(seed), policy)
    mentors, mentees = all_pairs(features)
    values = RULES[rule].evaluate(features, mentors, mentees, policy.rules[rule]).value
    admitted = ~removed_by(features, policy, mentors, mentees).any(axis=0)
    assert not (values[admitted] < np.float32(threshold)).any()
    alone = removed_by(features, policy, mentors, mentees)[
        [id for id in SETTINGS if policy.rules[id].mode == "mandatory"].index(rule)
    ]
    assert not alone[np.isnan(values)].any(), "unknown passes"


@settings(max_examples=20)
@given(st.integers(0, 10_000), st.sampled_from([id for id in SETTINGS if id != "need_cover"]))
def test_unknown_never_counts_less_than_neutral(seed: int, rule: str) -> None:
    """Switching a rule on whose value is unknown moves the fit towards neutral, never below both."""
    network = random_network(seed)
    quiet = {id: {"weight": 0} for id in SETTINGS if id not in ("need_cover", rule)}
    on = {"mode": "graded"} if SETTINGS[rule]().mode == "off" else {}
    with_rule = policy_of(**quiet, **{rule: {"weight": 4, **on}})
    features = features_of(network, with_rule)
    mentors, mentees = all_pairs(features)
    values = RULES[rule].evaluate(features, mentors, mentees, with_rule.rules[rule]).value
    context = score(features, with_rule, mentors, mentees).context
    # Cover weighs 4 too, so the rule is half of the fit.
    assert (context[np.isnan(values)] == round(10_000 * NEUTRAL / 2)).all()


A = Utility("A", "Alpha", "KEN")
B = Utility("B", "Beta", "UGA")
OFFER, NEED = (Offer("A", "non_revenue_water", level=4, year=2014),), (Need("B", "non_revenue_water"),)


def value(rule: str, a: Utility = A, b: Utility = B, **more: Any) -> tuple[float | None, str]:
    """Value and sentence of a rule for A as mentor of B; ``more`` are records and the rule's settings."""
    records: dict[str, Any] = {"offers": OFFER, "needs": NEED}
    records |= {name: more.pop(name) for name in ("offers", "needs", "partnerships", "observations") if name in more}
    policy = policy_of(**{"topic_offered" if "related_from" in more else rule: more})
    features = features_of(network_of((a, b), **records), policy)
    facts = RULES[rule].explain(features, features.index["A"], features.index["B"], policy.rules[rule])
    return facts.value, str(RULES[rule].sentence(facts, policy.rules[rule]))


def with_text(utility: Utility, field: str, text: str) -> Utility:
    changes: dict[str, Any] = {field: text}
    return replace(utility, **changes)


def figures(**by_metric: tuple[float, float]) -> tuple[Observation, ...]:
    return tuple(
        Observation(utility, metric, number, 2020)
        for metric, numbers in by_metric.items()
        for utility, number in zip("AB", numbers, strict=True)
    )


def between(start: int | None, end: int | None = None, **more: Any) -> tuple[Partnership, ...]:
    return (Partnership("P1", "w1", "B", "A", ("tariff_setting",), start, end, **more),)


def test_topic_offered() -> None:
    assert value("topic_offered") == (1, "Alpha offers what Beta needs: Non revenue water.")
    near = (Offer("A", "leak_detection"),)
    assert value("topic_offered", offers=near) == (0, "Alpha offers nothing that Beta needs (Non revenue water).")
    assert value("topic_offered", offers=near, related_from=0.8)[0] == 1
    assert value("topic_offered", offers=near, related_from=0.81)[0] == 0


def test_a_stated_no_disqualifies_and_unknown_does_not() -> None:
    yes, no = replace(A, not_for_profit=True), replace(A, not_for_profit=False)
    assert value("not_for_profit")[0] is None
    assert value("not_for_profit", yes)[0] is None
    assert value("not_for_profit", yes, replace(B, not_for_profit=True))[0] == 1
    assert value("not_for_profit", no) == (0, "Stated not to work not for profit: Alpha.")


def test_charter() -> None:
    early, late = replace(A, charter_signed_on="2024-06-30"), replace(A, charter_signed_on="2024-07-01")
    assert value("charter_signed")[0] is None
    assert value("charter_signed", early, replace(B, charter_signed_on="2020-01-01"))[0] == 1
    assert value("charter_signed", late)[0] == 0


def test_capacity_countries_and_refusals() -> None:
    assert value("free_capacity", replace(A, mentor_places=0)) == (0, "Alpha has no free mentor place.")
    assert value("free_capacity")[0] == 1
    assert value("funder_countries", mentee_countries=["KEN"]) == (0, "Not eligible for the funder: Uganda.")
    assert value("funder_countries", mentee_countries=["UGA"], mentor_countries=["KEN"])[0] == 1
    assert value("not_refused", A, replace(B, refused_partners=("A",)))[0] == 0
    assert value("not_refused", replace(A, refused_partners=("B",)))[0] == 0
    assert value("not_refused")[0] == 1


@pytest.mark.parametrize(
    ("start", "end", "status", "ongoing"),
    [
        (2021, None, None, True),
        (2020, None, None, False),
        (2010, 2024, None, True),
        (2010, 2023, None, False),
        (None, None, None, False),
        (2024, 2025, "planned", False),
        (2025, 2026, None, False),
    ],
)
def test_partners_now(start: int | None, end: int | None, status: str | None, ongoing: bool) -> None:
    got, text = value("not_partners_now", partnerships=between(start, end, status=status))
    assert got == (0 if ongoing else 1), text


def test_need_cover_by_level_and_age() -> None:
    # level 4 of 5 for six tenths, ten years old for the rest: 0.6 * 0.8 + 0.4 * 0.5
    assert value("need_cover")[0] == pytest.approx(0.68)
    assert "level 4 of 5 (stated, evidence of 2014)" in value("need_cover")[1]
    unknown = (Offer("A", "non_revenue_water"),)
    assert value("need_cover", offers=unknown)[0] == pytest.approx(NEUTRAL)
    two = (Need("B", "non_revenue_water", priority=1), Need("B", "tariff_setting", priority=3))
    assert value("need_cover", needs=two)[0] == pytest.approx(0.68 * 3 / 4)
    assert "1 of 2 needs" in value("need_cover", needs=two)[1]


def test_inferred_cover_says_so() -> None:
    inferred = (Offer("A", "tariff_setting", year=2019, provenance="inferred"),)
    given_by = tuple(
        Partnership(f"P{at}", f"w{at}", "A", "B", ("tariff_setting",), 2017, 2018 + at, confidence="high")
        for at in range(2)
    )
    text = value("need_cover", offers=inferred, needs=(Need("B", "tariff_setting"),), partnerships=given_by)[1]
    assert "Alpha worked on Tariff setting in 2 partnerships, last in 2019 (inferred from the register)." in text


def test_related_capabilities_count_by_closeness() -> None:
    near = (Offer("A", "leak_detection", level=5, year=2024),)
    assert value("capability_closeness", offers=near)[0] == pytest.approx(0.8)
    got, text = value("need_cover", offers=near, related_from=0.8)
    assert got == pytest.approx(0.8)
    assert "related to Non revenue water" in text


def test_performance_gap_has_both_tails() -> None:
    def gap(mentor: float, mentee: float) -> float:
        got = value("performance_gap", observations=figures(nrw_percent=(mentor, mentee)))[0]
        assert got is not None
        return got

    assert value("performance_gap")[0] is None
    assert gap(20, 40) == pytest.approx(1)
    assert gap(20, 40) > gap(20, 50) > gap(5, 70)
    assert gap(20, 40) > gap(30, 35) > gap(50, 30)
    assert "behind" in value("performance_gap", observations=figures(nrw_percent=(50, 30)))[1]
    assert value("performance_gap", observations=figures(collection_percent=(90, 70)))[0] is None, "not what is needed"


def test_size_ratio_has_both_tails() -> None:
    def size(mentor: float, mentee: float) -> float | None:
        return value("size_ratio", observations=figures(population_served=(mentor, mentee)))[0]

    assert size(200, 100) == pytest.approx(1)
    big, small = size(2000, 100), size(20, 100)
    assert big == pytest.approx(small)
    assert big is not None
    assert big < 0.5
    assert value("size_ratio", observations=figures(connections=(200, 100)))[0] == pytest.approx(1)
    assert value("size_ratio", observations=figures(population_served=(0, 100)))[0] is None
    assert value("size_ratio")[0] is None


def test_context() -> None:
    assert value("income_group")[0] == pytest.approx(2 / 3)
    assert value("income_group", replace(A, country="XXX"))[0] is None
    for field in ("water_source", "network_type", "climate", "ownership"):
        one, same, other = with_text(A, field, "x"), with_text(B, field, "x"), with_text(B, field, "y")
        assert value(field)[0] is None
        assert value(field, one)[0] is None
        assert value(field, one, same)[0] == 1
        assert value(field, one, other)[0] == 0


def test_place_and_time() -> None:
    assert value("region") == (1, "Both are in Eastern Africa.")
    assert value("region", replace(A, country="BFA"))[0] == 0.5
    assert value("region", replace(A, country="BRA"))[0] == 0
    got, text = value("distance", near_km=100, far_km=1000)
    assert got == pytest.approx(0.55, abs=0.02)  # Nairobi and Kampala lie 500 km apart
    assert text == "About 500 km apart, as their countries are."
    near = replace(A, latitude=0.3, longitude=32.6), replace(B, latitude=0.3, longitude=32.7)
    assert value("distance", *near) == (1, "About 10 km apart.")
    assert value("distance", replace(A, country="XXX"))[0] is None
    assert value("time_zone") == (1, "Their clocks agree.")
    assert value("time_zone", replace(A, country="BRA"))[0] == pytest.approx(0.25)


def test_language() -> None:
    assert value("language") == (1, "They share a language: English, Swahili.")
    assert value("language", replace(A, languages=("fr",)))[0] == 0
    assert value("language", replace(A, country="XXX"))[0] is None


def test_ties() -> None:
    assert value("existing_link")[0] is None, "only links that happened are recorded"
    assert value("existing_link", partnerships=between(2010, 2012))[0] == 1
    assert value("existing_link", replace(A, twinned_with=("B",))) == (1, "The two are twinned.")
    assert value("preference")[0] is None
    assert value("preference", replace(A, preferred_partners=("B",)))[0] == 1
    assert value("preference", replace(A, preferred_partners=("A",)))[0] == 0
    assert value("preference", replace(A, preferred_partners=("B",)), replace(B, preferred_partners=("B",)))[0] == 0.5
    assert value("investment_coming", A, replace(B, investment_coming=True))[0] == 1
    assert value("investment_coming")[0] is None
    assert value("leadership_letter", A, replace(B, leadership_letter=False))[0] == 0
    assert value("leadership_letter", replace(A, leadership_letter=True), replace(B, leadership_letter=False))[0] == 0.5


def test_reciprocity() -> None:
    assert value("reciprocity")[0] is None
    back = (*OFFER, Offer("B", "tariff_setting"))
    assert value("reciprocity", offers=back, needs=(*NEED, Need("A", "tariff_setting"))) == (
        1,
        "Beta could help Alpha in return: Tariff setting.",
    )
    assert value("reciprocity", offers=back, needs=(*NEED, Need("A", "service_extension")))[0] == 0


def test_the_rules_that_read_the_register() -> None:
    """Counts and values by hand: two partnerships known, one of them later than the date of the round."""
    known = (
        Partnership("P1", "P1", "A", "B", start_year=2018, end_year=2020),
        Partnership("P2", "P2", "A", "B", start_year=2022),
        Partnership("P3", "P3", "A", "B", start_year=AS_OF.year + 4),
    )
    found, text = value("track_record", partnerships=known, mode="graded", half_life_years=5, half_at=3)
    recent = sum(0.5 ** (age / 5) for age in (AS_OF.year - 2020, AS_OF.year - 2022))
    assert found == pytest.approx(0.5 + 0.5 * recent / (recent + 3))
    assert "mentored 2 times before, last known in 2022" in text
    assert "mentored one utility before, last known in 2020" in value("track_record", partnerships=known[:1])[1]
    found, text = value("country_ties", partnerships=known, mode="graded", half_at=2)
    assert found == pytest.approx(0.5 + 0.5 * 2 / 4)
    assert "worked 2 times before in" in text
    assert value("track_record", mode="graded")[0] is None
    assert value("country_ties", mode="graded")[0] is None
    assert value("mentor_income", mode="graded")[0] == pytest.approx(1 / 3)


def test_what_mentors_of_the_country_have_worked_on() -> None:
    """Shares of the needs by hand; later partnerships, planned ones and private topics do not count."""
    needs = (Need("B", "billing_collection", priority=1), Need("B", "non_revenue_water", priority=3))
    known = (
        Partnership("P1", "P1", "A", "B", ("non_revenue_water", "tariff_setting"), start_year=2010),
        Partnership("P2", "P2", "A", "B", ("non_revenue_water", "billing_collection"), start_year=2011),
        Partnership("P3", "P3", "A", "B", ("billing_collection",), start_year=AS_OF.year + 1),
        Partnership("P4", "P4", "A", "B", ("billing_collection",), start_year=2012, status="planned"),
        Partnership("P5", "P5", "B", "A", ("billing_collection",), start_year=2012),
        Partnership(
            "P6", "P6", "A", "B", ("billing_collection",), start_year=2012, private_topics=("billing_collection",)
        ),
    )
    found, text = value("country_topics", needs=needs, partnerships=known, mode="graded", half_at=2)
    assert found == pytest.approx(0.5 + 0.5 * 1.25 / 3.25)  # a quarter of the needs, then all of them
    assert text == "Mentors of Kenya have worked 2 times before on something that Beta needs."
    found, text = value("country_topics", needs=needs, partnerships=known[:1], mode="graded")
    assert found == pytest.approx(0.5 + 0.5 * 0.25 / 4.25)
    assert text == "Mentors of Kenya have worked once before on something that Beta needs."
    assert value("country_topics", needs=needs, partnerships=known[2:], mode="graded") == (
        None,
        "No earlier partnership of a mentor of Kenya on what Beta needs is recorded.",
    )
    assert value("country_topics", needs=(), partnerships=known, mode="graded") == (
        None,
        "No need of Beta is known.",
    )
