"""What the SQLite store answers by itself: neighbours, chains, candidates, supply and demand, one utility's part.

A chain or a neighbourhood is searched level by level in two temporary tables, so that each utility and partnership is
met once, however many ways lead to it. ``:year`` and ``:undated`` make a partnership count as ``graph.register`` does.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from itertools import groupby

from graph.inside import (
    Candidate,
    Candidates,
    Chain,
    Needed,
    Neighbour,
    Neighbourhood,
    Place,
    Shared,
    SupplyDemand,
    Tie,
    checked_depth,
)
from graph.model import Provenance
from graph.part import Part
from graph.register import UNDATED_KNOWN_FROM
from graph.store import Columns, InsideReader

CREATE_TEMPORARY = (
    "CREATE TEMP TABLE reached (id TEXT PRIMARY KEY, distance INTEGER NOT NULL, via TEXT) WITHOUT ROWID",
    "CREATE TEMP TABLE met (partnership TEXT PRIMARY KEY, via TEXT NOT NULL) WITHOUT ROWID",
)
"""The temporary tables of a connection."""

_COUNTS = "p.status IS NOT 'planned' AND coalesce(p.start_year, p.end_year, :undated) <= :year"
_CLEAR = ("DELETE FROM temp.reached", "DELETE FROM temp.met")
_BEGIN = "INSERT INTO temp.reached VALUES (:utility, 0, NULL)"
_MEET = f"""
INSERT INTO temp.met
SELECT took.partnership, min(took.id)
FROM (
  SELECT e.target AS partnership, r.id FROM temp.reached r CROSS JOIN "edge_MENTORS_IN" e ON e.source = r.id
  WHERE r.distance = :distance
  UNION ALL
  SELECT e.target, r.id FROM temp.reached r CROSS JOIN "edge_LEARNS_IN" e ON e.source = r.id
  WHERE r.distance = :distance
) took JOIN "node_Partnership" p ON p.id = took.partnership
WHERE took.partnership NOT IN (SELECT partnership FROM temp.met) AND {_COUNTS}
GROUP BY took.partnership
"""  # noqa: S608 - a condition of this module
_REACH = """
INSERT INTO temp.reached
SELECT took.id, :distance + 1, min(took.via)
FROM (
  SELECT e.source AS id, m.via FROM temp.met m CROSS JOIN "edge_MENTORS_IN" e ON e.target = m.partnership
  UNION ALL
  SELECT e.source, m.via FROM temp.met m CROSS JOIN "edge_LEARNS_IN" e ON e.target = m.partnership
) took
WHERE took.id NOT IN (SELECT id FROM temp.reached)
GROUP BY took.id
"""
_NEIGHBOURS = """
SELECT r.id, u.name, u.country, r.distance, r.via FROM temp.reached r JOIN "node_Utility" u USING (id)
WHERE r.distance > 0 ORDER BY r.distance, r.id LIMIT :most
"""
_NEIGHBOUR_COUNTS = "SELECT distance, count(*) FROM temp.reached WHERE distance > 0 GROUP BY distance"
_DISTANCE = "SELECT distance FROM temp.reached WHERE id = :utility"
_PLACE = 'SELECT id, name, country FROM "node_Utility" WHERE id = :utility'
_TOOK = f"""
SELECT p.id, p.wop, p.start_year, p.end_year
FROM (
  SELECT target AS partnership FROM "edge_MENTORS_IN" WHERE source = :utility
  UNION SELECT target FROM "edge_LEARNS_IN" WHERE source = :utility
) took CROSS JOIN "node_Partnership" p ON p.id = took.partnership
WHERE {_COUNTS}
"""  # noqa: S608 - a condition of this module
_NEARER = f"""
WITH took AS MATERIALIZED ({_TOOK})
SELECT min(other.id) FROM (
  SELECT e.source AS id FROM took CROSS JOIN "edge_MENTORS_IN" e ON e.target = took.id
  UNION ALL SELECT e.source FROM took CROSS JOIN "edge_LEARNS_IN" e ON e.target = took.id
) other CROSS JOIN temp.reached r ON r.id = other.id AND r.distance = :distance
"""  # noqa: S608 - a statement of this module
_TIES = f"""
WITH took AS MATERIALIZED ({_TOOK})
SELECT took.id, took.wop, m.source, l.source, took.start_year, took.end_year
FROM took CROSS JOIN "edge_MENTORS_IN" m ON m.target = took.id CROSS JOIN "edge_LEARNS_IN" l ON l.target = took.id
WHERE :nearer IN (m.source, l.source) ORDER BY took.id
"""  # noqa: S608 - a statement of this module
_DENIED = """EXISTS (
  SELECT 1 FROM "node_Utility" d, json_each(d.{field}) denied WHERE d.id = {utility} AND denied.value = c.target
)"""
_NOT_OFFERED = f"NOT {_DENIED.format(field='not_offered', utility='m.source')}"
_NOT_NEEDED = f"NOT {_DENIED.format(field='not_needed', utility='l.source')}"
_OFFERS = f"""
SELECT utility, capability, min(inferred) AS inferred FROM (
  SELECT source AS utility, target AS capability, 0 AS inferred FROM "edge_OFFERS"
  UNION ALL
  SELECT m.source, c.target, 1 FROM "edge_COVERS" c
  JOIN "node_Partnership" p ON p.id = c.source JOIN "edge_MENTORS_IN" m ON m.target = c.source
  WHERE {_COUNTS} AND {_NOT_OFFERED}
) GROUP BY utility, capability
"""  # noqa: S608 - a condition of this module
_NEEDS = f"""
SELECT utility, capability, min(inferred) AS inferred FROM (
  SELECT source AS utility, target AS capability, 0 AS inferred FROM "edge_NEEDS"
  UNION ALL
  SELECT l.source, c.target, 1 FROM "edge_COVERS" c
  JOIN "node_Partnership" p ON p.id = c.source JOIN "edge_LEARNS_IN" l ON l.target = c.source
  WHERE {_COUNTS} AND {_NOT_NEEDED}
) GROUP BY utility, capability
"""  # noqa: S608 - a condition of this module
_NEEDED = f"""
SELECT capability, c.name, min(inferred) AS inferred, max(needed.private) AS private FROM (
  SELECT target AS capability, 0 AS inferred, coalesce(private, 0) AS private FROM "edge_NEEDS"
  WHERE source = :utility
  UNION ALL
  SELECT c.target, 1, 0 FROM "edge_LEARNS_IN" l
  JOIN "node_Partnership" p ON p.id = l.target JOIN "edge_COVERS" c ON c.source = p.id
  WHERE l.source = :utility AND {_COUNTS} AND {_NOT_NEEDED}
) needed JOIN "node_Capability" c ON c.id = capability GROUP BY capability ORDER BY capability
"""  # noqa: S608 - a condition of this module
_SHARED = f"""
WITH needed AS MATERIALIZED ({_NEEDED}),
shared AS MATERIALIZED (
  SELECT mentor, capability, min(inferred) AS inferred FROM (
    SELECT o.source AS mentor, n.capability, 0 AS inferred
    FROM needed n CROSS JOIN "edge_OFFERS" o ON o.target = n.capability
    UNION ALL
    SELECT m.source, n.capability, 1
    FROM needed n CROSS JOIN "edge_COVERS" c ON c.target = n.capability
    JOIN "node_Partnership" p ON p.id = c.source JOIN "edge_MENTORS_IN" m ON m.target = c.source
  WHERE {_COUNTS} AND {_NOT_OFFERED}
  ) WHERE mentor <> :utility GROUP BY mentor, capability
),
ranked AS MATERIALIZED (
  SELECT mentor, count(*) AS shares, sum(1 - inferred) AS stated, count(*) OVER () AS total
  FROM shared GROUP BY mentor ORDER BY shares DESC, stated DESC, mentor LIMIT :most
)
SELECT ranked.mentor, u.name, u.country, ranked.total, shared.capability, shared.inferred,
  (SELECT max(o.level) FROM "edge_OFFERS" o WHERE o.source = ranked.mentor AND o.target = shared.capability)
