"""Changes of a profile: a form saved, a row removed, confirmed or denied, a change undone. Each is kept in its log."""

from __future__ import annotations

from typing import Any, Literal, TypedDict, cast

from flask import Response, render_template, url_for
from pydantic import ConfigDict, Field, create_model

from graph.errors import BadInput, ImportProblems, UnknownName
from graph.kept_words import STATED, STATED_FOR
from graph.profile_edit import TABLE_OF, Overtaken, RowKind, mark, read_row, remove_row, save_row, undo_entry
from graph.sentences import Sentence, say
from web.action import Body, Changed, action
from web.knowledge import keeper, knowledge, today
from web.pages.own import pages
from web.pages.own_fields import GROUPS, LABELS, ROW_FIELDS, columns_of
from web.pages.own_profile import form_of
from web.signing_in import signed_in
from web.twin import wants_json


class Saved(TypedDict):
    """Which row was written, and whether anything changed."""

    kind: str
    key: str
    changed: bool


class RowBody(Body):
    """A row of the profile that was looked at."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    key: str = Field(default="", max_length=200, description="Which row; empty for a new one.")
    seen: str = Field(default="", max_length=64, description="The state that was looked at, as the form gave it.")


class SomeRow(RowBody):
    """A row of any kind."""

    kind: Literal["offer", "need", "figure"] = Field(description="Which kind of row.")


class Undone(Body):
    """A change to take back."""

    number: int = Field(ge=1, description="Its number in the log of the profile.")


def _body(name: str, kind: RowKind, columns: tuple[str, ...]) -> type[RowBody]:
    """The body of a form, from the columns of the upload table; what is left out is unknown afterwards."""
    fields: dict[str, Any] = {}
    for column in (TABLE_OF[kind].column[each] for each in columns):
        many = column.type in ("choices", "capabilities")
        told = str(column.explanation)
        listed: Any = Field(default=(), max_length=40, description=told)
        single: Any = Field(default="", max_length=20_000, description=told)
        fields[column.name] = (tuple[str, ...], listed) if many else (str, single)
    return cast(type[RowBody], create_model(name, __base__=RowBody, __doc__=str(TABLE_OF[kind].explanation), **fields))


FactsBody = _body("FactsBody", "facts", tuple(column for _title, columns in GROUPS.values() for column in columns))
OfferBody = _body("OfferBody", "offer", ("capability", *ROW_FIELDS["offer"]))
NeedBody = _body("NeedBody", "need", ("capability", *ROW_FIELDS["need"]))
FigureBody = _body("FigureBody", "figure", ("metric", "year", *ROW_FIELDS["figure"]))


@action(pages, "/utilities/<utility_id>/edit/facts", FactsBody, Saved)
def save_facts(body: RowBody, utility_id: str) -> Changed:
    """Save a group of facts (``key``); of the group, what is left out is unknown afterwards."""
    return _save(body, utility_id, "facts")


@action(pages, "/utilities/<utility_id>/edit/offer", OfferBody, Saved)
def save_offer(body: RowBody, utility_id: str) -> Changed:
    """Add or change an offer."""
    return _save(body, utility_id, "offer")


@action(pages, "/utilities/<utility_id>/edit/need", NeedBody, Saved)
def save_need(body: RowBody, utility_id: str) -> Changed:
    """Add or change a need."""
    return _save(body, utility_id, "need")


@action(pages, "/utilities/<utility_id>/edit/figure", FigureBody, Saved)
def save_figure(body: RowBody, utility_id: str) -> Changed:
    """Add or change a figure."""
    return _save(body, utility_id, "figure")


@action(pages, "/utilities/<utility_id>/edit/remove", SomeRow, Saved)
def remove(body: SomeRow, utility_id: str) -> Changed:
    """Remove an offer, a need or a figure."""
    try:
        remove_row(keeper().store, utility_id, body.kind, body.key, who=_who(), seen=body.seen)
    except Overtaken as overtaken:
        if wants_json():
            raise
        return _again(utility_id, body.kind, body.key, dict(overtaken.present), {}, overtaken.message, 409)
    return _done(utility_id, body.kind, body.key, changed=True)


@action(pages, "/utilities/<utility_id>/edit/confirm", SomeRow, Saved)
def confirm(body: SomeRow, utility_id: str) -> Changed:
    """Say that a row is still true: it is stated anew, for this year."""
    store, year = keeper().store, str(today().year)
    with store.read() as reader:
        row = read_row(reader, utility_id, body.kind, body.key)
    if row is None:
        raise UnknownName(say("row of this profile"), body.key, [])
    if mark(row) != body.seen:
        raise Overtaken(row, None)
    if body.kind == "figure":
        metric = body.key.partition(" ")[0]
        key, seen, texts = f"{metric} {year}", "", {**row, "year": year, "source_url": ""}
    else:
        key, seen, texts = body.key, body.seen, {**row, "year": year}
    changed = save_row(store, utility_id, body.kind, key, texts, who=_who(), seen=seen, stated=_stated(utility_id))
    return _done(utility_id, body.kind, key, changed=changed)


@action(pages, "/utilities/<utility_id>/edit/deny", SomeRow, Saved)
def deny(body: SomeRow, utility_id: str) -> Changed:
    """Say that an inferred offer or need is not so today: it is no longer inferred."""
    if body.kind == "figure":
        raise BadInput(say("Figures are not inferred."), say("Change or remove it instead."))
    known = knowledge().network
    if body.key not in known.capability_by_id:
        raise UnknownName(say("capability"), body.key, known.capability_by_id)
    column = "not_offered" if body.kind == "offer" else "not_needed"
    store = keeper().store
    with store.read() as reader:
        row = read_row(reader, utility_id, "facts", "denied") or {}
    denied = [each for each in row.get(column, "").split(";") if each]
    texts = {column: ";".join(dict.fromkeys([*denied, body.key]))}
    seen = mark(row, (column,))
    changed = save_row(store, utility_id, "facts", "denied", texts, who=_who(), seen=seen)
    return _done(utility_id, "facts", "denied", changed=changed)


@action(pages, "/utilities/<utility_id>/edit/undo", Undone, Saved)
def undo(body: Undone, utility_id: str) -> Changed:
    """Take a change of the profile back."""
    undo_entry(keeper().store, utility_id, body.number, who=_who())
    return _done(utility_id, "change", str(body.number), changed=True)


def _save(body: RowBody, utility_id: str, kind: RowKind) -> Changed:
    """Save a form; what is wrong is said beside its fields, what somebody else did meanwhile, too."""
    key = body.key or ("about" if kind == "facts" else "")
    given = {name: _text(value) for name, value in body.model_dump(exclude={"key", "seen"}).items()}
    texts = {name: given[name] for name in columns_of(kind, key, new=not key)}
    if kind == "figure" and given["metric"]:
        texts = {name: given[name] for name in columns_of(kind, key, new=True)}
        key = f"{given['metric']} {given['year']}".strip()
    if kind in ("offer", "need") and not key:
        key = given["capability"]
    if not key:
        raise BadInput(say("Please choose what it is about."), say("Choose one of the list."))
    written = {name: text for name, text in texts.items() if name not in ("capability", "metric")}
    stated = _stated(utility_id)
    try:
        changed = save_row(keeper().store, utility_id, kind, key, written, who=_who(), seen=body.seen, stated=stated)
    except ImportProblems as wrong:
        problems = {each.column: _problem(each.message, each.hint) for each in wrong.problems}
        if wants_json():
            raise BadInput(say("{problems}", problems=tuple(_named(n, p) for n, p in problems.items()))) from None
        message = say("Nothing was saved yet. Please correct what is marked.")
        return _again(utility_id, kind, body.key, texts, problems, message, 422)
    except Overtaken as overtaken:
        if wants_json():
            raise
        return _again(utility_id, kind, key, texts, {}, overtaken.message, 409)
    return _done(utility_id, kind, key, changed=changed)


def _again(
    utility_id: str,
    kind: RowKind,
    key: str,
    texts: dict[str, str],
    problems: dict[str, Sentence],
    message: Sentence,
    status: int,
) -> Changed:
    """The form once more, with what was given and how it is now."""
    with keeper().store.read() as reader:
        row = read_row(reader, utility_id, kind, key) if key else None
    data = form_of(knowledge(), utility_id, kind, key, row, texts, problems)
    text = render_template("own_form.html", data=data, message=message)
    return Changed({}, "", page=Response(text, status, mimetype="text/html"))


def _done(utility_id: str, kind: str, key: str, *, changed: bool) -> Changed:
    data = Saved(kind=kind, key=key, changed=changed)
    return Changed(data, url_for("own.edit", utility_id=utility_id, _anchor=kind))


def _text(value: object) -> str:
    return ";".join(value) if isinstance(value, tuple | list) else str(value)


def _problem(message: Sentence, hint: Sentence | None) -> Sentence:
    return message if hint is None else say("{problem} {hint}", problem=message, hint=hint)


def _named(column: str, problem: Sentence) -> Sentence:
    return say("{field}: {problem}", field=LABELS.get(column, say("row")), problem=problem)


def _who() -> str:
    return signed_in().account.name


def _stated(utility_id: str) -> str:
    """Who states it now: the utility by itself, or a facilitator for it."""
    account, known = signed_in().account, knowledge().refs
    name = known[utility_id]["name"] if utility_id in known else utility_id
    day = today().isoformat()
    if utility_id in account.utilities:
        return str(Sentence(STATED.template, {"utility": name, "day": day}))
    return str(Sentence(STATED_FOR.template, {"utility": name, "who": account.name, "day": day}))
