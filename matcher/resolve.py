"""A solved problem solved again after a small change, from its prices and basis: the same proof in less time.

1. *Targets.* Prices of the solved problem bound every goal of the changed one at once (weak duality: only the sides
   that moved and the pairs fixed anew are reckoned again). The goals before the last real one are first taken to reach
   these bounds; an answer that does proves them.
2. *Price.* The relaxation of the last real goal starts from its old basis; pairs join until none would improve it, and
   its prices bound every answer over all pairs.
3. *Search.* A pair whose worth is further from zero than some width is settled for every answer within that width of
   the bound; ``core_search`` looks through the rest. That none is within the width is a proof too; it widens then.
4. Ties go to the tie-breaking goal, as far as the search could tell them apart.

Whatever cannot be proven this way is left to a solve from scratch.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from matcher.core_records import Budget, Core, Found
from matcher.core_search import Search, best_tie
from matcher.goals import simple_bound
from matcher.linear import INFINITE, Row
from matcher.problem import Flags, Ints, Problem
from matcher.result import GoalValue, Prices, Result
from matcher.solved_state import PricedPairs, Sides, SolvedState
from matcher.versions import versions
from matcher.warm_program import Basis, Floats

FIRST_STEP = 16
"""Points by which the first search goes below the bound; the second goes as far as the solved problem's own gap."""

MOST_PAIRS = 6_000
MOST_PROGRAMS = 400
MOST_TARGETS = 10
"""How often targets are lowered, and widths doubled."""

LEARNING_PROGRAMS = 400
LEARNING_TRIED = 40


@dataclass(frozen=True, eq=False)
class _Root:
    """The relaxation of the last real goal: its proof over all pairs and its basis."""

    sides: Sides
    priced: PricedPairs
    basis: Basis


def ready(problem: Problem, result: Result) -> SolvedState:
    """The state of a solved problem, with the experience of proving its own answer once more.

    Raises ``NotReady`` where no state can be kept.
    """
    state = SolvedState(problem, result)
    _Question(state, problem).learn()
    return state


def resolve(state: SolvedState, problem: Problem) -> Result | None:
    """The proven optimum of a problem to which ``state.applies``; ``None`` where it has to be solved from scratch.

    Counts work and never looks at a clock: the same questions have the same answers, in whatever order they come.
    """
    question = _Question(state, problem)
    if (problem.pinned & problem.forbidden).any() or question.crossed:
        return None
    return question.answer()


