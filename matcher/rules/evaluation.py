"""What a rule is: a function over pairs, a sentence for one pair, and a title."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from graph.model import Utility
from graph.sentences import Sentence
from matcher.features import Features
from matcher.problem import Ints

Floats32: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """``value`` float32[Q] in 0..1, NaN where unknown; ``facts`` are the figures behind it, each of shape [Q]."""

    value: Floats32
    facts: Mapping[str, NDArray[Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PairFacts:
    """One pair as its rule saw it: rows of mentor and mentee, the value (``None``: unknown) and the facts."""

    features: Features
    mentor: int
    mentee: int
    value: float | None
    facts: Mapping[str, Any]

    @property
    def teacher(self) -> Utility:
        """The mentor's record."""
        return self.features.network.utilities[self.mentor]

    @property
    def learner(self) -> Utility:
        """The mentee's record."""
        return self.features.network.utilities[self.mentee]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``evaluate`` takes rows of mentors and mentees (int64[Q] each) and the rule's settings.

    The same ``evaluate`` serves whole blocks and the explanation of one pair.
    """

    id: str
    title: Sentence
    evaluate: Callable[[Features, Ints, Ints, Any], Evaluation]
    sentence: Callable[[PairFacts, Any], Sentence]

    def explain(self, features: Features, mentor: int, mentee: int, settings: Any) -> PairFacts:
        """The one pair of these rows, evaluated."""
        one = self.evaluate(features, np.array([mentor], np.int64), np.array([mentee], np.int64), settings)
        value = float(one.value[0])
        facts = {name: column[0].item() for name, column in one.facts.items()}
        return PairFacts(features, mentor, mentee, None if np.isnan(value) else value, facts)


def graded(values: NDArray[Any]) -> Floats32:
    """Values clipped to 0..1 as float32; NaN stays NaN."""
    clipped: Floats32 = np.clip(values, 0.0, 1.0).astype(np.float32)
    return clipped


def yes_no(yes: NDArray[np.bool_], unknown: NDArray[np.bool_] | None = None) -> Floats32:
    """1 for yes, 0 for no, NaN for unknown."""
    values = yes.astype(np.float32)
    if unknown is not None:
        values[unknown] = np.nan
    return values
