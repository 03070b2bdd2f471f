"""What is hidden from the ranking of one real pair, and what was known before the pair began.

The register knows years only. A pair's year is its start; without one its end; without any year the year in which
the register was gathered (``UNDATED_KNOWN_FROM``). Known before is what carries a year before that: partnerships
by the same reckoning, figures, offers and needs by their own year. What carries no year, and what utilities say
of one another, might come from later, so it is left out. The whole partnership of the pair (all its rows) is hidden.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, TypeAlias

from graph.errors import BadInput
from graph.model import Need, Partnership
from graph.network import Network
from graph.register import UNDATED_KNOWN_FROM, with_inferred
from graph.sentences import say

Pool: TypeAlias = Literal["mentors", "known", "everyone"]
"""Who is ranked: the organisations that mentor in the history given (at any time), those known to have mentored
before the pair, or every organisation."""


@dataclass(frozen=True)
class Hidden:
    """One pair whose mentor is looked for: ``pool`` are the ids ranked, ``past`` the network as known before.

    ``place`` is the mentor's place in the pool, ``None`` where it is not among those ranked. ``seen``: whether
    the mentor is recorded with an earlier partnership as mentor.
    """

    partnership: Partnership
    year: int
    past: Network
    pool: tuple[str, ...]
    place: int | None
    seen: bool

    @property
    def as_of(self) -> date:
        """The last day on which only what came before is known."""
        return date(self.year - 1, 12, 31)

    @property
    def clean(self) -> bool:
        """Whether the register has no reservation about the row: it carries no flag."""
        return not self.partnership.flags


def year_of(partnership: Partnership) -> int:
    """The year a pair counts in; see the module's text."""
    return partnership.start_year or partnership.end_year or UNDATED_KNOWN_FROM


def real_pairs(network: Network) -> tuple[Partnership, ...]:
    """The partnerships that happened, by id. Raises ``BadInput`` where there is none."""
    found = tuple(part for part in network.partnerships if part.status != "planned" and part.mentor != part.mentee)
    if not found:
        raise BadInput(
            say("No partnership is recorded that could be looked for."), say("Import a register of partnerships first.")
        )
    return found


def without_words(network: Network) -> Network:
    """The network without what utilities say of one another: such words carry no year."""
    return replace(
        network,
        utilities=tuple(
            replace(utility, twinned_with=(), preferred_partners=(), refused_partners=())
            for utility in network.utilities
        ),
    )


def hide(network: Network, partnership: Partnership, history: Collection[Partnership], pool: Pool) -> Hidden:
    """The pair hidden, with what of ``history`` was known before; co-mentors of its partnership are hidden too.

    ``network`` is one ``without_words``; its own partnerships are not looked at, only ``history``.
    """
    year = year_of(partnership)
    others = [part for part in history if part.wop != partnership.wop and part.status != "planned"]
    before = tuple(part for part in others if year_of(part) < year)
    mentored = {part.mentor for part in before}
    if pool == "known":
        ranked = mentored
    elif pool == "mentors":
        ranked = {part.mentor for part in history if part.status != "planned"}
    else:
        ranked = {utility.id for utility in network.utilities}
    ids = tuple(sorted(ranked - {partnership.mentee}))
    past = _known_before(network, year, before, partnership, ids)
    place = ids.index(partnership.mentor) if partnership.mentor in ids else None
    return Hidden(partnership, year, past, ids, place, partnership.mentor in mentored)


def _known_before(
    network: Network, year: int, before: tuple[Partnership, ...], partnership: Partnership, pool: tuple[str, ...]
) -> Network:
    """The network as known before a year, where the mentee has just the needs that the pair works on.

    It holds the mentee, the candidates and the organisations of the partnerships known; nothing looks at others.
    """
    mentee = partnership.mentee
    kept = {mentee, *pool, *(end for part in before for end in (part.mentor, part.mentee))}

    def earlier(stated: int | None) -> bool:
        return stated is not None and stated < year

    known = with_inferred(
        replace(
            network,
            # The years are settled here; a partnership known only by a later end must not be taken for a later one.
            partnerships=tuple(replace(part, start_year=year_of(part), end_year=_ended(part, year)) for part in before),
            utilities=tuple(utility for utility in network.utilities if utility.id in kept),
            observations=tuple(each for each in network.observations if each.utility in kept and earlier(each.year)),
            offers=tuple(
                each
                for each in network.offers
                if each.utility in kept and each.provenance == "stated" and earlier(each.year)
            ),
            needs=tuple(
                each
                for each in network.needs
                if each.utility in kept and each.provenance == "stated" and earlier(each.year)
            ),
        ),
        date(year - 1, 12, 31),
    )
    asked = tuple(Need(mentee, capability) for capability in partnership.capabilities)
    others = tuple(need for need in known.needs if need.utility != mentee)
    return replace(known, needs=tuple(sorted((*others, *asked), key=lambda need: (need.utility, need.capability))))


def _ended(partnership: Partnership, year: int) -> int | None:
    """The end year, where it was known by then; one that ends later was under way."""
    return None if partnership.end_year is None or partnership.end_year >= year else partnership.end_year