class _Question:
    def __init__(self, state: SolvedState, problem: Problem) -> None:
        self.state, self.asked = state, problem
        self.row_lower, self.row_upper = _sides(state, problem)
        self.extra = problem.limits[len(state.original.limits) :]
        self.refixed: Ints = np.flatnonzero(
            (problem.pinned != state.original.pinned) | (problem.forbidden != state.original.forbidden)
        )
        self.stricter = bool(
            (self.row_lower >= state.row_lower).all()
            and (self.row_upper <= state.row_upper).all()
            and not (state.original.pinned & ~problem.pinned).any()
            and not (state.original.forbidden & ~problem.forbidden).any()
        )
        limits = ((each.lower, each.upper) for each in self.extra)
        self.crossed = bool((self.row_lower > self.row_upper).any()) or any(
            low is not None and high is not None and low > high for low, high in limits
        )
        self.budget = Budget(MOST_PROGRAMS)

    def answer(self) -> Result | None:
        state = self.state
        if self.stricter and self._keeps(self.sides(state.values[: state.last])):
            return self._result(state.chosen, self._old_covers(), state.result.goals, state.result.prices)
        targets: tuple[int, ...] | None = self._bounds()
        for _ in range(MOST_TARGETS):
            assert targets is not None  # noqa: S101 - the loop ends where it is
            sides = self.sides(targets)
            base = state.goals[state.last]
            found = state.optimised(state.last, sides, base.pool, base.basis)
            if found is not None:
                return self._searched(_Root(sides, found[0], found[2]))
            lowered = self._lowered(targets)
            if lowered is None or lowered == targets:
                return None
            targets = lowered
        return None

    def learn(self) -> None:
        """Prove the solved problem's own answer once more, and keep what branching cost."""
        state, goal = self.state, self.state.goals[self.state.last]
        sides = self.sides(state.values[: state.last])
        if goal.basis is None:
            return
        root = _Root(sides, goal.priced, goal.basis)
        free, inside = self._split(root, goal.gap + FIRST_STEP)
        if int(free.sum()) > MOST_PAIRS:
            return
        core, columns = self._core(root, free, inside)
        if core is None:
            return
        settled = int(state.points[state.last][np.flatnonzero(inside)].sum())
        points = state.points[state.last][columns]
        search = Search(core, points, Budget(LEARNING_PROGRAMS), state.experience.only(columns), LEARNING_TRIED)
        search.run(state.values[state.last] - settled)
        state.experience.keep(columns, search.experience)

    def sides(self, reached: tuple[int, ...]) -> Sides:
        return Sides(
            self.row_lower, self.row_upper, self.asked.pinned, self.asked.forbidden, self.extra, tuple(reached)
        )

    def _bounds(self) -> tuple[int, ...]:
        """What each goal before the last real one can reach at most, given that those before it reach theirs."""
        reached: tuple[int, ...] = ()
        for goal in range(self.state.last):
            reached = (*reached, self._bound(goal, reached))
        return reached

    def _bound(self, goal: int, reached: tuple[int, ...]) -> int:
        """The old prices' bound on a goal, at the new sides and over the pairs fixed anew."""
        state, priced = self.state, self.state.goals[goal].priced
        old, new = state.sides(goal), self.sides(reached)
        count = len(priced.prices)
        used = np.flatnonzero(priced.prices)
        prices = priced.prices[used]

        def side(sides: Sides) -> Ints:
            return np.where(prices > 0, sides.upper()[:count][used], sides.lower()[:count][used])

        bound = priced.bound + int((prices * (side(new) - side(old))).sum())
        worth = priced.worth[self.refixed]
        bound += int(_counted(worth, new, self.refixed).sum() - _counted(worth, old, self.refixed).sum())
        points = bound // priced.scale
        return min(points, state.values[goal]) if self.stricter and reached == state.values[:goal] else points

    def _lowered(self, targets: tuple[int, ...]) -> tuple[int, ...] | None:
        """Targets by each goal's own relaxation, from its old basis; ``None`` where one has none."""
        reached: tuple[int, ...] = ()
        for goal in range(self.state.last):
            target = self._bound(goal, reached)
            base = self.state.goals[goal]
            found = self.state.optimised(goal, self.sides(reached), base.pool, base.basis)
            if found is None:
                return None
            reached = (*reached, min(target, found[0].bound // found[0].scale))
        return reached if reached != targets else None

    def _searched(self, root: _Root) -> Result | None:
        """The best answer that reaches the targets, by searches of growing width below the bound."""
        state, priced = self.state, root.priced
        bound = priced.bound // priced.scale
        known = state.values[state.last] if self._keeps(root.sides) else None
        wide = max(FIRST_STEP, state.goals[state.last].gap + FIRST_STEP)
        target, step = bound - FIRST_STEP, max(FIRST_STEP, wide - FIRST_STEP)
        if self.stricter and root.sides.reached == state.values[: state.last]:
            target = min(target, state.values[state.last])
        begun: tuple[Core, Ints, Flags, Search] | None = None
        settled = 0
        for _ in range(MOST_TARGETS):
            if known is not None:
                target = max(target, known)
            if begun is None or bound - target >= wide:
                wide = max(wide, bound - target + 1)
                free, inside = self._split(root, wide)
                if int(free.sum()) > MOST_PAIRS:
                    return None
                core, columns = self._core(root, free, inside)
                if core is None:
                    # What every answer within this width must have breaks a rule: there is none.
                    begun, target, step = None, target - step, 2 * step
                    continue
                settled = int(state.points[state.last][np.flatnonzero(inside)].sum())
                points = state.points[state.last][columns]
                begun = core, columns, inside, Search(core, points, self.budget, state.experience.only(columns))
            core, columns, inside, search = begun
            found = search.run(target - settled)
            if not found.complete:
                return None
            if found.columns is not None:
                return self._settled(root, core, columns, inside, found)
            target, step = target - step, 2 * step
        return None

    def _settled(self, root: _Root, core: Core, columns: Ints, inside: Flags, found: Found) -> Result | None:
        state, problem = self.state, self.state.problem
        best, ties = found.columns, True
        if state.last + 1 < len(problem.goals):
            breaks = state.points[state.last + 1][columns]
            best, ties = best_tie(core, state.points[state.last][columns], found, breaks, self.budget)
        chosen = np.zeros(len(state.points[0]), dtype=bool)
        chosen[np.flatnonzero(inside)] = True
        chosen[columns[best]] = True
        pairs, covers = chosen[: problem.pair_count], chosen[problem.pair_count :]
        values = []
        asked = replace(problem, wanted=self.asked.wanted, forbidden=self.asked.forbidden)
        for at, goal in enumerate(problem.goals):
            value = int(state.points[at][chosen].sum())
            if at < state.last and value != root.sides.reached[at]:
                return None
            bound = value if at <= state.last or ties else max(value, simple_bound(asked, goal))
            values.append(GoalValue(goal.id, value, bound))
        return self._result(pairs, covers, tuple(values), self._prices(root))

    def _split(self, root: _Root, width: int) -> tuple[Flags, Flags]:
        """Pairs that an answer within ``width`` points of the bound may or may not have, and those it must have."""
        worth, sides = root.priced.worth, root.sides
        reach = width * root.priced.scale
        free = (np.abs(worth) <= reach) & ~sides.fixed_out & ~sides.fixed_in
        inside = sides.fixed_in | ((worth > reach) & ~sides.fixed_out)
        return free, inside

    def _core(self, root: _Root, free: Flags, inside: Flags) -> tuple[Core | None, Ints]:
        """The free pairs and the covers of all that may be chosen; ``None`` where the pairs inside break a rule."""
        state, sides = self.state, root.sides
        taken = np.flatnonzero(inside)
        pairs = np.flatnonzero(free)
        count = state.problem.pair_count
        of_taken = state.columns_of(taken)
        columns = state.columns_of(pairs)
        columns = np.concatenate([columns, of_taken[of_taken >= count]])
        matrix = state.matrix(columns, sides)
        activity = np.asarray(state.matrix(taken, sides).sum(axis=1)).ravel()
        lower, upper = sides.lower(), sides.upper()
        lower = np.where(lower <= -INFINITE, lower, lower - activity)
        upper = np.where(upper >= INFINITE, upper, upper - activity)
        by_row = matrix.tocsr()
        most = np.asarray(by_row.maximum(0).sum(axis=1)).ravel()
        least = np.asarray(by_row.minimum(0).sum(axis=1)).ravel()
        if ((most < lower) | (least > upper)).any():
            return None, columns
        rows = np.flatnonzero((most > upper) | (least < lower))
        kinds = np.full(len(lower), Row.REACHED, dtype=np.int64)
        kinds[: len(state.row_kind)] = state.row_kind
        return (
            Core(
                sparse.csc_matrix(by_row[rows]),
                lower[rows],
                upper[rows],
                np.zeros(len(columns), dtype=np.int64),
                np.ones(len(columns), dtype=np.int64),
                state.soft(rows, sides),
                (kinds == Row.WANTED)[rows],
                len(pairs),
                100.0 * max(1.0, float(np.abs(state.points[state.last]).max(initial=1))),
                Basis(root.basis.columns[columns], root.basis.rows[rows]),
            ),
            columns,
        )

    def _keeps(self, sides: Sides) -> bool:
        """Whether the old answer keeps the new rules and reaches the targets."""
        state = self.state
        if (sides.fixed_in & ~state.chosen).any() or (sides.fixed_out & state.chosen).any():
            return False
        covers = np.flatnonzero(self._old_covers()) + state.problem.pair_count
        columns = np.concatenate([np.flatnonzero(state.chosen), covers])
        activity = np.asarray(state.matrix(columns, sides).sum(axis=1)).ravel()
        return bool((activity >= sides.lower()).all() and (activity <= sides.upper()).all())

    def _old_covers(self) -> Flags:
        """The remaining covers of the old answer, bool by cover of the folded problem."""
        all_covers = np.zeros(len(self.state.original.cover_pair), dtype=bool)
        all_covers[self.state.result.covers] = True
        return all_covers[self.state.folded.kept_covers]

    def _prices(self, root: _Root) -> Prices:
        state, priced = self.state, root.priced
        duals = priced.prices / priced.scale

        def by(kind: Row, count: int) -> Floats:
            prices = np.zeros(count)
            rows = np.flatnonzero(state.row_kind == kind)
            prices[state.row_of[rows]] = np.round(duals[rows], 6) + 0.0
            return prices

        first_extra = len(state.row_kind) + len(root.sides.reached)
        limits = by(Row.LIMIT, len(self.asked.limits))
        limits[len(limits) - len(self.extra) :] = np.round(duals[first_extra:], 6) + 0.0
        return Prices(
            np.maximum(by(Row.PLACES, len(self.asked.places)), 0.0),
            np.abs(limits),
            np.maximum(by(Row.WANTED, len(self.asked.wanted)), 0.0),
        )

    def _result(self, pairs: Flags, covers: Flags, goals: tuple[GoalValue, ...], prices: Prices | None) -> Result:
        return Result(
            pairs=np.flatnonzero(pairs),
            covers=np.flatnonzero(self.state.folded.unfold(pairs, covers)),
            goals=goals,
            method="price",
            seed=self.state.result.seed,
            input_hash=self.asked.input_hash,
            versions=versions(),
            prices=prices,
        )


def _counted(worth: Ints, sides: Sides, pairs: Ints) -> Ints:
    """What pairs add to a bound."""
    counted = np.where(sides.fixed_in[pairs], worth, np.maximum(worth, 0))
    counted[sides.fixed_out[pairs] & ~sides.fixed_in[pairs]] = 0
    return counted


def _sides(state: SolvedState, problem: Problem) -> tuple[Ints, Ints]:
    """Both sides of every row of the solved problem, as the changed one has them."""
    lower, upper = state.row_lower.copy(), state.row_upper.copy()
    places, wanted = state.row_kind == Row.PLACES, state.row_kind == Row.WANTED
    lower[places], upper[places] = problem.minimum_load, problem.places
    upper[wanted] = problem.wanted
    days = state.row_kind == Row.STAFF_DAYS
    upper[days] = problem.staff_days[state.row_of[days]]
    for row in np.flatnonzero(state.row_kind == Row.LIMIT):
        limit = problem.limits[state.row_of[row]]
        lower[row] = -INFINITE if limit.lower is None else limit.lower
        upper[row] = INFINITE if limit.upper is None else limit.upper
    return lower, upper
