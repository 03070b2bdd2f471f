"""What a facilitator may do to which round: the one rule, asked by the gate of every request (``web.access``).

- A facilitator without limits to regions may do everything to every round. One with regions may where all mentees lie
  in them, and nobody else who takes part keeps anything private from the account: such a round it leads.
- Any other round it reads, and decides on what is its own: on pairs whose mentor or mentee lies in its regions (pin,
  forbid, allow, correct, exchange, withdraw, add, publish, record answers and signatures), on which utilities of its
  regions take part and with how many places, on letters to them; and it undoes such a decision. Steps that concern
  everybody (check, solve, lapse, close, cancel, the settings) are refused, in words that say who takes part from
  elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import unquote

from flask import request

from graph.accounts import Account
from graph.errors import BadInput, Forbidden
from graph.sentences import say
from matcher.policy import Policy, load_policy, parse_policy, ready_policies
from matcher.rounds.entries import undoable
from matcher.rounds.keeping import read_log, read_state
from matcher.rounds.state import LivingRound, Pair
from web.knowledge import keeper, something_hidden, view_here
from web.own_regions import exchanged_pairs, is_own, is_own_entry, lies_in, own_of, policy_within, some_names

ANSWERED = "wop.leads"
"""Where a request keeps what was answered for each round: a page asks for each of its pairs."""
Sent = Mapping[str, object]
"""What a request names: the parts of its address and the fields of its body."""


def begins(account: Account, sent: Sent) -> None:
    """Refuse to begin a round, with mentees of the own regions, of which others keep something private."""
    if not account.regions or not sent.get("title"):
        return  # with mentors of the own regions only, it may
    if like := sent.get("like"):
        policy: dict[str, Any] = _state(str(like)).policy
    else:
        name = str(sent.get("policy") or "best_fit")
        if name not in ready_policies():
            return  # the action says so
        policy = load_policy(name).to_json()
    network, as_of = keeper().now().network, keeper().now().as_of
    own_mentors = str(sent.get("own_mentors") or "").lower() in ("true", "on", "yes", "1")
    within = policy_within(network, parse_policy(policy, "round"), account, own_mentors=own_mentors)
    hint = say("Begin it with mentors of your regions only, or ask a facilitator without limits to regions.")
    _refuse_outside(account, within, as_of, (), hint)


def leads(account: Account, sent: Sent) -> None:
    """Refuse a step of the whole round to whom not all of it is entrusted."""
    if not account.regions:
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
    hint = say("A facilitator without limits to regions may do it. You may decide on pairs of your own regions.")
    pairs = [each.pair for each in state.proposals.values()]
    _refuse_outside(account, policy_of(state), date.fromisoformat(state.as_of), pairs, hint)


def chooses(account: Account, sent: Sent) -> None:
    """Refuse to choose all participants to whom something is hidden: counts over a free choice would tell it."""
    leads(account, sent)
    if something_hidden():
        raise Forbidden(
            say("This page is worked out from everything, also from what some utilities keep private."),
            say("Choose among the utilities of your regions, or ask a facilitator without limits to regions."),
        )


def decides(account: Account, sent: Sent) -> None:
    """Refuse a decision on a pair of others; without a pair, whether there are any it may decide on."""
    pair = [str(sent.get(name) or sent.get(f"{name}_id") or "") for name in ("mentor", "mentee")]
    if not account.regions or not all(pair) or is_own(account, pair) or may_lead(account, sent):
        return
    raise _of_others()


def exchanges(account: Account, sent: Sent) -> None:
    """Refuse to exchange partners where one of the pairs that go or come is of others."""
    decides(account, sent)
    if not account.regions or may_lead(account, sent):
        return
    try:
        pairs = exchanged_pairs(sent)
    except BadInput:
        return  # the action says so
    if not all(is_own(account, pair) for pair in pairs):
        raise Forbidden(
            say("A pair that would go or come has neither its mentor nor its mentee in your regions."),
            say("Choose another mentor or mentee, or ask a facilitator of the whole round."),
        )


def publishes(account: Account, sent: Sent) -> None:
    """Refuse to publish pairs of others, or to set the deadline, which is everybody's."""
    if not account.regions or may_lead(account, sent):
        return
    if sent.get("deadline"):
        leads(account, sent)
    named = sent.get("pairs") or ()
    for key in (named,) if isinstance(named, str) else named if isinstance(named, list | tuple) else ():
        mentor, slash, mentee = str(key).partition("/")
        if slash and not is_own(account, (unquote(mentor), unquote(mentee))):
            raise _of_others()


def sets_room(account: Account, sent: Sent) -> None:
    """Refuse to set the places of a utility elsewhere."""
    name = str(sent.get("utility") or "")
    if not account.regions or not name or is_own(account, (name,)) or may_lead(account, sent):
        return
    raise Forbidden(
        say("This utility does not lie in your regions."),
        say("A facilitator of its region may set its places in this round."),
    )


def takes_step(account: Account, sent: Sent) -> None:
    """Refuse a step of the whole round, but not the publication and the undoing of what is about own pairs."""
    step = sent.get("step")
    if not account.regions or may_lead(account, sent):
        return
    if step == "publish" and not sent.get("deadline"):
        return
    if step == "undo":
        with keeper().store.read() as reader:
            last = undoable(read_log(reader, str(sent["round_id"])))
        if last is not None and is_own_entry(account, last):
            return
    leads(account, sent)


def may_lead(account: Account, sent: Sent) -> bool:
    """Whether an account may do everything to a round."""
    try:
        leads(account, sent)
    except Forbidden:
        return False
    return True


def may_choose(account: Account, sent: Sent) -> bool:
    """Whether an account may choose all participants of a round, and not its own ones alone."""
    try:
        chooses(account, sent)
    except Forbidden:
        return False
    return True


def own_pairs(account: Account, state: LivingRound) -> list[Pair] | None:
    """The pairs an account may publish of a round; ``None`` for all of them."""
    return None if may_lead(account, {"round_id": state.id}) else own_of(account, state, "proposed", "pinned")


def _refuse_outside(account: Account, policy: Policy, as_of: date, pairs: list[Pair] | tuple[()], hint: Any) -> None:
    """Refuse a round with mentees elsewhere, or with somebody elsewhere who keeps something private."""
    from matcher.participants import choose_participants

    network, view = keeper().now().network_by(as_of), view_here()
    found = choose_participants(network, policy, as_of)
    mentees = sorted({*found.mentee_ids, *(pair[1] for pair in pairs)})
    if others := [id for id in mentees if not lies_in(network, account, id)]:
        raise Forbidden(
            say("This round has mentees outside your regions: {names}.", names=some_names(network, others)), hint
        )
    everybody = {*found.mentor_ids, *mentees, *(pair[0] for pair in pairs)}
    if view is not None and everybody & view.hidden:
        others = sorted(id for id in everybody if not lies_in(network, account, id))
        raise Forbidden(
            say("This round has mentors outside your regions: {names}.", names=some_names(network, others)), hint
        )


def _of_others() -> Forbidden:
    return Forbidden(
        say("Neither the mentor nor the mentee of this pair lies in your regions."),
        say("A facilitator of one of their regions may decide on it."),
    )


def _state(round_id: str) -> LivingRound:
    with keeper().store.read() as reader:
        return read_state(reader, round_id)
