"""The best of a tiny problem file by trying everything, read from the page about the form alone.

Nothing of the matcher is used, not even its reading of the file: names stay names.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, combinations
from typing import Any

Form = dict[str, Any]
Pair = dict[str, Any]
Works = frozenset[tuple[int, str]]
"""Which needs are worked on: the place of the pair in the file, and the need."""


def best_of_form(form: Form) -> tuple[int, ...] | None:
    """The best values of the goals the file lists, in their order; ``None`` where nothing keeps all rules."""
    return max((_values(form, chosen, works) for chosen, works in _answers(form)), default=None)


def _answers(form: Form) -> Iterator[tuple[tuple[int, ...], Works]]:
    pairs = form["pairs"]
    for chosen in _subsets(range(len(pairs))):
        if not _pairs_allowed(form, chosen):
            continue
        possible = [(at, cover["need"]) for at in chosen for cover in pairs[at]["covers"]]
        for picked in _subsets(possible):
            works = frozenset(picked)
            if _work_allowed(form, chosen, works):
                yield chosen, works


def _subsets(items: Any) -> Iterator[tuple[Any, ...]]:
    items = list(items)
    return chain.from_iterable(combinations(items, size) for size in range(len(items) + 1))


def _pairs_allowed(form: Form, chosen: tuple[int, ...]) -> bool:
    pairs = form["pairs"]
    names = [[pairs[at]["mentor"], pairs[at]["mentee"]] for at in chosen]
    if any(pin not in names for pin in form["pins"]) or any(forbid in names for forbid in form["forbids"]):
        return False
    for mentor in form["mentors"]:
        load = sum(name[0] == mentor["id"] for name in names)
        if not mentor["minimum_load"] <= load <= mentor["places"]:
            return False
    for mentee in form["mentees"]:
        if sum(name[1] == mentee["id"] for name in names) > mentee["mentors_wanted"]:
            return False
    for limit in form["limits"]:
        amount = sum(_coefficient(form, limit, pairs[at]) for at in chosen)
        if limit["lower"] is not None and amount < limit["lower"]:
            return False
        if limit["upper"] is not None and amount > limit["upper"]:
            return False
    return True


def _coefficient(form: Form, limit: dict[str, Any], pair: Pair) -> int:
    if "pairs" in limit:
        listed = [amount for mentor, mentee, amount in limit["pairs"] if [mentor, mentee] == _both(pair)]
        return int(listed[0]) if listed else 0
    where = limit["where"]
    mentor = next(one["attributes"] for one in form["mentors"] if one["id"] == pair["mentor"])
    mentee = next(one["attributes"] for one in form["mentees"] if one["id"] == pair["mentee"])
    met = all(mentor.get(name) in values for name, values in where.get("mentor", {}).items())
    met = met and all(mentee.get(name) in values for name, values in where.get("mentee", {}).items())
    for name in (*where.get("same", ()), *where.get("different", ())):
        met = met and name in mentor and name in mentee
    met = met and all(mentor[name] == mentee[name] for name in where.get("same", ()))
    met = met and all(mentor[name] != mentee[name] for name in where.get("different", ()))
    if not met:
        return 0
    return int(pair["points"].get(limit["column"], 0) if "column" in limit else limit.get("coefficient", 1))


def _both(pair: Pair) -> list[str]:
    return [pair["mentor"], pair["mentee"]]


def _work_allowed(form: Form, chosen: tuple[int, ...], works: Works) -> bool:
    pairs = form["pairs"]
    needs = [(pairs[at]["mentee"], need) for at, need in works]
    if len(set(needs)) < len(needs):
        return False
    if any(pairs[at]["covers"] and not any(worker == at for worker, _need in works) for at in chosen):
        return False
    for mentor in form["mentors"]:
        if mentor["staff_days"] is not None:
            own = [_days(form, pairs[at], need) for at, need in works if pairs[at]["mentor"] == mentor["id"]]
            if sum(own) > mentor["staff_days"]:
                return False
    return True


def _days(form: Form, pair: Pair, need: str) -> int:
    cover = next(cover for cover in pair["covers"] if cover["need"] == need)
    if "days" in cover:
        return int(cover["days"])
    mentee = next(one for one in form["mentees"] if one["id"] == pair["mentee"])
    return int(next(one["days"] for one in mentee["needs"] if one["id"] == need))


def _values(form: Form, chosen: tuple[int, ...], works: Works) -> tuple[int, ...]:
    goals = [goal if isinstance(goal, str) else goal["id"] for goal in form["goals"]]
    return tuple(_value(form, goal, chosen, works) for goal in goals)


def _value(form: Form, goal: str, chosen: tuple[int, ...], works: Works) -> int:
    pairs = form["pairs"]
    done = [cover for at, need in works for cover in pairs[at]["covers"] if cover["need"] == need]
    tax = form.get("change_tax", {"published": [], "points": 0})
    kept = sum(_both(pairs[at]) in tax["published"] for at in chosen)
    match goal:
        case "total_score":
            scores = sum(pairs[at]["score"] for at in chosen) + sum(cover["score"] for cover in done)
            return int(scores + kept * tax["points"])
        case "most_partnerships":
            return len(chosen)
        case "most_mentees":
            return len({pairs[at]["mentee"] for at in chosen})
        case "most_needs":
            return len(done)
        case "fewest_changes":
            return kept
    columns = [pairs[at]["points"] for at in chosen] + [cover["points"] for cover in done]
    return int(sum(points.get(goal, 0) for points in columns))
