"""A policy: who takes part, which rules count how much, the limits, and the goals in their order.

A policy is a TOML file (see ``docs/reference/policy.md``) or one of the ready ones shipped with the matcher.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache, partial
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, TypeVar

from pydantic import Field, PrivateAttr, SerializeAsAny, ValidationError, field_validator, model_validator

from graph.errors import BadInput, UnknownName
from graph.sentences import say
from matcher.faults import Fault
from matcher.policy_problems import LineOf, problems_of_validation, raise_problems, unknown_name
from matcher.rules.settings import SETTINGS, Flag, Name, Names, Number, PolicyPart, RuleSettings, Whole
from matcher.toml_lines import line_of
from matcher.toml_text import toml_text

GOALS = (
    "most_mentees",
    "most_partnerships",
    "most_needs",
    "most_priority",
    "fragile_first",
    "low_income_first",
    "first_timers",
    "best_fit",
    "fewest_changes",
    "stable",
)
"""Ids a policy may list as goals; what each one counts is in ``matcher.goal_values``."""

SettingsT = TypeVar("SettingsT", bound=RuleSettings)
Confidence: TypeAlias = Literal["high", "medium", "low"]
ForEach: TypeAlias = Literal["mentee_region", "mentor_region", "mentee_country", "mentor_country", "facilitator"]
Places: TypeAlias = Annotated[Whole, Field(ge=0, le=1000)]
Wanted: TypeAlias = Annotated[Whole, Field(ge=0, le=3)]
Bound: TypeAlias = Annotated[Number, Field(ge=-1e12, le=1e12)]
Id: TypeAlias = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Selection(PolicyPart):
    """Which utilities are meant: every part that is set must hold; an unknown attribute never holds.

    ``also`` are meant in any case, ``without`` in none: the two are what a human adds and takes away by hand.
    """

    regions: Names = ()
    countries: Names = ()
    income_groups: Names = ()
    fragile: Flag | None = None
    small_town: Flag | None = None
    offers: Names = ()
    needs: Names = ()
    programmes: Names = ()
    facilitators: Names = ()
    utilities: Names = ()
    also: Names = ()
    without: Names = ()

    @model_validator(mode="after")
    def _by_hand_once(self) -> Selection:
        if both := sorted(set(self.also).intersection(self.without)):
            raise ValueError(f"also and without cannot name the same utility: {both[0]}")
        return self


class Topic(PolicyPart):
    """One offer or need of one utility, by its capability's id."""

    utility: Name
    capability: Name
    side: Literal["offer", "need"]


class ParticipantSettings(PolicyPart):
    """Who takes part, and with what capacity where a utility has not stated its own."""

    default_places: Whole = Field(default=1, ge=0, le=100)
    most_places: Whole = Field(default=6, ge=0, le=1000)
    mentors_wanted: Whole = Field(default=1, ge=1, le=3)
    accepted_confidence: tuple[Confidence, ...] = ("high", "medium", "low")
    default_need_days: Number = Field(default=20.0, ge=0, le=10_000)
    small_town_below: Whole = Field(default=50_000, ge=1, le=10**12)
    exclude: Names = ()
    mentors: Selection | None = None
    mentees: Selection | None = None
    places: dict[Name, Places] = Field(default_factory=dict)
    wanted: dict[Name, Wanted] = Field(default_factory=dict)
    set_aside: tuple[Topic, ...] = ()


class LimitSettings(PolicyPart):
    """One ``[[limits]]`` entry: which pairs it looks at, what it counts of them, and how much there may be."""

    id: Id
    title: Name
    counts: Literal["partnerships", "money", "share", "balance"] = "partnerships"
    mentor: Selection = Selection()
    mentee: Selection = Selection()
    either: Selection | None = None
    group: Selection | None = None
    cross_region: Flag | None = None
    cross_country: Flag | None = None
    for_each: ForEach | None = None
    at_least: Bound | None = None
    at_most: Bound | None = None
    base_cost: Number = Field(default=0.0, ge=0, le=1e12)
    cost_per_1000_km: Number = Field(default=0.0, ge=0, le=1e12)
    unknown_distance_km: Number = Field(default=5_000.0, ge=0, le=20_100)

    @model_validator(mode="after")
    def _makes_sense(self) -> LimitSettings:
        bounds = [bound for bound in (self.at_least, self.at_most) if bound is not None]
        if not bounds:
            raise ValueError("a limit needs at_least, at_most or both")
        if len(bounds) == 2 and bounds[0] > bounds[1]:
            raise ValueError("at_least must not be above at_most")
        if self.counts == "share" and any(not 0 <= bound <= 1 for bound in bounds):
            raise ValueError("a share lies between 0 and 1")
        if self.counts != "share" and any(bound != int(bound) for bound in bounds):
            raise ValueError("at_least and at_most must be whole numbers here")
        if self.counts == "money" and self.base_cost == 0 and self.cost_per_1000_km == 0:
            raise ValueError("a money limit needs base_cost or cost_per_1000_km")
        if (self.counts == "balance") != (self.group is not None):
            raise ValueError("a balance needs a group, and only a balance has one")
        return self


