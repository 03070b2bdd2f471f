"""What a round is at one moment, and which state may follow which.

A round lives from draft to closed; every change is an entry of its log (``matcher.rounds.entries``). The computed
result of a solve is something else: a proposal document (``matcher.document``), which never changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeAlias, get_args

from pydantic import BaseModel, ConfigDict, Field

from graph.sentences import Sentence, say
from matcher.policy import FitAdjustment, PairDecision, Topic

RoundPhase: TypeAlias = Literal["draft", "checked", "solving", "proposed", "published", "closed", "cancelled"]
ProposalPhase: TypeAlias = Literal[
    "proposed",
    "pinned",
    "withdrawn",
    "published",
    "accepted_by_mentor",
    "accepted_by_mentee",
    "agreed",
    "declined",
    "signed",
]
Side: TypeAlias = Literal["mentor", "mentee"]
Order: TypeAlias = Literal["mentor_first", "mentee_first", "both"]
Pair: TypeAlias = tuple[str, str]
"""(mentor id, mentee id)."""

LIVE: tuple[ProposalPhase, ...] = (
    "proposed",
    "pinned",
    "published",
    "accepted_by_mentor",
    "accepted_by_mentee",
    "agreed",
    "signed",
)
"""Proposals that hold a place, or ask for one."""
OUT: tuple[ProposalPhase, ...] = ("published", "accepted_by_mentor", "accepted_by_mentee")
"""Proposals that the two have seen and that are not settled."""
COMMITTED: tuple[ProposalPhase, ...] = ("agreed", "signed")
"""Proposals that both have said yes to: no solve and no facilitator disturbs them."""

_CONTENT: Mapping[RoundPhase, RoundPhase] = {
    "draft": "draft",
    "checked": "draft",
    "proposed": "proposed",
    "published": "published",
}
_OPEN: Mapping[RoundPhase, RoundPhase] = {
    "draft": "draft",
    "checked": "checked",
    "solving": "solving",
    "proposed": "proposed",
    "published": "published",
}
_UNDER_WAY: Mapping[RoundPhase, RoundPhase] = {
    "solving": "solving",
    "proposed": "proposed",
    "published": "published",
}
_SHOWN: Mapping[RoundPhase, RoundPhase] = {"proposed": "proposed", "published": "published"}
_ALWAYS: Mapping[RoundPhase, RoundPhase] = {phase: phase for phase in get_args(RoundPhase)}

ROUND_STEPS: Mapping[str, Mapping[RoundPhase, RoundPhase]] = {
    "settings": _CONTENT,
    "capacity": _CONTENT,
    "pin": _CONTENT,
    "unpin": _CONTENT,
    "forbid": _CONTENT,
    "allow": _CONTENT,
    "adjust": _CONTENT,
    "note": _OPEN,
    "carry": _CONTENT,
    "rank": {"checked": "checked"},
    "check": {"draft": "checked", "checked": "checked"},
    "solving": {"checked": "solving", "proposed": "solving", "published": "solving"},
    "solved": {"solving": "proposed"},
    "unsolved": {"solving": "solving"},
    "add": _SHOWN,
    "withdraw": _SHOWN,
    "swap": _SHOWN,
    "publish": {"proposed": "published", "published": "published"},
    "answer": _UNDER_WAY,
    "lapse": _SHOWN,
    "sign": _UNDER_WAY,
    "letters": _UNDER_WAY,
    "delivered": _ALWAYS,
    "close": {"published": "closed"},
    "cancel": {
        "draft": "cancelled",
        "checked": "cancelled",
        "solving": "cancelled",
        "proposed": "cancelled",
        "published": "cancelled",
    },
}
"""What is done to a round, the states it may be done in, and the state that follows.

``unsolved`` leads back to the state the solve began in; ``undo`` to the one before the edit undone. A round that is
proposed counts as published again as soon as something was published and nothing waits to be.
"""

_UNSEEN: Mapping[ProposalPhase, ProposalPhase] = {"proposed": "withdrawn", "pinned": "withdrawn"}
PROPOSAL_STEPS: Mapping[str, Mapping[ProposalPhase, ProposalPhase]] = {
    "propose": {"withdrawn": "proposed"},
    "pin": {"proposed": "pinned"},
    "unpin": {"pinned": "proposed"},
    "withdraw": {**_UNSEEN, **dict.fromkeys(OUT, "withdrawn")},
    "publish": {"proposed": "published", "pinned": "published"},
    "mentor says yes": {"published": "accepted_by_mentor", "accepted_by_mentee": "agreed"},
    "mentee says yes": {"published": "accepted_by_mentee", "accepted_by_mentor": "agreed"},
    "says no": {**dict.fromkeys(OUT, "declined"), "agreed": "declined"},
    "sign": {"agreed": "signed"},
}
"""What is done to a proposal, the states it may be done in, and the state that follows."""

BY_HAND = ("settings", "capacity", "pin", "unpin", "forbid", "allow", "adjust", "add", "withdraw", "swap", "carry")
"""What a facilitator decides."""
EDITS = (*BY_HAND, "note")
"""What a facilitator can undo, as long as nothing else has happened since."""

QUIET = ("note", "letters", "delivered", "rank")
"""What changes nothing that a decision rests on: it may be taken on the version before. A ranking comes before a solve,
which counts whatever has come by then."""

DECLINE_REASONS: Mapping[str, Sentence] = {
    "no_capacity": say("No capacity for it in this round"),
    "wrong_topic": say("The topic does not fit"),
    "other_partner": say("Prefers another partner"),
    "distance": say("Too far away"),
    "language": say("No common language"),
    "not_ready": say("Not ready yet"),
    "other": say("Another reason"),
}
"""The short list a decline chooses from; what each means for the next solve is in ``matcher.rounds.answering``."""


class Part(BaseModel):
    """A part of a round: frozen, and no key that is not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Answer(Part):
    """What one side said; ``on`` is an ISO date. ``reason`` is a key of ``DECLINE_REASONS``, empty for a yes."""

    yes: bool
    on: str
    who: str
    reason: str = ""
    words: str = ""
    topics: tuple[str, ...] = ()


