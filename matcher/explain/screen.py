"""Which questions are worth a re-solve: estimates from prices, or from fit where no prices were computed.

An estimate only decides what is solved for and in which order; no estimate is ever shown as an answer.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from matcher.covers import Floats
from matcher.document import POINTS
from matcher.explain.round import SolvedRound
from matcher.goals import last_real_goal
from matcher.problem import Ints, Limit
from matcher.stability import pair_points

Side: TypeAlias = Literal["upper", "lower"]


def fit_points(round: SolvedRound) -> Ints:
    """int64[P]: the fit of each pair in points, with every need its mentor can work on, whatever the goals are."""
    return np.rint(round.built.pair_fit.astype(np.float64) * POINTS).astype(np.int64)


def main_points(round: SolvedRound) -> Ints:
    """int64[P]: points of each pair for the goal that prices belong to, with every need its mentor can work on."""
    problem = round.problem
    return pair_points(problem, problem.goals[last_real_goal(problem.goals)])


def worth(round: SolvedRound) -> Floats:
    """float64[P]: what each pair would add beyond what its mentor, mentee and limits already yield elsewhere.

    The reduced cost of the linear relaxation where prices are known; else the pair's points less those of the
    weakest pair of its mentee and of its mentor, each only where it has no room left.
    """
    problem, prices, chosen = round.problem, round.result.prices, round.result.pairs
    points = main_points(round).astype(np.float64)
    if prices is not None:
        reduced = points - prices.places[problem.pair_mentor] - prices.mentees[problem.pair_mentee]
        for limit, price in zip(problem.limits, prices.limits.tolist(), strict=False):
            reduced[limit.pairs] -= limit.coefficients * (price if binding_side(limit, chosen) != "lower" else -price)
        return reduced
    weakest_mentee = _weakest(problem.pair_mentee, problem.wanted, chosen, points)
    weakest_mentor = _weakest(problem.pair_mentor, problem.places, chosen, points)
    rest: Floats = points - weakest_mentee[problem.pair_mentee] - weakest_mentor[problem.pair_mentor]
    return rest


def best_first(pairs: Ints, by: Floats) -> list[int]:
    """Pairs ordered by a number, the largest first; equals by their place in the problem."""
    ordered: list[int] = pairs[np.argsort(-by[pairs], kind="stable")].tolist()
    return ordered


def scarce_mentors(round: SolvedRound, most: int) -> list[int]:
    """Mentors with no place left and more mentees than places; first those whose places have the highest price,
    then those that turn most mentees without a partner away."""
    problem, prices, chosen = round.problem, round.result.prices, round.result.pairs
    mentors = len(problem.mentor_ids)
    used = np.bincount(problem.pair_mentor[chosen], minlength=mentors)
    served = np.bincount(problem.pair_mentee[chosen], minlength=len(problem.mentee_ids)) > 0
    possible = ~problem.forbidden
    turned_away = np.bincount(problem.pair_mentor[possible & ~served[problem.pair_mentee]], minlength=mentors)
    candidates = np.bincount(problem.pair_mentor[possible], minlength=mentors)
    value = np.zeros(mentors) if prices is None else prices.places
    full = np.flatnonzero((used >= problem.places) & (candidates > problem.places))
    ordered: list[int] = full[np.lexsort((full, -turned_away[full], -value[full]))][:most].tolist()
    return ordered


def step(limit: Limit, side: Side) -> int:
    """The smallest move of one side that can make room for one more pair (upper), or for one less (lower)."""
    adding, taking = limit.coefficients[limit.coefficients > 0], -limit.coefficients[limit.coefficients < 0]
    sizes = adding if side == "upper" or not len(taking) else taking
    return int(sizes.min()) if len(sizes) else 1


def binding_side(limit: Limit, chosen: Ints) -> Side | None:
    """The side of a limit with less room than one ``step``, if any."""
    used = limit.amount(chosen)
    if limit.upper is not None and limit.upper - used < step(limit, "upper"):
        return "upper"
    if limit.lower is not None and used - limit.lower < step(limit, "lower"):
        return "lower"
    return None


def _weakest(side: Ints, room: Ints, chosen: Ints, points: Floats) -> Floats:
    """Points of the weakest chosen pair of each mentor (or mentee) that has no room left; 0 of the others."""
    weakest = np.full(len(room), np.inf)
    np.minimum.at(weakest, side[chosen], points[chosen])
    full = np.bincount(side[chosen], minlength=len(room)) >= room
    return np.where(full & np.isfinite(weakest), weakest, 0.0)
