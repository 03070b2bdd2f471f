"""Which utilities, pairs and participants lie in the regions of an account; one without regions has all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graph.accounts import Account
from graph.errors import Forbidden, UnknownName
from graph.network import Network
from graph.sentences import Value, say
from matcher.policy import Policy, Selection
from matcher.policy_edits import choosing
from matcher.rounds.concerned import concerned
from matcher.rounds.entry import Entry
from matcher.rounds.state import LivingRound, Pair
from matcher.rounds.swapping import exchange, move
from web.knowledge import keeper

MOST_NAMED = 4


def lies_in(network: Network, account: Account, utility: str) -> bool:
    """Whether a utility (its id) lies in the regions of an account."""
    if not account.regions:
        return True
    found = network.utility_by_id.get(utility)
    return found is not None and network.region_of(found).id in account.regions


def in_regions_of(account: Account) -> Callable[[str], bool]:
    """Whether a utility (its id) lies in the regions of an account, as a question to be asked of many."""
    network = keeper().now().network
    return lambda utility: lies_in(network, account, utility)


def is_own(account: Account, pair: Sequence[str]) -> bool:
    """Whether one of the two (ids or exact names) lies in the regions of an account."""
    network = keeper().now().network
    try:
        ids = [network.find_utility(name).id for name in pair]
    except UnknownName:
        return True  # the action says that there is no such utility
    return any(lies_in(network, account, id) for id in ids)


def own_of(account: Account, state: LivingRound, *phases: Any) -> list[Pair]:
    """The pairs of a round in these states that an account may decide on."""
    own = in_regions_of(account)
    return [each.pair for each in state.in_phase(*phases) if any(own(id) for id in each.pair)]


def exchanged_pairs(sent: Mapping[str, object]) -> list[Pair]:
    """All pairs that go or come when partners are exchanged as a form says; none where it says nothing that can be."""
    mentor, mentee, to, give = (str(sent.get(name) or "") for name in ("mentor", "mentee", "to", "give"))
    if not (mentor and mentee and to):
        return []
    gone, come = exchange((mentor, mentee), (to, give)) if give else move((mentor, mentee), to)
    return [*gone, *come]


def is_own_entry(account: Account, entry: Entry) -> bool:
    """Whether an entry of a log decides on own pairs alone, or on own utilities alone."""
    network, body = keeper().now().network, entry.body
    pairs = [tuple(pair) for pair in body.get("pairs", ())]
    pairs += [(body["mentor"], body["mentee"])] if "mentor" in body and "mentee" in body else []
    if pairs:
        return all(is_own(account, pair) for pair in pairs)
    about = concerned(entry)
    return bool(about) and all(lies_in(network, account, id) for id in about)


def policy_within(network: Network, policy: Policy, account: Account, *, own_mentors: bool) -> Policy:
    """The policy of a round that an account begins: with mentees of its regions alone, and mentors where it says so.

    Raises ``Forbidden`` where the policy leaves none of its regions.
    """
    if not account.regions:
        return policy
    sides = {"mentors": policy.participants.mentors, "mentees": policy.participants.mentees}
    for side in ("mentees", *(("mentors",) if own_mentors else ())):
        chosen = sides[side] or Selection()
        regions = tuple(id for id in chosen.regions or account.regions if id in account.regions)
        if not regions:
            raise Forbidden(
                say("This policy chooses participants of other regions than yours."),
                say("Choose another policy, or ask a facilitator of those regions to begin the round."),
            )
        also = tuple(id for id in chosen.also if lies_in(network, account, network.find_utility(id).id))
        sides[side] = chosen.model_copy(update={"regions": regions, "also": also})
    return choosing(policy, sides["mentors"], sides["mentees"])


def some_names(network: Network, ids: Sequence[str]) -> tuple[Value, ...]:
    """The names of a few of these utilities, and how many more there are."""
    names: list[Value] = [network.utility_by_id[id].name for id in ids[:MOST_NAMED] if id in network.utility_by_id]
    if len(ids) > MOST_NAMED:
        names.append(say("{count} more", count=len(ids) - MOST_NAMED))
    return tuple(names)
