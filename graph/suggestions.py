"""What a utility said to a suggested partner, outside any round: (:Utility)-[:ANSWERED_TO]->(:Utility).

It is for the utility itself and its facilitators; the partner is never told. Each answer and each answer taken back is
an entry of the utility's log, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from graph.profile_log import add_entry
from graph.rounds import moment
from graph.sentences import Sentence, say
from graph.store import Reader, Store

Interest = Literal["interested", "not_now", "no_thanks"]
Role = Literal["mentee", "mentor"]

INTERESTS: Mapping[Interest, Sentence] = {
    "interested": say("interested"),
    "not_now": say("not now"),
    "no_thanks": say("no, thank you"),
}


@dataclass(frozen=True, slots=True)
class SuggestionAnswer:
    """``role`` is the utility's own in that pair; ``at`` an ISO time in UTC."""

    utility: str
    partner: str
    role: Role
    answer: Interest
    words: str
    who: str
    at: str


def read_answers(reader: Reader, utilities: list[str] | None = None) -> list[SuggestionAnswer]:
    """The answers of these utilities, or of all; ordered by utility, partner and role."""
    edges = reader.edges("ANSWERED_TO", sources=utilities)
    names = ("source", "target", "key", "answer", "words", "who", "at")
    rows = zip(*(edges[name] for name in names), strict=True)
    return [
        SuggestionAnswer(source, target, key, answer, words or "", who, at)
        for source, target, key, answer, words, who, at in rows
    ]


def answer_suggestion(
    store: Store,
    utility: str,
    partner: str,
    role: Role,
    answer: Interest | None,
    *,
    who: str,
    words: str = "",
    at: datetime | None = None,
) -> None:
    """Keep what a utility says to a suggested partner; ``None`` takes the answer back.

    That there is nothing to take back is no error. Raises ``ValueError`` where one of the two does not exist:
    callers look them up first.
    """
    with store.write() as transaction:
        edge: dict[str, Sequence[Any]] = {"source": [utility], "target": [partner], "key": [role]}
        kept = [each for each in read_answers(transaction, [utility]) if (each.partner, each.role) == (partner, role)]
        before = {"answer": kept[0].answer, "words": kept[0].words} if kept else None
        after = None if answer is None else {"answer": answer, "words": words}
        if before == after:
            return
        if answer is None:
            transaction.delete_edges("ANSWERED_TO", edge)
        else:
            told: dict[str, Sequence[Any]] = {"answer": [answer], "words": [words], "who": [who], "at": [moment(at)]}
            transaction.merge_edges("ANSWERED_TO", {**edge, **told})
        key = f"{role} {partner}"
        add_entry(transaction, utility, who=who, kind="suggestion", key=key, before=before, after=after, at=at)
