"""What is built: pairs, covers, points, limits, goals, and what was removed by what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import AS_OF, network_of, random_network

import matcher.build
from graph.errors import BadInput, UnknownName
from graph.model import Need, Observation, Offer, Partnership, Utility
from graph.network import Network
from matcher.build import Built, build_problem
from matcher.document import POINTS
from matcher.pairs import explain_pair
from matcher.participants import choose_participants
from matcher.policy import GOALS, Policy, parse_policy
from matcher.problem import UNLIMITED


def policy_of(**parts: Any) -> Policy:
    return parse_policy({"name": "test", **parts}, "test.toml")


def built(network: Network, **parts: Any) -> Built:
    policy = policy_of(**parts)
    return build_problem(network, choose_participants(network, policy, AS_OF), policy)


@settings(max_examples=20)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.45, 0.6]), st.sampled_from([1.0, 0.6]))
def test_pairs_and_points_are_those_of_the_explained_pairs(seed: int, floor: float, related: float) -> None:
    network = random_network(seed, count=6)
    parts = {"quality_floor": floor, "rules": {"topic_offered": {"related_from": related}}}
    made, policy = built(network, **parts), policy_of(**parts)
    problem = made.problem
    best_fit = next(goal for goal in problem.goals if goal.id == "best_fit")
    fits = {}
    for pair in range(problem.pair_count):
        points = best_fit.pair_values[pair] + best_fit.cover_values[problem.cover_pair == pair].sum()
        assert made.pair_fit[pair] == np.float32(points / POINTS)
        at = int(problem.pair_mentor[pair]), int(problem.pair_mentee[pair])
        fits[problem.mentor_ids[at[0]], problem.mentee_ids[at[1]]] = int(points)
    below = dict.fromkeys(problem.mentee_ids, 0)
    for mentor in problem.mentor_ids:
        for mentee in problem.mentee_ids:
            told = explain_pair(network, policy, mentor, mentee, AS_OF)
            wanted = told["eligible"] and told["points"] >= floor * POINTS
            assert ((mentor, mentee) in fits) == wanted, (seed, mentor, mentee)
            assert fits.get((mentor, mentee), told["points"]) == told["points"], (seed, mentor, mentee)
            below[mentee] += told["eligible"] and not wanted
            for reason in told["reasons"]:
                assert reason["text_s"]["text"]
    assert list(below.values()) == made.below_floor.tolist()
    assert (np.isnan(made.best_below_floor) == (made.below_floor == 0)).all()


def test_order_and_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    network = random_network(5, count=20)
    whole = built(network)
    problem = whole.problem
    assert problem.pair_count > 0
    keys = problem.pair_mentee * 1000 + problem.pair_mentor
    assert (np.diff(keys) > 0).all()
    covers = problem.cover_pair * 1000 + problem.cover_need
    assert (np.diff(covers) > 0).all()
    assert (problem.need_mentee[problem.cover_need] == problem.pair_mentee[problem.cover_pair]).all()
    monkeypatch.setattr(matcher.build, "BLOCK_PAIRS", 7)
    told: list[float] = []
    policy = policy_of()
    participants = choose_participants(network, policy, AS_OF)
    again = build_problem(network, participants, policy, progress=lambda _text, share: told.append(share))
    assert again.problem.input_hash == problem.input_hash
    assert (again.removed == whole.removed).all()
    assert told == sorted(told)
    assert told[-1] == 1


def test_removed_counts_each_mentor_once_for_each_rule() -> None:
    made = built(random_network(8, count=15))
    mentors = len(made.problem.mentor_ids)
    assert (made.removed_alone <= made.removed).all()
    eligible = np.bincount(made.problem.pair_mentee, minlength=len(made.problem.mentee_ids)) + made.below_floor
    assert (eligible <= mentors - made.removed.max(axis=0)).all()
    assert (eligible >= mentors - made.removed.sum(axis=0)).all()


MENTORS = tuple(Utility(f"M{at}", f"Mentor {at}", country) for at, country in enumerate(("KEN", "BRA", "UGA")))
MENTEES = tuple(Utility(f"N{at}", f"Mentee {at}", country) for at, country in enumerate(("UGA", "BFA", "KEN")))
OFFERS = tuple(Offer(each.id, "non_revenue_water", level=3) for each in MENTORS)
NEEDS = tuple(Need(each.id, "non_revenue_water", priority=1 + at) for at, each in enumerate(MENTEES))


def small(**more: Any) -> Network:
    return replace(network_of((*MENTORS, *MENTEES), OFFERS, NEEDS), **more)


def limit(network: Network, **parts: Any) -> Any:
    made = built(network, limits=[{"id": "x", "title": "X {y}", **parts}])
    return made.limits


def test_a_limit_selects_by_attributes() -> None:
    def pairs(network: Network | None = None, **parts: Any) -> int:
        rows = limit(network or small(), at_most=1, **parts)
        assert len(rows) == 1
        assert str(rows[0].row.title) == "X {y}"
        return len(rows[0].row.pairs)

    assert pairs() == 9
    assert pairs(mentee={"regions": ["Eastern Africa"]}) == 6
    assert pairs(mentee={"countries": ["BFA"]}, mentor={"countries": ["KEN", "UGA"]}) == 2
    assert pairs(mentee={"income_groups": ["low"]}) == 6
    assert pairs(mentee={"fragile": True}) == 3
    assert pairs(mentee={"fragile": False}) == 3, "Kenya's state is unknown, so it is neither"
    assert pairs(mentee={"utilities": ["N1", "Mentee 2"]}) == 6
    assert pairs(cross_region=True) == 5
    assert pairs(cross_region=False) == 4
    assert pairs(cross_country=False) == 2
    sizes = (Observation("N0", "population_served", 9_000, 2020), Observation("N1", "population_served", 90_000, 2020))
    assert pairs(small(observations=sizes), mentee={"small_town": True}) == 3
    assert pairs(small(observations=sizes), mentee={"small_town": False}) == 3
    led = network_of((replace(MENTORS[0], facilitator="F"), *MENTORS[1:], *MENTEES), OFFERS, NEEDS)
    assert pairs(led, either={"facilitators": ["F"]}) == 3


def test_for_each_gives_one_row_a_group() -> None:
    rows = limit(small(), at_least=1, for_each="mentee_region")
    assert [row.row.id for row in rows] == ["x:Eastern Africa", "x:Western Africa"]
    assert [len(row.row.pairs) for row in rows] == [6, 3]
    assert str(rows[0].row.title) == "X {y}: Eastern Africa"
    assert [row.row.id for row in limit(small(), at_least=1, for_each="mentor_country")] == ["x:BRA", "x:KEN", "x:UGA"]


def test_money_costs_a_base_and_the_way() -> None:
    (row,) = limit(small(), counts="money", base_cost=100, cost_per_1000_km=10, at_most=1000)
    near = row.row.coefficients.min()
    assert near == 100, "within one country the way is 0"
    assert row.row.coefficients.max() > 150
    use = row.use(np.array([0]))
    assert use["unit"] == "money"
    assert use["used"] == row.row.coefficients[0]
    assert not use["binding"]


def test_share_is_of_all_partnerships() -> None:
    low, high = limit(small(), counts="share", mentee={"countries": ["BFA"]}, at_least=0.25, at_most=0.5)
    assert (low.row.id, high.row.id) == ("x:at_least", "x:at_most")
    coefficients = np.zeros(9, dtype=np.int64)
    coefficients[high.row.pairs] = high.row.coefficients
    # Mentee by mentee, three pairs each: UGA is N0, BFA is N1, KEN is N2.
    assert coefficients[[0, 3]].sum() <= 0, "one of two is half"
    assert coefficients[[0, 3, 4]].sum() > 0, "two of three is more"
    assert high.use(np.array([0, 3]))["used"] == 0.5
    assert high.use(np.array([0, 3]))["binding"]
    assert high.use(np.array([], dtype=np.int64))["used"] == 0


def test_balance_is_given_minus_received() -> None:
    (row,) = limit(small(), counts="balance", group={"regions": ["Eastern Africa"]}, at_least=-1, at_most=1)
    # Given: Kenya and Uganda to Burkina Faso; received: Brazil to Uganda and Kenya.
    assert sorted(row.row.coefficients.tolist()) == [-1, -1, 1, 1]


def test_goals_count_what_they_say() -> None:
    made = built(
        small(), goals=[goal for goal in GOALS if goal != "stable"], published=[{"mentor": "M0", "mentee": "N1"}]
    )
    values = {goal.id: (goal.pair_values.sum(), goal.cover_values.sum()) for goal in made.problem.goals}
    assert list(values) == list(GOALS)
    assert values["most_partnerships"] == values["most_mentees"] == (9, 0)
    assert values["most_needs"] == (0, 9)
    assert values["most_priority"] == (0, 3)
    assert values["fragile_first"] == (3, 0)
    assert values["low_income_first"] == (6, 0)
    assert values["first_timers"] == (9, 0)
    assert values["fewest_changes"] == (1, 0)
    stable = made.problem.goals[-1]
    assert stable.pair_values.min() >= 1
    assert len(set(stable.pair_values.tolist())) == 9


def test_ties_do_not_depend_on_who_else_takes_part() -> None:
    fewer = built(replace(small(), needs=NEEDS[1:])).problem.goals[-1].pair_values
    assert (fewer == built(small()).problem.goals[-1].pair_values[3:]).all()


def test_most_mentees_needs_one_mentor_per_mentee() -> None:
    with pytest.raises(BadInput, match=r"most_mentees.*test\.toml"):
        built(small(), goals=["most_mentees"], participants={"mentors_wanted": 2})


def test_pins_and_forbids() -> None:
    told = built(
        small(),
        quality_floor=0.2,
        rules={"funder_countries": {"mentee_countries": ["UGA"]}},
        pins=[{"mentor": "M0", "mentee": "N1"}],
        forbids=[{"mentor": "Mentor 1", "mentee": "Mentee 0"}],
    )
    problem = told.problem
    ids = [
        (problem.mentor_ids[a], problem.mentee_ids[b])
        for a, b in zip(problem.pair_mentor, problem.pair_mentee, strict=True)
    ]
    assert ids == [("M0", "N0"), ("M1", "N0"), ("M2", "N0"), ("M0", "N1")]
    assert problem.pinned.tolist() == [False, False, False, True]
    assert problem.forbidden.tolist() == [False, True, False, False]
    assert [(each.pair, each.rules) for each in told.overrides] == [(3, ("funder_countries",))]


def test_a_pin_below_the_floor_stays_and_is_reported() -> None:
    told = built(small(), quality_floor=1.0, pins=[{"mentor": "M2", "mentee": "N2"}])
    assert told.problem.pair_count == 1
    assert [each.rules for each in told.overrides] == [("quality_floor",)]


def test_pins_name_utilities_that_take_part() -> None:
    with pytest.raises(UnknownName, match=r"pins\.0\.mentor.*M9"):
        built(small(), pins=[{"mentor": "M9", "mentee": "N1"}])
    with pytest.raises(BadInput, match="Mentee 1 as a mentor"):
        built(small(), pins=[{"mentor": "N1", "mentee": "N0"}])
    with pytest.raises(BadInput, match="Mentor 1 as a mentee"):
        built(small(), pins=[{"mentor": "M0", "mentee": "M1"}])


def test_capacity_and_days() -> None:
    network = network_of(
        (replace(MENTORS[0], mentor_places=5, minimum_mentees=2, mentor_staff_days=30.5), *MENTORS[1:], *MENTEES),
        (OFFERS[0], replace(OFFERS[1], staff_days=12.0), OFFERS[2]),
        (replace(NEEDS[0], staff_days=7.5), *NEEDS[1:]),
    )
    problem = built(network, participants={"default_places": 3, "default_need_days": 15, "mentors_wanted": 2}).problem
    assert problem.places.tolist() == [5, 3, 3]
    assert problem.minimum_load.tolist() == [2, 0, 0]
    assert problem.staff_days.tolist() == [30, 12, UNLIMITED]
    assert problem.wanted.tolist() == [2, 2, 2]
    assert problem.cover_days.tolist() == [8] * 3 + [15] * 6


def test_places_from_parallel_partnerships_say_so() -> None:
    parts = tuple(
        Partnership(f"P{at}", f"w{at}", "M0", f"N{at}", ("metering",), 2015, 2017, confidence="high") for at in range(3)
    )
    network = replace(small(), partnerships=parts)
    participants = choose_participants(network, policy_of(participants={"default_places": 2}), AS_OF)
    assert participants.places.tolist() == [3, 2, 2]
    assert "mentored 3 partnerships in one year (inferred from the register" in str(participants.places_reasons[0])
    assert "the policy's default" in str(participants.places_reasons[1])
    capped = policy_of(participants={"default_places": 1, "most_places": 2})
    assert choose_participants(network, capped, AS_OF).places.tolist() == [2, 1, 1]


def test_confidence_and_exclusions_decide_who_takes_part() -> None:
    part = Partnership("P1", "w1", "M0", "N0", ("tariff_setting",), 2015, confidence="low")
    inferred = (Offer("M0", "tariff_setting", provenance="inferred"),)
    network = replace(small(), partnerships=(part,), offers=inferred)
    assert choose_participants(network, policy_of(), AS_OF).mentor_ids == ("M0",)
    strict = policy_of(participants={"accepted_confidence": ["high", "medium"]})
    assert choose_participants(network, strict, AS_OF).mentor_ids == ()
    without = policy_of(participants={"exclude": ["Mentor 1", "N2"]})
    chosen = choose_participants(small(), without, AS_OF)
    assert (chosen.mentor_ids, chosen.mentee_ids) == (("M0", "M2"), ("N0", "N1"))


def test_nobody_is_a_problem_too() -> None:
    problem = built(network_of(())).problem
    assert (problem.pair_count, problem.mentor_ids, problem.need_ids) == (0, (), ())
    assert built(replace(small(), offers=())).problem.pair_count == 0
