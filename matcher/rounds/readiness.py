"""Before a round is solved: is enough known of its participants, and how many can have a partner at all."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any, TypedDict

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import maximum_flow

from graph.errors import BadInput, NothingFeasible
from graph.network import Network
from graph.sentences import Sentence, say
from graph.store import Store
from matcher.build import Built, build_problem
from matcher.feasibility import check_possible
from matcher.participants import Participants, choose_participants
from matcher.policy import Policy
from matcher.problem import Problem
from matcher.rounds.input import policy_of
from matcher.rounds.keeping import record
from matcher.rounds.state import LivingRound
from matcher.rules.registry import RULES
from matcher.words import with_names

CODES = ("no_eligible_mentor", "below_floor", "forbidden", "wants_none")
"""Why a mentee has no pair at all, besides a rule that alone took most of them."""


class Finding(TypedDict):
    """One thing the readiness check found: the utilities it is about (ids), and whether it stops a solve."""

    code: str
    text_s: dict[str, Any]
    utilities: list[str]
    stops: bool


class Without(TypedDict):
    """How many mentees stay without a partner for one reason: no fewer than this, whatever the solver does."""

    code: str
    count: int
    text_s: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Preview:
    """Counts before a solve. ``most_served`` is the most mentees that can have a partner (limits may lower it).

    ``without`` splits the rest by reason; its counts add up to ``mentees - most_served``.
    """

    mentors: int
    mentees: int
    places: int
    eligible_pairs: int
    most_served: int
    without: tuple[Without, ...]


def findings(network: Network, policy: Policy, as_of: date) -> tuple[Finding, ...]:
    """What is missing or contradictory in a round. Raises what ``choose_participants`` raises for unknown names."""
    participants = choose_participants(network, policy, as_of)
    found = list(_of_participants(network, participants))
    if not any(finding["stops"] for finding in found):
        found += _of_decisions(network, participants, policy)
    return tuple(found)


def preview(network: Network, policy: Policy, as_of: date) -> Preview:
    """Who could have a partner: from the problem itself and a largest flow through its pairs and places.

    Limits and staff-days are not looked at, so fewer may be served than ``most_served``, never more.
    """
    built = build_problem(network, choose_participants(network, policy, as_of), policy)
    problem = built.problem
    usable = ~problem.forbidden & (problem.places[problem.pair_mentor] > 0)
    usable &= problem.wanted[problem.pair_mentee] > 0
    served = most_served(problem, usable)
    without = _without(built, usable, served)
    return Preview(
        mentors=len(problem.mentor_ids),
        mentees=len(problem.mentee_ids),
        places=int(problem.places.sum()),
        eligible_pairs=int(usable.sum()),
        most_served=served,
        without=without,
    )


def most_served(problem: Problem, usable: np.ndarray[Any, np.dtype[np.bool_]]) -> int:
    """The most mentees that can have a mentor by usable pairs (bool[P]) and places: a maximum flow (Dinic)."""
    mentors, mentees = len(problem.mentor_ids), len(problem.mentee_ids)
    if not usable.any():
        return 0
    source, sink = mentors + mentees, mentors + mentees + 1
    of_mentor, of_mentee = problem.pair_mentor[usable], problem.pair_mentee[usable]
    tails = np.concatenate([np.full(mentors, source), of_mentor, mentors + np.arange(mentees)])
    heads = np.concatenate([np.arange(mentors), mentors + of_mentee, np.full(mentees, sink)])
    ones = np.ones(len(of_mentor) + mentees, dtype=np.int64)
    amounts = np.concatenate([np.minimum(problem.places, mentees), ones]).astype(np.int32)
    graph = sparse.csr_array((amounts, (tails, heads)), shape=(sink + 1, sink + 1))
    return int(maximum_flow(graph, source, sink).flow_value)


def check_round(
    store: Store, state: LivingRound, network: Network, *, who: str, why: str = "", seen: int | None = None
) -> LivingRound:
    """Run the readiness check and keep what it found; the round is then checked and may be solved.

    Raises ``BadInput`` with every finding that stops a solve; the round then stays a draft.
    """
    found = findings(network, policy_of(state), date.fromisoformat(state.as_of))
    stopping = tuple(Sentence.from_json(finding["text_s"]) for finding in found if finding["stops"])
    if stopping:
        raise BadInput(
            say("The round is not ready: {reasons}", reasons=stopping),
            say("Change its participants or decisions, then check again."),
        )
    seen = state.version if seen is None else seen
    return record(store, state.id, "check", {"findings": list(found)}, who=who, why=why, seen=seen)


def _of_participants(network: Network, participants: Participants) -> list[Finding]:
    mentors, mentees = participants.mentor_ids, participants.mentee_ids
    found: list[Finding] = []
    if not mentors:
        found.append(_finding("no_mentors", say("No utility takes part as a mentor."), [], stops=True))
    if not mentees:
        found.append(_finding("no_mentees", say("No utility takes part as a mentee."), [], stops=True))
    prioritised = {need.utility for need in participants.needs if need.priority is not None}
    without = [id for id in mentees if id not in prioritised]
    if len(without) == 1:
        found.append(_finding("no_priority", say("1 mentee has no need with a priority."), without))
    elif without:
        text = say("{count} mentees have no need with a priority.", count=len(without))
        found.append(_finding("no_priority", text, without))
    none = [id for id, places in zip(mentors, participants.places.tolist(), strict=True) if places == 0]
    if len(none) == 1:
        found.append(_finding("no_places", say("1 mentor has no places."), none))
    elif none:
        found.append(_finding("no_places", say("{count} mentors have no places.", count=len(none)), none))
    unstated = [id for id in mentors if network.utility_by_id[id].mentor_places is None]
    if len(unstated) == 1:
        found.append(_finding("places_unstated", say("1 mentor has not stated its places."), unstated))
    elif unstated:
        text = say("{count} mentors have not stated their places.", count=len(unstated))
        found.append(_finding("places_unstated", text, unstated))
    stated = {offer.utility for offer in participants.offers if offer.provenance == "stated"}
    inferred = [id for id in mentors if id not in stated]
    if len(inferred) == 1:
        text = say("1 mentor stated no offer; what it offers is inferred from the register.")
        found.append(_finding("offers_inferred", text, inferred))
    elif inferred:
        text = say(
            "{count} mentors stated no offer; what they offer is inferred from the register.", count=len(inferred)
        )
        found.append(_finding("offers_inferred", text, inferred))
    return found


def _of_decisions(network: Network, participants: Participants, policy: Policy) -> list[Finding]:
    """Pins, forbids, floors and loads that contradict, as far as a single rule tells."""
    try:
        check_possible(build_problem(network, participants, policy).problem)
    except NothingFeasible as clash:
        return [_finding("impossible", with_names(network, reason), [], stops=True) for reason in clash.reasons]
    return []


def _finding(code: str, text: Sentence, utilities: list[str], *, stops: bool = False) -> Finding:
    return {"code": code, "text_s": text.to_json(), "utilities": utilities, "stops": stops}


def _without(built: Built, usable: np.ndarray[Any, np.dtype[np.bool_]], served: int) -> tuple[Without, ...]:
    """Mentees without any usable pair, by what took their pairs; and those for whom places run out."""
    problem = built.problem
    count = len(problem.mentee_ids)
    eligible = np.bincount(problem.pair_mentee, minlength=count)
    open_pairs = np.bincount(problem.pair_mentee[usable], minlength=count)
    alone: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    for mentee in np.flatnonzero(open_pairs == 0).tolist():
        if problem.wanted[mentee] == 0:
            codes["wants_none"] += 1
        elif eligible[mentee]:
            codes["forbidden"] += 1
        elif built.below_floor[mentee]:
            codes["below_floor"] += 1
        else:
            most = int(np.argmax(built.removed_alone[:, mentee])) if len(built.rules) else -1
            if most >= 0 and built.removed_alone[most, mentee]:
                alone[built.rules[most]] += 1
            else:
                codes["no_eligible_mentor"] += 1
    rows = [
        _row(
            f"rule:{rule}",
            alone[rule],
            say(
                "without an eligible mentor, most of all for the rule “{rule}”: {count}",
                rule=RULES[rule].title,
                count=alone[rule],
            ),
        )
        for rule in built.rules
        if alone[rule]
    ]
    several, low, barred, none = (codes[code] for code in CODES)
    said = (
        say("without an eligible mentor, for several rules together: {count}", count=several),
        say("with every eligible mentor below the quality floor: {count}", count=low),
        say("with every pair forbidden, or no place at any eligible mentor: {count}", count=barred),
        say("wanting no mentor in this round: {count}", count=none),
    )
    rows += [_row(code, codes[code], text) for code, text in zip(CODES, said, strict=True) if codes[code]]
    short = int((open_pairs > 0).sum()) - served
    if short:
        rows.append(_row("places", short, say("for lack of places at their eligible mentors: {count}", count=short)))
    return tuple(rows)


def _row(code: str, count: int, text: Sentence) -> Without:
    return {"code": code, "count": count, "text_s": text.to_json()}
