"""The Cypher text of the questions a Neo4j store answers by itself (``graph.inside`` says what counts).

Keeping rows and revisions is the subject of ``graph.cypher``; no query is written anywhere but in these two.

Each is one query, and so one round trip. It ends by reading the store's ``sequence``, after everything else (an
aggregation stands between), so that the reader can tell whether anybody wrote meanwhile.
"""

from __future__ import annotations

from functools import cache

from graph.columns import EDGE_KEYS, NODE_KEYS, edge_kind, node_kind

_COUNTS = "coalesce(p.status, '') <> 'planned' AND coalesce(p.start_year, p.end_year, $undated) <= $year"
_NOT_NEEDED = "NOT c.id IN coalesce(u.not_needed, [])"
_TOOK, _TOOK_TOO = "-[:MENTORS_IN|LEARNS_IN]->(p:Partnership)", "<-[:MENTORS_IN|LEARNS_IN]-"
_SEQUENCE = "MATCH (s:WopStore {id: 'store'})"


KINDS_SINCE = f"""
OPTIONAL MATCH (c:WopChange) WHERE c.revision > $revision
WITH collect(DISTINCT c.revision) AS revisions, collect(DISTINCT c.kind) AS kinds
{_SEQUENCE} RETURN revisions, kinds, s.sequence AS sequence
"""


@cache
def names(label: str) -> str:
    """Ids and names of a label."""
    return f"""
OPTIONAL MATCH (n:{node_kind(label).label})
WITH collect([n.id, n.name]) AS rows
{_SEQUENCE} RETURN rows, s.sequence AS sequence
"""


@cache
def neighbourhood(depth: int) -> str:
    """Level by level, since all ways of three ties would be very many: each utility met, and the first it was met by.

    A level may repeat utilities that are nearer.
    """
    levels = "".join(
        f"""
CALL (level{before}) {{
  UNWIND level{before} AS a
  MATCH (a){_TOOK}{_TOOK_TOO}(b:Utility) WHERE {_COUNTS}
  WITH b, min(a.id) AS via
  RETURN collect(b) AS level{before + 1}, collect([b.id, b.name, b.country, via]) AS rows{before + 1}
}}"""
        for before in range(depth)
    )
    rows = ", ".join(f"rows{level}" for level in range(1, depth + 1))
    return f"""
OPTIONAL MATCH (u:Utility {{id: $utility}})
WITH u, [u] AS level0{levels}
WITH [u.id, u.name, u.country] AS place, [{rows}] AS levels
{_SEQUENCE} RETURN place, levels, s.sequence AS sequence
"""


CHAIN = f"""
OPTIONAL MATCH (a:Utility {{id: $source}})
OPTIONAL MATCH (b:Utility {{id: $target}})
CALL (a, b) {{
  MATCH ALL SHORTEST (a) (
    (:Utility)-[:MENTORS_IN|LEARNS_IN]->(p:Partnership WHERE {_COUNTS}){_TOOK_TOO}(n:Utility)
  )+ (b)
  WHERE a <> b
  WITH DISTINCT [a] + n AS utilities, [a.id] + [m IN n | m.id] AS ids
  ORDER BY ids LIMIT 1
  RETURN collect(utilities) AS found
}}
WITH a, b, coalesce(found[0], []) AS utilities
CALL (utilities) {{
  UNWIND range(0, size(utilities) - 2) AS i
  WITH i, utilities[i] AS x, utilities[i + 1] AS y
  MATCH (x){_TOOK}{_TOOK_TOO}(y) WHERE {_COUNTS}
  MATCH (m:Utility)-[:MENTORS_IN]->(p)<-[:LEARNS_IN]-(l:Utility)
  RETURN collect([i, p.id, p.wop, m.id, l.id, p.start_year, p.end_year]) AS ties
}}
WITH [a.id, a.name, a.country] AS source, [b.id, b.name, b.country] AS target,
  [x IN utilities | [x.id, x.name, x.country]] AS utilities, ties
{_SEQUENCE} RETURN source, target, utilities, ties, s.sequence AS sequence
"""

