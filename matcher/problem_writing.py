"""A problem as the text of a JSON problem file."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from matcher.problem import Ints, Limit, Problem
from matcher.problem_form import FORM


def problem_text(problem: Problem) -> str:
    """The JSON text of a problem, one line an entry: every goal as a column, every limit with its pairs listed."""
    lines = []
    for name, value in problem_to_json(problem).items():
        if isinstance(value, list) and value:
            entries = ",\n  ".join(json.dumps(entry, ensure_ascii=False) for entry in value)
            lines.append(f"{json.dumps(name)}: [\n  {entries}\n ]")
        else:
            lines.append(f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}")
    return "{\n " + ",\n ".join(lines) + "\n}\n"


def problem_to_json(problem: Problem) -> dict[str, Any]:
    """The form of a problem that both ``matcher.problem_check`` and ``matcher.problem_fits`` accept."""
    both = [
        [problem.mentor_ids[mentor], problem.mentee_ids[mentee]]
        for mentor, mentee in zip(problem.pair_mentor.tolist(), problem.pair_mentee.tolist(), strict=True)
    ]
    needs: list[list[dict[str, Any]]] = [[] for _ in problem.mentee_ids]
    for id, mentee in zip(problem.need_ids, problem.need_mentee.tolist(), strict=True):
        needs[mentee].append({"id": id})
    return {
        "form": FORM,
        "mentors": [
            {"id": id, "places": int(places), "minimum_load": int(load), "staff_days": None if days < 0 else int(days)}
            for id, places, load, days in zip(
                problem.mentor_ids, problem.places, problem.minimum_load, problem.staff_days, strict=True
            )
        ],
        "mentees": [
            {"id": id, "mentors_wanted": int(wanted), "needs": own}
            for id, wanted, own in zip(problem.mentee_ids, problem.wanted, needs, strict=True)
        ],
        "columns": [goal.id for goal in problem.goals],
        "pairs": _pairs(problem, both),
        "goals": [{"id": goal.id, "title": str(goal.title)} for goal in problem.goals],
        "tie_break": False,
        "limits": [_limit(limit, both) for limit in problem.limits],
        "pins": [both[pair] for pair in np.flatnonzero(problem.pinned)],
        "forbids": [both[pair] for pair in np.flatnonzero(problem.forbidden)],
    }


def _pairs(problem: Problem, both: list[list[str]]) -> list[dict[str, Any]]:
    on_pairs = [(goal.id, goal.pair_values) for goal in problem.goals]
    on_covers = [(goal.id, goal.cover_values) for goal in problem.goals]
    pairs: list[dict[str, Any]] = [
        {"mentor": mentor, "mentee": mentee, "points": _points(on_pairs, pair)}
        for pair, (mentor, mentee) in enumerate(both)
    ]
    for cover, (pair, need) in enumerate(zip(problem.cover_pair.tolist(), problem.cover_need.tolist(), strict=True)):
        part = {
            "need": problem.need_ids[need],
            "days": int(problem.cover_days[cover]),
            "points": _points(on_covers, cover),
        }
        pairs[pair].setdefault("covers", []).append(part)
    return pairs


def _points(columns: list[tuple[str, Ints]], at: int) -> dict[str, int]:
    """A column that is left out counts 0."""
    return {id: int(values[at]) for id, values in columns if values[at]}


def _limit(limit: Limit, both: list[list[str]]) -> dict[str, Any]:
    listed = zip(limit.pairs.tolist(), limit.coefficients.tolist(), strict=True)
    return {
        "id": limit.id,
        "title": str(limit.title),
        "lower": limit.lower,
        "upper": limit.upper,
        "pairs": [[*both[pair], coefficient] for pair, coefficient in listed],
    }
