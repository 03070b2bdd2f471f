"""How to sign in to a Neo4j server. Without the driver, so that reading settings does not load it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Neo4jAccess:
    """Who asks, and how patiently: ``password`` is never shown, ``database`` ``None`` is the server's default.

    ``connections`` bounds the pool of one process (a thread uses at most two at a time); ``retry_seconds`` is how
    long a read, or the beginning of a write, is tried again over a change of leader or a short cut.
    """

    user: str = "neo4j"
    password: str = field(default="", repr=False)
    database: str | None = None
    connections: int = 50
    retry_seconds: float = 5.0
