"""What grows how, from a thousand utilities to a hundred thousand: import, store, snapshot, problem, solve, pages.

    python benchmarks/scale.py measure docs/scale.json --sizes 1000 3000 10000
    python benchmarks/scale.py draw docs/scale.json docs/scale.svg

Each step runs in a process of its own under a bound of time and memory, and tells its processor seconds, its seconds
by the clock and its peak memory; where a bound ends it, that is the figure. Steps already in the file are not measured
again. ``--store neo4j://...`` measures on a server (it is emptied first; user and password by the usual settings).
"""

from __future__ import annotations

import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import click
import numpy as np
from scale_drawing import draw_scale

AS_OF = date(2025, 12, 31)
SEED = 3
SOLVING = 120.0
"""Seconds a solve may take; then its gap is the figure."""

PROGRAMME = (2_000, 10_000)
"""Mentors and mentees of a large programme's round, however many utilities the store holds."""

STEPS = ("import", "snapshot", "first_page", "next_page", "programme", "problem", "solve_simple", "solve")
Found = dict[str, Any]


def step_import(store: Any, folder: Path) -> Found:
    """Read the tables of the invented world into an empty store."""
    from graph.ingest import import_paths
    from graph.reference import load_reference

    load_reference(store)
    with timed() as spent:
        import_paths(store, sorted(folder.glob("*.csv")))
    return {**spent(), "upload_megabytes": megabytes(sum(file.stat().st_size for file in folder.glob("*.csv")))}


def step_snapshot(store: Any, _folder: Path) -> Found:
    """Read everything into one frozen network."""
    from graph.network import read_network

    before = memory()
    with timed() as spent, store.read() as reader:
        network = read_network(reader)
    assert network.utilities  # noqa: S101 - a measurement of nothing would mislead
    return {**spent(), "megabytes": round(memory() - before, 1)}


def step_first_page(store: Any, _folder: Path) -> Found:
    """The first page after a change: the snapshot, what the register implies, and a page of utilities."""
    client = pages_of(store)
    with timed() as spent:
        answer = client.get("/utilities", headers={"Accept-Encoding": "gzip"})
    return {**spent(), "kilobytes": round(len(answer.data) / 1024, 1)}


