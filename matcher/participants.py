"""Who takes part in a round: mentors with their capacity, mentees with their needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from graph.model import Need, Offer, Utility
from graph.network import Network
from graph.register import known_by, parallel_partnerships
from graph.sentences import Sentence, say
from matcher.policy import ParticipantSettings, Policy, Selection
from matcher.policy_names import check_names, utility_ids
from matcher.problem import UNLIMITED, Ints
from matcher.selection import selected_ids


@dataclass(frozen=True, eq=False)
class Participants:
    """The mentors (utilities with an offer) and mentees (utilities with a need) of a round, ordered by id.

    A utility may be both. ``places``, ``minimum_load``, ``staff_days`` int64[M] (staff-days a year,
    ``UNLIMITED`` where unknown); ``wanted`` int64[N]; ``places_reasons`` says where each number of places comes
    from. ``offers`` and ``needs`` are those that count under the policy, ordered by (utility, capability).
    """

    as_of: date
    mentor_ids: tuple[str, ...]
    mentee_ids: tuple[str, ...]
    places: Ints
    places_reasons: tuple[Sentence, ...]
    minimum_load: Ints
    staff_days: Ints
    wanted: Ints
    offers: tuple[Offer, ...]
    needs: tuple[Need, ...]

    @cached_property
    def places_of(self) -> Mapping[str, int]:
        """Places by mentor id."""
        return dict(zip(self.mentor_ids, self.places.tolist(), strict=True))


def choose_participants(network: Network, policy: Policy, as_of: date) -> Participants:
    """Every utility with an offer as mentor, every utility with a need as mentee, as far as the policy takes them.

    ``network`` already carries what the register implies by ``as_of``. Raises ``UnknownName`` or
    ``BadInput`` where the policy names something that does not exist.
    """
    check_names(network, policy)
    offers, needs = offers_and_needs(network, policy, as_of)
    if policy.participants.set_aside and policy.pins:
        policy, offers, needs = _kept_for_pins(network, policy, as_of, offers, needs)
    mentors = _taking_part(network, policy, policy.participants.mentors, {offer.utility for offer in offers})
    mentees = _taking_part(network, policy, policy.participants.mentees, {need.utility for need in needs})
    return with_capacity(network, policy, as_of, mentors, mentees, offers, needs)


def _kept_for_pins(
    network: Network, policy: Policy, as_of: date, offers: tuple[Offer, ...], needs: tuple[Need, ...]
) -> tuple[Policy, tuple[Offer, ...], tuple[Need, ...]]:
    """A pinned utility of which every topic was set aside keeps them for its pins, and gets no room beyond these.

    So whoever called the topic of one pair wrong does not make the pairs that stand impossible.
    """
    settings = policy.participants
    everything = policy.model_copy(update={"participants": settings.model_copy(update={"set_aside": ()})})
    all_offers, all_needs = offers_and_needs(network, everything, as_of)
    mentors = Counter(utility_ids(network, (pin.mentor for pin in policy.pins)))
    mentees = Counter(utility_ids(network, (pin.mentee for pin in policy.pins)))
    for id in {offer.utility for offer in offers}:
        mentors.pop(id, None)
    for id in {need.utility for need in needs}:
        mentees.pop(id, None)
    counted, needed = set(offers), set(needs)
    offers = tuple(each for each in all_offers if each in counted or each.utility in mentors)
    needs = tuple(each for each in all_needs if each in needed or each.utility in mentees)
    room = {"places": {**settings.places, **mentors}, "wanted": {**settings.wanted, **mentees}}
    return policy.model_copy(update={"participants": settings.model_copy(update=room)}), offers, needs


def with_capacity(
    network: Network,
    policy: Policy,
    as_of: date,
    mentors: list[Utility],
    mentees: list[Utility],
    offers: tuple[Offer, ...],
    needs: tuple[Need, ...],
) -> Participants:
    """Participants from utilities already chosen, each with its capacity."""
    settings = policy.participants
    parallel = parallel_partnerships(network, as_of)
    given = _by_id(network, settings.places)
    wanted = _by_id(network, settings.wanted)
    places = [_places(mentor, settings, parallel.get(mentor.id, 0), given.get(mentor.id)) for mentor in mentors]
    days = _staff_days(offers)
    return Participants(
        as_of=as_of,
        mentor_ids=tuple(mentor.id for mentor in mentors),
        mentee_ids=tuple(mentee.id for mentee in mentees),
        places=_whole([number for number, _reason in places]),
        places_reasons=tuple(reason for _number, reason in places),
        minimum_load=_whole([mentor.minimum_mentees or 0 for mentor in mentors]),
        staff_days=_whole(
            [
                int(mentor.mentor_staff_days)
                if mentor.mentor_staff_days is not None
                else days.get(mentor.id, int(UNLIMITED))
                for mentor in mentors
            ]
        ),
        wanted=_whole(
            [
                wanted.get(
                    mentee.id,
                    settings.mentors_wanted if mentee.mentors_wanted is None else min(mentee.mentors_wanted, 3),
                )
                for mentee in mentees
            ]
        ),
        offers=offers,
        needs=needs,
    )


def _whole(numbers: list[int]) -> Ints:
    return np.array(numbers, dtype=np.int64)


def _taking_part(network: Network, policy: Policy, selection: Selection | None, ids: set[str]) -> list[Utility]:
    """The utilities of these ids that a selection means, ordered by id."""
    if selection is not None:
        ids = ids & selected_ids(network, selection, policy.participants.small_town_below)
    return [network.utility_by_id[id] for id in sorted(ids)]


def _by_id(network: Network, given: Mapping[str, int]) -> dict[str, int]:
    """Numbers by the utility's id, where the policy gives them by id or name."""
    return dict(zip(utility_ids(network, given), given.values(), strict=True))


