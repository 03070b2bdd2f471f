"""Small random worlds of which one need is private, for tests that what it is about makes no difference to others."""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from apiflask import APIFlask
from signed_in import plant
from web_fixtures import settings_for

from graph.network import Network, read_network
from graph.register import with_inferred
from graph.rounds import save_round
from graph.store import Store, open_store
from matcher.document import ProposalDocument, ProposedPair
from matcher.policy import LimitSettings, Selection, load_policy
from matcher.proposal import propose
from web.app import create_app

AS_OF = date(2024, 1, 1)
TOPICS = ("leaks", "meters", "tariffs", "pumps")
REGIONS = {"R1": "KEN", "R2": "NLD", "R3": "EGY"}
SECRET = "S1"
"""The utility with the private need."""


@dataclass(frozen=True)
class World:
    """Offers and needs, (utility, topic, level or priority); and what the private need of ``SECRET`` is about."""

    mentors: dict[str, str]
    mentees: dict[str, str]
    places: dict[str, int]
    offers: tuple[tuple[str, str, int], ...]
    needs: tuple[tuple[str, str, int], ...]
    topic: str
    priority: int = 1
    closed: bool = False
    """Whether one mentor keeps its whole profile private; ``topic`` is then also what it offers."""
    words: str = "Zebra"
    figures: tuple[float, ...] = ()
    """Private figures: of ``SECRET``, and of the mentor M2."""
    refused: str = ""
    """Whom the last mentor refuses to work with, if anybody."""

    def with_secret(self, topic: str, priority: int) -> World:
        """The same world, but for the private need."""
        return replace(self, topic=topic, priority=priority)


def random_world(rng: random.Random) -> World:
    """Three or four mentors, four mentees besides the one with the private need, which may have a public one too."""
    mentors = {f"M{at}": rng.choice(list(REGIONS)) for at in range(1, rng.choice((4, 5)))}
    mentees = {SECRET: "R1", **{f"N{at}": rng.choice(list(REGIONS)) for at in range(1, 5)}}
    offers = tuple((id, topic, rng.randint(2, 5)) for id in mentors for topic in rng.sample(TOPICS, rng.randint(1, 3)))
    needs = [(id, topic, rng.randint(1, 3)) for id in mentees for topic in rng.sample(TOPICS[:-1], rng.randint(1, 2))]
    if rng.random() < 0.5:
        needs = [need for need in needs if need[0] != SECRET]
    public = {topic for id, topic, _priority in needs if id == SECRET}
    topic = rng.choice([each for each in TOPICS if each not in public])
    places = {id: rng.randint(1, 2) for id in mentors}
    world = World(mentors, mentees, places, offers, tuple(needs), topic, rng.randint(1, 3), closed=rng.random() < 0.3)
    figures = (rng.randint(20, 60), rng.randint(5, 30)) if rng.random() < 0.3 else ()
    return replace(world, figures=figures, refused=rng.choice(("N1", "N2")) if rng.random() < 0.3 else "")


