"""A view of the network as a drawing in SVG: for a report, and for a page without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

import numpy as np

from graph.network_layout import Floats, Ints
from web.network_colours import EDGE, EDGE_PROPOSED, PALETTE, Colouring, Sizing
from web.network_columns import Columns
from web.network_tables import LegendRow
from web.network_view import Shown, numbers

WIDTH, HEIGHT, MARGIN, LEGEND_LINE = 1200, 860, 40, 24
LABELS = 26
LONGEST = 30
INK, SOFT = "#16292F", "#4D6168"


def network_svg(
    columns: Columns, shown: Shown, colouring: Colouring, sizing: Sizing, legend: list[LegendRow], names: list[str]
) -> bytes:
    """The drawing, with a legend; ``names`` are those of the legend's rows in the reader's language."""
    at = _positions(columns, shown)
    places = numbers(shown.utilities)
    radii = np.array([one or 0 for one in columns.radii[sizing]], dtype=np.float64)
    most = 15 if len(places) < 800 else 9
    radius = 2.5 + (most - 2.5) * radii / 100
    drawn = [*_edges(columns, shown, at, radius)]
    colours = columns.colours[colouring][1]
    for place in sorted(places.tolist(), key=lambda one: (-radius[one], one)):
        x, y = at[place]
        title = escape(columns.utilities[place].name)
        drawn.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius[place]:.1f}" fill="{PALETTE[colours[place]]}"'
            f' stroke="#fff" stroke-width="1"><title>{title}</title></circle>'
        )
    drawn += _labels(columns, places, at, radius)
    drawn += _legend(legend, names)
    height = HEIGHT + LEGEND_LINE * -(-len(legend) // 4) + MARGIN // 2
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
        ' font-family="system-ui, sans-serif">\n'
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>\n'
        '<defs><marker id="to" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="5" markerHeight="5" orient="auto">'
        f'<path d="M0 0L8 4L0 8z" fill="{EDGE}"/></marker></defs>\n'
    )
    return (head + "\n".join(drawn) + "\n</svg>\n").encode()


def _positions(columns: Columns, shown: Shown) -> Floats:
    """Where everything is drawn, so that the utilities of the view fill the sheet; y downwards."""
    places = columns.places * (1, -1)
    seen = places[shown.utilities]
    if not len(seen):
        return np.asarray(places)
    low, high = seen.min(axis=0), seen.max(axis=0)
    room = np.array((WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN))
    scale = min(room / np.maximum(high - low, 0.05))
    return np.asarray((places - (low + high) / 2) * scale + (WIDTH / 2, HEIGHT / 2))


def _edges(columns: Columns, shown: Shown, at: Floats, radius: Floats) -> Iterator[str]:
    pairs = numbers(shown.pairs_by_year).tolist()
    marker = ' marker-end="url(#to)"' if len(pairs) <= 2_000 else ""
    faint = 0.75 if len(pairs) <= 600 else 0.35
    for pair in pairs:
        mentor, mentee = int(columns.mentor[pair]), int(columns.mentee[pair])
        gap = at[mentee] - at[mentor]
        length = max(float(np.hypot(*gap)), 1e-6)
        x, y = at[mentee] - gap / length * min(radius[mentee] + 1, length / 2)
        proposed = bool(columns.is_proposed[pair])
        dashes = ' stroke-dasharray="5 4"' if proposed else ""
        yield (
            f'<path d="M{at[mentor][0]:.1f} {at[mentor][1]:.1f}L{x:.1f} {y:.1f}" fill="none"'
            f' stroke="{EDGE_PROPOSED if proposed else EDGE}" stroke-opacity="{faint}"{dashes}{marker}/>'
        )


def _labels(columns: Columns, places: Ints, at: Floats, radius: Floats) -> list[str]:
    """The names of the largest, where no other name is in the way."""
    taken: list[tuple[float, float, float, float]] = []
    drawn: list[str] = []
    for place in sorted(places.tolist(), key=lambda one: (-radius[one], one)):
        if len(drawn) == LABELS:
            break
        name = columns.utilities[place].name
        name = name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
        x, y, wide = at[place][0], at[place][1] - radius[place] - 4, 6.6 * len(name)
        x = min(max(x, wide / 2 + 4), WIDTH - wide / 2 - 4)
        box = (x - wide / 2, y - 12, x + wide / 2, y + 3)
        if any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in taken):
            continue
        taken.append(box)
        drawn.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="12" text-anchor="middle" fill="{INK}" stroke="#fff"'
            f' stroke-width="3" paint-order="stroke">{escape(name)}</text>'
        )
    return drawn


def _legend(legend: list[LegendRow], names: list[str]) -> list[str]:
    drawn: list[str] = []
    for number, (row, name) in enumerate(zip(legend, names, strict=True)):
        x, y = MARGIN + (number % 4) * (WIDTH - 2 * MARGIN) / 4, HEIGHT + LEGEND_LINE * (number // 4 + 0.5)
        drawn.append(f'<circle cx="{x + 6:.0f}" cy="{y - 4:.0f}" r="6" fill="{row["colour"]}"/>')
        drawn.append(
            f'<text x="{x + 18:.0f}" y="{y:.0f}" font-size="13" fill="{SOFT}">{escape(name)}'
            f" ({row['utilities']})</text>"
        )
    return drawn
