"""Links that sign in once, as the command line makes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from graph import keys
from web.links import link_of

if TYPE_CHECKING:
    from graph.store import Store

LOCAL_ADDRESS = "http://127.0.0.1:8000"

address_option = click.option(
    "--address", metavar="URL", help="Where the service is opened, for the link (also WOP_PUBLIC_ADDRESS)."
)


def new_link(store: Store, login: str, base: str, then: str = "") -> str:
    """The address of a new link that signs an account in once; ``then`` is the path to go to."""
    from web.settings import read_settings

    with store.write() as transaction:
        key = keys.make_link(transaction, login, datetime.now(UTC), timedelta(days=read_settings().link_days))
    return link_of(base, key, then)


def base_of(address: str | None, store_address: str) -> str:
    """What links begin with: the address given, else the setting, else this machine's.

    Raises ``BadInput`` for one that is no address of a page.
    """
    from web.settings import read_settings

    settings = read_settings(store=store_address, **({"public_address": address} if address else {}))
    return (settings.public_address or LOCAL_ADDRESS).rstrip("/")
