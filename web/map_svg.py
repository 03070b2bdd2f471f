"""Maps in SVG: arcs between countries, flows between regions, needs by country. They carry their colours themselves.

Everything in them is a link where ``address`` gives one; the drawing is no stop of the keyboard, since the table beside
it holds the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from web.flows import Cell, NeedOf
from web.world_map import WIDTH, Frame, land

SEA, LAND, COAST = "#F3F7F8", "#DEE5E3", "#FFFFFF"
ARC, RING, INK = "#0B6478", "#B4661F", "#16292F"
SHADES = ("#D5E8F3", "#A6CEE3", "#6FAED1", "#3B88B5", "#1B5E8A")
STEPS = (1, 5, 10, 20, 50)
"""From how many needs on a country has each shade."""
MOST_ARCS = 600
"""Arcs that are drawn, the widest first: more could not be told apart."""
LABELS = 24


@dataclass(frozen=True)
class Spot:
    """A place on the map: its name in the reader's language, and where it is in degrees."""

    name: str
    longitude: float
    latitude: float


Address = Callable[[str | None, str | None], str | None]
"""Where a flow or a place leads to; ``None`` where to nothing."""


def flows_svg(
    frame: Frame,
    spots: Mapping[str, Spot],
    cells: Sequence[Cell],
    tell: Callable[[Cell], str],
    address: Address,
    label: str,
) -> str:
    """Arcs from mentors to mentees, as wide as there are pairs; a ring stands for pairs within one place."""
    most = max((cell["pairs"] for cell in cells), default=1)
    between = [cell for cell in cells if cell["row"] != cell["column"]]
    within = [cell for cell in cells if cell["row"] == cell["column"]]
    drawn = [*_land(frame)]
    shown = sorted(between, key=lambda cell: -cell["pairs"])[:MOST_ARCS]
    for cell in reversed(shown):
        one, other = spots.get(cell["row"] or ""), spots.get(cell["column"] or "")
        if one is not None and other is not None:
            share = (cell["pairs"] / most) ** 0.5
            paths = "".join(_arc(*ends) for ends in _ends(frame, one, other))
            drawn.append(
                _linked(
                    address(cell["row"], cell["column"]),
                    f'<path d="{paths}" fill="none" stroke="{ARC}" stroke-width="{0.8 + 7 * share:.1f}"'
                    f' stroke-opacity="{0.35 if len(shown) > 150 else 0.6}" stroke-linecap="round">'
                    f"<title>{escape(tell(cell))}</title></path>",
                )
            )
    totals: dict[str, int] = {}
    for cell in cells:
        for place in {cell["row"], cell["column"]} - {None}:
            totals[str(place)] = totals.get(str(place), 0) + cell["pairs"]
    for place in sorted(totals, key=lambda id: (-totals[id], id)):
        if place in spots:
            x, y = _at(frame, spots[place])
            drawn.append(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.8" fill="{ARC}" stroke="#fff" stroke-width="0.8">'
                f"<title>{escape(spots[place].name)}</title></circle>"
            )
    for cell in within:
        spot = spots.get(cell["row"] or "")
        if spot is not None:
            radius = 4 + 14 * (cell["pairs"] / most) ** 0.5
            drawn.append(_linked(address(cell["row"], cell["column"]), _ring(frame, spot, radius, 0.25, tell(cell))))
    drawn += _labels(frame, spots, totals)
    return _sheet(frame, drawn, label)


def needs_svg(
    frame: Frame,
    spots: Mapping[str, Spot],
    rows: Sequence[NeedOf],
    tell: Callable[[NeedOf], str],
    address: Address,
    label: str,
) -> str:
    """Countries shaded by how many needs they have; a ring stands for needs that nobody in the region offers."""
    of = {row["country"]: row for row in rows if row["needs"]}
    paths = land(frame)
    drawn = [*_land(frame, without=of)]
    for id in sorted(of):
        fill = SHADES[sum(of[id]["needs"] >= step for step in STEPS) - 1]
        title = f"<title>{escape(tell(of[id]))}</title>"
        if id in paths:
            path = f'<path d="{paths[id]}" fill="{fill}" stroke="{COAST}" stroke-width="0.7">{title}</path>'
            drawn.append(_linked(address(id, None), path))
    most = max((row["far"] for row in rows), default=1) or 1
    for id, row in of.items():
        if id in spots:  # a ring, or a point: a small country is seen, too
            radius = 3 + 12 * (row["far"] / most) ** 0.5 if row["far"] else 2.5
            ring = _ring(frame, spots[id], radius, 0.3, tell(row))
            drawn.append(_linked(address(id, None), ring))
    drawn += _labels(frame, spots, {id: row["needs"] for id, row in of.items()})
    return _sheet(frame, drawn, label)


