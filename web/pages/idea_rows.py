"""Ideas as pages show them, and the forms of their answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from graph.errors import UnknownName
from graph.sentences import say
from matcher.document import NeedRef, SentenceJson, UtilityRef
from matcher.ideas.state import PHASES, SECTIONS, STEPS, Entry, Idea, applied
from matcher.ideas.telling import TOLD, changes_of
from matcher.rounds.state import DECLINE_REASONS
from web.knowledge import knowledge
from web.shown import Part


class IdeaRow(TypedDict):
    """An idea in a list; ``open_as`` is the utility the reader may open it for."""

    id: str
    title: str
    phase: str
    phase_s: SentenceJson
    mentors: list[UtilityRef]
    mentees: list[UtilityRef]
    by: str
    round: str
    made_at: str
    version: int
    open_as: str


class Ideas(TypedDict):
    """Ideas, one part of the list, the latest first."""

    part: Part
    ideas: list[IdeaRow]


class SectionRow(TypedDict):
    """A section of a concept note: sentences from the data, or the text somebody wrote in their place.

    ``older``: the plan was changed since the text was written, and the data tell something else now.
    """

    section: str
    title_s: SentenceJson
    sentences: list[SentenceJson]
    text: str
    older: bool


class SaidRow(TypedDict):
    """What a utility says to the idea; ``yes`` is ``None`` where it has not answered."""

    utility: UtilityRef
    yes: bool | None
    who: str
    on: str
    reason_s: SentenceJson | None
    words: str


class ChangeRow(TypedDict):
    """One entry of an idea's log, the version it made, and what it changed of the plan."""

    number: int
    at: str
    who: str
    text_s: SentenceJson
    details_s: list[SentenceJson]


class IdeaPage(TypedDict):
    """An idea with its concept note at one version; ``present`` is the version as it stands."""

    id: str
    title: str
    version: int
    present: int
    phase: str
    phase_s: SentenceJson
    by: str
    utilities: list[SaidRow]
    pairs: list[list[str]]
    needs: list[str]
    first: str
    months: int
    sections: list[SectionRow]
    may_write: bool
    may_change: bool
    may_send: bool
    may_answer: bool
    may_withdraw: bool
    round: str
    history: list[ChangeRow]


class NewIdea(TypedDict):
    """What an idea can begin with: the partner chosen, and the mentee's needs as the reader may see them."""

    utility: UtilityRef
    role: str
    partner: UtilityRef | None
    needs: list[NeedRef]


def idea_row(idea: Idea, open_as: str) -> IdeaRow:
    """An idea as a row."""
    return IdeaRow(
        id=idea.id,
        title=idea.title,
        phase=idea.phase,
        phase_s=PHASES[idea.phase].to_json(),
        mentors=[utility_ref(id) for id in idea.mentors],
        mentees=[utility_ref(id) for id in idea.mentees],
        by=idea.by,
        round=idea.round,
        made_at=idea.made_at,
        version=idea.version,
        open_as=open_as,
    )


def utility_ref(utility: str) -> UtilityRef:
    """A utility as a row. Raises ``UnknownName``."""
    refs = knowledge().refs
    if utility not in refs:
        raise UnknownName(say("utility"), utility, refs)
    return refs[utility]


def is_shown_to(idea: Idea, utility: str) -> bool:
    """Whether an idea, as it stands or stood, is for a utility: the others see it once it was proposed to them."""
    return utility == idea.by or (utility in idea.utilities and idea.sent)


def page_of(now: Idea, idea: Idea, log: Sequence[Entry], utility_id: str) -> IdeaPage:
    """An idea as a page: how it stands now, with the concept note of ``idea``, which may be an older version."""
    said = now.said.get(utility_id)
    present = idea.version == now.version
    return IdeaPage(
        id=idea.id,
        title=idea.title,
        version=idea.version,
        present=now.version,
        phase=now.phase,
        phase_s=PHASES[now.phase].to_json(),
        by=idea.by,
        utilities=[_said_row(now, id) for id in idea.utilities],
        pairs=[list(pair) for pair in idea.pairs],
        needs=list(idea.needs),
        first=idea.first,
        months=idea.months,
        sections=[
            SectionRow(
                section=section,
                title_s=title.to_json(),
                sentences=list(idea.note.get(section, ())),
                text=idea.texts.get(section, ""),
                older=section in idea.older,
            )
            for section, title in SECTIONS.items()
        ],
        may_write=present and now.phase in ("draft", "proposed"),
        may_change=present and now.phase in STEPS["change"],
        may_send=present and now.phase == "draft" and utility_id == now.by,
        may_answer=present and now.phase == "proposed" and said is None,
        may_withdraw=present and now.phase in ("draft", "proposed", "supported") and utility_id == now.by,
        round=now.round,
        history=_history(log, utility_id),
    )


def _history(log: Sequence[Entry], utility_id: str) -> list[ChangeRow]:
    """The log as far as its versions were shown to a utility, the latest first."""
    names = {id: ref["name"] for id, ref in knowledge().refs.items()}
    names |= {each.id: each.name for each in knowledge().network.capabilities}
    rows: list[ChangeRow] = []
    before: Idea | None = None
    for entry in log:
        after = applied(before, entry)
        if is_shown_to(after, utility_id):
            seen = before is not None and entry.kind == "change" and is_shown_to(before, utility_id)
            details = changes_of(before, after, names) if seen and before is not None else []
            rows.append(
                ChangeRow(
                    number=entry.number,
                    at=entry.at,
                    who=entry.who,
                    text_s=TOLD[entry.kind].to_json(),
                    details_s=[each.to_json() for each in details],
                )
            )
        before = after
    return rows[::-1]


def _said_row(idea: Idea, utility: str) -> SaidRow:
    said = idea.said.get(utility)
    reason = DECLINE_REASONS.get(said.reason) if said is not None else None
    return SaidRow(
        utility=utility_ref(utility),
        yes=None if said is None else said.yes,
        who="" if said is None else said.who,
        on="" if said is None else said.on,
        reason_s=None if reason is None else reason.to_json(),
        words="" if said is None else said.words,
    )
