"""The ``.npz`` twin of a problem file: the arrays of ``matcher.problem`` under their own names, nothing pickled.

Limits are laid end to end: ``limit_start`` [L + 1] into ``limit_pairs`` and ``limit_coefficients``; a bound that is
open is ``OPEN``. Goals are the rows of ``goal_pair_values`` [G, P] and ``goal_cover_values`` [G, C].
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graph.errors import BadInput, UnknownName
from graph.sentences import Sentence, say
from matcher.problem import UNLIMITED, Goal, Limit, Problem
from matcher.problem_arrays import load_arrays
from matcher.problem_reading import literal

FORM = "wop-problem-arrays/1"
OPEN = -(2**63)
"""In ``limit_lower`` and ``limit_upper``: this side is open."""

RANKS = {
    "form": 0, "mentor_ids": 1, "mentee_ids": 1, "places": 1, "wanted": 1, "pair_mentor": 1, "pair_mentee": 1,
    "goal_ids": 1, "goal_pair_values": 2,
    "minimum_load": 1, "staff_days": 1, "need_ids": 1, "need_mentee": 1, "cover_pair": 1, "cover_need": 1,
    "cover_days": 1, "pinned": 1, "forbidden": 1, "goal_titles": 1, "goal_cover_values": 2, "limit_ids": 1,
    "limit_titles": 1, "limit_start": 1, "limit_pairs": 1, "limit_coefficients": 1, "limit_lower": 1, "limit_upper": 1,
}  # fmt: skip
"""Every array and its number of dimensions; those up to ``goal_pair_values`` must be there."""

REQUIRED = 9
FLAGS = ("pinned", "forbidden")
TEXTS = ("form", "mentor_ids", "mentee_ids", "need_ids", "goal_ids", "goal_titles", "limit_ids", "limit_titles")

Arrays = dict[str, NDArray[Any]]


def write_archive(problem: Problem, path: Path) -> None:
    """Write the arrays, compressed; the same problem gives the same bytes."""
    limits, goals = problem.limits, problem.goals
    empty = np.zeros(0, dtype=np.int64)
    own = set(RANKS) & set(Problem.__dataclass_fields__)
    arrays: Arrays = {name: np.asarray(getattr(problem, name)) for name in sorted(own) if name not in TEXTS}
    texts = {
        "mentor_ids": problem.mentor_ids,
        "mentee_ids": problem.mentee_ids,
        "need_ids": problem.need_ids,
        "goal_ids": [goal.id for goal in goals],
        "goal_titles": [str(goal.title) for goal in goals],
        "limit_ids": [limit.id for limit in limits],
        "limit_titles": [str(limit.title) for limit in limits],
    }
    arrays |= {name: np.array(values, dtype=np.str_) for name, values in texts.items()}
    arrays |= {
        "form": np.array(FORM),
        "limit_start": np.cumsum([0, *(len(limit.pairs) for limit in limits)], dtype=np.int64),
        "limit_pairs": np.concatenate([*(limit.pairs for limit in limits), empty]),
        "limit_coefficients": np.concatenate([*(limit.coefficients for limit in limits), empty]),
        "limit_lower": np.array([OPEN if limit.lower is None else limit.lower for limit in limits], dtype=np.int64),
        "limit_upper": np.array([OPEN if limit.upper is None else limit.upper for limit in limits], dtype=np.int64),
        "goal_pair_values": np.array([goal.pair_values for goal in goals], dtype=np.int64),
        "goal_cover_values": np.array([goal.cover_values for goal in goals], dtype=np.int64),
    }
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]  # its stub takes the arrays for a flag


def read_archive(path: Path, most_bytes: int) -> Problem:
    """The problem in an ``.npz`` file, its parts not yet checked against each other's ranges.

    Raises ``BadInput`` where the file is broken, an array is missing, of another kind or of a size that does not fit,
    ``UnknownName`` for an array that does not belong, ``TooLarge`` where the arrays unpack to more than ``most_bytes``.
    """
    arrays = load_arrays(path, RANKS, TEXTS, FLAGS, most_bytes)
    found = arrays.pop("form", np.array(""))
    if found.ndim or str(found) != FORM:
        raise UnknownName(say("form of arrays ({file}, form)", file=path.name), str(found), [FORM])
    for name in list(RANKS)[1:REQUIRED]:
        if name not in arrays:
            raise _refused(path, name, say("is missing"))
    _fill(arrays)
    for name, values in arrays.items():
        if values.ndim != RANKS[name]:
            raise _refused(
                path, name, say("has {found} dimensions, expected {rank}", found=values.ndim, rank=RANKS[name])
            )
    _check_sizes(path, arrays)
    return _problem(arrays)


def _fill(arrays: Arrays) -> None:
    """What the optional arrays are where they are not given."""
    count = {name: len(values) if values.ndim else 0 for name, values in arrays.items()}
    mentors, pairs, goals = count["mentor_ids"], count["pair_mentor"], count["goal_ids"]
    numbers: dict[str, NDArray[Any]] = {
        "minimum_load": np.zeros(mentors, dtype=np.int64),
        "staff_days": np.full(mentors, UNLIMITED, dtype=np.int64),
        "pinned": np.zeros(pairs, dtype=bool),
        "forbidden": np.zeros(pairs, dtype=bool),
        "goal_cover_values": np.zeros((goals, count.get("cover_pair", 0)), dtype=np.int64),
        "limit_start": np.zeros(1, dtype=np.int64),
    }
    for name, values in numbers.items():
        arrays.setdefault(name, values)
    for name in ("need_ids", "limit_ids"):
        arrays.setdefault(name, np.array([], dtype=np.str_))
    arrays.setdefault("goal_titles", arrays["goal_ids"])
    arrays.setdefault("limit_titles", arrays["limit_ids"])
    for name in RANKS:
        if name != "form":
            arrays.setdefault(name, np.zeros(0, dtype=np.int64))


def _check_sizes(path: Path, arrays: Arrays) -> None:
    goals, limits = len(arrays["goal_ids"]), len(arrays["limit_ids"])
    pairs, covers = len(arrays["pair_mentor"]), len(arrays["cover_pair"])
    start, entries = arrays["limit_start"], len(arrays["limit_pairs"])
    for name, shape in (
        ("goal_titles", (goals,)),
        ("goal_pair_values", (goals, pairs)),
        ("goal_cover_values", (goals, covers)),
        ("limit_titles", (limits,)),
        ("limit_start", (limits + 1,)),
        ("limit_coefficients", (entries,)),
        ("limit_lower", (limits,)),
        ("limit_upper", (limits,)),
    ):
        if arrays[name].shape != shape:
            found = say("has shape {found}, expected {shape}", found=f"{arrays[name].shape}", shape=f"{shape}")
            raise _refused(path, name, found)
    if start[0] != 0 or start[-1] != entries or (start[1:] < start[:-1]).any():
        raise _refused(path, "limit_start", say("must rise from 0 to the length of limit_pairs"))


def _problem(arrays: Mapping[str, NDArray[Any]]) -> Problem:
    start = arrays["limit_start"].tolist()
    limits = tuple(
        Limit(
            str(arrays["limit_ids"][at]),
            literal(str(arrays["limit_titles"][at])),
            arrays["limit_pairs"][start[at] : start[at + 1]],
            arrays["limit_coefficients"][start[at] : start[at + 1]],
            _bound(arrays["limit_lower"][at]),
            _bound(arrays["limit_upper"][at]),
        )
        for at in range(len(start) - 1)
    )
    goals = tuple(
        Goal(str(id), literal(str(title)), arrays["goal_pair_values"][at], arrays["goal_cover_values"][at])
        for at, (id, title) in enumerate(zip(arrays["goal_ids"], arrays["goal_titles"], strict=True))
    )
    own = [name for name in RANKS if name in Problem.__dataclass_fields__]
    parts: dict[str, Any] = {
        name: tuple(str(id) for id in arrays[name]) if name in TEXTS else arrays[name] for name in own
    }
    return Problem(**parts, goals=goals, limits=limits)


def _bound(value: np.int64) -> int | None:
    return None if value == OPEN else int(value)


def _refused(path: Path, name: str, problem: Sentence) -> BadInput:
    return BadInput(
        say("{file}: the array “{name}” {problem}.", file=path.name, name=name, problem=problem),
        say("The problem file reference lists the arrays."),
    )
