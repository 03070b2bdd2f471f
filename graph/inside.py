"""What a store answers by itself, without a snapshot of the whole network: the records of those answers.

The questions are methods of ``graph.store.InsideReader``; both stores answer them natively and equally. What counts:

- a **tie** joins two utilities that took part in one ``Partnership`` node (one mentor-mentee pair), in either role.
  It counts by a year as in ``graph.register``: not planned, and known to have begun by then (``known_by``);
- an **offer** or **need** is stated (an edge of the store) or inferred from the partnerships that count by the year,
  as ``graph.register.with_inferred`` does it for a whole network; stated wins, and each answer says which it is.

Rows are ordered by what is said beside them, then by id (by code point), so that equal stores answer equally.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from graph.errors import BadInput
from graph.model import Provenance
from graph.sentences import say

Depth = Literal[1, 2, 3]
DEPTHS: tuple[Depth, ...] = get_args(Depth)
"""How many ties away a neighbourhood may reach: further, most of a network is within reach."""


@dataclass(frozen=True, slots=True)
class Place:
    """A utility by name and country; ``None`` is unknown."""

    id: str
    name: str | None
    country: str | None


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A utility some ties away; ``via`` is the neighbour one tie nearer (the first by id), for itself at 1."""

    id: str
    name: str | None
    country: str | None
    distance: int
    via: str


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Who is within some ties of a utility.

    ``counts`` has how many utilities are exactly 1, 2, ... ties away, all of them; ``neighbours`` lists them by
    distance, then id, and may be cut short.
    """

    utility: Place
    counts: tuple[int, ...]
    neighbours: tuple[Neighbour, ...]


@dataclass(frozen=True, slots=True)
class Tie:
    """One partnership between two utilities, seen as mentor and mentee; years may be unknown."""

    partnership: str
    wop: str | None
    mentor: str
    mentee: str
    start_year: int | None
    end_year: int | None


@dataclass(frozen=True, slots=True)
class Chain:
    """A shortest chain of utilities from ``source`` to ``target``, each tied to the next.

    Of several it is the one whose ids come first in order. ``links[n]`` are all ties between ``utilities[n]`` and the
    next, ordered by partnership. Both are empty where no chain joins the two; a utility and itself make a chain
    without links.
    """

    source: Place
    target: Place
    utilities: tuple[Place, ...]
    links: tuple[tuple[Tie, ...], ...]


@dataclass(frozen=True, slots=True)
class Needed:
    """A capability that a utility needs; ``private`` where the need is stated and not public."""

    capability: str
    name: str | None
    need: Provenance
    private: bool


@dataclass(frozen=True, slots=True)
class Shared:
    """A capability that one utility needs and another offers; ``level`` 1 to 5 as the offer states it, if it does."""

    capability: str
    offer: Provenance
    level: int | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A utility that offers what another needs; ``shared`` is ordered by capability."""

    id: str
    name: str | None
    country: str | None
    shared: tuple[Shared, ...]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Who offers what a utility needs: the most capabilities first, then the most stated offers, then by id.

    No rule or limit of a policy is applied: this is who could be asked, not who may be paired. ``needs`` are what the
    utility needs, by capability; ``total`` counts all candidates, of whom ``candidates`` may list the first.
    """

    utility: Place
    needs: tuple[Needed, ...]
    total: int
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class SupplyDemand:
    """How many utilities of a region offer and need a capability; a region is ``None`` where it is not known."""

    capability: str
    capability_name: str | None
    region: str | None
    region_name: str | None
    offers_stated: int
    offers_inferred: int
    needs_stated: int
    needs_inferred: int

    @property
    def offers(self) -> int:
        """Utilities that offer it, stated or inferred."""
        return self.offers_stated + self.offers_inferred

    @property
    def needs(self) -> int:
        """Utilities that need it, stated or inferred."""
        return self.needs_stated + self.needs_inferred


def checked_depth(depth: int) -> Depth:
    """The depth, if a neighbourhood may be that deep; raises ``BadInput``."""
    for known in DEPTHS:
        if known == depth:
            return known
    raise BadInput(
        say("A neighbourhood cannot be {depth} partnerships deep.", depth=depth),
        say("Choose a depth from {least} to {most}.", least=DEPTHS[0], most=DEPTHS[-1]),
    )
