"""Supply, resilience and reach against networks small enough to count by hand, and against counting anew."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from graph.errors import BadInput, UnknownName
from graph.model import Capability, Country, Need, Observation, Offer, Partnership, Region, Utility
from graph.network import Network
from graph.reference import regions, sdg_regions
from graph.register import with_inferred
from matcher.planning.reach import reach
from matcher.planning.resilience import concentration, resilience
from matcher.planning.supply import supply
from matcher.planning.tables import PlanTable, by_id

AS_OF = date(2024, 12, 31)


def network(**parts: Any) -> Network:
    """Two regions, three capabilities; A and B work in English, C and D in French, and D works for profit."""
    known: dict[str, Any] = {
        "revision": 1,
        "utilities": (
            Utility("A", "Alpha", "KEN", ("en",)),
            Utility("B", "Beta", "KEN", ("en",)),
            Utility("C", "=Gamma", "SEN", ("fr",)),
            Utility("D", "Delta", "SEN", ("fr",), not_for_profit=False),
        ),
        "offers": (),
        "needs": (),
        "partnerships": (),
        "observations": (),
        "capabilities": tuple(Capability(id, id.title(), "", "group") for id in ("leaks", "meters", "tariffs")),
        "countries": (Country("KEN", "Kenya", "Eastern Africa"), Country("SEN", "Senegal", "Western Africa")),
        "regions": (Region("Eastern Africa", "Eastern Africa"), Region("Western Africa", "Western Africa")),
    }
    return Network(**{**known, **parts})


def rows(tables: tuple[PlanTable, ...], id: str) -> tuple[tuple[Any, ...], ...]:
    return by_id(tables, id).rows


STATED = network(
    offers=(Offer("A", "leaks", year=2020), Offer("D", "meters"), Offer("D", "tariffs")),
    needs=(Need("A", "tariffs"), Need("B", "leaks"), Need("C", "leaks", year=2023), Need("D", "tariffs")),
)


def test_supply_counts_cells_and_who_could_meet_a_need() -> None:
    answer = supply(STATED, AS_OF).answer
    cells = {(cell["capability"], cell["region"]): cell for cell in answer["cells"]}
    assert (cells["leaks", "Eastern Africa"]["offers"], cells["leaks", "Eastern Africa"]["needs"]) == (1, 1)
    assert cells["leaks", "Western Africa"]["heat"] == "lacking"
    assert cells["meters", "Western Africa"]["heat"] == "spare"
    assert cells["leaks", "Eastern Africa"]["heat"] == "enough"
    # Tariffs are offered by D alone, which works for profit: nobody can be asked, not even by others.
    assert {(row[0], row[2]) for row in rows(supply(STATED, AS_OF).tables, "unmet")} == {
        ("A", "tariffs"),
        ("D", "tariffs"),
    }
    assert (answer["needs"], answer["offers"], answer["unmet"], answer["far"], answer["single"]) == (4, 3, 2, 2, 1)
    assert [row["sole"] for row in answer["capabilities"] if row["capability"] == "leaks"] == ["A"]
    assert len(rows(supply(STATED, AS_OF).tables, "unused")) == answer["unused"] == 3


def test_supply_of_one_language_region_and_year() -> None:
    french = supply(STATED, AS_OF, language="fr").answer
    assert (french["needs"], french["offers"], french["unmet"]) == (2, 2, 2), "the only offer of leaks is in English"
    west = supply(STATED, AS_OF, region="Western Africa").answer
    assert (west["needs"], west["unmet"]) == (2, 1), "leaks may come from another region"
    assert supply(STATED, AS_OF, year=2019).answer["offers"] == 2, "what has no year counts always"
    assert supply(STATED, AS_OF, year=2022).answer["needs"] == 3
    unknown: tuple[dict[str, Any], ...] = ({"region": "Atlantis"}, {"language": "xx"}, {"capability": "leak"})
    for wrong in unknown:
        with pytest.raises(UnknownName):
            supply(STATED, AS_OF, **wrong)


def test_the_years_of_supply_are_what_each_year_would_have_answered() -> None:
    """Counting once by first years, and asking for each year anew, agree on networks drawn at random."""
    for seed in range(20):
        drawn = with_inferred(random_network(np.random.default_rng(seed)), AS_OF)
        for row in supply(drawn, AS_OF).answer["years"]:
            then = supply(drawn, AS_OF, year=row["year"]).answer
            assert (row["offers"], row["needs"]) == (then["offers"], then["needs"]), f"seed {seed}, {row}"


def random_network(rng: np.random.Generator) -> Network:
    ids, topics = ("A", "B", "C", "D"), ("leaks", "meters", "tariffs")

    def year() -> int | None:
        return None if rng.random() < 0.3 else int(rng.integers(2015, 2025))

    def some(kind: Any) -> tuple[Any, ...]:
        return tuple(kind(id, topic, year=year()) for id in ids for topic in topics if rng.random() < 0.3)

    def ends() -> tuple[str, str]:
        one, other = rng.choice(ids, 2, replace=False).tolist()
        return one, other

    parts = [
        Partnership(
            f"P{at}",
            f"w{at}",
            *ends(),
            tuple(topic for topic in topics if rng.random() < 0.5),
            year(),
            year(),
            "planned" if rng.random() < 0.1 else None,
        )
        for at in range(6)
    ]
    parts = [
        replace(part, end_year=None) if part.start_year and (part.end_year or 9999) < part.start_year else part
        for part in parts
    ]
    return network(offers=some(Offer), needs=some(Need), partnerships=tuple(parts))


PARTS = (
    Partnership("P1", "w1", "A", "B", ("leaks",), 2010, 2012),
    Partnership("P2", "w2", "A", "C", ("leaks", "meters"), 2020),
    Partnership("P3", "w3", "A", "C", ("leaks",), 2023, 2025),
    Partnership("P4", "w4", "D", "C", ("tariffs",), 2015, 2016),
    Partnership("P5", "w5", "B", "D", ("leaks",), 2030, None),
    Partnership("P6", "w6", "B", "D", ("leaks",), 2015, None, "planned"),
)


def test_what_breaks_when_the_busiest_leaves() -> None:
    known = with_inferred(network(partnerships=PARTS), AS_OF)
    found = resilience(known, AS_OF, leaving=1)
    answer = found.answer
    assert [busy["mentor"]["id"] for busy in answer["busiest"]] == ["A"]
    assert (answer["pairs"], answer["pairs_lost"]) == (4, 3), "neither a later nor a planned partnership counts"
    assert (answer["under_way"], answer["under_way_lost"]) == (1, 1), "one without an end is under way for three years"
    assert rows(found.tables, "mentees_lost") == (("B",),), "C has D as well"
    assert set(rows(found.tables, "cells_lost")) == {("leaks", "Eastern Africa"), ("meters", "Eastern Africa")}
    # Leaks and meters were offered by A alone: B's and C's needs of them cannot be met any more. D cannot be asked.
    assert set(rows(found.tables, "needs_unmet")) == {("B", "leaks"), ("C", "leaks"), ("C", "meters")}
    both = resilience(known, AS_OF, leaving=2).answer
    assert [(busy["losing"], busy["share"]) for busy in both["busiest"]] == [(1, 0.75), (1, 1.0)]
    for wrong in (0, 101):
        with pytest.raises(BadInput):
            resilience(known, AS_OF, leaving=wrong)


def test_concentration_is_shares_and_the_inverse_of_their_squares() -> None:
    last = concentration(PARTS[:4], AS_OF)[-1]
    assert (last["pairs"], last["mentors"], last["top_5"]) == (4, 2, 1.0)
    assert last["herfindahl"] == pytest.approx(0.75**2 + 0.25**2)
    assert last["equal_to"] == pytest.approx(1 / 0.625, abs=0.01)
    assert [row["pairs"] for row in concentration(PARTS[:4], AS_OF) if row["year"] in (2010, 2014, 2015)] == [1, 1, 2]


def test_bridges_of_two_triangles_joined_by_one_tie() -> None:
    """A-B-C and D-E-F with C-D between: C and D are cut points, C-D the only cut tie."""
    ids = "ABCDEF"
    ties = ("AB", "BC", "CA", "CD", "DE", "EF", "FD")
    known = network(
        utilities=tuple(Utility(id, id, "KEN") for id in ids),
        partnerships=tuple(Partnership(tie, tie, tie[0], tie[1], (), 2010) for tie in ties),
    )
    found = resilience(known, AS_OF)
    joined = found.answer["bridges"]
    assert (joined["utilities"], joined["parts"], joined["ties"], joined["communities"]) == (6, 1, 7, 2)
    assert (joined["cut_points"], joined["cut_pairs"], joined["across"], joined["exact"]) == (2, 1, 1, True)
    assert rows(found.tables, "cut_pairs") == (("C", "D"),)
    first = joined["bridges"][0]
    # Of the ten pairs of others, C lies on the chains of A and B with D, E and F: six.
    assert (first["utility"]["id"], first["cut_off"], first["betweenness"]) == ("C", 2, 0.6)


def test_reach_counts_each_utility_once_and_unknown_is_not_zero() -> None:
    known = network(
        partnerships=(*PARTS, Partnership("P7", "w7", "A", "D", ())),
        observations=(
            Observation("C", "population_served", 1000.0, 2015),
            Observation("C", "population_served", 3000.0, 2021, "https://example.org"),
            Observation("C", "population_served", 9000.0, 2030),
            Observation("A", "population_served", 500.0, 2020),
            Observation("B", "connections", 77.0, 2020),
        ),
    )
    found = reach(known, date(2025, 6, 30))
    total = found.answer["total"]
    assert (total["utilities"], total["known"], total["people"]) == (3, 1, 3000)
    assert total["coverage"] == pytest.approx(1 / 3)
    assert {row["region"]: row["people"] for row in found.answer["regions"]} == {"Sub-Saharan Africa": 3000}
    assert [(row["year"], row["utilities"], row["people"], row["people_so_far"]) for row in found.answer["years"]] == [
        (2010, 1, None, None),
        (2015, 1, 3000, 3000),
        (None, 1, None, 3000),
    ]
    assert {row[0] for row in rows(found.tables, "unknown")} == {"B", "D"}
    assert reach(network(), AS_OF).answer["total"] == {"utilities": 0, "known": 0, "people": None, "coverage": None}


def test_every_subregion_has_its_sdg_region() -> None:
    assert set(sdg_regions()) == {region.id for region in regions()}
    assert len(set(sdg_regions().values())) == 8
    assert sdg_regions()["Northern Africa"] == sdg_regions()["Western Asia"]


def test_rows_can_be_narrowed_and_written_without_formulas() -> None:
    table = by_id(supply(STATED, AS_OF).tables, "needs")
    assert len(table.where(["capability:leaks", "utility:C"]).rows) == 1
    assert len(table.where(["year:"]).rows) == 3, "an empty value is unknown"
    with pytest.raises(UnknownName):
        table.where(["colour:blue"])
    with pytest.raises(BadInput):
        table.where(["leaks"])
    with pytest.raises(UnknownName):
        by_id(supply(STATED, AS_OF).tables, "wants")
    written = list(csv.reader(io.StringIO(table.csv(STATED).decode("utf-8-sig"))))
    assert written[0][:3] == ["utility_id", "utility", "region_id"]
    assert [row[1] for row in written[1:] if row[0] == "C"] == ["'=Gamma"]


def test_nothing_known_is_said_so() -> None:
    empty = network()
    assert "No need" in supply(empty, AS_OF).answer["text_s"]["text"]
    assert "No partnership" in resilience(empty, AS_OF).answer["text_s"]["text"]
    assert "No partnership" in reach(empty, AS_OF).answer["text_s"]["text"]
