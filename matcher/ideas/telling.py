"""What the entries of an idea's log did, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graph.errors import Overtaken
from graph.sentences import Sentence, Value, say
from matcher.ideas.state import Entry, Idea, Plan, replayed
from matcher.words import named

TOLD: Mapping[str, Sentence] = {
    "draft": say("Begun as a draft"),
    "section": say("A section was rewritten"),
    "change": say("The plan was changed"),
    "send": say("Proposed to the others"),
    "yes": say("Supported"),
    "no": say("Declined"),
    "withdraw": say("Withdrawn"),
    "pinned": say("Pinned in a round"),
}
PLANNED: Mapping[str, Sentence] = {
    "title": say("Title"),
    "mentors": say("Mentors"),
    "mentees": say("Mentees"),
    "needs": say("Needs"),
    "first": say("First month"),
    "months": say("Months"),
}
"""The fields of a plan, in the order they are told."""
NOTHING = say("none")


def changes_of(before: Plan, after: Plan, names: Mapping[str, str]) -> list[Sentence]:
    """Each field in which two plans differ, as it was and is; ``names`` are those of utilities and capabilities."""
    return [
        say(
            "{field}: {now} (before: {before})",
            field=title,
            now=_value(getattr(after, field), names),
            before=_value(getattr(before, field), names),
        )
        for field, title in PLANNED.items()
        if getattr(before, field) != getattr(after, field)
    ]


def overtaken(log: Sequence[Entry], seen: int) -> Overtaken:
    """The conflict of a change decided on version ``seen``: who did what since.

    It names the fields that were changed and not what stood there: not everybody may see each older version.
    """
    if seen > len(log):
        return Overtaken(
            say("This idea has no version {version} yet.", version=seen),
            say("Look at the present state."),
            version=len(log),
        )
    done = tuple(
        say("{who} at {at}: {what}.", who=entry.who, at=entry.at[:16].replace("T", " "), what=_did(log, entry))
        for entry in log[seen:]
    )
    return Overtaken(
        say("Somebody else changed this idea first; nothing of yours was written. {changes}", changes=done),
        say("Look at the present state, then do it again."),
        version=len(log),
        changes=done,
    )


def _did(log: Sequence[Entry], entry: Entry) -> Sentence:
    if entry.kind != "change":
        return TOLD[entry.kind]
    before, after = _at(log, entry.number - 1), _at(log, entry.number)
    fields = tuple(title for name, title in PLANNED.items() if getattr(before, name) != getattr(after, name))
    return say("The plan was changed: {fields}", fields=fields)


def _at(log: Sequence[Entry], version: int) -> Idea:
    return replayed(log[:version])


def _value(value: object, names: Mapping[str, str]) -> Value:
    if isinstance(value, tuple):
        return tuple(named(names.get(id, id)) for id in value)
    if isinstance(value, int):
        return value
    return named(str(value)) if value else NOTHING
