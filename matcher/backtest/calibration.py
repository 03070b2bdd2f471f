"""Weights of the rules fitted to partnerships that happened.

Each hidden pair is one choice among its candidates: with weights w, candidate i is chosen with probability
exp(w·x_i) / Σ_j exp(w·x_j), x_i the values of the rules (conditional logit; McFadden 1974). The weights that make
the real mentors likeliest are sought, under two conditions: none is below zero, for a rule's better value may never
count against a pair (and having no past may never count for one), and large weights cost (ridge), for cases are few.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.optimize import minimize

from matcher.backtest.values import Judged
from matcher.covers import Floats
from matcher.policy import Policy
from matcher.rules.settings import RuleSettings

RIDGE = 1.0
"""Cost of a squared weight, over values scaled to a spread of 1."""

FOLDS = 10
"""Parts of the register; each is ranked with weights fitted on the others."""


def fit_weights(judged: Sequence[Judged], ridge: float = RIDGE) -> dict[str, float]:
    """Weights by rule, summing to 1; all equal where there is nothing to learn from."""
    usable = [(each.values, each.hidden.place) for each in judged if each.hidden.place is not None]
    rules = judged[0].rules if judged else ()
    if not usable:
        return {rule: 1.0 / len(rules) for rule in rules}
    spread = np.concatenate([values for values, _ in usable]).std(axis=0)
    scale = np.where(spread > 1e-9, 1.0 / np.maximum(spread, 1e-9), 0.0)
    cases = np.zeros((len(usable), max(len(values) for values, _ in usable), len(rules)))
    present = np.zeros(cases.shape[:2], dtype=np.bool_)
    for row, (values, _) in enumerate(usable):
        cases[row, : len(values)] = values * scale
        present[row, : len(values)] = True
    rows, places = np.arange(len(usable)), np.array([place for _, place in usable])
    real = cases[rows, places]

    def cost(weights: Floats) -> tuple[float, Floats]:
        scores = np.where(present, cases @ weights, -np.inf)
        highest = scores.max(axis=1)
        chances = np.exp(scores - highest[:, None])
        whole = chances.sum(axis=1)
        likely = scores[rows, places] - highest - np.log(whole)
        expected = np.einsum("rp,rpk->k", chances / whole[:, None], cases)
        return (
            0.5 * ridge * float(weights @ weights) - float(likely.sum()),
            ridge * weights - real.sum(axis=0) + expected,
        )

    start = np.full(len(rules), 0.1)
    found = minimize(cost, start, jac=True, method="L-BFGS-B", bounds=[(0.0, None)] * len(rules))
    weights = found.x * scale
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


def fold_of(wop: str) -> int:
    """The fold of a partnership, by a hash of its key."""
    return int.from_bytes(hashlib.sha256(wop.encode()).digest()[:4], "big") % FOLDS
