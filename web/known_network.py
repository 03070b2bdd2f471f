"""What is known by a date: the network with what the register implies, for commands and workers."""

from __future__ import annotations

from datetime import date

from graph.errors import BadInput
from graph.network import Network, read_network
from graph.register import with_inferred
from graph.sentences import say
from graph.store import Store


def known_network(store: Store, as_of: date) -> Network:
    """The network by a date. Raises ``BadInput`` where nothing has been imported yet."""
    with store.read() as reader:
        network = read_network(reader)
    if not network.utilities:
        raise BadInput(
            say("The store has no utilities yet."),
            say("Import tables with “wop import PATH”, or try “wop demo” with the register of real partnerships."),
        )
    return with_inferred(network, as_of)
