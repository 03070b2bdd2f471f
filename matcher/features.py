"""What the rules look at: the network as columns, one row a utility, computed once for a round."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from graph.model import Need, Offer, Partnership, Utility
from graph.network import Network
from graph.register import known_by, last_active_year
from matcher.covers import Covers, Floats, build_covers
from matcher.figures import figure_table, figure_weights
from matcher.links import PairSet, PairValues
from matcher.participants import Participants
from matcher.policy import Policy
from matcher.problem import Ints
from matcher.proven import Proof, proofs, with_proofs
from matcher.rules.settings import FunderCountries, NeedCover, NotPartnersNow, TopicOffered

INCOME_GROUPS = ("low", "lower_middle", "upper_middle", "high")
PRIORITY_WEIGHTS: Mapping[int | None, float] = {1: 3.0, 2: 2.0, 3: 1.0, None: 2.0}
"""How much a need counts among the needs of its mentee; an unknown priority counts as the middle one."""

Bits = NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class Features:
    """Columns over U utilities (and K capabilities), in the order of ``network.utilities``.

    Codes are -1 where unknown; ``yes_no`` columns are 1, 0 or -1 (unknown); numbers are NaN where unknown.
    ``need_slots`` int64[U, S] are the capabilities a utility needs (-1: no more), in the order of capability id;
    ``need_shares`` float64[U, S] their shares, summing to 1 a row. Bit sets are uint64[U, W].
    """

    network: Network
    as_of: date
    offers: Mapping[tuple[str, str], Offer]
    needs: Mapping[tuple[str, str], Need]
    country: Ints
    region: Ints
    continent: Ints
    income: Ints
    fragile: Ints
    ownership: Ints
    water_source: Ints
    network_type: Ints
    climate: Ints
    facilitator: Ints
    facilitators: tuple[str, ...]
    not_for_profit: Ints
    charter_signed: Ints
    leadership_letter: Ints
    investment_coming: Ints
    latitude: Floats
    longitude: Floats
    position: Floats
    own_position: NDArray[np.bool_]
    utc_offset: Floats
    population: Floats
    connections: Floats
    figures: Floats
    figure_shares: Floats
    places: Ints
    language_bits: Bits
    need_bits: Bits
    cover_bits: Bits
    offer_bits: Bits
    covers: Covers
    need_slots: Ints
    need_shares: Floats
    funder_mentee: Ints
    funder_mentor: Ints
    refused: PairSet
    preferred: PairSet
    has_preferences: NDArray[np.bool_]
    twinned: PairSet
    earlier: PairSet
    ongoing: PairSet
    went: PairValues
    proofs: Mapping[tuple[str, str], Proof]

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Row of each utility id."""
        return {utility.id: at for at, utility in enumerate(self.network.utilities)}

    @cached_property
    def partnerships(self) -> tuple[Partnership, ...]:
        """The partnerships known by the date of the round."""
        return tuple(part for part in self.network.partnerships if known_by(part, self.as_of))

    @cached_property
    def worked_on(self) -> Mapping[tuple[str, str], tuple[int, int | None]]:
        """(mentor, capability) to the number of partnerships it worked on it in, and the last year known."""
        seen: dict[tuple[str, str], set[str]] = {}
        last: dict[tuple[str, str], int] = {}
        for partnership in self.partnerships:
            for capability in partnership.capabilities:
                at = (partnership.mentor, capability)
                seen.setdefault(at, set()).add(partnership.wop)
                last[at] = max(last.get(at, 0), last_active_year(partnership, self.as_of) or 0)
        return {at: (len(wops), last[at] or None) for at, wops in seen.items()}

    @cached_property
    def mentored_in(self) -> tuple[Ints, Ints]:
        """The known partnerships with a mentor among the utilities and a year: its row, and the last year known."""
        kept = [
            (self.index[part.mentor], year)
            for part in self.partnerships
            if part.mentor in self.index
            and part.status != "planned"
            and (year := last_active_year(part, self.as_of)) is not None
        ]
        return _whole(row for row, _ in kept), _whole(year for _, year in kept)

    @cached_property
    def ties_with_region(self) -> Ints:
        """int64[C, G]: known partnerships of mentors of each country with mentees of each region."""
        ties = np.zeros((len(self.network.countries), len(self.network.regions)), dtype=np.int64)
        for part in self.partnerships:
            if part.mentor in self.index and part.mentee in self.index and part.status != "planned":
                ties[self.country[self.index[part.mentor]], self.region[self.index[part.mentee]]] += 1
        return ties

    @cached_property
    def needs_worked_on(self) -> Floats:
        """float64[C, U]: known partnerships of mentors of each country on the needs of each utility, by their shares.

        A partnership on some of the needs counts their share; topics that only its own two may see do not count.
        """
        place = {capability.id: at for at, capability in enumerate(self.network.capabilities)}
        worked = np.zeros((len(self.network.countries), len(place)))
        for part in self.partnerships:
            if part.mentor in self.index and part.status != "planned":
                topics = [place[each] for each in part.capabilities if each not in part.private_topics]
                worked[self.country[self.index[part.mentor]], topics] += 1.0
        found: Floats = np.zeros((len(worked), len(self.country)))
        for slot in range(self.need_slots.shape[1]):  # a product of matrices starts threads that cost more
            rows = np.flatnonzero(self.need_slots[:, slot] >= 0)
            found[:, rows] += worked[:, self.need_slots[rows, slot]] * self.need_shares[rows, slot]
        return found

    def ended_between(self, one: str, other: str) -> Partnership | None:
        """The partnership of two utilities that ``went`` tells of: the one answered last, by the date."""
        ended = [part for part in self.between(one, other) if went_by(part, self.as_of) is not None]
        return max(ended, key=_answered_last, default=None)

    def between(self, one: str, other: str) -> tuple[Partnership, ...]:
        """The known partnerships of two utilities, whoever was the mentor."""
        return self._by_ends.get(frozenset((one, other)), ())

    @cached_property
    def _by_ends(self) -> Mapping[frozenset[str], tuple[Partnership, ...]]:
        found: dict[frozenset[str], list[Partnership]] = {}
        for part in self.partnerships:
            found.setdefault(frozenset((part.mentor, part.mentee)), []).append(part)
        return {ends: tuple(parts) for ends, parts in found.items()}


