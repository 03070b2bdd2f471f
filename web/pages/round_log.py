"""The log of a round: every change by whom, when and why; as a page, and as a file to keep."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NotRequired, TypedDict

from flask import Response
from pydantic import Field

from graph.finding import find_utility
from graph.sentences import Sentence
from matcher.document import LeftOut
from matcher.rounds.authors import is_by, people_of, same_names
from matcher.rounds.concerned import concerned
from matcher.rounds.entry import Entry
from matcher.rounds.keeping import names_of, read_log, read_state
from matcher.rounds.words import KINDS
from web.knowledge import keeper, view_here
from web.pages.round_rows import EntryRow, crumbs_of, entry_row
from web.pages.rounds import pages
from web.private_rounds import seen_log
from web.sheets import MIMETYPES, as_file
from web.shown import Part, cut
from web.twin import Paged, Query, answer, json_response, page

HEADINGS = ("number", "at", "who", "kind", "what", "why")


class Log(TypedDict):
    """The log of a round, as far as asked for, the latest first; ``people`` are by what the parameter ``by`` takes."""

    id: str
    title: str
    part: Part
    entries: list[EntryRow]
    people: dict[str, str]
    kinds: list[str]
    left_out: NotRequired[LeftOut]


class WholeLog(TypedDict):
    """The entries asked for, the oldest first."""

    id: str
    entries: list[EntryRow]


class Chosen(Query):
    """Which entries of the log."""

    by: str | None = Field(
        default=None, max_length=200, description="Only what this person did: a name, or the id of an account."
    )
    kind: str | None = Field(default=None, max_length=30, description="Only entries of this kind.")
    about: str | None = Field(default=None, max_length=200, description="Only about this utility: id or exact name.")
    since: date | None = Field(default=None, description="Only from this day on (UTC).")
    until: date | None = Field(default=None, description="Only up to this day (UTC).")


class LogQuery(Chosen, Paged):
    """Which entries of the log, and which part of them."""


@page(pages, "/rounds/<round_id>/log", LogQuery, Log)
def log(query: LogQuery, round_id: str) -> Response:
    """Every change of a round, the latest first."""
    view = view_here()
    with keeper().store.read() as reader:
        state, entries = read_state(reader, round_id), read_log(reader, round_id)
        about = find_utility(reader.names("Utility"), query.about) if query.about else None
        shown = cut(list(reversed(_chosen(entries, query, about))), query.page)
        names = names_of(reader, state)
        same = same_names(entries)
        rows = [entry_row(entry, names, same) for entry in seen_log(shown.rows, view)]
    data = Log(
        id=state.id,
        title=state.title,
        part=shown.part,
        entries=rows,
        people=people_of(entries),
        kinds=sorted({entry.kind for entry in entries}),
    )
    if view is not None:
        data["left_out"] = view.left_out
    return answer("round_log.html", data, crumbs=crumbs_of(state), query=query, kinds=KINDS)


@page(pages, "/rounds/<round_id>/log.<file_kind>", Chosen, WholeLog, also=tuple(MIMETYPES.values()))
def log_file(query: Chosen, round_id: str, file_kind: str) -> Response:
    """The entries that were asked for as a file: csv, xlsx or json."""
    with keeper().store.read() as reader:
        state, entries = read_state(reader, round_id), read_log(reader, round_id)
        about = find_utility(reader.names("Utility"), query.about) if query.about else None
        names = names_of(reader, state)
    same = same_names(entries)
    rows = [entry_row(entry, names, same) for entry in seen_log(_chosen(entries, query, about), view_here())]
    if file_kind == "json":
        return json_response(WholeLog(id=state.id, entries=rows))
    cells = (
        (row["number"], row["at"], row["who"], row["kind"], str(Sentence.from_json(row["text_s"])), row["why"])
        for row in rows
    )
    return as_file(file_kind, f"round-{state.id}-log", HEADINGS, cells)


def _chosen(entries: Iterable[Entry], query: Chosen, about: str | None) -> list[Entry]:
    since, until = (day.isoformat() if day else None for day in (query.since, query.until))
    return [
        entry
        for entry in entries
        if (query.by is None or is_by(entry, query.by))
        and query.kind in (None, entry.kind)
        and (about is None or about in concerned(entry))
        and (since is None or entry.at[:10] >= since)
        and (until is None or entry.at[:10] <= until)
    ]
