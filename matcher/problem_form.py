"""The problem file as a form: what each part is called, what it may hold, and the schema made of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from graph.sentences import Sentence, say

FORM = "wop-problem/1"
MOST_AMOUNT = 10**6
MOST_SCORE = 10**7
MOST_BOUND = 10**12
"""Ranges within which the solvers, which count in 64-bit floats, are exact; with 10**9 points some already are not."""

LONGEST_ID = 200
LONGEST_TITLE = 1000

BUILT_IN_GOALS: dict[str, Sentence] = {
    "total_score": say("Total score"),
    "most_partnerships": say("Most partnerships"),
    "most_mentees": say("Most mentees with a partner"),
    "most_needs": say("Most needs covered"),
    "fewest_changes": say("Fewest changes to what was published"),
    "stable": say("Ties broken by a hash of the two ids"),
}
"""Goals a file may name without giving any points of its own, and their titles."""

ID_PATTERN = r"^[^\x00-\x1f\x7f]+$"
TITLE_PATTERN = r"^[^\x00-\x1f\x7f]*$"
"""Without control characters: ids and titles are printed, and kept in arrays that end at a zero."""

Id: TypeAlias = Annotated[str, Field(min_length=1, max_length=LONGEST_ID, pattern=ID_PATTERN)]
Title: TypeAlias = Annotated[str, Field(max_length=LONGEST_TITLE, pattern=TITLE_PATTERN)]
Amount: TypeAlias = Annotated[int, Field(ge=0, le=MOST_AMOUNT)]
Points: TypeAlias = Annotated[int, Field(ge=-MOST_SCORE, le=MOST_SCORE)]
Bound: TypeAlias = Annotated[int, Field(ge=-MOST_BOUND, le=MOST_BOUND)]
Both: TypeAlias = Annotated[tuple[Id, Id], Field(description="mentor, mentee")]


class Part(BaseModel):
    """Any part of the file: unknown names are refused, numbers are whole, nothing is converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class MentorPart(Part):
    """A mentor: how many pairs it can and must take, and its staff-days a year (``null``: not limited)."""

    id: Id
    places: Amount = 1
    minimum_load: Amount = 0
    staff_days: Amount | None = None
    attributes: dict[Id, str] = {}


class NeedPart(Part):
    """A need of a mentee, worked on by at most one mentor; its id is unique within the mentee."""

    id: Id
    days: Annotated[Amount, Field(description="staff-days it takes a mentor, unless the cover says otherwise")] = 0


class MenteePart(Part):
    """A mentee: how many mentors it wants at most, and its needs."""

    id: Id
    mentors_wanted: Amount = 1
    needs: list[NeedPart] = []
    attributes: dict[Id, str] = {}


class CoverPart(Part):
    """That the mentor of a pair can work on a need, and what that is worth."""

    need: Id
    score: Points = 0
    points: dict[Id, Points] = {}
    days: Annotated[Amount | None, Field(description="null: the need's own days")] = None


class PairPart(Part):
    """An eligible pair. ``score`` counts for the goal "total_score"; ``points`` are further columns, by name."""

    mentor: Id
    mentee: Id
    score: Points = 0
    points: dict[Id, Points] = {}
    covers: list[CoverPart] = []


class WherePart(Part):
    """Which pairs a limit counts, by attributes; all conditions must hold, and an unknown attribute meets none."""

    mentor: Annotated[dict[Id, list[str]], Field(description="attribute: the values that count")] = {}
    mentee: Annotated[dict[Id, list[str]], Field(description="attribute: the values that count")] = {}
    same: Annotated[list[Id], Field(description="attributes in which mentor and mentee agree")] = []
    different: Annotated[list[Id], Field(description="attributes in which they differ")] = []


class LimitPart(Part):
    """``lower <= sum of coefficients of proposed pairs <= upper``; pairs listed, or found by attributes."""

    id: Id
    title: Title = ""
    lower: Bound | None = None
    upper: Bound | None = None
    pairs: Annotated[list[tuple[Id, Id, Points]], Field(description="mentor, mentee, coefficient")] | None = None
    where: WherePart | None = None
    coefficient: Annotated[Points, Field(description="of each pair found by `where`")] = 1
    column: Annotated[Id | None, Field(description="take the coefficient of each pair from its `points`")] = None


class GoalPart(Part):
    """A goal that counts a column: the ``points`` of pairs and covers under its id."""

    id: Id
    title: Title = ""


class ChangeTaxPart(Part):
    """Each published pair that is kept adds ``points`` to "total_score" (so each change costs as many)."""

    published: list[Both]
    points: Amount


GoalName: TypeAlias = Annotated[
    Annotated[Id, Tag("name")] | Annotated[GoalPart, Tag("own")],
    Discriminator(lambda value: "name" if isinstance(value, str) else "own"),
]


class ProblemForm(Part):
    """A whole problem file."""

    form: Literal["wop-problem/1"]
    title: Annotated[Title, Field(description="for people; changes nothing")] = ""
    mentors: list[MentorPart]
    mentees: list[MenteePart]
    pairs: list[PairPart]
    goals: Annotated[list[GoalName], Field(min_length=1, description="most important first")] = ["total_score"]
    tie_break: Annotated[bool, Field(description='end with the goal "stable", so that ties never depend on luck')] = (
        True
    )
    columns: Annotated[
        list[Id] | None, Field(description="all names that `points` may use; if left out, any that are used")
    ] = None
    limits: list[LimitPart] = []
    pins: list[Both] = []
    forbids: list[Both] = []
    change_tax: ChangeTaxPart | None = None


_PARTS: dict[tuple[str, ...], type[Part]] = {
    (): ProblemForm,
    ("mentors",): MentorPart,
    ("mentees",): MenteePart,
    ("mentees", "needs"): NeedPart,
    ("pairs",): PairPart,
    ("pairs", "covers"): CoverPart,
    ("limits",): LimitPart,
    ("limits", "where"): WherePart,
    ("goals",): GoalPart,
    ("change_tax",): ChangeTaxPart,
}
KEYS = {place: tuple(part.model_fields) for place, part in _PARTS.items()}
"""The names each part of the file may use, by its place (positions in lists left out)."""


def problem_schema() -> dict[str, Any]:
    """The JSON schema of a problem file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **ProblemForm.model_json_schema()}
