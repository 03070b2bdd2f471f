"""The fields of the forms of a profile, made from the columns of the upload tables: what is asked, and how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from graph.errors import UnknownName
from graph.profile_edit import TABLE_OF, RowKind
from graph.sentences import Sentence, say
from graph.upload_columns import Column
from matcher.document import SentenceJson
from matcher.words import ATTRIBUTE_NAMES, attribute_name, named
from web.snapshot import Knowledge

GROUPS: Mapping[str, tuple[Sentence, tuple[str, ...]]] = {
    "about": (say("Who you are"), ("languages", "ownership", "services", "facilitator")),
    "technique": (say("Water and network"), ("water_source", "network_type", "climate")),
    "ready": (
        say("Ready for a partnership"),
        ("not_for_profit", "charter_signed_on", "leadership_letter", "investment_coming"),
    ),
    "room": (
        say("Room for partners"),
        ("mentor_places", "minimum_mentees", "mentor_staff_days", "mentors_wanted"),
    ),
    "denied": (say("No longer so"), ("not_offered", "not_needed")),
    "open": (say("What others see"), ("private", "source_url", "note")),
}
"""The facts in small groups, a form each: title and columns."""

ROW_FIELDS: Mapping[RowKind, tuple[str, ...]] = {
    "offer": ("level", "staff_days", "evidence", "year"),
    "need": ("priority", "indicator", "baseline", "target", "status", "staff_days", "year", "private"),
    "figure": ("value", "source_url", "note", "private"),
}

LABELS: Mapping[str, Sentence] = {
    "languages": say("Languages"),
    "ownership": say("Ownership"),
    "services": say("Services"),
    "facilitator": say("Facilitator"),
    "water_source": say("Water source"),
    "network_type": say("Network type"),
    "climate": say("Climate"),
    "not_for_profit": say("Not for profit"),
    "charter_signed_on": say("Charter signed on"),
    "leadership_letter": say("Letter of its leadership"),
    "investment_coming": say("Investment coming"),
    "mentor_places": say("Places for mentees"),
    "minimum_mentees": say("Fewest mentees"),
    "mentor_staff_days": say("Staff-days for mentees"),
    "mentors_wanted": say("Mentors wanted"),
    "not_offered": say("Not offered today"),
    "not_needed": say("Not needed today"),
    "private": say("Private"),
    "source_url": say("Source"),
    "note": say("Note"),
    "capability": say("Capability"),
    "metric": say("Figure"),
    "level": say("Level"),
    "staff_days": say("Staff-days a year"),
    "evidence": say("Evidence"),
    "year": say("Year"),
    "priority": say("Priority"),
    "indicator": say("Indicator"),
    "baseline": say("Indicator today"),
    "target": say("Indicator wanted"),
    "status": say("Status"),
    "value": say("Value"),
}


class Choice(TypedDict):
    """One value a field may take, in words."""

    value: str
    name_s: SentenceJson
    chosen: bool


class FormField(TypedDict):
    """One field of a form; ``theirs`` is what somebody else made of it meanwhile, where it differs."""

    name: str
    label_s: SentenceJson
    help_s: SentenceJson
    type: str
    value: str
    choices: list[Choice]
    required: bool
    problem_s: SentenceJson | None
    theirs: str | None


def columns_of(kind: RowKind, key: str, *, new: bool) -> tuple[str, ...]:
    """The columns a form asks for. Raises ``UnknownName`` for a group of facts there is none of."""
    if kind == "facts":
        if key not in GROUPS:
            raise UnknownName(say("part of the profile"), key, GROUPS)
        return GROUPS[key][1]
    first = ("metric", "year") if kind == "figure" else ("capability",)
    return (*first, *ROW_FIELDS[kind]) if new else ROW_FIELDS[kind]


def fields_of(
    known: Knowledge,
    kind: RowKind,
    columns: tuple[str, ...],
    texts: Mapping[str, str],
    problems: Mapping[str, Sentence],
    present: Mapping[str, str] | None,
) -> list[FormField]:
    """The fields of a form, filled with these texts."""
    table = TABLE_OF[kind]
    return [
        FormField(
            name=name,
            label_s=LABELS[name].to_json(),
            help_s=table.column[name].explanation.to_json(),
            type=table.column[name].type,
            value=texts.get(name, ""),
            choices=_choices(known, table.column[name], texts.get(name, "")),
            required=table.column[name].required or (kind == "figure" and name == "value"),
            problem_s=problems[name].to_json() if name in problems else None,
            theirs=present.get(name, "") if present and present.get(name, "") != texts.get(name, "") else None,
        )
        for name in columns
    ]


def _choices(known: Knowledge, column: Column, value: str) -> list[Choice]:
    chosen = value.split(";")

    def choice(id: str, name: Sentence) -> Choice:
        return Choice(value=id, name_s=name.to_json(), chosen=id in chosen)

    match column.type:
        case "flag":
            return [choice("yes", say("yes")), choice("no", say("no"))]
        case "choice" | "choices":
            is_named = column.name in ATTRIBUTE_NAMES
            return [choice(id, attribute_name(column.name, id) if is_named else named(id)) for id in column.choices]
        case "capability" | "capabilities":
            return [
                choice(each.id, named(each.name))
                for each in sorted(known.network.capabilities, key=lambda each: each.name)
            ]
        case "metric":
            return [choice(id, named(metric.name)) for id, metric in known.metrics.items()]
    return []
