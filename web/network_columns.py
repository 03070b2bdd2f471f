"""The network as columns: what the drawing, its filters and its files are made from, worked out once a revision.

Utilities are numbered by id; pairs (mentor to mentee) are the partnerships by id, then the proposed pairs. Codes count
into the names beside them; -1 in an array and ``None`` in JSON is unknown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from graph.drawing import Drawing
from graph.model import Partnership
from graph.network_layout import Floats, Ints, rim
from matcher.document import ProposedPair
from web.network_colours import (
    BANDS,
    COLOURINGS,
    PALETTE,
    Colouring,
    Sizing,
    band_of,
    band_places,
    places_of,
    shares,
)
from web.search import fold
from web.snapshot import Knowledge

UNKNOWN = -1
ROLES = ("mentor", "mentee", "both")
PEOPLE_SERVED = "population_served"


@dataclass(frozen=True)
class Coded:
    """What utilities or pairs are by one attribute: a code each (-1: unknown), and what the codes mean."""

    ids: tuple[str, ...]
    names: tuple[str, ...]
    codes: Ints

    def code(self, id: str) -> int:
        """The code of an id; one that nothing has where it is not among them."""
        return self.ids.index(id) if id in self.ids else len(self.ids)

    def to_json(self) -> dict[str, Any]:
        """Ids, names and codes."""
        return {"ids": list(self.ids), "names": list(self.names), "codes": nones(self.codes)}


class Columns:
    """Everything about utilities and pairs that a view of the network needs, for one kind of reader."""

    def __init__(self, known: Knowledge, drawing: Drawing | None, *, proposed: bool) -> None:
        """``proposed`` says whether the reader may see the pairs of the latest proposal."""
        self.known, self.drawing = known, drawing
        network = known.network
        self.utilities = network.utilities
        self.number = {utility.id: place for place, utility in enumerate(self.utilities)}
        self.partnerships: tuple[Partnership, ...] = network.partnerships
        self.proposed: Sequence[ProposedPair] = known.latest["pairs"] if proposed and known.latest else ()
        joined = [(one.mentor, one.mentee) for one in self.partnerships]
        joined += [(pair["mentor"]["id"], pair["mentee"]["id"]) for pair in self.proposed]
        ends = np.array([(self.number[a], self.number[b]) for a, b in joined], dtype=np.int64).reshape(-1, 2)
        self.mentor, self.mentee = ends[:, 0], ends[:, 1]
        self.is_proposed = np.arange(len(ends)) >= len(self.partnerships)
        self.start = self._numbers([one.start_year for one in self.partnerships])
        self.end = self._numbers([one.end_year for one in self.partnerships])
        self.began = np.where(self.start == UNKNOWN, self.end, self.start)

    def _numbers(self, values: list[int | None]) -> Ints:
        padded = [*values, *[None] * len(self.proposed)]
        return np.array([UNKNOWN if value is None else value for value in padded], dtype=np.int64)

    @property
    def drawn(self) -> bool:
        """Whether places and measures are worked out."""
        return self.drawing is not None or not self.partnerships

    @cached_property
    def places(self) -> Floats:
        """Where utilities are drawn, float64[n, 2]; those without a partnership around the others."""
        places = np.full((len(self.utilities), 2), np.nan)
        if self.drawing is not None:
            at = [self.number[id] for id in self.drawing.utilities]
            places[at] = np.column_stack((self.drawing.x, self.drawing.y))
        alone = np.flatnonzero(np.isnan(places[:, 0]))
        by_region = sorted(alone.tolist(), key=lambda one: (self.attributes["region"].codes[one], one))
        places[by_region] = rim(len(alone))
        return places

    @cached_property
    def attributes(self) -> dict[Colouring, Coded]:
        """What utilities are coloured by."""
        network = self.known.network
        countries = [network.country_by_id[utility.country] for utility in self.utilities]
        region_names = {region.id: region.name for region in network.regions}
        return {
            "region": _coded([country.region for country in countries], region_names),
            "role": self._roles(),
            "income": _coded([country.income_group for country in countries], {}),
            "community": self._communities(),
            "programme": self._programmes(),
            **{name: self._banded(name) for name in BANDS},
        }

    def _roles(self) -> Coded:
        past = ~self.is_proposed
        gave = np.bincount(self.mentor[past], minlength=len(self.utilities)) > 0
        got = np.bincount(self.mentee[past], minlength=len(self.utilities)) > 0
        codes = np.where(gave & got, 2, np.where(gave, 0, np.where(got, 1, UNKNOWN)))
        return Coded(ROLES, ROLES, codes.astype(np.int64))

    def _communities(self) -> Coded:
        groups = self._measured("community")
        names = tuple(
            str(number + 1) for number in range(max((one for one in groups if one is not None), default=-1) + 1)
        )
        codes = [UNKNOWN if one is None else int(one) for one in groups]
        return Coded(names, names, np.array(codes, dtype=np.int64))

    def _banded(self, name: Colouring) -> Coded:
        codes = [band_of(name, value) for value in self._measured(name)]
        names = tuple(f"{least:g}" for least in BANDS[name])
        return Coded(names, names, np.array([UNKNOWN if code is None else code for code in codes], dtype=np.int64))

    def _programmes(self) -> Coded:
        counted: dict[int, Counter[str]] = {}
        for place, one in enumerate(self.partnerships):
            if one.programme is not None:
                for end in (self.mentor[place], self.mentee[place]):
                    counted.setdefault(int(end), Counter())[one.programme] += 1
        most = [
            min(counted[place], key=lambda name: (-counted[place][name], name)) if place in counted else None
            for place in range(len(self.utilities))
        ]
        return _coded(most, {})

    def _measured(self, name: str) -> list[Any]:
        found: list[Any] = [None] * len(self.utilities)
        if self.drawing is not None:
            for id, value in zip(self.drawing.utilities, getattr(self.drawing, name), strict=True):
                found[self.number[id]] = value
        return found

    @cached_property
    def people(self) -> list[float | None]:
        """People served: the newest figure this reader may see."""
        figures = self.known.network.figures
        found = [figures.get((utility.id, PEOPLE_SERVED)) for utility in self.utilities]
        return [None if figure is None else figure.value for figure in found]

    @cached_property
    def partners(self) -> Ints:
        """How many utilities each is or was in a partnership with."""
        past = ~self.is_proposed
        both = np.sort(np.column_stack((self.mentor[past], self.mentee[past])), axis=1)
        ties = np.unique(both, axis=0)
        return np.asarray(np.bincount(ties.ravel(), minlength=len(self.utilities)))

    @cached_property
    def sizes(self) -> dict[Sizing, list[float | None]]:
        """What utilities are sized by."""
        return {
            "partners": [int(one) for one in self.partners],
            "people": self.people,
            "reach": self._measured("reach"),
            "bridging": self._measured("bridging"),
            "same": [1] * len(self.utilities),
        }

    @cached_property
    def radii(self) -> dict[Sizing, list[int | None]]:
        """Sizes as whole percent of the greatest."""
        radii = {name: shares(values) for name, values in self.sizes.items()}
        return {**radii, "same": [45] * len(self.utilities)}

    @cached_property
    def colours(self) -> dict[Colouring, tuple[dict[int, int], list[int]]]:
        """By colouring: the colour of each code, and of each utility, as places in the palette."""
        return {
            name: (band_places if name in BANDS else places_of)(nones(self.attributes[name].codes))
            for name in COLOURINGS
        }

    @cached_property
    def of_pairs(self) -> dict[str, Coded]:
        """Programme, funder and confidence of the pairs."""
        rest: list[str | None] = [None] * len(self.proposed)
        return {
            name: _coded([*(getattr(one, name) for one in self.partnerships), *rest], {})
            for name in ("programme", "funder", "confidence")
        }

    @cached_property
    def topics(self) -> list[tuple[str, ...]]:
        """The capabilities each pair works on."""
        covered = [tuple(need["capability"] for need in pair["covered"]) for pair in self.proposed]
        return [*(one.capabilities for one in self.partnerships), *covered]

    @cached_property
    def name_order(self) -> Ints:
        """The place of each utility in the order of their names, int64[n]."""
        ordered = sorted(range(len(self.utilities)), key=lambda one: (self.utilities[one].name.casefold(), one))
        return np.asarray(np.argsort(np.array(ordered, dtype=np.int64)))

    @cached_property
    def utility_texts(self) -> list[str]:
        """What words are looked for in: the name, id and place of each utility, without case and marks."""
        names = {country.id: country.name for country in self.known.network.countries}
        regions = self.attributes["region"]
        return [
            fold(f"{one.name} {one.id} {one.country} {names[one.country]} {regions.names[regions.codes[place]]}")
            for place, one in enumerate(self.utilities)
        ]

    @cached_property
    def pair_texts(self) -> list[str]:
        """The same for pairs: programme, funder, facilitator and what the register says of the partnership."""
        parts = [(one.programme, one.funder, one.facilitator, one.excerpt_fact) for one in self.partnerships]
        return [*(fold(" ".join(filter(None, part))) for part in parts), *[""] * len(self.proposed)]

    @cached_property
    def is_cascade(self) -> Any:
        """Whether a pair is part of a cascade: its mentee mentored later, or its mentor learned before; bool[pairs]."""
        dated = ~self.is_proposed & (self.began != UNKNOWN)
        count, never = len(self.utilities), 10_000
        learned, taught = np.full(count, never), np.full(count, -never)
        np.minimum.at(learned, self.mentee[dated], self.began[dated])
        np.maximum.at(taught, self.mentor[dated], self.began[dated])
        passed_on = dated & (taught[self.mentee] > self.began)
        came_from = dated & (learned[self.mentor] < self.began)
        return passed_on | came_from

    @cached_property
    def twin(self) -> dict[str, Any]:
        """All of it in the form of JSON, for the page and for programs."""
        regional = {name: coded.to_json() for name, coded in self.attributes.items() if name not in BANDS}
        return {
            "revision": self.known.network.revision,
            "drawn": self.drawn,
            "palette": list(PALETTE),
            "utilities": {
                "id": [utility.id for utility in self.utilities],
                "name": [utility.name for utility in self.utilities],
                "country": [utility.country for utility in self.utilities],
                "x": [round(float(x), 4) for x in self.places[:, 0]],
                "y": [round(float(y), 4) for y in self.places[:, 1]],
                "people": self.people,
                "reach": self.sizes["reach"],
                "bridging": self.sizes["bridging"],
                "radius": self.radii,
                "colour": {name: places for name, (_codes, places) in self.colours.items()},
                **regional,
            },
            "pairs": {
                "mentor": self.mentor.tolist(),
                "mentee": self.mentee.tolist(),
                "began": nones(self.began),
                "end": nones(self.end),
                "proposed": self.is_proposed.astype(int).tolist(),
                "cascade": self.is_cascade.astype(int).tolist(),
                "capabilities": self._topic_codes(),
                **{name: coded.to_json() for name, coded in self.of_pairs.items()},
            },
        }

    def _topic_codes(self) -> dict[str, Any]:
        ids = [capability.id for capability in self.known.network.capabilities]
        place = {id: number for number, id in enumerate(ids)}
        names = [capability.name for capability in self.known.network.capabilities]
        return {"ids": ids, "names": names, "codes": [[place[id] for id in topics] for topics in self.topics]}


def nones(codes: Ints) -> list[int | None]:
    """An array as a list, with ``None`` for what is unknown."""
    return [None if code == UNKNOWN else code for code in codes.tolist()]


def _coded(values: Sequence[str | None], names: dict[str, str]) -> Coded:
    ids = tuple(sorted({value for value in values if value is not None}))
    place = {id: number for number, id in enumerate(ids)}
    codes = [UNKNOWN if value is None else place[value] for value in values]
    return Coded(ids, tuple(names.get(id, id) for id in ids), np.array(codes, dtype=np.int64))
