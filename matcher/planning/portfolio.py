"""Portfolio: what a budget buys: the best set of partnerships under travel costs and target shares, and the frontier.

A partnership costs ``base_cost`` and ``cost_per_1000_km`` for each 1,000 km between the two utilities (a great circle
between their positions, or the main cities of their countries), rounded up to whole thousands; where the distance is
unknown ``unknown_distance_km`` stands for it. Budget and shares are limits of the policy (``matcher.limits``), so
the answer is that of the exact solver, verified, with its proof. The best set has most fit in total, or serves most
people; a mentee whose people are unknown adds none to that sum, which is then a lower bound, and has one mentor at most
so that nobody is counted twice. A search ends after counted work, so the answer is the same on every machine; where
that comes before the proof, the best found is said to be that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from graph.errors import NothingFeasible, TooLarge
from graph.network import Network
from graph.sentences import Sentence, say
from matcher.build import Built, build_problem
from matcher.document import POINTS
from matcher.explain.frontier import FrontierPoint, frontier_svg
from matcher.pairs import utility_ref
from matcher.participants import choose_participants
from matcher.planning.portfolio_terms import (
    AMPLE,
    BUDGET,
    UNIT,
    PortfolioAnswer,
    PortfolioPair,
    PortfolioPoint,
    Terms,
    limits_of,
)
from matcher.planning.tables import Column, PlanTable
from matcher.planning.watch import UNWATCHED, Watch
from matcher.policy import Policy
from matcher.problem import Goal, Ints, Problem
from matcher.result import Result
from matcher.verify import verify
from matcher.what_if import Solver

WORK = 2.0
"""Work of one search, in units of ``matcher.work``."""


@dataclass(frozen=True)
class Portfolio:
    """The answer and the rows it counts."""

    answer: PortfolioAnswer
    tables: tuple[PlanTable, ...]


@dataclass(frozen=True, eq=False)
class _Priced:
    """The pairs of a problem with what each costs and whom it reaches: int64[P], -1 where unknown."""

    built: Built
    problem: Problem
    cost: Ints
    people: Ints
    fragile: Ints
    small: Ints


def portfolio(
    network: Network,
    policy: Policy,
    as_of: date,
    terms: Terms,
    *,
    solver: Solver,
    watch: Watch = UNWATCHED,
) -> Portfolio:
    """The best set of partnerships within the budget and its targets, and the frontier over budgets.

    ``network`` carries what the register implies by ``as_of``. Raises what building and solving raise, except
    ``NothingFeasible``, which is answered with its reasons; and what ``watch`` raises.
    """
    changes = {"limits": (*policy.limits, *limits_of(terms)), "pairing": "best", "goals": ("best_fit",)}
    asked = policy.model_copy(update=changes)
    watch.tell("Scoring pairs", 0.0)
    built = build_problem(network, choose_participants(network, asked, as_of), asked)
    watch.check(built.problem.pair_count)
    watch.tell("Solving", 0.1)
    priced = _priced(built, terms)
    problem = priced.problem
    answer: PortfolioAnswer = {
        "as_of": as_of.isoformat(),
        "best": terms.best,
        "budget": terms.budget,
        "feasible": False,
        "reasons": [],
        "eligible": int((~problem.forbidden).sum()),
        "cheapest": int(priced.cost[~problem.forbidden].min()) if (~problem.forbidden).any() else None,
        "chosen": None,
        "pairs": [],
        "frontier": [],
        "text_s": Sentence("").to_json(),
    }
    try:
        _check_least(priced, terms)
        result = _solved(priced, terms.budget, solver)
    except NothingFeasible as clash:
        reasons = tuple(clash.reasons) or (clash.message,)
        answer["reasons"] = [reason.to_json() for reason in reasons]
        answer["text_s"] = say("The targets cannot be met together: {reasons}", reasons=reasons).to_json()
        return Portfolio(answer, (_table(()),))
    answer["feasible"] = True
    answer["chosen"] = _point(priced, terms.budget, result)
    answer["pairs"] = _pairs(priced, result)
    answer["frontier"] = _frontier(priced, terms, solver, watch)
    answer["reasons"] = [reason.to_json() for reason in _empty(priced, terms, result)]
    answer["text_s"] = _headline(answer).to_json()
    rows = tuple(
        (
            pair["mentor"]["id"],
            pair["mentee"]["id"],
            round(pair["fit"], 4),
            pair["cost"],
            pair["people"],
            pair["fragile"],
            pair["small_town"],
        )
        for pair in answer["pairs"]
    )
    return Portfolio(answer, (_table(rows),))


def exact_solver(problem: Problem, cancelled: Callable[[], bool] | None = None) -> Result:
    """The solver of portfolios: exact, within counted work."""
    from matcher.solve import SolvePolicy, solve  # the solver's libraries, only where it is asked for

    return solve(problem, SolvePolicy(work_limit=WORK), 0, cancelled=cancelled)


def portfolio_svg(answer: PortfolioAnswer, number: Callable[[float], str] = "{:,}".format) -> str:
    """The frontier as a picture: money to the right, what it buys upwards (total fit, or people)."""
    people = answer["best"] == "people"
    points: list[FrontierPoint] = [
        {
            "first": point["people"] if people else round(100 * point["fit"]),
            "second": point["spent"],
            "pairs": point["pairs"],
            "proven": point["proven"],
        }
        for point in answer["frontier"]
    ]
    return frontier_svg(
        {
            "first": {"id": answer["best"], "title_s": answer["text_s"]},
            "second": {"id": BUDGET, "title_s": answer["text_s"]},
            "complete": False,
            "points": points,
            "text_s": answer["text_s"],
        },
        number=number,
        upwards=number if people else lambda hundredths: number(hundredths / 100),
    )


def _priced(built: Built, terms: Terms) -> _Priced:
    problem, features = built.problem, built.features
    rows = built.mentee_rows[problem.pair_mentee]
    people = features.population[rows]
    known = ~np.isnan(people)
    whole = np.where(known, np.nan_to_num(people), -1).astype(np.int64)
    below = built.policy.participants.small_town_below
    cost = np.zeros(problem.pair_count, dtype=np.int64)
    limit = next(limit for limit in problem.limits if limit.id == BUDGET)
    thousands = -(-limit.coefficients // UNIT)
    cost[limit.pairs] = thousands * UNIT
    coarse = replace(limit, coefficients=thousands)
    problem = replace(problem, limits=tuple(coarse if each.id == BUDGET else each for each in problem.limits))
    if terms.best == "people":
        values = np.maximum(whole, 0)
        goal = Goal("people_served", say("People served"), values, np.zeros(len(problem.cover_pair), dtype=np.int64))
        problem = replace(problem, goals=(goal, *problem.goals), wanted=np.minimum(problem.wanted, 1))
    return _Priced(
        built, problem, cost, whole, features.fragile[rows], np.where(known, (whole < below).astype(np.int64), -1)
    )


def _solved(priced: _Priced, budget: int | None, solve: Solver) -> Result:
    """The best set within a budget, verified."""
    upper = AMPLE if budget is None else budget // UNIT
    limits = tuple(replace(limit, upper=upper) if limit.id == BUDGET else limit for limit in priced.problem.limits)
    problem = replace(priced.problem, limits=limits)
    result = solve(problem)
    verify(problem, result)
    return result


def _check_least(priced: _Priced, terms: Terms) -> None:
    """Raise ``NothingFeasible`` where even the cheapest partnerships, one a mentee, are dearer than the budget."""
    if terms.budget is None or not terms.least:
        return
    able = np.flatnonzero(~priced.problem.forbidden)
    cheapest = np.full(len(priced.problem.mentee_ids), AMPLE * UNIT, dtype=np.int64)
    np.minimum.at(cheapest, priced.problem.pair_mentee[able], priced.cost[able])
    # A mentee with several mentors pays for each, none of them less than its cheapest.
    costs = np.sort(np.repeat(cheapest, priced.problem.wanted))[: terms.least]
    if len(costs) == terms.least and (costs < AMPLE * UNIT).all() and int(costs.sum()) > terms.budget:
        raise NothingFeasible(
            [
                say(
                    "{least} partnerships cost at least {cost}, and the budget is {budget}.",
                    least=terms.least,
                    cost=int(costs.sum()),
                    budget=terms.budget,
                )
            ]
        )


def _frontier(priced: _Priced, terms: Terms, solve: Solver, watch: Watch) -> list[PortfolioPoint]:
    """The best set for budgets in equal steps up to what the best of all costs; budgets too small are left out."""
    watch.tell("Solving", 0.4)
    whole = _point(priced, None, _solved(priced, None, solve))
    points: list[PortfolioPoint] = []
    for step in range(1, terms.points):
        watch.tell("Solving", 0.4 + 0.6 * step / terms.points)
        budget = whole["spent"] * step // terms.points // UNIT * UNIT
        try:
            points.append(_point(priced, budget, _solved(priced, budget, solve)))
        except (NothingFeasible, TooLarge):  # too little money for the targets, or not found within the work
            continue
    return [*points, {**whole, "budget": whole["spent"]}]


def _point(priced: _Priced, budget: int | None, result: Result) -> PortfolioPoint:
    chosen = result.pairs
    people = priced.people[chosen]
    return {
        "budget": budget,
        "spent": int(priced.cost[chosen].sum()),
        "pairs": len(chosen),
        "fit": round(_points(priced, chosen) / POINTS, 4),
        "people": int(people[people >= 0].sum()),
        "people_known": int((people >= 0).sum()),
        "fragile": int((priced.fragile[chosen] == 1).sum()),
        "small_town": int((priced.small[chosen] == 1).sum()),
        "proven": result.goals[0].proven,
    }


def _points(priced: _Priced, chosen: Ints) -> int:
    """The fit of the chosen pairs in points, each with every need its mentor can work on."""
    return int(np.rint(priced.built.pair_fit[chosen].astype(np.float64) * POINTS).sum())


def _pairs(priced: _Priced, result: Result) -> list[PortfolioPair]:
    problem, network = priced.problem, priced.built.network
    found: list[PortfolioPair] = [
        {
            "mentor": utility_ref(network, problem.mentor_ids[problem.pair_mentor[pair]]),
            "mentee": utility_ref(network, problem.mentee_ids[problem.pair_mentee[pair]]),
            "fit": round(float(priced.built.pair_fit[pair]), 4),
            "cost": int(priced.cost[pair]),
            "people": int(priced.people[pair]) if priced.people[pair] >= 0 else None,
            "fragile": bool(priced.fragile[pair]) if priced.fragile[pair] >= 0 else None,
            "small_town": bool(priced.small[pair]) if priced.small[pair] >= 0 else None,
        }
        for pair in result.pairs.tolist()
    ]
    return sorted(found, key=lambda each: (-each["fit"], each["mentee"]["id"], each["mentor"]["id"]))


def _empty(priced: _Priced, terms: Terms, result: Result) -> list[Sentence]:
    """Why nothing is bought, where nothing is: a share of no partnerships is kept by none at all."""
    if len(result.pairs):
        return []
    able = ~priced.problem.forbidden
    reasons: list[Sentence] = []
    if terms.budget is not None and able.any() and int(priced.cost[able].min()) > terms.budget:
        reasons.append(
            say(
                "The cheapest partnership costs {cost}, and the budget is {budget}.",
                cost=int(priced.cost[able].min()),
                budget=terms.budget,
            )
        )
    for share, kind, name in (
        (terms.fragile_share, priced.fragile, say("fragile states")),
        (terms.small_town_share, priced.small, say("small towns")),
    ):
        if share > 0 and not (able & (kind == 1)).any():
            reasons.append(
                say(
                    "No pair with a mentee in {kind} is possible, so a share of {share} % leaves none at all.",
                    kind=name,
                    share=round(100 * share),
                )
            )
    if not able.any():
        reasons.append(say("The policy leaves no pair that could be proposed."))
    return reasons or [say("The targets together leave no partnership within the budget.")]


def _headline(answer: PortfolioAnswer) -> Sentence:
    chosen = answer["chosen"]
    if chosen is None or not chosen["pairs"]:
        return say(
            "Nothing can be bought: {reasons}",
            reasons=tuple(Sentence.from_json(reason) for reason in answer["reasons"]),
        )
    values = {
        "pairs": chosen["pairs"],
        "spent": chosen["spent"],
        "fit": round(chosen["fit"], 2),
        "people": chosen["people"],
        "known": chosen["people_known"],
    }
    what = say(
        "{pairs} partnerships for {spent}: a total fit of {fit}, and at least {people} people served by the {known}"
        " mentees whose figure is known",
        **values,
    )
    if not chosen["people_known"]:
        what = say(
            "{pairs} partnerships for {spent}: a total fit of {fit}; how many people its mentees serve is unknown",
            pairs=chosen["pairs"],
            spent=chosen["spent"],
            fit=round(chosen["fit"], 2),
        )
    if chosen["proven"]:
        return say("The best set has {what}. No better set exists.", what=what)
    return say("The best set found has {what}. A better one may exist.", what=what)


def _table(rows: tuple[tuple[object, ...], ...]) -> PlanTable:
    return PlanTable(
        "pairs",
        say("Partnerships of the set"),
        (
            Column("mentor", say("Mentor"), "utility"),
            Column("mentee", say("Mentee"), "utility"),
            Column("fit", say("Fit"), "share"),
            Column("cost", say("Cost"), "number"),
            Column("people", say("People served"), "number"),
            Column("fragile", say("In a fragile state"), "flag"),
            Column("small_town", say("Small town"), "flag"),
        ),
        rows,
    )
