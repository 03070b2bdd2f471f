"""Where recipients choose: the best mentors each mentee is shown before a solve, and what its ranking adds to fits.

The setting ``recipients_choose`` of a round says how many (0: off). A ranking raises the fit of a ranked pair as an
adjustment whose source is the ranking (``matcher.rounds.input.RANKED_FIRST``).
A mentee that gave no answer changes nothing: it is unknown, not a low rank.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from graph.store import Store
from matcher.document import PairExplanation
from matcher.pairs import Partners
from matcher.policy import Policy
from matcher.rounds.input import policy_of
from matcher.rounds.keeping import record
from matcher.rounds.state import LivingRound

LOOKED_AT = 50
"""So many of the best mentors are looked at for those that take part and have a place."""


def unranked_policy(state: LivingRound) -> Policy:
    """The round's policy without what was ranked, so that a shortlist does not move by what was answered."""
    return policy_of(state.model_copy(update={"rankings": {}}))


def shortlist(state: LivingRound, mentee: str, partners: Partners) -> list[PairExplanation]:
    """The best eligible mentors of a mentee in this round, as many as it may see, best first.

    ``partners`` are those under ``unranked_policy``. Empty where the mentee takes no part, or recipients do not choose.
    """
    if not state.recipients_choose or mentee not in partners.taking_part.mentee_ids:
        return []
    free = {id for id, places in partners.taking_part.places_of.items() if places}
    barred = {each.mentor for each in partners.policy.forbids if each.mentee == mentee}
    found = partners.suggest(mentee, role="mentee", top=LOOKED_AT)
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
