"""The drawing of a network: positions and measures of the utilities in it, worked out once and kept in the store.

It is known by a digest of who is joined to whom, so any change of the partnerships asks for a new one, which begins
from the one kept: a drawing that people know by heart does not jump.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from graph.model import Partnership
from graph.network_layout import layout
from graph.network_measures import bridging, communities, reach
from graph.store import Reader, Store

KEPT = "network"
"""The id of the one drawing a store keeps."""
FORM = 1
"""Grows when the same partnerships are to be drawn another way."""


@dataclass(frozen=True)
class Drawing:
    """The utilities with a partnership, by id, and of each: a place within the unit circle, and what it is.

    ``community`` counts from 0, the largest; ``reach`` counts utilities; ``bridging`` is a share 0..1.
    """

    digest: str
    utilities: tuple[str, ...]
    x: tuple[float, ...]
    y: tuple[float, ...]
    community: tuple[int, ...]
    reach: tuple[int, ...]
    bridging: tuple[float, ...]


def drawing_digest(partnerships: Sequence[Partnership]) -> str:
    """Equal for networks in which the same utilities helped the same ones."""
    pairs = sorted({(one.mentor, one.mentee) for one in partnerships})
    return hashlib.sha256(json.dumps([FORM, pairs]).encode()).hexdigest()[:32]


def draw(partnerships: Sequence[Partnership], before: Drawing | None = None) -> Drawing:
    """The drawing of these partnerships; ``before`` is an earlier one to begin from. Seconds for thousands."""
    import networkx as nx

    pairs = sorted({(one.mentor, one.mentee) for one in partnerships})
    ids = sorted({id for pair in pairs for id in pair})
    number = {id: place for place, id in enumerate(ids)}
    ends = np.array([(number[mentor], number[mentee]) for mentor, mentee in pairs], dtype=np.int64).reshape(-1, 2)
    ties = np.unique(np.sort(ends[ends[:, 0] != ends[:, 1]], axis=1), axis=0)
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(len(ids)))
    graph.add_edges_from(ties.tolist())
    groups = communities(graph)
    places = layout(groups, ties[:, 0], ties[:, 1], _before(ids, before))
    return Drawing(
        digest=drawing_digest(partnerships),
        utilities=tuple(ids),
        x=tuple(round(float(x), 4) for x in places[:, 0]),
        y=tuple(round(float(y), 4) for y in places[:, 1]),
        community=tuple(int(group) for group in groups),
        reach=tuple(int(one) for one in reach(len(ids), ends[:, 0], ends[:, 1])),
        bridging=tuple(round(float(one), 6) for one in bridging(graph)),
    )


def kept_drawing(reader: Reader) -> Drawing | None:
    """The drawing the store keeps, of whatever digest."""
    documents = reader.nodes("Drawing", [KEPT])["document"]
    if not documents or documents[0] is None:
        return None
    found = json.loads(documents[0])
    lists = ("utilities", "x", "y", "community", "reach", "bridging")
    return Drawing(found["digest"], *(tuple(found[name]) for name in lists))


def keep_drawing(store: Store, drawing: Drawing) -> None:
    """Let the store keep this drawing in place of the one it has; its revision stays as it is."""
    document = json.dumps(asdict(drawing), ensure_ascii=False, separators=(",", ":"))
    with store.write() as transaction:
        transaction.merge_nodes("Drawing", {"id": [KEPT], "document": [document]})


def _before(ids: Sequence[str], before: Drawing | None) -> np.ndarray[tuple[int, int], np.dtype[np.float64]] | None:
    if before is None:
        return None
    at = {id: (x, y) for id, x, y in zip(before.utilities, before.x, before.y, strict=True)}
    return np.array([at.get(id, (np.nan, np.nan)) for id in ids], dtype=np.float64).reshape(-1, 2)
