"""The main job in one function: from a network and a policy to a verified, explained proposal."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import numpy as np

from graph.errors import NothingFeasible
from graph.network import Network
from graph.sentences import say
from matcher.build import Built, build_problem
from matcher.document import (
    FORM,
    GoalUse,
    IdleMentor,
    LimitUse,
    ProposalDocument,
    ProposedPair,
    RegionTotals,
    Totals,
    UnmatchedMentee,
)
from matcher.goals import Found
from matcher.pairs import PairExplainer, utility_ref
from matcher.participants import choose_participants
from matcher.policy import Policy
from matcher.problem import STABLE
from matcher.result import Result
from matcher.solve import SolvePolicy
from matcher.stable_solve import solver_of
from matcher.unmatched import explain_unmatched
from matcher.verify import verify
from matcher.words import with_names

Progress = Callable[[str, float], None]


def propose(
    network: Network,
    policy: Policy,
    *,
    as_of: date,
    seed: int = 0,
    time_limit: float | None = None,
    work_limit: float | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    found: Found | None = None,
    answered: Callable[[Built, Result], None] | None = None,
) -> ProposalDocument:
    """Choose participants, build the problem, solve, verify, and explain every pair and every gap.

    ``network`` already carries what the register implies by ``as_of`` (``graph.register.with_inferred``).
    ``time_limit`` is in seconds, ``work_limit`` in units of ``matcher.work``; when one is reached the best proposal so
    far comes with its proven bound.
    ``found`` is told of the best value known and the proven bound of a goal while the search goes on, ``answered`` of
    the problem and its verified result.
    Raises ``NothingFeasible`` where pins, forbids and limits contradict, ``Cancelled`` where ``cancelled``
    answers true, and ``Unverified`` where the result does not pass the independent check.
    """
    tell = progress or _silent
    tell("Choosing participants", 0.0)
    participants = choose_participants(network, policy, as_of)
    built = build_problem(network, participants, policy, progress=lambda text, share: tell(text, 0.05 + 0.35 * share))
    try:
        result = solver_of(policy)(
            built.problem,
            SolvePolicy(time_limit=time_limit, work_limit=work_limit),
            seed,
            progress=lambda text, share: tell(text, 0.4 + 0.4 * share),
            cancelled=cancelled,
            found=found,
        )
    except NothingFeasible as clash:
        raise NothingFeasible([with_names(network, reason) for reason in clash.reasons]) from clash
    tell("Verifying", 0.8)
    verification = verify(built.problem, result)
    if answered is not None:
        answered(built, result)
    tell("Explaining", 0.85)
    pairs = _pairs(built, result)
    unmatched = explain_unmatched(built, result)
    document: ProposalDocument = {
        "form": FORM,
        "id": "",
        "as_of": as_of.isoformat(),
        "seed": seed,
        "policy": policy.to_json(),
        "method": result.method,
        "proven": result.proven,
        "input_hash": result.input_hash,
        "versions": dict(result.versions),
        "totals": _totals(built, result, pairs, unmatched),
        "goals": _goals(built, result),
        "limits": _limits(built, result),
        "regions": _regions(built, result),
        "pairs": pairs,
        "unmatched": unmatched,
        "idle_mentors": _idle(built, result),
        "verification": {"passed": True, "checks": [check.to_json() for check in verification.checks]},
    }
    document["id"] = _id(document)
    tell("Done", 1.0)
    return document


def _pairs(built: Built, result: Result) -> list[ProposedPair]:
    """The proposed pairs, best fit first; each with the needs its mentor works on."""
    problem = built.problem
    explainer = PairExplainer(built.features, built.policy)
    works_on: dict[int, set[str]] = {}
    for cover in result.covers.tolist():
        capability = built.needs[problem.cover_need[cover]].capability
        works_on.setdefault(int(problem.cover_pair[cover]), set()).add(capability)
    pairs: list[ProposedPair] = [
        {
            **explainer.explain(
                problem.mentor_ids[problem.pair_mentor[pair]],
                problem.mentee_ids[problem.pair_mentee[pair]],
                works_on.get(pair, set()),
            ),
            "pinned": bool(problem.pinned[pair]),
        }
        for pair in result.pairs.tolist()
    ]
    return sorted(pairs, key=lambda pair: (-pair["points"], pair["mentee"]["id"], pair["mentor"]["id"]))


def _totals(built: Built, result: Result, pairs: list[ProposedPair], unmatched: list[UnmatchedMentee]) -> Totals:
    problem = built.problem
    fits = [pair["fit"] for pair in pairs]
    return {
        "mentors": len(problem.mentor_ids),
        "mentees": len(problem.mentee_ids),
        "eligible_pairs": int((~problem.forbidden).sum()),
        "pairs": len(pairs),
        "served": len(problem.mentee_ids) - len(unmatched),
        "unmatched": len(unmatched),
        "needs": len(problem.need_ids),
        "needs_covered": len(result.covers),
        "places": int(problem.places.sum()),
        "places_used": len(result.pairs),
        "mean_fit": round(sum(fits) / len(fits), 4) if fits else None,
        "lowest_fit": min(fits) if fits else None,
    }


def _goals(built: Built, result: Result) -> list[GoalUse]:
    """Goals as reached; the tie-breaking mark at the end is no goal of anybody's and is left out."""
    titles = {goal.id: goal.title for goal in built.problem.goals}
    return [
        {
            "id": goal.id,
            "title_s": titles[goal.id].to_json(),
            "value": goal.value,
            "bound": goal.bound,
            "proven": goal.proven,
        }
        for goal in result.goals
        if goal.id != STABLE
    ]


