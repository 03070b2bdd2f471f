"""The figures of evenness, against their definitions tried out by hand and by every pair of values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.rounds.evenness import by_group, evenness, gini


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_gini_is_half_the_relative_mean_difference_of_every_pair(values: list[float]) -> None:
    if sum(values) < 1e-6:
        return
    apart = sum(abs(one - other) for one in values for other in values)
    assert gini(values) == pytest.approx(apart / (2 * len(values) * sum(values)), abs=6e-5)


def test_a_mentee_counts_once_with_its_best_fit_and_without_a_partner_with_nothing() -> None:
    found = evenness(["A", "B", "C"], [("A", 0.4), ("A", 0.8), ("B", 0.8)])
    assert found == {"served": 2, "fits": 2, "lowest": 0.8, "lowest_tenth": 0.8, "gini": 0.3333}
    assert gini([0, 0]) is None
    assert gini([]) is None


def test_a_fit_that_is_not_known_is_in_no_figure_of_fit() -> None:
    found = evenness(["A", "B"], [("A", None), ("B", 0.5)])
    assert (found["served"], found["fits"], found["gini"]) == (2, 1, 0.0)
    assert evenness(["A"], []) == {"served": 0, "fits": 0, "lowest": None, "lowest_tenth": None, "gini": None}


def test_groups_count_the_whole_pool() -> None:
    rows = by_group({"A": "x", "B": "x", "C": "y"}, ["A", "A"], ["C"])
    assert rows == [
        {"group": "x", "mentees": 2, "proposed": 1, "final": 0},
        {"group": "y", "mentees": 1, "proposed": 0, "final": 1},
    ]
