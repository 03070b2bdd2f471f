"""Why a pair fits or may not be, and which partners suit one utility; no solver is needed for either."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Literal

import numpy as np

from graph.errors import BadInput, UnknownName
from graph.model import Need
from graph.network import Network
from graph.sentences import Sentence, say
from matcher.document import POINTS, NeedRef, PairExplanation, Reason, UtilityRef
from matcher.features import Features, build_features
from matcher.participants import Participants, choose_participants, offers_and_needs, with_capacity
from matcher.policy import FitAdjustment, Policy
from matcher.policy_names import check_names
from matcher.rules.history import OF_COUNTRIES
from matcher.rules.registry import RULES
from matcher.scoring import below, counted_rules, removed_by, score


def utility_ref(network: Network, id: str) -> UtilityRef:
    """Enough of a utility to show a row."""
    utility = network.utility_by_id[id]
    region = network.region_of(utility)
    return {
        "id": utility.id,
        "name": utility.name,
        "country": utility.country,
        "country_name": network.country_by_id[utility.country].name,
        "region": region.id,
        "region_name": region.name,
    }


ADJUSTED = "adjusted"
"""In place of a rule's id: what a human added to a pair's fit."""


@dataclass(frozen=True)
class PairExplainer:
    """Explains pairs of one round: the same features and rules that the solver's points came from."""

    features: Features
    policy: Policy

    def explain(self, mentor_id: str, mentee_id: str, covered: Collection[str] | None = None) -> PairExplanation:
        """One pair, with every rule's reason.

        ``covered`` are the capabilities the mentor works on in the pair; ``None`` means all it can. Points and
        fit count only these needs.
        """
        features, policy = self.features, self.policy
        mentor, mentee = features.index[mentor_id], features.index[mentee_id]
        one, other = np.array([mentor], dtype=np.int64), np.array([mentee], dtype=np.int64)
        reasons = [self._reason(id, mentor, mentee) for id, part in policy.rules.items() if part.mode != "off"]
        reasons += self._adjustments(mentor_id, mentee_id)
        scores = score(features, policy, one, other)
        able = self._able(mentor, mentee)
        worked_on = able if covered is None else [slot for slot in able if self._capability(mentee, slot) in covered]
        points = int(scores.context[0] + scores.cover[0, worked_on].sum())
        counted = set(counted_rules(policy))
        return {
            "mentor": utility_ref(features.network, mentor_id),
            "mentee": utility_ref(features.network, mentee_id),
            "eligible": all(reason["passed"] for reason in reasons),
            "fit": points / POINTS,
            "points": points,
            "covered": [self._need(mentor, mentee, slot) for slot in worked_on],
            "uncovered": [
                self._need(mentor, mentee, slot)
                for slot in range(int((features.need_slots[mentee] >= 0).sum()))
                if slot not in worked_on
            ],
            "evidence_known": sum(1 for reason in reasons if reason["rule"] in counted and reason["value"] is not None),
            "evidence_total": len(counted),
            "reasons": reasons,
        }

    def _reason(self, id: str, mentor: int, mentee: int) -> Reason:
        rule, settings = RULES[id], self.policy.rules[id]
        facts = rule.explain(self.features, mentor, mentee, settings)
        value = np.float32(np.nan if facts.value is None else facts.value)
        return {
            "rule": id,
            "title_s": rule.title.to_json(),
            "mode": "mandatory" if settings.mode == "mandatory" else "graded",
            "value": None if facts.value is None else round(facts.value, 4),
            "weight": settings.weight,
            "passed": settings.mode != "mandatory" or not bool(below(np.array([value]), settings.threshold)[0]),
            "text_s": rule.sentence(facts, settings).to_json(),
        }

    def _adjustments(self, mentor_id: str, mentee_id: str) -> list[Reason]:
        """What a human added to the fit of the pair, as one more reason."""
        network = self.features.network
        both = [
            {utility.id, utility.name}
            for utility in (network.utility_by_id[mentor_id], network.utility_by_id[mentee_id])
        ]
        return [
            {
                "rule": ADJUSTED,
                "title_s": _adjusted_title(each).to_json(),
                "mode": "graded",
                "value": 1.0 if each.by > 0 else 0.0,
                "weight": abs(each.by),
                "passed": True,
                "text_s": _adjusted_text(each).to_json(),
            }
            for each in self.policy.adjustments
            if each.mentor in both[0] and each.mentee in both[1]
        ]

    def _capability(self, mentee: int, slot: int) -> str:
        return self.features.network.capabilities[int(self.features.need_slots[mentee, slot])].id

    def _able(self, mentor: int, mentee: int) -> list[int]:
        """Slots of the mentee's needs that the mentor can work on."""
        slots = self.features.need_slots[mentee]
        quality = self.features.covers.quality[mentor]
        return [slot for slot, at in enumerate(slots.tolist()) if at >= 0 and quality[at] > 0]

    def _need(self, mentor: int, mentee: int, slot: int) -> NeedRef:
        features, network = self.features, self.features.network
        at = int(features.need_slots[mentee, slot])
        capability = network.capabilities[at]
        need = features.needs[network.utilities[mentee].id, capability.id]
        through = int(features.covers.through[mentor, at])
        offer = None
        if through >= 0:
            offer = features.offers.get((network.utilities[mentor].id, network.capabilities[through].id))
        return {
            "capability": capability.id,
            "capability_name": capability.name,
            "priority": need.priority,
            "provenance": need.provenance,
            "quality": None if offer is None else round(float(features.covers.quality[mentor, at]), 4),
            "evidence_year": None if offer is None else offer.year,
        }