class PairDecision(PolicyPart):
    """A human's decision on one pair (``[[pins]]``, ``[[forbids]]``), or a published one (``[[published]]``)."""

    mentor: Name
    mentee: Name
    reason: str = ""


class FitAdjustment(PolicyPart):
    """A human's correction of one pair's fit (``[[adjustments]]``): added to it, in -1..1.

    ``source`` is ``ranking`` where the mentee ranked the mentor on its shortlist; a facilitator's has none.
    """

    mentor: Name
    mentee: Name
    by: Number = Field(ge=-1, le=1)
    reason: str = ""
    source: Literal["ranking"] | None = None


class Policy(PolicyPart):
    """A whole policy, validated; ``source`` is the file or ready name it was read from."""

    name: Name
    description: str = ""
    participants: ParticipantSettings = ParticipantSettings()
    rules: dict[str, SerializeAsAny[RuleSettings]] = Field(default_factory=dict, validate_default=True)
    quality_floor: Number = Field(default=0.0, ge=0, le=1)
    goals: tuple[Name, ...] = Field(default=("best_fit",), min_length=1, validate_default=True)
    pairing: Literal["best", "stable"] = "best"
    limits: tuple[LimitSettings, ...] = ()
    pins: tuple[PairDecision, ...] = ()
    forbids: tuple[PairDecision, ...] = ()
    published: tuple[PairDecision, ...] = ()
    adjustments: tuple[FitAdjustment, ...] = ()
    _source: str = PrivateAttr(default="")

    @field_validator("rules", mode="before")
    @classmethod
    def _rules_by_id(cls, given: Any) -> Any:
        """Each rule by its own settings, in the order of the registry; rules left out get their defaults."""
        if not isinstance(given, Mapping):
            return given
        if unknown := sorted(set(given).difference(SETTINGS)):
            raise ValueError(f"there is no rule called {', '.join(unknown)}")
        return {
            id: part if isinstance(part := given.get(id, {}), kind) else kind.model_validate(part)
            for id, kind in SETTINGS.items()
        }

    @field_validator("goals")
    @classmethod
    def _goals_end_stable(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        """Each goal once and known; ``stable`` always comes last, so that ties never depend on luck."""
        if repeated := sorted({goal for goal in given if given.count(goal) > 1}):
            raise ValueError(f"each goal may be listed once; more than once: {', '.join(repeated)}")
        if "stable" in given[:-1]:
            raise ValueError("the goal stable comes last")
        return given if given[-1] == "stable" else (*given, "stable")

    @model_validator(mode="after")
    def _once_each(self) -> Policy:
        adjusted = [(each.mentor, each.mentee) for each in self.adjustments]
        if again := sorted({pair for pair in adjusted if adjusted.count(pair) > 1}):
            raise ValueError(f"a pair's fit is adjusted once; more than once: {again[0][0]} with {again[0][1]}")
        ids = [limit.id for limit in self.limits]
        if repeated := sorted({id for id in ids if ids.count(id) > 1}):
            raise ValueError(f"each limit needs an id of its own; repeated: {', '.join(repeated)}")
        pinned = [(pin.mentor, pin.mentee) for pin in self.pins]
        forbidden = {(forbid.mentor, forbid.mentee) for forbid in self.forbids}
        if both := sorted(forbidden.intersection(pinned)):
            raise ValueError(f"a pair cannot be pinned and forbidden: {both[0][0]} with {both[0][1]}")
        return self

    @model_validator(mode="after")
    def _stable_ranks_by_fit(self) -> Policy:
        if self.pairing == "stable" and "best_fit" not in self.goals:
            raise ValueError("a stable pairing ranks partners by fit: list best_fit among the goals")
        return self

    @property
    def source(self) -> str:
        """Where it was read from, for messages; its name where it was made in memory."""
        return self._source or self.name

    def rule(self, id: str, kind: type[SettingsT]) -> SettingsT:
        """The settings of one rule, as their own kind."""
        settings = self.rules[id]
        if not isinstance(settings, kind):
            raise TypeError(f"{id} has settings of the kind {type(settings).__name__}")
        return settings

    def to_toml(self) -> str:
        """The policy as a TOML text that ``read_policy`` reads back as an equal policy."""
        return toml_text(self.model_dump(mode="json", exclude_none=True))

    def to_json(self) -> dict[str, Any]:
        """The stable JSON form, kept in proposals; ``parse_policy`` reads it back."""
        return self.model_dump(mode="json", exclude_none=True)


_PARTS: tuple[tuple[tuple[str, ...], type[PolicyPart]], ...] = (
    ((), Policy),
    (("participants",), ParticipantSettings),
    *((("participants", part), Selection) for part in ("mentors", "mentees")),
    (("participants", "set_aside"), Topic),
    (("adjustments",), FitAdjustment),
    (("limits",), LimitSettings),
    *((("limits", part), Selection) for part in ("mentor", "mentee", "either", "group")),
    *(((part,), PairDecision) for part in ("pins", "forbids", "published")),
    *((("rules", id), kind) for id, kind in SETTINGS.items()),
)
KNOWN_KEYS = tuple((path, tuple(part.model_fields)) for path, part in _PARTS)
"""Every table of a policy file with the keys it may have."""


def parse_policy(given: Mapping[str, Any], source: str, line: LineOf = lambda _key: None) -> Policy:
    """The policy a mapping describes; ``line`` tells on which line of a file a key stands.

    Raises ``UnknownName`` for one unknown key, rule or goal, ``BadInput`` for any other problem or for several
    (all listed); the message names ``source``, the key and its line.
    """
    problems: list[Fault] = []
    rules: dict[str, RuleSettings] = {}
    stated = given.get("rules", {})
    for id, part in stated.items() if isinstance(stated, Mapping) else ():
        if id not in SETTINGS:
            problems.append(unknown_name(f"rules.{id}", say("rule"), id, SETTINGS))
            continue
        try:
            rules[id] = SETTINGS[id].model_validate(part)
        except ValidationError as error:
            problems += problems_of_validation(error, KNOWN_KEYS, ("rules", id))
    goals = given.get("goals", ())
    for goal in goals if isinstance(goals, list | tuple) else ():
        if isinstance(goal, str) and goal not in GOALS:
            problems.append(unknown_name("goals", say("goal"), goal, GOALS))
    try:
        policy = Policy.model_validate({**given, "rules": rules if isinstance(stated, Mapping) else stated})
    except ValidationError as error:
        raise_problems([*problems, *problems_of_validation(error, KNOWN_KEYS)], source, line)
        raise
    raise_problems(problems, source, line)
    policy._source = source
    return policy


def read_policy(text: str, source: str) -> Policy:
    """The policy in a TOML text. Raises as ``parse_policy``, and ``BadInput`` where it is not TOML."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(
            say("The policy {file} is not valid TOML: {problem}.", file=source, problem=str(error)),
            say("Correct the line named; every value needs the form key = value."),
        ) from None
    except (ValueError, RecursionError):  # a number of thousands of digits, thousands of brackets
        raise BadInput(
            say("The policy {file} holds a number or a list that is far too long.", file=source),
            say("“wop policy best_fit” writes one to begin from."),
        ) from None
    return parse_policy(given, source, partial(line_of, text))


def ready_policy_text(id: str) -> str:
    """The commented TOML text of a ready policy, to be copied and changed. Raises ``UnknownName``."""
    if id not in ready_policies():
        raise UnknownName(say("ready policy"), id, ready_policies())
    return resources.files("matcher").joinpath("policies", f"{id}.toml").read_text("utf-8")


@cache
def ready_policies() -> Mapping[str, Policy]:
    """The policies shipped with the matcher, by id."""
    folder = resources.files("matcher").joinpath("policies")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    return {file.name.removesuffix(".toml"): read_policy(file.read_text("utf-8"), file.name) for file in files}


def load_policy(name_or_path: str) -> Policy:
    """A ready policy by its id, or the policy in a file.

    Raises ``UnknownName`` where there is neither, ``BadInput`` where the file cannot be read or used.
    """
    ready = ready_policies()
    if name_or_path in ready:
        return ready[name_or_path]
    path = Path(name_or_path)
    if not path.is_file():
        raise UnknownName(say("policy or policy file"), name_or_path, ready)
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            say("The policy {file} cannot be read: {problem}.", file=path.name, problem=str(error)),
            say("Save it as a UTF-8 text file."),
        ) from None
    return read_policy(text, path.name)