def _places(mentor: Utility, settings: ParticipantSettings, parallel: int, given: int | None) -> tuple[int, Sentence]:
    """Mentor places, and where the number comes from."""
    if given == 1:
        return 1, say("1 mentor place, set for {utility} in this round.", utility=mentor.name)
    if given is not None:
        return given, say("{count} mentor places, set for {utility} in this round.", utility=mentor.name, count=given)
    if mentor.mentor_places == 1:
        return 1, say("{utility} stated 1 mentor place.", utility=mentor.name)
    if mentor.mentor_places is not None:
        said = say("{utility} stated {count} mentor places.", utility=mentor.name, count=mentor.mentor_places)
        return mentor.mentor_places, said
    if parallel > settings.default_places:
        count = max(settings.default_places, min(parallel, settings.most_places))
        return count, say(
            "{count} places: {utility} mentored {parallel} partnerships in one year (inferred from the register;"
            " the policy allows at most {most}).",
            count=count,
            utility=mentor.name,
            parallel=parallel,
            most=settings.most_places,
        )
    if settings.default_places == 1:
        return 1, say("1 place, the policy's default: {utility} stated none.", utility=mentor.name)
    count = settings.default_places
    return count, say("{count} places, the policy's default: {utility} stated none.", count=count, utility=mentor.name)


def _staff_days(offers: tuple[Offer, ...]) -> dict[str, int]:
    """Staff-days a year of mentors that stated them for every one of their offers."""
    totals: dict[str, float] = {}
    unknown = set()
    for offer in offers:
        if offer.staff_days is None:
            unknown.add(offer.utility)
        else:
            totals[offer.utility] = totals.get(offer.utility, 0.0) + offer.staff_days
    return {utility: int(total) for utility, total in totals.items() if utility not in unknown}


def offers_and_needs(network: Network, policy: Policy, as_of: date) -> tuple[tuple[Offer, ...], tuple[Need, ...]]:
    """Offers and needs of utilities not excluded; inferred ones only from partnerships of accepted confidence."""
    accepted = set(policy.participants.accepted_confidence)
    excluded = set(utility_ids(network, policy.participants.exclude))
    aside = {
        (topic.side, network.find_utility(topic.utility).id, topic.capability)
        for topic in policy.participants.set_aside
    }
    offered: set[tuple[str, str]] = set()
    needed: set[tuple[str, str]] = set()
    for partnership in network.partnerships:
        if known_by(partnership, as_of) and (partnership.confidence is None or partnership.confidence in accepted):
            offered.update((partnership.mentor, capability) for capability in partnership.capabilities)
            needed.update((partnership.mentee, capability) for capability in partnership.capabilities)

    def counts(record: Offer | Need, implied: set[tuple[str, str]], side: str) -> bool:
        by_evidence = record.provenance == "stated" or (record.utility, record.capability) in implied
        is_aside = bool(aside) and (side, record.utility, record.capability) in aside
        return by_evidence and record.utility not in excluded and not is_aside

    return (
        tuple(offer for offer in network.offers if counts(offer, offered, "offer")),
        tuple(need for need in network.needs if counts(need, needed, "need")),
    )