def _adjusted_title(each: FitAdjustment) -> Sentence:
    return say("Ranked by the mentee") if each.source == "ranking" else say("Adjusted by hand")


def _adjusted_text(each: FitAdjustment) -> Sentence:
    if each.source == "ranking":
        return say("The mentee ranked this mentor ({place}): the fit changes by {by}.", place=each.reason, by=each.by)
    if each.reason:
        return say("The facilitator changed the fit by {by}: {reason}", by=each.by, reason=each.reason)
    return say("The facilitator changed the fit by {by}.", by=each.by)


class Partners:
    """Partners for any utility of a network under one policy.

    What all pairs have in common is worked out once, so that a suggestion costs as much as its own pairs: kept with
    the snapshot it is made of. ``network`` already carries what the register implies by ``as_of``; ``only`` these
    utilities can be asked about, where they are given. Raises ``UnknownName`` or ``BadInput`` where the policy names
    something that does not exist.
    """

    def __init__(self, network: Network, policy: Policy, as_of: date, only: Collection[str] | None = None) -> None:
        check_names(network, policy)
        self.policy = policy
        self._network = network
        self._as_of = as_of
        offers, needs = offers_and_needs(network, policy, as_of)
        self._offering = tuple(sorted({offer.utility for offer in offers}))
        self._needing = tuple(sorted({need.utility for need in needs}))
        seen = network
        if only is not None:
            seen = _only(network, only)
            offers = tuple(offer for offer in offers if offer.utility in only)
            needs = tuple(need for need in needs if need.utility in only)
        taking_part = list(seen.utilities)
        participants = with_capacity(network, policy, as_of, taking_part, taking_part, offers, needs)
        self._explainer = PairExplainer(build_features(seen, participants, policy), policy)

    @cached_property
    def taking_part(self) -> Participants:
        """Who takes part in a round under this policy, with what capacity."""
        return choose_participants(self._network, self.policy, self._as_of)

    def explain(self, mentor_id: str, mentee_id: str) -> PairExplanation:
        """Why this pair fits, or why it may not be; any two utilities (id or name). Raises ``UnknownName``."""
        mentor, mentee = (self._network.find_utility(id).id for id in (mentor_id, mentee_id))
        return self._explainer.explain(mentor, mentee)

    def suggest(
        self, utility_id: str, *, role: Literal["mentee", "mentor"] = "mentee", top: int = 10
    ) -> list[PairExplanation]:
        """The best eligible partners for a utility, best fit first (ties by id).

        As ``mentee`` its mentors are ranked, as ``mentor`` its mentees. Raises ``UnknownName`` for a utility that
        does not exist, ``BadInput`` where nothing is known to suggest from.
        """
        utility = self._network.find_utility(utility_id)
        if role == "mentee" and utility.id not in self._needing:
            raise BadInput(
                say("No need of {utility} is known.", utility=utility.name),
                say("Name at least one capability it needs."),
            )
        if role == "mentor" and utility.id not in self._offering:
            raise BadInput(
                say("No offer of {utility} is known.", utility=utility.name), say("Import its offers first.")
            )
        others = self._offering if role == "mentee" else self._needing
        features = self._explainer.features
        at_others = np.array([features.index[id] for id in others], dtype=np.int64)
        at_utility = np.full_like(at_others, features.index[utility.id])
        mentors, mentees = (at_others, at_utility) if role == "mentee" else (at_utility, at_others)
        eligible = np.flatnonzero(~removed_by(features, self.policy, mentors, mentees).any(axis=0))
        points = score(features, self.policy, mentors[eligible], mentees[eligible]).points
        best = eligible[np.argsort(-points, kind="stable")[: max(0, top)]].tolist()
        pairs = [(others[at], utility.id) if role == "mentee" else (utility.id, others[at]) for at in best]
        return [self._explainer.explain(*pair) for pair in pairs]


