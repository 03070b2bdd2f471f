"""What the declines of a past round offer to the round begun like it: each accepted or left out by a human.

A declined pair offers a forbid; a decline for lack of capacity the number of places (or of mentors wanted) that was
left; a topic that did not fit, to set that topic aside. Every offer names its source.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from graph.sentences import Sentence, say
from graph.store import Reader
from matcher.rounds.keeping import read_state
from matcher.rounds.state import DECLINE_REASONS, LivingRound, Side

ORIGIN = "round "
"""What the origin of a round begun like another begins with; the id follows."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing to carry over. ``utility``, ``number`` and ``capability`` are set where the kind needs them.

    ``on`` is the ISO date of the decline in the round ``source``, ``words`` what was said beyond the reason.
    """

    key: str
    kind: Literal["forbid", "places", "wanted", "set_aside"]
    mentor: str
    mentee: str
    side: Side
    source: str
    title: str
    on: str
    reason: str
    words: str = ""
    utility: str = ""
    number: int = 0
    capability: str = ""

    def to_json(self) -> dict[str, Any]:
        """As an entry keeps it."""
        return asdict(self)


def past_of(state: LivingRound) -> str | None:
    """The id of the round this one was begun like."""
    return state.origin.removeprefix(ORIGIN) if state.origin.startswith(ORIGIN) else None


def offers_of(past: LivingRound) -> list[Offer]:
    """Everything the declines of a round offer, by mentee and mentor."""
    found: list[Offer] = []
    for each in sorted(past.in_phase("declined"), key=lambda one: (one.mentee, one.mentor)):
        for side in ("mentor", "mentee"):
            answer = each.answers.get(side)
            if answer is None or answer.yes:
                continue
            own = each.mentor if side == "mentor" else each.mentee
            base: dict[str, Any] = {"mentor": each.mentor, "mentee": each.mentee, "side": side, "source": past.id}
            base |= {"title": past.title, "on": answer.on, "reason": answer.reason, "words": answer.words}
            found.append(_offer("forbid", base))
            numbers = past.places if side == "mentor" else past.wanted
            if answer.reason == "no_capacity" and own in numbers:
                kind = "places" if side == "mentor" else "wanted"
                found.append(_offer(kind, {**base, "utility": own, "number": numbers[own]}))
            topics = answer.topics if answer.reason == "wrong_topic" else ()
            found += [_offer("set_aside", {**base, "utility": own, "capability": topic}) for topic in topics]
    return list({offer.key: offer for offer in found}.values())


def waiting_offers(reader: Reader, state: LivingRound) -> list[Offer]:
    """What the round begun like another has neither accepted nor left out yet; forbids it has already are no news."""
    past = past_of(state)
    if past is None or not reader.nodes("MatchingRound", [past])["id"]:
        return []
    forbidden = {(each.mentor, each.mentee) for each in state.forbids}
    return [
        offer
        for offer in offers_of(read_state(reader, past))
        if offer.key not in state.carried and not (offer.kind == "forbid" and (offer.mentor, offer.mentee) in forbidden)
    ]


def said_of(offer: Offer, names: Mapping[str, str]) -> tuple[Sentence, Sentence]:
    """What an offer would do, and where it comes from."""
    mentor, mentee = names.get(offer.mentor, offer.mentor), names.get(offer.mentee, offer.mentee)
    own = names.get(offer.utility, offer.utility)
    match offer.kind:
        case "forbid":
            does = say("Forbid {mentor} and {mentee}.", mentor=mentor, mentee=mentee)
        case "places":
            does = say("Places of {utility} in this round: {number}.", utility=own, number=offer.number)
        case "wanted":
            does = say("Mentors wanted by {utility} in this round: {number}.", utility=own, number=offer.number)
        case "set_aside":
            topic = Sentence(names.get(offer.capability, offer.capability))
            does = say("Set “{topic}” of {utility} aside.", topic=topic, utility=own)
    source = say(
        "{utility} declined on {day} in the round “{title}”: {reason}",
        utility=mentor if offer.side == "mentor" else mentee,
        day=offer.on,
        title=offer.title,
        reason=DECLINE_REASONS[offer.reason],
    )
    return does, source


def chosen(offers: Iterable[Offer], keys: Iterable[str]) -> list[Offer]:
    """The offers with these keys."""
    wanted = set(keys)
    return [offer for offer in offers if offer.key in wanted]


def _offer(kind: str, parts: Mapping[str, Any]) -> Offer:
    names = ("source", "mentor", "mentee", "utility", "capability")
    key = "/".join([kind, *(str(parts.get(name, "")) for name in names)])
    return Offer(key=key, kind=kind, **parts)  # type: ignore[arg-type]  # the kinds there are
