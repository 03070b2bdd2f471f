"""Problem files: a documented JSON form anyone can write, and a compact ``.npz`` twin for millions of pairs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from graph.errors import BadInput, UnknownName
from graph.sentences import Sentence, say
from matcher.problem import UNLIMITED, Goal, Ints, Limit, Problem
from matcher.problem_archive import read_archive, write_archive
from matcher.problem_check import check_problem
from matcher.problem_form import FORM, GoalPart, LimitPart, MenteePart, MentorPart, PairPart, ProblemForm

SEPARATOR = "/"
"""Between a mentee's id and its need's in ``Problem.need_ids``."""

STABLE_RANGE = 1 << 20
"""Points of the goal "stable" lie below this."""


def read_problem(path: Path) -> Problem:
    """The problem in a ``.json`` or ``.npz`` file, checked. Raises ``BadInput`` with the place and the next step."""
    try:
        if path.suffix.lower() == ".npz":
            problem = read_archive(path)
        else:
            problem = problem_from_json(path.read_bytes(), path.name)
    except OSError as error:
        raise BadInput(
            say("{file} cannot be read: {reason}.", file=path.name, reason=error.strerror or "unknown"),
            say("Check the path and the permissions."),
        ) from error
    check_problem(problem)
    return problem


def write_problem(problem: Problem, path: Path) -> None:
    """Write a problem as ``.npz`` or JSON, by the file's ending.

    Reading it back gives an equal ``input_hash`` (from JSON: where need ids have the form mentee/need, and needs
    come in the order of their mentees)."""
    if path.suffix.lower() == ".npz":
        write_archive(problem, path)
    else:
        path.write_text(json.dumps(problem_to_json(problem), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def problem_from_json(text: bytes, file: str = "problem.json") -> Problem:
    """The problem a JSON text describes. Raises ``BadInput`` naming the first wrong place and how many there are."""
    try:
        form = ProblemForm.model_validate_json(text)
    except ValidationError as error:
        raise _unreadable(error, file) from None
    return _Reading(form, file).problem()


def _unreadable(error: ValidationError, file: str) -> BadInput:
    faults = error.errors(include_url=False, include_input=False, include_context=False)
    place = ".".join(str(part) for part in faults[0]["loc"]) or "the file"
    message = say("{file}, {place}: {problem}.", file=file, place=place, problem=faults[0]["msg"].rstrip("."))
    if len(faults) == 1:
        return BadInput(message, say("The reference of problem files lists every part and what it may hold."))
    return BadInput(message, say("{count} more places are wrong; correct this one first.", count=len(faults) - 1))


class _Reading:
    """From names to indices, part by part."""

    def __init__(self, form: ProblemForm, file: str) -> None:
        self.form, self.file = form, file
        self.mentors = self._index((mentor.id for mentor in form.mentors), say("mentor"))
        self.mentees = self._index((mentee.id for mentee in form.mentees), say("mentee"))
        self.needs: dict[tuple[str, str], int] = {}
        for mentee in form.mentees:
            for need in mentee.needs:
                if (mentee.id, need.id) in self.needs:
                    raise self._wrong(
                        say("the mentee “{mentee}” has the need “{need}” twice", mentee=mentee.id, need=need.id)
                    )
                self.needs[mentee.id, need.id] = len(self.needs)
        rows = sorted(
            (
                self._at(self.mentees, pair.mentee, say("mentee")),
                self._at(self.mentors, pair.mentor, say("mentor")),
                place,
            )
            for place, pair in enumerate(form.pairs)
        )
        self.pairs: list[PairPart] = [form.pairs[place] for _, _, place in rows]
        self.pair_mentee = np.array([mentee for mentee, _, _ in rows], dtype=np.int64)
        self.pair_mentor = np.array([mentor for _, mentor, _ in rows], dtype=np.int64)
        self.pair_at: dict[tuple[str, str], int] = {}
        for at, pair in enumerate(self.pairs):
            if (pair.mentor, pair.mentee) in self.pair_at:
                raise self._wrong(
                    say("the pair “{mentor}”, “{mentee}” is listed twice", mentor=pair.mentor, mentee=pair.mentee)
                )
            self.pair_at[pair.mentor, pair.mentee] = at

    def problem(self) -> Problem:
        """The problem, not yet checked as a whole."""
        form = self.form
        need_days = [need.days for mentee in form.mentees for need in mentee.needs]
        covers = sorted(
            (at, self._need(pair, cover.need), place)
            for at, pair in enumerate(self.pairs)
            for place, cover in enumerate(pair.covers)
        )
        if len({(at, need) for at, need, _ in covers}) < len(covers):
            raise self._wrong(say("a pair lists a need twice among its covers"))
        parts = [self.pairs[at].covers[place] for at, _, place in covers]
        days = [
            need_days[need] if part.days is None else part.days
            for (_, need, _), part in zip(covers, parts, strict=True)
        ]
        return Problem(
            mentor_ids=tuple(mentor.id for mentor in form.mentors),
            mentee_ids=tuple(mentee.id for mentee in form.mentees),
            places=_ints(mentor.places for mentor in form.mentors),
            minimum_load=_ints(mentor.minimum_load for mentor in form.mentors),
            staff_days=_ints(UNLIMITED if mentor.staff_days is None else mentor.staff_days for mentor in form.mentors),
            wanted=_ints(mentee.mentors_wanted for mentee in form.mentees),
            need_ids=tuple(f"{mentee}{SEPARATOR}{need}" for mentee, need in self.needs),
            need_mentee=_ints(self.mentees[mentee] for mentee, _ in self.needs),
            pair_mentor=self.pair_mentor,
            pair_mentee=self.pair_mentee,
            cover_pair=_ints(at for at, _, _ in covers),
            cover_need=_ints(need for _, need, _ in covers),
            cover_days=_ints(days),
            pinned=self._flags(form.pins),
            forbidden=self._flags(form.forbids),
            goals=tuple(self._goal(goal, covers) for goal in form.goals),
            limits=tuple(self._limit(limit) for limit in form.limits),
        )

    def _wrong(self, problem: Sentence) -> BadInput:
        return BadInput(
            say("{file}: {problem}.", file=self.file, problem=problem), say("Correct the file and run again.")
        )

    def _index(self, ids: Iterable[str], what: Sentence) -> dict[str, int]:
        index: dict[str, int] = {}
        for id in ids:
            if id in index:
                raise self._wrong(say("the {what} “{id}” is listed twice", what=what, id=id))
            index[id] = len(index)
        return index

    def _at(self, index: dict[str, int], id: str, what: Sentence) -> int:
        if id not in index:
            raise UnknownName(what, id, index)
        return index[id]

    def _pair(self, both: tuple[str, str]) -> int:
        mentor, mentee = both
        self._at(self.mentors, mentor, say("mentor"))
        self._at(self.mentees, mentee, say("mentee"))
        if both not in self.pair_at:
            raise self._wrong(say("“{mentor}”, “{mentee}” is not among the pairs", mentor=mentor, mentee=mentee))
        return self.pair_at[both]

    def _need(self, pair: PairPart, need: str) -> int:
        if (pair.mentee, need) not in self.needs:
            own = [name for mentee, name in self.needs if mentee == pair.mentee]
            raise UnknownName(say("need of {mentee}", mentee=pair.mentee), need, own)
        return self.needs[pair.mentee, need]

    def _flags(self, chosen: Sequence[tuple[str, str]]) -> np.typing.NDArray[np.bool_]:
        flags = np.zeros(len(self.pairs), dtype=bool)
        for both in chosen:
            flags[self._pair(both)] = True
        return flags

    def _goal(self, goal: str | GoalPart, covers: Sequence[tuple[int, int, int]]) -> Goal:
        parts = [self.pairs[at].covers[place] for at, _, place in covers]
        if isinstance(goal, GoalPart):
            on_pairs = _ints(pair.points.get(goal.id, 0) for pair in self.pairs)
            on_covers = _ints(part.points.get(goal.id, 0) for part in parts)
            return Goal(goal.id, Sentence(_literal(goal.title or goal.id)), on_pairs, on_covers)
        on_covers = _ints(part.score if goal == "score" else 0 for part in parts)
        tax = self.form.change_tax
        kept = np.zeros(len(self.pairs), dtype=np.int64)
        if tax is not None:
            kept = self._flags(tax.published).astype(np.int64)
        if goal == "score":
            points = _ints(pair.score for pair in self.pairs) + (kept * tax.points if tax else 0)
            return Goal("score", say("total score"), points, on_covers)
        if goal == "unchanged":
            return Goal("unchanged", say("published pairs kept"), kept, on_covers)
        if goal == "pairs":
            return Goal("pairs", say("number of pairs"), np.ones(len(self.pairs), dtype=np.int64), on_covers)
        points = _ints(_hash_points(pair.mentor, pair.mentee) for pair in self.pairs)
        return Goal("stable", say("stable order of ties"), points, on_covers)

    def _limit(self, limit: LimitPart) -> Limit:
        title = Sentence(_literal(limit.title or limit.id))
        if (limit.pairs is None) == (limit.where is None):
            raise self._wrong(say("the limit “{limit}” needs either “pairs” or “where”", limit=limit.id))
        if limit.pairs is not None:
            rows = sorted((self._pair((mentor, mentee)), amount) for mentor, mentee, amount in limit.pairs)
            if len({at for at, _ in rows}) < len(rows):
                raise self._wrong(say("the limit “{limit}” lists a pair twice", limit=limit.id))
            return Limit(
                limit.id,
                title,
                _ints(at for at, _ in rows),
                _ints(amount for _, amount in rows),
                limit.lower,
                limit.upper,
            )
        at = np.array([place for place in range(len(self.pairs)) if self._counts(limit, place)], dtype=np.int64)
        return Limit(limit.id, title, at, np.full(len(at), limit.coefficient, dtype=np.int64), limit.lower, limit.upper)

    def _counts(self, limit: LimitPart, place: int) -> bool:
        assert limit.where is not None  # noqa: S101 - the caller looked
        mentor = self.form.mentors[self.pair_mentor[place]]
        mentee = self.form.mentees[self.pair_mentee[place]]
        where = limit.where
        return (
            all(self._attribute(mentor, name) == value for name, value in where.mentor.items())
            and all(self._attribute(mentee, name) == value for name, value in where.mentee.items())
            and all(self._attribute(mentor, name) == self._attribute(mentee, name) for name in where.same)
            and all(self._attribute(mentor, name) != self._attribute(mentee, name) for name in where.different)
        )

    def _attribute(self, one: MentorPart | MenteePart, name: str) -> str:
        if name not in one.attributes:
            raise self._wrong(say("“{id}” has no attribute “{name}”, which a limit asks for", id=one.id, name=name))
        return one.attributes[name]


def _ints(values: Iterable[int | np.int64]) -> Ints:
    return np.array(list(values), dtype=np.int64)


def _literal(text: str) -> str:
    """A user's own words as a template without places to fill."""
    return text.replace("{", "{{").replace("}", "}}")


