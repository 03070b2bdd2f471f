"""The board of jobs: what is asked for, who works on it, how it ended.

Every entry is either written once (``put_if_empty``: asked, each claim of an attempt, an end that is no success) or
by one process only (an attempt by the worker that claimed it). The number of an attempt is its fencing token: a
worker goes on only while no later attempt and no end is on the board. What decides that a job has one result is
the store (``graph.job_results``); an end on the board that says otherwise is corrected by the one who saved it.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import threading
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from huey import Huey

from graph.errors import UnknownName
from graph.sentences import say
from web.jobs.records import (
    MOST_ATTEMPTS,
    Asked,
    Attempt,
    Ended,
    EndState,
    Job,
    Kind,
    MailAsked,
    PlanAsked,
    Present,
    RoundAsked,
    job_of,
    now,
    seconds_since,
)
from web.jobs.storage import Run, open_huey, plain_errors

KEPT_JOBS = 200
"""Older jobs are forgotten; the rounds they made stay in the store."""

FORGOTTEN_AFTER = 24 * 3600
"""Seconds after which a silent worker is taken off the board."""

Standing = Literal["go", "cancel", "lost"]


class JobBoard:
    """The board at an address; opened at first use, and again in a process that was forked from its opener.

    Every method raises ``QueueUnavailable`` where the board cannot be reached.
    """

    def __init__(self, address: str, lost_after: float, run: Run | None = None) -> None:
        self.address, self.lost_after, self._run = address, lost_after, run
        self._lock = threading.Lock()
        self._opened: tuple[int, Huey, Huey] | None = None

    @property
    def huey(self) -> Huey:
        """The queue that workers take messages from."""
        return self._open()[1]

    def _open(self) -> tuple[int, Huey, Huey]:
        with self._lock:
            if self._opened is None or self._opened[0] != os.getpid():
                jobs = open_huey(self.address, self._run)
                self._opened = (os.getpid(), jobs, open_huey(self.address, None, "wopworkers"))
            return self._opened

    # -- asking

    def ask(
        self,
        kind: Kind,
        policies: Sequence[dict[str, Any]],
        as_of: str,
        seed: int,
        time_limit: float,
        revision: int,
        of_round: RoundAsked | None = None,
        of_plan: PlanAsked | None = None,
        mail: MailAsked | None = None,
    ) -> Job:
        """Put a job on the board and into the queue; the same job that is still unfinished is given instead.

        One round has one sending of a kind at a time, whoever asks for it.
        """
        wanted: dict[str, Any] = {
            "kind": kind,
            "policies": list(policies),
            "as_of": as_of,
            "seed": seed,
            "time_limit": time_limit,
            "revision": revision,
            **({} if of_round is None else {"of_round": of_round}),
            **({} if of_plan is None else {"of_plan": of_plan}),
        }
        if mail is not None and of_round is not None:
            wanted = {"kind": kind, "round": of_round["id"], "reminder": mail["reminder"], "regions": mail["regions"]}
        digest = hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()
        with plain_errors(self.address):
            if (standing := self._unfinished(digest)) is not None:
                return standing
            number = int(self.huey.storage.incr("jobs"))
            # The random part keeps ids apart where a board was lost and its numbers begin again.
            asked: Asked = {
                "id": f"J{number}-{secrets.token_hex(3)}",
                "kind": kind,
                "policies": list(policies),
                "as_of": as_of,
                "seed": seed,
                "time_limit": time_limit,
                "revision": revision,
                "digest": digest,
                "asked_at": now(),
            }
            if of_round is not None:
                asked["of_round"] = of_round
            if of_plan is not None:
                asked["of_plan"] = of_plan
                self._put(f"plan/{of_plan['answer']}", number)
            if mail is not None:
                asked["mail"] = mail
            self._put(f"asked/{number}", asked)
            self._put(f"open/{digest}", number)
            self.huey.attempt(number, 1)
            self._forget(number - KEPT_JOBS)
        return job_of(asked, [], False, None, self.lost_after)

    def _unfinished(self, digest: str) -> Job | None:
        number = self._get([f"open/{digest}"]).get(f"open/{digest}")
        job = None if number is None else self._jobs([number]).get(number)
        return job if job is not None and job["ended_at"] is None and not job["cancel_asked"] else None

    def last_for(self, answer: str) -> Job | None:
        """The last job that was asked for this answer to a planning question, ended or not."""
        with plain_errors(self.address):
            number = self._get([f"plan/{answer}"]).get(f"plan/{answer}")
            return None if number is None else self._jobs([number]).get(number)

    def _forget(self, number: int) -> None:
        if (asked := self._get([f"asked/{number}"]).get(f"asked/{number}")) is not None:
            named = [f"plan/{asked['of_plan']['answer']}"] if "of_plan" in asked else []
            for key in (f"open/{asked['digest']}", *named, *self._keys(number)):
                self.huey.storage.delete_data(key)

    # -- reading

    def job(self, id: str) -> Job:
        """One job. Raises ``UnknownName`` where there is none of this id."""
        with plain_errors(self.address):
            number = number_of(id)
            job = self._jobs([number]).get(number) if number else None
            if job is None or job["id"] != id:
                raise UnknownName(say("job"), id, [job["id"] for job in self.jobs()])
            return job

    def jobs(self) -> list[Job]:
        """All jobs kept, the latest first."""
        with plain_errors(self.address):
            last = int(self.huey.storage.incr("jobs", 0))
            found = self._jobs(range(max(1, last - KEPT_JOBS + 1), last + 1))
            return [found[number] for number in sorted(found, reverse=True)]

    def asked(self, number: int) -> Asked | None:
        """What job number n asks for, policies and all."""
        with plain_errors(self.address):
            asked: Asked | None = self._get([f"asked/{number}"]).get(f"asked/{number}")
            return asked

    def _jobs(self, numbers: Iterable[int]) -> dict[int, Job]:
        numbers = list(numbers)
        entries = self._get([key for number in numbers for key in self._keys(number)])
        found = {}
        for number in numbers:
            asked = entries.get(f"asked/{number}")
            if asked is None:
                continue
            attempts = [entries.get(f"attempt/{number}/{at}") for at in range(1, MOST_ATTEMPTS + 1)]
            found[number] = job_of(
                asked,
                [attempt for attempt in attempts if attempt is not None],
                f"cancel/{number}" in entries,
                entries.get(f"end/{number}"),
                self.lost_after,
            )
        return found

    # -- stopping

    def cancel(self, id: str) -> Job:
        """Ask for a job to be stopped; one that nobody works on is ended at once. Raises ``UnknownName``."""
        with plain_errors(self.address):
            job = self.job(id)
            if job["ended_at"] is None:
                number = number_of(id)
                self._put(f"cancel/{number}", now())
                # A live worker ends it itself, and one that claims it in this moment sees the wish at its first beat.
                if job["state"] == "queued":
                    self.end(number, "cancelled")
            return self.job(id)

    # -- working

    def claim(self, number: int, attempt: int, worker: str) -> Attempt | None:
        """Make an attempt one's own; ``None`` where it is somebody else's, or the job has ended."""
        with plain_errors(self.address):
            moment = now()
            claimed: Attempt = {
                "number": attempt,
                "worker": worker,
                "started_at": moment,
                "beat": 0,
                "beat_at": moment,
                "released": False,
                "doing": "Reading the network",
                "share": 0.0,
                "so_far": None,
            }
            if self.standing(number, attempt) != "go":
                return None
            value = json.dumps(claimed).encode()
            return claimed if self.huey.storage.put_if_empty(f"attempt/{number}/{attempt}", value) else None

    def standing(self, number: int, attempt: int) -> Standing:
        """Whether this attempt may go on."""
        with plain_errors(self.address):
            keys = (f"end/{number}", f"cancel/{number}", f"attempt/{number}/{attempt + 1}")
            known = self._get(keys)
            ended, cancel, later = (key in known for key in keys)
            return "lost" if ended or later else "cancel" if cancel else "go"

    def beat(self, number: int, attempt: Attempt) -> Standing:
        """Say that an attempt lives and how far it is; whether it may go on."""
        with plain_errors(self.address):
            attempt["beat"] += 1
            attempt["beat_at"] = now()
            self._put(f"attempt/{number}/{attempt['number']}", attempt)
            return self.standing(number, attempt["number"])

    def end(
        self,
        number: int,
        state: EndState,
        rounds: Sequence[str] = (),
        scenarios: Sequence[Any] = (),
        error: dict[str, Any] | None = None,
        hint: dict[str, Any] | None = None,
    ) -> None:
        """Put the end on the board. The first one stays, unless a result is in the store: that is always the end."""
        ended: Ended = {
            "state": state,
            "ended_at": now(),
            "rounds": list(rounds),
            "scenarios": list(scenarios),
            "error_s": error,
            "hint_s": hint,
        }
        with plain_errors(self.address):
            if state == "done":
                self._put(f"end/{number}", ended)
            else:
                self.huey.storage.put_if_empty(f"end/{number}", json.dumps(ended).encode())

    def enqueue(self, number: int, attempt: int) -> None:
        """Offer an attempt to whoever takes it first."""
        with plain_errors(self.address):
            self.huey.attempt(number, attempt)

    def offered(self) -> set[tuple[int, int]]:
        """The attempts that wait in the queue."""
        with plain_errors(self.address):
            return {(task.args[0], task.args[1]) for task in self.huey.pending()}

    def unended(self) -> list[tuple[int, Attempt | None, bool]]:
        """Jobs without an end: number, last attempt, whether somebody wants it cancelled."""
        with plain_errors(self.address):
            last = int(self.huey.storage.incr("jobs", 0))
            numbers = range(max(1, last - KEPT_JOBS + 1), last + 1)
            known = self._get([key for number in numbers for key in (f"asked/{number}", f"end/{number}")])
            waiting = [number for number in numbers if f"asked/{number}" in known and f"end/{number}" not in known]
            more = self._get([key for number in waiting for key in self._keys(number)])
            return [
                (
                    number,
                    next(
                        (more[key] for at in range(MOST_ATTEMPTS, 0, -1) if (key := f"attempt/{number}/{at}") in more),
                        None,
                    ),
                    f"cancel/{number}" in more,
                )
                for number in waiting
            ]

    # -- who works

    def be_present(self, name: str) -> None:
        """Say that a worker process is there."""
        with plain_errors(self.address):
            present: Present = {"name": name, "beat_at": now()}
            self._open()[2].storage.put_data(name, json.dumps(present).encode())

    def leave(self, name: str) -> None:
        """Take a worker process off the board."""
        with plain_errors(self.address):
            self._open()[2].storage.delete_data(name)

    def workers(self) -> list[Present]:
        """The worker processes that answer, by name."""
        with plain_errors(self.address):
            storage = self._open()[2].storage
            found: list[Present] = [json.loads(bytes(value)) for value in storage.result_items().values()]
            for worker in found:
                if seconds_since(worker["beat_at"]) > FORGOTTEN_AFTER:
                    storage.delete_data(worker["name"])
            alive = [worker for worker in found if seconds_since(worker["beat_at"]) <= self.lost_after]
            return sorted(alive, key=lambda worker: worker["name"])

    def close(self) -> None:
        """Release the file or the connections of this process."""
        with self._lock:
            if self._opened is not None and self._opened[0] == os.getpid():
                for huey in self._opened[1:]:
                    huey.storage.close()
            self._opened = None

    # -- entries

    def _keys(self, number: int) -> list[str]:
        attempts = [f"attempt/{number}/{at}" for at in range(1, MOST_ATTEMPTS + 1)]
        return [f"asked/{number}", f"cancel/{number}", f"end/{number}", *attempts]

    def _put(self, key: str, value: Any) -> None:
        self.huey.storage.put_data(key, json.dumps(value).encode())

    def _get(self, keys: Sequence[str]) -> dict[str, Any]:
        if not keys:
            return {}
        return {key: json.loads(bytes(value)) for key, value in self.huey.storage.peek_many(list(keys)).items()}


def number_of(id: str) -> int:
    """The number in a job's id; 0 where it is no such id."""
    digits = id.removeprefix("J").partition("-")[0]
    return int(digits) if id.startswith("J") and digits.isascii() and digits.isdigit() and len(digits) < 10 else 0
