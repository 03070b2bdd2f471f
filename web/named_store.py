"""The store at an address, opened as the settings say: the same way for pages, commands and jobs."""

from __future__ import annotations

from dataclasses import replace

from graph.store import Store, open_store
from web.settings import read_settings

PAGE_RETRY_SECONDS = 1.0
"""How long a page lets the driver try again over a short cut; it tells its reader to try again instead."""


def open_for_pages(address: str) -> Store:
    """As ``open_named``, for somebody who waits for a page."""
    return open_named(address, PAGE_RETRY_SECONDS)


def open_named(address: str, retry_seconds: float | None = None) -> Store:
    """The store at an address; for one on a server, with the user, password and database of the settings.

    Raises as ``graph.store.open_store`` does, and ``BadInput`` for a setting that cannot be used.
    """
    if address.startswith("sqlite:"):
        return open_store(address)
    from graph.neo4j_connection import Neo4jAccess  # the driver only where it is used

    settings = read_settings(store=address)
    access = Neo4jAccess(
        user=settings.store_user,
        password=settings.store_secret() or "",
        database=settings.store_database,
        connections=settings.store_connections,
    )
    return open_store(address, access if retry_seconds is None else replace(access, retry_seconds=retry_seconds))
