"""Where recipients choose: the best mentors each mentee is shown before a solve, and what its ranking adds to fits.

The setting ``recipients_choose`` of a round says how many (0: off). A ranking raises the fit of a ranked pair as an
adjustment whose source is the ranking (``matcher.rounds.input.RANKED_FIRST``).
A mentee that gave no answer changes nothing: it is unknown, not a low rank.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from graph.network import Network
from graph.store import Store
from matcher.document import PairExplanation
from matcher.pairs import Partners
from matcher.participants import choose_participants
from matcher.policy import Policy
from matcher.rounds.input import policy_of
from matcher.rounds.keeping import record
from matcher.rounds.state import LivingRound

LOOKED_AT = 50
"""So many of the best mentors are looked at for those that take part and have a place."""


@dataclass(frozen=True, slots=True)
class Choosing:
    """Who chooses in a round, among whom: worked out once for all mentees; ``free`` mentors have a place."""

    policy: Policy
    mentees: frozenset[str]
    free: frozenset[str]


def unranked_policy(state: LivingRound) -> Policy:
    """The round's policy without what was ranked, so that a shortlist does not move by what was answered."""
    return policy_of(state.model_copy(update={"rankings": {}}))


def who_chooses(network: Network, policy: Policy, as_of: date) -> Choosing:
    """Who chooses under a policy; ``network`` is what was known by that day."""
    participants = choose_participants(network, policy, as_of)
    places = zip(participants.mentor_ids, participants.places.tolist(), strict=True)
    return Choosing(policy, frozenset(participants.mentee_ids), frozenset(id for id, free in places if free))


def shortlist(state: LivingRound, mentee: str, among: Choosing, partners: Partners) -> list[PairExplanation]:
    """The best eligible mentors of a mentee in this round, as many as it may see, best first.

    ``partners`` are those under the same policy. Empty where the mentee takes no part, or recipients do not choose.
    """
    if not state.recipients_choose or mentee not in among.mentees:
        return []
    barred = {each.mentor for each in among.policy.forbids if each.mentee == mentee}
    found = partners.suggest(mentee, role="mentee", top=LOOKED_AT)
    kept = [pair for pair in found if pair["mentor"]["id"] in among.free - barred]
    return kept[: state.recipients_choose]


def rank(
    store: Store, id: str, mentee: str, mentors: Sequence[str], shown: Sequence[str], *, who: str, on: date
) -> LivingRound:
    """Keep the order in which a mentee would like its shortlist (ids, best first); an empty one takes it back.

    Raises ``BadInput`` for a mentor that was not shown or is named twice, after the last day, or where recipients do
    not choose; ``Conflict`` where the round is past its check.
    """
    body: dict[str, Any] = {"mentee": mentee, "mentors": list(mentors), "shown": list(shown), "on": on.isoformat()}
    return record(store, id, "rank", body, who=who, why="")
