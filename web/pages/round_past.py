"""What has become of a round: two of its versions side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NotRequired, TypedDict

from flask import Response
from pydantic import Field

from graph.errors import UnknownName
from graph.sentences import say
from matcher.document import LeftOut, SentenceJson
from matcher.rounds.authors import same_names
from matcher.rounds.comparing import ChangedPair
from matcher.rounds.comparing import compare as side_by_side
from matcher.rounds.entry import Entry
from matcher.rounds.keeping import read_log, read_state, utility_names
from matcher.rounds.words import proposal_phase_name
from web.knowledge import keeper, view_here
from web.pages.round_rows import EntryRow, crumbs_of, entry_row
from web.pages.rounds import pages
from web.private_rounds import seen_log
from web.shown import Part, cut
from web.twin import Paged, answer, page


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
