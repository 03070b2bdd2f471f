"""Rounds in which recipients choose, and whom they may rank."""

from __future__ import annotations

from datetime import date

from graph.store import Reader
from matcher.document import PairExplanation
from matcher.rounds.keeping import living_rounds, read_state
from matcher.rounds.shortlist import shortlist, unranked_policy
from matcher.rounds.state import LivingRound
from web.knowledge import keeper, today
from web.partners import partners_of


def shown_in(state: LivingRound, utility: str) -> list[PairExplanation]:
    """The mentors a mentee may rank in a round, from all that was known by its date, best first."""
    if not state.recipients_choose:
        return []
    partners = partners_of(keeper().now(), unranked_policy(state), date.fromisoformat(state.as_of))
    return shortlist(state, utility, partners)


def is_open(state: LivingRound) -> bool:
    """Whether a ranking is taken now."""
    in_time = not state.choose_by or today().isoformat() <= state.choose_by
    return state.phase == "checked" and bool(state.recipients_choose) and in_time


def open_rounds(reader: Reader) -> list[LivingRound]:
    """The rounds in which recipients choose now."""
    states = [read_state(reader, row.id) for row in living_rounds(reader) if row.phase == "checked"]
    return [state for state in states if is_open(state)]
