"""How well each utility's offers cover each capability, as tables over utilities and capabilities.

The quality of an offer is ``level_share * level / 5 + (1 - level_share) * 0.5 ** (age / half_life_years)``, the
level and the age each counting 0.5 where unknown. An offer of a related capability counts its quality times the
closeness, where that reaches ``related_from``; the best offer counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from graph.model import Capability, Offer
from matcher.problem import Ints
from matcher.rules.settings import NeedCover

Floats = NDArray[np.float64]

NEUTRAL = 0.5
"""What unknown evidence counts, in 0..1: neither for nor against."""

HIGHEST_LEVEL = 5


@dataclass(frozen=True, eq=False)
class Covers:
    """For U utilities and K capabilities: what a utility's offers are worth for each capability.

    ``quality`` float64[U, K] in 0..1 (0: cannot work on it); ``through`` int64[U, K] is the offered capability
    that gives the quality (-1: none); ``closeness`` float64[U, K] of the closest offer, whatever its level.
    """

    quality: Floats
    through: Ints
    closeness: Floats


def closeness_table(capabilities: Sequence[Capability]) -> Floats:
    """Closeness in 0..1 of each capability (row) to each other (column); 1 to itself."""
    index = {capability.id: at for at, capability in enumerate(capabilities)}
    table = np.eye(len(capabilities))
    for at, capability in enumerate(capabilities):
        for other, closeness in capability.related:
            table[at, index[other]] = max(table[at, index[other]], closeness)
    return table


def build_covers(
    offers: Sequence[Offer],
    utility_index: Mapping[str, int],
    capabilities: Sequence[Capability],
    settings: NeedCover,
    related_from: float,
    as_of: date,
) -> Covers:
    """The tables for all utilities; shapes as in ``Covers``."""
    capability_index = {capability.id: at for at, capability in enumerate(capabilities)}
    shape = (len(utility_index), len(capabilities))
    direct = np.zeros(shape)
    offered = np.zeros(shape, dtype=np.bool_)
    rows = np.array([utility_index[offer.utility] for offer in offers], dtype=np.int64)
    columns = np.array([capability_index[offer.capability] for offer in offers], dtype=np.int64)
    levels = np.array([np.nan if offer.level is None else offer.level for offer in offers], dtype=np.float64)
    years = np.array([np.nan if offer.year is None else offer.year for offer in offers], dtype=np.float64)
    level_part = np.where(np.isnan(levels), NEUTRAL, np.clip(levels / HIGHEST_LEVEL, 0, 1))
    age = np.maximum(as_of.year - years, 0)
    age_part = np.where(np.isnan(years), NEUTRAL, 0.5 ** (age / settings.half_life_years))
    direct[rows, columns] = settings.level_share * level_part + (1 - settings.level_share) * age_part
    offered[rows, columns] = True

    table = closeness_table(capabilities)
    quality = np.zeros(shape)
    through = np.full(shape, -1, dtype=np.int64)
    closest = np.zeros(shape)
    order = np.arange(len(capabilities))
    for at in order:
        # The capability itself comes first, so that it wins where a related offer would be worth the same.
        for other in (at, *order[order != at]):
            close = max(table[at, other], table[other, at])
            if close <= 0:
                continue
            closest[:, at] = np.maximum(closest[:, at], np.where(offered[:, other], close, 0.0))
            if other == at or close >= related_from:
                worth = direct[:, other] * close
                better = offered[:, other] & (worth > quality[:, at])
                quality[better, at] = worth[better]
                through[better, at] = other
    return Covers(quality, through, closest)
