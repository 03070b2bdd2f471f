"""The rows that a figure of a planning question counts: as a page in parts, its twin, and files."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from flask import Response, url_for
from pydantic import Field

from graph.errors import UnknownName
from graph.sentences import say
from matcher.document import LeftOut, SentenceJson
from matcher.planning.tables import Kind, PlanTable, by_id, names_of
from web.i18n import told
from web.knowledge import knowledge
from web.pages.planning import CRUMBS, pages, with_left_out
from web.planning_questions import QUESTIONS, PortfolioQuery, Question, ResilienceQuery, SupplyQuery
from web.planning_work import answered
from web.shown import Crumb, Part, cut
from web.twin import Paged, Query, answer, json_response, page

CSV = "text/csv; charset=utf-8"
OF_THE_LIST = {"lang", "format", "page", "where"}


class RowsQuery(SupplyQuery, PortfolioQuery, ResilienceQuery):
    """What the question was asked with (parameters of another question are refused), and which rows."""

    where: tuple[str, ...] = Field(
        default=(), max_length=20, description="Only rows whose column has a value, such as capability:metering."
    )


class PagedRowsQuery(RowsQuery, Paged):
    """Which rows, in parts."""


class ColumnForm(TypedDict):
    """A column: its id in the rows, its title, and what it holds."""

    id: str
    title_s: SentenceJson
    kind: Kind


class AllRows(TypedDict):
    """All rows of a table."""

    question: str
    table: str
    title_s: SentenceJson
    columns: list[ColumnForm]
    rows: list[dict[str, Any]]
    left_out: NotRequired[LeftOut]


class RowsPart(AllRows):
    """One part of the rows of a table."""

    part: Part


@page(pages, "/plan/<question>/<table>", PagedRowsQuery, RowsPart)
def table(query: PagedRowsQuery, question: str, table: str) -> Response:
    """The rows that a figure of a planning question counts."""
    asked, found = _found(query, question, table)
    shown = cut(found.rows, query.page)
    part = PlanTable(found.id, found.title, found.columns, tuple(shown.rows))
    data = RowsPart(**_form(asked, part), part=shown.part)
    return answer(
        "planning_rows.html",
        with_left_out(data),
        cells=part.rows,
        names=names_of(knowledge().network),
        query=query,
        file=_file(query, question, table),
        crumbs=[*CRUMBS, Crumb(asked.title, f"planning.{asked.id}_page")],
    )


@page(pages, "/plan/<question>/<table>.<kind>", RowsQuery, AllRows, also=(CSV,))
def download(query: RowsQuery, question: str, table: str, kind: str) -> Response:
    """All rows of a table as a file: csv or json."""
    if kind not in ("csv", "json"):
        raise UnknownName(say("kind of download"), kind, ("csv", "json"))
    asked, found = _found(query, question, table)
    if kind == "json":
        response = json_response(with_left_out(_form(asked, found)))
    else:
        response = Response(found.csv(knowledge().network, told), content_type=CSV)
    response.headers["Content-Disposition"] = f'attachment; filename="{asked.id}-{found.id}.{kind}"'
    return response


def _found(query: RowsQuery, question: str, table: str) -> tuple[Question, PlanTable]:
    """The question and the rows asked for; raises ``UnknownName`` for a question, table or parameter there is not."""
    if question not in QUESTIONS:
        raise UnknownName(say("planning question"), question, QUESTIONS)
    asked = QUESTIONS[question]
    known = set(asked.query.model_fields) - OF_THE_LIST
    given = {name: getattr(query, name) for name in query.model_fields_set if name not in OF_THE_LIST}
    for name in sorted(given):
        if name not in known:
            raise UnknownName(say("parameter"), name, sorted(known | {"where"}))
    narrow: Query = asked.query.model_validate(given)
    return asked, by_id(answered(asked, narrow).tables, table).where(query.where)


def _file(query: PagedRowsQuery, question: str, table: str) -> str:
    """The address of the same rows as CSV."""
    asked = query.model_dump(include=query.model_fields_set - {"lang", "format", "page"}, exclude_none=True)
    return url_for("planning.download", question=question, table=table, kind="csv", **asked)


def _form(asked: Question, found: PlanTable) -> AllRows:
    return {
        "question": asked.id,
        "table": found.id,
        "title_s": found.title.to_json(),
        "columns": [
            {"id": column.id, "title_s": column.title.to_json(), "kind": column.kind} for column in found.columns
        ],
        "rows": found.records(),
    }
