"""What has become of a round: two versions side by side, and the record of its decisions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NotRequired, TypedDict, cast

from flask import Response
from pydantic import Field

from graph.errors import BadInput, UnknownName
from graph.rounds import read_round
from graph.sentences import Sentence, say
from matcher.document import GoalUse, LeftOut, LimitUse, ProposalDocument, SentenceJson, Totals, UtilityRef
from matcher.policy import parse_policy
from matcher.rounds.authors import same_names
from matcher.rounds.comparing import ChangedPair
from matcher.rounds.comparing import compare as side_by_side
from matcher.rounds.entry import Entry
from matcher.rounds.evenness import Evenness, GroupEvenness, by_group, evenness
from matcher.rounds.keeping import names_of, read_log, read_state, utility_names
from matcher.rounds.state import BY_HAND, LIVE
from matcher.rounds.words import phase_name, proposal_phase_name
from matcher.words import INCOME_NAMES, named
from web.knowledge import keeper, knowledge, view_here
from web.pages.round_rows import EntryRow, ProposalRow, crumbs_of, entry_row, proposal_rows
from web.pages.rounds import pages
from web.private_documents import seen_document
from web.private_rounds import seen_log, seen_round
from web.shown import Part, cut
from web.twin import Paged, Query, answer, page

OVERRIDES = (*BY_HAND, "undo")


class ChangedRow(TypedDict):
    """A pair whose proposal differs between two versions: its states, and the entries that decided on it."""

    mentor: str
    mentor_name: str
    mentee: str
    mentee_name: str
    before: str | None
    before_s: SentenceJson | None
    after: str | None
    after_s: SentenceJson | None
    entries: list[EntryRow]


class Compared(TypedDict):
    """Two versions of a round beside each other; mentees that gained a first or lost their last proposal."""

    id: str
    title: str
    first: int
    second: int
    version: int
    part: Part
    pairs: list[ChangedRow]
    gained: int
    lost: int
    left_out: NotRequired[LeftOut]


class GroupRow(GroupEvenness):
    """A group of mentees with its name."""

    title_s: SentenceJson


class Record(TypedDict):
    """The decision record of a round."""

    id: str
    title: str
    phase_s: SentenceJson
    version: int
    as_of: str
    policy: dict[str, Any]
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
    overrides: list[EntryRow]
    rankings: list[EntryRow]
    final: list[ProposalRow]
    left_out: NotRequired[LeftOut]


class CompareQuery(Paged):
    """Which two versions of a round; a version is the number of an entry in its log."""

    first: int | None = Field(default=None, ge=1, description="The earlier version; after the first solve if absent.")
    second: int | None = Field(default=None, ge=1, description="The later version; the present one if absent.")


@page(pages, "/rounds/<round_id>/compare", CompareQuery, Compared)
def compare(query: CompareQuery, round_id: str) -> Response:
    """What changed between two versions of a round, for whom, and why."""
    view = view_here()
    with keeper().store.read() as reader:
        state, entries = read_state(reader, round_id), read_log(reader, round_id)
        solves = [entry.number for entry in entries if entry.kind == "solved"]
        first, second = query.first or min(solves, default=1), query.second or len(entries)
        for version in (first, second):
            if version > len(entries):
                raise UnknownName(say("version of this round"), str(version), [str(len(entries))])
        found = side_by_side(entries, first, second)
        shown = cut(found["pairs"], query.page)
        names = utility_names(reader, (pair[side] for pair in shown.rows for side in ("mentor", "mentee")))
        told = seen_log(entries, view)
        rows = [_changed_row(pair, told, names) for pair in shown.rows]
    data = Compared(
        id=state.id,
        title=state.title,
        first=first,
        second=second,
        version=len(entries),
        part=shown.part,
        pairs=rows,
        gained=len(found["gained"]),
        lost=len(found["lost"]),
    )
    if view is not None:
        data["left_out"] = view.left_out
    return answer("round_compare.html", data, crumbs=crumbs_of(state), query=query)


def _changed_row(pair: ChangedPair, entries: Sequence[Entry], names: dict[str, str]) -> ChangedRow:
    before, after = pair["before"], pair["after"]
    return ChangedRow(
        mentor=pair["mentor"],
        mentor_name=names.get(pair["mentor"], pair["mentor"]),
        mentee=pair["mentee"],
        mentee_name=names.get(pair["mentee"], pair["mentee"]),
        before=before,
        before_s=proposal_phase_name(before).to_json() if before else None,
        after=after,
        after_s=proposal_phase_name(after).to_json() if after else None,
        entries=[entry_row(entries[number - 1], names, same_names(entries)) for number in pair["entries"]],
    )


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
        overrides = [entry_row(entry, names, same) for entry in seen_log(entries, view) if entry.kind in OVERRIDES]
        first = next(entry for entry in entries if entry.kind == "solved")
        began = cast(ProposalDocument, read_round(reader, first.body["document"]))
        rankings = [entry_row(entry, names, same) for entry in seen_log(entries, view) if entry.kind == "rank"]
    if view is not None:
        state, document = seen_round(state, view), seen_document(document, view)
    proposed = {(pair["mentor"], pair["mentee"]) for pair in first.body["pairs"]}
    final = [row for row in proposal_rows(state, names) if row["phase"] in LIVE]
    live = {(row["mentor"], row["mentee"]) for row in final}
    pool = {row["mentee"]["id"]: row["mentee"] for row in (*began["pairs"], *began["unmatched"])}
    served = [mentee for _mentor, mentee in proposed], [row["mentee"] for row in final]
    regions, incomes = _groups(pool)
    data = Record(
        id=state.id,
        title=state.title,
        phase_s=phase_name(state.phase).to_json(),
        version=state.version,
        as_of=state.as_of,
        policy=document["policy"],
        policy_toml=parse_policy(document["policy"], document["id"]).to_toml(),
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
        overrides=overrides,
        rankings=rankings,
        final=final,
    )
    if view is not None:
        data["left_out"] = view.left_out
    return answer("round_record.html", data, crumbs=crumbs_of(state))


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
