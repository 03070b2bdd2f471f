"""Single utilities taken into a round or out of it, whatever its filters choose; each change is one entry of the log.

Who may not choose the filters, since they concern everybody, can still say of each of some utilities that it takes
part, or does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, TypeAlias

from graph.errors import BadInput
from graph.network import Network
from graph.sentences import Sentence, say
from graph.store import Store, Transaction
from matcher.participants import choose_participants
from matcher.policy import Policy, Selection, parse_policy
from matcher.policy_edits import choosing
from matcher.rounds.concerned import concerned
from matcher.rounds.entry import Entry
from matcher.rounds.input import policy_of
from matcher.rounds.keeping import record
from matcher.rounds.state import QUIET, LivingRound
from matcher.rounds.words import ABOUT, SAID
from matcher.selection import selected_ids

PartSide: TypeAlias = Literal["mentors", "mentees"]
SIDES: tuple[PartSide, ...] = ("mentors", "mentees")


@dataclass(frozen=True, slots=True)
class Singled:
    """Utilities (ids) that come to take part on one side of a round, and those that no longer do."""

    come: tuple[str, ...] = ()
    go: tuple[str, ...] = ()


def could_take_part(network: Network, state: LivingRound) -> dict[PartSide, tuple[str, ...]]:
    """The utilities with an offer, and those with a need, that the round counts: whoever takes part is one of them."""
    found = choose_participants(network, choosing(policy_of(state), None, None), date.fromisoformat(state.as_of))
    return {"mentors": found.mentor_ids, "mentees": found.mentee_ids}


def with_single(network: Network, policy: Policy, singled: Mapping[PartSide, Singled]) -> Policy:
    """The policy under which these utilities take part, or do not; nothing else of it changes.

    A utility that the filters choose anyway is named no more than is needed. Raises ``BadInput`` where one is both
    taken in and out.
    """
    chosen = {side: getattr(policy.participants, side) for side in SIDES}
    for side, each in singled.items():
        if both := sorted(set(each.come).intersection(each.go)):
            raise BadInput(
                say("{utility} is both taken in and taken out.", utility=network.utility_by_id[both[0]].name),
                say("Say one of the two."),
            )
        chosen[side] = _singled(network, policy, chosen[side] or Selection(), each)
    return choosing(policy, chosen["mentors"], chosen["mentees"])


def _singled(network: Network, policy: Policy, selection: Selection, each: Singled) -> Selection:
    named = {*each.come, *each.go}
    also = [id for id in selection.also if network.find_utility(id).id not in named]
    without = [id for id in selection.without if network.find_utility(id).id not in named]
    rest = selection.model_copy(update={"also": tuple(also), "without": tuple(without)})
    by_filter = selected_ids(network, rest, policy.participants.small_town_below)
    also += [id for id in each.come if id not in by_filter]
    without += [id for id in each.go if id in by_filter]
    return rest.model_copy(update={"also": tuple(also), "without": tuple(without)})


def change_single(
    store: Store,
    network: Network,
    id: str,
    singled: Mapping[PartSide, Singled],
    *,
    who: str,
    why: str,
    seen: int | None = None,
) -> LivingRound:
    """Take single utilities into a round or out of it, with the reason; the state after.

    What was done since ``seen`` to other utilities is no conflict. Raises ``BadInput`` where nothing would change or
    without a reason, and as ``matcher.rounds.keeping.record`` does.
    """
    if not why.strip():
        raise BadInput(say("A choice of participants needs its reason."), say("Say why, and save again."))
    said, about = _said(network, singled)
    if not said:
        raise BadInput(say("Nothing was chosen."), say("Tick at least one utility."))

    def body(state: LivingRound, _transaction: Transaction) -> dict[str, Any]:
        policy = with_single(network, parse_policy(state.policy, id), singled)
        return {"policy": policy.to_json(), SAID: [each.to_json() for each in said], ABOUT: about}

    def apart(entry: Entry) -> bool:
        """Whether an entry is about other utilities alone, such as those of another facilitator's regions."""
        others = entry.kind == "capacity" or ABOUT in entry.body
        return entry.kind in QUIET or (others and not concerned(entry).intersection(about))

    return record(store, id, "settings", body, who=who, why=why.strip(), seen=seen, apart=apart)


def _said(network: Network, singled: Mapping[PartSide, Singled]) -> tuple[list[Sentence], list[str]]:
    words = {
        "mentors": (say("{utility} takes part as a mentor."), say("{utility} takes part no longer as a mentor.")),
        "mentees": (say("{utility} takes part as a mentee."), say("{utility} takes part no longer as a mentee.")),
    }
    found: list[Sentence] = []
    about: set[str] = set()
    for side, each in singled.items():
        for sentence, ids in zip(words[side], (each.come, each.go), strict=True):
            found += [Sentence(sentence.template, {"utility": network.utility_by_id[id].name}) for id in ids]
            about.update(ids)
    return found, sorted(about)
