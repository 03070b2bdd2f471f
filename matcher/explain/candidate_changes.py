"""Single changes that might give a mentee a partner, most promising first within each kind.

What is listed here is only tried: ``smallest_change`` solves the round again with each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from graph.network import Network
from graph.sentences import Sentence, say
from matcher.changes import Change, Force, MoreDays, MorePlaces, MoveLimit, WantMore
from matcher.document import POINTS
from matcher.explain.pair import round_fit
from matcher.explain.round import SolvedRound
from matcher.explain.screen import Side, best_first, binding_side, scarce_mentors, step, worth
from matcher.limits import BuiltLimit
from matcher.policy import Policy
from matcher.problem import UNLIMITED
from matcher.rules.registry import RULES
from matcher.rules.settings import FixedGate, TopicOffered

Kind = Literal["insist", "forbid", "place", "days", "limit", "wanted", "rule", "floor"]
KINDS: tuple[Kind, ...] = ("insist", "forbid", "place", "days", "limit", "wanted", "rule", "floor")
"""Where two changes cost the same, the earlier kind comes first."""

EACH = 4
"""How many candidates of one kind are tried."""


@dataclass(frozen=True)
class Candidate:
    """A change in words, and what it changes: the problem, the policy or the network (a problem is then built anew)."""

    kind: Kind
    what: Sentence
    changes: tuple[Change, ...] = ()
    policy: Policy | None = None
    network: Network | None = None


def candidates(round: SolvedRound, mentee: int) -> list[Candidate]:
    """Every single change worth trying for one mentee."""
    return [
        *_insist(round, mentee),
        *_forbids(round, mentee),
        *_places(round, mentee),
        *_days(round, mentee),
        *_limits(round, mentee),
        *_wanted(round, mentee),
        *_rules(round, mentee),
        *_floor(round, mentee),
    ]


def _insist(round: SolvedRound, mentee: int) -> Iterator[Candidate]:
    pairs = round.pairs_of_mentee(mentee)
    if (~round.problem.forbidden[pairs]).any() and round.problem.wanted[mentee]:
        name = round.name(round.problem.mentee_ids[mentee])
        yield Candidate("insist", say("Insist on a partner for {mentee}, whoever else loses one.", mentee=name))


def _forbids(round: SolvedRound, mentee: int) -> Iterator[Candidate]:
    pairs = round.pairs_of_mentee(mentee)
    for pair in best_first(pairs[round.problem.forbidden[pairs]], worth(round))[:EACH]:
        mentor = round.name(round.problem.mentor_ids[round.problem.pair_mentor[pair]])
        yield Candidate("forbid", say("Lift the forbid of {mentor} for it.", mentor=mentor), (Force(pair),))


def _places(round: SolvedRound, mentee: int) -> Iterator[Candidate]:
    """Its own best mentors, and the scarcest ones: a place there may free a mentor for it. Then those without any."""
    problem = round.problem
    pairs = round.pairs_of_mentee(mentee)
    own = [int(problem.pair_mentor[p]) for p in best_first(pairs[~problem.forbidden[pairs]], worth(round))[:EACH]]
    used = np.bincount(problem.pair_mentor[round.result.pairs], minlength=len(problem.mentor_ids))
    full = [mentor for mentor in own if used[mentor] >= problem.places[mentor]]
    for mentor in dict.fromkeys([*full, *(scarce_mentors(round, EACH) if len(pairs) else [])]):
        name = round.name(problem.mentor_ids[mentor])
        yield Candidate("place", say("One more place at {mentor}.", mentor=name), (MorePlaces(mentor),))
    for mentor in _without_places(round, mentee)[:EACH]:
        id = problem.mentor_ids[mentor]
        utilities = tuple(replace(u, mentor_places=1) if u.id == id else u for u in round.network.utilities)
        network = replace(round.network, utilities=utilities)
        yield Candidate("place", say("One place at {mentor}, which has none.", mentor=round.name(id)), network=network)


def _without_places(round: SolvedRound, mentee: int) -> list[int]:
    """Mentors without any place that offer most of what the mentee needs."""
    built = round.built
    features = built.features
    slots = features.need_slots[built.mentee_rows[mentee]]
    quality = features.covers.quality[built.mentor_rows][:, slots[slots >= 0]].sum(axis=1)
    none = np.flatnonzero((round.problem.places == 0) & (quality > 0))
    ordered: list[int] = none[np.argsort(-quality[none], kind="stable")].tolist()
    return ordered


def _days(round: SolvedRound, mentee: int) -> Iterator[Candidate]:
    """Staff-days for its shortest need, at its best mentors that have too few left."""
    problem, covers = round.problem, round.result.covers
    left = problem.staff_days.copy()
    np.subtract.at(left, problem.pair_mentor[problem.cover_pair[covers]], problem.cover_days[covers])
    pairs = round.pairs_of_mentee(mentee)
    for pair in best_first(pairs[~problem.forbidden[pairs]], worth(round))[:EACH]:
        mentor = int(problem.pair_mentor[pair])
        shortest = int(problem.cover_days[problem.cover_pair == pair].min(initial=problem.staff_days[mentor]))
        if problem.staff_days[mentor] != UNLIMITED and (by := shortest - int(left[mentor])) > 0:
            name = round.name(problem.mentor_ids[mentor])
            yield Candidate(
                "days", say("{by} more staff-days at {mentor}.", by=by, mentor=name), (MoreDays(mentor, by),)
            )


def _limits(round: SolvedRound, mentee: int) -> Iterator[Candidate]:
    """Ceilings that leave no room for any of its pairs, floors that its pairs would break or that bind elsewhere."""
    pairs, chosen = round.pairs_of_mentee(mentee), round.result.pairs
    for at, built in enumerate(round.built.limits if len(pairs) else ()):
        limit = built.row
        own = limit.coefficients[np.isin(limit.pairs, pairs)]
        used = limit.amount(chosen)
        if limit.upper is not None and len(own) and used + int(own.min()) > limit.upper:
            by = used + int(own.min()) - limit.upper
            yield Candidate("limit", limit_moved(built, "upper", by), (MoveLimit(at, "upper", by),))
        if limit.lower is not None and binding_side(limit, chosen) == "lower":
            by = max(step(limit, "lower"), limit.lower - used - int(own.max(initial=0)))
            yield Candidate("limit", limit_moved(built, "lower", -by), (MoveLimit(at, "lower", -by),))


def limit_moved(limit: BuiltLimit, side: Side, by: int) -> Sentence:
    """A side of a limit moved, in words; of a share, the exact amount means nothing to a reader."""
    if limit.unit == "share":
        return say("“{limit}” overstepped by one partnership.", limit=limit.row.title)
    if side == "upper":
        return say("The ceiling of “{limit}” raised by {by}.", limit=limit.row.title, by=by)
    return say("The floor of “{limit}” lowered by {by}.", limit=limit.row.title, by=-by)


def _wanted(round: SolvedRound, mentee: int) -> Iterator[Candidate]:
    """Itself where it wants no mentor; others that could share their needs, where staff-days are what is short."""
    problem = round.problem
    if problem.wanted[mentee] == 0:
        yield Candidate("wanted", say("It wants one mentor instead of none."), (WantMore(mentee),))
        return
    pairs = round.pairs_of_mentee(mentee)
    short = {int(m) for m in problem.pair_mentor[pairs] if problem.staff_days[m] != UNLIMITED}
    chosen = round.result.pairs
    sharing = problem.pair_mentee[chosen[np.isin(problem.pair_mentor[chosen], sorted(short))]]
    for other in dict.fromkeys(sharing.tolist()[:EACH]):
        name = round.name(problem.mentee_ids[other])
        yield Candidate("wanted", say("One more mentor for {mentee}.", mentee=name), (WantMore(other),))


def _rules(round: SolvedRound, mentee: int) -> Iterator[Candidate]:
    """Each mandatory rule that alone stands between the mentee and some mentor, graded instead."""
    built, policy = round.built, round.policy
    alone = built.removed_alone[:, mentee]
    for at in np.argsort(-alone, kind="stable").tolist():
        id = built.rules[at]
        settings = policy.rules[id]
        if not alone[at] or isinstance(settings, FixedGate):
            continue
        graded = settings.model_copy(update={"mode": "graded"})
        what = say("The rule “{rule}” graded instead of mandatory.", rule=RULES[id].title)
        yield Candidate("rule", what, policy=policy.model_copy(update={"rules": {**policy.rules, id: graded}}))
    closeness = _closest_topic(round, mentee)
    topic = policy.rule("topic_offered", TopicOffered)
    if 0 < closeness < topic.related_from:
        related = topic.model_copy(update={"related_from": closeness})
        what = say("Offers of related topics count from a closeness of {closeness}.", closeness=closeness)
        rules = {**policy.rules, "topic_offered": related}
        yield Candidate("rule", what, policy=policy.model_copy(update={"rules": rules}))


def _closest_topic(round: SolvedRound, mentee: int) -> float:
    """How close the closest offer of another topic comes to what the mentee needs; 0 where none is related."""
    features = round.built.features
    slots = features.need_slots[round.built.mentee_rows[mentee]]
    close = features.covers.closeness[round.built.mentor_rows][:, slots[slots >= 0]]
    related = close[close < round.policy.rule("topic_offered", TopicOffered).related_from]
    return float(related.max(initial=0.0))


def _floor(round: SolvedRound, mentee: int) -> Iterator[Candidate]:
    if not round.built.below_floor[mentee]:
        return
    # Fits are whole points: half a point below keeps the best of them, however the number is rounded.
    lowered = max(0.0, float(round.built.best_below_floor[mentee]) - 0.5 / POINTS)
    what = say(
        "The quality floor lowered from {floor} to {lowered}.",
        floor=round_fit(round.policy.quality_floor),
        lowered=round_fit(lowered),
    )
    yield Candidate("floor", what, policy=round.policy.model_copy(update={"quality_floor": lowered}))
