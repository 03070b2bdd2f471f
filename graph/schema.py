"""The property graph: which labels and relationship types there are, and what each one carries.

Both stores are made from this table, so a field is declared in one place only.

    (:Utility)-[:OFFERS]->(:Capability)            (:Utility)-[:NEEDS]->(:Capability)
    (:Utility)-[:OBSERVED]->(:Metric)              figures keep their year and source
    (:Utility)-[:LOCATED_IN]->(:Country)-[:IN]->(:Region)
    (:Capability)-[:PART_OF]->(:CapabilityGroup)   (:Capability)-[:RELATED_TO]->(:Capability)
    (:Utility)-[:MENTORS_IN]->(:Partnership)<-[:LEARNS_IN]-(:Utility)
    (:Partnership)-[:COVERS]->(:Capability)
    (:Programme|:Funder|:Facilitator)-[:RUNS|:FUNDS|:FACILITATES]->(:Partnership)
    (:Round)                                       one solve; its document is a record by nature
    (:MatchingRound)-[:SOLVED_AS]->(:Round)        a round as it lives, and the solves of it
    (:MatchingRound)-[:LOGGED]->(:RoundEntry)      its log: who changed what, when and why
    (:MatchingRound)-[:HAS]->(:Proposal)-[:MENTOR|:MENTEE]->(:Utility)
    (:MatchingRound)-[:BECAME]->(:Partnership)     what a closed round brought
    (:Partnership)-[:TOLD]->(:PartnershipEntry)    its log: dates, results, answers, work plan, and who entered them
    (:Idea)-[:NOTED]->(:IdeaEntry)                 a partnership somebody proposed, with its concept note and log
    (:RoundInput)                                  the problem of a solve, by its hash, so that it can be replayed
    (:Utility)-[:CHANGED]->(:ProfileEntry)         who changed what of a utility by the pages, and when
    (:Utility)-[:ANSWERED_TO]->(:Utility)          what a utility said to a suggested partner, outside any round
    (:Job)-[:MADE]->(:Round)                       work somebody asked for, and what it brought
    (:SavedView)                                   a view of the network that somebody named
    (:Drawing)                                     where the network's utilities are drawn, worked out once
    (:Account) (:Session) (:SignInLink) (:ApiToken) (:Attempts)    who may come in: ``PEOPLE``, apart from the rest
    (:WaitingUpload)                               tables that were checked and wait for a yes, apart too
    (:DoneRequest)                                 writes of programs that may be sent again, apart too
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FieldType = Literal["text", "integer", "number", "flag", "date", "texts", "document"]
"""What a field holds: ``str``, ``int``, ``float``, ``bool``, ISO date ``str``, tuple of ``str``, JSON ``str``.

