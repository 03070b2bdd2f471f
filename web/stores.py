"""Stores as the settings say: the address tells which, the settings how to sign in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from graph import store as port
from graph.store import NEO4J_SCHEMES, Store

if TYPE_CHECKING:
    from graph.neo4j_access import Neo4jAccess

PAGE_RETRY_SECONDS = 1.0
"""How long a page lets the driver try again over a short cut; it tells its reader to try again instead."""


def open_store(address: str) -> Store:
    """The store at an address; raises as ``graph.store.open_store`` does, and ``BadInput`` for unusable settings."""
    return port.open_store(address, access_to(address))


def open_for_pages(address: str) -> Store:
    """As ``open_store``, for somebody who waits for a page."""
    access = access_to(address)
    return port.open_store(address, access and replace(access, retry_seconds=PAGE_RETRY_SECONDS))


def access_to(address: str) -> Neo4jAccess | None:
    """How the settings say to sign in at an address, ``None`` where nobody signs in.

    Raises ``BadInput`` where the password's file cannot be read.
    """
    if address.partition("://")[0] not in NEO4J_SCHEMES:
        return None
    from web.settings import read_settings  # a file store needs no settings, and commands start faster without

    return read_settings().store_access()
