"""What is known at one revision: the frozen network, with what pages ask of it again and again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TypeVar, cast

from graph.model import Country, Need, Observation, Offer, Partnership
from graph.network import Network, read_network
from graph.register import with_inferred
from graph.rounds import RoundHeading, read_round, rounds
from graph.store import Reader
from matcher.document import ProposalDocument, UtilityRef
from matcher.pairs import utility_ref
from matcher.policy import Policy, load_policy, parse_policy
from web.private import Sight, View, hidden_from

T = TypeVar("T")

KEPT_DAYS = 4
"""So many other days are kept for which somebody asked what the register implies: rounds have days of their own."""

KEPT_SIGHTS = 1_000
"""So many ways of seeing one snapshot have their hidden utilities looked up."""


@dataclass(frozen=True)
class Metric:
    """A kind of figure, by its English name and unit."""

    id: str
    name: str
    unit: str | None


@dataclass(frozen=True)
class Knowledge:
    """The network at one revision, with what the register implies by ``as_of``, and the latest proposal."""

    network: Network
    as_of: date
    group_names: Mapping[str, str]
    metrics: Mapping[str, Metric]
    headings: tuple[RoundHeading, ...]
    latest: ProposalDocument | None
    seen: dict[frozenset[str], Knowledge] = field(default_factory=dict, compare=False, repr=False)
    """The same for readers from whom these utilities' private things are hidden."""
    view: View | None = field(default=None, compare=False, repr=False)
    """What is kept from the reader; ``None`` where this is everything."""

    def hidden(self, sight: Sight) -> frozenset[str]:
        """The utilities with something private that somebody does not see."""
        found = self._hidden.get(sight)
        if found is None:
            while len(self._hidden) >= KEPT_SIGHTS:
                self._hidden.pop(next(iter(self._hidden)), None)
            found = self._hidden[sight] = hidden_from(self.network, sight)
        return found

    @cached_property
    def _hidden(self) -> dict[Sight, frozenset[str]]:
        return {}

    @cached_property
    def answers(self) -> dict[tuple[object, ...], object]:
        """What was worked out from just this, by question; ``web.planned`` keeps it."""
        return {}

    def network_by(self, as_of: date) -> Network:
        """The same network with what the register implies by another day."""
        if as_of == self.as_of:
            return self.network
        found = self._by_day.get(as_of)
        if found is None:
            while len(self._by_day) >= KEPT_DAYS:
                self._by_day.pop(next(iter(self._by_day)), None)
            found = self._by_day[as_of] = with_inferred(self.network, as_of)
        return found

    @cached_property
    def _by_day(self) -> dict[date, Network]:
        return {}

    @property
    def is_empty(self) -> bool:
        """Whether nothing was imported yet."""
        return not self.network.utilities

    @cached_property
    def offers(self) -> Mapping[str, tuple[Offer, ...]]:
        """Offers by utility."""
        return _grouped(self.network.offers, lambda offer: offer.utility)

    @cached_property
    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        """Needs by utility."""
        return _grouped(self.network.needs, lambda need: need.utility)

    @cached_property
    def given(self) -> Mapping[str, tuple[Partnership, ...]]:
        """Partnerships by mentor."""
        return _grouped(self.network.partnerships, lambda partnership: partnership.mentor)

    @cached_property
    def received(self) -> Mapping[str, tuple[Partnership, ...]]:
        """Partnerships by mentee."""
        return _grouped(self.network.partnerships, lambda partnership: partnership.mentee)

    @cached_property
    def wop_of(self) -> Mapping[str, str]:
        """The partnership each of its pairs belongs to, by the pair's id."""
        return {pair.id: pair.wop for pair in self.network.partnerships}

    @cached_property
    def figures(self) -> Mapping[str, tuple[Observation, ...]]:
        """Figures by utility."""
        return _grouped(self.network.observations, lambda figure: figure.utility)

    @cached_property
    def refs(self) -> Mapping[str, UtilityRef]:
        """Each utility as a row shows it."""
        return {utility.id: utility_ref(self.network, utility.id) for utility in self.network.utilities}

    @cached_property
    def peopled_countries(self) -> tuple[Country, ...]:
        """The countries that have a utility."""
        codes = {utility.country for utility in self.network.utilities}
        return tuple(country for country in self.network.countries if country.id in codes)

    @cached_property
    def peopled_regions(self) -> frozenset[str]:
        """The ids of the regions that have a utility."""
        return frozenset(country.region for country in self.peopled_countries)

    @cached_property
    def policy(self) -> Policy:
        """The policy fits are explained by: the latest proposal's own, else the ready one "best_fit"."""
        if self.latest is None:
            return load_policy("best_fit")
        return parse_policy(self.latest["policy"], self.latest["id"])

    def capability_name(self, id: str) -> str:
        """The English name of a capability."""
        return self.network.capability_by_id[id].name


def document_of(reader: Reader, round_id: str) -> ProposalDocument:
    """The proposal of a round as it is kept. Raises ``UnknownName``."""
    return cast(ProposalDocument, read_round(reader, round_id))


def learn(reader: Reader, day: date, document: Callable[[str], ProposalDocument]) -> Knowledge:
    """All that a reader holds, as it is known on a day; ``document`` gives the proposal of a round."""
    groups = reader.nodes("CapabilityGroup")
    metrics = reader.nodes("Metric")
    headings, latest, as_of = latest_of(reader, day, document)
    return Knowledge(
        network=with_inferred(read_network(reader), as_of),
        as_of=as_of,
        group_names=dict(zip(groups["id"], groups["name"], strict=True)),
        metrics={
            id: Metric(id, name or id, unit)
            for id, name, unit in zip(metrics["id"], metrics["name"], metrics["unit"], strict=True)
        },
        headings=headings,
        latest=latest,
    )


def latest_of(
    reader: Reader, day: date, document: Callable[[str], ProposalDocument]
) -> tuple[tuple[RoundHeading, ...], ProposalDocument | None, date]:
    """The kept rounds, the latest proposal, and the day by which pages show what is known."""
    headings = tuple(rounds(reader))
    latest = document(headings[0].id) if headings else None
    return headings, latest, date.fromisoformat(latest["as_of"]) if latest else day


def _grouped(records: Iterable[T], key: Callable[[T], str]) -> Mapping[str, tuple[T, ...]]:
    found: defaultdict[str, list[T]] = defaultdict(list)
    for record in records:
        found[key(record)].append(record)
    return {name: tuple(group) for name, group in found.items()}