def step_next_page(store: Any, _folder: Path) -> Found:
    """The page of one utility, which the store answers by itself: the mean of twenty, after one not counted."""
    with store.read() as reader:
        ids = reader.nodes("Utility")["id"]
    asked = ids[:: max(1, len(ids) // 21)][:21]
    client = pages_of(store)
    client.get(f"/utilities/{asked.pop()}")
    with timed() as spent:
        for id in asked:
            assert client.get(f"/utilities/{id}").status_code == 200  # noqa: S101 - as above
    return {name: round(value / len(asked), 4) for name, value in spent().items()}


def step_programme(store: Any, _folder: Path) -> Found:
    """A round of some of the utilities, as a programme makes it: score its pairs, and solve it."""
    built, spent, grown = problem_of(store, PROGRAMME)
    pairs = len(built.problem.mentor_ids) * len(built.problem.mentee_ids)
    solving = {f"solve_{name}": value for name, value in solved(without_staff_days(built.problem)).items()}
    return {**spent, "megabytes": grown, "pairs": pairs, "eligible": built.problem.pair_count, **solving}


def step_problem(store: Any, _folder: Path) -> Found:
    """Score every pair of mentor and mentee with every rule of the policy."""
    built, spent, grown = problem_of(store)
    pairs = len(built.problem.mentor_ids) * len(built.problem.mentee_ids)
    return {**spent, "megabytes": grown, "pairs": pairs, "eligible": built.problem.pair_count}


def step_solve(store: Any, _folder: Path) -> Found:
    """Solve the problem as it is: staff-days, needs shared by several mentors."""
    return solved(problem_of(store)[0].problem)


def step_solve_simple(store: Any, _folder: Path) -> Found:
    """Solve it without staff-days."""
    return solved(without_staff_days(problem_of(store)[0].problem))


def without_staff_days(problem: Any) -> Any:
    """As if no staff-days were stated, every mentee wanted one mentor, and a pair covered what it can."""
    from dataclasses import replace

    from matcher.problem import UNLIMITED

    return replace(problem, staff_days=np.full_like(problem.staff_days, UNLIMITED), wanted=np.ones_like(problem.wanted))


def solved(problem: Any) -> Found:
    """Solve, for ``SOLVING`` seconds at most."""
    from matcher.solve import SolvePolicy, solve

    with timed() as spent:
        result = solve(problem, SolvePolicy(time_limit=SOLVING), 0)
    goal = result.goals[0]
    return {
        **spent(),
        "method": result.method,
        "proven": result.proven,
        "gap": round((goal.bound - goal.value) / max(goal.bound, 1), 6),
        "matched": len(result.pairs),
    }


def problem_of(store: Any, most: tuple[int, int] | None = None) -> tuple[Any, Found, float]:
    """The problem of the world, what building it took, and the memory it needs.

    With ``most``, of so many mentors and mentees, spread evenly over those there are by the policy of the round.
    """
    from matcher.build import build_problem
    from matcher.participants import choose_participants
    from matcher.policy import Selection, load_policy
    from web.known_network import known_network

    network = known_network(store, AS_OF)
    policy = load_policy("best_fit")
    if most is not None:
        everybody = choose_participants(network, policy, AS_OF)
        mentors, mentees = (
            Selection(utilities=ids[:: -(-len(ids) // count)])
            for ids, count in zip((everybody.mentor_ids, everybody.mentee_ids), most, strict=True)
        )
        chosen = policy.participants.model_copy(update={"mentors": mentors, "mentees": mentees})
        policy = policy.model_copy(update={"participants": chosen})
    before = memory()
    with timed() as spent:
        built = build_problem(network, choose_participants(network, policy, AS_OF), policy)
    return built, spent(), round(memory() - before, 1)


def pages_of(store: Any) -> Any:
    """A reader of the service over this store."""
    from reader import signed_in_reader

    from web.settings import Settings

    store.close()
    return signed_in_reader(Settings(store=os.environ["WOP_STORE"]))


class timed:  # noqa: N801 - reads as a word where it is used
    """Processor and clock seconds from entering to leaving a block."""

    def __enter__(self) -> Callable[[], Found]:
        self._began = time.perf_counter(), time.process_time()
        self._spent: Found = {}
        return lambda: self._spent

    def __exit__(self, *_raised: object) -> None:
        wall, cpu = self._began
        self._spent["seconds"] = round(time.perf_counter() - wall, 4)
        self._spent["cpu_seconds"] = round(time.process_time() - cpu, 4)


def memory(field: str = "VmRSS") -> float:
    """Memory of this process in megabytes: what it holds now (``VmRSS``), or the most it ever held (``VmHWM``)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return megabytes(1024 * int(status.split(f"{field}:")[1].split()[0]))


def megabytes(count: float) -> float:
    """Bytes as megabytes."""
    return round(count / 1e6, 1)


def measured(name: str, address: str, folder: Path, bound: float, most_gigabytes: float) -> Found:
    """What a step takes, in a process of its own; what ended it where it did not end by itself."""
    command = [sys.executable, __file__, "step", name, str(folder), str(most_gigabytes)]
    environment = {**os.environ, "WOP_STORE": address}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=bound, check=False)
    except subprocess.TimeoutExpired:
        return {"ended_by": f"time: {bound:g} s"}
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        lacking = "MemoryError" in done.stderr or "Unable to allocate" in done.stderr or done.returncode < 0
        return {"ended_by": f"memory: {most_gigabytes:g} GB" if lacking else last[:200]}
    found: Found = json.loads(done.stdout.splitlines()[-1])
    return found


@click.group()
def main() -> None:
    """Measure, and draw what was measured."""


@main.command()
@click.argument("output", type=click.Path(path_type=Path))
@click.option("--sizes", type=int, multiple=True, default=(1_000, 3_000, 10_000, 30_000, 100_000))
@click.option("--step", "steps", multiple=True, type=click.Choice(STEPS), default=STEPS)
@click.option("--store", help="Address of a server to measure on; without it, SQLite files in a temporary folder.")
@click.option("--bound", default=900.0, help="Seconds a step may take.")
@click.option("--memory", "most_gigabytes", default=8.0, help="Gigabytes a step may take.")
def measure(
    output: Path, sizes: tuple[int, ...], steps: tuple[str, ...], store: str | None, bound: float, most_gigabytes: float
) -> None:
    """Measure what OUTPUT does not hold yet, and write it there step by step."""
    from fixtures.worlds import write_world

    kind = "sqlite" if store is None else "neo4j"
    known: list[Found] = json.loads(output.read_text()) if output.exists() else []
    for size in sizes:
        have = {row["step"] for row in known if (row["size"], row["store"]) == (size, kind)}
        wanted = [step for step in steps if step not in have]
        if not wanted:
            continue
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "world"
            # Minimum loads may contradict each other in an invented world; here sizes are asked about.
            world = write_world(folder, utilities=size, seed=SEED)
            without_minimum_loads(world)
            address = store or f"sqlite:///{place}/store.sqlite"
            for step in ["import", *(step for step in wanted if step != "import")]:
                found = measured(step, address, folder, bound, most_gigabytes)
                if step == "import" and store is None and "ended_by" not in found:
                    found["store_megabytes"] = megabytes((Path(place) / "store.sqlite").stat().st_size)
                click.echo(f"{kind} {size:,} {step}: {found}")
                if step in wanted:
                    known.append({"store": kind, "size": size, "step": step, **found})
                    known.sort(key=lambda row: (row["store"], row["size"], STEPS.index(row["step"])))
                    rows = ",\n".join(json.dumps(row) for row in known)
                    output.write_text(f"[\n{rows}\n]\n")
                if step == "import" and "ended_by" in found:
                    break


def without_minimum_loads(world: list[Path]) -> None:
    """Empty the column of minimum loads in the table of utilities."""

    path = next(file for file in world if file.stem == "utilities")
    with path.open(encoding="utf-8", newline="") as file:
        headings, *rows = list(csv.reader(file))
    column = headings.index("minimum_mentees")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(headings)
        writer.writerows([*row[:column], "", *row[column + 1 :]] for row in rows)


@main.command()
@click.argument("figures", type=click.Path(path_type=Path, exists=True))
@click.argument("output", type=click.Path(path_type=Path))
def draw(figures: Path, output: Path) -> None:
    """Draw the figures."""
    output.write_text(draw_scale(json.loads(figures.read_text())), encoding="utf-8")


@main.command(hidden=True)
@click.argument("name", type=click.Choice(STEPS))
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("most_gigabytes", type=float)
def step(name: str, folder: Path, most_gigabytes: float) -> None:
    """One step, in this process."""
    from web.stores import open_store

    most = int(most_gigabytes * 1e9)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    store = open_store(os.environ["WOP_STORE"])
    if name == "import":
        with store.write() as transaction:
            transaction.clear()
    found: Found = globals()[f"step_{name}"](store, folder)
    click.echo(json.dumps({**found, "peak_megabytes": memory("VmHWM")}))


if __name__ == "__main__":
    main()
