"""The proposal as a document: the one stable JSON form that commands, pages, downloads and the store share.

Built by ``matcher.proposal.propose``; nothing here imports a solver. Every ``*_s`` sentence is the JSON form of
``graph.sentences.Sentence`` (English text, template, values), so that a page can show it in any language.
Fits are in 0..1; points are the solver's whole numbers (``POINTS`` points are a fit of 1).

Counts that rest on what some utilities keep private are ``None`` for readers without the right to it, and ``left_out``
says what else is missing (``web.private_documents``); a document as it was made has all of them.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict

FORM = "wop-proposal/1"
POINTS = 10_000

SentenceJson: TypeAlias = dict[str, Any]


class LeftOut(TypedDict):
    """What a reader is not shown: how many private needs and figures, closed profiles, refusals, and partnerships.

    Of a partnership that counts it is how it went, and its private topics, that are not shown.
    """

    needs: int
    figures: int
    profiles: int
    refusals: int
    partnerships: int
    text_s: SentenceJson


class UtilityRef(TypedDict):
    """Enough of a utility to show a row; ``country_name``/``region_name`` are English."""

    id: str
    name: str
    country: str
    country_name: str
    region: str
    region_name: str


class NeedRef(TypedDict):
    """A need of a mentee inside a pair. ``quality`` is how well the mentor's offer covers it, 0..1."""

    capability: str
    capability_name: str
    priority: int | None
    provenance: Literal["stated", "inferred"]
    quality: float | None
    evidence_year: int | None


class Reason(TypedDict):
    """What one rule says of one pair: ``value`` in 0..1, or ``None`` where the evidence is unknown."""

    rule: str
    title_s: SentenceJson
    mode: Literal["graded", "mandatory"]
    value: float | None
    weight: float
    passed: bool
    text_s: SentenceJson


class PairExplanation(TypedDict):
    """Why a pair fits, or why it may not be: the same form for a proposed pair, a candidate and ``wop why``."""

    mentor: UtilityRef
    mentee: UtilityRef
    eligible: bool
    fit: float
    points: int
    covered: list[NeedRef]
    uncovered: list[NeedRef]
    evidence_known: int | None
    evidence_total: int
    reasons: list[Reason]


class ProposedPair(PairExplanation):
    """A pair of the proposal; ``covered`` are the needs this mentor works on in it."""

    pinned: bool


class RemovedBy(TypedDict):
    """How many mentors a rule removed for one mentee, and how many it alone removed."""

    rule: str
    title_s: SentenceJson
    removed: int
    alone: int


class UnmatchedMentee(TypedDict):
    """A mentee without a partner, and why."""

    mentee: UtilityRef
    needs: list[NeedRef]
    code: Literal["no_need", "no_eligible_mentor", "below_floor", "forbidden", "outbid", "limit", "not_shown"]
    text_s: SentenceJson
    eligible_mentors: int | None
    best_fit: float | None
    removed_by: list[RemovedBy]


class IdleMentor(TypedDict):
    """A mentor with no partner in the proposal."""

    mentor: UtilityRef
    places: int | None
    eligible_mentees: int | None
    text_s: SentenceJson


class LimitUse(TypedDict):
    """A limit and how full it is; ``price`` is what moving it by one would add (points), if computed."""

    id: str
    title_s: SentenceJson
    unit: Literal["partnerships", "money", "share", "balance"]
    lower: float | None
    upper: float | None
    used: float
    binding: bool
    price: float | None


class GoalUse(TypedDict):
    """A goal in its order, with the value reached and the proven bound (points or counts)."""

    id: str
    title_s: SentenceJson
    value: int | None
    bound: int | None
    proven: bool


class RegionTotals(TypedDict):
    """Totals of one region."""

    region: str
    region_name: str
    mentees: int
    served: int
    mentors: int
    places: int | None
    places_used: int


class Totals(TypedDict):
    """The proposal in numbers."""

    mentors: int
    mentees: int
    eligible_pairs: int | None
    pairs: int
    served: int
    unmatched: int
    needs: int
    needs_covered: int
    places: int | None
    places_used: int
    mean_fit: float | None
    lowest_fit: float | None


class Verification(TypedDict):
    """The independent check of the result: each thing checked, as a sentence."""

    passed: bool
    checks: list[SentenceJson]


class ProposalDocument(TypedDict):
    """A whole proposal."""

    form: str
    id: str
    as_of: str
    seed: int
    policy: dict[str, Any]
    method: str
    proven: bool
    input_hash: str
    versions: dict[str, str]
    totals: Totals
    goals: list[GoalUse]
    limits: list[LimitUse]
    regions: list[RegionTotals]
    pairs: list[ProposedPair]
    unmatched: list[UnmatchedMentee]
    idle_mentors: list[IdleMentor]
    verification: Verification
    left_out: NotRequired[LeftOut]
