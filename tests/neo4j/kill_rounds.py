"""Kill the store's server and its writers at random moments, again and again, and count what became of every write.

    python -m tests.neo4j.kill_rounds --rounds 50 --seed 1              on a real Neo4j server of its own
    python -m tests.neo4j.kill_rounds --rounds 50 --seed 1 --sqlite     on SQLite: there only writers can be killed

Two writers, each a process of its own, import tables and save rounds one after another; each says in a file what it
begins, and after it was told that it is done, that it is. A reader asks for pages of a real service all the while.
Each round kills a writer, the server, or both with SIGKILL at a random moment and then looks at everything: what was
acknowledged must be there whole, what was not must be there whole or not at all. After ten rounds a new store is begun:
looking at everything takes longer with every write, and tells no more.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))  # where pytest finds neo4j_server and serving

from signed_in import HEADERS, planted

from graph.errors import Conflict, StoreUnavailable
from graph.ingest import import_paths
from graph.reference import load_reference
from graph.rounds import save_round
from graph.store import Store

if TYPE_CHECKING:
    from neo4j_server import OwnServer

ROWS = 120
"""Utilities of one import, each with an offer; half an import would show in either."""
WRITERS = 2
ROUNDS_A_STORE = 10
RECOVERY_SECONDS = 120.0
LOG_SHOWN = 20_000
"""How much of the service's log is printed where a page was not as it should be."""
COUNTRIES = ("KEN", "UGA", "NLD", "BRA", "IND")


@dataclass
class Tally:
    """What a campaign counted; ``missing``, ``half`` and ``wrong_pages`` must stay 0."""

    rounds: int = 0
    killed_writers: int = 0
    killed_servers: int = 0
    acknowledged: int = 0
    in_doubt_applied: int = 0
    in_doubt_not_applied: int = 0
    missing: int = 0
    half: int = 0
    pages: Counter[str] = field(default_factory=Counter)
    wrong_pages: int = 0
    slowest_page: float = 0.0
    recoveries: list[float] = field(default_factory=list)

    def faults(self) -> int:
        """How many things went wrong."""
        return self.missing + self.half + self.wrong_pages

    def add(self, other: Tally) -> None:
        """Count another campaign's figures in."""
        for name, value in vars(other).items():
            mine = getattr(self, name)
            setattr(self, name, max(mine, value) if name == "slowest_page" else mine + value)


# --- the writer -----------------------------------------------------------------------------------------------


def write(store: Store, journal: Path, name: str, seed: int) -> None:
    """Import and save until killed, saying in ``journal`` what begins and what is done."""
    dice = random.Random(seed)
    with journal.open("a", encoding="utf-8") as said, tempfile.TemporaryDirectory() as folder:

        def say(what: str, id: str) -> None:
            said.write(f"{what} {id}\n")
            said.flush()
            os.fsync(said.fileno())

        for count in range(1_000_000):
            id = f"{name}x{count}"
            say("begin", id)
            try:
                if dice.random() < 0.6:
                    import_paths(store, tables(Path(folder), id, dice))
                else:
                    save_round(store, round_document(id))
            except (StoreUnavailable, Conflict):
                say("fail", id)
                time.sleep(0.2)
                continue
            say("done", id)


def tables(folder: Path, id: str, dice: random.Random) -> list[Path]:
    """The tables of one import: as many utilities as offers."""
    utilities, offers = folder / "utilities.csv", folder / "offers.csv"
    rows = [f"{id}-{at},Utility {at} of {id},{dice.choice(COUNTRIES)}\n" for at in range(ROWS)]
    utilities.write_text("id,name,country\n" + "".join(rows), encoding="utf-8")
    offered = [f"{id}-{at},non_revenue_water,{dice.randint(1, 5)}\n" for at in range(ROWS)]
    offers.write_text("utility,capability,level\n" + "".join(offered), encoding="utf-8")
    return [utilities, offers]


