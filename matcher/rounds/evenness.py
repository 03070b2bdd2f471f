"""How evenly a round treats its mentees, in a few figures: as it was first proposed, and as it is in the end.

A mentee counts with the best fit (0..1) among its partners, one without a partner with 0. A fit that is not known is
left out of the figures of fit, and said so by ``fits``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypedDict

TENTH = 10


class Evenness(TypedDict):
    """Mentees with a partner; the lowest fit among them, the mean of their lowest tenth (at least one mentee), and the
    Gini coefficient over all mentees of the round: 0 where all have the same, towards 1 where few have everything.

    ``fits`` is how many mentees these rest on. Figures are ``None`` where there is nothing to work them out from.
    """

    served: int
    fits: int
    lowest: float | None
    lowest_tenth: float | None
    gini: float | None


class GroupEvenness(TypedDict):
    """A group of mentees: how many there are, and how many have a partner as first proposed and in the end."""

    group: str
    mentees: int
    proposed: int
    final: int


Fits = Iterable[tuple[str, float | None]]
"""(mentee, fit of one of its pairs)."""


def evenness(mentees: Sequence[str], pairs: Fits) -> Evenness:
    """The figures of one state of a round over its mentees."""
    best: dict[str, float | None] = {}
    for mentee, fit in pairs:
        known = best.get(mentee)
        best[mentee] = known if fit is None else max(fit, known or 0.0)
    fits = sorted(fit for fit in best.values() if fit is not None)
    tenth = fits[: max(1, len(fits) // TENTH)]
    unknown = {mentee for mentee, fit in best.items() if fit is None}
    counted = [best.get(mentee) or 0.0 for mentee in sorted({*mentees, *best} - unknown)]
    return {
        "served": len(best),
        "fits": len(fits),
        "lowest": fits[0] if fits else None,
        "lowest_tenth": round(sum(tenth) / len(tenth), 4) if tenth else None,
        "gini": gini(counted),
    }


def gini(values: Iterable[float]) -> float | None:
    """The Gini coefficient of values of at least 0, four decimals; ``None`` where they add up to 0.

    G = 2 sum(i x_i) / (n sum(x)) - (n + 1) / n with x in ascending order and i from 1.
    """
    ordered = sorted(values)
    total, count = sum(ordered), len(ordered)
    if not total:
        return None
    weighted = sum(at * value for at, value in enumerate(ordered, start=1))
    return abs(round(2 * weighted / (count * total) - (count + 1) / count, 4))


def by_group(group_of: Mapping[str, str], proposed: Iterable[str], final: Iterable[str]) -> list[GroupEvenness]:
    """Mentees of each group (``group_of`` names all mentees of the round), by the name of the group."""
    first, last = set(proposed), set(final)
    found: dict[str, GroupEvenness] = {}
    for mentee, group in sorted(group_of.items()):
        row = found.setdefault(group, {"group": group, "mentees": 0, "proposed": 0, "final": 0})
        row["mentees"] += 1
        row["proposed"] += mentee in first
        row["final"] += mentee in last
    return [found[group] for group in sorted(found)]
