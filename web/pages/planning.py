"""The planner's questions, each with one plain sentence and figures that lead to the rows they count.

Every answer is worked out from what its reader may see, so a planner's rests on what is public.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict
from urllib.parse import urlencode

from flask import Blueprint, Response, request, url_for
from markupsafe import Markup

from graph.sentences import say
from matcher.document import LeftOut, SentenceJson
from matcher.planning.capacity import CapacityAnswer
from matcher.planning.portfolio import portfolio_svg
from matcher.planning.portfolio_terms import PortfolioAnswer
from matcher.planning.reach import ReachAnswer
from matcher.planning.resilience import ResilienceAnswer
from matcher.planning.results import ResultsAnswer
from matcher.planning.supply import SupplyAnswer
from matcher.planning.supply_counts import SupplyCell
from matcher.policy import ready_policies
from web.action import Body, Changed, action
from web.i18n import number
from web.knowledge import knowledge, view_here
from web.planning_questions import (
    QUESTIONS,
    CapacityQuery,
    OfCapacity,
    OfPortfolio,
    PortfolioQuery,
    Question,
    ResilienceQuery,
    SupplyQuery,
    parameters,
)
from web.planning_work import PlanWork, answer_there, answered, known_answer, let_work, work
from web.shown import Crumb
from web.twin import Query, answer, page

pages = Blueprint("planning", __name__)

REFRESH_SECONDS = 3

CRUMBS = [Crumb(say("Plan"), "planning.plan")]


class SupplyTwin(SupplyAnswer):
    """Supply and demand as its reader may see it."""

    left_out: NotRequired[LeftOut]


class ResilienceTwin(ResilienceAnswer):
    """What breaks, as its reader may see it."""

    left_out: NotRequired[LeftOut]


class ReachTwin(ReachAnswer):
    """Whom partnerships reach, as its reader may see it."""

    left_out: NotRequired[LeftOut]


class CapacityTwin(CapacityAnswer):
    """What is scarce, as its reader may see it."""

    left_out: NotRequired[LeftOut]


class PortfolioTwin(PortfolioAnswer):
    """What a budget buys, as its reader may see it."""

    left_out: NotRequired[LeftOut]


class ResultsTwin(ResultsAnswer):
    """What works, as its reader may see it."""

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


@page(pages, "/plan", Query, Plan)
def plan(query: Query) -> Response:  # noqa: ARG001 - takes the parameters that every page takes
    """The planning questions, each answered in one sentence."""
    known = knowledge()
    rows: list[QuestionRow] = []
    for question in QUESTIONS.values():
        first = question.query()
        found = answered(question, first) if question.at_once else known_answer(question, first)
        said = None if found is None else found.answer["text_s"]
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


@page(pages, "/plan/reach", Query, ReachTwin)
def reach_page(query: Query) -> Response:
    """The people served by the utilities helped, by SDG region and year, and of how many it is known."""
    data: ReachAnswer = answered(QUESTIONS["reach"], query).answer
    return _shown("reach", data, query, cells={(cell["region"], cell["year"]): cell for cell in data["cells"]})


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


@page(pages, "/plan/scarcity", CapacityQuery, CapacityTwin, later=PlanWork)
def scarcity_page(query: CapacityQuery) -> Response:
    """What is scarce in a round, which mentors to win next, and which mentees could teach next; each solved for."""
    found = answer_there(QUESTIONS["scarcity"], query)
    if found is None:
        return _awaited(QUESTIONS["scarcity"], query)
    policies = [(id, policy.name) for id, policy in ready_policies().items()]
    return _shown("scarcity", found.answer, query, policies=policies)


@page(pages, "/plan/portfolio", PortfolioQuery, PortfolioTwin, later=PlanWork)
def portfolio_page(query: PortfolioQuery) -> Response:
    """The best set of partnerships for a budget under travel costs and target shares, and what more money buys."""
    found = answer_there(QUESTIONS["portfolio"], query)
    if found is None:
        return _awaited(QUESTIONS["portfolio"], query)
    data: PortfolioAnswer = found.answer
    # The picture is made of numbers alone, so it can hold nothing but a picture.
    picture = Markup(portfolio_svg(data, number=number)) if len(data["frontier"]) > 1 else None  # noqa: S704
    policies = [(id, policy.name) for id, policy in ready_policies().items()]
    return _shown("portfolio", data, query, picture=picture, policies=policies)


@page(pages, "/plan/results", Query, ResultsTwin)
def results_page(query: Query) -> Response:
    """What is known of results, by kind of pair and capability, with counts and uncertainty."""
    return _shown("results", answered(QUESTIONS["results"], query).answer, query)


class CapacityBody(OfCapacity, Body):
    """Under which policy scarcity is to be worked out."""


class PortfolioBody(OfPortfolio, Body):
    """What a budget is to buy, to be worked out."""


@action(pages, "/plan/scarcity/work", CapacityBody, PlanWork)
def scarcity_work(body: CapacityBody) -> Changed:
    """Let a worker find what is scarce: for rounds too large to be solved while somebody waits."""
    return _let_work(QUESTIONS["scarcity"], body)


@action(pages, "/plan/portfolio/work", PortfolioBody, PlanWork)
def portfolio_work(body: PortfolioBody) -> Changed:
    """Let a worker find what a budget buys: for rounds too large to be solved while somebody waits."""
    return _let_work(QUESTIONS["portfolio"], body)


def _let_work(question: Question, body: Body) -> Changed:
    query = question.query.model_validate(body.model_dump(exclude_none=True))
    address = url_for(f"planning.{question.id}_page", **_asked(query))
    return Changed(let_work(question, query), address, later=True)


def _awaited(question: Question, query: Query) -> Response:
    """How far the work for an answer is, with status 202; the page loads itself again while there is some."""
    data = work(question, query)
    going = data["state"] in ("queued", "running")
    response = answer(
        "planning_awaited.html",
        data,
        title=question.title,
        asked=_asked(query),
        going=going,
        seconds=REFRESH_SECONDS,
        crumbs=CRUMBS,
    )
    response.status_code = 202
    response.headers["Cache-Control"] = "no-store"
    if going:
        response.headers["Refresh"] = str(REFRESH_SECONDS)
    return response


def _asked(query: Query) -> dict[str, Any]:
    """The parameters of a question that are not as they are anyway."""
    return query.model_dump(exclude={"lang", "format"}, exclude_none=True, exclude_defaults=True)


def _shown(question: str, data: Mapping[str, Any], query: Query, **html_only: object) -> Response:
    """The page of one question; its figures lead to rows under the same parameters."""
    return answer(
        f"planning_{question}.html",
        with_left_out(data),
        query=query,
        question=question,
        title=QUESTIONS[question].title,
        asked=_asked(query),
        crumbs=CRUMBS,
        **html_only,
    )