FROM ranked CROSS JOIN shared ON shared.mentor = ranked.mentor JOIN "node_Utility" u ON u.id = ranked.mentor
ORDER BY ranked.shares DESC, ranked.stated DESC, ranked.mentor, capability
"""  # noqa: S608 - conditions of this module
_SUPPLY_AND_DEMAND = f"""
SELECT capability, c.name, i.target AS region, r.name,
  sum(offers), sum(inferred_offers), sum(needs), sum(inferred_needs)
FROM (
  SELECT utility, capability, 1 - inferred AS offers, inferred AS inferred_offers, 0 AS needs, 0 AS inferred_needs
  FROM ({_OFFERS})
  UNION ALL SELECT utility, capability, 0, 0, 1 - inferred, inferred FROM ({_NEEDS})
) JOIN "node_Capability" c ON c.id = capability JOIN "node_Utility" u ON u.id = utility
LEFT JOIN "edge_IN" i ON i.source = u.country LEFT JOIN "node_Region" r ON r.id = i.target
GROUP BY capability, region ORDER BY capability, region IS NULL, region
"""  # noqa: S608 - conditions of this module
_LATEST_ROUND = """
SELECT id, document FROM "node_Round" WHERE scenario IS NOT 1 ORDER BY made_at DESC, id DESC LIMIT 1
"""
_PROVENANCE: tuple[Provenance, Provenance] = ("stated", "inferred")


def neighbourhood(
    connection: sqlite3.Connection, utility: str, depth: int, year: int, most: int
) -> Neighbourhood | None:
    """As ``graph.store.InsideReader.neighbourhood``."""
    checked_depth(depth)
    place = _place(connection, utility)
    if place is None:
        return None
    _reach(connection, utility, year, depth)
    counted = dict(connection.execute(_NEIGHBOUR_COUNTS).fetchall())
    rows = connection.execute(_NEIGHBOURS, {"most": most}).fetchall()
    return Neighbourhood(
        utility=place,
        counts=tuple(counted.get(distance, 0) for distance in range(1, depth + 1)),
        neighbours=tuple(Neighbour(*row) for row in rows),
    )


def chain(connection: sqlite3.Connection, source: str, target: str, year: int) -> Chain | None:
    """As ``graph.store.InsideReader.chain``: distances from the target's end, then the first utility nearer to it."""
    first, last = _place(connection, source), _place(connection, target)
    if first is None or last is None:
        return None
    distance = _reach(connection, target, year, None, source)
    if distance is None:
        return Chain(first, last, (), ())
    places: list[Place] = [first]
    links: list[tuple[Tie, ...]] = []
    for nearer_by in range(distance - 1, -1, -1):
        asked = {"utility": places[-1].id, "distance": nearer_by, **_counting(year)}
        (nearer,) = connection.execute(_NEARER, asked).fetchone()
        ties = connection.execute(_TIES, {**asked, "nearer": nearer}).fetchall()
        links.append(tuple(Tie(*row) for row in ties))
        places.append(_place(connection, nearer) or Place(nearer, None, None))
    return Chain(first, last, tuple(places), tuple(links))