def _sheet(frame: Frame, drawn: Sequence[str], label: str) -> str:
    size = f'viewBox="0 0 {WIDTH:.0f} {frame.height:.0f}" width="{WIDTH:.0f}" height="{frame.height:.0f}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="map" {size} role="group" aria-label={quoteattr(label)}'
        f' font-family="system-ui, sans-serif"><rect width="{WIDTH:.0f}" height="{frame.height:.0f}" fill="{SEA}"/>'
        + "\n".join(drawn)
        + "</svg>"
    )


def _land(frame: Frame, without: Mapping[str, object] | None = None) -> Iterator[str]:
    """The land that has nothing to say, as one path."""
    paths = "".join(path for id, path in land(frame).items() if without is None or id not in without)
    yield f'<path d="{paths}" fill="{LAND}" stroke="{COAST}" stroke-width="0.7"/>'


def _linked(address: str | None, drawn: str) -> str:
    return drawn if address is None else f'<a href={quoteattr(address)} tabindex="-1">{drawn}</a>'


def _at(frame: Frame, spot: Spot) -> tuple[float, float]:
    x, y = frame.at(np.array([frame.near(spot.longitude)]), np.array([spot.latitude]))[0]
    return float(x), float(y)


def _ring(frame: Frame, spot: Spot, radius: float, inside: float, title: str) -> str:
    x, y = _at(frame, spot)
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{RING}" fill-opacity="{inside:g}" stroke="{RING}"'
        f' stroke-width="1.5"><title>{escape(title)}</title></circle>'
    )


def _ends(frame: Frame, one: Spot, other: Spot) -> Iterator[tuple[float, float, float, float]]:
    """Both ends of an arc the shorter way round; where that leads over the edge of the map, once at each edge."""
    start, end = frame.near(one.longitude), frame.near(other.longitude)
    turn = 360 if end - start < -180 else -360 if end - start > 180 else 0
    for first, last in dict.fromkeys(((start, end + turn), (start - turn, end))):
        points = frame.at(np.array([first, last]), np.array([one.latitude, other.latitude]))
        yield float(points[0, 0]), float(points[0, 1]), float(points[1, 0]), float(points[1, 1])


def _arc(x: float, y: float, to_x: float, to_y: float) -> str:
    """A curve that bends to the left of its way, so that help in both directions can be told apart."""
    bend = 0.2
    across, up = (x + to_x) / 2 + bend * (to_y - y), (y + to_y) / 2 - bend * (to_x - x)
    return f"M{x:.1f} {y:.1f}Q{across:.1f} {up:.1f} {to_x:.1f} {to_y:.1f}"


def _labels(frame: Frame, spots: Mapping[str, Spot], weights: Mapping[str, int]) -> list[str]:
    """The names of the heaviest places, where no other name is in the way."""
    taken: list[tuple[float, float, float, float]] = []
    drawn: list[str] = []
    for id in sorted(weights, key=lambda id: (-weights[id], id)):
        if id not in spots or len(drawn) == LABELS:
            continue
        x, y = _at(frame, spots[id])
        wide = 7.0 * len(spots[id].name)
        if not (0 <= x <= WIDTH and 16 <= y <= frame.height):
            continue
        middle = min(max(x, wide / 2 + 4), WIDTH - wide / 2 - 4)
        box = (middle - wide / 2, y - 21, middle + wide / 2, y - 5)
        if any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in taken):
            continue
        taken.append(box)
        drawn.append(
            f'<text x="{middle:.1f}" y="{y - 8:.1f}" font-size="13" text-anchor="middle" fill="{INK}" stroke="#fff"'
            f' stroke-width="3" paint-order="stroke">{escape(spots[id].name)}</text>'
        )
    return drawn