def fill(store: Store, world: World) -> None:
    """Write a world into an empty store."""
    everybody = {**world.mentors, **world.mentees}
    ids = list(everybody)
    with store.write() as transaction:
        transaction.merge_nodes("Region", {"id": list(REGIONS), "name": [f"Region {id}" for id in REGIONS]})
        transaction.merge_nodes("Country", {"id": list(REGIONS.values()), "name": list(REGIONS.values())})
        transaction.merge_nodes("CapabilityGroup", {"id": ["all"], "name": ["All"]})
        topics = list(TOPICS)
        transaction.merge_nodes("Capability", {"id": topics, "name": [t.title() for t in topics], "definition": topics})
        transaction.merge_nodes("Metric", {"id": ["nrw_percent"], "name": ["Non-revenue water"], "unit": ["%"]})
        transaction.merge_nodes(
            "Utility",
            {
                "id": ids,
                "name": [f"Water of {id}" for id in ids],
                "country": [REGIONS[region] for region in everybody.values()],
                "mentor_places": [world.places.get(id) for id in ids],
                "refused_partners": [
                    (world.refused,) if world.refused and id == list(world.mentors)[-1] else None for id in ids
                ],
                "private": [True if world.closed and id == "M1" else None for id in ids],
            },
        )
        edges: dict[str, dict[str, list[Any]]] = {
            "IN": {"source": list(REGIONS.values()), "target": list(REGIONS)},
            "PART_OF": {"source": topics, "target": ["all"] * len(topics)},
            "LOCATED_IN": {"source": ids, "target": [REGIONS[region] for region in everybody.values()]},
            "OFFERS": {
                "source": [offer[0] for offer in world.offers],
                "target": [offer[1] for offer in world.offers],
                "level": [offer[2] for offer in world.offers],
                "year": [2023] * len(world.offers),
            },
            "NEEDS": {
                "source": [*(need[0] for need in world.needs), SECRET],
                "target": [*(need[1] for need in world.needs), world.topic],
                "priority": [*(need[2] for need in world.needs), world.priority],
                "private": [*(None for _need in world.needs), True],
                "indicator": [*(None for _need in world.needs), world.words],
            },
        }
        if world.figures:
            edges["OBSERVED"] = {
                "source": [SECRET, "M2"],
                "target": ["nrw_percent"] * 2,
                "key": ["2023"] * 2,
                "value": list(world.figures),
                "year": [2023] * 2,
                "private": [True] * 2,
            }
        for type, columns in edges.items():
            transaction.merge_edges(type, columns)


def network_of(store: Store) -> Network:
    """What is known in a store by the day of these worlds."""
    with store.read() as reader:
        return with_inferred(read_network(reader), AS_OF)


def proposed(network: Network, must_serve: str = "") -> ProposalDocument:
    """A proposal for a world, with a goal that counts needs; and a limit by which one mentee must have a partner."""
    chosen = load_policy("best_fit")
    goals = ("most_mentees", "most_priority", *(goal for goal in chosen.goals if goal != "most_mentees"))
    limits: tuple[LimitSettings, ...] = ()
    if must_serve:
        one = Selection(utilities=(must_serve,))
        limits = (LimitSettings(id="floor", title="A partner for it", mentee=one, at_least=1),)
    return propose(network, chosen.model_copy(update={"goals": goals, "limits": limits}), as_of=AS_OF)


def app_of(world: World, path: Path, must_serve: str = "") -> APIFlask:
    """An application over a world and its proposal."""
    settings = settings_for(path)
    store = open_store(settings.store)
    fill(store, world)
    save_round(store, proposed(network_of(store), must_serve))
    plant(store)
    store.close()
    return create_app(settings)


def without_ids(text: str) -> str:
    """A page without the ids of proposals, which are checksums of the whole, and of requests."""
    return re.sub(r"R[0-9a-f]{12}|\b[0-9a-f]{16}\b", "", text)


def facts_of(document: ProposalDocument, hidden: frozenset[str]) -> str:
    """Who is paired with whom, who is left, and how well those pairs fit that have nothing private."""
    pairs = sorted(
        (pair["mentor"]["id"], pair["mentee"]["id"], None if _touches(pair, hidden) else pair["fit"])
        for pair in document["pairs"]
    )
    return json.dumps([pairs, sorted(row["mentee"]["id"] for row in document["unmatched"])])


def without_fits(document: ProposalDocument, hidden: frozenset[str]) -> dict[str, Any]:
    """A document without its id, the fits of pairs with something private, and what follows from all fits."""
    pairs = [{**pair, "fit": 0, "points": 0} if _touches(pair, hidden) else pair for pair in document["pairs"]]
    return {
        **document,
        "id": "",
        "pairs": sorted(pairs, key=lambda pair: (pair["mentor"]["id"], pair["mentee"]["id"])),
        "totals": {**document["totals"], "mean_fit": 0, "lowest_fit": 0},
        "goals": [goal for goal in document["goals"] if goal["id"] != "best_fit"],
    }


def _touches(pair: ProposedPair, hidden: frozenset[str]) -> bool:
    return bool({pair["mentor"]["id"], pair["mentee"]["id"]} & hidden)
