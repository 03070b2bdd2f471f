"""What pages know: one snapshot of the store per revision and day, shared by all requests of a process.

The first request after a change reads the store once; every other request works on the frozen snapshot.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cached_property, partial
from typing import TypeVar, cast

from flask import current_app, has_request_context, request

from graph.inside import SupplyDemand
from graph.model import Country, Need, Observation, Offer, Partnership
from graph.network import Network, read_network
from graph.register import with_inferred
from graph.rounds import RoundHeading, read_round, rounds
from graph.schema import NETWORK
from graph.store import InsideReader, Reader, Store
from matcher.document import ProposalDocument, UtilityRef
from matcher.pairs import utility_ref
from matcher.policy import Policy, load_policy, parse_policy
from web.private import Sight, View, hidden_from, seen_network, seen_supply, sight_of, view_of
from web.private_documents import seen_document
from web.signing_in import signed
from web.turns import turn

T = TypeVar("T")

KEPT_VIEWS, KEPT_SIGHTS = 16, 1_000
"""Ways of seeing one snapshot that are kept ready: utilities with private things have one each."""

REVISION = "wop.revision"
"""Where a request keeps the revision it found."""


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


class KnowledgeKeeper:
    """Keeps the snapshot of the newest revision, and a few older proposals, for all threads of a process."""

    def __init__(self, store: Store, cached_proposals: int, patience: float) -> None:
        """``patience`` is how many seconds a request waits for another that is reading the store."""
        self.store = store
        self._cached_proposals = cached_proposals
        self._patience = patience
        self._lock = threading.Lock()
        self._kept: tuple[tuple[int, date], Knowledge] | None = None
        self._proposals: dict[str, ProposalDocument] = {}

    def revision(self) -> int:
        """The store's revision, asked once a request: whatever the request shows is of this revision or a later one.

        Raises ``StoreUnavailable`` where the store cannot be reached.
        """
        if not has_request_context():
            return self.store.revision()
        # The request's own environment, not ``g``, which may outlive a request.
        if REVISION not in request.environ:
            request.environ[REVISION] = self.store.revision()
        return cast(int, request.environ[REVISION])

    def note(self, revision: int) -> None:
        """Take the revision that a reader of this request has anyway for the request's, unless it asked before."""
        request.environ.setdefault(REVISION, revision)

    def now(self) -> Knowledge:
        """The knowledge of the store's present revision.

        Raises ``StoreUnavailable`` where the store cannot be reached, ``Busy`` where another request reads it for
        longer than this one may wait.
        """
        key = (self.revision(), today())
        kept = self._kept
        if kept is not None and kept[0] == key:
            return kept[1]
        with turn(self._lock, self._patience):
            if self._kept is None or self._kept[0] != key:
                with self.store.read() as reader:
                    known = self._still_known(reader, key[1])
                    if known is None:
                        known = _learn(reader, key[1], partial(_document, reader))
                    self._kept = ((reader.revision, key[1]), known)
            return self._kept[1]

    def _still_known(self, reader: InsideReader, day: date) -> Knowledge | None:
        """What was known before where only rounds changed since: the network, by far the most, is not read again."""
        if self._kept is None or self._kept[0][1] != day:
            return None
        (revision, _day), known = self._kept
        changed = reader.changed_since(revision)
        if changed is None or changed & NETWORK:
            return None
        if tuple(rounds(reader)) == known.headings:
            return known
        headings, latest, as_of = _latest(reader, day, partial(_document, reader))
        return replace(known, headings=headings, latest=latest, seen={}) if as_of == known.as_of else None

    def around(self, reader: InsideReader, utility: str) -> Knowledge | None:
        """What is known of the utility with this id, from the part of the network around it; ``None`` without one.

        It says of this utility what the knowledge of the whole network says, in one question to the store.
        """
        part = reader.part(utility, self._kept_documents())
        if part is None:
            return None
        for id, document in zip(*(part.nodes("Round")[name] for name in ("id", "document")), strict=True):
            if document is not None:
                with turn(self._lock, self._patience):
                    self._keep(id, _document(part, id))
        return _learn(part, today(), self.proposal)

    def network_by(self, as_of: date) -> Network:
        """Everything known, with what the register implies by a day."""
        known = self.now()
        if known.as_of == as_of:
            return known.network
        with self.store.read() as reader:
            return with_inferred(read_network(reader), as_of)

    def proposal(self, round_id: str) -> ProposalDocument:
        """The proposal of one round; a round's document never changes, so it is kept by its id.

        Raises ``UnknownName`` where there is no such round.
        """
        kept = self._kept
        if kept is not None and kept[1].latest is not None and kept[1].latest["id"] == round_id:
            return kept[1].latest
        with turn(self._lock, self._patience):
            if round_id not in self._proposals:
                with self.store.read() as reader:
                    self._keep(round_id, _document(reader, round_id))
            return self._proposals[round_id]

    def _keep(self, round_id: str, document: ProposalDocument) -> None:
        while len(self._proposals) >= self._cached_proposals:
            del self._proposals[next(iter(self._proposals))]
        self._proposals[round_id] = document

    def _kept_documents(self) -> list[str]:
        latest = self._kept[1].latest if self._kept is not None else None
        return [*self._proposals, *([latest["id"]] if latest is not None else [])]


