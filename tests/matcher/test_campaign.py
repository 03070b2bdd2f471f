"""A share of the campaigns in ``campaign.py``: other seeds each time the command is run, always these here."""

from __future__ import annotations

import pytest
from campaign import middle, tiny
from random_forms import tiny_form

TOLD = ("equal", "nothing is possible, and all say so")


def test_problem_files_by_trying_everything() -> None:
    told = {seed: tiny(seed) for seed in range(60)}
    assert {seed: text for seed, text in told.items() if text not in TOLD} == {}


@pytest.mark.slow
def test_hundreds_of_problem_files_by_trying_everything() -> None:
    told = {seed: tiny(seed) for seed in range(1000, 1300)}
    assert {seed: text for seed, text in told.items() if text not in TOLD} == {}


def test_every_feature_of_the_form_is_drawn() -> None:
    forms = [tiny_form(seed) for seed in range(300)]
    parts = {
        "minimum load": any(mentor["minimum_load"] for form in forms for mentor in form["mentors"]),
        "staff-days": any(mentor["staff_days"] for form in forms for mentor in form["mentors"]),
        "several mentors": any(mentee["mentors_wanted"] > 1 for form in forms for mentee in form["mentees"]),
        "own days": any("days" in cover for form in forms for pair in form["pairs"] for cover in pair["covers"]),
        "listed": any("pairs" in limit for form in forms for limit in form["limits"]),
        "attributes": any(limit.get("where", {}).get("mentee") for form in forms for limit in form["limits"]),
        "same": any(limit.get("where", {}).get("same") for form in forms for limit in form["limits"]),
        "different": any(limit.get("where", {}).get("different") for form in forms for limit in form["limits"]),
        "column": any("column" in limit for form in forms for limit in form["limits"]),
        "pins": any(form["pins"] for form in forms),
        "forbids": any(form["forbids"] for form in forms),
        "goals in order": any(len(form["goals"]) == 3 for form in forms),
        "change tax": any(form.get("change_tax", {}).get("points") for form in forms),
    }
    assert all(parts.values()), parts


@pytest.mark.parametrize("seed", range(4))
def test_price_and_fix_cp_sat_and_highs_agree(seed: int) -> None:
    assert middle(seed) in TOLD


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1012))
def test_price_and_fix_cp_sat_and_highs_agree_on_more(seed: int) -> None:
    assert middle(seed) in TOLD
