"""The single numbers and choices of a policy that a person may set, each with its words; one declared table."""

from __future__ import annotations

from dataclasses import dataclass

from graph.sentences import Sentence, say


@dataclass(frozen=True, slots=True)
class Setting:
    """One value: where it stands in a policy, what it is called, what it means, and the form of its number."""

    path: tuple[str, ...]
    title: Sentence
    meaning: Sentence
    whole: bool = False

    @property
    def name(self) -> str:
        """Its key as one word, for a form."""
        return "__".join(self.path)

    @property
    def rule(self) -> str | None:
        """The rule it belongs to."""
        return self.path[1] if self.path[0] == "rules" else None


SETTINGS_SHOWN: tuple[Setting, ...] = (
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
        ("rules", "performance_gap", "target"),
        say("How far ahead the mentor should be"),
        say("As a share of a figure's range: 0.2 is 20 points."),
    ),
    Setting(
        ("rules", "performance_gap", "spread"),
        say("How much further or less counts nearly as well"),
        say("A larger number forgives more."),
    ),
    Setting(
        ("rules", "size_ratio", "target_ratio"),
        say("How many times as large the mentor should be"),
        say("1 asks for two of the same size."),
    ),
    Setting(("rules", "distance", "near_km"), say("Near, in km"), say("Up to here the distance does not matter.")),
    Setting(("rules", "distance", "far_km"), say("Far, in km"), say("From here on it counts nothing.")),
    Setting(("rules", "time_zone", "most_hours"), say("Hours apart at most"), say("From here on it counts nothing.")),
    Setting(
        ("rules", "topic_offered", "related_from"),
        say("How closely related a topic must be"),
        say("1 asks for the very topic; 0.7 also takes what is related as closely as that."),
    ),
    Setting(
        ("rules", "need_cover", "half_life_years"),
        say("Years after which evidence counts half"),
        say("An offer whose evidence is older counts less."),
    ),
    Setting(
        ("rules", "not_partners_now", "assumed_years"),
        say("Years a partnership without an end is taken to last"),
        say("Counted from its start."),
        whole=True,
    ),
)
"""What the editor shows besides goals, rules and limits. Every other key of a policy is kept as it is."""

SETTING_BY_NAME = {setting.name: setting for setting in SETTINGS_SHOWN}
