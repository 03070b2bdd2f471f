"""What a mentor's partnerships reached, as evidence for what it offers.

A result counts where baseline, target and result are all known and at least half the way to the target was gone. It
then dates the evidence of the mentor's offer of that capability: as new as the result, never older than stated. A
result that is missing, or short of half the way, changes nothing: what is unknown stays neutral.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from graph.model import Offer, Partnership, Result
from graph.register import known_by

HALF_WAY = 0.5


@dataclass(frozen=True, slots=True)
class Proof:
    """A mentor's result on a capability: its year, its source (``None``: unknown) and the partnership."""

    year: int
    source: str | None
    wop: str


def way_gone(result: Result) -> float | None:
    """The share of the way from baseline to target (1: reached); ``None`` where a figure is missing."""
    if result.baseline is None or result.target is None or result.result is None:
        return None
    way = result.target - result.baseline
    return None if way == 0 else (result.result - result.baseline) / way


def proofs(partnerships: Iterable[Partnership], as_of: date) -> Mapping[tuple[str, str], Proof]:
    """The newest result by (mentor, capability) that counts and was known by a date; private ones never count."""
    found: dict[tuple[str, str], tuple[int, str, Proof]] = {}
    for part in partnerships:
        if not part.results or not known_by(part, as_of):
            continue
        for result in part.results:
            gone = way_gone(result)
            if gone is None or gone < HALF_WAY or result.year is None or result.capability in part.private_topics:
                continue
            at = (part.mentor, result.capability)
            proof = (result.year, part.id, Proof(result.year, result.source, part.wop))
            if result.year <= as_of.year and (at not in found or proof[:2] > found[at][:2]):
                found[at] = proof
    return {at: proof for at, (_year, _id, proof) in found.items()}


def with_proofs(offers: Iterable[Offer], known: Mapping[tuple[str, str], Proof]) -> tuple[Offer, ...]:
    """The offers, those with a newer result dated by it."""

    def dated(offer: Offer) -> Offer:
        proof = known.get((offer.utility, offer.capability))
        newer = proof is not None and (offer.year is None or offer.year < proof.year)
        return replace(offer, year=proof.year) if proof is not None and newer else offer

    return tuple(dated(offer) for offer in offers)
