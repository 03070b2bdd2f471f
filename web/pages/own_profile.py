"""A utility's profile as it edits it: the next steps, what to confirm, and each part with its small form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal, TypedDict

from flask import Response
from pydantic import Field

from graph.profile_edit import RowKind, is_standing, mark, read_row
from graph.profile_log import ProfileEntry, read_entries
from graph.sentences import Sentence, say
from graph.store import Reader
from matcher.completeness import next_steps
from matcher.document import SentenceJson, UtilityRef
from matcher.words import named
from web.asking import asked
from web.knowledge import keeper, knowledge, today
from web.pages.own import pages
from web.pages.own_fields import GROUPS, LABELS, FormField, columns_of, fields_of
from web.pages.utilities import FigureValue, NeedRow, OfferRow, profile_of
from web.snapshot import Knowledge
from web.twin import Query, answer, page

OLD_YEARS = 2
"""What is older than so many years is asked about."""
SHOWN_ENTRIES = 10

ROW_TITLES: Mapping[RowKind, tuple[Sentence, Sentence]] = {
    "offer": (say("Add an offer"), say("Change the offer “{name}”")),
    "need": (say("Add a need"), say("Change the need “{name}”")),
    "figure": (say("Add a figure"), say("Change the figure “{name}”")),
}


class StepRow(TypedDict):
    """A next step, and the row of the profile it is about."""

    kind: str
    key: str
    text_s: SentenceJson


class OldRow(TypedDict):
    """Something older than two years."""

    kind: str
    key: str
    seen: str
    text_s: SentenceJson


class FactRow(TypedDict):
    """One fact; ``value`` as a form holds it."""

    name: str
    label_s: SentenceJson
    value: str
    names_s: list[SentenceJson]


class GroupRow(TypedDict):
    """Facts with one form."""

    key: str
    title_s: SentenceJson
    facts: list[FactRow]


class ChangeRow(TypedDict):
    """A change of the profile; ``undoable`` as long as the row is as the change left it."""

    number: int
    at: str
    who: str
    text_s: SentenceJson
    undoable: bool


class Edit(TypedDict):
    """A utility's profile, to be changed part by part."""

    utility: UtilityRef
    steps: list[StepRow]
    old: list[OldRow]
    groups: list[GroupRow]
    offers: list[OfferRow]
    needs: list[NeedRow]
    figures: list[FigureValue]
    changes: list[ChangeRow]


class FormQuery(Query):
    """Which form."""

    kind: Literal["facts", "offer", "need", "figure"] = Field(default="facts", description="Which part.")
    key: str = Field(
        default="",
        max_length=200,
        description="The group of facts, the capability, or the metric and its year; empty to add a row.",
    )
    remove: bool = Field(default=False, description="Ask whether to remove the row.")


class Form(TypedDict):
    """One small form; ``seen`` stands for the state it was filled from."""

    utility: UtilityRef
    kind: str
    key: str
    new: bool
    inferred: bool
    title_s: SentenceJson
    seen: str
    fields: list[FormField]


@page(pages, "/utilities/<utility_id>/edit", Query, Edit)
def edit(_query: Query, utility_id: str) -> Response:
    """A utility's profile with its next steps, what to confirm, forms for each part, and the last changes."""
    log, standing = asked(lambda reader: _log(reader, utility_id), utility_id=utility_id)
    known = knowledge()
    profile = profile_of(known, utility_id)
    data = Edit(
        utility=profile["utility"],
        steps=[
            StepRow(kind=step.kind, key=step.key, text_s=step.text.to_json())
            for step in next_steps(known.network, known.policy, utility_id)
        ],
        old=old_rows(known, utility_id, today()),
        groups=groups_of(known, utility_id),
        offers=profile["offers"],
        needs=profile["needs"],
        figures=profile["figures"],
        changes=[change_row(known, entry, entry.number in standing) for entry in log],
    )
    return answer("own_edit.html", data, known=known)


def _log(reader: Reader, utility_id: str) -> tuple[list[ProfileEntry], set[int]] | None:
    """The last changes, and the numbers of those that stand; ``None`` where there is no such utility."""
    if not reader.nodes("Utility", [utility_id])["id"]:
        return None
    entries = read_entries(reader, utility_id)[:SHOWN_ENTRIES]
    return entries, {entry.number for entry in entries if is_standing(reader, entry)}


@page(pages, "/utilities/<utility_id>/edit/form", FormQuery, Form)
def form(query: FormQuery, utility_id: str) -> Response:
    """One small form of a profile, or the question whether to remove a row."""
    kind, key = query.kind, query.key or ("about" if query.kind == "facts" else "")
    row = asked(
        lambda reader: (
            [read_row(reader, utility_id, kind, key)] if reader.nodes("Utility", [utility_id])["id"] else None
        ),
        utility_id=utility_id,
    )[0]
    data = form_of(knowledge(), utility_id, kind, key, row)
    removing = query.remove and kind != "facts" and row is not None
    return answer("own_remove.html" if removing else "own_form.html", data, message=None)


