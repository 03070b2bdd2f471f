"""Which pairs a limit of a problem file counts, by the attributes of their mentors and mentees."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from graph.sentences import Sentence, say
from matcher.faults import Fault
from matcher.problem import Flags, Ints
from matcher.problem_faults import unknown
from matcher.problem_form import MenteePart, MentorPart, ProblemForm, WherePart

UNKNOWN = -1
"""The code of an attribute that is not given: it meets no condition, neither "same" nor "different"."""


class Attributes:
    """The attributes of a form by pair; ``pair_mentor`` and ``pair_mentee`` int64[P] index its mentors and mentees."""

    def __init__(self, form: ProblemForm, pair_mentor: Ints, pair_mentee: Ints, faults: list[Fault]) -> None:
        self.sides: dict[str, tuple[Sequence[MentorPart | MenteePart], Ints]] = {
            "mentor": (form.mentors, pair_mentor),
            "mentee": (form.mentees, pair_mentee),
        }
        self.faults = faults
        self.codes: dict[str, int] = {}
        self.known: dict[tuple[str, str], Ints] = {}

    def found(self, where: WherePart, place: str) -> Flags:
        """Which pairs meet all conditions, bool[P]; what the file does not know is noted as a fault at ``place``."""
        found = np.ones(len(self.sides["mentor"][1]), dtype=bool)
        for side, wanted, what in (
            ("mentor", where.mentor, say("attribute of mentors")),
            ("mentee", where.mentee, say("attribute of mentees")),
        ):
            for name, values in wanted.items():
                inside = f"{place}.{side}.{name}"
                codes = self._by_pair(side, name, what, inside)
                for at, value in enumerate(values if (self._by_one(side, name) != UNKNOWN).any() else ()):
                    if not (self._by_one(side, name) == self._code(value)).any():
                        given = {one.attributes[name] for one in self.sides[side][0] if name in one.attributes}
                        self.faults.append(unknown(f"{inside}[{at}]", say("value"), value, sorted(given)))
                found &= np.isin(codes, [self._code(value) for value in values])
        for relation, names in (("same", where.same), ("different", where.different)):
            for at, name in enumerate(names):
                inside = f"{place}.{relation}[{at}]"
                mentor = self._by_pair("mentor", name, say("attribute of mentors"), inside)
                mentee = self._by_pair("mentee", name, say("attribute of mentees"), inside)
                both = (mentor != UNKNOWN) & (mentee != UNKNOWN)
                found &= both & ((mentor == mentee) if relation == "same" else (mentor != mentee))
        return found

    def _by_pair(self, side: str, name: str, what: Sentence, place: str) -> Ints:
        ones, index = self.sides[side]
        names = {known for one in ones for known in one.attributes}
        if name not in names:
            self.faults.append(unknown(place, what, name, sorted(names)))
        return self._by_one(side, name)[index]

    def _by_one(self, side: str, name: str) -> Ints:
        """The code of the attribute of every mentor or mentee."""
        if (side, name) not in self.known:
            values = (one.attributes.get(name) for one in self.sides[side][0])
            codes = [UNKNOWN if value is None else self._code(value) for value in values]
            self.known[side, name] = np.array(codes, dtype=np.int64)
        return self.known[side, name]

    def _code(self, value: str) -> int:
        return self.codes.setdefault(value, len(self.codes))
