"""How an earlier partnership went, and what it reached, in the fit: by both answers, known before the date only."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from networks import AS_OF, network_of

from graph.model import Need, Offer, Partnership, Result, Utility
from graph.network import Network
from matcher.features import Features, build_features
from matcher.pairs import PairExplainer
from matcher.participants import choose_participants
from matcher.policy import Policy, parse_policy
from matcher.proven import proofs, way_gone, with_proofs
from matcher.register.state import Answer, Told
from matcher.rules.registry import RULES
from matcher.scoring import score

A, B, C = Utility("A", "Alpha", "KEN"), Utility("B", "Beta", "UGA"), Utility("C", "Gamma", "UGA")
PAST = Partnership("P1", "w1", "A", "B", ("non_revenue_water",), 2008, 2010, status="completed")
AFTER = "2011-05-01"


def policy_of() -> Policy:
    return parse_policy({"name": "test"}, "test.toml")


def features_of(network: Network, policy: Policy) -> Features:
    return build_features(network, choose_participants(network, policy, AS_OF), policy)


def world(*partnerships: Partnership) -> Network:
    return network_of(
        (A, B, C),
        offers=(Offer("A", "non_revenue_water", level=4, year=2005),),
        needs=(Need("B", "non_revenue_water"), Need("C", "non_revenue_water")),
        partnerships=partnerships,
    )


def link(*partnerships: Partnership, mentor: str = "A", mentee: str = "B") -> tuple[float | None, str]:
    policy = policy_of()
    features = features_of(world(*partnerships), policy)
    settings = policy.rules["existing_link"]
    facts = RULES["existing_link"].explain(features, features.index[mentor], features.index[mentee], settings)
    return facts.value, str(RULES["existing_link"].sentence(facts, settings))


@pytest.mark.parametrize(
    ("went", "words"), [(1.0, "went well"), (2 / 3, "went well"), (0.5, "went partly well"), (1 / 3, "ended badly")]
)
def test_how_it_went_changes_the_fit_with_a_reason(went: float, words: str) -> None:
    value, said = link(replace(PAST, went=went, went_on=AFTER))
    assert value == pytest.approx(went)
    assert said == f"An earlier partnership of the two {words}, as both answered in 2011 (w1)."
    assert link(replace(PAST, went=went, went_on=AFTER), mentor="B", mentee="A")[0] == pytest.approx(went)


def test_without_answers_nothing_changes() -> None:
    assert link(PAST) == (1, "The two were partners before, last from 2008; how it went is not recorded.")
    assert link(PAST, mentee="C")[0] is None


def test_the_last_answered_counts() -> None:
    later = replace(PAST, id="P2", wop="w2", went=0.0, went_on="2013-01-01")
    assert link(replace(PAST, went=1.0, went_on=AFTER), later)[0] == 0
    assert link(later, replace(PAST, went=1.0, went_on="2013-06-01"))[0] == 1


def test_an_answer_of_the_day_itself_or_later_is_not_known() -> None:
    policy = policy_of()
    day = features_of(world(), policy).as_of
    for on, expected in ((day.isoformat(), 1.0), (f"{day.year + 1}-01-01", 1.0)):
        assert link(replace(PAST, went=0.0, went_on=on))[0] == expected
    before = date.fromordinal(day.toordinal() - 1).isoformat()
    assert link(replace(PAST, went=0.0, went_on=before))[0] == 0


def test_blocks_of_pairs_and_one_pair_agree() -> None:
    policy = policy_of()
    network = world(
        replace(PAST, went=0.25, went_on=AFTER, results=(Result("non_revenue_water", None, 40, 30, 31, 2010),))
    )
    features = features_of(network, policy)
    at = [features.index[id] for id in "ABC"]
    mentors, mentees = (np.array(part, dtype=np.int64) for part in ([at[0], at[0]], [at[1], at[2]]))
    for id, rule in RULES.items():
        whole = rule.evaluate(features, mentors, mentees, policy.rules[id]).value
        for row, (mentor, mentee) in enumerate(zip(mentors.tolist(), mentees.tolist(), strict=True)):
            one = rule.explain(features, mentor, mentee, policy.rules[id]).value
            assert (one is None and np.isnan(whole[row])) or one == pytest.approx(float(whole[row])), id
    points = score(features, policy, mentors, mentees)
    explained = PairExplainer(features, policy).explain("A", "B")
    assert explained["points"] == int(points.context[0] + points.cover[0].sum())


def test_no_outcome_leaves_every_point_as_it_was() -> None:
    policy = policy_of()
    bare, told = world(PAST), world(replace(PAST, start_on="2008-01-01", end_on="2010-06-30"))
    pair = np.array([0], dtype=np.int64), np.array([1], dtype=np.int64)
    first, second = (score(features_of(network, policy), policy, *pair) for network in (bare, told))
    assert np.array_equal(first.context, second.context)
    assert np.array_equal(first.cover, second.cover)


RESULT: dict[str, Any] = {"baseline": 40, "target": 30, "result": 33, "year": 2010, "source": "the final report"}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, 2010),
        ({"result": 36}, None),
        ({"result": None}, None),
        ({"year": None}, None),
        ({"year": 2099}, None),
        ({"target": 40}, None),
        ({"result": 25}, 2010),
        ({"baseline": 30, "target": 40, "result": 36}, 2010),
    ],
)
def test_a_result_half_the_way_or_more_dates_the_mentors_offer(changed: dict[str, Any], expected: int | None) -> None:
    past = replace(PAST, results=(Result("non_revenue_water", **{**RESULT, **changed}),))
    known = proofs((past,), date(2014, 1, 1))
    (offer,) = with_proofs((Offer("A", "non_revenue_water", level=4, year=2005),), known)
    assert offer.year == (expected or 2005)
    (newer,) = with_proofs((Offer("A", "non_revenue_water", year=2012),), known)
    assert newer.year == 2012


def test_a_private_result_is_no_evidence_and_a_public_one_is_named() -> None:
    past = replace(PAST, results=(Result("non_revenue_water", **RESULT),))
    policy = policy_of()
    features = features_of(world(past), policy)
    facts = RULES["need_cover"].explain(features, features.index["A"], features.index["C"], policy.rules["need_cover"])
    said = str(RULES["need_cover"].sentence(facts, policy.rules["need_cover"]))
    assert "A result of 2010 shows it (the final report)." in said
    assert not proofs((replace(past, private_topics=("non_revenue_water",)),), date(2014, 1, 1))


def test_way_gone() -> None:
    assert way_gone(Result("x", None, 40, 30, 35)) == 0.5
    assert way_gone(Result("x", None, 40, 30, 45)) == -0.5
    assert way_gone(Result("x", None, 40, 40, 40)) is None


def test_how_it_went_needs_both_sides() -> None:
    yes = Answer(reached="yes", again="yes", on="2020-01-02", who="a")
    no = Answer(reached="no", again="unsure", on="2020-03-01", who="b")
    unsure = Answer(reached="unsure", again="unsure", on="2020-03-01", who="b")
    assert Told(answers={"mentor": yes}).went is None
    assert Told(answers={"mentor": yes, "mentee": unsure}).went is None
    assert Told(answers={"mentor": yes, "mentee": no}).went == (0.5, "2020-03-01")
