"""A view of the network as files for other tools: CSV for spreadsheets, GraphML and GEXF 1.3 for network tools.

They hold what the reader may see and the view shows, and nothing else. What is unknown is left out.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from graph.cells import harmless
from graph.csv_files import csv_writer
from graph.graphml import xml_text
from web.network_colours import EDGE, EDGE_PROPOSED, PALETTE
from web.network_columns import Columns
from web.network_tables import pair_rows, pairs_shown, utilities_shown, utility_rows
from web.network_view import Shown, ViewQuery

GEXF = "http://gexf.net/1.3"
VIZ = "http://gexf.net/1.3/viz"
GRAPHML = "http://graphml.graphdrawing.org/xmlns"
SCALE = 1_000
"""Length of the drawing's radius in files, in the units of network tools."""
Fact = str | int | float | bool | None
NODE_FACTS: Mapping[str, str] = {
    "country": "string",
    "region": "string",
    "role": "string",
    "income_group": "string",
    "people_served": "double",
    "community": "integer",
    "reach": "integer",
    "bridging": "double",
    "helped": "integer",
    "helped_by": "integer",
}
EDGE_FACTS: Mapping[str, str] = {
    "wop": "string",
    "start_year": "integer",
    "end_year": "integer",
    "programme": "string",
    "funder": "string",
    "confidence": "string",
    "capabilities": "string",
    "proposed": "boolean",
    "cascade": "boolean",
}


class ViewRecords:
    """The nodes and edges of a view with their facts, for every kind of file alike."""

    def __init__(self, columns: Columns, shown: Shown, query: ViewQuery) -> None:
        self.columns, self.query = columns, query
        self.places = sorted(utilities_shown(columns, shown))
        self.pairs = sorted(pairs_shown(columns, shown))
        self.utilities = utility_rows(columns, shown, self.places)
        self.partnerships = pair_rows(columns, self.pairs)

    def nodes(self) -> Iterable[tuple[str, str, dict[str, Fact]]]:
        """Id, name and facts of each utility, by id."""
        for place, row in zip(self.places, self.utilities, strict=True):
            who = row["utility"]
            income = self.columns.attributes["income"]
            code = int(income.codes[place])
            reach, bridging = self.columns.sizes["reach"][place], self.columns.sizes["bridging"][place]
            yield (
                who["id"],
                who["name"],
                {
                    "country": who["country"],
                    "region": who["region_name"],
                    "role": row["role"],
                    "income_group": None if code < 0 else income.names[code],
                    "people_served": row["people"],
                    "community": row["community"],
                    "reach": None if reach is None else int(reach),
                    "bridging": bridging,
                    "helped": row["helped"],
                    "helped_by": row["helped_by"],
                },
            )

    def edges(self) -> Iterable[tuple[str, str, str, dict[str, Fact]]]:
        """Id, mentor, mentee and facts of each pair."""
        for pair, row in zip(self.pairs, self.partnerships, strict=True):
            past = self.columns.partnerships
            known = pair < len(past)
            yield (
                past[pair].id if known else f"proposed {row['mentor']['id']} {row['mentee']['id']}",
                row["mentor"]["id"],
                row["mentee"]["id"],
                {
                    **{name: row[name] for name in EDGE_FACTS if name != "capabilities"},  # type: ignore[literal-required]  # literals
                    "capabilities": "; ".join(self.columns.topics[pair]) or None,
                },
            )

    def place(self, number: int) -> tuple[float, float, float, str]:
        """Where a utility is drawn, its radius and its colour: x to the right, y upwards, in units of ``SCALE``."""
        place = self.places[number]
        x, y = self.columns.places[place]
        colours = self.columns.colours[self.query.colour][1]
        share = self.columns.radii[self.query.size][place] or 0
        return (
            round(float(x) * SCALE, 1),
            round(float(y) * SCALE, 1),
            round(4 + 0.16 * share, 1),
            PALETTE[colours[place]],
        )


def utilities_csv(records: ViewRecords) -> bytes:
    """A row each utility, with its place in the drawing; UTF-8 with mark, so that spreadsheets read it."""
    headings = ("id", "name", *NODE_FACTS, "x", "y")
    rows = (
        (id, name, *(facts[heading] for heading in NODE_FACTS), *records.place(number)[:2])
        for number, (id, name, facts) in enumerate(records.nodes())
    )
    return as_csv(headings, rows)


def partnerships_csv(records: ViewRecords) -> bytes:
    """A row each pair."""
    names = {row["utility"]["id"]: row["utility"]["name"] for row in records.utilities}
    headings = ("id", "mentor", "mentor_name", "mentee", "mentee_name", *EDGE_FACTS)
    rows = (
        (id, mentor, names[mentor], mentee, names[mentee], *(facts[heading] for heading in EDGE_FACTS))
        for id, mentor, mentee, facts in records.edges()
    )
    return as_csv(headings, rows)


