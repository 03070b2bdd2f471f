"""A back-test's result as plain data: stable keys, sentences to be translated, every row traceable."""

from __future__ import annotations

from typing import Any, TypedDict

from matcher.backtest.measures import Measured


class Method(TypedDict):
    """One way of ranking and how it did in each group, by the group's id."""

    id: str
    title_s: dict[str, Any]
    by_group: dict[str, Measured]


class Group(TypedDict):
    """Rows that are counted together."""

    id: str
    title_s: dict[str, Any]
    rows: int


class RowResult(TypedDict):
    """One hidden pair; ``rank`` by method id is the mean rank among equals, ``None`` where it was not ranked."""

    id: str
    mentor: str
    mentor_name: str
    mentee: str
    mentee_name: str
    year: int
    dated: bool
    flags: list[str]
    clean: bool
    seen: bool
    in_history: bool
    candidates: int
    rank: dict[str, float | None]


class BacktestDocument(TypedDict):
    """The whole result. ``weights`` are the fitted ones, by rule, in whole: never those that ranked a row they saw."""

    format: str
    pool: str
    history_rows: int
    tested_rows: int
    apart: int
    only_mentee: int
    undated: int
    groups: list[Group]
    methods: list[Method]
    weights: dict[str, float]
    summary_s: list[dict[str, Any]]
    rows: list[RowResult]
