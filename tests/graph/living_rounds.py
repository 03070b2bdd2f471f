"""A small world for tests of rounds: three mentors, five mentees, one topic, and a store that knows them."""

from __future__ import annotations

from datetime import date

from graph.model import Capability, Country, Need, Offer, Region, Utility
from graph.network import Network
from graph.store import Store
from matcher.policy import parse_policy
from matcher.rounds.edits import create_round
from matcher.rounds.readiness import check_round
from matcher.rounds.solving import solve_round
from matcher.rounds.state import LivingRound

AS_OF = date(2026, 1, 31)
TODAY = date(2026, 2, 10)
MENTORS = ("M1", "M2", "M3")
MENTEES = ("N1", "N2", "N3", "N4", "N5")
POLICY = parse_policy({"name": "test", "goals": ["most_mentees", "best_fit"]}, "test")


def small_network() -> Network:
    """Mentor k has k places (M1: 1); offers differ in level, so that fits differ."""
    places = dict(zip(MENTORS, (1, 2, 1), strict=True))
    utilities = [
        Utility(id=id, name=f"Utility {id}", country="KEN", mentor_places=places.get(id)) for id in (*MENTORS, *MENTEES)
    ]
    return Network(
        revision=1,
        utilities=tuple(utilities),
        offers=tuple(Offer(id, "leaks", level=5 - at, year=2025) for at, id in enumerate(MENTORS)),
        needs=tuple(Need(id, "leaks", priority=1 + at % 3) for at, id in enumerate(MENTEES)),
        partnerships=(),
        observations=(),
        capabilities=(Capability("leaks", "Leaks", "", "group"),),
        countries=(Country("KEN", "Kenya", "Eastern Africa"),),
        regions=(Region("Eastern Africa", "Eastern Africa"),),
    )


NETWORK = small_network()


def network_by(_as_of: date) -> Network:
    """What is known by any date."""
    return NETWORK


def fill(store: Store) -> None:
    """The utilities and the topic, as far as rounds look at them."""
    with store.write() as transaction:
        transaction.merge_nodes(
            "Utility",
            {
                "id": [utility.id for utility in NETWORK.utilities],
                "name": [utility.name for utility in NETWORK.utilities],
            },
        )
        transaction.merge_nodes("Capability", {"id": ["leaks"], "name": ["Leaks"]})


def drafted(store: Store) -> LivingRound:
    """A new round in a store that knows the utilities."""
    fill(store)
    return create_round(store, "Spring round", as_of=AS_OF, who="Ana", policy=POLICY)


def solved(store: Store) -> LivingRound:
    """A round that was checked and solved."""
    state = check_round(store, drafted(store), NETWORK, who="Ana")
    return solve_round(store, state.id, network_by, who="Ana")
