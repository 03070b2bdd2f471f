"""What a facilitator does to a round. Each function is one entry of its log, with who and why.

``seen`` is the version the decision was taken on (see ``matcher.rounds.keeping.record``); all give the state after.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from graph.errors import BadInput, UnknownName
from graph.sentences import Sentence, say
from graph.store import Reader, Store
from matcher.policy import Policy, parse_policy
from matcher.rounds.keeping import create, read_state, record
from matcher.rounds.state import OUT, LivingRound, Order, Pair
from matcher.rounds.words import SAID

MOST_SHOWN = 20
"""Most mentors a mentee may be shown to rank."""
ORDERS = ("mentor_first", "mentee_first", "both")


def create_round(
    store: Store,
    title: str,
    *,
    as_of: date,
    who: str,
    why: str = "",
    policy: Policy | None = None,
    like: str | None = None,
    recipients_choose: int = 0,
    choose_by: date | None = None,
    at: datetime | None = None,
) -> LivingRound:
    """A new draft, from a policy or like a past round (its policy, order, messages and forbidden pairs).

    Raises ``BadInput`` without a title, or with neither a policy nor a past round; ``UnknownName`` for that round.
    """
    if not title.strip():
        raise BadInput(say("A round needs a title."), say("Give it one that its participants will recognise."))
    body: dict[str, Any] = {"title": title.strip(), "as_of": as_of.isoformat()}
    if like is not None:
        with store.read() as reader:
            past = read_state(reader, like)
        copied = past.model_dump(mode="json", include={"policy", "order", "messages", "forbids", "reserve"})
        body |= {**copied, "origin": f"round {like}"}
    if policy is not None:
        body |= {"policy": policy.to_json(), **({} if like else {"origin": f"policy {policy.source}"})}
    if "policy" not in body:
        raise BadInput(say("A round needs a policy."), say("Choose a ready policy, a policy file or a past round."))
    _how_many(recipients_choose)
    if recipients_choose:
        body |= {"recipients_choose": recipients_choose, "choose_by": choose_by.isoformat() if choose_by else ""}
    return create(store, body, who=who, why=why, at=at)


def change_settings(
    store: Store,
    id: str,
    *,
    who: str,
    why: str,
    title: str | None = None,
    as_of: date | None = None,
    policy: Policy | None = None,
    order: Order | None = None,
    deadline: date | None = None,
    reserve: bool | None = None,
    messages: Mapping[str, str] | None = None,
    recipients_choose: int | None = None,
    choose_by: date | None = None,
    said: Sequence[Sentence] = (),
    seen: int | None = None,
) -> LivingRound:
    """Change what is given. ``messages`` are texts of letters (``matcher.rounds.messages``).

    ``said`` tells the readers of the log what the change is, where its keys alone would not.
    """
    if order is not None and order not in ORDERS:
        raise UnknownName(say("order of answers"), order, ORDERS)
    _how_many(recipients_choose)
    given: dict[str, Any] = {
        "title": title,
        "as_of": None if as_of is None else as_of.isoformat(),
        "policy": None if policy is None else policy.to_json(),
        "order": order,
        "deadline": None if deadline is None else deadline.isoformat(),
        "reserve": reserve,
        "recipients_choose": recipients_choose,
        "choose_by": None if choose_by is None else choose_by.isoformat(),
        "messages": None if messages is None else dict(messages),
    }
    body = {name: value for name, value in given.items() if value is not None}
    if not body:
        raise BadInput(say("Nothing to change is given."), say("Give at least one setting."))
    if said:
        body[SAID] = [sentence.to_json() for sentence in said]
    return record(store, id, "settings", body, who=who, why=why, seen=seen)


def set_message(
    store: Store, id: str, key: str, text: str, *, who: str, why: str = "", seen: int | None = None
) -> LivingRound:
    """Keep an own text for letters (``matcher.rounds.messages``, which checks it); an empty one takes it away."""

    def body(state: LivingRound, _reader: Reader) -> dict[str, Any]:
        kept = {known: own for known, own in state.messages.items() if known != key}
        return {"messages": {**kept, key: text} if text else kept}

    return record(store, id, "settings", body, who=who, why=why, seen=seen)


def choose_by_filter(
    store: Store,
    id: str,
    *,
    who: str,
    why: str,
    mentors: Mapping[str, Any] | None = None,
    mentees: Mapping[str, Any] | None = None,
    seen: int | None = None,
) -> LivingRound:
    """Choose participants by a selection of the policy (regions, countries, utilities ...); an empty one is all."""

    def body(state: LivingRound, _reader: Reader) -> dict[str, Any]:
        participants = dict(state.policy.get("participants", {}))
        for side, selection in (("mentors", mentors), ("mentees", mentees)):
            if selection is not None:
                participants[side] = dict(selection)
        return {"policy": parse_policy({**state.policy, "participants": participants}, id).to_json()}

    return record(store, id, "settings", body, who=who, why=why, seen=seen)


def set_room(
    store: Store,
    id: str,
    *,
    who: str,
    why: str,
    places: Mapping[str, int] | None = None,
    wanted: Mapping[str, int] | None = None,
    seen: int | None = None,
) -> LivingRound:
    """Set places of mentors and numbers of mentors wanted, by utility id, for this round only."""
    for number in (*(places or {}).values(), *(wanted or {}).values()):
        if number < 0:
            raise BadInput(say("A number of places cannot be below 0."), say("Give 0 or more."))
    _known(store, (*(places or {}), *(wanted or {})))
    body = {"places": dict(places or {}), "wanted": dict(wanted or {})}
    return record(store, id, "capacity", body, who=who, why=why, seen=seen)


def pin(store: Store, id: str, pair: Pair, *, who: str, why: str, seen: int | None = None) -> LivingRound:
    """The pair must be proposed by every solve from now on."""
    return _of_pair(store, id, "pin", pair, who, _reason(why), seen)


def unpin(store: Store, id: str, pair: Pair, *, who: str, why: str = "", seen: int | None = None) -> LivingRound:
    """Take a pin back."""
    return _of_pair(store, id, "unpin", pair, who, why, seen)


def forbid(store: Store, id: str, pair: Pair, *, who: str, why: str, seen: int | None = None) -> LivingRound:
    """The pair must not be proposed by any solve from now on; a proposal of it is withdrawn."""
    return _of_pair(store, id, "forbid", pair, who, _reason(why), seen)


def allow(store: Store, id: str, pair: Pair, *, who: str, why: str = "", seen: int | None = None) -> LivingRound:
    """Take a forbid back."""
    return _of_pair(store, id, "allow", pair, who, why, seen)


def adjust(store: Store, id: str, pair: Pair, by: float, *, who: str, why: str, seen: int | None = None) -> LivingRound:
    """Add ``by`` (-1..1) to the fit of a pair; 0 takes the adjustment back."""
    if not -1 <= by <= 1:
        raise BadInput(say("A fit is changed by -1 to 1."), say("Give a number in between, such as 0.1."))
    return _of_pair(store, id, "adjust", pair, who, _reason(why) if by else why, seen, by=by)


def note(
    store: Store, id: str, text: str, *, who: str, pair: Pair | None = None, seen: int | None = None
) -> LivingRound:
    """Keep a remark about the round, or about one pair."""
    if not text.strip():
        raise BadInput(say("The note is empty."), say("Write what should be remembered."))
    about = {} if pair is None else {"mentor": pair[0], "mentee": pair[1]}
    return record(store, id, "note", {"text": text.strip(), **about}, who=who, why="", seen=seen)


def carry(
    store: Store,
    id: str,
    *,
    who: str,
    why: str = "",
    accept: Sequence[str] | None = (),
    leave: Sequence[str] = (),
    seen: int | None = None,
) -> LivingRound:
    """Accept or leave out what the declines of the past round offer, by key; ``accept=None`` accepts all that wait.

    Raises ``UnknownName`` for a key that does not wait, ``BadInput`` where nothing is chosen.
    """
    from matcher.rounds.carrying import chosen, waiting_offers

    def body(state: LivingRound, reader: Reader) -> dict[str, Any]:
        waiting = waiting_offers(reader, state)
        keys = [offer.key for offer in waiting] if accept is None else list(accept)
        for key in (*keys, *leave):
            if key not in {offer.key for offer in waiting}:
                raise UnknownName(say("offer of the past round"), key, [offer.key for offer in waiting])
        if not keys and not leave:
            raise BadInput(say("Nothing was chosen."), say("Accept or leave out at least one."))
        accepted = [offer.to_json() for offer in chosen(waiting, set(keys) - set(leave))]
        pairs = [[offer["mentor"], offer["mentee"]] for offer in accepted]
        return {"accepted": accepted, "left": list(leave), "pairs": pairs}

    return record(store, id, "carry", body, who=who, why=why, seen=seen)


def add_by_hand(
    store: Store,
    id: str,
    pair: Pair,
    *,
    who: str,
    why: str,
    fit: float | None = None,
    needs: Sequence[str] = (),
    seen: int | None = None,
) -> LivingRound:
    """Propose a pair without a solve. It may ask for a place that others ask for too: who agrees first takes it."""
    return _of_pair(store, id, "add", pair, who, _reason(why), seen, fit=fit, needs=list(needs))


def withdraw(
    store: Store, id: str, pairs: Sequence[Pair], *, who: str, why: str, seen: int | None = None
) -> LivingRound:
    """Take proposals back; no solve proposes them again until they are allowed again."""
    return record(store, id, "withdraw", _listed(pairs), who=who, why=_reason(why), seen=seen)


def publish(
    store: Store,
    id: str,
    *,
    who: str,
    why: str = "",
    pairs: Sequence[Pair] | None = None,
    deadline: date | None = None,
    messages: Mapping[str, str] | None = None,
    seen: int | None = None,
) -> LivingRound:
    """Show proposals to the two, in bulk: those given, or all that are proposed or pinned."""

    def body(state: LivingRound, _reader: Reader) -> dict[str, Any]:
        chosen = [each.pair for each in state.in_phase("proposed", "pinned")] if pairs is None else pairs
        if not chosen:
            raise BadInput(say("There is no proposal to publish."), say("Solve the round first, or top it up."))
        given = {} if deadline is None else {"deadline": deadline.isoformat()}
        return {**_listed(chosen), **given, **({} if messages is None else {"messages": dict(messages)})}

    return record(store, id, "publish", body, who=who, why=why, seen=seen)


def lapse(store: Store, id: str, *, on: date, who: str, why: str = "", seen: int | None = None) -> LivingRound:
    """Withdraw every proposal still without an answer after the deadline; the pairs may be proposed again.

    Raises ``BadInput`` where there is no deadline, it is not over on ``on``, or nothing waits.
    """

    def body(state: LivingRound, _reader: Reader) -> dict[str, Any]:
        if not state.deadline or on.isoformat() <= state.deadline:
            raise BadInput(
                say("The deadline is not over."), say("Withdraw single proposals, or wait until the deadline.")
            )
        waiting = [each.pair for each in state.in_phase(*OUT)]
        if not waiting:
            raise BadInput(say("No proposal waits for an answer."), None)
        return _listed(waiting)

    return record(store, id, "lapse", body, who=who, why=why, seen=seen)


def sign(
    store: Store, id: str, pair: Pair, *, on: date, who: str, why: str = "", seen: int | None = None
) -> LivingRound:
    """The two have signed, on this day."""
    return _of_pair(store, id, "sign", pair, who, why, seen, on=on.isoformat())


def cancel(store: Store, id: str, *, who: str, why: str, seen: int | None = None) -> LivingRound:
    """Give the round up; its log stays."""
    return record(store, id, "cancel", {}, who=who, why=_reason(why), seen=seen)


def _how_many(recipients_choose: int | None) -> None:
    if recipients_choose is not None and not 0 <= recipients_choose <= MOST_SHOWN:
        raise BadInput(
            say("Each mentee is shown 0 to {most} mentors.", most=MOST_SHOWN),
            say("Give 0 where recipients do not choose."),
        )


def _of_pair(
    store: Store, id: str, kind: str, pair: Pair, who: str, why: str, seen: int | None, **more: Any
) -> LivingRound:
    _known(store, pair)
    return record(store, id, kind, {"mentor": pair[0], "mentee": pair[1], **more}, who=who, why=why, seen=seen)


def _known(store: Store, ids: Sequence[str]) -> None:
    """Raise ``UnknownName`` for a utility that does not exist; the usual case costs one small read."""
    with store.read() as reader:
        found = set(reader.nodes("Utility", list(ids))["id"])
        for id in ids:
            if id not in found:
                raise UnknownName(say("utility"), id, reader.names("Utility")["id"])


def _listed(pairs: Sequence[Pair]) -> dict[str, Any]:
    return {"pairs": [list(pair) for pair in pairs]}


def _reason(why: str) -> str:
    if not why.strip():
        raise BadInput(say("A decision needs its reason."), say("Say why; the decision record repeats it."))
    return why.strip()
