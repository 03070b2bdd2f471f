"""Small invented networks in which anything may be unknown, for tests of rules and building."""

from __future__ import annotations

from datetime import date

import numpy as np

from graph.model import Capability, Country, Need, Observation, Offer, Partnership, Region, Utility
from graph.network import Network

AS_OF = date(2024, 6, 30)
TOPICS = ("billing_collection", "leak_detection", "non_revenue_water", "service_extension", "tariff_setting")
REGIONS = (
    Region("Eastern Africa", "Eastern Africa", "Africa"),
    Region("South America", "South America", "Americas"),
    Region("Western Africa", "Western Africa", "Africa"),
)
COUNTRIES = (
    Country("BFA", "Burkina Faso", "Western Africa", "low", 2024, True, 2024, ("fr",), 12.4, -1.5, 0.0),
    Country("BRA", "Brazil", "South America", "upper_middle", 2024, False, 2024, ("pt",), -15.8, -47.9, -3.0),
    Country("KEN", "Kenya", "Eastern Africa", "lower_middle", 2024, None, None, ("en", "sw"), -1.3, 36.8, 3.0),
    Country("UGA", "Uganda", "Eastern Africa", "low", 2024, False, 2024, ("en", "sw"), 0.3, 32.6, 3.0),
    Country("XXX", "Nowhere", "South America"),
)
CAPABILITIES = tuple(
    Capability(id, id.replace("_", " ").capitalize(), "", "Group", related)
    for id, related in (
        ("billing_collection", (("tariff_setting", 0.6),)),
        ("leak_detection", (("non_revenue_water", 0.8),)),
        ("non_revenue_water", (("leak_detection", 0.8),)),
        ("service_extension", ()),
        ("tariff_setting", (("billing_collection", 0.6),)),
    )
)


def network_of(
    utilities: tuple[Utility, ...],
    offers: tuple[Offer, ...] = (),
    needs: tuple[Need, ...] = (),
    partnerships: tuple[Partnership, ...] = (),
    observations: tuple[Observation, ...] = (),
) -> Network:
    """A network over the countries and capabilities here."""
    return Network(
        revision=1,
        utilities=tuple(sorted(utilities, key=lambda each: each.id)),
        offers=tuple(sorted(offers, key=lambda each: (each.utility, each.capability))),
        needs=tuple(sorted(needs, key=lambda each: (each.utility, each.capability))),
        partnerships=partnerships,
        observations=observations,
        capabilities=CAPABILITIES,
        countries=COUNTRIES,
        regions=REGIONS,
    )


def random_network(seed: int, count: int = 9) -> Network:
    """``count`` utilities, each offering and needing up to three topics, each attribute unknown one time in three."""
    rng = np.random.default_rng(seed)

    def some(*values: object) -> object:
        return None if rng.random() < 1 / 3 else values[int(rng.integers(len(values)))]

    def others(chance: float) -> tuple[str, ...]:
        return tuple(f"U{at}" for at in range(count) if rng.random() < chance)

    utilities = tuple(
        Utility(
            id=f"U{at}",
            name=f"Utility {at}",
            country=COUNTRIES[int(rng.integers(len(COUNTRIES)))].id,
            languages=(("en",), ("fr", "en"), ())[int(rng.integers(3))],
            ownership=some("public", "municipal"),  # type: ignore[arg-type]  # any of the values given
            not_for_profit=some(True, True, False),  # type: ignore[arg-type]
            charter_signed_on=some("2020-01-31", "2025-01-31"),  # type: ignore[arg-type]
            leadership_letter=some(True, False),  # type: ignore[arg-type]
            water_source=some("groundwater", "surface_water"),  # type: ignore[arg-type]
            network_type=some("gravity", "pumped"),  # type: ignore[arg-type]
            climate=some("arid", "humid"),  # type: ignore[arg-type]
            latitude=1.0 * at if at % 3 == 0 else None,
            longitude=2.0 * at if at % 3 == 0 else None,
            mentor_places=some(0, 1, 3),  # type: ignore[arg-type]
            investment_coming=some(True, False),  # type: ignore[arg-type]
            facilitator=some("Platform A", "Platform B"),  # type: ignore[arg-type]
            twinned_with=others(0.1),
            preferred_partners=others(0.1),
            refused_partners=others(0.05),
        )
        for at in range(count)
    )
    topics = [[topic for topic in TOPICS if rng.random() < 0.4] for _ in range(2 * count)]
    offers = tuple(
        Offer(f"U{at}", topic, level=some(1, 3, 5), year=some(2000, 2015, 2023))  # type: ignore[arg-type]
        for at in range(count)
        for topic in topics[at]
    )
    needs = tuple(
        Need(f"U{at}", topic, priority=some(1, 2, 3), staff_days=some(5.0, 12.5))  # type: ignore[arg-type]
        for at in range(count)
        for topic in topics[count + at]
    )
    partnerships = tuple(
        Partnership(
            id=f"P{at}",
            wop=f"w{at}",
            mentor=f"U{int(pair[0])}",
            mentee=f"U{int(pair[1])}",
            capabilities=("non_revenue_water",),
            start_year=some(2010, 2019, 2023),  # type: ignore[arg-type]
            end_year=some(2024, 2026) if rng.random() < 0.3 else None,  # type: ignore[arg-type]
            confidence="high",
        )
        for at, pair in enumerate(rng.integers(count, size=(5, 2)))
        if pair[0] != pair[1]
    )
    figures = (
        ("population_served", 200_000),
        ("connections", 40_000),
        ("nrw_percent", 100),
        ("collection_percent", 100),
    )
    observations = tuple(
        Observation(f"U{at}", metric, float(rng.random() * top), 2020)
        for at in range(count)
        for metric, top in figures
        if rng.random() < 2 / 3
    )
    return network_of(utilities, offers, needs, partnerships, observations)
