"""A set of rules that contradict each other, none of them needless, so that each one named really takes part.

First the linear relaxation with every rule allowed to give way at a cost (elastic programming: Chinneck and
Dravnieks 1991): where it must, the rules with a price of their own contradict already, and they are few. Among these
the smallest set is searched with relaxations (QuickXplain: U. Junker, AAAI 2004). Only where the relaxation sees no
contradiction, all rules are asked about in whole numbers. Trials are counted, not timed: a set that is still too large
when they are used up is named as it is; it contradicts, but a rule in it may be needless.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
from scipy import sparse

from graph.errors import NothingFeasible
from graph.sentences import Sentence, say
from matcher.feasibility import names_of
from matcher.fold import fold
from matcher.goals import Stop
from matcher.kernel import maximise_relaxed, maximise_whole
from matcher.linear import INFINITE, Linear, Row, linear_form
from matcher.problem import Ints, Problem

WORK = 2_000_000
"""So many pairs may be looked at by all trials together, a model of P pairs counting P; at least ``LEAST_TRIALS``."""

LEAST_TRIALS = 10
MOST_TRIALS = 100

GIVEN = 1e-5
"""How far rules must give way together before the relaxation counts as contradicted."""

SECONDS_PER_TRIAL = 1.0
"""CP-SAT's work on one trial in whole numbers; unanswered, the rule in question stays in the set."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that could be given up; ``index`` is that of the pair, mentor or limit."""

    kind: Literal["pin", "minimum_load", "floor", "ceiling"]
    index: int


Trial: TypeAlias = Callable[[Sequence[Rule]], bool]
"""Whether rules are seen to contradict each other."""


@contextmanager
def explain_impossible(problem: Problem, cancelled: Stop | None = None) -> Iterator[None]:
    """Turn a solver's bare ``NothingFeasible`` into one that names the rules that clash.

    Raises ``Cancelled`` where asked to stop meanwhile.
    """
    try:
        yield
    except NothingFeasible as found:
        clash = clashing_rules(problem, cancelled)
        raise NothingFeasible(clash or found.reasons) from found


