"""What the two sides told of a partnership: their answers after its end, and the plan of their work.

Dates and results stand in the graph itself (``graph.model.Partnership``); what is here is read from the log, which says
who entered what, and when.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from graph.sentences import Sentence, say

Side: TypeAlias = Literal["mentor", "mentee"]
Status: TypeAlias = Literal["planned", "running", "completed", "stopped"]
Reached: TypeAlias = Literal["yes", "mostly", "partly", "no", "unsure"]
Again: TypeAlias = Literal["yes", "rather_yes", "rather_no", "no", "unsure"]
Shared: TypeAlias = Literal["facilitators", "two", "everyone"]
ActivityType: TypeAlias = Literal["consultation", "training", "demonstration", "review", "exchange"]
ActivityState: TypeAlias = Literal["planned", "under_way", "done", "dropped"]

SIDES: tuple[Side, ...] = ("mentor", "mentee")
STATUSES: Mapping[str, Sentence] = {
    "planned": say("planned"),
    "running": say("running"),
    "completed": say("completed"),
    "stopped": say("stopped before its end"),
}
REACHED: Mapping[str, tuple[Sentence, float | None]] = {
    "yes": (say("Yes, fully"), 1.0),
    "mostly": (say("Mostly"), 2 / 3),
    "partly": (say("In part"), 1 / 3),
    "no": (say("No"), 0.0),
    "unsure": (say("Cannot say"), None),
}
"""Did it reach its objectives? Each answer with what it counts, ``None`` where it is no answer."""
AGAIN: Mapping[str, tuple[Sentence, float | None]] = {
    "yes": (say("Yes"), 1.0),
    "rather_yes": (say("Rather yes"), 2 / 3),
    "rather_no": (say("Rather not"), 1 / 3),
    "no": (say("No"), 0.0),
    "unsure": (say("Cannot say"), None),
}
"""Would you work with this partner again?"""
SHARED: Mapping[str, Sentence] = {
    "two": say("The two of us and our facilitators"),
    "facilitators": say("Our facilitators only"),
    "everyone": say("Everybody who is signed in"),
}
"""Who may read the words of the third question."""
ACTIVITY_TYPES: Mapping[str, Sentence] = {
    "consultation": say("Consultation"),
    "training": say("On-the-job training"),
    "demonstration": say("Technology demonstration"),
    "review": say("Peer review"),
    "exchange": say("Exchange"),
}
ACTIVITY_STATES: Mapping[str, Sentence] = {
    "planned": say("planned"),
    "under_way": say("under way"),
    "done": say("done"),
    "dropped": say("dropped"),
}


class Part(BaseModel):
    """A part of what was told: frozen, and no key that is not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Answer(Part):
    """What one side answered after the end; ``on`` is an ISO date."""

    reached: Reached
    again: Again
    words: str = ""
    shared: Shared = "two"
    on: str
    who: str

    @property
    def value(self) -> float | None:
        """How it went (0..1) by this side: the mean of what it answered on the two scales; ``None`` for nothing."""
        known = [value for value in (REACHED[self.reached][1], AGAIN[self.again][1]) if value is not None]
        return sum(known) / len(known) if known else None


class Activity(Part):
    """One activity of the work plan; months are ``YYYY-MM``, ``capability`` is the need it serves (empty: none)."""

    number: int
    type: ActivityType
    title: str
    capability: str = ""
    first: str = ""
    last: str = ""
    people: str = ""
    indicator: str = ""
    state: ActivityState = "planned"


class Told(Part):
    """All of it at one moment; ``version`` is the number of the last log entry (0: nothing was told)."""

    version: int = 0
    answers: dict[Side, Answer] = Field(default_factory=dict)
    objectives: dict[str, str] = Field(default_factory=dict)
    activities: dict[int, Activity] = Field(default_factory=dict)

    @property
    def went(self) -> tuple[float, str] | None:
        """How it went (0..1) and the later day of the two answers; ``None`` until both sides have answered."""
        answers = [self.answers[side] for side in SIDES if side in self.answers]
        values = [answer.value for answer in answers if answer.value is not None]
        return (sum(values) / 2, max(answer.on for answer in answers)) if len(values) == len(SIDES) else None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a partnership's log; ``side`` is the side it was entered for, ``at`` an ISO time in UTC."""

    partnership: str
    number: int
    at: str
    who: str
    side: str
    kind: str
    body: Mapping[str, Any]

    @property
    def subject(self) -> tuple[str, ...]:
        """What it is about: two entries of one subject exclude each other, all others stand side by side."""
        match self.kind:
            case "answer":
                return ("answer", self.side)
            case "result" | "objective":
                return (self.kind, str(self.body["capability"]))
            case "activity":
                return ("activity", str(self.body["number"]))
        return (self.kind,)


def told_by(entries: Iterable[Entry]) -> Told:
    """What a whole log tells."""
    version = 0
    answers: dict[Side, Answer] = {}
    objectives: dict[str, str] = {}
    activities: dict[int, Activity] = {}
    for entry in entries:
        version = entry.number
        match entry.kind:
            case "answer":
                side: Side = "mentor" if entry.side == "mentor" else "mentee"
                answers[side] = Answer(**entry.body, who=entry.who)
            case "objective":
                objectives[entry.body["capability"]] = entry.body["text"]
            case "activity":
                activity = Activity(**entry.body)
                activities[activity.number] = activity
    kept = {capability: text for capability, text in objectives.items() if text}
    return Told(version=version, answers=answers, objectives=kept, activities=activities)
