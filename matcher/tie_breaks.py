"""Points that break ties without luck: a hash of the ids, the same on every machine and in every order."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from matcher.problem import Ints

TIE_BREAKS = 1 << 12
"""Tie-break points lie in 1..TIE_BREAKS."""


def id_hashes(ids: Sequence[str]) -> NDArray[np.uint64]:
    """One hash by id, uint64 of the same length (BLAKE2b, its first eight bytes)."""
    digests = (hashlib.blake2b(id.encode(), digest_size=8).digest() for id in ids)
    return np.array([int.from_bytes(digest, "little") for digest in digests], dtype=np.uint64)


def pair_hashes(mentors: NDArray[np.uint64], mentees: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """One hash by pair from the hashes of its two ids, all uint64[P]."""
    return mix(mentors + mix(mentees))


def mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of SplitMix64 (Steele, Lea, Flood 2014): every bit depends on every bit."""
    mixed = values + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def tie_break_points(mixed: NDArray[np.uint64]) -> Ints:
    """Points 1..``TIE_BREAKS`` from hashes, int64 of the same shape."""
    points: Ints = (mixed % np.uint64(TIE_BREAKS)).astype(np.int64) + 1
    return points