def went_by(partnership: Partnership, as_of: date) -> float | None:
    """How a partnership went (0..1), where both sides had answered before a date; ``None`` where not known then."""
    answered = partnership.went_on is not None and partnership.went_on < as_of.isoformat()
    return partnership.went if answered else None


def _answered_last(partnership: Partnership) -> tuple[str, str]:
    return partnership.went_on or "", partnership.id


def ongoing_at(partnership: Partnership, as_of: date, assumed_years: int) -> bool:
    """Whether a known partnership is under way; one without an end for ``assumed_years`` after its start.

    A planned one is not, nor one without any year, nor one that ended on a day before.
    """
    if partnership.status == "planned" or (partnership.end_on is not None and partnership.end_on < as_of.isoformat()):
        return False
    if partnership.end_year is not None:
        return partnership.end_year >= as_of.year
    return partnership.start_year is not None and partnership.start_year + assumed_years >= as_of.year


def build_features(network: Network, participants: Participants, policy: Policy) -> Features:
    """All columns of a network under a policy; one pass over each kind of record."""
    utilities, as_of = network.utilities, participants.as_of
    index = {utility.id: at for at, utility in enumerate(utilities)}
    capability_index = {capability.id: at for at, capability in enumerate(network.capabilities)}
    region_index = {region.id: at for at, region in enumerate(network.regions)}
    country_index = {country.id: at for at, country in enumerate(network.countries)}
    country = _whole(country_index[utility.country] for utility in utilities)
    countries = network.countries

    def of_country(values: Iterable[float | None]) -> Floats:
        return _numbers(values)[country]

    region_of_country = _whole(region_index[each.region] for each in countries)
    continent_of_region, _ = _codes([region.continent for region in network.regions])
    income = {name: at for at, name in enumerate(INCOME_GROUPS)}
    latitude, longitude, own_position, position = _positions(network, country)
    facilitator, facilitators = _codes([utility.facilitator for utility in utilities])
    shares, slots, need_of = _needs(participants.needs, index, capability_index)
    topic = policy.rule("topic_offered", TopicOffered)
    funder = policy.rule("funder_countries", FunderCountries)
    assumed_years = policy.rule("not_partners_now", NotPartnersNow).assumed_years
    proven = proofs(network.partnerships, as_of)
    offers = with_proofs(participants.offers, proven)
    covers = build_covers(
        offers,
        index,
        network.capabilities,
        policy.rule("need_cover", NeedCover),
        topic.related_from,
        as_of,
    )
    kept = [
        part for part in network.partnerships if known_by(part, as_of) and part.mentor in index and part.mentee in index
    ]
    ends = [(index[part.mentor], index[part.mentee]) for part in kept]
    went: dict[tuple[int, int], float] = {}
    for part in sorted(kept, key=_answered_last):
        if (value := went_by(part, as_of)) is not None:
            for pair in _both_ways([(index[part.mentor], index[part.mentee])]):
                went[pair] = value

    def named(field: Callable[[Utility], Sequence[str]]) -> list[tuple[int, int]]:
        return [
            (at, index[other]) for at, utility in enumerate(utilities) for other in field(utility) if other in index
        ]

    def coded(field: Callable[[Utility], str | None]) -> Ints:
        return _codes([field(utility) for utility in utilities])[0]

    def yes_no(field: Callable[[Utility], bool | None]) -> Ints:
        return _yes_no(field(utility) for utility in utilities)

    def accepted(names: tuple[str, ...]) -> Ints:
        return _whole(1 if not names or utility.country in names else 0 for utility in utilities)

    def figure(metric: str) -> Floats:
        known = [network.figures.get((utility.id, metric)) for utility in utilities]
        values = _numbers(None if each is None else each.value for each in known)
        values[values <= 0] = np.nan
        return values

    return Features(
        network=network,
        as_of=as_of,
        offers={(offer.utility, offer.capability): offer for offer in offers},
        needs=need_of,
        country=country,
        region=region_of_country[country],
        continent=continent_of_region[region_of_country[country]],
        income=_whole(income.get(each.income_group or "", -1) for each in countries)[country],
        fragile=_yes_no(each.fragile for each in countries)[country],
        ownership=coded(lambda utility: utility.ownership),
        water_source=coded(lambda utility: utility.water_source),
        network_type=coded(lambda utility: utility.network_type),
        climate=coded(lambda utility: utility.climate),
        facilitator=facilitator,
        facilitators=facilitators,
        not_for_profit=yes_no(lambda utility: utility.not_for_profit),
        charter_signed=yes_no(
            lambda utility: (
                None if utility.charter_signed_on is None else utility.charter_signed_on <= as_of.isoformat()
            )
        ),
        leadership_letter=yes_no(lambda utility: utility.leadership_letter),
        investment_coming=yes_no(lambda utility: utility.investment_coming),
        latitude=latitude,
        longitude=longitude,
        position=position,
        own_position=own_position,
        utc_offset=of_country(each.utc_offset for each in countries),
        population=figure("population_served"),
        connections=figure("connections"),
        figures=figure_table(network),
        figure_shares=figure_weights(slots, shares, [capability.id for capability in network.capabilities]),
        places=_whole(participants.places_of.get(utility.id, 0) for utility in utilities),
        language_bits=_bits(_languages(network, country)),
        need_bits=_table_bits(_slot_table(slots, len(capability_index))),
        cover_bits=_table_bits(covers.quality > 0),
        offer_bits=_table_bits(covers.closeness >= 1),
        covers=covers,
        need_slots=slots,
        need_shares=shares,
        funder_mentee=accepted(funder.mentee_countries),
        funder_mentor=accepted(funder.mentor_countries),
        refused=PairSet.of(len(utilities), _both_ways(named(lambda utility: utility.refused_partners))),
        preferred=PairSet.of(len(utilities), named(lambda utility: utility.preferred_partners)),
        has_preferences=np.array([bool(utility.preferred_partners) for utility in utilities], dtype=np.bool_),
        twinned=PairSet.of(len(utilities), _both_ways(named(lambda utility: utility.twinned_with))),
        earlier=PairSet.of(len(utilities), _both_ways(ends)),
        ongoing=PairSet.of(
            len(utilities),
            _both_ways([pair for pair, part in zip(ends, kept, strict=True) if ongoing_at(part, as_of, assumed_years)]),
        ),
        went=PairValues.of(len(utilities), went),
        proofs=proven,
    )


