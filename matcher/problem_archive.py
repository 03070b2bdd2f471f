"""The ``.npz`` twin of a problem file: the arrays of ``matcher.problem`` under their own names, nothing pickled.

Limits are laid end to end: ``limit_start`` int64[L + 1] into ``limit_pairs`` and ``limit_coefficients``; a bound that
is open is ``OPEN``. Goals are the rows of ``goal_pair_values`` int64[G, P] and ``goal_cover_values`` int64[G, C].
"""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from graph.errors import BadInput
from graph.sentences import Sentence, say
from matcher.problem import Goal, Limit, Problem

FORM = "wop-problem-arrays/1"
OPEN = -(2**63)
"""In ``limit_lower`` and ``limit_upper``: this side is open."""

NUMBERS = (
    "places", "minimum_load", "staff_days", "wanted", "need_mentee", "pair_mentor", "pair_mentee", "cover_pair",
    "cover_need", "cover_days",
)  # fmt: skip
NAMES = ("mentor_ids", "mentee_ids", "need_ids")
FLAGS = ("pinned", "forbidden")
LIMITS = ("limit_start", "limit_pairs", "limit_coefficients", "limit_lower", "limit_upper")
GOALS = ("goal_pair_values", "goal_cover_values")


def write_archive(problem: Problem, path: Path) -> None:
    """Write the arrays, compressed."""
    limits, goals = problem.limits, problem.goals
    pieces: dict[str, Any] = {name: getattr(problem, name) for name in (*NUMBERS, *FLAGS)}
    pieces |= {name: np.array(getattr(problem, name), dtype=np.str_) for name in NAMES}
    empty = [np.zeros(0, dtype=np.int64)]
    np.savez_compressed(
        path,
        allow_pickle=False,
        form=np.array(FORM),
        **pieces,
        limit_ids=np.array([limit.id for limit in limits], dtype=np.str_),
        limit_titles=np.array([str(limit.title) for limit in limits], dtype=np.str_),
        limit_start=np.cumsum([0, *(len(limit.pairs) for limit in limits)]),
        limit_pairs=np.concatenate([*(limit.pairs for limit in limits), *empty]),
        limit_coefficients=np.concatenate([*(limit.coefficients for limit in limits), *empty]),
        limit_lower=np.array([OPEN if limit.lower is None else limit.lower for limit in limits], dtype=np.int64),
        limit_upper=np.array([OPEN if limit.upper is None else limit.upper for limit in limits], dtype=np.int64),
        goal_ids=np.array([goal.id for goal in goals], dtype=np.str_),
        goal_titles=np.array([str(goal.title) for goal in goals], dtype=np.str_),
        goal_pair_values=np.array([goal.pair_values for goal in goals], dtype=np.int64),
        goal_cover_values=np.array([goal.cover_values for goal in goals], dtype=np.int64),
    )


def read_archive(path: Path) -> Problem:
    """Read the arrays back. Raises ``BadInput`` where one is missing, of another kind, or the file is broken."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            pieces = {name: archive[name] for name in archive.files}
    except (
        ValueError,
        zipfile.BadZipFile,
        EOFError,
        KeyError,
        NotImplementedError,
        AttributeError,
        TypeError,
        zlib.error,
    ) as error:
        raise BadInput(
            say("{file} is not a readable .npz file.", file=path.name), say("Write it again with write_problem.")
        ) from error
    _check(pieces, path.name)
    start = pieces["limit_start"]
    limits = tuple(
        Limit(
            str(pieces["limit_ids"][at]),
            _words(pieces["limit_titles"][at]),
            pieces["limit_pairs"][start[at] : start[at + 1]],
            pieces["limit_coefficients"][start[at] : start[at + 1]],
            _bound(pieces["limit_lower"][at]),
            _bound(pieces["limit_upper"][at]),
        )
        for at in range(len(start) - 1)
    )
    goals = tuple(
        Goal(str(id), _words(title), pieces["goal_pair_values"][at], pieces["goal_cover_values"][at])
        for at, (id, title) in enumerate(zip(pieces["goal_ids"], pieces["goal_titles"], strict=True))
    )
    arrays = {name: pieces[name] for name in (*NUMBERS, *FLAGS)}
    names = {name: tuple(str(id) for id in pieces[name]) for name in NAMES}
    return Problem(**arrays, **names, goals=goals, limits=limits)


def _check(pieces: dict[str, Any], file: str) -> None:
    texts = (*NAMES, "limit_ids", "limit_titles", "goal_ids", "goal_titles")
    wanted = {name: np.dtype(np.int64) for name in (*NUMBERS, *LIMITS, *GOALS)} | {
        name: np.dtype(bool) for name in FLAGS
    }
    for name in ("form", *texts, *wanted):
        if name not in pieces:
            raise BadInput(
                say("{file} has no array “{name}”.", file=file, name=name), say("Write it again with write_problem.")
            )
    if str(pieces["form"]) != FORM:
        raise BadInput(
            say("{file} has the form “{found}”, expected “{form}”.", file=file, found=str(pieces["form"]), form=FORM)
        )
    for name, kind in wanted.items():
        rank = 2 if name in GOALS else 1
        if pieces[name].dtype != kind or pieces[name].ndim != rank:
            raise BadInput(
                say(
                    "{file}, {name}: expected {kind} in {rank} dimensions.",
                    file=file,
                    name=name,
                    kind=str(kind),
                    rank=rank,
                )
            )
    for name in texts:
        if pieces[name].dtype.kind != "U" or pieces[name].ndim != 1:
            raise BadInput(say("{file}, {name}: expected a list of texts.", file=file, name=name))
    start, limits, goals = pieces["limit_start"], len(pieces["limit_ids"]), len(pieces["goal_ids"])
    fits = (
        len(start) == limits + 1
        and start[0] == 0
        and start[-1] == len(pieces["limit_pairs"]) == len(pieces["limit_coefficients"])
        and bool((np.diff(start) >= 0).all())
        and all(len(pieces[name]) == limits for name in ("limit_titles", "limit_lower", "limit_upper"))
        and all(len(pieces[name]) == goals for name in ("goal_titles", *GOALS))
    )
    if not fits:
        raise BadInput(say("{file}: the arrays of limits and goals do not fit together.", file=file))


def _bound(value: np.int64) -> int | None:
    return None if value == OPEN else int(value)


def _words(text: np.str_) -> Sentence:
    return Sentence(str(text).replace("{", "{{").replace("}", "}}"))