Every field may be ``None``, which means *unknown*.
"""


@dataclass(frozen=True, slots=True)
class Field:
    """One property of a node or an edge."""

    name: str
    type: FieldType = "text"


@dataclass(frozen=True, slots=True)
class NodeKind:
    """A label; nodes of it are known by their ``id``, a text that is never empty."""

    label: str
    fields: tuple[Field, ...] = ()
    apart: bool = False
    """Who may come in, or what is worked out and kept; no part of what is known: changing it does not grow the
    revision, it is in no export and no digest, and clearing or restoring a store leaves it as it is."""


@dataclass(frozen=True, slots=True)
class EdgeKind:
    """A relationship type between two labels.

    An edge is known by ``source``, ``target`` and ``key``; ``key`` is empty where one edge between two nodes
    is enough, and tells parallel edges apart where it is not (the year of a figure). No field may have one of
    these three names: who says so is ``stated_by``, the figure aimed at ``target_value``.
    """

    type: str
    source: str
    target: str
    fields: tuple[Field, ...] = ()


def _fields(spec: str) -> tuple[Field, ...]:
    """Fields from ``"name name:type ..."``."""
    fields = []
    for word in spec.split():
        name, _, kind = word.partition(":")
        fields.append(Field(name, kind or "text"))  # type: ignore[arg-type]  # words are literals of this module
    return tuple(fields)


NODES: dict[str, NodeKind] = {
    kind.label: kind
    for kind in (
        NodeKind(
            "Utility",
            _fields(
                "name country languages:texts ownership not_for_profit:flag charter_signed_on:date"
                " leadership_letter:flag services:texts water_source network_type climate"
                " latitude:number longitude:number mentor_places:integer minimum_mentees:integer"
                " mentor_staff_days:number mentors_wanted:integer investment_coming:flag"
                " twinned_with:texts preferred_partners:texts refused_partners:texts"
                " not_offered:texts not_needed:texts"
                " private:flag facilitator source_url note"
            ),
        ),
        NodeKind("Capability", _fields("name definition")),
        NodeKind("CapabilityGroup", _fields("name")),
        NodeKind(
            "Country",
            _fields(
                "name income_group income_year:integer fragile:flag fragile_year:integer languages:texts"
                " latitude:number longitude:number utc_offset:number"
            ),
        ),
        NodeKind("Region", _fields("name continent")),
        NodeKind(
            "Partnership",
            _fields(
                "wop start_year:integer end_year:integer status confidence flags:texts excerpt_fact"
                " source_url source_url_2 start_on:date end_on:date went:number went_on:date"
            ),
        ),
        NodeKind("PartnershipEntry", _fields("partnership number:integer at who side kind body:document")),
        NodeKind("Programme", _fields("name")),
        NodeKind("Funder", _fields("name")),
        NodeKind("Facilitator", _fields("name")),
        NodeKind("Metric", _fields("name unit higher_is_better:flag lowest:number highest:number capability")),
        NodeKind("Round", _fields("made_at as_of:date policy_name input_hash scenario:flag document:document")),
        NodeKind("Job", _fields("kind ended_at")),
        NodeKind("MatchingRound", _fields("title phase version:integer made_at document:document solved:document")),
        NodeKind("RoundEntry", _fields("round number:integer at who account why kind body:document")),
        NodeKind("Proposal", _fields("round mentor mentee phase body:document")),
        NodeKind("RoundInput", _fields("archive:document")),
        NodeKind("ProfileEntry", _fields("utility number:integer at who kind key body:document")),
        NodeKind("Idea", _fields("phase version:integer made_at document:document")),
        NodeKind("IdeaEntry", _fields("idea number:integer at who why kind body:document")),
        NodeKind(
            "Account",
            _fields(
                "name roles:texts regions:texts utilities:texts language password_hash disabled:flag made_at subject"
                " version:integer"
            ),
            apart=True,
        ),
        NodeKind("AccountChange", _fields("account number:integer at who step body:document"), apart=True),
        NodeKind("Session", _fields("account made_at seen_at ends_at agent by_link:flag"), apart=True),
        NodeKind("SignInLink", _fields("account made_at ends_at"), apart=True),
        NodeKind("ApiToken", _fields("account name scopes:texts made_at ends_at"), apart=True),
        NodeKind("DoneRequest", _fields("asked status:integer location body:document ends_at"), apart=True),
        NodeKind("Mailing", _fields("round number:integer job beat_at heard:document"), apart=True),
        NodeKind("Attempts", _fields("count:integer ends_at"), apart=True),
        NodeKind("WaitingUpload", _fields("account made_at ends_at files:document"), apart=True),
        NodeKind("SavedView", _fields("name question who roles:texts made_at")),
        NodeKind("Drawing", _fields("document:document"), apart=True),
        NodeKind("PlanAnswer", _fields("revision:integer made_at document:document"), apart=True),
    )
}

PEOPLE = tuple(label for label, kind in NODES.items() if kind.apart)
"""The labels that are apart, of who may come in for the most part; no edge has an end in them."""

KNOWN = tuple(label for label in NODES if label not in PEOPLE)
"""The labels of what is known."""

OF_ROUNDS = frozenset(("Round", "Job", "MatchingRound", "RoundEntry", "Proposal", "RoundInput", "Idea", "IdeaEntry"))
"""The labels of rounds as they live, of the work for them, and of ideas, which are no part of the network."""

ASIDE = frozenset(("PartnershipEntry", "ProfileEntry", "SavedView"))
"""The labels of what people write about the network: logs, work plans and views, which change nothing in it."""

EDGES: dict[str, EdgeKind] = {
    kind.type: kind
    for kind in (
        EdgeKind("LOCATED_IN", "Utility", "Country"),
        EdgeKind("IN", "Country", "Region"),
        EdgeKind("PART_OF", "Capability", "CapabilityGroup"),
        EdgeKind("RELATED_TO", "Capability", "Capability", _fields("closeness:number")),
        EdgeKind(
            "OFFERS",
            "Utility",
            "Capability",
            _fields("level:integer staff_days:number evidence year:integer stated_by"),
        ),
        EdgeKind(
            "NEEDS",
            "Utility",
            "Capability",
            _fields(
                "priority:integer indicator baseline:number target_value:number status staff_days:number"
                " year:integer stated_by private:flag"
            ),
        ),
        EdgeKind("OBSERVED", "Utility", "Metric", _fields("value:number year:integer source_url note private:flag")),
        EdgeKind("MENTORS_IN", "Utility", "Partnership"),
        EdgeKind("LEARNS_IN", "Utility", "Partnership"),
        EdgeKind(
            "COVERS",
            "Partnership",
            "Capability",
            _fields(
                "baseline:number target_value:number result:number indicator result_year:integer result_source"
                " private:flag"
            ),
        ),
        EdgeKind("TOLD", "Partnership", "PartnershipEntry"),
        EdgeKind("RUNS", "Programme", "Partnership"),
        EdgeKind("FUNDS", "Funder", "Partnership"),
        EdgeKind("FACILITATES", "Facilitator", "Partnership"),
        EdgeKind("MADE", "Job", "Round", _fields("position:integer")),
        EdgeKind("SOLVED_AS", "MatchingRound", "Round"),
        EdgeKind("LOGGED", "MatchingRound", "RoundEntry"),
        EdgeKind("HAS", "MatchingRound", "Proposal"),
        EdgeKind("BECAME", "MatchingRound", "Partnership"),
        EdgeKind("NOTED", "Idea", "IdeaEntry"),
        EdgeKind("MENTOR", "Proposal", "Utility"),
        EdgeKind("MENTEE", "Proposal", "Utility"),
        EdgeKind("CHANGED", "Utility", "ProfileEntry"),
        EdgeKind("ANSWERED_TO", "Utility", "Utility", _fields("answer words who at")),
    )
}

NETWORK = (frozenset(KNOWN) - OF_ROUNDS - ASIDE) | {
    type
    for type, kind in EDGES.items()
    if not {kind.source, kind.target} & (OF_ROUNDS | ASIDE) and type != "ANSWERED_TO"
}
"""The labels and types of the network: what ``graph.network.read_network`` may read."""

SCHEMA_VERSION = 5