def candidate_mentors(connection: sqlite3.Connection, utility: str, year: int, most: int) -> Candidates | None:
    """As ``graph.store.InsideReader.candidate_mentors``."""
    place = _place(connection, utility)
    if place is None:
        return None
    asked = {"utility": utility, "most": most, **_counting(year)}
    needs = [
        Needed(capability, name, _PROVENANCE[inferred], bool(private))
        for capability, name, inferred, private in connection.execute(_NEEDED, asked)
    ]
    rows = connection.execute(_SHARED, asked).fetchall()
    candidates = [
        Candidate(*head, tuple(Shared(row[4], _PROVENANCE[row[5]], row[6]) for row in group))
        for head, group in groupby(rows, key=lambda row: (row[0], row[1], row[2]))
    ]
    return Candidates(place, tuple(needs), rows[0][3] if rows else 0, tuple(candidates))


def supply_and_demand(connection: sqlite3.Connection, year: int) -> tuple[SupplyDemand, ...]:
    """As ``graph.store.InsideReader.supply_and_demand``."""
    return tuple(SupplyDemand(*row) for row in connection.execute(_SUPPLY_AND_DEMAND, _counting(year)))


def part(
    reader: InsideReader, connection: sqlite3.Connection, rounds: Columns, utility: str, known_rounds: Collection[str]
) -> Part | None:
    """As ``graph.store.InsideReader.part``: some indexed reads, which inside one process are no round trips.

    ``rounds`` are the nodes of all rounds without their documents.
    """
    if not reader.nodes("Utility", [utility])["id"]:
        return None
    own = {type: reader.edges(type, sources=[utility]) for type in ("OFFERS", "NEEDS", "OBSERVED")}
    partnerships = sorted(
        {id for type in ("MENTORS_IN", "LEARNS_IN") for id in reader.edges(type, sources=[utility])["target"]}
    )
    of_partnerships = {
        type: reader.edges(type, targets=partnerships)
        for type in ("MENTORS_IN", "LEARNS_IN", "RUNS", "FUNDS", "FACILITATES")
    }
    covers = reader.edges("COVERS", sources=partnerships)
    utilities = {utility, *of_partnerships["MENTORS_IN"]["source"], *of_partnerships["LEARNS_IN"]["source"]}
    capabilities = {*own["OFFERS"]["target"], *own["NEEDS"]["target"], *covers["target"]}
    nodes: dict[str, Columns] = {
        "Utility": reader.nodes("Utility", sorted(utilities)),
        "Partnership": reader.nodes("Partnership", partnerships),
        "Capability": reader.nodes("Capability", sorted(capabilities)),
        "Metric": reader.nodes("Metric", own["OBSERVED"]["target"]),
    }
    countries = sorted({country for country in nodes["Utility"]["country"] if country is not None})
    regions = reader.edges("IN", sources=countries)
    for label, type in (("Programme", "RUNS"), ("Funder", "FUNDS"), ("Facilitator", "FACILITATES")):
        nodes[label] = reader.nodes(label, of_partnerships[type]["source"])
    nodes["Country"] = reader.nodes("Country", countries)
    nodes["Region"] = reader.nodes("Region", regions["target"])
    latest = connection.execute(_LATEST_ROUND).fetchone()
    documents = {latest[0]: latest[1]} if latest is not None and latest[0] not in known_rounds else {}
    nodes["Round"] = {**rounds, "document": [documents.get(id) for id in rounds["id"]]}
    part_of = reader.edges("PART_OF", sources=sorted(capabilities))
    edges = {**own, **of_partnerships, "COVERS": covers, "IN": regions, "PART_OF": part_of}
    return Part(reader.revision, nodes, edges)


def _reach(
    connection: sqlite3.Connection, utility: str, year: int, depth: int | None, wanted: str | None = None
) -> int | None:
    """Fill ``reached`` level by level, to a depth or until ``wanted`` is met; the distance of ``wanted``, if met."""
    for statement in _CLEAR:
        connection.execute(statement)
    connection.execute(_BEGIN, {"utility": utility})
    if wanted == utility:
        return 0
    distance = 0
    while distance != depth:
        asked = {"distance": distance, **_counting(year)}
        connection.execute(_MEET, asked)
        if connection.execute(_REACH, asked).rowcount == 0:
            return None
        distance += 1
        if wanted is not None and connection.execute(_DISTANCE, {"utility": wanted}).fetchone():
            return distance
    return None


def _counting(year: int) -> dict[str, int]:
    return {"year": year, "undated": UNDATED_KNOWN_FROM}


def _place(connection: sqlite3.Connection, utility: str) -> Place | None:
    row = connection.execute(_PLACE, {"utility": utility}).fetchone()
    return None if row is None else Place(*row)
