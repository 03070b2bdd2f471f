"""The network of partnerships for network tools: GraphML, as Gephi and NetworkX read it.

Utilities are nodes; each mentor and mentee of a partnership is a directed edge from mentor to mentee. What is not
known is left out. The file is meant to be shown to others, so needs, private figures and the profiles of private
utilities are not in it.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graph.files import written_whole
from graph.network import Network, read_network
from graph.store import Reader

if TYPE_CHECKING:
    import networkx as nx

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def export_graphml(reader: Reader, path: Path) -> None:
    """Write the network of partnerships, whole or not at all; the same graph gives the same bytes.

    Nodes carry ``label`` and ``name``, ``country``, ``region``, ``mentor_in`` and ``mentee_in`` (partnerships in
    each role), ``offers``, a place where it is known, and the newest figure of each metric with its year
    (``nrw_percent``, ``nrw_percent_year``). Edges carry ``wop``, years, ``topics``, ``programme`` and ``status``.
    Raises ``BadInput`` where the file cannot be written.
    """
    from networkx.readwrite.graphml import write_graphml_xml  # only this export needs it

    graph = _graph_of(read_network(reader))
    with written_whole(path) as draft:
        write_graphml_xml(graph, str(draft), encoding="utf-8", prettyprint=True)


def _graph_of(network: Network) -> nx.MultiDiGraph[str]:
    import networkx as nx

    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    mentor_in = Counter(partnership.mentor for partnership in network.partnerships)
    mentee_in = Counter(partnership.mentee for partnership in network.partnerships)
    offers = Counter(offer.utility for offer in network.offers)
    figures: dict[str, dict[str, Any]] = {}
    for (utility_id, metric), figure in sorted(network.figures.items(), key=lambda item: item[0]):
        if not figure.private:
            figures.setdefault(utility_id, {}).update({metric: float(figure.value), f"{metric}_year": figure.year})
    for utility in network.utilities:
        country = network.country_by_id[utility.country]
        profile = {
            "offers": offers[utility.id],
            "latitude": utility.latitude,
            "longitude": utility.longitude,
            **figures.get(utility.id, {}),
        }
        graph.add_node(
            xml_text(utility.id),
            **_known(
                {
                    "label": utility.name,
                    "name": utility.name,
                    "country": country.name,
                    "country_code": country.id,
                    "region": network.region_of(utility).name,
                    "mentor_in": mentor_in[utility.id],
                    "mentee_in": mentee_in[utility.id],
                    **({} if utility.private else profile),
                }
            ),
        )
    for partnership in network.partnerships:
        graph.add_edge(
            xml_text(partnership.mentor),
            xml_text(partnership.mentee),
            key=xml_text(partnership.id),
            **_known(
                {
                    "wop": partnership.wop,
                    "start_year": partnership.start_year,
                    "end_year": partnership.end_year,
                    "topics": "; ".join(network.capability_by_id[topic].name for topic in partnership.capabilities),
                    "programme": partnership.programme,
                    "status": partnership.status,
                }
            ),
        )
    return graph


def _known(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: xml_text(value) if isinstance(value, str) else value
        for name, value in values.items()
        if value is not None and value != ""
    }


def xml_text(text: str) -> str:
    """Text without the control characters that XML cannot carry."""
    return _NOT_IN_XML.sub("", text)
