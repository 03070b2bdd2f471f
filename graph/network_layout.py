"""Where a drawing puts the utilities of a network: force-directed, the same each time, and steady as it grows.

ForceAtlas2 (Jacomy, Venturini, Heymann and Bastian 2014, PLoS ONE 9(6): e98679) with logarithmic attraction: ties pull,
utilities push each other away by their number of ties, and a pull to the middle, the stronger the further away, keeps
the parts together. The pushes are summed on a grid by the fast Fourier transform: a step costs the same for any number
of pairs.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
Ints: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]

CELLS = 128
STEPS, STEPS_WARM = 260, 90
PULL, PULL_TO_MIDDLE, HOMESICKNESS = 1.3, 0.3, 1.0
ROOM = 1.5
"""The least distance between two utilities, where a push of one on a mass of one at a distance of one is one."""
GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))


def layout(groups: Ints, source: Ints, target: Ints, before: Floats | None = None) -> Floats:
    """Positions float64[n, 2] within the unit circle around the middle.

    ``groups`` int64[n] are communities (0 the largest), placed side by side at first; ``source`` and ``target``
    int64[m] are the ends of ties, each joined pair once. ``before`` float64[n, 2] are earlier positions, NaN for who
    is new: those who were there move little.
    """
    count = len(groups)
    if count < 2:
        return np.zeros((count, 2))
    places, steps = _seeds(groups), STEPS
    if before is not None and not np.isnan(before).all():
        places, steps = _carried(places, before, source, target), STEPS_WARM
    mass = np.asarray(1.0 + np.bincount(source, minlength=count) + np.bincount(target, minlength=count))
    # Where the pushes and the pull to the middle hold each other, the drawing has this radius.
    scale = float(np.sqrt(mass.sum() / PULL_TO_MIDDLE))
    home = None if steps == STEPS else np.asarray(before) * scale
    places = _apart(_settled(places * scale, mass, source, target, steps, home))
    if before is not None and home is not None:
        places = _laid_over(places, before)
    else:
        places -= (places.max(axis=0) + places.min(axis=0)) / 2
        places /= max(float(np.hypot(*places.T).max()), 1e-9)
    return places / max(float(np.hypot(*places.T).max()), 1.0)


def rim(count: int, first: float = 1.12) -> Floats:
    """Places float64[count, 2] around the unit circle, in rings, for utilities without a tie."""
    places, ring = np.empty((count, 2)), first
    done = 0
    while done < count:
        room = min(count - done, max(8, int(2 * np.pi * ring / 0.045)))
        angle = 2 * np.pi * np.arange(room) / room
        places[done : done + room] = ring * np.column_stack((np.cos(angle), np.sin(angle)))
        done, ring = done + room, ring + 0.05
    return places


def _seeds(groups: Ints) -> Floats:
    """Each group a disc of its size, the discs around the middle, the largest first (a sunflower of sunflowers)."""
    sizes = np.bincount(groups)
    middles = _sunflower(np.cumsum(sizes) - sizes / 2) / np.sqrt(len(groups))
    order = np.argsort(groups, kind="stable")
    within = np.arange(len(groups)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    places = np.empty((len(groups), 2))
    places[order] = middles[groups[order]] + 0.6 * _sunflower(within + 0.5) / np.sqrt(len(groups))
    return places


def _sunflower(number: Any) -> Floats:
    turned = np.column_stack((np.cos(number * GOLDEN_ANGLE), np.sin(number * GOLDEN_ANGLE)))
    return np.asarray(np.sqrt(number)[:, None] * turned)


def _carried(places: Floats, before: Floats, source: Ints, target: Ints) -> Floats:
    """Earlier places; who is new begins beside those it is tied to, else where its group would."""
    known = ~np.isnan(before[:, 0])
    total, ties = np.zeros_like(places), np.zeros(len(places))
    for one, other in ((source, target), (target, source)):
        joined = known[other]
        np.add.at(total, one[joined], before[other[joined]])
        np.add.at(ties, one[joined], 1)
    beside = total / np.maximum(ties, 1)[:, None] + 0.03 * places
    return np.where(known[:, None], before, np.where(ties[:, None] > 0, beside, places))


def _laid_over(places: Floats, before: Floats) -> Floats:
    """The places moved and scaled as a whole to where they fit the earlier ones best (least squares)."""
    known = ~np.isnan(before[:, 0])
    middle, wanted = places[known].mean(axis=0), before[known].mean(axis=0)
    spread = float(((places[known] - middle) ** 2).sum())
    scale = float(((places[known] - middle) * (before[known] - wanted)).sum()) / max(spread, 1e-9)
    if scale <= 0:  # a single place, or places that have nothing of the earlier ones
        scale = 1 / max(float(np.hypot(*(places - middle).T).max()), 1e-9)
    return np.asarray((places - middle) * scale + wanted)


def _settled(places: Floats, mass: Floats, source: Ints, target: Ints, steps: int, home: Floats | None) -> Floats:
    """The places after so many steps; the speed follows how steady the forces are, as ForceAtlas2 has it.

    ``home`` pulls those who have one (not NaN) back to it.
    """
    warm = home is not None
    homesick = np.zeros(len(places), dtype=bool) if home is None else ~np.isnan(home[:, 0])
    count = len(places)
    kernel = _kernel()
    forces, speed = np.zeros_like(places), 0.1 if warm else 1.0
    for _ in range(steps):
        last = forces
        forces = mass[:, None] * (_push(places, mass, kernel) - PULL_TO_MIDDLE * places)
        if home is not None:
            forces[homesick] -= HOMESICKNESS * (mass[homesick, None] * (places[homesick] - home[homesick]))
        gap = places[target] - places[source]
        length = np.maximum(np.hypot(*gap.T), 1e-9)
        pull = (PULL * np.log1p(length) / length)[:, None] * gap
        for axis in (0, 1):
            forces[:, axis] += np.bincount(source, pull[:, axis], count) - np.bincount(target, pull[:, axis], count)
        swing = np.hypot(*(forces - last).T)
        steady = np.hypot(*(forces + last).T) / 2
        wanted = float((mass * steady).sum() / max(float((mass * swing).sum()), 1e-9))
        speed = min(wanted, 1.5 * speed)
        step = speed / (1 + speed * np.sqrt(swing))
        length = np.maximum(np.hypot(*forces.T), 1e-9)
        step = np.minimum(step, (0.3 if warm else 3.0) / length)
        places = places + step[:, None] * forces
    return places


def _kernel() -> np.ndarray[Any, np.dtype[np.complex128]]:
    """The push of one cell on another, one over their distance, as its transform; complex[2, ...], in cells."""
    import scipy.fft  # only a new drawing needs it, and pages load fast without

    offset = np.fft.fftfreq(2 * CELLS, 1 / (2 * CELLS))
    x, y = np.meshgrid(offset, offset, indexing="ij")
    softened = x * x + y * y + 0.5
    return np.stack([scipy.fft.rfft2(x / softened), scipy.fft.rfft2(y / softened)])


def _push(places: Floats, mass: Floats, kernel: Any) -> Floats:
    """The push on a unit of mass at each place from all others: the sum of mass over distance, along the distance."""
    import scipy.fft

    low, high = places.min(axis=0), places.max(axis=0)
    cell = max(float((high - low).max()) / (CELLS - 3), 1e-9)
    at = (places - low) / cell + 1
    corner = np.floor(at).astype(np.int64)
    part = at - corner
    density = np.zeros(CELLS * CELLS)
    shares = []
    for right, up in ((0, 0), (0, 1), (1, 0), (1, 1)):
        share = (part[:, 0] if right else 1 - part[:, 0]) * (part[:, 1] if up else 1 - part[:, 1])
        index = (corner[:, 0] + right) * CELLS + corner[:, 1] + up
        density += np.bincount(index, mass * share, CELLS * CELLS)
        shares.append((index, share))
    spread = scipy.fft.rfft2(density.reshape(CELLS, CELLS), s=(2 * CELLS, 2 * CELLS))
    found = np.zeros_like(places)
    for axis in (0, 1):
        field = scipy.fft.irfft2(spread * kernel[axis], s=(2 * CELLS, 2 * CELLS))[:CELLS, :CELLS].ravel()
        for index, share in shares:
            found[:, axis] += share * field[index]
    return found / cell


def _apart(places: Floats) -> Floats:
    """The places with the closest pushed a little from each other, so that no two cover each other."""
    from scipy.spatial import cKDTree

    for _ in range(25):
        near = cKDTree(places).query_pairs(ROOM, output_type="ndarray")
        if not len(near):
            break
        gap = places[near[:, 1]] - places[near[:, 0]]
        length = np.hypot(*gap.T)
        # Two at the very same place part along a direction of their own number.
        angle = near[:, 0] * GOLDEN_ANGLE
        gap = np.where(length[:, None] < 1e-9, np.column_stack((np.cos(angle), np.sin(angle))), gap)
        length = np.maximum(length, 1e-9)
        move = ((ROOM - length) / np.maximum(np.hypot(*gap.T), 1e-9) / 2)[:, None] * gap * 0.6
        moved = places.copy()
        np.add.at(moved, near[:, 1], move)
        np.add.at(moved, near[:, 0], -move)
        places = moved
    return places
