"""Who sees what is private: needs and figures marked so, and the whole profile of a utility that is.

A utility sees its own, a facilitator those of the own regions. Whoever else reads gets a network and proposals without
them: a need is left out, a figure is left out, and of a pair that rests on either there is only the fit. Pages never
ask for the rest, since ``web.knowledge.knowledge`` gives them what the reader may see.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

from graph.accounts import Account
from graph.inside import Candidates, SupplyDemand
from graph.model import Utility
from graph.network import Network
from graph.sentences import say
from matcher.document import NeedRef, PairExplanation, ProposalDocument

P = TypeVar("P", bound=PairExplanation)

NOT_SHOWN = say("Why is not shown: it rests on what this utility keeps private.").to_json()


@dataclass(frozen=True, slots=True)
class Sight:
    """Whose private things somebody sees: all, or those of some utilities and regions."""

    everything: bool = False
    utilities: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()

    def sees(self, network: Network, utility: str) -> bool:
        """Whether this is one of those utilities."""
        if self.everything or utility in self.utilities:
            return True
        found = network.utility_by_id.get(utility) if self.regions else None
        return found is not None and network.region_of(found).id in self.regions


def sight_of(account: Account | None) -> Sight:
    """What somebody sees; nothing private for a stranger."""
    if account is None or account.disabled:
        return Sight()
    facilitates = "facilitator" in account.roles
    return Sight(
        everything=facilitates and not account.regions,
        utilities=frozenset(account.utilities),
        regions=frozenset(account.regions) if facilitates else frozenset(),
    )


def hidden_from(network: Network, sight: Sight) -> frozenset[str]:
    """The utilities with something private that is not seen."""
    if sight.everything:
        return frozenset()
    private = {utility.id for utility in network.utilities if utility.private}
    private.update(need.utility for need in network.needs if need.private)
    private.update(figure.utility for figure in network.observations if figure.private)
    return frozenset(utility for utility in private if not sight.sees(network, utility))


def seen_network(network: Network, hidden: frozenset[str]) -> Network:
    """The network without what these utilities keep private."""
    if not hidden:
        return network
    closed = {utility.id for utility in network.utilities if utility.private and utility.id in hidden}
    return replace(
        network,
        utilities=tuple(_closed(utility) if utility.id in closed else utility for utility in network.utilities),
        offers=tuple(offer for offer in network.offers if offer.utility not in closed),
        needs=tuple(
            need for need in network.needs if not (need.utility in closed or (need.private and need.utility in hidden))
        ),
        observations=tuple(
            figure
            for figure in network.observations
            if not (figure.utility in closed or (figure.private and figure.utility in hidden))
        ),
    )


def seen_document(document: ProposalDocument, seen: Network, hidden: frozenset[str]) -> ProposalDocument:
    """A proposal without what these utilities keep private; ``seen`` is the network without it."""
    if not hidden:
        return document
    public = {(need.utility, need.capability) for need in seen.needs}
    unmatched = [
        {
            **row,
            "needs": _public(row["needs"], row["mentee"]["id"], public),
            **({"text_s": NOT_SHOWN, "removed_by": []} if row["mentee"]["id"] in hidden else {}),
        }
        for row in document["unmatched"]
    ]
    shown = {**document, "pairs": [_seen_pair(pair, public, hidden) for pair in document["pairs"]]}
    return cast(ProposalDocument, {**shown, "unmatched": unmatched})


def seen_candidates(found: Candidates, most: int) -> Candidates:
    """Candidate mentors by the needs that are public alone; ``found`` lists all of them."""
    public = {need.capability for need in found.needs if not need.private}
    rest = [
        replace(candidate, shared=tuple(one for one in candidate.shared if one.capability in public))
        for candidate in found.candidates
    ]
    candidates = [candidate for candidate in rest if candidate.shared]
    candidates.sort(key=lambda one: (-len(one.shared), -sum(part.offer == "stated" for part in one.shared), one.id))
    needs = tuple(need for need in found.needs if not need.private)
    return replace(found, needs=needs, total=len(candidates), candidates=tuple(candidates[:most]))


def seen_supply(rows: Iterable[SupplyDemand], network: Network, hidden: frozenset[str]) -> list[SupplyDemand]:
    """Supply and demand without the private needs and closed profiles of these utilities."""
    needs: Counter[tuple[str, str | None]] = Counter()
    offers: Counter[tuple[str, str | None]] = Counter()
    for what, counted in ((network.needs, needs), (network.offers, offers)):
        for one in cast(Sequence[Any], what):
            utility = network.utility_by_id[one.utility]
            closed = utility.private or (what is network.needs and one.private)
            if one.utility in hidden and closed and one.provenance == "stated":
                counted[one.capability, network.region_of(utility).id] += 1
    left = [
        replace(
            row,
            needs_stated=row.needs_stated - needs[row.capability, row.region],
            offers_stated=row.offers_stated - offers[row.capability, row.region],
        )
        for row in rows
    ]
    return [row for row in left if row.needs or row.offers]


def _closed(utility: Utility) -> Utility:
    return Utility(utility.id, utility.name, utility.country, private=True)


def _public(needs: Sequence[NeedRef], mentee: str, public: set[tuple[str, str]]) -> list[NeedRef]:
    return [need for need in needs if (mentee, need["capability"]) in public]


def _seen_pair(pair: P, public: set[tuple[str, str]], hidden: frozenset[str]) -> P:
    mentee = pair["mentee"]["id"]
    changed: Mapping[str, object] = {
        "covered": _public(pair["covered"], mentee, public),
        "uncovered": _public(pair["uncovered"], mentee, public),
        **({"reasons": []} if {mentee, pair["mentor"]["id"]} & hidden else {}),
    }
    return cast(P, {**pair, **changed})
