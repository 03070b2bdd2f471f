"""The figures of ``benchmarks.scale`` as one picture: lines on logarithmic axes, in plain SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import floor, log10
from typing import Any

PANELS = (
    ("SQLite: processor seconds", "sqlite", "cpu_seconds"),
    ("SQLite: megabytes", "sqlite", "megabytes"),
    ("Neo4j: seconds by the clock", "neo4j", "seconds"),
)
SECONDS = {
    "import": "import",
    "snapshot": "snapshot",
    "first_page": "first page after a change",
    "next_page": "page of one utility",
    "problem": "scoring all pairs",
    "solve_simple": "solving, one mentor each",
}
COLOURS = ("#0b6175", "#b4560e", "#5b3f8c", "#3c7a2a", "#a3264b", "#555555", "#1c7ed6", "#946c00")
WIDTH, HEIGHT, LEFT, TOP, BOTTOM, RIGHT = 460, 300, 52, 34, 40, 170
Line = tuple[str, list[tuple[float, float]]]


def draw_scale(rows: Sequence[Mapping[str, Any]]) -> str:
    """The picture: one panel a store and unit, those without figures left out."""
    panels = [(title, lines_of(rows, store, unit)) for title, store, unit in PANELS]
    panels = [(title, lines) for title, lines in panels if lines]
    parts = [panel(title, lines, at * (HEIGHT + 12)) for at, (title, lines) in enumerate(panels)]
    height = len(panels) * (HEIGHT + 12)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH + RIGHT} {height}" role="img"'
        f' font-family="system-ui, sans-serif" font-size="11">\n<title>What grows how</title>\n'
        f'<rect width="100%" height="100%" fill="#ffffff"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def lines_of(rows: Sequence[Mapping[str, Any]], store: str, unit: str) -> list[Line]:
    """The lines of one panel: a name and its points."""
    mine = [row for row in rows if row["store"] == store and "ended_by" not in row]
    if unit == "megabytes":
        wanted = {
            "uploaded tables": ("import", "upload_megabytes"),
            "store on disk": ("import", "store_megabytes"),
            "snapshot in memory": ("snapshot", "megabytes"),
            "problem in memory": ("problem", "megabytes"),
        }
    else:
        wanted = {name: (step, unit) for step, name in SECONDS.items()}
        wanted["scoring a programme's round"] = ("programme", unit)
        wanted["solving a programme's round"] = ("programme", f"solve_{unit}")
    found = [
        (name, [(row["size"], row[field]) for row in mine if row["step"] == step and row.get(field)])
        for name, (step, field) in wanted.items()
    ]
    return [(name, points) for name, points in found if points]


def panel(title: str, lines: Sequence[Line], top: int) -> str:
    """One panel with its axes, its lines and their names beside their ends."""
    sizes = [size for _, points in lines for size, _ in points]
    values = [value for _, points in lines for _, value in points]
    first, last = log10(min(sizes)), max(log10(max(sizes)), log10(min(sizes)) + 1)
    low, high = floor(log10(min(values))), floor(log10(max(values))) + 1
    drawn = [f'<text x="{LEFT}" y="{top + 20}" font-size="13" font-weight="600">{escape(title)}</text>']

    def x(size: float) -> float:
        return LEFT + (log10(size) - first) / (last - first) * (WIDTH - LEFT - 12)

    def y(value: float) -> float:
        return top + TOP + (high - log10(value)) / (high - low) * (HEIGHT - TOP - BOTTOM)

    for power in range(low, high + 1):
        drawn.append(f'<path d="M{LEFT} {y(10.0**power):.1f}H{WIDTH - 12}" stroke="#d5dcdf"/>')
        drawn.append(f'<text x="{LEFT - 6}" y="{y(10.0**power) + 4:.1f}" text-anchor="end">{10.0**power:g}</text>')
    drawn += [
        f'<text x="{x(size):.1f}" y="{top + HEIGHT - 18}" text-anchor="middle">{size:,.0f}</text>'
        for size in sorted(set(sizes))
    ]
    drawn.append(f'<text x="{(LEFT + WIDTH) / 2:.0f}" y="{top + HEIGHT - 2}" text-anchor="middle">utilities</text>')
    names: list[tuple[float, float, str, str]] = []
    for (name, points), colour in zip(lines, COLOURS, strict=False):
        path = " ".join(f"{x(size):.1f},{y(value):.1f}" for size, value in points)
        drawn.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        drawn += [f'<circle cx="{x(at):.1f}" cy="{y(to):.1f}" r="2.6" fill="{colour}"/>' for at, to in points]
        names.append((y(points[-1][1]), x(points[-1][0]), name, colour))
    names.sort()
    lowest: dict[float, float] = {}
    for at, right, name, colour in names:
        # Names at the same end must not cover each other.
        lowest[right] = max(at, lowest.get(right, -1e9) + 13)
        drawn.append(f'<text x="{right + 8:.1f}" y="{lowest[right] + 4:.1f}" fill="{colour}">{escape(name)}</text>')
    return "\n".join(drawn)
