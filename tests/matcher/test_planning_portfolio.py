"""What a budget buys, against trying every set of pairs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import combinations

import pytest

from graph.model import Capability, Country, Need, Observation, Offer, Region, Utility
from graph.network import Network
from matcher.planning.portfolio import exact_solver, portfolio
from matcher.planning.portfolio_terms import PortfolioPair, Terms
from matcher.policy import load_policy

AS_OF = date(2024, 12, 31)
POLICY = load_policy("best_fit").model_copy(update={"quality_floor": 0.0})
PEOPLE = {"A": 10_000, "B": 900_000, "C": None, "D": 60_000}


def network() -> Network:
    """Two mentors with two places each and four mentees; two of these in a fragile state, one of them a small town."""
    return Network(
        revision=1,
        utilities=(
            Utility("A", "A", "SOM", latitude=2.0, longitude=45.3),
            Utility("B", "B", "SOM", latitude=9.6, longitude=44.1),
            Utility("C", "C", "KEN", latitude=-1.3, longitude=36.8),
            Utility("D", "D", "KEN", latitude=-4.0, longitude=39.7),
            Utility("M1", "M1", "KEN", mentor_places=2, latitude=-1.3, longitude=36.8),
            Utility("M2", "M2", "NLD", mentor_places=2, latitude=52.0, longitude=4.9),
        ),
        offers=(Offer("M1", "leaks", level=3, year=2020), Offer("M2", "leaks", level=5, year=2024)),
        needs=tuple(Need(id, "leaks") for id in "ABCD"),
        partnerships=(),
        observations=tuple(
            Observation(id, "population_served", float(people), 2020) for id, people in PEOPLE.items() if people
        ),
        capabilities=(Capability("leaks", "Leaks", "", "g"),),
        countries=(
            Country("KEN", "Kenya", "Eastern Africa", "lower_middle", fragile=False),
            Country("NLD", "Netherlands", "Western Europe", "high", fragile=False),
            Country("SOM", "Somalia", "Eastern Africa", "low", fragile=True),
        ),
        regions=(Region("Eastern Africa", "Eastern Africa"), Region("Western Europe", "Western Europe")),
    )


def ask(**terms: object) -> dict[str, object]:
    answer = portfolio(network(), POLICY, AS_OF, Terms(**{"points": 2, **terms}), solver=exact_solver).answer  # type: ignore[arg-type]  # of the test
    return dict(answer)


def every_pair() -> list[PortfolioPair]:
    """All eight pairs with fit and cost, each had by leaving its mentee no other mentor."""
    found: list[PortfolioPair] = []
    for away in ("M1", "M2"):
        policy = POLICY.model_copy(
            update={"participants": POLICY.participants.model_copy(update={"exclude": (away,), "places": {}})}
        )
        known = network()
        many = tuple(
            Utility(u.id, u.name, u.country, mentor_places=4, latitude=u.latitude, longitude=u.longitude)
            if u.id.startswith("M")
            else u
            for u in known.utilities
        )
        alone = portfolio(replace(known, utilities=many), policy, AS_OF, Terms(points=1), solver=exact_solver)
        found += alone.answer["pairs"]
    assert len(found) == 8
    return found


def sets() -> list[list[PortfolioPair]]:
    """Every set with at most one mentor a mentee and two mentees a mentor."""
    pairs = every_pair()
    return [
        list(chosen)
        for size in range(5)
        for chosen in combinations(pairs, size)
        if len({pair["mentee"]["id"] for pair in chosen}) == size
        and all(sum(pair["mentor"]["id"] == id for pair in chosen) <= 2 for id in ("M1", "M2"))
    ]


@pytest.mark.parametrize("budget", [0, 61_000, 130_000, 190_000, 250_000, 400_000])
@pytest.mark.parametrize("fragile", [0.0, 0.6])
def test_the_best_set_is_the_best_of_all_sets(budget: int, fragile: float) -> None:
    allowed = [
        chosen
        for chosen in sets()
        if sum(pair["cost"] for pair in chosen) <= budget
        and sum(bool(pair["fragile"]) for pair in chosen) >= fragile * len(chosen)
    ]
    best = max(sum(pair["fit"] for pair in chosen) for chosen in allowed)
    found = ask(budget=budget, fragile_share=fragile)
    point = found["chosen"]
    assert isinstance(point, dict)
    assert point["fit"] == pytest.approx(best, abs=1e-3)
    assert point["spent"] <= budget
    assert point["proven"]


def test_most_people_counts_the_known_and_nobody_twice() -> None:
    best = max(
        sum(pair["people"] or 0 for pair in chosen)
        for chosen in sets()
        if sum(pair["cost"] for pair in chosen) <= 130_000
    )
    found = ask(budget=130_000, best="people")
    point = found["chosen"]
    assert isinstance(point, dict)
    assert point["people"] == best
    assert point["people_known"] <= point["pairs"]


def test_targets_that_cannot_be_met_are_named() -> None:
    poor = ask(budget=50_000)
    assert "cheapest partnership costs" in str(poor["text_s"])
    many = ask(budget=100_000, least=3)
    assert many["feasible"] is False
    assert "3 partnerships cost at least" in str(many["text_s"])
    assert "Partnerships in all" in str(ask(least=9)["text_s"])


def test_more_money_never_buys_less() -> None:
    points = ask(points=4)["frontier"]
    assert isinstance(points, list)
    fits = [point["fit"] for point in points]
    assert fits == sorted(fits)
    assert all(point["spent"] <= point["budget"] for point in points)
