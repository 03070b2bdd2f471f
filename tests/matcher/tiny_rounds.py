"""Tiny whole rounds, small enough to try everything: a drawn network, a drawn policy, and every proposal there is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import chain, combinations

import numpy as np
from brute_force import best_values

from graph.errors import NothingFeasible
from graph.model import Capability, Country, Need, Offer, Region, Utility
from graph.network import Network
from matcher.changes import Change, changed
from matcher.explain.round import SolvedRound, solved_round
from matcher.policy import Policy, parse_policy
from matcher.problem import Problem

AS_OF = date(2024, 6, 30)
MOST_PAIRS = 7
CAPABILITIES = ("leaks", "meters", "tariffs")


def tiny_network(random: np.random.Generator, mentors: int, mentees: int) -> Network:
    """Mentors M0.. and mentees N0.., three topics, three countries in two regions."""
    countries = ("AAA", "BBB", "CCC")
    utilities = [
        Utility(
            id=f"M{at}",
            name=f"Mentor {at}",
            country=str(random.choice(countries)),
            languages=(str(random.choice(["en", "fr"])),),
            mentor_places=int(random.integers(1, 3)),
            mentor_staff_days=[None, None, 20.0, 40.0][random.integers(4)],
        )
        for at in range(mentors)
    ] + [
        Utility(id=f"N{at}", name=f"Mentee {at}", country=str(random.choice(countries)), languages=("en",))
        for at in range(mentees)
    ]
    offers = [
        Offer(utility.id, capability, level=int(random.integers(1, 6)), year=int(random.integers(2012, 2025)))
        for utility in utilities[:mentors]
        for capability in CAPABILITIES
        if random.random() < 0.6
    ]
    needs = [
        Need(utility.id, capability, priority=int(random.integers(1, 4)))
        for utility in utilities[mentors:]
        for capability in CAPABILITIES
        if random.random() < 0.6
    ]
    return Network(
        revision=1,
        utilities=tuple(utilities),
        offers=tuple(offers),
        needs=tuple(needs),
        partnerships=(),
        observations=(),
        capabilities=tuple(Capability(id, id.title(), "", "group") for id in CAPABILITIES),
        countries=(
            Country("AAA", "Aland", "R1", fragile=True, languages=("en",)),
            Country("BBB", "Bland", "R1", fragile=False, languages=("fr",)),
            Country("CCC", "Cland", "R2", fragile=True, languages=("en",)),
        ),
        regions=(Region("R1", "Region One"), Region("R2", "Region Two")),
    )


def tiny_policy(random: np.random.Generator, goals: tuple[str, ...] = ()) -> Policy:
    """A drawn policy: some goals, perhaps two mentors a mentee, a mandatory rule, a limit, a floor."""
    drawn = (
        ("best_fit",),
        ("most_partnerships", "best_fit"),
        ("fragile_first", "best_fit"),
        ("most_needs", "best_fit"),
    )
    form: dict[str, object] = {
        "name": "Tiny",
        "quality_floor": float(random.choice([0.0, 0.3])),
        "goals": list(goals or drawn[random.integers(len(drawn))]),
        "participants": {"mentors_wanted": int(random.choice([1, 1, 2]))},
    }
    if random.random() < 0.2:
        form["forbids"] = [{"mentor": "M0", "mentee": "N0"}]
    if random.random() < 0.4:
        form["rules"] = {"language": {"mode": "mandatory", "weight": 1.0}}
    if random.random() < 0.5:
        limit = {"id": "across", "title": "Across regions", "cross_region": True, "at_most": int(random.integers(0, 2))}
        form["limits"] = [limit]
    return parse_policy(form, "tiny.toml")


def tiny_round(seed: int, goals: tuple[str, ...] = ()) -> SolvedRound | None:
    """A solved round of at most ``MOST_PAIRS`` pairs; ``None`` where the draw has no pair, or more."""
    random = np.random.default_rng(seed)
    network = tiny_network(random, int(random.integers(1, 4)), int(random.integers(1, 5)))
    try:
        round = solved_round(network, tiny_policy(random, goals), AS_OF)
    except NothingFeasible:
        return None
    return round if 0 < round.problem.pair_count <= MOST_PAIRS else None


def tiny_rounds(count: int, goals: tuple[str, ...] = ()) -> list[tuple[int, SolvedRound]]:
    """The first ``count`` rounds there are, with the seeds they were drawn from."""
    found: list[tuple[int, SolvedRound]] = []
    seed = 0
    while len(found) < count:
        round = tiny_round(seed, goals)
        if round is not None:
            found.append((seed, round))
        seed += 1
    return found


def values(round: SolvedRound) -> tuple[int, ...]:
    """What each goal reached."""
    return tuple(goal.value for goal in round.result.goals)


def lost(round: SolvedRound, *changes: Change) -> tuple[int, ...] | None:
    """What the changes cost by goal (tie-break left out), by trying everything; ``None``: nothing is possible."""
    return lost_to(round, changed(round.problem, *changes))


def lost_to(round: SolvedRound, problem: Problem) -> tuple[int, ...] | None:
    """What it costs by goal that the problem becomes another one, by trying everything."""
    best = best_values(problem)
    if best is None:
        return None
    return tuple(before - after for before, after in zip(values(round), best, strict=True))[:-1]


def every_proposal(problem: Problem) -> dict[tuple[int, ...], tuple[int, ...]]:
    """Each set of pairs that keeps all rules, with the best values its needs can give it."""
    found = {}
    pairs = range(problem.pair_count)
    for chosen in chain.from_iterable(combinations(pairs, size) for size in range(problem.pair_count + 1)):
        inside = np.isin(np.arange(problem.pair_count), chosen)
        if (problem.pinned & ~inside).any() or (problem.forbidden & inside).any():
            continue
        best = best_values(replace(problem, pinned=inside, forbidden=~inside))
        if best is not None:
            found[chosen] = best
    return found
