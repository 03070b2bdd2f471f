"""Four habits to compare with: what ranking without any rule would have found.

Each gives a number per candidate, float64[P]; more is better. ``random`` gives all the same: ties are counted by
expectation (``matcher.backtest.measures``), so no random number is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from matcher.backtest.hidden import Hidden
from matcher.covers import Floats

FIRST, SECOND = 1e8, 1e4
"""Weights by which one count comes before another."""


def by_chance(hidden: Hidden) -> Floats:
    """Every candidate the same."""
    return np.zeros(len(hidden.pool))


def by_popularity(hidden: Hidden) -> Floats:
    """How often each was a mentor before."""
    return _count(hidden, lambda _region, _topics: 1.0)


def by_region(hidden: Hidden) -> Floats:
    """How often each was a mentor in the mentee's region before; then by popularity."""
    return FIRST * _count(hidden, lambda region, _topics: float(region)) + by_popularity(hidden)


def by_region_and_topic(hidden: Hidden) -> Floats:
    """On how many of the mentee's topics each worked in its region before; then by region, then by popularity."""
    on_topic = _count(hidden, lambda region, topics: float(region) * topics)
    in_region = _count(hidden, lambda region, _topics: float(region))
    return FIRST * on_topic + SECOND * in_region + by_popularity(hidden)


def _count(hidden: Hidden, worth: Callable[[bool, int], float]) -> Floats:
    """Sum over earlier partnerships of each candidate of ``worth(same region, topics in common)``."""
    past, place = hidden.past, {id: at for at, id in enumerate(hidden.pool)}
    home = past.region_of(past.utility_by_id[hidden.partnership.mentee]).id
    topics = set(hidden.partnership.capabilities)
    counts = np.zeros(len(hidden.pool))
    for part in past.partnerships:
        if part.mentor in place:
            region = past.region_of(past.utility_by_id[part.mentee]).id == home
            counts[place[part.mentor]] += worth(region, len(topics & set(part.capabilities)))
    return counts


BASELINES: Mapping[str, Callable[[Hidden], Floats]] = MappingProxyType(
    {
        "random": by_chance,
        "popularity": by_popularity,
        "region": by_region,
        "region_topic": by_region_and_topic,
    }
)
