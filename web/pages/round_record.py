"""The record of a round's decisions: what was reached, what people overruled, and what became of it; to be printed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NotRequired, TypedDict, cast

from flask import Response

from graph.errors import BadInput
from graph.rounds import read_round
from graph.sentences import Sentence, say
from matcher.document import GoalUse, LeftOut, LimitUse, ProposalDocument, SentenceJson, Totals, UtilityRef
from matcher.policy import parse_policy
from matcher.policy_short import in_short
from matcher.rounds import course
from matcher.rounds.authors import same_names, told_apart
from matcher.rounds.entry import Entry
from matcher.rounds.evenness import Evenness, GroupEvenness, by_group, evenness
from matcher.rounds.keeping import names_of, read_log, read_state
from matcher.rounds.state import BY_HAND, DECLINE_REASONS, LIVE
from matcher.rounds.words import phase_name, proposal_phase_name
from matcher.words import INCOME_NAMES, named
from web.knowledge import keeper, knowledge, view_here
from web.pages.round_rows import EntryRow, ProposalRow, crumbs_of, entry_row, proposal_rows
from web.pages.rounds import pages
from web.private_documents import seen_document
from web.private_rounds import seen_log, seen_round
from web.twin import Query, answer, page

OVERRIDES = (*BY_HAND, "undo")
NOT_TOLD = say("not shown: it rests on what a utility keeps private")
SIDES = {"mentor": say("the mentor"), "mentee": say("the mentee")}


class GroupRow(GroupEvenness):
    """A group of mentees with its name."""

    title_s: SentenceJson


class OverrideRow(EntryRow):
    """A decision by hand; ``undone`` where it was taken back."""

    undone: bool


class SolveRow(TypedDict):
    """One solve of the round; ``fresh`` of its pairs had no live proposal before. ``input_hash`` may be kept back."""

    number: int
    at: str
    who: str
    top_up: bool
    pairs: int
    fresh: int
    document: str
    input_hash: str


class DeclineRow(TypedDict):
    """A no: by which side of which pair, with its reason from the short list, but never its words."""

    mentor: str
    mentor_name: str
    mentee: str
    mentee_name: str
    side: str
    side_s: SentenceJson
    reason: str | None
    reason_s: SentenceJson
    on: str


class ReasonRow(TypedDict):
    """How often a reason was given, by mentors and by mentees."""

    reason: str | None
    text_s: SentenceJson
    by_mentors: int
    by_mentees: int


class GoneRow(TypedDict):
    """A pair of the first solve that is none in the end, and what its proposal became."""

    mentor: str
    mentor_name: str
    mentee: str
    mentee_name: str
    phase: str | None
    phase_s: SentenceJson


class Record(TypedDict):
    """The decision record of a round."""

    id: str
    title: str
    phase_s: SentenceJson
    version: int
    as_of: str
    policy: dict[str, Any]
    policy_short: list[SentenceJson]
    policy_toml: str
    input_hash: str
    document: str
    method: str
    proven: bool
    versions: dict[str, str]
    totals: Totals
    goals: list[GoalUse]
    limits: list[LimitUse]
    proposed: int
    kept: int
    added: int
    lost: int
    even_proposed: Evenness
    even_final: Evenness
    income_groups: list[GroupRow]
    regions: list[GroupRow]
    solves: list[SolveRow]
    overrides: list[OverrideRow]
    declines: list[DeclineRow]
    decline_reasons: list[ReasonRow]
    gone: list[GoneRow]
    rankings: list[EntryRow]
    final: list[ProposalRow]
    left_out: NotRequired[LeftOut]


@page(pages, "/rounds/<round_id>/record", Query, Record)
def record(_query: Query, round_id: str) -> Response:
    """The decision record: what was reached, what was overruled by whom and why, proposal against final."""
    view = view_here()
    with keeper().store.read() as reader:
        state, entries = read_state(reader, round_id), read_log(reader, round_id)
        if state.solved is None:
            raise BadInput(say("The round {id} has not been solved.", id=round_id), say("Solve it first."))
        document = cast(ProposalDocument, read_round(reader, state.solved.document))
        names = names_of(reader, state)
        same = same_names(entries)
        told = seen_log(entries, view)
        overrides = _overrides(told, names, same)
        first = next(entry for entry in entries if entry.kind == "solved")
        began = cast(ProposalDocument, read_round(reader, first.body["document"]))
        rankings = [entry_row(entry, names, same) for entry in told if entry.kind == "rank"]
    if view is not None:
        state, document = seen_round(state, view), seen_document(document, view)
    proposed = {(pair["mentor"], pair["mentee"]) for pair in first.body["pairs"]}
    final = [row for row in proposal_rows(state, names) if row["phase"] in LIVE]
    live = {(row["mentor"], row["mentee"]) for row in final}
    pool = {row["mentee"]["id"]: row["mentee"] for row in (*began["pairs"], *began["unmatched"])}
    served = [mentee for _mentor, mentee in proposed], [row["mentee"] for row in final]
    regions, incomes = _groups(pool)
    declined = course.declines(state)
    shown_policy = parse_policy(document["policy"], document["id"])
    data = Record(
        id=state.id,
        title=state.title,
        phase_s=phase_name(state.phase).to_json(),
        version=state.version,
        as_of=state.as_of,
        policy=document["policy"],
        policy_short=[each.to_json() for each in in_short(knowledge().network, shown_policy)],
        policy_toml=shown_policy.to_toml(),
        input_hash=document["input_hash"],
        document=document["id"],
        method=document["method"],
        proven=document["proven"],
        versions=document["versions"],
        totals=document["totals"],
        goals=document["goals"],
        limits=document["limits"],
        proposed=len(proposed),
        kept=len(proposed & live),
        added=len(live - proposed),
        lost=len(proposed - live),
        even_proposed=evenness(list(pool), ((pair["mentee"], pair["fit"]) for pair in first.body["pairs"])),
        even_final=evenness(list(pool), ((row["mentee"], row["fit"]) for row in final)),
        income_groups=_group_rows(incomes, *served),
        regions=_group_rows(regions, *served),
        solves=[_solve_row(each, same, hashed=view is None) for each in course.solves(entries)],
        overrides=overrides,
        declines=[_decline_row(each, names) for each in declined],
        decline_reasons=[
            ReasonRow(
                reason=reason or None,
                text_s=DECLINE_REASONS.get(reason, NOT_TOLD).to_json(),
                by_mentors=count["mentor"],
                by_mentees=count["mentee"],
            )
            for reason, count in course.reasons(declined).items()
        ],
        gone=[_gone_row(each, names) for each in course.gone(state, proposed)],
        rankings=rankings,
        final=final,
    )
    if view is not None:
        data["left_out"] = view.left_out
    return answer("round_record.html", data, crumbs=crumbs_of(state))


def _overrides(entries: Sequence[Entry], names: dict[str, str], same: Collection[str]) -> list[OverrideRow]:
    back = course.undone(entries)
    return [
        OverrideRow(**entry_row(entry, names, same), undone=entry.number in back)
        for entry in entries
        if entry.kind in OVERRIDES
    ]


def _solve_row(solve: course.Solve, same: Collection[str], *, hashed: bool) -> SolveRow:
    """A solve; the hash of its input only for who sees everything: a guess at what is private could be tried by it."""
    body = solve.entry.body
    return SolveRow(
        number=solve.entry.number,
        at=solve.entry.at,
        who=told_apart(solve.entry, same),
        top_up=solve.top_up,
        pairs=solve.pairs,
        fresh=solve.fresh,
        document=body["document"],
        input_hash=body["input_hash"] if hashed else "",
    )


def _decline_row(decline: course.Decline, names: dict[str, str]) -> DeclineRow:
    return DeclineRow(
        mentor=decline.mentor,
        mentor_name=names.get(decline.mentor, decline.mentor),
        mentee=decline.mentee,
        mentee_name=names.get(decline.mentee, decline.mentee),
        side=decline.side,
        side_s=SIDES[decline.side].to_json(),
        reason=decline.reason or None,
        reason_s=DECLINE_REASONS.get(decline.reason, NOT_TOLD).to_json(),
        on=decline.on,
    )


def _gone_row(gone: course.Gone, names: dict[str, str]) -> GoneRow:
    became = proposal_phase_name(gone.phase) if gone.phase is not None else say("taken back by undoing")
    return GoneRow(
        mentor=gone.mentor,
        mentor_name=names.get(gone.mentor, gone.mentor),
        mentee=gone.mentee,
        mentee_name=names.get(gone.mentee, gone.mentee),
        phase=gone.phase,
        phase_s=became.to_json(),
    )


Groups = dict[str, tuple[str, Sentence]]
"""Each mentee's group, and what it is called."""


def _groups(pool: dict[str, UtilityRef]) -> tuple[Groups, Groups]:
    """Mentees by region and by income group of their country."""
    countries = knowledge().network.country_by_id
    income = {code: country.income_group or "" for code, country in countries.items()}
    by_region = {id: (ref["region"], named(ref["region_name"])) for id, ref in pool.items()}
    unknown = say("income group unknown")
    of = {id: income.get(ref["country"], "") for id, ref in pool.items()}
    return by_region, {id: (group, INCOME_NAMES.get(group, unknown)) for id, group in of.items()}


def _group_rows(groups: Groups, proposed: list[str], final: list[str]) -> list[GroupRow]:
    titles = {group: title.to_json() for group, title in groups.values()}
    found = by_group({id: group for id, (group, _title) in groups.items()}, proposed, final)
    return [GroupRow(**row, title_s=titles[row["group"]]) for row in found]
