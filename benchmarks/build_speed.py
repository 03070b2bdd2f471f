"""How long building a problem takes, and how much memory: python benchmarks/build_speed.py MENTORS MENTEES [SEED].

The network is invented in memory: 29 capabilities of the taxonomy, real countries, four offers a mentor, three
needs a mentee, a third of everything unknown. Prints seconds, peak resident memory and pairs.
"""

from __future__ import annotations

import resource
import sys
import time
from datetime import date

import numpy as np

from graph.model import Need, Observation, Offer, Utility
from graph.network import Network
from graph.reference import capabilities, countries, regions
from matcher.build import build_problem
from matcher.participants import choose_participants
from matcher.policy import load_policy

AS_OF = date(2025, 6, 30)


def invented_network(mentors: int, mentees: int, seed: int) -> Network:
    """Mentors first, then mentees, with offers, needs and figures drawn at random."""
    rng = np.random.default_rng(seed)
    lands, topics = countries(), capabilities()
    count = mentors + mentees
    land = rng.integers(len(lands), size=count)
    yes = rng.integers(3, size=(4, count))
    flags = (None, True, True)
    utilities = tuple(
        Utility(
            id=f"U{at:06}",
            name=f"Utility {at}",
            country=lands[land[at]].id,
            languages=lands[land[at]].languages,
            ownership=(None, "public", "municipal")[yes[0, at]],
            not_for_profit=flags[yes[1, at]],
            water_source=(None, "surface_water", "groundwater")[yes[2, at]],
            investment_coming=flags[yes[3, at]],
        )
        for at in range(count)
    )
    offers = tuple(
        Offer(f"U{at:06}", topics[topic].id, level=int(rng.integers(1, 6)), year=int(rng.integers(2005, 2025)))
        for at in range(mentors)
        for topic in sorted(rng.choice(len(topics), size=4, replace=False).tolist())
    )
    needs = tuple(
        Need(f"U{at:06}", topics[topic].id, priority=int(rng.integers(1, 4)))
        for at in range(mentors, count)
        for topic in sorted(rng.choice(len(topics), size=3, replace=False).tolist())
    )
    sizes = np.exp(rng.normal(11.5, 1.5, size=count))
    losses = rng.uniform(5, 70, size=count)
    observations = tuple(
        Observation(f"U{at:06}", metric, float(value), 2022)
        for at in range(count)
        if at % 3
        for metric, value in (("nrw_percent", losses[at]), ("population_served", round(sizes[at])))
    )
    return Network(
        revision=1,
        utilities=utilities,
        offers=tuple(sorted(offers, key=lambda offer: (offer.utility, offer.capability))),
        needs=tuple(sorted(needs, key=lambda need: (need.utility, need.capability))),
        partnerships=(),
        observations=observations,
        regions=regions(),
        capabilities=tuple(sorted(topics, key=lambda topic: topic.id)),
        countries=tuple(sorted(lands, key=lambda each: each.id)),
    )


def main(mentors: int, mentees: int, seed: int) -> None:
    """Measure one size with the ready policy ``best_fit``."""
    network = invented_network(mentors, mentees, seed)
    policy = load_policy("best_fit")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    participants = choose_participants(network, policy, AS_OF)
    built = build_problem(network, participants, policy)
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    eligible = built.problem.pair_count + int(built.below_floor.sum())
    print(f"mentors {mentors:,}, mentees {mentees:,}: {mentors * mentees:,} candidate pairs")
    print(f"seconds {seconds:.2f}; peak {after / 1024:,.0f} MB (network alone {before / 1024:,.0f} MB)")
    print(
        f"eligible {eligible:,}, above the floor {built.problem.pair_count:,}, covers {len(built.problem.cover_pair):,}"
    )


if __name__ == "__main__":
    sizes = [int(word) for word in sys.argv[1:]] or [300, 1000]
    main(sizes[0], sizes[1], sizes[2] if len(sizes) > 2 else 1)
