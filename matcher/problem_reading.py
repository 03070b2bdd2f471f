"""From the names of a problem form to the indices and arrays of a problem."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from graph.sentences import Sentence, say
from matcher.faults import Fault
from matcher.problem import UNLIMITED, Flags, Goal, Ints, Limit, Problem
from matcher.problem_faults import path, raise_faults, unknown
from matcher.problem_form import BUILT_IN_GOALS, CoverPart, GoalPart, PairPart, ProblemForm
from matcher.problem_where import Attributes
from matcher.tie_breaks import id_hashes, mix, pair_hashes, tie_break_points


def problem_of_form(form: ProblemForm, file: str) -> Problem:
    """The problem a form describes, not yet checked as a whole.

    Raises ``BadInput`` with every unknown or repeated id and its place; ``UnknownName`` where that is the only fault.
    """
    return _Reading(form, file).problem()


def literal(text: str) -> Sentence:
    """A user's own words as a sentence."""
    return say("{words}", words=text)


class _Reading:
    """Names to indices first, all faults told at once; then the arrays."""

    def __init__(self, form: ProblemForm, file: str) -> None:
        self.form, self.file = form, file
        self.faults: list[Fault] = []
        self.mentors = self._index("mentors", (mentor.id for mentor in form.mentors))
        self.mentees = self._index("mentees", (mentee.id for mentee in form.mentees))
        self.needs = [
            self._index(f"mentees[{at}].needs", (need.id for need in mentee.needs))
            for at, mentee in enumerate(form.mentees)
        ]
        self.first_need = np.cumsum([0, *(len(mentee.needs) for mentee in form.mentees)]).tolist()
        rows = []
        for at, part in enumerate(form.pairs):
            mentor = self._at(self.mentors, part.mentor, say("mentor"), ("pairs", at, "mentor"))
            mentee = self._at(self.mentees, part.mentee, say("mentee"), ("pairs", at, "mentee"))
            rows.append((mentee, mentor, at))
        raise_faults(self.faults, file)
        rows.sort()
        self.given = [at for _, _, at in rows]
        self.parts: list[PairPart] = [form.pairs[at] for at in self.given]
        self.pair_mentee = _ints(mentee for mentee, _, _ in rows)
        self.pair_mentor = _ints(mentor for _, mentor, _ in rows)
        self.pair_at: dict[tuple[str, str], int] = {}
        for pair, part in enumerate(self.parts):
            if self.pair_at.setdefault((part.mentor, part.mentee), pair) != pair:
                self._fault(("pairs", self.given[pair]), say("repeats a pair."))
        self.covers = self._covers()
        self.columns = self._columns()
        self.attributes = Attributes(form, self.pair_mentor, self.pair_mentee, self.faults)

    def problem(self) -> Problem:
        """The problem; raises every fault found on the way."""
        form = self.form
        raise_faults(self.faults, self.file)
        own_days = [need.days for mentee in form.mentees for need in mentee.needs]
        days: list[int] = [own_days[need] if part.days is None else part.days for _, need, part in self.covers]
        pinned, forbidden = self._flags("pins", form.pins), self._flags("forbids", form.forbids)
        limits = tuple(self._limit(at) for at in range(len(form.limits)))
        self._index("limits", (limit.id for limit in form.limits))
        goals = self._goals()
        raise_faults(self.faults, self.file)
        return Problem(
            mentor_ids=tuple(mentor.id for mentor in form.mentors),
            mentee_ids=tuple(mentee.id for mentee in form.mentees),
            places=_ints(mentor.places for mentor in form.mentors),
            minimum_load=_ints(mentor.minimum_load for mentor in form.mentors),
            staff_days=_ints(
                int(UNLIMITED) if mentor.staff_days is None else mentor.staff_days for mentor in form.mentors
            ),
            wanted=_ints(mentee.mentors_wanted for mentee in form.mentees),
            need_ids=tuple(need.id for mentee in form.mentees for need in mentee.needs),
            need_mentee=_ints(at for at, mentee in enumerate(form.mentees) for _ in mentee.needs),
            pair_mentor=self.pair_mentor,
            pair_mentee=self.pair_mentee,
            cover_pair=_ints(pair for pair, _, _ in self.covers),
            cover_need=_ints(need for _, need, _ in self.covers),
            cover_days=_ints(days),
            pinned=pinned,
            forbidden=forbidden,
            goals=goals,
            limits=limits,
        )

    def _fault(self, place: tuple[str | int, ...], message: Sentence) -> None:
        self.faults.append(Fault(path(place), message))

    def _index(self, where: str, ids: Iterable[str]) -> dict[str, int]:
        index: dict[str, int] = {}
        for at, id in enumerate(ids):
            if index.setdefault(id, at) != at:
                self.faults.append(Fault(f"{where}[{at}]", say("repeats the id “{id}”.", id=id)))
        return index

    def _at(self, index: Mapping[str, int], id: str, what: Sentence, place: tuple[str | int, ...]) -> int:
        if id not in index:
            self.faults.append(unknown(path(place), what, id, index))
        return index.get(id, 0)

    def _pair(self, both: Sequence[str], place: tuple[str | int, ...]) -> int:
        mentor, mentee = both
        found = self.pair_at.get((mentor, mentee))
        if found is None:
            if mentor not in self.mentors or mentee not in self.mentees:
                self._at(self.mentors, mentor, say("mentor"), (*place, 0))
                self._at(self.mentees, mentee, say("mentee"), (*place, 1))
            else:
                self._fault(
                    place,
                    say("names {mentor} and {mentee}, which are not among the pairs.", mentor=mentor, mentee=mentee),
                )
        return found or 0

    def _covers(self) -> list[tuple[int, int, CoverPart]]:
        covers = []
        for pair, part in enumerate(self.parts):
            mentee = int(self.pair_mentee[pair])
            own = self.needs[mentee]
            seen = set()
            for at, cover in enumerate(part.covers):
                place = ("pairs", self.given[pair], "covers", at)
                what = say("need of {mentee}", mentee=part.mentee)
                need = self._at(own, cover.need, what, (*place, "need"))
                if cover.need in seen:
                    self._fault(place, say("repeats the need “{need}”.", need=cover.need))
                seen.add(cover.need)
                covers.append((pair, self.first_need[mentee] + need, cover))
        return sorted(covers, key=lambda row: row[:2])

    def _columns(self) -> frozenset[str]:
        used: dict[str, str] = {}
        for pair, part in enumerate(self.parts):
            for name in part.points:
                used.setdefault(name, path(("pairs", self.given[pair], "points")))
            for at, cover in enumerate(part.covers):
                for name in cover.points:
                    used.setdefault(name, path(("pairs", self.given[pair], "covers", at, "points")))
        if self.form.columns is None:
            return frozenset(used)
        for name, place in used.items():
            if name not in self.form.columns:
                self.faults.append(unknown(place, say("column"), name, self.form.columns))
        return frozenset(self.form.columns)

    def _flags(self, where: str, chosen: Sequence[Sequence[str]]) -> Flags:
        flags = np.zeros(len(self.parts), dtype=bool)
        for at, both in enumerate(chosen):
            pair = self._pair(both, (where, at))
            if pair < len(flags):
                flags[pair] = True
        return flags

    def _goals(self) -> tuple[Goal, ...]:
        form = self.form
        kept = np.zeros(len(self.parts), dtype=bool)
        if form.change_tax is not None:
            kept = self._flags("change_tax.published", form.change_tax.published)
            if form.change_tax.points and "total_score" not in form.goals:
                self._fault(("change_tax",), say("needs the goal “total_score”, which its points count in."))
        goals = [self._goal(at, goal, kept) for at, goal in enumerate(form.goals)]
        self._index("goals", (goal.id for goal in goals))
        if form.tie_break and all(goal.id != "stable" for goal in goals):
            goals.append(self._built_in("stable", kept))
        return tuple(goals)

    def _goal(self, at: int, goal: str | GoalPart, kept: Flags) -> Goal:
        if isinstance(goal, str) and goal in BUILT_IN_GOALS:
            if goal in self.columns:
                self._fault(
                    ("goals", at),
                    say(
                        "may mean the built-in goal “{name}” or the column of that name; write {own} for the column.",
                        name=goal,
                        own=f'{{"id": "{goal}"}}',
                    ),
                )
            if goal == "most_mentees" and any(mentee.mentors_wanted > 1 for mentee in self.form.mentees):
                self._fault(
                    ("goals", at), say("needs one mentor per mentee; list “most_partnerships” or “most_needs” instead.")
                )
            return self._built_in(goal, kept)
        id = goal if isinstance(goal, str) else goal.id
        if id not in self.columns:
            known = (*BUILT_IN_GOALS, *sorted(self.columns)) if isinstance(goal, str) else sorted(self.columns)
            self.faults.append(unknown(path(("goals", at)), say("goal or column"), id, known))
        title = id if isinstance(goal, str) else goal.title or id
        on_pairs = _ints(part.points.get(id, 0) for part in self.parts)
        return Goal(id, literal(title), on_pairs, _ints(cover.points.get(id, 0) for _, _, cover in self.covers))

    def _built_in(self, name: str, kept: Flags) -> Goal:
        on_pairs = np.zeros(len(self.parts), dtype=np.int64)
        on_covers = np.zeros(len(self.covers), dtype=np.int64)
        match name:
            case "total_score":
                tax = self.form.change_tax
                on_pairs = _ints(part.score for part in self.parts) + kept * (tax.points if tax else 0)
                on_covers = _ints(cover.score for _, _, cover in self.covers)
            case "most_partnerships" | "most_mentees":
                on_pairs += 1
            case "most_needs":
                on_covers += 1
            case "fewest_changes":
                on_pairs = kept.astype(np.int64)
            case _:
                mentors = id_hashes([mentor.id for mentor in self.form.mentors])
                mentees = id_hashes([mentee.id for mentee in self.form.mentees])
                mixed = pair_hashes(mentors[self.pair_mentor], mentees[self.pair_mentee])
                on_pairs = tie_break_points(mixed)
                if self.covers and any(mentee.mentors_wanted > 1 for mentee in self.form.mentees):
                    needs = id_hashes([cover.need for _, _, cover in self.covers])
                    on_covers = tie_break_points(mix(mixed[_ints(pair for pair, _, _ in self.covers)] + needs))
        return Goal(name, BUILT_IN_GOALS[name], on_pairs, on_covers)

    def _limit(self, at: int) -> Limit:
        limit = self.form.limits[at]
        place = ("limits", at)
        if limit.pairs is None and limit.where is None:
            self._fault(place, say("needs “pairs” or “where”."))
        if limit.pairs is not None and limit.where is not None:
            self._fault(place, say("has both “pairs” and “where”; one of them says which pairs count."))
        if limit.pairs is not None and (limit.column is not None or limit.coefficient != 1):
            self._fault(
                place, say("lists its pairs with their coefficients; “coefficient” and “column” go with “where”.")
            )
        if limit.column is not None and limit.coefficient != 1:
            self._fault(place, say("has both “coefficient” and “column”."))
        if limit.column is not None and limit.column not in self.columns:
            self.faults.append(unknown(path((*place, "column")), say("column"), limit.column, sorted(self.columns)))
        if limit.where is not None:
            pairs = np.flatnonzero(self.attributes.found(limit.where, path((*place, "where"))))
            coefficients = np.full(len(pairs), limit.coefficient, dtype=np.int64)
            if limit.column is not None:
                coefficients = _ints(self.parts[pair].points.get(limit.column, 0) for pair in pairs.tolist())
        else:
            listed = {
                self._pair(row[:2], (*place, "pairs", row_at)): row[2] for row_at, row in enumerate(limit.pairs or ())
            }
            if len({row[:2] for row in limit.pairs or ()}) < len(limit.pairs or ()):
                self._fault((*place, "pairs"), say("repeats a pair."))
            pairs, coefficients = _ints(sorted(listed)), _ints(listed[pair] for pair in sorted(listed))
        return Limit(limit.id, literal(limit.title or limit.id), pairs, coefficients, limit.lower, limit.upper)


def _ints(values: Iterable[int]) -> Ints:
    return np.fromiter(values, dtype=np.int64)