class Proposal(Part):
    """One pair of a round. ``fit`` in 0..1 (``None``: not known), ``needs`` are capability ids worked on.

    ``by`` says where it came from: a solve, a human, or the reserve list.
    """

    mentor: str
    mentee: str
    phase: ProposalPhase
    by: Literal["solve", "hand", "reserve"] = "solve"
    fit: float | None = None
    needs: tuple[str, ...] = ()
    reason: str = ""
    signed_on: str = ""
    answers: dict[Side, Answer] = Field(default_factory=dict)

    @property
    def pair(self) -> Pair:
        """Mentor and mentee."""
        return self.mentor, self.mentee


class Note(Part):
    """A remark; ``mentor`` and ``mentee`` are empty where it is about the round."""

    who: str
    at: str
    text: str
    mentor: str = ""
    mentee: str = ""


class Solved(Part):
    """What the last solve left for the time after: places and mentors wanted by utility, and reserve lists.

    ``document`` is the id of the proposal document, ``input_hash`` that of the problem. ``reserves`` gives each
    mentee its next best mentors: (mentor, fit, needs), ``reserve_losses`` a sentence for each where it was solved for,
    ``reserve_basis`` what their order rests on (``matcher.rounds.reserving``; rounds solved long ago: their fit).
    ``limited`` tells that there are limits or staff-days to be asked before one is offered.
    """

    document: str
    input_hash: str
    top_up: bool = False
    places: dict[str, int] = Field(default_factory=dict)
    wanted: dict[str, int] = Field(default_factory=dict)
    reserves: dict[str, tuple[tuple[str, float, tuple[str, ...]], ...]] = Field(default_factory=dict)
    reserve_losses: dict[str, tuple[dict[str, Any], ...]] = Field(default_factory=dict)
    reserve_basis: Literal["fit", "prices", "points", "exact"] = "fit"
    limited: bool = False


class LivingRound(Part):
    """A round at one moment; ``version`` is the number of its last log entry, ``as_of`` an ISO date.

    ``recipients_choose`` is how many mentors each mentee is shown to rank before the solve (0: none), ``choose_by`` the
    last day for it (ISO), ``rankings`` the mentors each mentee ranked, best first: who gave no answer is not in it.
    """

    id: str
    title: str
    phase: RoundPhase = "draft"
    version: int = 0
    as_of: str
    policy: dict[str, Any]
    origin: str = ""
    order: Order = "mentor_first"
    deadline: str = ""
    reserve: bool = True
    recipients_choose: int = Field(default=0, ge=0, le=20)
    choose_by: str = ""
    rankings: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    messages: dict[str, str] = Field(default_factory=dict)
    """Own texts of letters, by ``matcher.rounds.messages.message_key``."""
    places: dict[str, int] = Field(default_factory=dict)
    wanted: dict[str, int] = Field(default_factory=dict)
    set_aside: tuple[Topic, ...] = ()
    pins: tuple[PairDecision, ...] = ()
    forbids: tuple[PairDecision, ...] = ()
    adjustments: tuple[FitAdjustment, ...] = ()
    notes: tuple[Note, ...] = ()
    carried: tuple[str, ...] = ()
    """Keys of what a past round offered and somebody decided on (``matcher.rounds.carrying``)."""
    findings: tuple[dict[str, Any], ...] = ()
    before_solving: RoundPhase | None = None
    solving_top_up: bool = False
    solved: Solved | None = None
    proposals: dict[str, Proposal] = Field(default_factory=dict)

    def proposal(self, mentor: str, mentee: str) -> Proposal | None:
        """The proposal of a pair, whatever its state; ``None`` where there never was one."""
        return self.proposals.get(proposal_key(mentor, mentee))

    def in_phase(self, *phases: ProposalPhase) -> Iterator[Proposal]:
        """The proposals in one of these states, in the order of their keys."""
        return (self.proposals[key] for key in sorted(self.proposals) if self.proposals[key].phase in phases)

    def held(self, side: Side, utility: str, *phases: ProposalPhase) -> int:
        """How many proposals in these states a utility has on one side."""
        return sum(getattr(each, side) == utility for each in self.proposals.values() if each.phase in phases)

    def room(self, side: Side, utility: str) -> int | None:
        """Places of a mentor, or mentors wanted by a mentee, in this round; ``None`` where it takes no part."""
        own, given = (self.places, "places") if side == "mentor" else (self.wanted, "wanted")
        if utility in own:
            return own[utility]
        found: dict[str, int] = getattr(self.solved, given) if self.solved is not None else {}
        return found.get(utility)


def proposal_key(mentor: str, mentee: str) -> str:
    """How a proposal is known within its round."""
    return f"{mentor}\n{mentee}"
