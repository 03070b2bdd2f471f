"""A proposal as it stands, asked what one more pair would meet: room, days, limits and goals."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from graph.sentences import Sentence, say
from matcher.build import Built
from matcher.document import NeedRef
from matcher.problem import UNLIMITED, Flags, Goal, Ints, Problem
from matcher.result import Result

PARTNERS_NAMED = 2
"""How many partners of a mentor are named before the rest is counted."""


@dataclass(frozen=True, eq=False)
class Standing:
    """A result, asked what one more pair would meet; all from the problem alone."""

    problem: Problem
    result: Result

    @cached_property
    def chosen(self) -> Flags:
        """Which pairs are proposed, bool[P]."""
        chosen = np.zeros(self.problem.pair_count, dtype=bool)
        chosen[self.result.pairs] = True
        return chosen

    @cached_property
    def load(self) -> Ints:
        """How many mentees each mentor has, int64[M]."""
        return np.bincount(self.problem.pair_mentor[self.result.pairs], minlength=len(self.problem.places))

    @cached_property
    def days_left(self) -> Ints:
        """Staff-days left by mentor; only meaningful where they are limited."""
        problem, covers = self.problem, self.result.covers
        left = problem.staff_days.copy()
        np.subtract.at(left, problem.pair_mentor[problem.cover_pair[covers]], problem.cover_days[covers])
        return left

    @cached_property
    def first_pair(self) -> Ints:
        """Pairs are ordered by mentee: where each mentee's begin, int64[N + 1]."""
        return np.searchsorted(self.problem.pair_mentee, np.arange(len(self.problem.mentee_ids) + 1))

    @cached_property
    def amounts(self) -> list[int]:
        """What each limit comes to."""
        return [int((limit.coefficients * self.chosen[limit.pairs]).sum()) for limit in self.problem.limits]

    def pairs_of(self, mentee: int) -> Ints:
        """Indices of a mentee's pairs."""
        return np.arange(self.first_pair[mentee], self.first_pair[mentee + 1])

    def covers_of(self, pair: int) -> Ints:
        """Indices of a pair's covers."""
        return np.arange(*np.searchsorted(self.problem.cover_pair, [pair, pair + 1]))

    def covers_to_add(self, pair: int) -> Ints | None:
        """The needs the pair would work on within the mentor's days left: best for the goals first.

        ``None`` where the pair has needs to work on but no days for any.
        """
        problem, covers = self.problem, self.covers_of(pair)
        mentor = problem.pair_mentor[pair]
        values = [-goal.cover_values[covers] for goal in problem.goals]
        left = int(self.days_left[mentor])
        taken: list[int] = []
        for cover in covers[np.lexsort((covers, *reversed(values)))].tolist():
            days = int(problem.cover_days[cover])
            fits = problem.staff_days[mentor] == UNLIMITED or days <= left
            # The first need is needed for the pair to exist; further ones only where they do not lower the goals.
            if fits and (not taken or _first_sign([int(goal.cover_values[cover]) for goal in problem.goals]) >= 0):
                taken.append(cover)
                left -= days
        return None if len(covers) and not taken else np.array(sorted(taken), dtype=np.int64)

    def mentor_has_room(self, pair: int) -> bool:
        """Whether the pair's mentor has a place left, and days for a need where it must work on one."""
        mentor = self.problem.pair_mentor[pair]
        return bool(self.load[mentor] < self.problem.places[mentor]) and self.covers_to_add(pair) is not None

    def raises_goals(self, pair: int) -> bool:
        """Whether the pair, added as it is, would raise the goals (compared in their order)."""
        return self.first_gain(pair)[1] > 0

    def first_gain(self, pair: int) -> tuple[Goal, int]:
        """The first goal that the pair, added as it is, would change, and by how many points."""
        covers = self.covers_to_add(pair)
        assert covers is not None  # noqa: S101 - asked only of pairs whose mentor has room
        gains = [(goal, int(goal.pair_values[pair] + goal.cover_values[covers].sum())) for goal in self.problem.goals]
        return next(((goal, gain) for goal, gain in gains if gain), gains[-1])

    def limits_against(self, pair: int) -> list[int]:
        """Indices of the limits that the proposal would break with this pair added."""
        against = []
        for at, (limit, amount) in enumerate(zip(self.problem.limits, self.amounts, strict=True)):
            place = int(np.searchsorted(limit.pairs, pair))
            if place == len(limit.pairs) or limit.pairs[place] != pair:
                continue
            after = amount + int(limit.coefficients[place])
            if (limit.upper is not None and after > limit.upper) or (limit.lower is not None and after < limit.lower):
                against.append(at)
        return against


@dataclass(frozen=True, eq=False)
class NamedStanding(Standing):
    """A round's proposal, asked the same, with the names of its utilities and needs."""

    built: Built

    @cached_property
    def first_need(self) -> Ints:
        """Needs are ordered by mentee: where each mentee's begin, int64[N + 1]."""
        return np.searchsorted(self.problem.need_mentee, np.arange(len(self.problem.mentee_ids) + 1))

    def needs_of(self, mentee: int) -> list[NeedRef]:
        """A mentee's needs, in the problem's order."""
        return [
            {
                "capability": need.capability,
                "capability_name": self.built.network.capability_by_id[need.capability].name,
                "priority": need.priority,
                "provenance": need.provenance,
                "quality": None,
                "evidence_year": None,
            }
            for need in self.built.needs[self.first_need[mentee] : self.first_need[mentee + 1]]
        ]

    def mentor_name(self, pair: int) -> str:
        """The name of a pair's mentor."""
        id = self.problem.mentor_ids[self.problem.pair_mentor[pair]]
        return self.built.network.utility_by_id[id].name

    def taken_by(self, pair: int) -> Sentence:
        """A mentor without room, and who has its places (or that its staff-days are used)."""
        problem, mentor = self.problem, self.problem.pair_mentor[pair]
        if self.load[mentor] < problem.places[mentor]:
            return say("{mentor} (its staff-days are used)", mentor=self.mentor_name(pair))
        partners = self.result.pairs[problem.pair_mentor[self.result.pairs] == mentor]
        if not len(partners):
            return say("{mentor} (it has no places)", mentor=self.mentor_name(pair))
        names = tuple(
            self.built.network.utility_by_id[problem.mentee_ids[problem.pair_mentee[other]]].name
            for other in partners.tolist()
        )
        if len(names) > PARTNERS_NAMED + 1:
            return say(
                "{mentor} (with {mentees} and {more} others)",
                mentor=self.mentor_name(pair),
                mentees=names[:PARTNERS_NAMED],
                more=len(names) - PARTNERS_NAMED,
            )
        return say("{mentor} (with {mentees})", mentor=self.mentor_name(pair), mentees=names)


def _first_sign(values: list[int]) -> int:
    """The sign of the first value that is not zero: how goals in order judge a change."""
    return next(((value > 0) - (value < 0) for value in values if value), 0)