def _whole(values: Iterable[int]) -> Ints:
    return np.fromiter(values, dtype=np.int64)


def _numbers(values: Iterable[float | None]) -> Floats:
    return np.fromiter((np.nan if value is None else value for value in values), dtype=np.float64)


def _yes_no(values: Iterable[bool | None]) -> Ints:
    return _whole(-1 if value is None else int(value) for value in values)


def _codes(values: Sequence[str | None]) -> tuple[Ints, tuple[str, ...]]:
    """Each text by its place among the texts there are, -1 for unknown; and those texts."""
    names = tuple(sorted({value for value in values if value is not None}))
    index = {name: at for at, name in enumerate(names)}
    return _whole(-1 if value is None else index[value] for value in values), names


def _both_ways(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return [*pairs, *((second, first) for first, second in pairs)]


def _positions(network: Network, country: Ints) -> tuple[Floats, Floats, NDArray[np.bool_], Floats]:
    """Latitude and longitude (degrees; the country's where the utility's is unknown), and unit vectors [U, 3]."""
    own = np.array([u.latitude is not None and u.longitude is not None for u in network.utilities], dtype=np.bool_)
    latitude = np.where(
        own, _numbers(u.latitude for u in network.utilities), _numbers(c.latitude for c in network.countries)[country]
    )
    longitude = np.where(
        own,
        _numbers(u.longitude for u in network.utilities),
        _numbers(c.longitude for c in network.countries)[country],
    )
    north, east = np.radians(latitude), np.radians(longitude)
    vectors = np.stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=1)
    return latitude, longitude, own, vectors


