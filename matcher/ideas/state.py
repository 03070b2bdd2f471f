"""What an idea is at one moment, which state may follow which, and what each entry of its log does.

draft -> proposed -> supported by all -> pinned in a round
draft, proposed or supported -> withdrawn (by who had the idea); proposed -> declined (by one of the others)
supported -> proposed again where its plan is changed: who changes it supports it so, the others are asked again
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from graph.errors import Conflict, UnknownName
from graph.sentences import Sentence, say
from matcher.document import SentenceJson

IdeaPhase: TypeAlias = Literal["draft", "proposed", "supported", "pinned", "withdrawn", "declined"]
Section: TypeAlias = Literal["summary", "utilities", "needs", "offers", "fit", "uncovered", "activities"]

PHASES: Mapping[str, Sentence] = {
    "draft": say("draft"),
    "proposed": say("proposed to the others"),
    "supported": say("supported by both sides"),
    "pinned": say("pinned in a round"),
    "withdrawn": say("withdrawn by who had it"),
    "declined": say("declined by one side"),
}
SECTIONS: Mapping[Section, Sentence] = {
    "summary": say("In short"),
    "utilities": say("The utilities"),
    "needs": say("Needs"),
    "offers": say("What is offered"),
    "fit": say("Why they fit"),
    "uncovered": say("What stays open"),
    "activities": say("Suggested activities"),
}
"""The sections of a concept note, in their order."""

STEPS: Mapping[str, tuple[IdeaPhase, ...]] = {
    "section": ("draft", "proposed"),
    "change": ("draft", "proposed", "supported"),
    "send": ("draft",),
    "yes": ("proposed",),
    "no": ("proposed", "supported"),
    "withdraw": ("draft", "proposed", "supported"),
    "pinned": ("supported", "pinned"),
}
"""What is done to an idea, and the states it may be done in."""


class Part(BaseModel):
    """A part of an idea: frozen, and no key that is not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Said(Part):
    """What a utility said; ``on`` is an ISO date, ``reason`` a key of ``DECLINE_REASONS``, empty for a yes."""

    yes: bool
    who: str
    on: str
    reason: str = ""
    words: str = ""


class Plan(Part):
    """What an idea plans: utilities and capabilities by id, the first month (2027-03 or empty), how many months."""

    title: str
    mentors: tuple[str, ...]
    mentees: tuple[str, ...]
    needs: tuple[str, ...]
    first: str = ""
    months: int


class Idea(Plan):
    """An idea at one moment; ``version`` is the number of its last log entry.

    ``by`` is the utility that has it. Each mentor is to work with each mentee: ``pairs``. ``note`` holds the concept
    note as the data gave it, section by section; ``texts`` what people wrote in place of a section, ``older`` the
    sections of these that the data tell otherwise since the plan was changed.
    """

    id: str
    version: int = 0
    phase: IdeaPhase = "draft"
    by: str
    made_at: str
    note: dict[Section, tuple[SentenceJson, ...]]
    texts: dict[Section, str] = Field(default_factory=dict)
    older: tuple[Section, ...] = ()
    said: dict[str, Said] = Field(default_factory=dict)
    round: str = ""

    @property
    def plan(self) -> Plan:
        """What it plans."""
        return Plan(**{name: getattr(self, name) for name in Plan.model_fields})

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """(mentor, mentee), each of which is a pin of its own."""
        return tuple((mentor, mentee) for mentor in self.mentors for mentee in self.mentees)

    @property
    def utilities(self) -> tuple[str, ...]:
        """All that take part, who had the idea first."""
        return (self.by, *(utility for utility in (*self.mentors, *self.mentees) if utility != self.by))

    @property
    def sent(self) -> bool:
        """Whether the others were ever shown it: a draft that was withdrawn stays its maker's."""
        return self.phase != "draft" and bool(self.said)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an idea's log; ``by`` in its body is the utility it was done for, ``at`` an ISO time in UTC."""

    idea: str
    number: int
    at: str
    who: str
    why: str
    kind: str
    body: Mapping[str, Any]


def replayed(entries: Iterable[Entry]) -> Idea:
    """The idea a log leads to. Raises ``ValueError`` for a log without a beginning."""
    idea: Idea | None = None
    for entry in entries:
        idea = applied(idea, entry)
    if idea is None:
        raise ValueError("a log begins with the entry that makes the idea")
    return idea


def applied(idea: Idea | None, entry: Entry) -> Idea:
    """The idea after an entry.

    Raises ``Conflict`` for what may not be done in its state, ``UnknownName`` for a section there is not.
    """
    body = entry.body
    if idea is None:
        return Idea(id=entry.idea, version=entry.number, made_at=entry.at, **body)
    if idea.phase not in STEPS[entry.kind]:
        raise Conflict(
            say("This cannot be done: the idea is {phase}.", phase=PHASES[idea.phase]),
            say("Look at the present state, or begin another."),
        )
    change: dict[str, Any] = {"version": entry.number}
    match entry.kind:
        case "section":
            if body["section"] not in SECTIONS:
                raise UnknownName(say("section"), body["section"], list(SECTIONS))
            texts = {name: text for name, text in idea.texts.items() if name != body["section"]}
            change["texts"] = {**texts, body["section"]: body["text"]} if body["text"] else texts
            change["older"] = tuple(name for name in idea.older if name != body["section"])
            # Who supported another text is asked again, but for who wrote this one.
            change["said"] = {utility: said for utility, said in idea.said.items() if utility in (idea.by, body["by"])}
        case "change":
            change |= _changed(idea, entry)
        case "send" | "yes":
            said = {**idea.said, body["by"]: Said(yes=True, who=entry.who, on=entry.at[:10])}
            change["said"] = said
            everybody = all(utility in said and said[utility].yes for utility in idea.utilities)
            change["phase"] = "supported" if everybody else "proposed"
        case "no":
            no = Said(yes=False, who=entry.who, on=entry.at[:10], reason=body["reason"], words=entry.why)
            change |= {"said": {**idea.said, body["by"]: no}, "phase": "declined"}
        case "withdraw":
            change["phase"] = "withdrawn"
        case "pinned":
            change |= {"phase": "pinned", "round": body["round"]}
    return idea.model_copy(update=change)


def _changed(idea: Idea, entry: Entry) -> dict[str, Any]:
    """What a change of the plan makes of an idea; its body holds the new plan, and the sections built anew for it."""
    plan = Plan.model_validate(entry.body["plan"])
    note = {**idea.note, **{section: tuple(said) for section, said in entry.body["note"].items()}}
    moved = {section for section in idea.texts if note.get(section) != idea.note.get(section)}
    change: dict[str, Any] = {name: getattr(plan, name) for name in Plan.model_fields}
    change |= {"note": note, "older": tuple(name for name in SECTIONS if name in moved or name in idea.older)}
    if idea.phase != "draft" and plan.model_copy(update={"title": idea.title}) != idea.plan:
        said = Said(yes=True, who=entry.who, on=entry.at[:10])
        change |= {"said": {entry.body["by"]: said}, "phase": "proposed"}
    return change
