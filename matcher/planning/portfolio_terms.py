"""What a portfolio is asked with, its money and targets as limits of a policy, and the forms of its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypedDict

from matcher.document import SentenceJson, UtilityRef
from matcher.policy import LimitSettings, Selection

BUDGET, FRAGILE, SMALL, LEAST = "plan_budget", "plan_fragile", "plan_small", "plan_least"
AMPLE = 10**9
"""A budget, in thousands, that nothing reaches."""
UNIT = 1_000
"""Money is counted in whole thousands: finer differences decide nothing and cost a proof."""


@dataclass(frozen=True)
class Terms:
    """What the portfolio is asked with; ``budget`` ``None``: as much as it takes; shares are of 1."""

    budget: int | None = None
    base_cost: float = 60_000.0
    cost_per_1000_km: float = 4_000.0
    unknown_distance_km: float = 5_000.0
    fragile_share: float = 0.0
    small_town_share: float = 0.0
    least: int = 0
    best: Literal["fit", "people"] = "fit"
    points: int = 8


class PortfolioPair(TypedDict):
    """A partnership of the set; people served by the mentee, fragile state and small town are ``None`` if unknown."""

    mentor: UtilityRef
    mentee: UtilityRef
    fit: float
    cost: int
    people: int | None
    fragile: bool | None
    small_town: bool | None


class PortfolioPoint(TypedDict):
    """The best set within a budget: what it costs and comes to; ``people`` is of ``people_known`` of the pairs."""

    budget: int | None
    spent: int
    pairs: int
    fit: float
    people: int
    people_known: int
    fragile: int
    small_town: int
    proven: bool


class PortfolioAnswer(TypedDict):
    """What the budget buys, and what others would; ``reasons`` where the targets cannot be met."""

    as_of: str
    best: Literal["fit", "people"]
    budget: int | None
    feasible: bool
    reasons: list[SentenceJson]
    eligible: int
    cheapest: int | None
    chosen: PortfolioPoint | None
    pairs: list[PortfolioPair]
    frontier: list[PortfolioPoint]
    text_s: SentenceJson


def limits_of(terms: Terms) -> tuple[LimitSettings, ...]:
    """The money and the targets as limits of a policy; the budget stands in for every budget of the frontier."""
    limits = [
        LimitSettings(
            id=BUDGET,
            title="Budget",
            counts="money",
            base_cost=terms.base_cost,
            cost_per_1000_km=terms.cost_per_1000_km,
            unknown_distance_km=terms.unknown_distance_km,
            at_most=AMPLE * UNIT if terms.budget is None else terms.budget,
        )
    ]
    for id, title, share, who in (
        (FRAGILE, "Share of fragile states", terms.fragile_share, Selection(fragile=True)),
        (SMALL, "Share of small towns", terms.small_town_share, Selection(small_town=True)),
    ):
        if share > 0:
            limits.append(LimitSettings(id=id, title=title, counts="share", mentee=who, at_least=share))
    if terms.least:
        limits.append(LimitSettings(id=LEAST, title="Partnerships in all", at_least=terms.least))
    return tuple(limits)
