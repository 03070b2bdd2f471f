"""What is known, as frozen records: the nouns of the field.

``None`` always means *unknown*, never zero and never "no".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Provenance = Literal["stated", "inferred"]
"""*stated* by the utility (or for it, in an upload); *inferred* from the register of partnerships."""


@dataclass(frozen=True, slots=True)
class Region:
    """A UN subregion."""

    id: str
    name: str
    continent: str | None = None


@dataclass(frozen=True, slots=True)
class Country:
    """A country by its ISO 3166 alpha-3 code; lists carry the year they were published."""

    id: str
    name: str
    region: str
    income_group: str | None = None
    income_year: int | None = None
    fragile: bool | None = None
    fragile_year: int | None = None
    languages: tuple[str, ...] = ()
    latitude: float | None = None
    longitude: float | None = None
    utc_offset: float | None = None


@dataclass(frozen=True, slots=True)
class Capability:
    """A topic of the taxonomy; ``related`` maps other capabilities to a closeness in 0..1."""

    id: str
    name: str
    definition: str
    group: str
    related: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Utility:
    """A water or sanitation utility (or another organisation named in a partnership)."""

    id: str
    name: str
    country: str
    languages: tuple[str, ...] = ()
    ownership: str | None = None
    not_for_profit: bool | None = None
    charter_signed_on: str | None = None
    leadership_letter: bool | None = None
    services: tuple[str, ...] = ()
    water_source: str | None = None
    network_type: str | None = None
    climate: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    mentor_places: int | None = None
    minimum_mentees: int | None = None
    mentor_staff_days: float | None = None
    mentors_wanted: int | None = None
    investment_coming: bool | None = None
    twinned_with: tuple[str, ...] = ()
    preferred_partners: tuple[str, ...] = ()
    refused_partners: tuple[str, ...] = ()
    not_offered: tuple[str, ...] = ()
    not_needed: tuple[str, ...] = ()
    private: bool | None = None
    facilitator: str | None = None
    source_url: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A utility can teach a capability: level 1 (basic) to 5 (could train trainers), staff-days a year."""

    utility: str
    capability: str
    level: int | None = None
    staff_days: float | None = None
    evidence: str | None = None
    year: int | None = None
    source: str | None = None
    provenance: Provenance = "stated"


@dataclass(frozen=True, slots=True)
class Need:
    """A utility wants a capability: priority 1 (highest) to 3, provisional or diagnosed."""

    utility: str
    capability: str
    priority: int | None = None
    indicator: str | None = None
    baseline: float | None = None
    target: float | None = None
    status: str | None = None
    staff_days: float | None = None
    year: int | None = None
    source: str | None = None
    private: bool | None = None
    provenance: Provenance = "stated"


@dataclass(frozen=True, slots=True)
class Observation:
    """One figure of a utility, with its own year and source."""

    utility: str
    metric: str
    value: float
    year: int | None = None
    source_url: str | None = None
    note: str | None = None
    private: bool | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What a partnership reached on one capability; ``year`` and ``source`` are of the result."""

    capability: str
    indicator: str | None = None
    baseline: float | None = None
    target: float | None = None
    result: float | None = None
    year: int | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Partnership:
    """One mentor-mentee pair of a real partnership; the pairs of one partnership share ``wop``.

    ``went`` in 0..1 is how it went as both sides answered after its end, the later of the two on ``went_on``;
    ``private_topics`` are those of its capabilities that only the two and their facilitators see.
    """

    id: str
    wop: str
    mentor: str
    mentee: str
    capabilities: tuple[str, ...] = ()
    start_year: int | None = None
    end_year: int | None = None
    status: str | None = None
    programme: str | None = None
    facilitator: str | None = None
    funder: str | None = None
    confidence: str | None = None
    flags: tuple[str, ...] = ()
    excerpt_fact: str | None = None
    source_url: str | None = None
    source_url_2: str | None = None
    start_on: str | None = None
    end_on: str | None = None
    went: float | None = None
    went_on: str | None = None
    results: tuple[Result, ...] = ()
    private_topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CapabilityGroup:
    """A group of capabilities."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Metric:
    """A kind of figure: outside ``lowest`` to ``highest`` it is hardly believable.

    ``higher_is_better`` is ``None`` where a figure only tells size; ``capability`` is the one it tells most about.
    """

    id: str
    name: str
    unit: str
    higher_is_better: bool | None = None
    lowest: float | None = None
    highest: float | None = None
    capability: str | None = None