CANDIDATE_MENTORS = f"""
OPTIONAL MATCH (u:Utility {{id: $utility}})
CALL (u) {{
  CALL (u) {{
    MATCH (u)-[n:NEEDS]->(c:Capability) RETURN c, 0 AS inferred, CASE WHEN n.private THEN 1 ELSE 0 END AS private
    UNION ALL
    MATCH (u)-[:LEARNS_IN]->(p:Partnership)-[:COVERS]->(c:Capability) WHERE {_COUNTS} AND {_NOT_NEEDED}
    RETURN c, 1 AS inferred, 0 AS private
  }}
  WITH c, min(inferred) AS inferred, max(private) AS private
  RETURN collect(c) AS needed, collect([c.id, c.name, inferred, private]) AS needs
}}
CALL (u, needed) {{
  UNWIND needed AS c
  CALL (c) {{
    MATCH (m:Utility)-[o:OFFERS]->(c) RETURN m, 0 AS inferred, o.level AS level
    UNION ALL
    MATCH (m:Utility)-[:MENTORS_IN]->(p:Partnership)-[:COVERS]->(c)
    WHERE {_COUNTS} AND NOT c.id IN coalesce(m.not_offered, [])
    RETURN m, 1 AS inferred, null AS level
  }}
  WITH u, m, c, min(inferred) AS inferred, max(level) AS level WHERE m <> u
  WITH m, collect([c.id, inferred, level]) AS shared, sum(1 - inferred) AS stated
  WITH m, shared, stated, size(shared) AS shares
  ORDER BY shares DESC, stated DESC, m.id
  RETURN collect([m, shared]) AS mentors
}}
WITH [u.id, u.name, u.country] AS place, needs, size(mentors) AS total,
  [row IN mentors[..$most] | [row[0].id, row[0].name, row[0].country, row[1]]] AS candidates
{_SEQUENCE} RETURN place, needs, total, candidates, s.sequence AS sequence
"""

SUPPLY_AND_DEMAND = f"""
CALL () {{
  MATCH (u:Utility)-[:OFFERS]->(c:Capability) RETURN u, c, 'offer' AS kind, 0 AS inferred
  UNION ALL
  MATCH (u:Utility)-[:MENTORS_IN]->(p:Partnership)-[:COVERS]->(c:Capability)
  WHERE {_COUNTS} AND NOT c.id IN coalesce(u.not_offered, [])
  RETURN u, c, 'offer' AS kind, 1 AS inferred
  UNION ALL
  MATCH (u:Utility)-[:NEEDS]->(c:Capability) RETURN u, c, 'need' AS kind, 0 AS inferred
  UNION ALL
  MATCH (u:Utility)-[:LEARNS_IN]->(p:Partnership)-[:COVERS]->(c:Capability) WHERE {_COUNTS} AND {_NOT_NEEDED}
  RETURN u, c, 'need' AS kind, 1 AS inferred
}}
WITH u, c, kind, min(inferred) AS inferred
WITH u.country AS country, c, kind, inferred, count(*) AS utilities
OPTIONAL MATCH (:Country {{id: country}})-[:IN]->(r:Region)
WITH c, r,
  sum(CASE WHEN kind = 'offer' AND inferred = 0 THEN utilities ELSE 0 END) AS offers_stated,
  sum(CASE WHEN kind = 'offer' AND inferred = 1 THEN utilities ELSE 0 END) AS offers_inferred,
  sum(CASE WHEN kind = 'need' AND inferred = 0 THEN utilities ELSE 0 END) AS needs_stated,
  sum(CASE WHEN kind = 'need' AND inferred = 1 THEN utilities ELSE 0 END) AS needs_inferred
WITH collect([c.id, c.name, r.id, r.name, offers_stated, offers_inferred, needs_stated, needs_inferred]) AS rows
{_SEQUENCE} RETURN rows, s.sequence AS sequence
"""


