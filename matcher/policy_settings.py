"""The single numbers and choices of a policy that a person may set, each with its words; one declared table."""

from __future__ import annotations

from dataclasses import dataclass

from graph.sentences import Sentence, say
from matcher.rules.settings import SETTINGS, FixedGate


@dataclass(frozen=True, slots=True)
class Setting:
    """One value: where it stands in a policy, what it is called, what it means, and the form of its value.

    ``short`` tells the value with its unit in a word or two ({value} is its place). ``choices`` are the values it may
    have where it is no number, each with its words; a list stands there with commas.
    """

    path: tuple[str, ...]
    title: Sentence
    meaning: Sentence
    short: Sentence | None = None
    whole: bool = False
    choices: tuple[tuple[str, Sentence], ...] = ()

    @property
    def name(self) -> str:
        """Its key as one word, for a form."""
        return "__".join(self.path)

    @property
    def rule(self) -> str | None:
        """The rule it belongs to."""
        return self.path[1] if self.path[0] == "rules" else None


GENERAL: tuple[Setting, ...] = (
    Setting(
        ("quality_floor",),
        say("Lowest fit that may be proposed"),
        say("Between 0 and 1; where nothing at all is known of a pair, its fit is 0.5."),
    ),
    Setting(
        ("participants", "mentors_wanted"),
        say("Mentors for each mentee"),
        say("1 to 3, where a mentee has not said how many it wants."),
        whole=True,
    ),
    Setting(
        ("participants", "default_places"),
        say("Places of a mentor that stated none"),
        say("How many mentees it may have at a time."),
        whole=True,
    ),
    Setting(
        ("participants", "most_places"),
        say("Most places read from the register"),
        say("A mentor that had more mentees in one year than it stated places gets so many at most."),
        whole=True,
    ),
    Setting(
        ("participants", "default_need_days"),
        say("Staff-days for a need that states none"),
        say("Days a year that the mentor's staff spend on it."),
    ),
    Setting(
        ("participants", "small_town_below"),
        say("People served in a small town"),
        say("Below so many a utility counts as a small town's."),
        whole=True,
    ),
    Setting(
        ("participants", "accepted_confidence"),
        say("Partnerships of the register that count as evidence"),
        say("What a past partnership tells of offers and needs counts only where its source is as sure as this."),
        choices=(
            ("high,medium,low", say("all")),
            ("high,medium", say("of high and medium confidence")),
            ("high", say("only of high confidence")),
        ),
    ),
)

OF_RULES: tuple[Setting, ...] = (
    Setting(
        ("rules", "topic_offered", "related_from"),
        say("How closely related a topic must be"),
        say("1 asks for the very topic; 0.7 also takes what is related as closely as that."),
        say("related from {value}"),
    ),
    Setting(
        ("rules", "need_cover", "level_share"),
        say("How much the level of an offer counts"),
        say("Between 0 and 1; the rest is how recent its evidence is."),
        say("level {value}"),
    ),
    Setting(
        ("rules", "need_cover", "half_life_years"),
        say("Years after which evidence counts half"),
        say("An offer whose evidence is older counts less."),
        say("half after {value} years"),
    ),
    Setting(
        ("rules", "performance_gap", "target"),
        say("How far ahead the mentor should be"),
        say("As a share of a figure's range: 0.2 is 20 points."),
        say("ahead by {value}"),
    ),
    Setting(
        ("rules", "performance_gap", "spread"),
        say("How much further or less counts nearly as well"),
        say("A larger number forgives more."),
        say("give or take {value}"),
    ),
    Setting(
        ("rules", "not_partners_now", "assumed_years"),
        say("Years a partnership without an end is taken to last"),
        say("Counted from its start."),
        say("{value} years"),
        whole=True,
    ),
    Setting(
        ("rules", "size_ratio", "target_ratio"),
        say("How many times as large the mentor should be"),
        say("1 asks for two of the same size."),
        say("{value} times as large"),
    ),
    Setting(
        ("rules", "size_ratio", "spread"),
        say("How many times off that counts nearly as well"),
        say("More than 1; so many times larger or smaller than asked for, a mentor still counts about 60 of 100."),
        say("up to {value} times off"),
    ),
    Setting(
        ("rules", "distance", "near_km"),
        say("Near, in km"),
        say("Up to here the distance does not matter."),
        say("near: {value} km"),
    ),
    Setting(
        ("rules", "distance", "far_km"),
        say("Far, in km"),
        say("From here on it counts nothing."),
        say("far: {value} km"),
    ),
    Setting(
        ("rules", "distance", "scale"),
        say("Between near and far"),
        say("How the value falls with the distance."),
        choices=(("linear", say("each km counts alike")), ("logarithm", say("each doubling counts alike"))),
    ),
    Setting(
        ("rules", "time_zone", "most_hours"),
        say("Hours apart at most"),
        say("From here on it counts nothing."),
        say("up to {value} hours"),
    ),
    Setting(
        ("rules", "track_record", "half_life_years"),
        say("Years after which a past partnership counts half"),
        say("A smaller number asks for a mentor that mentored lately."),
        say("half after {value} years"),
    ),
    *(
        Setting(
            ("rules", rule, "half_at"),
            say("Partnerships that count half way"),
            say("So many earlier ones are half way from neutral to full."),
            say("half way at {value}"),
        )
        for rule in ("track_record", "country_ties", "country_topics")
    ),
)

WITH_STEPS: tuple[str, ...] = (
    "need_cover",
    "capability_closeness",
    "performance_gap",
    "size_ratio",
    "income_group",
    "region",
    "distance",
    "time_zone",
    "preference",
    "existing_link",
    "leadership_letter",
    "track_record",
    "country_ties",
    "country_topics",
    "mentor_income",
)
"""Rules with more values than yes and no: where they disqualify is a matter of their threshold."""

THRESHOLDS: tuple[Setting, ...] = tuple(
    Setting(
        ("rules", rule, "threshold"),
        say("Disqualifies below"),
        say("A value between 0 and 1; it counts only where the rule is mandatory."),
    )
    for rule in WITH_STEPS
)
LOOSE_WEIGHTS: tuple[Setting, ...] = tuple(
    Setting(("rules", rule, "weight"), say("Weight in the fit"), say("From 0 to 1,000."))
    for rule, kind in SETTINGS.items()
    if not issubclass(kind, FixedGate)
)
"""The weights behind the words low, medium and high."""

SETTINGS_SHOWN: tuple[Setting, ...] = (*GENERAL, *OF_RULES, *THRESHOLDS, *LOOSE_WEIGHTS)
"""What the editor shows besides goals, levels of rules, limits, countries and participants."""


def as_choice(value: object) -> str:
    """A value as the id of a choice: a list stands with commas."""
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