def _languages(network: Network, country: Ints) -> list[tuple[str, ...]]:
    """Each utility's languages; its country's where it named none."""
    return [
        utility.languages or network.countries[at].languages
        for utility, at in zip(network.utilities, country.tolist(), strict=True)
    ]


def _bits(sets: Sequence[Sequence[str]]) -> Bits:
    """Sets of texts as bit sets."""
    index = {name: at for at, name in enumerate(sorted({name for names in sets for name in names}))}
    table = np.zeros((len(sets), len(index)), dtype=np.bool_)
    for row, names in enumerate(sets):
        table[row, [index[name] for name in names]] = True
    return _table_bits(table)


def _table_bits(table: NDArray[np.bool_]) -> Bits:
    """bool[U, K] as uint64[U, W], at least one word."""
    words = max(1, -(-table.shape[1] // 64))
    bits = np.zeros((table.shape[0], words), dtype=np.uint64)
    for column in range(table.shape[1]):
        bits[:, column // 64] |= table[:, column].astype(np.uint64) << np.uint64(column % 64)
    return bits


def _slot_table(slots: Ints, capabilities: int) -> NDArray[np.bool_]:
    table = np.zeros((len(slots), capabilities), dtype=np.bool_)
    rows, columns = np.nonzero(slots >= 0)
    table[rows, slots[rows, columns]] = True
    return table


def _needs(
    needs: Sequence[Need], index: Mapping[str, int], capability_index: Mapping[str, int]
) -> tuple[Floats, Ints, dict[tuple[str, str], Need]]:
    """Shares float64[U, S], capabilities int64[U, S] and the needs by (utility, capability)."""
    by_place = {(need.utility, need.capability): need for need in needs}
    rows: dict[int, list[Need]] = {}
    for _place, need in sorted(by_place.items()):
        rows.setdefault(index[need.utility], []).append(need)
    width = max((len(row) for row in rows.values()), default=1)
    slots = np.full((len(index), width), -1, dtype=np.int64)
    shares = np.zeros((len(index), width))
    for at, row in rows.items():
        weights = [PRIORITY_WEIGHTS.get(need.priority, 1.0) for need in row]
        slots[at, : len(row)] = [capability_index[need.capability] for need in row]
        shares[at, : len(row)] = [weight / sum(weights) for weight in weights]
    return shares, slots, by_place
