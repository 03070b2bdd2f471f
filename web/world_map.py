"""The world to draw on: outlines of countries (Natural Earth), a projection, and the frames a map may show.

The projection is Equal Earth (Šavrič, Patterson and Jenny, "The Equal Earth map projection", International Journal of
Geographical Information Science 33, 2019), so areas compare. A frame has its own middle meridian, so that a region on
both sides of the date line is drawn whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

from graph.network_layout import Floats
from graph.reference import FIXTURES

WIDTH = 1200.0
SOUTH, NORTH = -56.0, 78.0
"""Latitudes of the whole world's frame: nobody provides water beyond."""
NEARBY = 9.0
"""Degrees around the outermost principal cities of a region."""
NARROWEST, WIDEST = 1.2, 2.4
"""A region's frame is at least and at most so many times as wide as high."""
LEAST_HEIGHT = 0.3
A1, A2, A3, A4 = 1.340264, -0.081106, 0.000893, 0.003796
M = 3**0.5 / 2


@dataclass(frozen=True)
class Frame:
    """A part of the projected plane: its middle meridian in degrees, and its bounds; longitudes run on freely."""

    middle: float
    left: float
    right: float
    bottom: float
    top: float

    @property
    def height(self) -> float:
        """Height of the drawing that is ``WIDTH`` wide."""
        return round(WIDTH * (self.top - self.bottom) / (self.right - self.left))

    def at(self, longitude: Floats, latitude: Floats) -> Floats:
        """Where points stand in the drawing, float64[n, 2]; x to the right, y downwards."""
        plane = projected(longitude - self.middle, latitude)
        scale = WIDTH / (self.right - self.left)
        return np.column_stack(((plane[:, 0] - self.left) * scale, (self.top - plane[:, 1]) * scale))

    def near(self, longitude: float) -> float:
        """The same longitude, within half a turn of the middle."""
        return longitude + 360 * round((self.middle - longitude) / 360)


def projected(longitude: Floats, latitude: Floats) -> Floats:
    """Points in degrees on the plane of the Equal Earth projection, float64[n, 2], for a sphere of radius 1."""
    angle = np.arcsin(M * np.sin(np.radians(latitude)))
    square = angle * angle
    sixth = square**3
    x = np.radians(longitude) * np.cos(angle) / (M * (A1 + 3 * A2 * square + sixth * (7 * A3 + 9 * A4 * square)))
    y = angle * (A1 + A2 * square + sixth * (A3 + A4 * square))
    return np.column_stack((x, y))


@cache
def outlines() -> Mapping[str, tuple[Floats, ...]]:
    """The rings of each country by alpha-3 code ("": land of no country of the reference), float64[n, 2] in degrees.

    The longitudes of a ring run on beyond 180 where it crosses the date line.
    """
    text = (FIXTURES / "countries" / "outlines.json").read_text(encoding="utf-8")
    return {
        id: tuple(np.array(ring, dtype=np.float64).reshape(-1, 2) for ring in rings)
        for id, rings in json.loads(text).items()
    }


def world() -> Frame:
    """The frame of the whole world."""
    edge = projected(np.array([180.0, 0.0, 0.0]), np.array([0.0, SOUTH, NORTH]))
    return Frame(0.0, -float(edge[0, 0]), float(edge[0, 0]), float(edge[1, 1]), float(edge[2, 1]))


def frame_of(places: Sequence[tuple[float, float]]) -> Frame:
    """The frame around places given as longitude and latitude; that of the world without any."""
    if not places:
        return world()
    degrees = np.array(places, dtype=np.float64)
    middle, _ = centre(places)
    east = degrees[:, 0] + 360 * np.round((middle - degrees[:, 0]) / 360) - middle
    low, high = (float(east.min()) - NEARBY, float(east.max()) + NEARBY)
    south = max(float(degrees[:, 1].min()) - NEARBY, SOUTH)
    north = min(float(degrees[:, 1].max()) + NEARBY, NORTH)
    plane = projected(np.array([low, low, high, high]), np.array([south, north, south, north]))
    left, bottom = plane.min(axis=0)
    right, top = plane.max(axis=0)
    height = max(top - bottom, (right - left) / WIDEST, LEAST_HEIGHT)
    width = max(right - left, height * NARROWEST)
    across, up = (left + right) / 2, (bottom + top) / 2
    return Frame(
        middle,
        float(across - width / 2),
        float(across + width / 2),
        float(up - height / 2),
        float(up + height / 2),
    )


def centre(places: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The middle of places on the sphere, as longitude and latitude in degrees."""
    east, north = np.radians(np.array(places, dtype=np.float64)).T
    x, y, z = (np.cos(north) * np.cos(east)).mean(), (np.cos(north) * np.sin(east)).mean(), np.sin(north).mean()
    return float(np.degrees(np.arctan2(y, x))), float(np.degrees(np.arctan2(z, np.hypot(x, y))))


@lru_cache(maxsize=32)
def land(frame: Frame) -> Mapping[str, str]:
    """The path of each country that is seen in a frame, as SVG has it, in whole tenths of a unit."""
    found: dict[str, str] = {}
    for id, rings in outlines().items():
        paths = [path for ring in rings if (path := _path(frame, ring))]
        if paths:
            found[id] = "".join(paths)
    return found


def _path(frame: Frame, ring: Floats) -> str:
    """A ring on the side of the world the frame shows, on both where it is on both; empty where it is outside."""
    shown = []
    for turn in (-360, 0, 360):
        points = frame.at(ring[:, 0] + turn, ring[:, 1])
        low, high = points.min(axis=0), points.max(axis=0)
        if high[0] >= 0 and high[1] >= 0 and low[0] <= WIDTH and low[1] <= frame.height:
            shown.append("M" + "L".join(f"{x:g} {y:g}" for x, y in _thinned(np.round(points, 1))) + "z")
    return "".join(shown)


def _thinned(points: Floats) -> Iterable[tuple[float, float]]:
    """Points without those that stand where the one before stands, to a unit; a small island keeps its own."""
    kept = np.concatenate(([True], np.abs(np.diff(points, axis=0)).max(axis=1) >= 0.8))
    thin = points[kept]
    return [(float(x), float(y)) for x, y in (thin if len(thin) >= 4 else points)]
