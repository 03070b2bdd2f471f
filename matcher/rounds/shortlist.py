"""Where recipients choose: the best mentors each mentee is shown before a solve, and what its ranking adds to fits.

The setting ``recipients_choose`` of a round says how many (0: off). A ranking raises the fit of a ranked pair as an
adjustment whose source is the ranking (``matcher.rounds.input.RANKED_FIRST``).
A mentee that gave no answer changes nothing: it is unknown, not a low rank.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from graph.network import Network
from graph.store import Store
from matcher.document import PairExplanation
from matcher.pairs import suggest
from matcher.participants import choose_participants
from matcher.rounds.input import policy_of
from matcher.rounds.keeping import record
from matcher.rounds.state import LivingRound

LOOKED_AT = 50
"""So many of the best mentors are looked at for those that take part and have a place."""


def shortlist(state: LivingRound, network: Network, mentee: str) -> list[PairExplanation]:
    """The best eligible mentors of a mentee in this round, as many as it may see, best first.

    ``network`` is what was known by the round's date. Without its own ranking, so that the list does not move by what
    was answered. Empty where the mentee takes no part, or recipients do not choose.
    """
    if not state.recipients_choose:
        return []
    policy = policy_of(state.model_copy(update={"rankings": {}}))
    as_of = date.fromisoformat(state.as_of)
    participants = choose_participants(network, policy, as_of)
    if mentee not in participants.mentee_ids:
        return []
    free = {id for id, places in zip(participants.mentor_ids, participants.places.tolist(), strict=True) if places}
    barred = {each.mentor for each in policy.forbids if each.mentee == mentee}
    found = suggest(network, policy, mentee, as_of, role="mentee", top=LOOKED_AT)
    kept = [pair for pair in found if pair["mentor"]["id"] in free - barred]
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