def _hash_points(mentor: str, mentee: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{mentor}\n{mentee}".encode()).digest()[:4], "big") % STABLE_RANGE


def problem_to_json(problem: Problem) -> dict[str, object]:
    """The JSON form of a problem; every goal as one of the file's own, every limit with its pairs listed."""
    names = [
        id.removeprefix(problem.mentee_ids[mentee] + SEPARATOR)
        for id, mentee in zip(problem.need_ids, problem.need_mentee.tolist(), strict=True)
    ]
    needs: list[list[dict[str, object]]] = [[] for _ in problem.mentee_ids]
    for need, mentee in enumerate(problem.need_mentee.tolist()):
        needs[mentee].append({"id": names[need]})
    covers: list[list[dict[str, object]]] = [[] for _ in range(problem.pair_count)]
    for cover, (pair, need) in enumerate(zip(problem.cover_pair.tolist(), problem.cover_need.tolist(), strict=True)):
        points = {goal.id: int(goal.cover_values[cover]) for goal in problem.goals}
        covers[pair].append({"need": names[need], "days": int(problem.cover_days[cover]), "points": points})
    both = [
        (problem.mentor_ids[mentor], problem.mentee_ids[mentee])
        for mentor, mentee in zip(problem.pair_mentor.tolist(), problem.pair_mentee.tolist(), strict=True)
    ]
    return {
        "form": FORM,
        "mentors": [
            {"id": id, "places": places, "minimum_load": load, "staff_days": None if days < 0 else days}
            for id, places, load, days in zip(
                problem.mentor_ids,
                problem.places.tolist(),
                problem.minimum_load.tolist(),
                problem.staff_days.tolist(),
                strict=True,
            )
        ],
        "mentees": [
            {"id": id, "mentors_wanted": wanted, "needs": own}
            for id, wanted, own in zip(problem.mentee_ids, problem.wanted.tolist(), needs, strict=True)
        ],
        "pairs": [
            {
                "mentor": mentor,
                "mentee": mentee,
                "points": {goal.id: int(goal.pair_values[pair]) for goal in problem.goals},
                "covers": covers[pair],
            }
            for pair, (mentor, mentee) in enumerate(both)
        ],
        "goals": [{"id": goal.id, "title": str(goal.title)} for goal in problem.goals],
        "limits": [
            {
                "id": limit.id,
                "title": str(limit.title),
                "lower": limit.lower,
                "upper": limit.upper,
                "pairs": [
                    [*both[pair], amount]
                    for pair, amount in zip(limit.pairs.tolist(), limit.coefficients.tolist(), strict=True)
                ],
            }
            for limit in problem.limits
        ],
        "pins": [list(both[pair]) for pair in np.flatnonzero(problem.pinned).tolist()],
        "forbids": [list(both[pair]) for pair in np.flatnonzero(problem.forbidden).tolist()],
    }