def explain_pair(network: Network, policy: Policy, mentor_id: str, mentee_id: str, as_of: date) -> PairExplanation:
    """Why one pair fits, or why it may not be, looking at no more of the network than that takes.

    As ``Partners.explain``, for who asks about a single pair.
    """
    mentor, mentee = (network.find_utility(id).id for id in (mentor_id, mentee_id))
    seen = {mentor, mentee}
    if any(policy.rules[id].mode != "off" for id in OF_COUNTRIES):  # they look at the countries of all partnerships
        seen |= {end for part in network.partnerships for end in (part.mentor, part.mentee)}
    return Partners(network, policy, as_of, seen).explain(mentor, mentee)


def suggest(
    network: Network,
    policy: Policy,
    utility_id: str,
    as_of: date,
    *,
    role: Literal["mentee", "mentor"] = "mentee",
    needs: Sequence[str] = (),
    top: int = 10,
) -> list[PairExplanation]:
    """The best eligible partners for one utility, as ``Partners.suggest`` gives them.

    ``needs`` are capabilities it is asked to need in place of what is known. Raises ``UnknownName`` for a utility
    or capability that does not exist, ``BadInput`` where nothing is known to suggest from.
    """
    utility = network.find_utility(utility_id)
    for capability in needs:
        if capability not in network.capability_by_id:
            raise UnknownName(say("capability"), capability, network.capability_by_id)
    if needs and role == "mentor":
        raise BadInput(
            say("Needs can only be given for a utility that looks for mentors."),
            say("Leave the needs out, or ask for mentors."),
        )
    if needs:
        others = tuple(need for need in network.needs if need.utility != utility.id)
        given = tuple(Need(utility.id, capability) for capability in sorted(set(needs)))
        network = replace(network, needs=tuple(sorted((*others, *given), key=lambda n: (n.utility, n.capability))))
    return Partners(network, policy, as_of).suggest(utility.id, role=role, top=top)


def _only(network: Network, ids: Collection[str]) -> Network:
    """The network with the records of these utilities only; partnerships stay whole, for they are evidence."""
    return replace(
        network,
        utilities=tuple(utility for utility in network.utilities if utility.id in ids),
        offers=tuple(offer for offer in network.offers if offer.utility in ids),
        needs=tuple(need for need in network.needs if need.utility in ids),
        observations=tuple(each for each in network.observations if each.utility in ids),
    )
