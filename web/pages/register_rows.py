"""What the pages of the register show of a partnership, and which partnerships a reader's filters leave."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal, TypedDict

from pydantic import Field

from graph.model import Partnership, Result
from graph.sentences import say
from matcher.register.state import STATUSES
from web.pages.utilities import PastPartnership, check_known, past, place_of
from web.search import matches
from web.snapshot import Knowledge
from web.twin import Paged

HEADINGS = (
    "id",
    "partnership",
    "mentor id",
    "mentor",
    "mentor country",
    "mentee id",
    "mentee",
    "mentee country",
    "start year",
    "end year",
    "start",
    "end",
    "status",
    "topics",
    "programme",
    "funder",
    "facilitator",
    "results",
    "confidence",
    "source",
    "second source",
)


class PartnershipsQuery(Paged):
    """Which partnerships."""

    q: str | None = Field(default=None, max_length=200, description="Words in the names, places or programme.")
    mentor: str | None = Field(default=None, max_length=200, description="Words in the mentor's name or place.")
    mentee: str | None = Field(default=None, max_length=200, description="Words in the mentee's name or place.")
    region: str | None = Field(default=None, description="Id of the region of the mentor or the mentee.")
    capability: str | None = Field(default=None, description="Id of a capability worked on.")
    programme: str | None = Field(default=None, max_length=300, description="Name of a programme.")
    funder: str | None = Field(default=None, max_length=300, description="Name of a funder.")
    facilitator: str | None = Field(default=None, max_length=300, description="Name of a facilitator.")
    first: int | None = Field(
        default=None, ge=1900, le=2200, description="Known to be under way in this year or later."
    )
    last: int | None = Field(default=None, ge=1900, le=2200, description="Begun in this year or before.")
    status: Literal["planned", "running", "completed", "stopped", "unknown"] | None = Field(
        default=None, description="How it stands."
    )
    results: bool | None = Field(default=None, description="Only those with a result.")

    @property
    def further(self) -> bool:
        """Whether any of the filters is set that stand behind “more filters”."""
        named = (self.mentor, self.mentee, self.programme, self.funder, self.facilitator, self.status)
        return any((*named, self.first, self.last, self.results))


class ResultRow(TypedDict):
    """What was reached on one capability; ``None`` is unknown."""

    capability: str
    capability_name: str
    indicator: str | None
    baseline: float | None
    target: float | None
    result: float | None
    year: int | None
    source: str | None
    private: bool


class DocumentedPair(PastPartnership):
    """A pair with what its sources say, and what was reached."""

    facilitator: str | None
    funder: str | None
    status: str | None
    confidence: str | None
    excerpt_fact: str | None
    sources: list[str]
    start_on: str | None
    end_on: str | None
    results: list[ResultRow]


def found(known: Knowledge, query: PartnershipsQuery) -> list[Partnership]:
    """The pairs a query asks for, those begun last first.

    Raises ``UnknownName`` for a region or capability nobody knows.
    """
    check_known(
        (say("region"), query.region, known.network.region_by_id),
        (say("capability"), query.capability, known.network.capability_by_id),
        (say("programme"), query.programme, names_of(known, "programme")),
        (say("funder"), query.funder, names_of(known, "funder")),
        (say("facilitator"), query.facilitator, names_of(known, "facilitator")),
    )
    chosen = (pair for pair in known.network.partnerships if _asked_for(known, query, pair))
    return sorted(chosen, key=lambda pair: (-(pair.start_year or 0), pair.wop, pair.id))


def names_of(known: Knowledge, party: Literal["programme", "funder", "facilitator"]) -> dict[str, str]:
    """The programmes, funders or facilitators that partnerships name, in the order of their names."""
    there = {name for pair in known.network.partnerships if (name := getattr(pair, party)) is not None}
    return {name: name for name in sorted(there, key=str.casefold)}


def documented(known: Knowledge, pair: Partnership) -> DocumentedPair:
    """A pair with all that a reader may see of it."""
    return DocumentedPair(
        **past(known, pair),
        facilitator=pair.facilitator,
        funder=pair.funder,
        status=pair.status,
        confidence=pair.confidence,
        excerpt_fact=pair.excerpt_fact,
        sources=[source for source in (pair.source_url, pair.source_url_2) if source],
        start_on=pair.start_on,
        end_on=pair.end_on,
        results=[result_row(known, pair, result) for result in pair.results],
    )


def result_row(known: Knowledge, pair: Partnership, result: Result) -> ResultRow:
    """A result with the name of its capability."""
    return ResultRow(
        capability=result.capability,
        capability_name=known.capability_name(result.capability),
        indicator=result.indicator,
        baseline=result.baseline,
        target=result.target,
        result=result.result,
        year=result.year,
        source=result.source,
        private=result.capability in pair.private_topics,
    )


def sheet_rows(pairs: Iterable[DocumentedPair]) -> Iterator[tuple[Any, ...]]:
    """One row a pair, in the order of ``HEADINGS``; texts in English."""
    for pair in pairs:
        yield (
            pair["id"],
            pair["wop"],
            pair["mentor"]["id"],
            pair["mentor"]["name"],
            pair["mentor"]["country_name"],
            pair["mentee"]["id"],
            pair["mentee"]["name"],
            pair["mentee"]["country_name"],
            pair["start_year"],
            pair["end_year"],
            pair["start_on"],
            pair["end_on"],
            pair["status"],
            "; ".join(pair["capabilities"]),
            pair["programme"],
            pair["funder"],
            pair["facilitator"],
            "; ".join(_in_words(row) for row in pair["results"]),
            pair["confidence"],
            *(pair["sources"] + [None, None])[:2],
        )


def _in_words(row: ResultRow) -> str:
    figures = [f"{name} {row[name]:g}" for name in ("baseline", "target", "result") if row[name] is not None]
    about = [part for part in (row["indicator"], str(row["year"] or ""), row["source"]) if part]
    return f"{row['capability']}: {', '.join([*figures, *about])}"


def _asked_for(known: Knowledge, query: PartnershipsQuery, pair: Partnership) -> bool:
    mentor, mentee = known.refs[pair.mentor], known.refs[pair.mentee]
    parties = [party for party in (pair.wop, pair.programme, pair.facilitator, pair.funder) if party]
    begun, ended = pair.start_year or pair.end_year, pair.end_year or pair.start_year
    return (
        (not query.region or query.region in (mentor["region"], mentee["region"]))
        and (not query.capability or query.capability in pair.capabilities)
        and (not query.programme or query.programme == pair.programme)
        and (not query.funder or query.funder == pair.funder)
        and (not query.facilitator or query.facilitator == pair.facilitator)
        and (not query.status or query.status == (pair.status if pair.status in STATUSES else "unknown"))
        and (query.first is None or (ended is not None and ended >= query.first))
        and (query.last is None or (begun is not None and begun <= query.last))
        and (not query.results or any(result.result is not None for result in pair.results))
        and (not query.mentor or matches(query.mentor, mentor["name"], place_of(mentor)))
        and (not query.mentee or matches(query.mentee, mentee["name"], place_of(mentee)))
        and (
            not query.q or matches(query.q, mentor["name"], mentee["name"], place_of(mentor), place_of(mentee), parties)
        )
    )
