"""The planner's questions: what each may be asked with, and how it is answered from what its reader may see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Literal, Protocol, cast

from pydantic import BaseModel, Field

from graph.errors import UnknownName
from graph.network import Network
from graph.sentences import Sentence, say
from matcher.planning.reach import reach
from matcher.planning.resilience import LEAVING, MOST_LEAVING, resilience
from matcher.planning.results import results
from matcher.planning.supply import supply
from matcher.planning.tables import PlanTable
from matcher.planning.watch import Watch
from matcher.policy import Policy, ready_policies
from web.snapshot import Knowledge
from web.twin import Query

FIRST_YEAR = 1900
MOST_MONEY = 10**11
BASE_COST, TRAVEL_COST = 60_000, 4_000
OF_LATEST = "Id of a ready policy; without it that of the latest proposal."
FRONTIER_POINTS = 4


class SupplyQuery(Query):
    """Which part of supply and demand."""

    year: int | None = Field(
        default=None, ge=FIRST_YEAR, le=2200, description="What was known by the end of it; the year of the data."
    )
    capability: str | None = Field(default=None, max_length=200, description="Id of a capability.")
    region: str | None = Field(default=None, max_length=200, description="Id of a region.")
    language: str | None = Field(default=None, max_length=20, description="ISO 639 code of a working language.")


class OfCapacity(BaseModel):
    """Under which policy."""

    policy: str | None = Field(default=None, max_length=100, description=OF_LATEST)


class OfPortfolio(OfCapacity):
    """What a budget is to buy."""

    budget: int | None = Field(default=None, ge=0, le=MOST_MONEY, description="Money there is; without it, no limit.")
    base_cost: int = Field(default=BASE_COST, ge=1, le=10**9, description="What each partnership costs.")
    cost_per_1000_km: int = Field(default=TRAVEL_COST, ge=0, le=10**9, description="What each 1,000 km adds.")
    fragile_percent: int = Field(default=0, ge=0, le=100, description="Least share of mentees in fragile states.")
    small_town_percent: int = Field(default=0, ge=0, le=100, description="Least share of mentees that are small towns.")
    least: int = Field(default=0, ge=0, le=100_000, description="Least number of partnerships.")
    best: Literal["fit", "people"] = Field(default="fit", description="What is to be most.")


class CapacityQuery(OfCapacity, Query):
    """Under which policy scarcity is asked about."""


class PortfolioQuery(OfPortfolio, Query):
    """What a budget is to buy, and under which policy."""


class ResilienceQuery(Query):
    """How many mentors leave."""

    leaving: int = Field(default=LEAVING, ge=1, le=MOST_LEAVING, description="How many of the busiest mentors leave.")


class Answered(Protocol):
    """An answer as plain data, and the rows it counts."""

    @property
    def answer(self) -> Any:
        """The answer."""

    @property
    def tables(self) -> tuple[PlanTable, ...]:
        """The rows."""


@dataclass(frozen=True)
class Question:
    """A planning question: its title, what it may be asked with, and how it is answered.

    Either ``ask`` answers it from what is known, or ``solve`` by solving a round, which may take long.
    """

    id: str
    title: Sentence
    query: type[Query]
    ask: Callable[[Knowledge, Any], Answered] | None = None
    solve: Callable[[Network, Policy, date, Any, Watch], Answered] | None = None

    @property
    def at_once(self) -> bool:
        """Whether it is answered without solving a round, so that the list of questions may answer it."""
        return self.solve is None


def parameters(query: Query) -> dict[str, Any]:
    """What a question is asked with, apart from the form of the answer."""
    return query.model_dump(exclude={"lang", "format"})


def _supply(known: Knowledge, query: SupplyQuery) -> Answered:
    return supply(known.network, known.as_of, **parameters(query))


def _capacity(network: Network, policy: Policy, as_of: date, _query: CapacityQuery, watch: Watch) -> Answered:
    from matcher.planning.capacity import capacity  # the solver's libraries, only where it is asked for

    return capacity(network, policy, as_of, watch=watch)


def _portfolio(network: Network, policy: Policy, as_of: date, query: PortfolioQuery, watch: Watch) -> Answered:
    from matcher.planning.portfolio import exact_solver, portfolio
    from matcher.planning.portfolio_terms import Terms

    terms = Terms(
        budget=query.budget,
        base_cost=query.base_cost,
        cost_per_1000_km=query.cost_per_1000_km,
        fragile_share=query.fragile_percent / 100,
        small_town_share=query.small_town_percent / 100,
        least=query.least,
        best=query.best,
        points=FRONTIER_POINTS,
    )
    solver = partial(exact_solver, cancelled=watch.cancelled)
    return portfolio(network, policy, as_of, terms, solver=solver, watch=watch)


def policy_for(known: Knowledge, id: str | None) -> Policy:
    """A ready policy, or that of the latest proposal as its reader may see it; raises ``UnknownName``."""
    from web.solved import policy_on

    if id is not None and id not in ready_policies():
        raise UnknownName(say("ready policy"), id, ready_policies())
    chosen = known.policy if id is None else ready_policies()[id]
    key = ("policy", id)
    if key not in known.answers:
        known.answers[key] = policy_on(known.network, chosen, known.as_of)
    return cast(Policy, known.answers[key])


QUESTIONS: Mapping[str, Question] = {
    question.id: question
    for question in (
        Question("supply", say("Where does need outstrip supply?"), SupplyQuery, _supply),
        Question("scarcity", say("What is scarce, and who could teach next?"), CapacityQuery, solve=_capacity),
        Question("portfolio", say("What does a budget buy?"), PortfolioQuery, solve=_portfolio),
        Question(
            "resilience",
            say("What breaks if the busiest mentors leave?"),
            ResilienceQuery,
            lambda known, query: resilience(known.network, known.as_of, **parameters(query)),
        ),
        Question(
            "reach",
            say("How many people do the utilities helped serve?"),
            Query,
            lambda known, _query: reach(known.network, known.as_of),
        ),
        Question(
            "results",
            say("What works?"),
            Query,
            lambda known, _query: results(known.network, known.as_of),
        ),
    )
}


def key_of(question: Question, query: Query) -> tuple[object, ...]:
    """What names the answer among those kept."""
    return (question.id, *sorted(parameters(query).items()))
