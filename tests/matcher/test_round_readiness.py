"""Counts before a solve: against trying every assignment, and against what the solver then does."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from networks import AS_OF as KNOWN_BY
from networks import random_network
from tiny_rounds import AS_OF, tiny_network

from graph.register import with_inferred
from matcher.build import build_problem
from matcher.participants import choose_participants
from matcher.policy import parse_policy
from matcher.problem import Problem
from matcher.proposal import propose
from matcher.rounds.readiness import findings, most_served, preview

SERVE = parse_policy({"name": "serve", "goals": ["most_mentees"]}, "test")


def most_by_trying(problem: Problem) -> int:
    """The most mentees with a mentor, by every choice of one mentor or none for each."""
    options = [
        [-1, *problem.pair_mentor[(problem.pair_mentee == at) & ~problem.forbidden].tolist()]
        for at in range(len(problem.mentee_ids))
    ]
    best = 0
    for choice in product(*options):
        taken = np.bincount([mentor for mentor in choice if mentor >= 0], minlength=len(problem.places))
        if (taken <= problem.places).all():
            best = max(best, sum(mentor >= 0 for mentor in choice))
    return best


@pytest.mark.parametrize("seed", range(40))
def test_the_most_that_can_be_served_is_what_trying_everything_finds(seed: int) -> None:
    random = np.random.default_rng(seed)
    network = tiny_network(random, int(random.integers(1, 4)), int(random.integers(1, 6)))
    problem = build_problem(network, choose_participants(network, SERVE, AS_OF), SERVE).problem
    usable = ~problem.forbidden & (problem.places[problem.pair_mentor] > 0)
    assert most_served(problem, usable) == most_by_trying(problem)


@pytest.mark.parametrize("seed", range(12))
def test_a_preview_is_what_the_solver_reaches_without_limits(seed: int) -> None:
    network = with_inferred(random_network(seed, 14), KNOWN_BY)
    seen = preview(network, SERVE, KNOWN_BY)
    document = propose(network, SERVE, as_of=KNOWN_BY)
    assert seen.mentees == document["totals"]["mentees"]
    assert seen.places == document["totals"]["places"]
    assert sum(row["count"] for row in seen.without) == seen.mentees - seen.most_served
    if document["totals"]["places"]:
        assert document["totals"]["served"] <= seen.most_served
    unlimited = all(network.utility_by_id[id].mentor_staff_days is None for id in network.utility_by_id)
    if unlimited and not any(offer.staff_days for offer in network.offers):
        assert document["totals"]["served"] == seen.most_served


def test_readiness_names_what_is_missing_and_what_stops() -> None:
    network = tiny_network(np.random.default_rng(1), 3, 4)
    policy = parse_policy({"name": "x", "participants": {"places": {"M0": 0}}}, "test")
    found = {finding["code"]: finding for finding in findings(network, policy, AS_OF)}
    assert found["no_places"]["utilities"] == ["M0"]
    assert not found["no_places"]["stops"]
    nobody = parse_policy({"name": "x", "participants": {"mentors": {"utilities": ["N0"]}}}, "test")
    stops = [finding["code"] for finding in findings(network, nobody, AS_OF) if finding["stops"]]
    assert stops == ["no_mentors"]
    clash = parse_policy(
        {
            "name": "x",
            "participants": {"places": {"M1": 1}},
            "pins": [{"mentor": "M1", "mentee": "N1"}, {"mentor": "M1", "mentee": "N2"}],
        },
        "test",
    )
    impossible = [finding for finding in findings(network, clash, AS_OF) if finding["stops"]]
    assert [finding["code"] for finding in impossible] == ["impossible"]
    assert "Mentor 1" in impossible[0]["text_s"]["text"]