def graphml(records: ViewRecords) -> bytes:
    """A directed graph from mentors to mentees in GraphML."""
    root = ElementTree.Element("graphml", {"xmlns": GRAPHML})
    node_facts = {"label": "string", **NODE_FACTS, "x": "double", "y": "double"}
    for kind, facts in (("node", node_facts), ("edge", EDGE_FACTS)):
        for name, type in facts.items():
            key = {"id": f"{kind}_{name}", "for": kind, "attr.name": name}
            ElementTree.SubElement(root, "key", {**key, "attr.type": "int" if type == "integer" else type})
    graph = ElementTree.SubElement(root, "graph", {"id": "network", "edgedefault": "directed"})
    for number, (id, name, known) in enumerate(records.nodes()):
        x, y, *_ = records.place(number)
        node = ElementTree.SubElement(graph, "node", {"id": xml_text(id)})
        _data(node, "node", {"label": name, **known, "x": x, "y": y})
    for id, mentor, mentee, known in records.edges():
        ends = {"id": xml_text(id), "source": xml_text(mentor), "target": xml_text(mentee)}
        _data(ElementTree.SubElement(graph, "edge", ends), "edge", known)
    return _xml(root)


def gexf(records: ViewRecords) -> bytes:
    """A directed graph from mentors to mentees in GEXF 1.3, with places, sizes and colours."""
    root = ElementTree.Element("gexf", {"xmlns": GEXF, "xmlns:viz": VIZ, "version": "1.3"})
    meta = ElementTree.SubElement(root, "meta")
    ElementTree.SubElement(meta, "creator").text = "WOP matcher"
    graph = ElementTree.SubElement(root, "graph", {"defaultedgetype": "directed"})
    for kind, facts in (("node", NODE_FACTS), ("edge", EDGE_FACTS)):
        attributes = ElementTree.SubElement(graph, "attributes", {"class": kind})
        for name, type in facts.items():
            ElementTree.SubElement(attributes, "attribute", {"id": name, "title": name, "type": type})
    nodes = ElementTree.SubElement(graph, "nodes")
    for number, (id, name, known) in enumerate(records.nodes()):
        node = ElementTree.SubElement(nodes, "node", {"id": xml_text(id), "label": xml_text(name)})
        _values(node, known)
        x, y, radius, colour = records.place(number)
        _colour(node, colour)
        ElementTree.SubElement(node, "viz:position", {"x": str(x), "y": str(y), "z": "0.0"})
        ElementTree.SubElement(node, "viz:size", {"value": str(radius)})
    edges = ElementTree.SubElement(graph, "edges")
    for id, mentor, mentee, known in records.edges():
        ends = {"id": xml_text(id), "source": xml_text(mentor), "target": xml_text(mentee)}
        edge = ElementTree.SubElement(edges, "edge", ends)
        _values(edge, known)
        _colour(edge, EDGE_PROPOSED if known["proposed"] else EDGE)
    return _xml(root)


def as_csv(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Rows as CSV in UTF-8 with mark; an unknown cell is empty, what a spreadsheet would run is marked."""
    out = io.StringIO()
    writer = csv_writer(out)
    writer.writerow(headings)
    for row in rows:
        writer.writerow(["" if value is None else harmless(_word(value)) for value in row])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _word(value: Any) -> Any:
    return ("yes" if value else "no") if isinstance(value, bool) else value


def _known(facts: Mapping[str, Fact]) -> Iterable[tuple[str, str]]:
    for name, value in facts.items():
        if value is not None:
            yield name, str(value).lower() if isinstance(value, bool) else xml_text(str(value))


def _data(parent: ElementTree.Element, kind: str, facts: Mapping[str, Fact]) -> None:
    for name, text in _known(facts):
        ElementTree.SubElement(parent, "data", {"key": f"{kind}_{name}"}).text = text


def _values(parent: ElementTree.Element, facts: Mapping[str, Fact]) -> None:
    values = ElementTree.SubElement(parent, "attvalues")
    for name, text in _known(facts):
        ElementTree.SubElement(values, "attvalue", {"for": name, "value": text})


def _colour(parent: ElementTree.Element, colour: str) -> None:
    red, green, blue = (str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
    ElementTree.SubElement(parent, "viz:color", {"r": red, "g": green, "b": blue})


def _xml(root: ElementTree.Element) -> bytes:
    ElementTree.indent(root, " ")
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"