def clashing_rules(problem: Problem, cancelled: Stop | None = None) -> list[Sentence]:
    """Pins, minimum loads, floors and ceilings that cannot hold together; empty where no contradiction is seen."""
    smaller = fold(problem).problem
    trials = min(MOST_TRIALS, max(LEAST_TRIALS, WORK // max(1, problem.pair_count)))
    relaxed, whole = _relaxed_trial(smaller, cancelled), _whole_trial(smaller, cancelled)
    found = _suspects(smaller, cancelled)
    if found and relaxed(found):
        trial = relaxed
    elif (found := _rules(smaller)) and whole(found):
        trial = whole
    else:
        return []
    found = _smallest_clash(found, _counted(trial, trials))
    return [_in_words(problem, rule) for rule in found]


def _rules(problem: Problem) -> list[Rule]:
    return [
        *(Rule("floor", index) for index, limit in enumerate(problem.limits) if limit.lower is not None),
        *(Rule("ceiling", index) for index, limit in enumerate(problem.limits) if limit.upper is not None),
        *(Rule("minimum_load", int(mentor)) for mentor in np.flatnonzero(problem.minimum_load > 0)),
        *(Rule("pin", int(pair)) for pair in np.flatnonzero(problem.pinned)),
    ]


def _suspects(problem: Problem, cancelled: Stop | None) -> list[Rule]:
    """Rules that together no fraction of a proposal can keep; empty where the relaxation sees none."""
    linear, rules = _elastic(problem)
    if not rules:
        return []
    points = np.zeros(linear.matrix.shape[1], dtype=np.int64)
    points[-len(rules) :] = -1
    answer = maximise_relaxed(linear, points, cancelled=cancelled)
    if answer.status != "optimal" or answer.columns is None or not (answer.columns @ points < -GIVEN):
        return []
    first = linear.matrix.shape[0] - len(rules)
    priced = np.abs(answer.duals[first:]) > 1e-9
    return [rule for rule, has_price in zip(rules, priced, strict=True) if has_price]


def _elastic(problem: Problem) -> tuple[Linear, list[Rule]]:
    """The model in which each rule is a row of its own, the last ones, each relieved by a column of its own."""
    hard = linear_form(_with_only(problem, []))
    rules = _rules(problem)
    width = hard.matrix.shape[1]
    entries = hard.matrix.tocoo()
    rows, columns, values = [entries.row], [entries.col], [entries.data]
    height, width = hard.matrix.shape
    relief = np.zeros(len(rules), dtype=np.int64)
    lower, upper = np.full(len(rules), -INFINITE), np.full(len(rules), INFINITE)
    for at, rule in enumerate(rules):
        own, amounts, least, most = _row(problem, rule)
        relief[at] = int(np.abs(amounts).sum()) + abs(least if least is not None else most or 0)
        if least is None:
            upper[at] = most or 0
        else:
            lower[at] = least
        rows.append(np.full(len(own) + 1, height + at))
        columns.append(np.append(own, width + at))
        values.append(np.append(amounts, 1 if most is None else -1))
    places = np.concatenate(rows), np.concatenate(columns)
    shape = height + len(rules), width + len(rules)
    linear = Linear(
        hard.pair_count,
        sparse.csr_matrix((np.concatenate(values), places), shape=shape, dtype=np.int64),
        np.concatenate([hard.row_lower, lower]),
        np.concatenate([hard.row_upper, upper]),
        np.concatenate([hard.row_kind, np.full(len(rules), Row.LIMIT, dtype=np.int64)]),
        np.concatenate([hard.row_of, np.arange(len(rules), dtype=np.int64)]),
        np.concatenate([hard.column_lower, np.zeros(len(rules), dtype=np.int64)]),
        np.concatenate([hard.column_upper, relief]),
    )
    return linear, rules


def _row(problem: Problem, rule: Rule) -> tuple[Ints, Ints, int | None, int | None]:
    """A rule as a row over pairs: their indices, coefficients, and the side it bounds."""
    if rule.kind == "pin":
        return np.array([rule.index]), np.ones(1, dtype=np.int64), 1, None
    if rule.kind == "minimum_load":
        own = np.flatnonzero(problem.pair_mentor == rule.index)
        return own, np.ones(len(own), dtype=np.int64), int(problem.minimum_load[rule.index]), None
    limit = problem.limits[rule.index]
    floor = rule.kind == "floor"
    return limit.pairs, limit.coefficients, limit.lower if floor else None, None if floor else limit.upper


def _relaxed_trial(problem: Problem, cancelled: Stop | None) -> Trial:
    def clashes(kept: Sequence[Rule]) -> bool:
        linear = linear_form(_with_only(problem, kept))
        points = np.zeros(linear.matrix.shape[1], dtype=np.int64)
        return maximise_relaxed(linear, points, cancelled=cancelled).status == "infeasible"

    return clashes


def _whole_trial(problem: Problem, cancelled: Stop | None) -> Trial:
    def clashes(kept: Sequence[Rule]) -> bool:
        linear = linear_form(_with_only(problem, kept))
        points = np.zeros(linear.matrix.shape[1], dtype=np.int64)
        answer = maximise_whole(linear, points, seed=0, seconds=SECONDS_PER_TRIAL, cancelled=cancelled)
        return answer.status == "infeasible"

    return clashes


def _counted(trial: Trial, left: int) -> Trial:
    """The trial so many times; after that nothing more is seen, and every rule asked about stays."""

    def counted(kept: Sequence[Rule]) -> bool:
        nonlocal left
        left -= 1
        return left >= 0 and trial(kept)

    return counted


def _smallest_clash(rules: Sequence[Rule], clashes: Trial) -> list[Rule]:
    """QuickXplain: halves the rules, asking of each half whether the rest clashes without it."""

    def search(base: list[Rule], added: bool, candidates: Sequence[Rule]) -> list[Rule]:
        if added and clashes(base):
            return []
        if len(candidates) == 1:
            return list(candidates)
        half = len(candidates) // 2
        first, second = candidates[:half], candidates[half:]
        from_second = search([*base, *first], True, second)
        from_first = search([*base, *from_second], bool(from_second), first)
        return [*from_first, *from_second]

    return search([], False, rules) if rules else []


def _with_only(problem: Problem, kept: Sequence[Rule]) -> Problem:
    """The problem with every rule dropped that is not kept (forbids, places and wanted always stay)."""
    pinned = np.zeros(problem.pair_count, dtype=bool)
    pinned[[rule.index for rule in kept if rule.kind == "pin"]] = True
    loads = np.zeros(len(problem.places), dtype=np.int64)
    loaded = [rule.index for rule in kept if rule.kind == "minimum_load"]
    loads[loaded] = problem.minimum_load[loaded]
    floors = {rule.index for rule in kept if rule.kind == "floor"}
    ceilings = {rule.index for rule in kept if rule.kind == "ceiling"}
    limits = tuple(
        replace(
            limit,
            lower=limit.lower if index in floors else None,
            upper=limit.upper if index in ceilings else None,
        )
        for index, limit in enumerate(problem.limits)
        if index in floors or index in ceilings
    )
    return replace(problem, pinned=pinned, minimum_load=loads, limits=limits)


def _in_words(problem: Problem, rule: Rule) -> Sentence:
    if rule.kind == "pin":
        return say("the pin of {mentor} and {mentee}", **names_of(problem, rule.index))
    if rule.kind == "minimum_load":
        return say(
            "the minimum load of {mentor} (at least {least})",
            mentor=problem.mentor_ids[rule.index],
            least=int(problem.minimum_load[rule.index]),
        )
    limit = problem.limits[rule.index]
    if rule.kind == "floor":
        return say("“{limit}” (at least {least})", limit=limit.title, least=limit.lower or 0)
    return say("“{limit}” (at most {most})", limit=limit.title, most=limit.upper or 0)
