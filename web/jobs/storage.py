"""Where jobs are kept: Huey's storage, in a SQLite file beside the store or in Redis, and its errors in plain words."""

from __future__ import annotations

import json
import sqlite3
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from huey import Huey, RedisHuey
from huey.registry import Message
from huey.storage import RedisStorage, SqliteStorage

from graph.errors import BadInput, QueueUnavailable, UnknownName
from graph.files import make_own
from graph.sentences import say

DEFAULT_QUEUE = "sqlite:///wop-jobs.sqlite"
CONNECT_SECONDS, ANSWER_SECONDS = 2.0, 5.0
"""How long Redis may take to take a connection and to answer; longer than its own blocking read of one second."""

Run = Callable[[int, int], None]
"""What a worker does with a message: attempt number k of job number n."""


def queue_address(queue: str, store: str) -> str:
    """The address of the queue: the one set, else a file named after the SQLite store, else ``DEFAULT_QUEUE``."""
    if queue:
        return queue
    kind, _, place = store.partition(":///")
    if kind != "sqlite" or not place:
        return DEFAULT_QUEUE
    stem, dot, ending = place.rpartition(".")
    return f"sqlite:///{stem}-jobs.{ending}" if dot and "/" not in ending else f"sqlite:///{place}-jobs"


def open_huey(address: str, run: Run | None = None, name: str = "wop") -> Huey:
    """Huey at an address, with one task: ``attempt(job number, attempt number)``, which calls ``run``.

    Raises ``UnknownName`` for an address nobody understands, ``BadInput`` where the Redis client is not installed,
    ``QueueUnavailable`` where the queue's file cannot be used. Redis itself is reached at the first use.
    """
    scheme = address.partition("://")[0]
    if scheme == "sqlite" and address.startswith("sqlite:///") and len(address) > len("sqlite:///"):
        file = Path(address.removeprefix("sqlite:///"))
        with suppress(OSError):  # SQLite says what is wrong
            if not file.exists():
                make_own(file)
        with plain_errors(address):
            huey = Huey(
                name,
                storage_class=_File,
                filename=str(file),
                results=False,
                serializer=JsonMessages(),
                timeout=10,
            )
    elif scheme in ("redis", "rediss"):
        huey = _redis(address, name)
    else:
        raise UnknownName(say("queue address"), address, [DEFAULT_QUEUE, "redis://localhost:6379/0"])

    def attempt(job: int, number: int) -> None:
        assert run is not None  # noqa: S101 - only workers run what they take from the queue
        run(job, number)

    huey.attempt = huey.task(name="attempt")(attempt)
    return huey


def _redis(address: str, name: str) -> Huey:
    try:
        from redis import BlockingConnectionPool
        from redis.backoff import NoBackoff
        from redis.retry import Retry
    except ImportError:
        raise BadInput(
            say("A queue in Redis needs the Redis client, which is not installed."),
            say("Install wop-matcher with its part “cluster”: wop-matcher[cluster]."),
        ) from None
    pool = BlockingConnectionPool.from_url(
        address,
        max_connections=16,
        timeout=ANSWER_SECONDS,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        # One retry: a pooled connection may have died with an earlier Redis.
        retry=Retry(NoBackoff(), 1),
    )
    return RedisHuey(name, storage_class=_Redis, connection_pool=pool, results=False, serializer=JsonMessages())


class _Redis(RedisStorage):  # type: ignore[misc]  # Huey has no types
    """Huey's place in Redis, whose connections are closed when it is."""

    def close(self) -> bool:
        """Close the connections that nobody uses."""
        self.pool.disconnect(inuse_connections=False)
        return True


class _File(SqliteStorage):  # type: ignore[misc]  # Huey has no types
    """Huey's file, whose connection is closed with the last who uses it."""

    def _create_connection(self) -> sqlite3.Connection:
        made: sqlite3.Connection = super()._create_connection()
        # Not at the end of the process: a forked child must not close its parent's.
        weakref.finalize(self, made.close).atexit = False
        return made


class JsonMessages:
    """Messages as JSON: whoever can write into the queue can ask for jobs, but not run code of their own here."""

    def serialize(self, message: Message) -> bytes:
        """A message as bytes."""
        return json.dumps(message._asdict()).encode()

    def deserialize(self, data: bytes) -> Message:
        """A message from its bytes."""
        form: dict[str, Any] = json.loads(bytes(data))
        return Message(**{**form, "args": tuple(form["args"])})


@contextmanager
def plain_errors(address: str) -> Iterator[None]:
    """Turn what SQLite or Redis say into ``QueueUnavailable``."""
    try:
        yield
    except sqlite3.Error as error:
        raise _unavailable(address) from error
    except Exception as error:
        # The client is not imported to find out that it was not used.
        if type(error).__module__.startswith("redis."):
            raise _unavailable(address) from error
        raise


def _unavailable(address: str) -> QueueUnavailable:
    from web.logs import without_secrets

    return QueueUnavailable(
        say("The job queue {address} cannot be reached.", address=without_secrets(address, ())),
        say("Nothing was lost: jobs and rounds are kept. Try again when the queue is back."),
    )
