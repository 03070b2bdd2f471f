"""Who sees what is private: needs and figures marked so, the profile of a utility that is, and whom it refused.

A utility sees its own, a facilitator those of the own regions. Whoever else reads gets a network, proposals and rounds
without them (here, ``web.private_documents``, ``web.private_rounds``): a need is left out, a figure is left out, and of
a pair that rests on either there is only the fit. Pages never ask for the rest, since ``web.knowledge.knowledge`` gives
them what the reader may see.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from graph.accounts import Account
from graph.inside import Candidates, SupplyDemand
from graph.model import Partnership, Utility
from graph.network import Network
from graph.sentences import Sentence, say
from matcher.document import LeftOut


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


@dataclass(frozen=True)
class View:
    """What is kept from a reader: the utilities (``hidden``), and what of them is private.

    ``closed`` have their whole profile closed, ``opaque`` also a private figure or a refusal, so that whether they may
    be a partner rests on it too. ``public`` are the needs (utility, capability) that are seen; ``named`` gives the id
    of each hidden utility by id and name.
    """

    hidden: frozenset[str]
    closed: frozenset[str]
    opaque: frozenset[str]
    public: frozenset[tuple[str, str]]
    named: Mapping[str, str]
    left_out: LeftOut
    worked_out: LeftOut
    """The same, for what is worked out anew without it."""

    def touches(self, *utilities: str) -> bool:
        """Whether one of these utilities (ids or names) is hidden."""
        return any(utility in self.named for utility in utilities)


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
    private = {utility.id for utility in network.utilities if utility.private or utility.refused_partners}
    private.update(need.utility for need in network.needs if need.private)
    private.update(figure.utility for figure in network.observations if figure.private)
    hidden = {utility for utility in private if not sight.sees(network, utility)}
    # How a partnership went, and its private topics, are known to each of the two, so one that is seen is enough.
    between = {
        (part.mentor, part.mentee) for part in network.partnerships if part.went is not None or part.private_topics
    }
    hidden.update(pair_key(*pair) for pair in between if not any(sight.sees(network, utility) for utility in pair))
    return frozenset(hidden)


def pair_key(one: str, other: str) -> str:
    """How what is private between two utilities is named among what is hidden; no id of a utility has a line feed."""
    return "\n".join(sorted((one, other)))


def seen_network(network: Network, hidden: frozenset[str]) -> Network:
    """The network without what these utilities keep private."""
    if not hidden:
        return network
    closed = {utility.id for utility in network.utilities if utility.private and utility.id in hidden}
    return replace(
        network,
        utilities=tuple(_seen(utility) if utility.id in hidden else utility for utility in network.utilities),
        offers=tuple(offer for offer in network.offers if offer.utility not in closed),
        needs=tuple(
            need for need in network.needs if not (need.utility in closed or (need.private and need.utility in hidden))
        ),
        partnerships=tuple(
            _discreet(part) if pair_key(part.mentor, part.mentee) in hidden else part for part in network.partnerships
        ),
        observations=tuple(
            figure
            for figure in network.observations
            if not (figure.utility in closed or (figure.private and figure.utility in hidden))
        ),
    )


def view_of(network: Network, seen: Network, hidden: frozenset[str]) -> View:
    """What is kept from whoever sees ``seen`` of ``network``."""
    utilities = [utility for utility in network.utilities if utility.id in hidden]
    closed = frozenset(utility.id for utility in utilities if utility.private)
    figures = {figure.utility for figure in network.observations if figure.private and figure.utility in hidden}
    refusing = {utility.id for utility in utilities if utility.refused_partners}
    counts = {
        "needs": len(network.needs) - len(seen.needs),
        "figures": len(network.observations) - len(seen.observations),
        "profiles": len(closed),
        "refusals": len(refusing),
        "partnerships": sum(pair_key(part.mentor, part.mentee) in hidden for part in network.partnerships),
    }
    return View(
        hidden=hidden,
        closed=closed,
        opaque=closed | figures | refusing,
        public=frozenset((need.utility, need.capability) for need in seen.needs),
        named={name: utility.id for utility in utilities for name in (utility.id, utility.name)},
        left_out=_left_out(counts, worked_out=False),
        worked_out=_left_out(counts, worked_out=True),
    )


def _left_out(counts: Mapping[str, int], *, worked_out: bool) -> LeftOut:
    kinds = ("needs", "figures", "profiles", "refusals", "partnerships")
    needs, figures, profiles, refusals, partnerships = (counts[name] for name in kinds)
    counted: list[tuple[int, Sentence, Sentence]] = [
        (needs, say("1 need"), say("{count} needs", count=needs)),
        (figures, say("1 figure"), say("{count} figures", count=figures)),
        (profiles, say("1 profile"), say("{count} profiles", count=profiles)),
        (refusals, say("what 1 utility refused"), say("what {count} utilities refused", count=refusals)),
        (partnerships, say("how 1 partnership went"), say("how {count} partnerships went", count=partnerships)),
    ]
    parts = tuple(one if count == 1 else many for count, one, many in counted if count)
    text = (
        say(
            "Worked out on what you may see, so it can differ from the proposal. "
            "Left out, though the round itself counted it: {parts}.",
            parts=parts,
        )
        if worked_out
        else say("This rests on what you may see. Left out, though the round itself counted it: {parts}.", parts=parts)
    )
    return LeftOut(
        needs=needs,
        figures=figures,
        profiles=profiles,
        refusals=refusals,
        partnerships=partnerships,
        text_s=text.to_json(),
    )


def seen_candidates(found: Candidates, view: View, most: int) -> Candidates:
    """Candidate mentors whose profile is not closed, by the needs that are seen; ``found`` lists all of them."""
    utility = found.utility.id
    private, closed = utility in view.hidden, utility in view.closed
    needs = tuple(need for need in found.needs if not (closed or (private and need.private)))
    public = {need.capability for need in needs}
    rest = [
        replace(candidate, shared=tuple(one for one in candidate.shared if one.capability in public))
        for candidate in found.candidates
        if candidate.id not in view.closed
    ]
    candidates = [candidate for candidate in rest if candidate.shared]
    candidates.sort(key=lambda one: (-len(one.shared), -sum(part.offer == "stated" for part in one.shared), one.id))
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


def _seen(utility: Utility) -> Utility:
    if utility.private:
        return Utility(utility.id, utility.name, utility.country, private=True)
    return replace(utility, refused_partners=())


def _discreet(part: Partnership) -> Partnership:
    """A partnership without how it went, and without its private topics."""
    kept = tuple(capability for capability in part.capabilities if capability not in part.private_topics)
    results = tuple(result for result in part.results if result.capability not in part.private_topics)
    return replace(part, capabilities=kept, results=results, private_topics=(), went=None, went_on=None)
