"""Small things every page shows the same way: parts of a long table, sorted columns, crumbs of the path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypedDict, TypeVar, cast
from urllib.parse import quote, urlencode

from flask import current_app, request

from graph.sentences import Sentence
from web.settings import Settings

T = TypeVar("T")


class Part(TypedDict):
    """Which part of a long table is shown: rows ``first`` to ``last`` (from 1) of ``total``."""

    page: int
    pages: int
    first: int
    last: int
    total: int


@dataclass(frozen=True)
class Cut(Generic[T]):
    """The rows of one part, and where it stands."""

    rows: Sequence[T]
    part: Part


@dataclass(frozen=True)
class Crumb:
    """One step of the path to a page: what it is called (a sentence, or a name shown as it is) and where it is.

    ``address`` is the endpoint, ``parts`` are the parts of its path.
    """

    title: Sentence | str
    address: str
    parts: Mapping[str, str] = field(default_factory=dict)


def settings() -> Settings:
    """The settings of the application that answers this request."""
    return cast(Settings, current_app.extensions["wop_settings"])


def cut(rows: Sequence[T], page: int) -> Cut[T]:
    """The part of a long table that one page shows; a page beyond the end is the last one."""
    size = settings().rows_per_page
    pages = max(1, -(-len(rows) // size))
    page = min(page, pages)
    start = (page - 1) * size
    shown = rows[start : start + size]
    return Cut(
        shown, Part(page=page, pages=pages, first=start + 1 if shown else 0, last=start + len(shown), total=len(rows))
    )


def here_with(**changes: object) -> str:
    """This page's address with some parameters changed; ``None`` removes one."""
    asked = [(name, value) for name, value in request.args.items(multi=True) if name not in changes and name != "lang"]
    added = [(name, str(value)) for name, value in changes.items() if value is not None]
    address = quote(request.script_root + request.path)
    return f"{address}?{urlencode(asked + added)}" if asked or added else address
