"""What every test may use: a real Neo4j server a session, one a module that may be killed; how Hypothesis behaves."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from neo4j_server import GivenServer, NoServer, OwnServer, a_server, own_server
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
    with _or_left_out(), a_server() as server:
        yield server


@pytest.fixture(scope="module")
def neo4j_to_kill() -> Iterator[OwnServer]:
    """A Neo4j server of one module's own, which its tests may stop, kill and start again."""
    with _or_left_out(), own_server() as server:
        yield server


@contextmanager
def _or_left_out() -> Iterator[None]:
    try:
        yield
    except NoServer as missing:
        if os.environ.get("WOP_REQUIRE_NEO4J") == "1":
            pytest.fail(str(missing))
        pytest.skip(f"The tests of the Neo4j store were left out. {missing}")
