"""The planner's questions, each with one plain sentence and figures that lead to the rows they count.

Every answer is worked out from what its reader may see, so a planner's rests on what is public.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NotRequired, Protocol, TypedDict
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from pydantic import Field

from graph.sentences import Sentence, say
from matcher.document import LeftOut, SentenceJson
from matcher.planning.reach import ReachAnswer, reach
from matcher.planning.resilience import LEAVING, MOST_LEAVING, ResilienceAnswer, resilience
from matcher.planning.supply import SupplyAnswer, supply
from matcher.planning.supply_counts import SupplyCell
from matcher.planning.tables import PlanTable
from web.knowledge import Knowledge, knowledge, view_here
from web.planned import plan_keeper
from web.shown import Crumb
from web.twin import Query, answer, page

pages = Blueprint("planning", __name__)

FIRST_YEAR = 1900
CRUMBS = [Crumb(say("Plan"), "planning.plan")]


class SupplyQuery(Query):
    """Which part of supply and demand."""

    year: int | None = Field(
        default=None, ge=FIRST_YEAR, le=2200, description="What was known by the end of it; the year of the data."
    )
    capability: str | None = Field(default=None, max_length=200, description="Id of a capability.")
    region: str | None = Field(default=None, max_length=200, description="Id of a region.")
    language: str | None = Field(default=None, max_length=20, description="ISO 639 code of a working language.")


class ResilienceQuery(Query):
    """How many mentors leave."""

    leaving: int = Field(default=LEAVING, ge=1, le=MOST_LEAVING, description="How many of the busiest mentors leave.")


class ReachQuery(Query):
    """Nothing but the form."""


class Answered(Protocol):
    """An answer as plain data, and the rows it counts."""

    @property
    def answer(self) -> Any:
        """The answer."""

    @property
    def tables(self) -> tuple[PlanTable, ...]:
        """The rows."""


@dataclass(frozen=True)
class Question:
    """A planning question: its title, what it may be asked with, and how it is answered."""

    id: str
    title: Sentence
    query: type[Query]
    ask: Callable[[Knowledge, Any], Answered]
    at_once: bool = True
    """Whether it is answered without solving a round, so that the list of questions may answer it."""


QUESTIONS: Mapping[str, Question] = {
    question.id: question
    for question in (
        Question(
            "supply",
            say("Where does need outstrip supply?"),
            SupplyQuery,
            lambda known, query: supply(known.network, known.as_of, **parameters(query)),
        ),
        Question(
            "resilience",
            say("What breaks if the busiest mentors leave?"),
            ResilienceQuery,
            lambda known, query: resilience(known.network, known.as_of, **parameters(query)),
        ),
        Question(
            "reach",
            say("How many people do the utilities helped serve?"),
            ReachQuery,
            lambda known, _query: reach(known.network, known.as_of),
        ),
    )
}


class SupplyTwin(SupplyAnswer):
    """Supply and demand as its reader may see it."""

    left_out: NotRequired[LeftOut]


class ResilienceTwin(ResilienceAnswer):
    """What breaks, as its reader may see it."""

    left_out: NotRequired[LeftOut]


class ReachTwin(ReachAnswer):
    """Whom partnerships reach, as its reader may see it."""

    left_out: NotRequired[LeftOut]


class QuestionRow(TypedDict):
    """A question with its answer in one sentence; ``None`` where that takes solving a round and nobody asked yet."""

    id: str
    title_s: SentenceJson
    text_s: SentenceJson | None


class Plan(TypedDict):
    """The planning questions; ``left_out`` is what is private and not for this reader, so it is not counted."""

    as_of: str
    questions: list[QuestionRow]
    left_out: NotRequired[LeftOut]


def parameters(query: Query) -> dict[str, Any]:
    """What a question is asked with, apart from the form of the answer."""
    return query.model_dump(exclude={"lang", "format"})


def answered(question: Question, query: Query) -> Answered:
    """The answer to a question as its reader may have it, worked out once; raises what the question raises."""
    known = knowledge()
    key = (question.id, *sorted(parameters(query).items()))
    return plan_keeper().answer(known, key, lambda: question.ask(known, query))


@page(pages, "/plan", Query, Plan)
def plan(query: Query) -> Response:  # noqa: ARG001 - takes the parameters that every page takes
    """The planning questions, each answered in one sentence."""
    known = knowledge()
    rows: list[QuestionRow] = []
    for question in QUESTIONS.values():
        first = question.query()
        kept = (question.id, *sorted(parameters(first).items())) in known.answers
        said = answered(question, first).answer["text_s"] if question.at_once or kept else None
        rows.append({"id": question.id, "title_s": question.title.to_json(), "text_s": said})
    data = Plan(as_of=known.as_of.isoformat(), questions=rows)
    return answer("planning.html", with_left_out(data), empty=known.is_empty)


@page(pages, "/plan/supply", SupplyQuery, SupplyTwin)
def supply_page(query: SupplyQuery) -> Response:
    """Supply and demand by capability, region, language and year: what is short, and what rests on one utility."""
    known = knowledge()
    data: SupplyAnswer = answered(QUESTIONS["supply"], query).answer
    cells = {(cell["capability"], cell["region"]): (cell, _rows_of(cell, query)) for cell in data["cells"]}
    tongues = sorted({row["language"] for row in data["languages"]} | ({query.language} if query.language else set()))
    return _shown("supply", data, query, known=known, cells=cells, tongues=tongues)


@page(pages, "/plan/resilience", ResilienceQuery, ResilienceTwin)
def resilience_page(query: ResilienceQuery) -> Response:
    """What breaks if the busiest mentors leave, how concentrated help is, and who holds the network together."""
    return _shown("resilience", answered(QUESTIONS["resilience"], query).answer, query)


@page(pages, "/plan/reach", ReachQuery, ReachTwin)
def reach_page(query: ReachQuery) -> Response:
    """The people served by the utilities helped, by SDG region and year, and of how many it is known."""
    return _shown("reach", answered(QUESTIONS["reach"], query).answer, query)


def with_left_out(data: Mapping[str, Any]) -> dict[str, Any]:
    """The answer with what its reader is not shown, where that is anything."""
    view = view_here()
    return dict(data) if view is None else {**data, "left_out": view.left_out}


def _rows_of(cell: SupplyCell, query: SupplyQuery) -> str:
    """The address of the rows a cell counts; a heat map has hundreds, too many for the usual way of making one."""
    asked = [(name, value) for name, value in parameters(query).items() if value is not None]
    where = [("where", f"capability:{cell['capability']}"), ("where", f"region:{cell['region']}")]
    table = "needs" if cell["needs"] else "offers"
    return f"{request.script_root}/plan/supply/{table}?{urlencode([*asked, *where])}"


def _shown(question: str, data: Mapping[str, Any], query: Query, **html_only: object) -> Response:
    """The page of one question; its figures lead to rows under the same parameters."""
    asked = query.model_dump(exclude={"lang", "format"}, exclude_none=True, exclude_defaults=True)
    return answer(
        f"planning_{question}.html",
        with_left_out(data),
        query=query,
        question=question,
        title=QUESTIONS[question].title,
        asked=asked,
        crumbs=CRUMBS,
        **html_only,
    )
