"""From a network and a policy to the problem a solver works on, with what was left out and why.

Pairs are looked at in blocks of mentees, so that memory stays bounded: first the mandatory rules on the whole
block, then the fit of the pairs that are left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graph.errors import BadInput
from graph.model import Need
from graph.network import Network
from graph.sentences import say
from matcher.document import POINTS
from matcher.features import Features, build_features
from matcher.goal_values import Scored, build_goals
from matcher.limits import BuiltLimit, build_limits
from matcher.participants import Participants
from matcher.policy import PairDecision, Policy
from matcher.policy_names import check_names, utility_ids
from matcher.problem import Flags, Ints, Problem
from matcher.scoring import mandatory_rules, removed_by, score

BLOCK_PAIRS = 1 << 18
"""How many candidate pairs are looked at at once."""

QUALITY_FLOOR = "quality_floor"


@dataclass(frozen=True, slots=True)
class Override:
    """A pinned pair that would not have been proposed: its index, and the rules (or the floor) it breaks."""

    pair: int
    rules: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Built:
    """A problem with all that is needed to explain its answer.

    ``rules`` are the R mandatory rules; ``removed`` int64[R, N] counts the mentors each removes for each mentee,
    ``removed_alone`` those it alone removes; ``below_floor`` int64[N] the eligible mentors whose fit is below
    the quality floor and ``best_below_floor`` float32[N] the best such fit (NaN: none). ``pair_fit`` float32[P].
    ``mentor_rows`` int64[M], ``mentee_rows`` int64[N] are rows of ``features``. ``needs`` are the K needs in
    the problem's order; ``limits`` the problem's limits with their meaning, in its order.
    """

    problem: Problem
    network: Network
    participants: Participants
    policy: Policy
    features: Features
    rules: tuple[str, ...]
    removed: Ints
    removed_alone: Ints
    below_floor: Ints
    best_below_floor: NDArray[np.float32]
    pair_fit: NDArray[np.float32]
    mentor_rows: Ints
    mentee_rows: Ints
    needs: tuple[Need, ...]
    limits: tuple[BuiltLimit, ...]
    overrides: tuple[Override, ...]


@dataclass(eq=False)
class _Kept:
    """What a block of mentees keeps. Positions among mentors and mentees; covers as (pair in block, slot)."""

    mentor: NDArray[np.int32]
    mentee: NDArray[np.int32]
    context: NDArray[np.int32]
    points: NDArray[np.int32]
    cover_pair: NDArray[np.int32]
    cover_slot: NDArray[np.int16]
    cover_points: NDArray[np.int32]
    overrides: list[Override]


def build_problem(
    network: Network,
    participants: Participants,
    policy: Policy,
    *,
    progress: Callable[[str, float], None] | None = None,
) -> Built:
    """The problem of a round. ``progress`` is told what is done and the share of it (0..1).

    Raises ``UnknownName`` or ``BadInput`` where the policy names what does not exist, pins a utility that does
    not take part, or has a goal that does not apply.
    """
    check_names(network, policy)
    features = build_features(network, participants, policy)
    mentor_rows = np.array([features.index[id] for id in participants.mentor_ids], dtype=np.int64)
    mentee_rows = np.array([features.index[id] for id in participants.mentee_ids], dtype=np.int64)
    pins = _positions(network, participants, policy, policy.pins, must_take_part=True)
    counts = _Counts(len(mandatory_rules(policy)), len(mentee_rows))
    blocks = []
    size = max(1, BLOCK_PAIRS // max(1, len(mentor_rows)))
    for start in range(0, len(mentee_rows), size):
        if progress is not None:
            progress("Scoring pairs", start / len(mentee_rows))
        block = np.arange(start, min(start + size, len(mentee_rows)))
        blocks.append(_look_at(features, policy, mentor_rows, mentee_rows, block, pins, counts))
    if progress is not None:
        progress("Scoring pairs", 1.0)
    return _assemble(network, participants, policy, features, mentor_rows, mentee_rows, pins, counts, blocks)


class _Counts:
    """Per mentee: whom the rules and the floor removed."""

    def __init__(self, rules: int, mentees: int) -> None:
        self.removed = np.zeros((rules, mentees), dtype=np.int64)
        self.alone = np.zeros((rules, mentees), dtype=np.int64)
        self.below = np.zeros(mentees, dtype=np.int64)
        self.best_below = np.full(mentees, np.nan, dtype=np.float32)


def _look_at(
    features: Features,
    policy: Policy,
    mentor_rows: Ints,
    mentee_rows: Ints,
    block: Ints,
    pins: set[tuple[int, int]],
    counts: _Counts,
) -> _Kept:
    """One block of mentees (positions, increasing) against all mentors."""
    mentors, shape = len(mentor_rows), (len(block), len(mentor_rows))
    removed = removed_by(features, policy, np.tile(mentor_rows, len(block)), np.repeat(mentee_rows[block], mentors))
    times = removed.sum(axis=0, dtype=np.uint8)
    for rule, flags in enumerate(removed):
        counts.removed[rule, block] = flags.reshape(shape).sum(axis=1)
        counts.alone[rule, block] = (flags & (times == 1)).reshape(shape).sum(axis=1)
    first = int(block[0])
    pinned = np.array(
        sorted((mentee - first) * mentors + mentor for mentee, mentor in pins if first <= mentee <= int(block[-1])),
        dtype=np.int64,
    )
    wanted = times == 0
    wanted[pinned] = True
    at = np.flatnonzero(wanted)
    mentor, mentee = at % mentors, at // mentors
    scores = score(features, policy, mentor_rows[mentor], mentee_rows[block[mentee]])
    points = scores.points
    low = points < policy.quality_floor * POINTS
    fails_floor = low & (times[at] == 0)
    np.add.at(counts.below, block[mentee[fails_floor]], 1)
    np.fmax.at(counts.best_below, block[mentee[fails_floor]], (points[fails_floor] / POINTS).astype(np.float32))
    is_pinned = np.isin(at, pinned)
    kept = ~low | is_pinned
    rules = mandatory_rules(policy)
    overrides = []
    for place in np.flatnonzero(kept & is_pinned & (low | (times[at] > 0))).tolist():
        broken = [id for id, flags in zip(rules, removed, strict=True) if flags[at[place]]]
        overrides.append(Override(int(kept[:place].sum()), (*broken, *([QUALITY_FLOOR] if low[place] else []))))
    cover = scores.cover[kept]
    can_cover = _can_cover(features, mentor_rows[mentor[kept]], mentee_rows[block[mentee[kept]]])
    cover_pair, cover_slot = np.nonzero(can_cover)
    return _Kept(
        mentor[kept].astype(np.int32),
        block[mentee[kept]].astype(np.int32),
        scores.context[kept].astype(np.int32),
        points[kept].astype(np.int32),
        cover_pair.astype(np.int32),
        cover_slot.astype(np.int16),
        cover[can_cover].astype(np.int32),
        overrides,
    )


def _can_cover(features: Features, mentors: Ints, mentees: Ints) -> Flags:
    """Which needs of the mentees the mentors can work on, bool[Q, S]."""
    slots = features.need_slots.shape[1]
    able = np.zeros((len(mentors), slots), dtype=np.bool_)
    for slot in range(slots):
        needed = features.need_slots[mentees, slot]
        able[:, slot] = (needed >= 0) & (features.covers.quality[mentors, needed] > 0)
    return able


def _assemble(
    network: Network,
    participants: Participants,
    policy: Policy,
    features: Features,
    mentor_rows: Ints,
    mentee_rows: Ints,
    pins: set[tuple[int, int]],
    counts: _Counts,
    blocks: Sequence[_Kept],
) -> Built:
    """One problem from the blocks."""
    starts = np.cumsum([0, *(len(block.mentor) for block in blocks)])
    overrides = tuple(
        Override(int(start) + each.pair, each.rules)
        for start, block in zip(starts[:-1], blocks, strict=True)
        for each in block.overrides
    )
    cover_pair = _joined([block.cover_pair + start for start, block in zip(starts[:-1], blocks, strict=True)])
    mentor, mentee, context, points, cover_slot, cover_points = (
        _joined([getattr(block, column) for block in blocks])
        for column in ("mentor", "mentee", "context", "points", "cover_slot", "cover_points")
    )
    needs, need_start = _ordered_needs(features, mentee_rows)
    cover_need = need_start[mentee[cover_pair]] + cover_slot
    need_days, need_urgent = _need_columns(needs, policy)
    keys = mentee * max(1, len(mentor_rows)) + mentor

    def flagged(positions: set[tuple[int, int]]) -> Flags:
        return np.isin(keys, [at * max(1, len(mentor_rows)) + by for at, by in sorted(positions)])

    scored = Scored(
        mentor=mentor_rows[mentor],
        mentee=mentee_rows[mentee],
        context=context,
        cover=cover_points,
        cover_pair=cover_pair,
        cover_capability=features.need_slots[mentee_rows[mentee[cover_pair]], cover_slot],
        cover_urgent=need_urgent[cover_need],
        published=flagged(_positions(network, participants, policy, policy.published)),
        wanted=participants.wanted,
    )
    limits = build_limits(features, policy, scored.mentor, scored.mentee)
    problem = Problem(
        mentor_ids=participants.mentor_ids,
        mentee_ids=participants.mentee_ids,
        places=participants.places,
        minimum_load=participants.minimum_load,
        staff_days=participants.staff_days,
        wanted=participants.wanted,
        need_ids=tuple(f"{need.utility}:{need.capability}" for need in needs),
        need_mentee=np.repeat(np.arange(len(mentee_rows)), np.diff(need_start)),
        pair_mentor=mentor,
        pair_mentee=mentee,
        cover_pair=cover_pair,
        cover_need=cover_need,
        cover_days=need_days[cover_need],
        pinned=flagged(pins),
        forbidden=flagged(_positions(network, participants, policy, policy.forbids)),
        goals=build_goals(features, policy, scored),
        limits=tuple(limit.row for limit in limits),
    )
    return Built(
        problem=problem,
        network=network,
        participants=participants,
        policy=policy,
        features=features,
        rules=mandatory_rules(policy),
        removed=counts.removed,
        removed_alone=counts.alone,
        below_floor=counts.below,
        best_below_floor=counts.best_below,
        pair_fit=(points / POINTS).astype(np.float32),
        mentor_rows=mentor_rows,
        mentee_rows=mentee_rows,
        needs=needs,
        limits=limits,
        overrides=overrides,
    )


def _joined(parts: Sequence[NDArray[np.integer]]) -> Ints:
    return np.concatenate([np.zeros(0, dtype=np.int64), *parts]).astype(np.int64, copy=False)


def _ordered_needs(features: Features, mentee_rows: Ints) -> tuple[tuple[Need, ...], Ints]:
    """The needs by mentee and slot, and where each mentee's begin, int64[N + 1]."""
    network = features.network
    needs: list[Need] = []
    starts = [0]
    for row in mentee_rows.tolist():
        utility = network.utilities[row].id
        needs += [
            features.needs[utility, network.capabilities[at].id] for at in features.need_slots[row].tolist() if at >= 0
        ]
        starts.append(len(needs))
    return tuple(needs), np.array(starts, dtype=np.int64)


