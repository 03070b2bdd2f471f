"""From a limit of the policy to rows over pairs, and back to the figures a reader expects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from graph.sentences import Sentence, say
from matcher.document import LimitUse
from matcher.features import INCOME_GROUPS, Features
from matcher.policy import LimitSettings, Policy, Selection
from matcher.policy_names import utility_ids
from matcher.problem import Flags, Ints, Limit
from matcher.rules.context import distance_km
from matcher.selection import sets_by_records
from matcher.words import named

SHARE_SCALE = 10_000
"""Coefficients of a share are whole ten-thousandths."""


@dataclass(frozen=True, eq=False)
class BuiltLimit:
    """A row of the problem with what it means: ``lower`` and ``upper`` in the reader's unit.

    ``counted`` bool[P] marks the pairs the limit selects (of a share: those in the numerator).
    """

    row: Limit
    unit: Literal["partnerships", "money", "share", "balance"]
    lower: float | None
    upper: float | None
    counted: Flags

    def use(self, chosen: Ints, price: float | None = None) -> LimitUse:
        """How full the limit is with the chosen pairs (increasing indices).

        It is binding where there is no room for one more pair of the smallest coefficient (or one less, for a
        lower bound).
        """
        coefficients = np.zeros(len(self.counted), dtype=np.int64)
        coefficients[self.row.pairs] = self.row.coefficients
        activity = int(coefficients[chosen].sum())
        sizes = np.abs(self.row.coefficients[self.row.coefficients != 0])
        step = int(sizes.min()) if len(sizes) else 1
        used = float(activity)
        if self.unit == "share":
            used = float(self.counted[chosen].sum() / len(chosen)) if len(chosen) else 0.0
        return {
            "id": self.row.id,
            "title_s": self.row.title.to_json(),
            "unit": self.unit,
            "lower": self.lower,
            "upper": self.upper,
            "used": used,
            "binding": (self.row.upper is not None and self.row.upper - activity < step)
            or (self.row.lower is not None and activity - self.row.lower < step),
            "price": price,
        }


def build_limits(features: Features, policy: Policy, mentor: Ints, mentee: Ints) -> tuple[BuiltLimit, ...]:
    """Every limit of the policy over the pairs (rows of ``features``, int64[P]).

    A ``for_each`` limit gives one row a group, ``<id>:<group>``; a share with two bounds gives two rows.
    """
    return tuple(
        row
        for settings in policy.limits
        for part, counted in _groups(features, policy, settings, mentor, mentee)
        for row in _rows(features, settings, policy.participants.small_town_below, part, counted, mentor, mentee)
    )


@dataclass(frozen=True)
class _Part:
    """One group of a limit: its id and title."""

    id: str
    title: Sentence


def _groups(
    features: Features, policy: Policy, settings: LimitSettings, mentor: Ints, mentee: Ints
) -> Iterator[tuple[_Part, Flags]]:
    small_below = policy.participants.small_town_below
    of_mentor = selected(features, settings.mentor, small_below)
    of_mentee = selected(features, settings.mentee, small_below)
    counted = of_mentor[mentor] & of_mentee[mentee]
    if settings.either is not None:
        either = selected(features, settings.either, small_below)
        counted &= either[mentor] | either[mentee]
    if settings.group is not None:
        inside = selected(features, settings.group, small_below)
        counted &= inside[mentor] != inside[mentee]
    if settings.cross_region is not None:
        counted &= (features.region[mentor] != features.region[mentee]) == settings.cross_region
    if settings.cross_country is not None:
        counted &= (features.country[mentor] != features.country[mentee]) == settings.cross_country
    title = named(settings.title)
    if settings.for_each is None:
        yield _Part(settings.id, title), counted
        return
    network, kind = features.network, settings.for_each
    if kind == "facilitator":
        for at, name in enumerate(features.facilitators):
            held = (features.facilitator[mentor] == at) | (features.facilitator[mentee] == at)
            yield _named_part(settings, name, named(name)), counted & held
        return
    rows = features.region if kind.endswith("region") else features.country
    side, selection = (mentee, of_mentee) if kind.startswith("mentee") else (mentor, of_mentor)
    takes_part = features.need_slots[:, 0] >= 0 if kind.startswith("mentee") else features.offer_bits.any(axis=1)
    for at in np.unique(rows[takes_part & selection]).tolist():
        group = network.regions[at] if kind.endswith("region") else network.countries[at]
        yield _named_part(settings, group.id, named(group.name)), counted & (rows[side] == at)


def _named_part(settings: LimitSettings, group: str, name: Sentence) -> _Part:
    return _Part(f"{settings.id}:{group}", say("{limit}: {group}", limit=named(settings.title), group=name))


def _rows(
    features: Features,
    settings: LimitSettings,
    small_below: int,
    part: _Part,
    counted: Flags,
    mentor: Ints,
    mentee: Ints,
) -> Iterator[BuiltLimit]:
    if settings.counts == "share":
        both = settings.at_least is not None and settings.at_most is not None
        for bound, upper in ((settings.at_least, False), (settings.at_most, True)):
            if bound is None:
                continue
            # selected <= share * all, as whole numbers: (1 - share) on the selected, -share on the others.
            scaled = round(bound * SHARE_SCALE)
            whole = np.where(counted, SHARE_SCALE - scaled, -scaled).astype(np.int64)
            id = f"{part.id}:{'at_most' if upper else 'at_least'}" if both else part.id
            yield BuiltLimit(
                _limit(id, part.title, whole, None if upper else 0, 0 if upper else None),
                "share",
                None if upper else bound,
                bound if upper else None,
                counted,
            )
        return
    coefficients = counted.astype(np.int64)
    if settings.counts == "money":
        km = distance_km(features, mentor, mentee)
        km = np.where(np.isnan(km), settings.unknown_distance_km, km)
        cost = np.ceil(settings.base_cost + settings.cost_per_1000_km * km / 1000)
        coefficients = np.where(counted, cost, 0).astype(np.int64)
    elif settings.counts == "balance":
        assert settings.group is not None  # noqa: S101 - the settings' own check
        inside = selected(features, settings.group, small_below)
        coefficients = np.where(counted, np.where(inside[mentor], 1, -1), 0).astype(np.int64)
    lower, upper_bound = (None if bound is None else int(bound) for bound in (settings.at_least, settings.at_most))
    yield BuiltLimit(
        _limit(part.id, part.title, coefficients, lower, upper_bound),
        settings.counts,
        settings.at_least,
        settings.at_most,
        counted,
    )


def _limit(id: str, title: Sentence, coefficients: Ints, lower: int | None, upper: int | None) -> Limit:
    pairs = np.flatnonzero(coefficients).astype(np.int64)
    return Limit(id, title, pairs, coefficients[pairs], lower, upper)


def selected(features: Features, selection: Selection, small_below: int) -> Flags:
    """Which utilities a selection means, bool[U]; an unknown attribute is never selected."""
    network = features.network
    chosen = np.ones(len(network.utilities), dtype=np.bool_)

    def of_ids(ids: Iterable[str]) -> Flags:
        return np.isin(np.arange(len(chosen)), [features.index[id] for id in ids])

    if selection.regions:
        rows = [at for at, region in enumerate(network.regions) if region.id in selection.regions]
        chosen &= np.isin(features.region, rows)
    if selection.countries:
        rows = [at for at, country in enumerate(network.countries) if country.id in selection.countries]
        chosen &= np.isin(features.country, rows)
    if selection.income_groups:
        chosen &= np.isin(features.income, [INCOME_GROUPS.index(group) for group in selection.income_groups])
    if selection.fragile is not None:
        chosen &= features.fragile == int(selection.fragile)
    if selection.small_town is not None:
        known = ~np.isnan(features.population)
        chosen &= known & ((features.population < small_below) == selection.small_town)
    if selection.facilitators:
        rows = [at for at, name in enumerate(features.facilitators) if name in selection.facilitators]
        chosen &= np.isin(features.facilitator, rows)
    if selection.utilities:
        chosen &= of_ids(utility_ids(network, selection.utilities))
    for ids in sets_by_records(network, selection):
        chosen &= of_ids(ids)
    return (chosen | of_ids(utility_ids(network, selection.also))) & ~of_ids(utility_ids(network, selection.without))
