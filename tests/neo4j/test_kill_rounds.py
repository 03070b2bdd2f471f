"""A few rounds of the campaign of kills; ``python -m tests.neo4j.kill_rounds`` runs as many as one likes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from kill_rounds import campaign, house
from neo4j_server import NoServer

pytestmark = pytest.mark.slow

SEED = 7


@pytest.mark.parametrize(("kind", "rounds"), [("sqlite", 2), ("neo4j", 1)])
def test_nothing_acknowledged_is_missing_and_nothing_is_half_written(kind: str, rounds: int, tmp_path: Path) -> None:
    try:
        with house(kind == "sqlite", tmp_path) as (server, address, environment):
            tally = campaign(rounds, SEED, server=server, address=address, environment=environment, folder=tmp_path)
    except NoServer as missing:
        if os.environ.get("WOP_REQUIRE_NEO4J") == "1":
            pytest.fail(str(missing))
        pytest.skip(f"The kills of a Neo4j server were left out. {missing}")
    assert tally.rounds == rounds
    assert tally.acknowledged > 0
    assert (tally.missing, tally.half, tally.wrong_pages) == (0, 0, 0), f"seed {SEED}: {tally}"
