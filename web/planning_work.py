"""Answers to planning questions: at once where that is quick, else worked out by a worker and kept.

A round with more pairs than the setting ``WOP_EXPLAINED_PAIRS`` is not solved while somebody waits for a page: it
becomes a job, and its answer is kept in the store until the network changes.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, TypedDict, cast

from flask import current_app

from graph.errors import Conflict, TooLarge
from graph.plan_answers import kept_answer
from graph.sentences import say
from matcher.document import SentenceJson
from matcher.planning.tables import PlanTable
from matcher.planning.watch import Watch
from matcher.policy import Policy
from web.jobs.board import JobBoard
from web.jobs.records import Job, PlanAsked, State
from web.knowledge import keeper, knowledge
from web.planned import plan_keeper
from web.planning_questions import Answered, Question, key_of, parameters, policy_for
from web.snapshot import Knowledge
from web.twin import Query

NO_LIMIT = 24 * 3600.0
"""Seconds a job may be said to take; the work itself is bounded by what is asked."""


class PlanWork(TypedDict):
    """How far the work for an answer is; ``state`` is ``None`` where nobody asked for it yet.

    ``doing`` and ``share`` are those of a worker at it; ``workers`` is how many answer.
    """

    question: str
    job: str | None
    state: State | None
    doing: str | None
    share: float | None
    workers: int
    error_s: SentenceJson | None
    hint_s: SentenceJson | None


@dataclass(frozen=True)
class KeptAnswer:
    """An answer as it was kept."""

    answer: Any
    tables: tuple[PlanTable, ...]


@dataclass(frozen=True)
class _TooLarge:
    """In place of an answer: what is asked is not answered at once."""


def answered(question: Question, query: Query) -> Answered:
    """The answer to a question as its reader may have it, worked out once.

    Raises what the question raises, and ``Conflict`` where the answer takes a worker who has not given it yet.
    """
    found = answer_there(question, query)
    if found is None:
        raise Conflict(
            say("This answer is not worked out yet: the round is large."),
            say("Open the page of the question and let it be worked out."),
        )
    return found


def answer_there(question: Question, query: Query) -> Answered | None:
    """The answer, worked out now where that is quick; ``None`` where it takes a worker who has not given it yet."""
    known = knowledge()
    key = key_of(question, query)
    if question.ask is not None:
        ask = question.ask
        return plan_keeper().answer(known, key, lambda: ask(known, query))
    found = known_answer(question, query)
    if found is not None:
        return found
    asked = plan_keeper().answer(known, ("at once", *key), lambda: _at_once(known, question, query))
    if isinstance(asked, _TooLarge):
        return None
    known.answers[key] = asked
    return asked


def known_answer(question: Question, query: Query) -> Answered | None:
    """The answer where it has been worked out before: by this process, or by a worker."""
    known = knowledge()
    key = key_of(question, query)
    if key not in known.answers:
        with keeper().store.read() as reader:
            document = kept_answer(reader, _asked(known, question, query)[0]["answer"])
        if document is None:
            return None
        known.answers[key] = KeptAnswer(
            document["answer"], tuple(PlanTable.from_json(table) for table in document["tables"])
        )
    return cast(Answered, known.answers[key])


def _at_once(known: Knowledge, question: Question, query: Query) -> Answered | _TooLarge:
    """The answer, or that its round has more pairs than pages solve."""
    assert question.solve is not None  # noqa: S101 - whoever asks has looked
    most = plan_keeper().most_pairs

    def check(pairs: int) -> None:
        if pairs > most:
            raise TooLarge(say("This round is too large to be explained on a page."))

    try:
        policy = policy_for(known, getattr(query, "policy", None))
        return question.solve(known.network, policy, known.as_of, query, Watch(check=check))
    except TooLarge:
        return _TooLarge()


def work(question: Question, query: Query) -> PlanWork:
    """How far the work for an answer is."""
    asked, _policy = _asked(knowledge(), question, query)
    return _form(question, board().last_for(asked["answer"]))


def let_work(question: Question, query: Query) -> PlanWork:
    """Ask a worker for an answer; the work under way for the same is taken instead of new."""
    known = knowledge()
    asked, policy = _asked(known, question, query)
    job = board().ask(
        "plan", [policy.to_json()], known.as_of.isoformat(), 0, NO_LIMIT, known.network.revision, of_plan=asked
    )
    return _form(question, job)


def _asked(known: Knowledge, question: Question, query: Query) -> tuple[PlanAsked, Policy]:
    """What a worker is asked for, and under which policy."""
    policy = policy_for(known, getattr(query, "policy", None))
    given = {name: value for name, value in parameters(query).items() if name != "policy"}
    hidden = sorted(known.view.hidden) if known.view is not None else []
    whole = [question.id, given, hidden, known.as_of.isoformat(), policy.to_json()]
    digest = hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()
    return PlanAsked(question=question.id, parameters=given, hidden=hidden, answer=digest[:32]), policy


def _form(question: Question, job: Job | None) -> PlanWork:
    return PlanWork(
        question=question.id,
        job=None if job is None else job["id"],
        state=None if job is None else job["state"],
        doing=None if job is None else job["doing"],
        share=None if job is None else job["share"],
        workers=len(board().workers()),
        error_s=None if job is None else job["error_s"],
        hint_s=None if job is None else job["hint_s"],
    )


def board() -> JobBoard:
    """The board of jobs of the application that answers this request."""
    return cast(JobBoard, current_app.extensions["wop_jobs"])