def round_document(id: str) -> dict[str, Any]:
    """A document to keep, long enough that half of it would show."""
    padding = [f"{id} {at}" for at in range(500)]
    return {"id": id, "as_of": "2024-01-01", "policy": {"name": "best_fit"}, "input_hash": id, "padding": padding}


# --- the check ------------------------------------------------------------------------------------------------


def check(store: Store, journals: list[Path], tally: Tally) -> None:
    """Compare the store with what the writers said; adds to the tally's faults and in-doubt writes."""
    begun: set[str] = set()
    done: set[str] = set()
    for journal in journals:
        for line in journal.read_text(encoding="utf-8").splitlines():
            word, _, id = line.partition(" ")
            (done if word == "done" else begun).add(id)
    with store.read() as reader:
        utilities, offers, rounds = reader.nodes("Utility"), reader.edges("OFFERS"), reader.nodes("Round")
    imported = Counter(id.rpartition("-")[0] for id in utilities["id"])
    offered = Counter(id.rpartition("-")[0] for id in offers["source"])
    kept = dict(zip(rounds["id"], rounds["document"], strict=True))
    tally.acknowledged = len(done)
    tally.missing = tally.half = tally.in_doubt_applied = tally.in_doubt_not_applied = 0
    for id in sorted(begun | done):
        parts = (imported[id], offered[id], id in kept)
        whole_import = parts == (ROWS, ROWS, False)
        whole_round = parts == (0, 0, True) and json.loads(kept[id]) == round_document(id)
        nothing = parts == (0, 0, False)
        if not (whole_import or whole_round or nothing):
            tally.half += 1
        elif id in done:
            tally.missing += nothing
        elif nothing:
            tally.in_doubt_not_applied += 1
        else:
            tally.in_doubt_applied += 1
    strangers = set(imported) | set(offered) | set(kept)
    tally.half += len(strangers - begun - done)


class Visitor:
    """Somebody who asks for pages all the while; an answer may be 200 or 503 with Retry-After, and nothing else."""

    def __init__(self, address: str, tally: Tally) -> None:
        self._address = address
        self._tally = tally
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _ask(self) -> None:
        while not self._stop.wait(0.3):
            began = time.monotonic()
            status, right = ask(f"{self._address}/utilities")
            self._tally.pages[str(status)] += 1
            self._tally.wrong_pages += not right
            self._tally.slowest_page = max(self._tally.slowest_page, time.monotonic() - began)


def ask(address: str) -> tuple[int, bool]:
    """The status of a page, and whether it is as it should be."""
    try:
        asked = urllib.request.Request(address, headers=HEADERS)
        with urllib.request.urlopen(asked, timeout=120) as response:
            return response.status, b"<h1" in response.read()
    except urllib.error.HTTPError as error:
        with error:
            page = error.read()
            return error.code, error.code == 503 and bool(error.headers["Retry-After"]) and b"<h1" in page
    except OSError:
        return 0, False


# --- the campaign ---------------------------------------------------------------------------------------------


def campaign(
    rounds: int, seed: int, *, server: OwnServer | None, address: str, environment: dict[str, str], folder: Path
) -> Tally:
    """So many rounds against the store at an address; without a server only writers are killed."""
    from serving import served

    dice = random.Random(seed)
    tally = Tally()
    journals = []
    load_reference(planted(opened(address, environment)))
    with served(address, environment={**environment, "WOP_STORE_TIMEOUT": "10"}) as service:
        visitor = Visitor(service.address, tally)
        try:
            for number in range(rounds):
                writers = []
                for place in range(WRITERS):
                    journal = folder / f"journal-{number}-{place}"
                    journal.touch()
                    journals.append(journal)
                    writers.append(_writer(address, environment, journal, f"R{number}w{place}", dice.random()))
                _first_done(journals[-WRITERS:])
                time.sleep(dice.uniform(0.0, 2.0))
                victims = dice.choice(("writer", "server", "both")) if server is not None else "writer"
                if victims != "server":
                    writers[0].send_signal(signal.SIGKILL)
                    tally.killed_writers += 1
                if server is not None and victims != "writer":
                    server.kill()
                    tally.killed_servers += 1
                    time.sleep(dice.uniform(0.0, 1.0))
                    server.start()
                began = time.monotonic()
                tally.recoveries.append(_recovered(service.address, began))
                time.sleep(dice.uniform(0.0, 1.0))  # the other writer goes on by itself
                for writer in writers:
                    writer.kill()
                    writer.wait()
                tally.rounds += 1
                store = opened(address, environment)
                check(store, journals, tally)
                store.close()
                print(f"round {number + 1}: {victims:6} {tally.acknowledged} acknowledged,", end=" ", flush=True)
                print(f"{tally.faults()} faults, pages {dict(tally.pages)}", flush=True)
        finally:
            visitor.stop()
            if tally.wrong_pages:
                print(service.said()[-LOG_SHOWN:])
    return tally


