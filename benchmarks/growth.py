"""How the cost grows with the round: a table, and a drawing for the documentation.

    python benchmarks/growth.py --most 10000000 --limits-up-to 10000000 --svg docs/reference/growth.svg

Believable rounds of 10^3 pairs and more, three sizes to each power of ten, with limits of five kinds and without any;
forty pairs a mentee, a fifth as many mentors as mentees. Each run has a process of its own, so that its memory is its
own; the time it may take by the clock (making the round included) and its memory have a bound, and where one ends it,
the row says so. The cost is the time of the processor, which other work on the machine disturbs least.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10
from pathlib import Path
from typing import Any

from rounds import round_of

from graph.errors import TooLarge
from matcher.solve import SolvePolicy, solve

PAIRS_PER_MENTEE = 40
FEWEST_MENTORS = 50
FOR_SOLVING = 0.9
"""Share of a run's time, less making the round, that the search may take; the rest is for ending it."""


@dataclass(frozen=True)
class Run:
    """One solved round: ``cpu`` and ``seconds`` of solving, peak memory ``mb``, ``gap`` a share of the bound."""

    pairs: int
    mentors: int
    mentees: int
    limits: bool
    cpu: float
    seconds: float
    mb: float
    gap: float | None


def main() -> None:
    """Measure, print the table, and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--least", type=int, default=1_000, help="pairs of the smallest round")
    parser.add_argument("--most", type=int, default=100_000, help="pairs of the largest round")
    parser.add_argument("--limits-up-to", type=int, help="the largest round that is also solved with limits")
    parser.add_argument("--steps", type=int, default=2, help="sizes to each power of ten")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cap", type=float, default=240.0, help="seconds a run may take")
    parser.add_argument("--memory", type=float, default=3.0, help="gigabytes a run may take")
    parser.add_argument("--svg", type=Path, help="where to draw")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(_measure(**json.loads(given.one))))
        return
    runs = []
    print(f"{'pairs':>10} {'mentors':>8} {'mentees':>8} {'limits':>6} {'cpu s':>8} {'s':>8} {'MB':>6} {'gap':>9}")
    for pairs in _sizes(given.least, given.most, given.steps):
        for limits in (False, True):
            if limits and given.limits_up_to is not None and pairs > given.limits_up_to:
                continue
            task = {"pairs": pairs, "limits": limits, "seed": given.seed, "cap": given.cap, "memory": given.memory}
            run = _run(task)
            if isinstance(run, str):
                print(f"{pairs:>10} {'':>17} {'yes' if limits else 'no':>6} {run}", flush=True)
                continue
            runs.append(run)
            gap = "-" if run.gap is None else f"{run.gap:.1e}" if run.gap else "0"
            print(
                f"{run.pairs:>10} {run.mentors:>8} {run.mentees:>8} {'yes' if limits else 'no':>6}"
                f" {run.cpu:8.2f} {run.seconds:8.2f} {run.mb:6.0f} {gap:>9}",
                flush=True,
            )
    if given.svg and runs:
        given.svg.write_text(drawing(runs), encoding="utf-8")


def _sizes(least: int, most: int, steps: int) -> list[int]:
    """From ``least`` to ``most``, ``steps`` to each power of ten, rounded to two figures."""
    count = floor(steps * log10(most / least) + 1e-9) + 1
    return [int(float(f"{least * 10 ** (at / steps):.1e}")) for at in range(count)]


def _run(task: dict[str, Any]) -> Run | str:
    """The run, or what ended it."""
    command = [sys.executable, __file__, "--one", json.dumps(task)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=task["cap"])
    except subprocess.TimeoutExpired:
        return f"ended: over {task['cap']:g} s"
    if done.returncode:
        signs = ("MemoryError", "bad_alloc", "Unable to allocate")
        if done.returncode < 0 or any(sign in done.stderr for sign in signs):
            return f"ended: over {task['memory']:g} GB"
        return "ended: " + (done.stderr.strip().splitlines() or ["no message"])[-1]
    found = json.loads(done.stdout.strip().splitlines()[-1])
    return f"no answer within {task['cap']:g} s" if found is None else Run(**found)


def _measure(pairs: int, limits: bool, seed: int, cap: float, memory: float) -> dict[str, Any] | None:
    started = time.perf_counter()
    most = int(memory * 1e9)
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    mentees = max(25, round(pairs / PAIRS_PER_MENTEE))
    mentors = max(FEWEST_MENTORS, mentees // 5)
    problem = round_of(seed, mentors, mentees, pairs, limits=limits)
    began, used = time.perf_counter(), time.process_time()
    try:
        result = solve(problem, SolvePolicy(time_limit=max(1.0, (cap - (began - started)) * FOR_SOLVING)), seed=1)
    except TooLarge:
        return None
    goal = result.goals[0]
    return {
        "pairs": problem.pair_count,
        "mentors": mentors,
        "mentees": mentees,
        "limits": limits,
        "cpu": time.process_time() - used,
        "seconds": time.perf_counter() - began,
        "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "gap": (goal.bound - goal.value) / max(abs(goal.bound), 1),
    }


WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 640, 400, 70, 30, 20, 50
COLOURS = {False: "#2a78b8", True: "#b8502a"}
LABELS = {False: "without limits", True: "with limits of five kinds"}
SMALLEST = 1e-3


def drawing(runs: Sequence[Run]) -> str:
    """Seconds of the processor by eligible pairs as an SVG, both axes in powers of ten."""
    first, last = floor(log10(min(run.pairs for run in runs)) + 0.02), log10(max(run.pairs for run in runs))
    low = floor(log10(max(SMALLEST, min(run.cpu for run in runs))))
    high = max(low + 1, floor(log10(max(run.cpu for run in runs))) + 1)
    last = max(float(first + 1), last, float(round(last)) if abs(last - round(last)) < 0.05 else 0.0)

    def x(pairs: float) -> float:
        return LEFT + (log10(pairs) - first) / (last - first) * (WIDTH - LEFT - RIGHT)

    def y(seconds: float) -> float:
        return HEIGHT - BOTTOM - (log10(max(seconds, SMALLEST)) - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif"'
        ' font-size="12" role="img" aria-label="Processor seconds by eligible pairs">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
    ]
    for power in range(first, floor(last + 1e-9) + 1):
        at = x(10.0**power)
        lines.append(f'<path d="M{at:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#e4e4e4"/>')
        lines.append(f'<text x="{at:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{10**power:,}</text>')
    for power in range(low, high + 1):
        at = y(10.0**power)
        lines.append(f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="#e4e4e4"/>')
        lines.append(f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{10.0**power:g} s</text>')
    lines.append(_straight(x, y, first, last, low, high))
    for place, limits in enumerate((False, True)):
        own = [run for run in runs if run.limits == limits]
        points = " ".join(f"{x(run.pairs):.1f},{y(run.cpu):.1f}" for run in own)
        colour = COLOURS[limits]
        lines.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        lines += [f'<circle cx="{x(run.pairs):.1f}" cy="{y(run.cpu):.1f}" r="3" fill="{colour}"/>' for run in own]
        lines.append(f'<text x="{LEFT + 12}" y="{TOP + 16 + 18 * place}" fill="{colour}">{LABELS[limits]}</text>')
    lines.append(f'<text x="{LEFT + 12}" y="{TOP + 52}" fill="#777777">dashed: ten times the pairs, ten times the cost')
    lines[-1] += "</text>"
    lines.append(f'<text x="{(LEFT + WIDTH) / 2}" y="{HEIGHT - 12}" text-anchor="middle">eligible pairs</text>')
    return "\n".join([*lines, "</svg>", ""])


def _straight(x: Any, y: Any, first: int, last: float, low: int, high: int) -> str:
    """A line of cost in proportion to the pairs, as far as it stays inside."""
    middle = (low + high) / 2 - (first + last) / 2
    start = max(float(first), low - middle)
    end = min(last, high - middle)
    ends = [(10.0**at, 10.0 ** (at + middle)) for at in (start, end)]
    path = "L".join(f"{x(pairs):.1f} {y(seconds):.1f}" for pairs, seconds in ends)
    return f'<path d="M{path}" stroke="#999999" stroke-dasharray="4 4" fill="none"/>'


if __name__ == "__main__":
    main()