def _limits(built: Built, result: Result) -> list[LimitUse]:
    """Limits with how full they are, and their prices where the solver computed them."""
    prices = [None] * len(built.limits) if result.prices is None else result.prices.limits.tolist()
    return [
        limit.use(result.pairs, None if price is None else round(price, 2))
        for limit, price in zip(built.limits, prices, strict=True)
    ]


def _regions(built: Built, result: Result) -> list[RegionTotals]:
    """Totals by region of the mentee, and places by region of the mentor, by region name."""
    network, problem = built.network, built.problem
    region = {id: network.region_of(network.utility_by_id[id]) for id in {*problem.mentor_ids, *problem.mentee_ids}}
    served = {problem.mentee_ids[at] for at in np.unique(problem.pair_mentee[result.pairs])}
    mentees = Counter(region[id].id for id in problem.mentee_ids)
    reached = Counter(region[id].id for id in served)
    mentors = Counter(region[id].id for id in problem.mentor_ids)
    places: Counter[str] = Counter()
    for id, number in zip(problem.mentor_ids, problem.places.tolist(), strict=True):
        places[region[id].id] += number
    used = Counter(region[problem.mentor_ids[at]].id for at in problem.pair_mentor[result.pairs])
    return [
        {
            "region": one.id,
            "region_name": one.name,
            "mentees": mentees[one.id],
            "served": reached[one.id],
            "mentors": mentors[one.id],
            "places": places[one.id],
            "places_used": used[one.id],
        }
        for one in sorted(set(region.values()), key=lambda one: one.name)
    ]


def _idle(built: Built, result: Result) -> list[IdleMentor]:
    """Mentors with no partner, and what was there for them."""
    problem = built.problem
    busy = np.bincount(problem.pair_mentor[result.pairs], minlength=len(problem.mentor_ids))
    open_pairs = np.bincount(problem.pair_mentor[~problem.forbidden], minlength=len(problem.mentor_ids))
    idle: list[IdleMentor] = []
    for at in np.flatnonzero(busy == 0).tolist():
        eligible = int(open_pairs[at])
        if eligible == 0:
            text = say("No mentee of this round may be paired with it and reaches the quality floor.")
        elif problem.places[at] == 0:
            text = say("It has no free places.")
        elif eligible == 1:
            text = say("1 mentee could be paired with it; the goals are reached better without.")
        else:
            text = say("{count} mentees could be paired with it; the goals are reached better without.", count=eligible)
        idle.append(
            {
                "mentor": utility_ref(built.network, problem.mentor_ids[at]),
                "places": int(problem.places[at]),
                "eligible_mentees": eligible,
                "text_s": text.to_json(),
            }
        )
    return idle


def _silent(_text: str, _share: float) -> None:
    """Progress that nobody watches."""


def _id(document: Mapping[str, Any]) -> str:
    """A short name that follows from the whole document: the same proposal, the same id."""
    content = json.dumps({**document, "id": ""}, ensure_ascii=False, sort_keys=True)
    return "R" + hashlib.sha256(content.encode()).hexdigest()[:12]
