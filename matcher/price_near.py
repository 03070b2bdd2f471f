"""The linear program of the pairs that prices leave open, with all others taken or left as the prices say.

A few thousand pairs of a round of millions; GLOP solves it in about a second. Its prices of limits are those of the
whole round as long as the others stay settled, so they make a far better next guess than any mixture of whole flows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from matcher.linear import INFINITE
from matcher.price_bound import Pricing
from matcher.price_master import Master
from matcher.price_relaxation import Floats
from matcher.price_watch import Watch
from matcher.problem import Flags, Ints


@dataclass(frozen=True, eq=False)
class Near:
    """``value`` of the program in points, with the settled pairs; ``limits`` its prices of the priced rows;
    ``share`` float64[P]; ``missing``: by how much priced rows are not kept (0.0: the value can be reached);
    ``free``, ``taken`` bool[P] the pairs it left open and those it took for granted."""

    value: float
    limits: Floats
    share: Floats
    missing: float
    free: Flags
    taken: Flags


def solve_near(
    pricing: Pricing,
    points: Ints,
    open_pairs: Flags,
    taken: Flags,
    priced_rows: Ints,
    box: tuple[Floats, Floats],
    watch: Watch,
) -> Near | None:
    """Maximise over ``open_pairs`` bool[P] beside the pairs ``taken`` bool[P]; prices of ``priced_rows`` in ``box``.

    For problems without covers. ``None`` where the settled pairs break a row, or the time was over.
    """
    free = np.flatnonzero(open_pairs)
    used = pricing.coupling @ taken.astype(np.int64)
    lower = np.where(pricing.lower <= -INFINITE, -INFINITE, pricing.lower - used)
    upper = np.where(pricing.upper >= INFINITE, INFINITE, pricing.upper - used)
    part = sparse.csr_matrix(pricing.coupling[:, free])
    most, least = (np.asarray(side.sum(axis=1)).ravel() for side in (part.maximum(0), part.minimum(0)))
    always = np.zeros(len(lower), dtype=bool)
    always[priced_rows] = True
    if (((least > upper) | (most < lower)) & ~always).any():
        return None
    rows = np.flatnonzero(always | (most > upper) | (least < lower))
    at = np.searchsorted(rows, priced_rows)
    count = len(priced_rows)
    master = Master(lower[rows], upper[rows])
    signs = np.concatenate([np.ones(count), -np.ones(count)])
    walls = sparse.csr_matrix((signs, (np.tile(at, 2), np.arange(2 * count))), shape=(len(rows), 2 * count))
    master.add(walls, np.concatenate([box[0], -box[1]]), np.zeros(2 * count), np.full(2 * count, np.inf))
    master.add(sparse.csr_matrix(part[rows]), points[free].astype(np.float64), np.zeros(len(free)), np.ones(len(free)))
    answer = master.maximise(watch)
    if answer is None:
        return None
    share = taken.astype(np.float64)
    share[free] = answer.columns[2 * count :]
    value = float(points[free] @ share[free]) + float(points[: len(taken)][taken].sum())
    return Near(value, answer.duals[at], share, float(answer.columns[: 2 * count].sum()), open_pairs, taken)
