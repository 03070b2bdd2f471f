"""What a pair that is proposed by hand brings: its fit under the policy of its round, and the needs to work on; and
partners exchanged by hand."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from graph.errors import BadInput
from graph.network import Network
from graph.sentences import say
from graph.store import Store, Transaction
from matcher.pairs import explain_pair
from matcher.rounds.input import policy_of
from matcher.rounds.keeping import record
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


def swap(
    store: Store,
    network: Network,
    id: str,
    gone: list[Pair],
    come: list[Pair],
    *,
    who: str,
    why: str,
    seen: int | None = None,
) -> LivingRound:
    """Carry out what ``swapping.exchange`` or ``swapping.move`` says, as one entry; the state after.

    Raises ``BadInput`` without a reason, ``Conflict`` where a pair has agreed, was declined, or has a proposal.
    """
    if not why.strip():
        raise BadInput(say("A decision needs its reason."), say("Say why; the decision record repeats it."))

    def body(state: LivingRound, _transaction: Transaction) -> dict[str, Any]:
        new = []
        for mentor, mentee in come:
            brings = of_pair(state, network, (mentor, mentee))
            new.append({"mentor": mentor, "mentee": mentee, "fit": brings.fit, "needs": brings.needs})
        # ``pairs`` are all that are decided on: who may read the entry, and whom it is about, is asked of them.
        return {"pairs": [list(pair) for pair in (*gone, *come)], "gone": [list(pair) for pair in gone], "new": new}

    return record(store, id, "swap", body, who=who, why=why.strip(), seen=seen)
