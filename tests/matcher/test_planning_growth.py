"""What works and who could teach next, against networks small enough to judge by hand and rounds solved anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from graph.model import Capability, Country, Need, Observation, Offer, Partnership, Region, Result, Utility
from graph.network import Network
from graph.register import with_inferred
from matcher.planning.capacity import capacity
from matcher.planning.growth import nearest
from matcher.planning.results import FEWEST, counted, results, wilson
from matcher.policy import load_policy
from matcher.proposal import propose

AS_OF = date(2024, 12, 31)
LEAKS, METERS = "non_revenue_water", "metering"


def network(**parts: Any) -> Network:
    """Mentors M1 to M3 and mentees A to D of one region; capabilities by their ids of the taxonomy."""
    known: dict[str, Any] = {
        "revision": 1,
        "utilities": tuple(
            Utility(id, id, "KEN" if id < "C" or id > "M" else "SEN", ("en",) if id != "D" else ("fr",))
            for id in ("A", "B", "C", "D", "M1", "M2", "M3")
        ),
        "offers": tuple(Offer(id, LEAKS, level=4, year=2022) for id in ("M1", "M2", "M3")),
        "needs": (Need("B", METERS), Need("C", LEAKS), Need("D", LEAKS)),
        "partnerships": (),
        "observations": (),
        "capabilities": (Capability(LEAKS, "Leaks", "", "g"), Capability(METERS, "Metering", "", "g")),
        "countries": (
            Country("KEN", "Kenya", "Eastern Africa", "lower_middle", languages=("en",)),
            Country("SEN", "Senegal", "Western Africa", "low", languages=("fr",)),
        ),
        "regions": (Region("Eastern Africa", "Eastern Africa"), Region("Western Africa", "Western Africa")),
    }
    return Network(**{**known, **parts})


def figures(id: str, *years: tuple[int, float]) -> tuple[Observation, ...]:
    return tuple(Observation(id, "nrw_percent", value, year) for year, value in years)


def test_the_signs_of_a_mentee_are_judged_one_by_one() -> None:
    """A ended a partnership, loses less than the middle of the mentors and improved; B is still learning."""
    known = with_inferred(
        network(
            partnerships=(
                Partnership("P1", "w1", "M1", "A", (LEAKS,), 2015, 2018),
                Partnership("P2", "w2", "M1", "B", (LEAKS,), 2023, None),
                Partnership("P3", "w3", "M1", "C", (LEAKS, METERS), 2015, 2016),
            ),
            observations=(
                *figures("M1", (2020, 10.0)),
                *figures("M2", (2020, 30.0)),
                *figures("M3", (2020, 20.0)),
                *figures("A", (2014, 40.0), (2020, 20.0)),
                *figures("C", (2014, 40.0), (2020, 45.0)),
            ),
        ),
        AS_OF,
    )
    found = {grower["mentee"]["id"]: grower for grower in nearest(known, AS_OF)}
    assert list(found) == ["A", "C"], "B still learns, D never learned, mentors are mentors already"
    (ready,) = found["A"]["capabilities"]
    signs = (ready["learned"], ready["performs"], ready["improved"], ready["settled"])
    assert signs == (True, True, True, None), "A states no needs at all, so whether it needs it no more is unknown"
    # C's losses are worse than the middle and grew, and it still states the need: leaks are out, metering is left.
    (ready,) = found["C"]["capabilities"]
    assert (ready["capability"], ready["learned"], ready["settled"], ready["signs"]) == (METERS, True, True, 2)


def test_what_a_new_mentor_releases_is_the_round_solved_with_it() -> None:
    """Three mentees, one mentor with one place; A could teach one of the others."""
    known = with_inferred(
        network(
            utilities=tuple(Utility(id, id, "KEN", ("en",)) for id in ("A", "C", "D", "M1")),
            offers=(Offer("M1", LEAKS, level=4, year=2022),),
            needs=(Need("C", LEAKS), Need("D", LEAKS)),
            partnerships=(Partnership("P1", "w1", "M1", "A", (LEAKS,), 2010, 2012),),
        ),
        AS_OF,
    )
    policy = load_policy("best_fit")
    answer = capacity(known, policy, AS_OF).answer
    (grower,) = answer["growth"]["growers"]
    assert (grower["mentee"]["id"], grower["released"]) == ("A", 1)
    with_a = replace(
        known,
        offers=(Offer("A", LEAKS, year=2012), *known.offers),
        utilities=tuple(replace(u, mentor_places=1) if u.id == "A" else u for u in known.utilities),
    )
    afterwards = propose(with_a, policy, as_of=AS_OF)
    assert grower["effect"] is not None
    assert grower["effect"]["goals"][0]["after"] == afterwards["goals"][0]["value"]
    assert len(afterwards["pairs"]) == answer["pairs"] + 1
    assert "A would add most" in answer["text_s"]["text"]


def test_wilson_is_the_interval_of_the_textbook() -> None:
    assert wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)


def test_no_share_rests_on_a_few_cases() -> None:
    assert counted([True] * (FEWEST - 1))["share"] is None
    assert counted([True] * FEWEST)["share"] == 1.0


def test_results_are_counted_by_kind_of_pair_once_a_pair() -> None:
    """Twelve pairs with results: those within a region reached their targets, those across did not; one has two."""
    parts = []
    for at in range(12):
        home = at < 6
        reached = Result(LEAKS, "nrw", 40.0, 20.0, 25.0 if home else 35.0, 2022)
        also = (Result(METERS, "meters", 0.0, 100.0, 10.0, 2022),) if at == 0 else ()
        later = (Result(METERS, "meters", 0.0, 100.0, 100.0, 2030),) if at == 7 else ()
        mentee = "A" if home else "C"
        parts.append(
            Partnership(f"P{at}", f"w{at}", "M1", mentee, (LEAKS, METERS), 2015, 2020, results=(reached, *also, *later))
        )
    known = network(partnerships=(*parts, Partnership("P99", "w99", "M1", "D", (LEAKS,), 2015, None, went=0.25)))
    found = results(known, AS_OF)
    targets, answers, _figures = found.answer["measures"]
    assert (targets["whole"]["cases"], targets["whole"]["well"], targets["whole"]["share"]) == (12, 6, 0.5)
    groups = {(row["kind"], row["group"]): row for row in targets["groups"]}
    same = groups["region", "same region"]
    assert (same["pairs"], same["cases"], same["well"], same["share"]) == (6, 6, 6, None), "too few for a share"
    assert groups["region", "two regions"]["pairs"] == 7
    assert groups["income", "mentor’s country richer"]["cases"] == 6
    leaks = groups["capability", LEAKS]
    assert (leaks["pairs"], leaks["cases"], leaks["well"]) == (13, 12, 6)
    assert groups["capability", METERS]["cases"] == 1, "a result of a later year is not known yet"
    assert (answers["whole"]["cases"], answers["whole"]["well"]) == (1, 0)
    assert found.answer["with_any"] == 13
    assert len(found.tables[0].rows) == 14
    assert "6 of 12 pairs" in found.answer["text_s"]["text"]


def test_a_figure_is_compared_before_and_after_the_beginning() -> None:
    known = network(
        partnerships=(
            Partnership("P1", "w1", "M1", "A", (LEAKS,), 2015),
            Partnership("P2", "w2", "M1", "B", (LEAKS,), 2015),
            Partnership("P3", "w3", "M1", "C", (LEAKS,), None, 2015),
        ),
        observations=(
            *figures("A", (2010, 50.0), (2015, 40.0), (2018, 30.0)),
            *figures("B", (2016, 40.0), (2018, 30.0)),
            *figures("C", (2010, 40.0), (2018, 30.0)),
        ),
    )
    found = results(known, AS_OF)
    assert [(row[0], row[5], row[6]) for row in found.tables[0].rows] == [("w1", -10.0, True)]
    assert "too few" in found.answer["text_s"]["text"]
