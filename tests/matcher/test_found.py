"""Problems that once went wrong, kept as problem files: every method must find what trying everything finds.

A campaign or a property test that finds another writes it here (``campaign.py --keep tests/matcher/found``):
points of very different sizes, which the floats of a relaxation cannot tell apart, so that price and fix alone ended
without a proof, missed the best answer or refused to begin; the whole model now takes over.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from brute_force import best_values
from campaign import proven_values

from matcher.problem_file import read_problem
from matcher.solve import Method

FOUND = sorted((Path(__file__).parent / "found").glob("*.json"))


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.stem)
@pytest.mark.parametrize("method", ["auto", "price", "whole"])
def test_a_problem_that_once_went_wrong_is_solved(path: Path, method: Method) -> None:
    problem = read_problem(path)
    assert proven_values(problem, method) == best_values(problem)