def _need_columns(needs: Sequence[Need], policy: Policy) -> tuple[Ints, Flags]:
    """Staff-days int64[K] (rounded up; the policy's default where unknown) and highest priority bool[K]."""
    default = policy.participants.default_need_days
    days = np.array([default if need.staff_days is None else need.staff_days for need in needs], dtype=np.float64)
    return np.ceil(days).astype(np.int64), np.array([need.priority == 1 for need in needs], dtype=np.bool_)


def _positions(
    network: Network,
    participants: Participants,
    policy: Policy,
    decisions: Sequence[PairDecision],
    must_take_part: bool = False,
) -> set[tuple[int, int]]:
    """Decided pairs as positions (mentee, mentor); pairs of others are left out, or refused where they must be in.

    Raises ``BadInput`` for a pin of a utility that takes no part on that side.
    """
    mentor_at = {id: at for at, id in enumerate(participants.mentor_ids)}
    mentee_at = {id: at for at, id in enumerate(participants.mentee_ids)}
    found = set()
    for mentor, mentee in _resolved(network, decisions):
        if mentor in mentor_at and mentee in mentee_at:
            found.add((mentee_at[mentee], mentor_at[mentor]))
        elif must_take_part and mentor not in mentor_at:
            raise BadInput(
                say(
                    "The policy {file} pins {utility} as a mentor, but it offers nothing in this round.",
                    file=policy.source,
                    utility=network.utility_by_id[mentor].name,
                ),
                say("Import an offer of it, or remove the pin."),
            )
        elif must_take_part:
            raise BadInput(
                say(
                    "The policy {file} pins {utility} as a mentee, but no need of it is known in this round.",
                    file=policy.source,
                    utility=network.utility_by_id[mentee].name,
                ),
                say("Import a need of it, or remove the pin."),
            )
    return found


def _resolved(network: Network, decisions: Sequence[PairDecision]) -> Iterator[tuple[str, str]]:
    for decision in decisions:
        mentor, mentee = utility_ids(network, (decision.mentor, decision.mentee))
        yield mentor, mentee
