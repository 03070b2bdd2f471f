"""What a policy may set for each rule, with the default that holds where a policy is silent.

Every rule has a mode (``off``, ``graded``, ``mandatory``), a weight in the fit and a threshold; some have
settings of their own. The keys here are exactly the keys of ``[rules.<id>]`` in a policy file.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, Strict, model_validator

Mode: TypeAlias = Literal["off", "graded", "mandatory"]
Number: TypeAlias = Annotated[float, Strict()]
Whole: TypeAlias = Annotated[int, Strict()]
Flag: TypeAlias = Annotated[bool, Strict()]
Name: TypeAlias = Annotated[str, Strict(), Field(min_length=1)]
Names: TypeAlias = tuple[Name, ...]


class PolicyPart(BaseModel):
    """A part of a policy: frozen, and no key that is not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class RuleSettings(PolicyPart):
    """What every rule has. A mandatory rule disqualifies below ``threshold``; its weight still counts in the fit."""

    mode: Mode = "graded"
    weight: Number = Field(default=1.0, ge=0, le=1000)
    threshold: Number = Field(default=0.5, ge=0, le=1)


class Gate(RuleSettings):
    """A rule that disqualifies by default and does not count in the fit."""

    mode: Mode = "mandatory"
    weight: Number = Field(default=0.0, ge=0, le=1000)


class FixedGate(Gate):
    """A rule without which a pair means nothing: it cannot be switched off or graded."""

    mode: Literal["mandatory"] = "mandatory"


class TopicOffered(FixedGate):
    """``related_from``: an offer of another capability counts from this closeness on; 1 asks for the same one."""

    related_from: Number = Field(default=1.0, gt=0, le=1)


class FunderCountries(Gate):
    """Countries a funder accepts; an empty list accepts every country."""

    mentee_countries: Names = ()
    mentor_countries: Names = ()


class NotPartnersNow(Gate):
    """``assumed_years``: how long a partnership without a known end counts as ongoing after its start."""

    assumed_years: Whole = Field(default=3, ge=0, le=50)


class NeedCover(RuleSettings):
    """How well an offer covers a need: its level and the age of its evidence.

    ``level_share`` is the part of the level in the quality, the rest is the evidence's age, which counts half
    after each ``half_life_years``.
    """

    weight: Number = Field(default=4.0, gt=0, le=1000)
    mode: Literal["graded", "mandatory"] = "graded"
    threshold: Number = Field(default=0.1, ge=0, le=1)
    level_share: Number = Field(default=0.6, ge=0, le=1)
    half_life_years: Number = Field(default=10.0, gt=0, le=1000)


class PerformanceGap(RuleSettings):
    """Best where the mentor is ahead by ``target`` (share of a figure's range), falling to both sides by ``spread``."""

    target: Number = Field(default=0.2, ge=-1, le=1)
    spread: Number = Field(default=0.2, gt=0, le=10)


class SizeRatio(RuleSettings):
    """Best where the mentor is ``target_ratio`` times as large, falling to both sides by factors of ``spread``."""

    target_ratio: Number = Field(default=2.0, gt=0, le=10_000)
    spread: Number = Field(default=5.0, gt=1, le=10_000)


class Distance(RuleSettings):
    """Full value up to ``near_km``, none from ``far_km`` on, a straight line between (of km or of their logarithm)."""

    near_km: Number = Field(default=500.0, ge=0, le=20_100)
    far_km: Number = Field(default=10_000.0, gt=0, le=20_100)
    scale: Literal["linear", "logarithm"] = "linear"

    @model_validator(mode="after")
    def _ordered(self) -> Distance:
        if self.near_km >= self.far_km:
            raise ValueError("near_km must be below far_km")
        if self.scale == "logarithm" and self.near_km <= 0:
            raise ValueError("near_km must be above 0 for a logarithm")
        return self


class TimeZone(RuleSettings):
    """Full value in the same time zone, none from ``most_hours`` apart on."""

    weight: Number = Field(default=0.5, ge=0, le=1000)
    most_hours: Number = Field(default=8.0, gt=0, le=12)


class Half(RuleSettings):
    """A graded rule that counts half by default."""

    weight: Number = Field(default=0.5, ge=0, le=1000)


class TrackRecord(RuleSettings):
    """Counts each partnership mentored, half as much after each ``half_life_years``.

    ``half_at``: with so many recent ones the value is half way from neutral to full.
    """

    mode: Mode = "off"
    half_life_years: Number = Field(default=4.0, gt=0, le=1000)
    half_at: Number = Field(default=8.0, gt=0, le=1000)


class Counted(RuleSettings):
    """``half_at``: with so many earlier partnerships the value is half way from neutral to full."""

    mode: Mode = "off"
    half_at: Number = Field(default=4.0, gt=0, le=1000)


class Unused(RuleSettings):
    """A graded rule that is off unless a policy asks for it."""

    mode: Mode = "off"


SETTINGS: dict[str, type[RuleSettings]] = {
    "not_itself": FixedGate,
    "topic_offered": TopicOffered,
    "not_for_profit": Gate,
    "charter_signed": Gate,
    "free_capacity": FixedGate,
    "funder_countries": FunderCountries,
    "not_refused": Gate,
    "not_partners_now": NotPartnersNow,
    "need_cover": NeedCover,
    "capability_closeness": Half,
    "performance_gap": PerformanceGap,
    "size_ratio": SizeRatio,
    "income_group": Half,
    "water_source": Half,
    "network_type": Half,
    "climate": Half,
    "region": RuleSettings,
    "distance": Distance,
    "time_zone": TimeZone,
    "language": RuleSettings,
    "ownership": Half,
    "existing_link": RuleSettings,
    "reciprocity": Half,
    "preference": RuleSettings,
    "investment_coming": Half,
    "leadership_letter": Half,
    "track_record": TrackRecord,
    "country_ties": Counted,
    "country_topics": Counted,
    "mentor_income": Unused,
}
"""Rule id to its settings, in the order in which reasons are shown."""
