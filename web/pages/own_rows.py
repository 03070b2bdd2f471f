"""The rows of a utility's desk: proposals of rounds it is asked about, and partners suggested outside rounds."""

from __future__ import annotations

from datetime import date
from typing import TypedDict

from graph.errors import BadInput
from graph.sentences import Sentence, say
from graph.store import Reader
from graph.suggestions import INTERESTS, SuggestionAnswer
from matcher.document import SentenceJson, UtilityRef
from matcher.rounds.answering import asked
from matcher.rounds.input import policy_of
from matcher.rounds.keeping import read_state
from matcher.rounds.state import COMMITTED, OUT, LivingRound, Proposal, Side
from matcher.rounds.words import proposal_phase_name
from web.knowledge import keeper
from web.pages.own_reasons import PlainPair, contact, plain_pair, together
from web.partners import partners_of
from web.snapshot import Knowledge

SHOWN = 3
"""How many suggested partners a desk shows for each role."""


class Ask(TypedDict):
    """A proposal of a round, as one of its two sees it; ``role`` is the utility's own."""

    round: str
    round_title: str
    role: Side
    partner: UtilityRef
    phase: str
    phase_s: SentenceJson
    yours: bool
    late: bool
    deadline: str
    waiting_s: SentenceJson | None
    pair: PlainPair
    together: list[SentenceJson]
    contact: list[SentenceJson]


class Suggested(TypedDict):
    """A partner suggested outside any round."""

    role: Side
    partner: UtilityRef
    pair: PlainPair


class Said(TypedDict):
    """What the utility said to a suggested partner."""

    role: Side
    partner: UtilityRef
    answer: str
    answer_s: SentenceJson
    words: str
    who: str
    at: str


def rounds_of(reader: Reader, utility: str) -> list[tuple[LivingRound, Proposal, Side]]:
    """The proposals of a utility that it was shown, in rounds that are not cancelled, the latest round first."""
    found: list[tuple[LivingRound, Proposal, Side]] = []
    sides: tuple[Side, Side] = ("mentor", "mentee")
    ids = {
        side: reader.nodes("Proposal", reader.edges(side.upper(), targets=[utility])["source"])["round"]
        for side in sides
    }
    numbers = sorted({id for of_side in ids.values() for id in of_side}, key=lambda id: -int(id[1:]))
    for id in numbers:
        state = read_state(reader, id)
        if state.phase == "cancelled":
            continue
        for each in state.in_phase(*OUT, *COMMITTED, "declined"):
            found += [(state, each, side) for side in sides if getattr(each, side) == utility]
    return found


def ask_of(known: Knowledge, state: LivingRound, proposal: Proposal, role: Side, today: date) -> Ask:
    """One proposal as the utility on this side sees it."""
    as_of = date.fromisoformat(state.as_of)
    pair = plain_pair(policy_of(state), proposal.mentor, proposal.mentee, as_of)
    if proposal.fit is not None:
        pair["fit"] = proposal.fit  # what the round decided on
    worked_on = set(proposal.needs)
    needs = [*pair["covered"], *pair["uncovered"]]
    pair["covered"] = [need for need in needs if need["capability"] in worked_on]
    pair["uncovered"] = [need for need in needs if need["capability"] not in worked_on]
    partner = proposal.mentee if role == "mentor" else proposal.mentor
    yours = asked(state, proposal, role) and proposal.phase in OUT and state.phase != "closed"
    return Ask(
        round=state.id,
        round_title=state.title,
        role=role,
        partner=known.refs[partner],
        phase=proposal.phase,
        phase_s=proposal_phase_name(proposal.phase).to_json(),
        yours=yours,
        late=bool(state.deadline) and today.isoformat() > state.deadline,
        deadline=state.deadline,
        waiting_s=None if yours else _waiting(known, proposal, partner),
        pair=pair,
        together=together(proposal.mentor, proposal.mentee, pair["covered"]),
        contact=contact(proposal.mentor, proposal.mentee, state.title),
    )


def suggested_for(
    known: Knowledge, utility: str, role: Side, passed: frozenset[str]
) -> tuple[list[Suggested], Sentence | None]:
    """The best partners for a utility in one role, without those passed over; or why there are none."""
    try:
        found = partners_of(keeper().now(), known.policy).suggest(utility, role=role, top=min(50, SHOWN + len(passed)))
    except BadInput as lacking:
        return [], lacking.message
    other = "mentor" if role == "mentee" else "mentee"
    rows = [
        Suggested(
            role=role,
            partner=each[other],  # type: ignore[literal-required]  # the other side's name
            pair=plain_pair(known.policy, each["mentor"]["id"], each["mentee"]["id"], known.as_of, each),
        )
        for each in [each for each in found if each[other]["id"] not in passed][:SHOWN]  # type: ignore[literal-required]  # as above
    ]
    if rows:
        return rows, None
    return [], say("Nobody suits it just now by the criteria that count.")


def said_rows(known: Knowledge, answers: list[SuggestionAnswer]) -> list[Said]:
    """Answers to suggestions, of partners that still exist."""
    return [
        Said(
            role=each.role,
            partner=known.refs[each.partner],
            answer=each.answer,
            answer_s=INTERESTS[each.answer].to_json(),
            words=each.words,
            who=each.who,
            at=each.at,
        )
        for each in answers
        if each.partner in known.refs
    ]


def _waiting(known: Knowledge, proposal: Proposal, partner: str) -> SentenceJson:
    name = known.refs[partner]["name"]
    if proposal.phase in OUT:
        return say("Waiting for the answer of {partner}.", partner=name).to_json()
    if proposal.phase == "agreed":
        return say("Both have said yes. The facilitator brings you together.").to_json()
    if proposal.phase == "signed":
        return say("Signed. It is, or will be, a partnership of the register.").to_json()
    return say("One of the two said no.").to_json()
