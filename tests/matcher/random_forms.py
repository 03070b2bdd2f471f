"""Tiny problem files from a seed, with every feature of the form in them, for trying everything on."""

from __future__ import annotations

from typing import Any

import numpy as np

MOST_PAIRS = 10
MOST_COVERS = 9
REGIONS = ("East", "West")
SIZES = ("small", "large")


def tiny_form(seed: int) -> dict[str, Any]:
    """A problem file as ``docs/reference/problem-file.md`` describes it, small enough to try everything on.

    Every part of the form appears in most of them: minimum loads, staff-days, needs and covers with days of their
    own, several mentors wanted, attributes some do not have, limits by lists and by conditions, with columns and
    coefficients, pins, forbids, goals in order and a change tax. Many have no answer at all.
    """
    random = np.random.default_rng(seed)

    def upto(most: int, least: int = 0) -> int:
        return int(random.integers(least, most + 1))

    def chance(share: float) -> bool:
        return bool(random.random() < share)

    def attributes() -> dict[str, str]:
        given = {"region": str(random.choice(REGIONS)), "size": str(random.choice(SIZES))}
        return {name: value for name, value in given.items() if chance(0.8)}

    mentors: list[dict[str, Any]] = [
        {
            "id": f"M{at}",
            "places": upto(3, 0 if chance(0.2) else 1),
            "minimum_load": 1 if chance(0.15) else 0,
            "staff_days": upto(9, 2) if chance(0.4) else None,
            "attributes": attributes(),
        }
        for at in range(upto(4, 2))
    ]
    mentees: list[dict[str, Any]] = [
        {
            "id": f"N{at}",
            "mentors_wanted": upto(2, 0 if chance(0.1) else 1),
            "needs": [{"id": f"k{need}", "days": upto(4)} for need in range(upto(2))],
            "attributes": attributes(),
        }
        for at in range(upto(4, 2))
    ]
    several = any(mentee["mentors_wanted"] > 1 for mentee in mentees)
    every = [(mentor["id"], mentee) for mentor in mentors for mentee in mentees]
    random.shuffle(every)
    pairs: list[dict[str, Any]] = []
    left = MOST_COVERS
    for mentor, mentee in every[: upto(MOST_PAIRS, 1)]:
        covers = []
        for need in mentee["needs"]:
            if left and chance(0.75):
                left -= 1
                cover: dict[str, Any] = {"need": need["id"], "score": upto(8, -2), "points": {"cost": upto(2)}}
                covers.append(cover | ({"days": upto(5)} if chance(0.3) else {}))
        points = {"cost": upto(4), "risk": upto(3, -3)}
        pairs.append(
            {"mentor": mentor, "mentee": mentee["id"], "score": upto(9, -3), "points": points, "covers": covers}
        )
    both = [[pair["mentor"], pair["mentee"]] for pair in pairs]

    def some(share: float) -> list[list[str]]:
        return [each for each in both if chance(share)]

    def bounds() -> dict[str, int | None]:
        return {"lower": upto(2) if chance(0.3) else None, "upper": upto(5, 1) if chance(0.7) else None}

    limits: list[dict[str, Any]] = []
    if chance(0.6):
        limits.append({"id": "listed", **bounds(), "pairs": [[*each, upto(3, -1)] for each in some(0.6)]})
    if chance(0.6):
        where = _where(random, mentors, mentees)
        how: dict[str, Any] = {"column": "cost"} if chance(0.5) else {"coefficient": upto(2, 1)}
        limits.append({"id": "found", **bounds(), "where": where, **how})
    named = ["total_score", "most_partnerships", "most_needs", "fewest_changes", "cost", "risk"]
    if not several:
        named.append("most_mentees")
    goals: list[Any] = [str(goal) for goal in random.permutation(named)[: upto(3, 1)]]
    form: dict[str, Any] = {
        "form": "wop-problem/1",
        "mentors": mentors,
        "mentees": mentees,
        "pairs": pairs,
        "goals": [{"id": goal, "title": "A column"} if goal in ("cost", "risk") else goal for goal in goals],
        "tie_break": chance(0.5),
        "columns": ["cost", "risk"],
        "limits": limits,
        "pins": some(0.08),
        "forbids": some(0.08),
    }
    if "total_score" in goals or "fewest_changes" in goals:
        tax = upto(4, 1) if "total_score" in goals else 0
        form["change_tax"] = {"published": some(0.4), "points": tax}
    return form


def _where(random: np.random.Generator, mentors: list[dict[str, Any]], mentees: list[dict[str, Any]]) -> dict[str, Any]:
    """A condition that names only what the file has."""
    has: dict[str, dict[str, set[str]]] = {}
    for side, ones in (("mentor", mentors), ("mentee", mentees)):
        for name in ("region", "size"):
            given = {one["attributes"][name] for one in ones if name in one["attributes"]}
            has.setdefault(side, {})[name] = given
    where: dict[str, Any] = {}
    for side, values in has.items():
        for name, given in values.items():
            if given and random.random() < 0.35:
                where.setdefault(side, {})[name] = [str(random.choice(sorted(given)))]
    for relation in ("same", "different"):
        if has["mentor"]["region"] and has["mentee"]["region"] and random.random() < 0.2:
            where[relation] = ["region"]
    return where
