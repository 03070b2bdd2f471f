"""What a facilitator may do to which round: the one rule, asked by the gate of every request (``web.access``).

- Whoever sees everything that a round is worked out from may do everything to it: a facilitator without limits to
  regions, and one whose regions hold every participant that keeps something private.
- Any other facilitator reads it, and may decide on pairs whose mentor or mentee lies in the own regions: pin, forbid,
  allow, correct, withdraw, add, record answers and signatures, publish them, and undo such a decision. Steps that
  concern everybody (begin, check, solve, lapse, close, cancel, the settings) are refused, in words that say who takes
  part from elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask import request

from graph.accounts import Account
from graph.errors import Forbidden, UnknownName
from graph.network import Network
from graph.sentences import Value, say
from matcher.policy import Policy, load_policy, parse_policy, ready_policies
from matcher.rounds.entries import undoable
from matcher.rounds.keeping import read_log, read_state
from matcher.rounds.state import LivingRound, Pair
from web.knowledge import keeper, something_hidden, view_here

MOST_NAMED = 4
ANSWERED = "wop.leads"
"""Where a request keeps what was answered for each round: a page asks for each of its pairs."""
Sent = Mapping[str, object]
"""What a request names: the parts of its address and the fields of its body."""


def begins(account: Account, sent: Sent) -> None:
    """Refuse to begin a round whose participants are not all for this account to work with."""
    if not something_hidden():
        return
    if like := sent.get("like"):
        policy: dict[str, Any] = _state(str(like)).policy
    else:
        name = str(sent.get("policy") or "best_fit")
        if name not in ready_policies():
            return  # the action says so
        policy = load_policy(name).to_json()
    _refuse_outside(account, parse_policy(policy, "round"), keeper().now().as_of, ())


def leads(account: Account, sent: Sent) -> None:
    """Refuse a step of the whole round to whom something is hidden that it is worked out from."""
    if not something_hidden():
        return
    known: dict[str, Forbidden | None] = request.environ.setdefault(ANSWERED, {})
    round_id = str(sent["round_id"])
    if round_id not in known:
        try:
            _check_leads(account, round_id)
            known[round_id] = None
        except Forbidden as refused:
            known[round_id] = refused
    if (found := known[round_id]) is not None:
        raise found


def _check_leads(account: Account, round_id: str) -> None:
    from matcher.rounds.input import policy_of

    state = _state(round_id)
    pairs = [each.pair for each in state.proposals.values()]
    ends = sorted({id for pair in pairs for id in pair})
    _refuse_outside(account, policy_of(state), date.fromisoformat(state.as_of), ends)


def decides(account: Account, sent: Sent) -> None:
    """Refuse a decision on a pair of others; without a pair, whether there are any it may decide on."""
    pair = [str(sent.get(name) or sent.get(f"{name}_id") or "") for name in ("mentor", "mentee")]
    if not something_hidden() or not all(pair) or _is_own(account, pair) or may_lead(account, sent):
        return
    raise Forbidden(
        say("Neither the mentor nor the mentee of this pair lies in your regions."),
        say("A facilitator of one of their regions may decide on it."),
    )


def takes_step(account: Account, sent: Sent) -> None:
    """Refuse a step of the whole round, but not the publication and the undoing of what is about own pairs."""
    step = sent.get("step")
    if not something_hidden() or may_lead(account, sent):
        return
    if step == "publish" and not sent.get("deadline"):
        return
    if step == "undo":
        with keeper().store.read() as reader:
            last = undoable(read_log(reader, str(sent["round_id"])))
        if last is not None and (pairs := _pairs_of(last.body)) and all(_is_own(account, pair) for pair in pairs):
            return
    leads(account, sent)


def may_lead(account: Account, sent: Sent) -> bool:
    """Whether an account may do everything to a round."""
    try:
        leads(account, sent)
    except Forbidden:
        return False
    return True


def own_pairs(account: Account, state: LivingRound) -> list[Pair] | None:
    """The pairs an account may publish of a round; ``None`` for all of them."""
    if may_lead(account, {"round_id": state.id}):
        return None
    return [each.pair for each in state.in_phase("proposed", "pinned") if _is_own(account, each.pair)]


def _refuse_outside(account: Account, policy: Policy, as_of: date, also: Sequence[str]) -> None:
    from matcher.participants import choose_participants

    view = view_here()
    if view is None:
        return
    network = keeper().network_by(as_of)
    found = choose_participants(network, policy, as_of)
    everybody = {*found.mentor_ids, *found.mentee_ids, *also}
    if not everybody & view.hidden:
        return
    mentees = [id for id in found.mentee_ids if not _lies_in(network, account, id)]
    others = mentees or sorted(id for id in everybody if not _lies_in(network, account, id))
    names: list[Value] = [network.utility_by_id[id].name for id in others[:MOST_NAMED] if id in network.utility_by_id]
    if len(others) > MOST_NAMED:
        names.append(say("{count} more", count=len(others) - MOST_NAMED))
    hint = say("A facilitator without limits to regions may do it. You may decide on pairs of your own regions.")
    if mentees:
        raise Forbidden(say("This round has mentees outside your regions: {names}.", names=tuple(names)), hint)
    raise Forbidden(say("This round has mentors outside your regions: {names}.", names=tuple(names)), hint)


def _lies_in(network: Network, account: Account, utility: str) -> bool:
    found = network.utility_by_id.get(utility)
    return found is not None and (not account.regions or network.region_of(found).id in account.regions)


def _is_own(account: Account, pair: Sequence[str]) -> bool:
    network = keeper().now().network
    try:
        ids = [network.find_utility(name).id for name in pair]
    except UnknownName:
        return True  # the action says that there is no such utility
    return any(_lies_in(network, account, id) for id in ids)


def _pairs_of(body: Mapping[str, Any]) -> list[Sequence[str]]:
    if "mentor" in body and "mentee" in body:
        return [(body["mentor"], body["mentee"])]
    return list(body.get("pairs", ()))


def _state(round_id: str) -> LivingRound:
    with keeper().store.read() as reader:
        return read_state(reader, round_id)
