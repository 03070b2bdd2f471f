"""One attempt at a job: read, match under each policy, verify, save once, and put the end on the board.

While it works, a thread of its own says twice a second that the worker lives and how far it is, and learns whether
somebody wants the job stopped or a later attempt has taken it over.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar, cast

from graph.errors import Cancelled, Conflict, QueueUnavailable, WopError
from graph.job_results import put_result, rounds_of, save_once
from graph.plan_answers import keep_answer
from graph.rounds import read_round
from graph.sentences import say
from graph.store import Store
from matcher.document import ProposalDocument
from matcher.goals import SoFar
from matcher.scenarios import scenario
from web.jobs.board import JobBoard, Standing
from web.jobs.mailing import send_letters
from web.jobs.records import Asked, Attempt, PlanAsked, RoundAsked, so_far_form
from web.known_network import known_network
from web.patience import patiently

if TYPE_CHECKING:
    from matcher.policy import Policy
    from matcher.rounds.state import LivingRound

T = TypeVar("T")

BEAT_SECONDS = 0.5

log = logging.getLogger("wop.jobs")


class JobAttempt:
    """Attempt k of job number n, by a worker of this name; ``stopping`` is set when the worker has to end."""

    def __init__(
        self, board: JobBoard, number: int, open_store: Callable[[], Store], worker: str, stopping: threading.Event
    ) -> None:
        self._board, self._number, self._open_store = board, number, open_store
        self._worker, self._stopping = worker, stopping
        self._over = threading.Event()
        self._standing: Standing = "go"
        self._said: Attempt | None = None

    def run(self, number: int) -> None:
        """Do it, if nobody else does: whatever comes of it is on the board afterwards."""
        asked = self._board.asked(self._number)
        self._said = self._board.claim(self._number, number, self._worker) if asked is not None else None
        if asked is None or self._said is None:
            return
        log.info("%s: attempt %d of %s", self._worker, number, asked["id"])
        beats = threading.Thread(target=self._beats, daemon=True)
        beats.start()
        try:
            ending = self._ending(asked)
        except BaseException:
            # The process is told to end: the job is given back for the next worker.
            ending = self._release
            raise
        finally:
            self._over.set()
            beats.join()
            self._until_reached(ending)

    def _ending(self, asked: Asked) -> Callable[[], None]:
        """Work; what then has to be put on the board."""
        end, number = self._board.end, self._number
        try:
            store = self._patiently(self._open_store)
            try:
                rounds, scenarios = self._result(store, asked)
            finally:
                store.close()
        except Cancelled:
            if self._standing == "cancel":
                log.info("%s: cancelled", asked["id"])
                return lambda: end(number, "cancelled")
            return self._release if self._standing == "go" else _nothing
        except WopError as error:
            log.info("%s: failed: %s", asked["id"], error)
            hint = error.hint.to_json() if error.hint else None
            message = error.message.to_json()
            return lambda: end(number, "failed", error=message, hint=hint)
        except Exception:
            log.exception("%s: failed", asked["id"])
            error_s = say("Something went wrong on our side; nothing was changed.").to_json()
            hint = say("Run it again. If it fails again, tell whoever runs this service when it happened.").to_json()
            return lambda: end(number, "failed", error=error_s, hint=hint)
        log.info("%s: done: %s", asked["id"], ", ".join(rounds))
        return lambda: end(number, "done", rounds, scenarios)

    def _result(self, store: Store, asked: Asked) -> tuple[tuple[str, ...], list[Any]]:
        """The job's one result: the one in the store if an earlier attempt got so far, else ours."""
        kept = self._patiently(lambda: _kept(store, asked["id"]))
        if kept is not None:
            return kept
        if "of_plan" in asked:
            self._answer_of_plan(store, asked, asked["of_plan"])
            return (), []
        if asked["kind"] == "round" and "of_round" in asked:
            self._solve_of_round(store, asked, asked["of_round"])
            kept = self._patiently(lambda: _kept(store, asked["id"]))
            assert kept is not None  # noqa: S101 - written with the round
            return kept
        if "mail" in asked:
            send_letters(store, asked, self._say, self._check, self._patiently)
            return (), []
        documents = self._proposals(store, asked)
        self._say("Keeping the result", 1.0)
        self._learn_standing()
        self._check()
        sweep = asked["kind"] == "sweep"
        self._patiently(lambda: save_once(store, asked["id"], asked["kind"], documents, scenarios=sweep))
        kept = self._patiently(lambda: _kept(store, asked["id"]))
        assert kept is not None  # noqa: S101 - just saved, by us or by another attempt
        return kept

    def _proposals(self, store: Store, asked: Asked) -> list[ProposalDocument]:
        from matcher.policy import parse_policy
        from matcher.proposal import propose

        as_of = date.fromisoformat(asked["as_of"])
        policies = [parse_policy(policy, asked["id"]) for policy in asked["policies"]]
        if "of_round" in asked:
            policies = self._scenarios(store, asked["of_round"]["id"], asked["policies"])

        network = self._patiently(lambda: known_network(store, as_of))
        self._check()
        return [
            propose(
                network,
                policy,
                as_of=as_of,
                seed=asked["seed"],
                time_limit=asked["time_limit"],
                progress=lambda text, share, at=at: self._say(text, (at + share) / len(policies)),  # type: ignore[misc]  # a default argument binds the loop variable
                cancelled=self._cancelled,
                found=self._found,
            )
            for at, policy in enumerate(policies)
        ]

    def _scenarios(self, store: Store, round_id: str, policies: list[dict[str, Any]]) -> list[Policy]:
        """Policies tried for a round: each with the decisions of the round as it stands now."""
        from matcher.rounds.keeping import read_state
        from matcher.rounds.scenarios import solved_under

        def read() -> LivingRound:
            with store.read() as reader:
                return read_state(reader, round_id)

        return solved_under(self._patiently(read), policies)

    def _answer_of_plan(self, store: Store, asked: Asked, of_plan: PlanAsked) -> None:
        """Answer a planning question on what its reader sees; the answer and the job's end are one transaction."""
        from matcher.planning.watch import Watch
        from matcher.policy import parse_policy
        from web.planning_questions import QUESTIONS
        from web.private import seen_network

        as_of = date.fromisoformat(asked["as_of"])
        network = self._patiently(lambda: known_network(store, as_of))
        self._check()
        question = QUESTIONS[of_plan["question"]]
        assert question.solve is not None  # noqa: S101 - only such questions are asked of workers
        found = question.solve(
            seen_network(network, frozenset(of_plan["hidden"])),
            parse_policy(asked["policies"][0], asked["id"]),
            as_of,
            question.query.model_validate(of_plan["parameters"]),
            Watch(tell=self._say, cancelled=self._cancelled),
        )
        document = {"answer": found.answer, "tables": [table.to_json() for table in found.tables]}
        self._say("Keeping the result", 1.0)
        self._learn_standing()
        self._check()

        def keep() -> None:
            with store.write() as transaction:
                if rounds_of(transaction, asked["id"]) is None:
                    keep_answer(transaction, of_plan["answer"], network.revision, document)
                    put_result(transaction, asked["id"], asked["kind"], ())

        self._patiently(keep)

    def _solve_of_round(self, store: Store, asked: Asked, of_round: RoundAsked) -> None:
        """Solve a round; its result and the job's are written in one transaction."""
        from matcher.rounds.authors import Author
        from matcher.rounds.keeping import read_state
        from matcher.rounds.solving import finish_solve

        with store.read() as reader:
            state = read_state(reader, of_round["id"])
        if state.phase != "solving":
            raise Conflict(
                say("The round {id} is not being solved any more.", id=state.id), say("Solve it again from its page.")
            )
        finish_solve(
            store,
            state,
            lambda as_of: self._patiently(lambda: known_network(store, as_of)),
            who=Author(of_round["who"], of_round.get("account", "")),
            seed=asked["seed"],
            time_limit=asked["time_limit"],
            progress=self._say,
            cancelled=self._cancelled,
            found=self._found,
            also=lambda transaction, document: put_result(transaction, asked["id"], asked["kind"], [document]),
            goes_on=lambda: self._cancelled() and self._standing != "cancel",
        )

    # -- what the board is told

    def _say(self, doing: str, share: float) -> None:
        """Progress; also where work that solves nothing notices that it is to stop."""
        said = cast(Attempt, self._said)
        said["doing"], said["share"] = doing, round(share, 4)
        self._check()

    def _found(self, found: SoFar) -> None:
        cast(Attempt, self._said)["so_far"] = so_far_form(found.goal, found.value, found.bound)

    def _cancelled(self) -> bool:
        return self._stopping.is_set() or self._standing != "go"

    def _check(self) -> None:
        if self._cancelled():
            raise Cancelled(say("The matching was stopped; nothing was changed."))

    def _learn_standing(self) -> None:
        """Ask the board once more; where it is away, what was last known counts (the store decides in the end)."""
        with contextlib.suppress(QueueUnavailable):
            self._standing = self._board.standing(self._number, cast(Attempt, self._said)["number"])

    def _beats(self) -> None:
        while not self._over.wait(BEAT_SECONDS):
            try:
                self._standing = self._board.beat(self._number, cast(Attempt, self._said))
            except QueueUnavailable:
                continue  # the work goes on; when the queue is back it learns whether another took over

    def _release(self) -> None:
        said = cast(Attempt, self._said)
        said["released"] = True
        self._board.beat(self._number, said)

    # -- what may be away for a while

    def _patiently(self, work: Callable[[], T]) -> T:
        """Do it again while the store cannot be reached, and say so on the board meanwhile."""
        doing = cast(Attempt, self._said)["doing"]

        def wait(pause: float, _wrong: WopError) -> None:
            self._say("Waiting for the store", cast(Attempt, self._said)["share"])
            self._stopping.wait(pause)

        try:
            return patiently(work, wait)
        finally:
            cast(Attempt, self._said)["doing"] = doing

    def _until_reached(self, put: Callable[[], None]) -> None:
        """Put something on the board, however long that is away: the result is safe in the store meanwhile."""
        pause = 0.2
        while True:
            try:
                return put()
            except QueueUnavailable:
                if self._stopping.wait(pause):
                    return None
                pause = min(2 * pause, 5.0)


def _kept(store: Store, job: str) -> tuple[tuple[str, ...], list[Any]] | None:
    with store.read() as reader:
        rounds = rounds_of(reader, job)
        return None if rounds is None else (rounds, [scenario(read_round(reader, id)) for id in rounds])


def _nothing() -> None:
    """Another attempt has the job now."""
