"""The part of the network around one utility, in the form a whole store is read in.

A part answers ``nodes`` and ``edges`` like a reader of a store that holds nothing else, so whatever reads a whole
network (``graph.network.read_network``) also reads a part. It holds

- the utility with its offers, needs and figures, and the partnerships it took part in, planned ones too;
- the other utilities of those partnerships, without their own offers, needs and figures;
- the capabilities, metrics, countries, regions and parties that these name;
- every round, without its document; only the latest (no scenario) has it, where the reader does not know it yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph.columns import EDGE_KEYS, edge_kind, node_kind
from graph.store import Columns


@dataclass(frozen=True)
class Part:
    """Columns by label and by relationship type, ordered as the port says; what is not there is empty."""

    revision: int
    node_columns: Mapping[str, Columns]
    edge_columns: Mapping[str, Columns]

    def nodes(self, label: str, ids: Sequence[str] | None = None) -> dict[str, list[Any]]:
        """Nodes of a label, or those with these ids."""
        names = ("id", *(field.name for field in node_kind(label).fields))
        return _chosen(self.node_columns.get(label, {}), names, {"id": ids})

    def headings(self, label: str) -> dict[str, list[Any]]:
        """Nodes of a label without their documents."""
        fields = (field.name for field in node_kind(label).fields if field.type != "document")
        return _chosen(self.node_columns.get(label, {}), ("id", *fields), {})

    def edges(
        self, type: str, *, sources: Sequence[str] | None = None, targets: Sequence[str] | None = None
    ) -> dict[str, list[Any]]:
        """Edges of a type, or those from these sources and to these targets."""
        names = (*EDGE_KEYS, *(field.name for field in edge_kind(type).fields))
        return _chosen(self.edge_columns.get(type, {}), names, {"source": sources, "target": targets})


def _chosen(
    columns: Columns, names: Sequence[str], filters: Mapping[str, Sequence[str] | None]
) -> dict[str, list[Any]]:
    count = len(next(iter(columns.values()), ()))
    kept = range(count)
    for name, wanted in filters.items():
        if wanted is not None:
            allowed = set(wanted)
            kept = [at for at in kept if columns[name][at] in allowed]  # type: ignore[assignment]  # a list is as good
    return {name: [columns[name][at] if name in columns else None for at in kept] for name in names}
