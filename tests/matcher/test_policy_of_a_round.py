"""What a round adds to a policy: who takes part, with how many places, without which topics, and corrected fits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import AS_OF, COUNTRIES, REGIONS, TOPICS, random_network

from graph.errors import BadInput, UnknownName
from graph.register import with_inferred
from matcher.build import Built, build_problem
from matcher.features import build_features
from matcher.limits import selected
from matcher.pairs import ADJUSTED, explain_pair
from matcher.participants import Participants, choose_participants
from matcher.policy import Policy, Selection, parse_policy, read_policy
from matcher.selection import selected_ids

SMALL = 50_000


def policy_of(**parts: Any) -> Policy:
    return parse_policy({"name": "round", **parts}, "test")


def chosen(seed: int, participants: Mapping[str, Any]) -> Participants:
    return choose_participants(with_inferred(random_network(seed), AS_OF), policy_of(participants=participants), AS_OF)


def some(values: list[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)


@settings(max_examples=60)
@given(
    st.integers(0, 200),
    st.builds(
        Selection,
        regions=some([region.id for region in REGIONS]),
        countries=some([country.id for country in COUNTRIES]),
        income_groups=some(["low", "lower_middle", "upper_middle"]),
        fragile=st.sampled_from([None, True, False]),
        small_town=st.sampled_from([None, True, False]),
        offers=some(list(TOPICS)),
        needs=some(list(TOPICS)),
        also=some(["U3", "U4"]),
        without=some(["U5"]),
    ),
)
def test_a_selection_means_the_same_with_and_without_arrays(seed: int, selection: Selection) -> None:
    network = with_inferred(random_network(seed), AS_OF)
    policy = policy_of()
    features = build_features(network, choose_participants(network, policy, AS_OF), policy)
    flags = selected(features, selection, SMALL)
    assert selected_ids(network, selection, SMALL) == {network.utilities[at].id for at in np.flatnonzero(flags)}


def test_participants_by_filter_and_by_hand() -> None:
    everyone = chosen(3, {})
    some_mentors = everyone.mentor_ids[:2]
    by_hand = chosen(3, {"mentors": {"utilities": list(some_mentors)}})
    assert by_hand.mentor_ids == some_mentors
    assert by_hand.mentee_ids == everyone.mentee_ids
    network = random_network(3)
    in_region = chosen(3, {"mentees": {"regions": ["Eastern Africa"]}})
    assert in_region.mentee_ids == tuple(
        id for id in everyone.mentee_ids if network.region_of(network.utility_by_id[id]).id == "Eastern Africa"
    )


def test_places_and_mentors_wanted_as_set_for_the_round() -> None:
    everyone = chosen(3, {})
    mentor, mentee = everyone.mentor_ids[0], everyone.mentee_ids[0]
    found = chosen(3, {"places": {mentor: 7}, "wanted": {mentee: 0}})
    assert found.places_of[mentor] == 7
    assert "set for" in str(found.places_reasons[0])
    assert found.wanted[0] == 0


def test_a_topic_set_aside_does_not_count() -> None:
    everyone = chosen(3, {})
    offer = everyone.offers[0]
    topic = {"utility": offer.utility, "capability": offer.capability, "side": "offer"}
    assert chosen(3, {"set_aside": [topic]}).offers == everyone.offers[1:]
    assert chosen(3, {"set_aside": [{**topic, "side": "need"}]}).offers == everyone.offers


@pytest.mark.parametrize(
    "participants",
    [
        {"mentors": {"regions": ["Eastern Afrika"]}},
        {"places": {"nobody": 1}},
        {"wanted": {"nobody": 1}},
        {"set_aside": [{"utility": "nobody", "capability": "leak_detection", "side": "need"}]},
        {"set_aside": [{"utility": "U0", "capability": "leaks", "side": "need"}]},
    ],
)
def test_unknown_names_are_refused(participants: Mapping[str, Any]) -> None:
    with pytest.raises((UnknownName, BadInput), match="participants"):
        chosen(3, participants)


def built(seed: int, **parts: Any) -> Built:
    network, policy = with_inferred(random_network(seed), AS_OF), policy_of(**parts)
    return build_problem(network, choose_participants(network, policy, AS_OF), policy)


@pytest.mark.parametrize("by", [0.07, -0.07, 1.0, -1.0])
def test_an_adjusted_fit_counts_in_the_problem_and_in_the_explanation(by: float) -> None:
    before = built(5)
    assert before.problem.pair_count > 1
    mentor = before.problem.mentor_ids[before.problem.pair_mentor[0]]
    mentee = before.problem.mentee_ids[before.problem.pair_mentee[0]]
    one = {"mentor": mentor, "mentee": before.network.utility_by_id[mentee].name, "by": by, "reason": "visited"}
    after = built(5, adjustments=[one])
    expected = min(1.0, max(0.0, float(before.pair_fit[0]) + by))
    assert after.pair_fit[0] == pytest.approx(expected, abs=1e-6)
    assert (after.pair_fit[1:] == before.pair_fit[1:]).all()
    told = explain_pair(after.network, after.policy, mentor, mentee, AS_OF)
    assert told["fit"] == pytest.approx(expected)
    assert next(reason for reason in told["reasons"] if reason["rule"] == ADJUSTED)["text_s"]["text"].endswith(
        "visited"
    )


def test_the_parts_of_a_round_survive_toml() -> None:
    policy = policy_of(
        participants={
            "mentors": {"regions": ["Eastern Africa"]},
            "places": {"Águas do Norte": 2},
            "set_aside": [{"utility": "U1", "capability": "leak_detection", "side": "need"}],
        },
        adjustments=[{"mentor": "U1", "mentee": "U2", "by": 0.5}],
    )
    assert read_policy(policy.to_toml(), "test") == policy


def test_a_fit_is_adjusted_once() -> None:
    twice = [{"mentor": "U1", "mentee": "U2", "by": 0.5}] * 2
    with pytest.raises(BadInput, match="adjusted once"):
        policy_of(adjustments=twice)