def today() -> date:
    """The day by which pages are shown: UTC's, the same on every host."""
    return datetime.now(UTC).date()


def keeper() -> KnowledgeKeeper:
    """The keeper of the application that answers this request."""
    return cast(KnowledgeKeeper, current_app.extensions["wop"])


def knowledge() -> Knowledge:
    """What is known now, as far as whoever sends this request may see it."""
    return seen(keeper().now())


def proposal(round_id: str) -> ProposalDocument:
    """The proposal of one round, as far as whoever sends this request may see it; raises ``UnknownName``."""
    view, document = seen(keeper().now()).view, keeper().proposal(round_id)
    return document if view is None else seen_document(document, view)


def seen(known: Knowledge) -> Knowledge:
    """Knowledge without what is private and not for whoever sends this request."""
    hidden = known.hidden(_sight())
    if not hidden:
        return known
    found = known.seen.get(hidden)
    if found is None:
        network = seen_network(known.network, hidden)
        view = view_of(known.network, network, hidden)
        latest = seen_document(known.latest, view) if known.latest is not None else None
        while len(known.seen) >= KEPT_VIEWS:
            known.seen.pop(next(iter(known.seen)), None)
        found = known.seen[hidden] = replace(known, network=network, latest=latest, seen={}, view=view)
    return found


def view_here() -> View | None:
    """What is kept from whoever sends this request; ``None`` where it is nothing."""
    return None if _sight().everything else knowledge().view


def something_hidden() -> bool:
    """Whether anything is private and not for whoever sends this request."""
    sight = _sight()
    return not sight.everything and bool(keeper().now().hidden(sight))


def is_hidden(utility: str) -> bool:
    """Whether this utility may have something private that is not for whoever sends this request."""
    sight = _sight()
    if sight.everything or utility in sight.utilities:
        return False
    return utility in keeper().now().hidden(sight)


def sees_private(utility: str) -> bool:
    """Whether whoever sends this request sees what this utility keeps private: one's own, or of the own regions."""
    sight = _sight()
    if sight.everything or utility in sight.utilities:
        return True
    return bool(sight.regions) and sight.sees(keeper().now().network, utility)


def supply_seen(rows: tuple[SupplyDemand, ...]) -> tuple[SupplyDemand, ...]:
    """Supply and demand as far as whoever sends this request may see it."""
    sight = _sight()
    if sight.everything:
        return rows
    known = keeper().now()
    return tuple(seen_supply(rows, known.network, known.hidden(sight)))


def _sight() -> Sight:
    if not has_request_context():
        return Sight(everything=True)  # whoever runs the service asks, not a reader of it
    found = signed()
    return sight_of(found.account if found is not None else None)


def _document(reader: Reader, round_id: str) -> ProposalDocument:
    return cast(ProposalDocument, read_round(reader, round_id))


def _learn(reader: Reader, day: date, document: Callable[[str], ProposalDocument]) -> Knowledge:
    groups = reader.nodes("CapabilityGroup")
    metrics = reader.nodes("Metric")
    headings, latest, as_of = _latest(reader, day, document)
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


def _latest(
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
