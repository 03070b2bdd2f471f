"""The problem file as a form: what each part is called, what it may hold, and the schema made of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

FORM = "wop-problem/1"

Id: TypeAlias = Annotated[str, Field(min_length=1, max_length=200)]
Amount: TypeAlias = Annotated[int, Field(ge=0, le=10**9)]
Points: TypeAlias = Annotated[int, Field(ge=-(10**12), le=10**12)]
Both: TypeAlias = tuple[Id, Id]
Preset: TypeAlias = Literal["score", "pairs", "unchanged", "stable"]


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
    days: Amount | None = None


class PairPart(Part):
    """An eligible pair. ``score`` counts for the goal "score"; ``points`` for goals of the file's own, by id."""

    mentor: Id
    mentee: Id
    score: Points = 0
    points: dict[Id, Points] = {}
    covers: list[CoverPart] = []


class WherePart(Part):
    """Which pairs a limit counts, by attributes; all conditions must hold."""

    mentor: dict[Id, str] = {}
    mentee: dict[Id, str] = {}
    same: Annotated[list[Id], Field(description="attributes in which mentor and mentee agree")] = []
    different: Annotated[list[Id], Field(description="attributes in which they differ")] = []


class LimitPart(Part):
    """``lower <= sum of coefficients of chosen pairs <= upper``; pairs listed, or found by attributes."""

    id: Id
    title: str = ""
    lower: Points | None = None
    upper: Points | None = None
    pairs: Annotated[list[tuple[Id, Id, Points]], Field(description="mentor, mentee, coefficient")] | None = None
    where: WherePart | None = None
    coefficient: Annotated[Points, Field(description="of each pair found by `where`")] = 1


class GoalPart(Part):
    """A goal of the file's own: its points stand in the pairs and covers under its id."""

    id: Id
    title: str = ""


class ChangeTaxPart(Part):
    """Each published pair that is kept adds ``points`` to the goal "score" (so each change costs as many)."""

    published: list[Both]
    points: Amount


class ProblemForm(Part):
    """A whole problem file."""

    form: Literal["wop-problem/1"]
    mentors: list[MentorPart]
    mentees: list[MenteePart]
    pairs: list[PairPart]
    goals: Annotated[list[Preset | GoalPart], Field(min_length=1, description="most important first")] = ["score"]
    limits: list[LimitPart] = []
    pins: list[Both] = []
    forbids: list[Both] = []
    change_tax: ChangeTaxPart | None = None


def problem_schema() -> dict[str, Any]:
    """The JSON schema of a problem file."""
    return ProblemForm.model_json_schema()