def form_of(
    known: Knowledge,
    utility_id: str,
    kind: RowKind,
    key: str,
    row: Mapping[str, str] | None,
    given: Mapping[str, str] | None = None,
    problems: Mapping[str, Sentence] | None = None,
) -> Form:
    """A form filled from a row, or with what somebody gave; ``row`` is how it is now."""
    is_new = kind != "facts" and (not key or (given is not None and row is None and "capability" in given))
    inferred = kind in ("offer", "need") and bool(key) and row is None
    columns = columns_of(kind, key, new=not key)
    start: dict[str, str] = dict(row or {})
    if kind in ("offer", "need") and key and "capability" not in columns:
        start["capability"] = key
    if kind == "figure" and key and row is None:  # a step names the metric alone
        columns = columns_of(kind, key, new=True)
        start |= {"metric": key.partition(" ")[0], "year": key.partition(" ")[2] or str(today().year)}
        is_new = True
    texts = start if given is None else given
    present = row if given is not None and row is not None else None
    return Form(
        utility=known.refs[utility_id],
        kind=kind,
        key=key,
        new=is_new,
        inferred=inferred,
        title_s=title_of(known, kind, key, is_new).to_json(),
        seen=mark(row, tuple(sorted(columns)) if kind == "facts" else ()),
        fields=fields_of(known, kind, columns, texts, problems or {}, present),
    )


def title_of(known: Knowledge, kind: RowKind, key: str, new: bool) -> Sentence:
    """What a form is called."""
    if kind == "facts":
        return GROUPS[key][0]
    add, change = ROW_TITLES[kind]
    return add if new or not key else Sentence(change.template, {"name": name_of(known, kind, key)})


def name_of(known: Knowledge, kind: str, key: str) -> Sentence:
    """A row of a profile in words."""
    first, _, year = key.partition(" ")
    if kind == "facts":
        return GROUPS[key][0] if key in GROUPS else named(key)
    if kind == "figure":
        metric = known.metrics.get(first)
        title = named(metric.name if metric else first)
        return say("{figure}, {year}", figure=title, year=year) if year else title
    capability = known.network.capability_by_id.get(first)
    return named(capability.name if capability else first)


def groups_of(known: Knowledge, utility_id: str) -> list[GroupRow]:
    """The facts in their groups; values in words where they are coded."""
    with keeper().store.read() as reader:
        row = read_row(reader, utility_id, "facts", "") or {}
    rows = []
    for key, (title, columns) in GROUPS.items():
        fields = fields_of(known, "facts", columns, row, {}, None)
        facts = [
            FactRow(
                name=field["name"],
                label_s=LABELS[field["name"]].to_json(),
                value=field["value"],
                names_s=[choice["name_s"] for choice in field["choices"] if choice["chosen"]],
            )
            for field in fields
        ]
        if key == "denied" and not any(fact["value"] for fact in facts):
            continue
        rows.append(GroupRow(key=key, title_s=title.to_json(), facts=facts))
    return rows


def old_rows(known: Knowledge, utility_id: str, day: date) -> list[OldRow]:
    """Stated offers and needs, and the newest figure of each metric, of a year more than two years ago."""
    kinds: list[tuple[RowKind, str, int | None]] = [
        *(("offer", o.capability, o.year) for o in known.offers.get(utility_id, ()) if o.provenance == "stated"),
        *(("need", n.capability, n.year) for n in known.needs.get(utility_id, ()) if n.provenance == "stated"),
        *(
            ("figure", f"{metric} {figure.year}", figure.year)
            for (utility, metric), figure in known.network.figures.items()
            if utility == utility_id
        ),
    ]
    found = []
    with keeper().store.read() as reader:
        for kind, key, year in kinds:
            if year is None or day.year - year <= OLD_YEARS:
                continue
            text = say("{name}: of {year}", name=name_of(known, kind, key.partition(" ")[0]), year=str(year))
            seen = mark(read_row(reader, utility_id, kind, key))
            found.append(OldRow(kind=kind, key=key, seen=seen, text_s=text.to_json()))
    return found


def change_row(known: Knowledge, entry: ProfileEntry, standing: bool) -> ChangeRow:
    """A change in one line."""
    about = name_of(known, entry.kind, entry.key)
    if entry.kind in ("partners", "suggestion"):
        partner = known.refs.get(entry.key.partition(" ")[2])
        text = (
            say("changed the list of partners")
            if entry.kind == "partners"
            else say("answered the suggestion of {partner}", partner=partner["name"] if partner else entry.key)
        )
    elif entry.undoes is not None:
        text = say("undid a change of “{what}”", what=about)
    elif entry.before is None:
        text = say("added “{what}”", what=about)
    elif entry.after is None:
        text = say("removed “{what}”", what=about)
    else:
        text = say("changed “{what}”", what=about)
    return ChangeRow(number=entry.number, at=entry.at, who=entry.who, text_s=text.to_json(), undoable=standing)
