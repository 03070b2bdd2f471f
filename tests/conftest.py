"""What every test may use: one real Neo4j server a session; how Hypothesis behaves."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from neo4j_server import GivenServer, NoServer, a_server
from signed_in import SignedInClient

# Every reader of the tests is signed in, unless a test makes a stranger of it.
Flask.test_client_class = SignedInClient

# A busy machine is no fault: no test of ours ends by the clock. What fails is printed so that it can be run again.
settings.register_profile("ours", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("ours")


@pytest.fixture(scope="session")
def neo4j_server() -> Iterator[GivenServer]:
    """A Neo4j server shared by the session's tests; each empties it for itself.

    Without one the test is skipped, or fails where ``WOP_REQUIRE_NEO4J`` is set.
    """
    try:
        with a_server() as server:
            yield server
    except NoServer as missing:
        if os.environ.get("WOP_REQUIRE_NEO4J") == "1":
            pytest.fail(str(missing))
        pytest.skip(f"The tests of the Neo4j store were left out. {missing}")
