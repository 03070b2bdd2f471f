"""``wop match`` on the register from a cold start, beside a bare Python that only imports the solver.

Run: python -m benchmarks.cold_start [--runs 5]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time

from graph.reference import REGISTER


def seconds(command: list[str], folder: str, runs: int) -> float:
    """The median wall-clock time of a command."""
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def main() -> None:
    """Print both medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    wop = [sys.executable, "-m", "web.cli"]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([*wop, "import", str(REGISTER)], cwd=folder, check=True, capture_output=True)
        bare = seconds([sys.executable, "-c", "from ortools.sat.python import cp_model"], folder, runs)
        match = seconds([*wop, "match", "--as-of", "2025-12-31"], folder, runs)
    print(f"import of the solver alone  {bare:6.2f} s")
    print(f"wop match, cold             {match:6.2f} s   {match / bare:.1f} times")


if __name__ == "__main__":
    main()