def _node_row(label: str) -> str:
    fields = [field.name if field.type != "document" else "" for field in node_kind(label).fields]
    values = [f"n.`{name}`" if name else "null" for name in (*NODE_KEYS, *fields)]
    return f"RETURN '{label}' AS kind, [{', '.join(values)}] AS row"


def _edge_row(type: str) -> str:
    values = [f"r.`{name}`" for name in (*EDGE_KEYS[2:], *(field.name for field in edge_kind(type).fields))]
    return f"RETURN '{type}' AS kind, [a.id, b.id, {', '.join(values)}] AS row"


_OWN = f"MATCH (u){_TOOK} WITH DISTINCT u, p"
_SIDES = f"{_OWN} MATCH (p){_TOOK_TOO}(n:Utility) WITH DISTINCT n"
_NAMED = f"""CALL (u) {{
    MATCH (u)-[:OFFERS|NEEDS]->(n:Capability) RETURN n UNION MATCH (u){_TOOK}-[:COVERS]->(n:Capability) RETURN n
  }}"""
_BRANCHES = (
    f"WITH u AS n {_node_row('Utility')}",
    f"{_SIDES} {_node_row('Utility')}",
    *(
        f"MATCH (u)-[r:{type}]->(b:{edge_kind(type).target}) WITH u AS a, r, b {_edge_row(type)}"
        for type in ("OFFERS", "NEEDS", "OBSERVED")
    ),
    f"{_OWN} WITH p AS n {_node_row('Partnership')}",
    *(
        f"{_OWN} MATCH (a:{edge_kind(type).source})-[r:{type}]->(p) WITH a, r, p AS b {_edge_row(type)}"
        for type in ("MENTORS_IN", "LEARNS_IN", "RUNS", "FUNDS", "FACILITATES")
    ),
    f"{_OWN} MATCH (p)-[r:COVERS]->(b:Capability) WITH p AS a, r, b {_edge_row('COVERS')}",
    *(
        f"{_OWN} MATCH (n:{label})-[:{type}]->(p) WITH DISTINCT n {_node_row(label)}"
        for label, type in (("Programme", "RUNS"), ("Funder", "FUNDS"), ("Facilitator", "FACILITATES"))
    ),
    f"{_NAMED} {_node_row('Capability')}",
    f"{_NAMED} MATCH (n)-[r:PART_OF]->(b:CapabilityGroup) WITH n AS a, r, b {_edge_row('PART_OF')}",
    f"MATCH (u)-[:OBSERVED]->(n:Metric) WITH DISTINCT n {_node_row('Metric')}",
    *(
        f"{start} MATCH (n:Country {{id: country}}) {rest}"
        for start in (
            "WITH u.country AS country",
            f"{_SIDES} WITH DISTINCT n.country AS country",
        )
        for rest in (
            _node_row("Country"),
            f"MATCH (n)-[r:IN]->(b:Region) WITH n AS a, r, b {_edge_row('IN')}",
            f"MATCH (n)-[:IN]->(g:Region) WITH g AS n {_node_row('Region')}",
        )
    ),
    f"MATCH (n:Round) {_node_row('Round')}",
    """MATCH (n:Round) WHERE coalesce(n.scenario, false) = false
  WITH n ORDER BY n.made_at DESC, n.id DESC LIMIT 1
  WITH n WHERE NOT n.id IN $known_rounds
  RETURN 'document' AS kind, [n.id, n.document] AS row""",
)
_BETWEEN = "\n  UNION ALL\n  "
PART = f"""
MATCH (u:Utility {{id: $utility}})
CALL (u) {{
  {_BETWEEN.join(_BRANCHES)}
}}
WITH collect([kind, row]) AS rows
{_SEQUENCE} RETURN rows, s.sequence AS sequence
"""
