"""What the two sides and their facilitators enter: dates and status, results, and three answers after the end."""

from __future__ import annotations

import math
from datetime import date, datetime

from graph.errors import BadInput, Conflict, UnknownName
from graph.model import Partnership
from graph.sentences import say
from graph.store import Store, Transaction
from matcher.register.keeping import record, the_partnership
from matcher.register.state import AGAIN, REACHED, SHARED, STATUSES, Again, Reached, Shared, Told

FIRST_YEAR = 1900
OVER = ("completed", "stopped")


def is_over(partnership: Partnership, on: date) -> bool:
    """Whether a partnership has ended by a day: its status says so, or its last day or year is past."""
    if partnership.status in OVER:
        return True
    if partnership.end_on is not None:
        return partnership.end_on < on.isoformat()
    return partnership.end_year is not None and partnership.end_year < on.year


def set_dates(
    store: Store,
    id: str,
    utility: str,
    *,
    status: str | None,
    start: date | None,
    end: date | None,
    on: date,
    who: str,
    seen: int | None = None,
    at: datetime | None = None,
) -> Told:
    """How it stands, and its first and last day; a day not given stays unknown, and a year known before stays known.

    Raises ``UnknownName`` for a status there is not, ``BadInput`` for days that cannot be.
    """
    if status is not None and status not in STATUSES:
        raise UnknownName(say("status"), status, list(STATUSES))
    if start is not None and end is not None and end < start:
        raise BadInput(say("The last day is before the first."), say("Correct one of the two."))
    if status in OVER and end is None:
        raise BadInput(say("The last day is missing."), say("Say when the partnership ended."))
    if status in OVER and end is not None and end > on:
        raise BadInput(
            say("A partnership that is over cannot end in the future."), say("Say “running”, or correct the last day.")
        )

    def also(transaction: Transaction, _told: Told) -> None:
        columns: dict[str, list[object]] = {
            "id": [id],
            "status": [status],
            "start_on": [None if start is None else start.isoformat()],
            "end_on": [None if end is None else end.isoformat()],
        }
        columns |= {"start_year": [start.year]} if start is not None else {}
        columns |= {"end_year": [end.year]} if end is not None else {}
        transaction.merge_nodes("Partnership", columns)

    body = {
        "status": status,
        "start": None if start is None else start.isoformat(),
        "end": None if end is None else end.isoformat(),
    }
    return record(store, id, utility, "dates", body, who=who, seen=seen, at=at, also=also)


def set_result(
    store: Store,
    id: str,
    utility: str,
    capability: str,
    *,
    indicator: str | None = None,
    baseline: float | None = None,
    target: float | None = None,
    result: float | None = None,
    year: int | None = None,
    source: str | None = None,
    private: bool = False,
    on: date,
    who: str,
    seen: int | None = None,
    at: datetime | None = None,
) -> Told:
    """What was reached on one capability; what is not given is unknown. ``private``: for the two and facilitators only.

    A topic that is private is opened by the mentee's side alone: it is the one whose need it tells.

    Raises ``UnknownName`` for a capability there is not, ``BadInput`` for a figure or a year that cannot be, or for a
    result without a source.
    """
    for figure in (baseline, target, result):
        if figure is not None and not math.isfinite(figure):
            raise BadInput(say("A figure must be a number."), say("Leave it empty where it is unknown."))
    if year is not None and not FIRST_YEAR <= year <= on.year:
        raise BadInput(
            say("The year must be from {first} to {last}.", first=str(FIRST_YEAR), last=str(on.year)),
            say("Give the year of the result."),
        )
    if result is not None and (year is None or not source):
        raise BadInput(
            say("A result needs its year and its source."), say("Say which year, and where the figure comes from.")
        )
    body = {
        "capability": capability,
        "indicator": indicator,
        "baseline": baseline,
        "target": target,
        "result": result,
        "year": year,
        "source": source,
        "private": private,
    }

    def also(transaction: Transaction, _told: Told) -> None:
        known = transaction.names("Capability")["id"]
        if capability not in known:
            raise UnknownName(say("capability"), capability, known)
        before = the_partnership(transaction, id)
        closed = private or (capability in before.private_topics and utility != before.mentee)
        transaction.merge_edges(
            "COVERS",
            {
                "source": [id],
                "target": [capability],
                "indicator": [indicator],
                "baseline": [baseline],
                "target_value": [target],
                "result": [result],
                "result_year": [year],
                "result_source": [source],
                "private": [closed or None],
            },
        )

    return record(store, id, utility, "result", body, who=who, seen=seen, at=at, also=also)


def give_answer(
    store: Store,
    id: str,
    utility: str,
    *,
    reached: Reached,
    again: Again,
    words: str = "",
    shared: Shared = "two",
    on: date,
    who: str,
    seen: int | None = None,
    at: datetime | None = None,
) -> Told:
    """One side's answers after the end. Once both have answered, how it went counts in the fit of the next round.

    Raises ``Conflict`` before the end, ``UnknownName`` for an answer that is not of the scale.
    """
    for what, given, scale in (
        (say("answer"), reached, REACHED),
        (say("answer"), again, AGAIN),
        (say("choice of readers"), shared, SHARED),
    ):
        if given not in scale:
            raise UnknownName(what, given, list(scale))

    def body(partnership: Partnership, _told: Told) -> dict[str, object]:
        if not is_over(partnership, on):
            raise Conflict(
                say("This partnership has not ended, so the questions are not open yet."),
                say("Enter its last day first."),
            )
        return {"reached": reached, "again": again, "words": words.strip(), "shared": shared, "on": on.isoformat()}

    def also(transaction: Transaction, told: Told) -> None:
        went = told.went
        columns: dict[str, list[object]] = {"id": [id], "went": [None], "went_on": [None]}
        if went is not None:
            columns |= {"went": [went[0]], "went_on": [went[1]]}
        transaction.merge_nodes("Partnership", columns)

    return record(store, id, utility, "answer", body, who=who, seen=seen, at=at, also=also)
