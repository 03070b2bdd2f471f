"""Weights of the rules fitted to partnerships that happened.

Each hidden pair is one choice among its candidates: with weights w, candidate i is chosen with probability
exp(w·x_i) / Σ_j exp(w·x_j), x_i the values of the rules (conditional logit; McFadden 1974). The weights that make
the real mentors likeliest are sought, under two conditions: none is below zero, for a rule's better value may never
count against a pair (and having no past may never count for one), and weights far from the habit of asking who has
mentored most of late cost (ridge): where cases are few, that habit is what remains. How much they cost is chosen
among ``PENALTIES`` by cross-validation among the cases fitted on, whole partnerships together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from matcher.backtest.values import Judged
from matcher.covers import Floats
from matcher.policy import Policy
from matcher.problem import Flags, Ints
from matcher.rules.settings import RuleSettings

PENALTIES = (3.0, 10.0, 30.0)
"""Costs of a squared departure from the habit, over values scaled to a spread of 1; the first where none is better."""

HABIT = "track_record"
"""The rule that alone has a weight (1 over values scaled to a spread of 1) where nothing can be learned."""

FOLDS = 10
"""Parts of the register; each is ranked with weights fitted on the others."""

INNER_FOLDS = 4
"""Parts of the cases fitted on, by which the penalty is chosen."""

EXACT, ROUGH = 1e-7, 1e-3
"""Change of the log likelihood at which a fit ends: one that is used, and one that only compares penalties."""


@dataclass(frozen=True, eq=False)
class _Cases:
    """Q choices, their N candidates one after another: ``values`` float64[N, R], first candidates ``starts`` int64[Q].

    ``real`` int64[Q] are the rows of the real mentors, ``inner`` int64[Q] the folds for choosing the penalty.
    """

    values: Floats
    starts: Ints
    real: Ints
    inner: Ints

    @property
    def sizes(self) -> Ints:
        return np.diff(np.append(self.starts, len(self.values)))

    def of(self, chosen: Flags) -> _Cases:
        """The choices marked."""
        sizes = self.sizes[chosen]
        starts = np.cumsum(sizes) - sizes
        values = self.values[np.repeat(chosen, self.sizes)]
        return _Cases(values, starts, starts + (self.real - self.starts)[chosen], self.inner[chosen])

    def likelihood(self, weights: Floats) -> tuple[float, Floats]:
        """Logarithm of the likelihood of the real mentors, and the chance of each candidate, float64[N]."""
        scores = self.values @ weights
        scores -= np.repeat(np.maximum.reduceat(scores, self.starts), self.sizes)
        chances = np.exp(scores)
        whole = np.add.reduceat(chances, self.starts)
        return float((scores[self.real] - np.log(whole)).sum()), chances / np.repeat(whole, self.sizes)


def fit_weights(judged: Sequence[Judged]) -> dict[str, float]:
    """Weights by rule, summing to 1; the habit alone (all equal without it) where there is nothing to learn from."""
    rules = judged[0].rules if judged else ()
    usable = [each for each in judged if each.hidden.place is not None]
    weights = np.array([float(rule == HABIT) for rule in rules])
    if usable:
        cases = _cases(usable)
        habit = weights
        weights = _fitted(cases, habit, _penalty(cases, habit), EXACT)
    total = float(weights.sum())
    if total <= 0:
        return {rule: 1.0 / len(rules) for rule in rules}
    return {rule: float(weight) / total for rule, weight in zip(rules, weights, strict=True)}


def fitted_on_others(judged: Sequence[Judged]) -> list[Mapping[str, float]]:
    """For each row the weights fitted without its fold; rows of one partnership are in one fold, always the same."""
    fold = [fold_of(each.hidden.partnership.wop) for each in judged]
    weights = {
        part: fit_weights([each for each, its in zip(judged, fold, strict=True) if its != part])
        for part in sorted(set(fold))
    }
    return [weights[its] for its in fold]


def _cases(usable: Sequence[Judged]) -> _Cases:
    sizes = np.array([len(each.values) for each in usable])
    starts = np.cumsum(sizes) - sizes
    places = np.array([each.hidden.place for each in usable], dtype=np.int64)
    inner = np.array([fold_of(each.hidden.partnership.wop, "inner", INNER_FOLDS) for each in usable])
    return _Cases(np.concatenate([each.values for each in usable]), starts, starts + places, inner)


def _penalty(cases: _Cases, habit: Floats) -> float:
    """The penalty under which weights fitted on some partnerships make the real mentors of the others likeliest."""
    found = dict.fromkeys(PENALTIES, 0.0)
    folds = np.unique(cases.inner)
    if len(folds) < 2:
        return PENALTIES[0]
    for fold in folds:
        known, asked = cases.of(cases.inner != fold), cases.of(cases.inner == fold)
        for penalty in PENALTIES:
            found[penalty] += asked.likelihood(_fitted(known, habit, penalty, ROUGH))[0]
    return max(PENALTIES, key=lambda penalty: found[penalty])


def _fitted(cases: _Cases, habit: Floats, penalty: float, until: float) -> Floats:
    """The weights, float64[R], at the maximum of the penalised likelihood; 0 for a rule that never differs."""
    spread = cases.values.std(axis=0)
    scale = np.where(spread > 1e-9, 1.0 / np.maximum(spread, 1e-9), 0.0)
    scaled = _Cases(cases.values * scale, cases.starts, cases.real, cases.inner)
    real = scaled.values[scaled.real].sum(axis=0)

    def cost(weights: Floats) -> tuple[float, Floats]:
        likely, chances = scaled.likelihood(weights)
        away = weights - habit
        return 0.5 * penalty * float(away @ away) - likely, penalty * away - real + chances @ scaled.values

    # Truncated Newton: L-BFGS-B needs as many steps, and its linear algebra starts threads for a few numbers.
    found = minimize(
        cost,
        np.full(len(habit), 0.1),
        jac=True,
        method="TNC",
        bounds=[(0.0, None)] * len(habit),
        options={"ftol": until, "maxfun": 1000},
    )
    weights: Floats = found.x * scale
    return weights


def with_weights(policy: Policy, weights: Mapping[str, float]) -> Policy:
    """The policy with these weights (tenths of a percent), rules of no weight switched off where they may be."""
    changed: dict[str, RuleSettings] = {}
    for rule, weight in weights.items():
        settings = policy.rules[rule]
        rounded = round(weight, 3)
        if rule == "need_cover":
            changed[rule] = settings.model_copy(update={"weight": max(rounded, 0.001)})
        elif rounded > 0 or settings.mode == "mandatory":
            changed[rule] = settings.model_copy(update={"weight": rounded})
        else:
            changed[rule] = settings.model_copy(update={"weight": 0.0, "mode": "off"})
    return policy.model_copy(update={"name": f"{policy.name}, fitted", "rules": {**policy.rules, **changed}})


def fold_of(wop: str, salt: str = "", folds: int = FOLDS) -> int:
    """The fold of a partnership, by a hash of its key; another ``salt`` deals them anew."""
    return int.from_bytes(hashlib.sha256((salt + wop).encode()).digest()[:4], "big") % folds
