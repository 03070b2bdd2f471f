"""Would the ranking have found the real mentors: shares found by group and method, and every row."""

from __future__ import annotations

from typing import NotRequired

from flask import Blueprint, Response
from pydantic import Field

from matcher.backtest.document import BacktestDocument, RowResult
from matcher.document import LeftOut
from matcher.rules.registry import RULES
from web.backtested import backtest_keeper
from web.knowledge import view_here
from web.shown import Part, cut
from web.twin import Paged, answer, page

pages = Blueprint("backtest", __name__)

LEAST_WEIGHT = 0.005
"""Fitted weights below half a percent of the fit are not listed."""


class BacktestQuery(Paged):
    """Which rows are listed."""

    clean: bool = Field(default=False, description="Only rows without a flag.")


class BacktestPage(BacktestDocument):
    """The whole result; ``rows`` are those of the page asked for."""

    part: Part
    clean: bool
    left_out: NotRequired[LeftOut]


@page(pages, "/backtest", BacktestQuery, BacktestPage)
def backtest(query: BacktestQuery) -> Response:
    """How often the real mentors of recorded partnerships would have been found, beside simple habits."""
    document = backtest_keeper().document()
    rows = sorted((row for row in document["rows"] if row["clean"] or not query.clean), key=_by_rank)
    shown = cut(rows, query.page)
    data = BacktestPage(**{**document, "rows": shown.rows}, part=shown.part, clean=query.clean)  # type: ignore[typeddict-item]  # rows of the same form
    if (view := view_here()) is not None:
        data["left_out"] = view.worked_out
    weights = sorted(document["weights"].items(), key=lambda each: (-each[1], each[0]))
    titles = [(RULES[rule].title, weight) for rule, weight in weights if weight >= LEAST_WEIGHT]
    return answer("backtest.html", data, weights=titles)


def _by_rank(row: RowResult) -> tuple[float, str]:
    rank = row["rank"]["calibrated"]
    return (float("inf") if rank is None else rank, row["id"])
