"""What a pair that is proposed by hand brings: its fit under the policy of its round, and the needs to work on."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from graph.network import Network
from matcher.pairs import explain_pair
from matcher.rounds.input import policy_of
from matcher.rounds.state import LivingRound, Pair


class ByHand(NamedTuple):
    """The fit (0 to 1) of a pair, the capabilities covered, and whether the policy's rules would allow it."""

    fit: float
    needs: list[str]
    eligible: bool


def of_pair(state: LivingRound, network: Network, pair: Pair) -> ByHand:
    """What this pair would bring; raises ``UnknownName`` for a utility that is not in the network."""
    told = explain_pair(network, policy_of(state), *pair, date.fromisoformat(state.as_of))
    return ByHand(told["fit"], [need["capability"] for need in told["covered"]], told["eligible"])