def opened(address: str, environment: dict[str, str]) -> Store:
    """The store, opened as the service opens it."""
    from graph.store import open_store

    if address.startswith("sqlite:"):
        return open_store(address)
    from graph.neo4j_access import Neo4jAccess

    return open_store(address, Neo4jAccess(environment["WOP_STORE_USER"], environment["WOP_STORE_PASSWORD"]))


def _writer(
    address: str, environment: dict[str, str], journal: Path, name: str, chance: float
) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", "tests.neo4j.kill_rounds", "--write", address, str(journal), name, str(chance)]
    return subprocess.Popen(words, env={**os.environ, **environment}, cwd=Path(__file__).parents[2])


def _first_done(journals: list[Path]) -> None:
    """Wait until each writer has finished something, so that the kill meets it at work."""
    deadline = time.monotonic() + RECOVERY_SECONDS
    while not all("done" in journal.read_text(encoding="utf-8") for journal in journals):
        if time.monotonic() > deadline:
            raise TimeoutError("a writer does not get to work")
        time.sleep(0.05)


def _recovered(address: str, began: float) -> float:
    """Wait until pages are answered again; the seconds it took since the server was up."""
    while ask(f"{address}/utilities")[0] != 200:
        if time.monotonic() - began > RECOVERY_SECONDS:
            raise TimeoutError("the service did not recover")
        time.sleep(0.1)
    return time.monotonic() - began


@contextmanager
def house(sqlite: bool, folder: Path) -> Iterator[tuple[OwnServer | None, str, dict[str, str]]]:
    with ExitStack() as stack:
        if sqlite:
            yield None, f"sqlite:///{folder / 'store.sqlite'}", {}
            return
        from neo4j_server import own_server

        server = stack.enter_context(own_server())
        yield server, server.address, {"WOP_STORE_USER": server.user, "WOP_STORE_PASSWORD": server.password}


def main() -> int:
    """Run a campaign and print its figures; 1 where anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sqlite", action="store_true", help="on SQLite, where only writers can be killed")
    parser.add_argument("--write", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.write:
        address, journal, name, chance = given.write
        write(opened(address, dict(os.environ)), Path(journal), name, int(float(chance) * 2**32))
        return 0
    tally = Tally()
    for first in range(0, given.rounds, ROUNDS_A_STORE):
        count = min(ROUNDS_A_STORE, given.rounds - first)
        seed = given.seed * 1_000 + first
        print(f"rounds {first + 1} to {first + count}, seed {seed}", flush=True)
        with (
            tempfile.TemporaryDirectory() as folder,
            house(given.sqlite, Path(folder)) as (server, address, environment),
        ):
            tally.add(
                campaign(count, seed, server=server, address=address, environment=environment, folder=Path(folder))
            )
    figures = dict(vars(tally))
    recoveries = sorted(figures.pop("recoveries"))
    for name, value in figures.items():
        print(f"{name:22} {dict(value) if isinstance(value, Counter) else value}")
    print(f"{'recovery, seconds':22} median {recoveries[len(recoveries) // 2]:.1f}, longest {recoveries[-1]:.1f}")
    return min(tally.faults(), 1)


if __name__ == "__main__":
    raise SystemExit(main())
