"""What pages know: one snapshot of the store per revision and day, shared by all requests of a process.

The first request after a change reads the store once; every other request works on the frozen snapshot.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from typing import cast

from flask import current_app, has_request_context, request

from graph.inside import SupplyDemand
from graph.rounds import rounds
from graph.schema import NETWORK
from graph.store import InsideReader, Store
from matcher.document import ProposalDocument
from web.private import Sight, View, seen_network, seen_supply, sight_of, view_of
from web.private_documents import seen_document
from web.signing_in import signed
from web.snapshot import Knowledge, document_of, latest_of, learn
from web.turns import turn

KEPT_VIEWS = 16
"""Ways of seeing one snapshot that are kept ready: utilities with private things have one each."""

REVISION = "wop.revision"
"""Where a request keeps the revision it found."""


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
                        known = learn(reader, key[1], partial(document_of, reader))
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
        headings, latest, as_of = latest_of(reader, day, partial(document_of, reader))
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
                    self._keep(id, document_of(part, id))
        return learn(part, today(), self.proposal)

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
                    self._keep(round_id, document_of(reader, round_id))
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
