"""What a private need is about makes no difference to whoever may not see it: two worlds that differ only there."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from private_worlds import (
    SECRET,
    TOPICS,
    World,
    app_of,
    facts_of,
    fill,
    network_of,
    proposed,
    random_world,
    without_fits,
    without_ids,
)
from signed_in import Person

from graph.store import open_store
from matcher.scenarios import scenario
from web.jobs.board import JobBoard, number_of
from web.private import Sight, hidden_from, seen_network, view_of
from web.private_documents import seen_document

READERS = {
    "planner": Person("planner@example.org", ("planner",), key="planner-key"),
    "facilitator elsewhere": Person("other@example.org", ("facilitator",), regions=("R2",), key="r2-key"),
    "another utility": Person("n1@example.org", ("utility",), utilities=("N1", "M1"), key="n1-key"),
}
WORKED_OUT = (
    "/proposal/scarcity",
    "/proposal/fairness",
    "/proposal/recruitment",
    "/proposal/best",
    "/proposal/frontier",
    f"/proposal/alternates/{SECRET}",
    "/proposal/alternates/N1",
    f"/proposal/pair/M2/{SECRET}/round",
    "/proposal/pair/M1/N1/round",
    "/backtest",
    "/supply",
    f"/utilities/{SECRET}",
    f"/utilities/{SECRET}/mentors",
    "/utilities/N1/mentors",
    "/utilities/M1",
    "/utilities?offers=pumps",
    "/utilities?needs=pumps",
    "/capabilities",
    f"/suggest?utility={SECRET}",
)
"""Pages that stand on the public part, whoever is paired with whom; a line of one says what the round itself has."""
SHOWN: tuple[str, ...] = (
    "/",
    "/proposal",
    "/proposal/unmatched",
    "/proposal/idle",
    "/proposal/download.csv",
    "/proposal/download.json",
)
SHOWN += (f"/proposal/pair/M1/{SECRET}", "/proposal/pair/M1/N1", "/proposal?capability=pumps")


def decisive() -> World:
    """The private need decides: it is all that S1 has, and the pair of S1 rests on it."""
    return World(
        mentors={"M1": "R2", "M2": "R2", "M3": "R3"},
        mentees={SECRET: "R1", "N1": "R1", "N2": "R3"},
        places={"M1": 1, "M2": 1, "M3": 1},
        offers=(("M1", "pumps", 5), ("M1", "meters", 5), ("M2", "leaks", 4), ("M3", "meters", 2)),
        needs=(("N1", "leaks", 1), ("N2", "leaks", 2)),
        topic="pumps",
    )


def worlds(seed: int) -> tuple[World, World]:
    """A world, and the same with another private need."""
    rng = random.Random(seed)
    one = random_world(rng)
    others = [each for each in TOPICS if (SECRET, each) not in {need[:2] for need in one.needs} and each != one.topic]
    other = one.with_secret(rng.choice(others), rng.randint(1, 3))
    if one.closed:
        offers = [offer for offer in one.offers if offer[0] != "M1"]
        offers += [("M1", topic, rng.randint(2, 5)) for topic in rng.sample(TOPICS, rng.randint(1, 3))]
        other = replace(other, offers=tuple(offers))
    figures = tuple(value + rng.randint(1, 20) for value in one.figures)
    return one, replace(other, figures=figures, refused=rng.choice(("N1", "N2")) if one.refused else "")


def test_the_private_need_decides_here_and_nothing_of_it_is_seen(tmp_path: Path) -> None:
    """M1 offers both topics equally well and nobody better, so the round is the same: so must every byte be."""
    one = app_of(decisive(), tmp_path / "one.sqlite")
    other = app_of(decisive().with_secret("meters", 1), tmp_path / "other.sqlite")
    full = one.test_client().get("/proposal", headers={"Accept": "application/json"}).json
    assert full is not None
    assert ("M1", SECRET) in {(pair["mentor"]["id"], pair["mentee"]["id"]) for pair in full["pairs"]}
    assert full["totals"]["eligible_pairs"] is not None
    changed = [page for page in SHOWN if one.test_client().get(page).text != other.test_client().get(page).text]
    assert "/proposal" in changed, "to who may see it, the two are different"
    for who, person in READERS.items():
        first, second = (app.test_client(person=person) for app in (one, other))
        for address in (*WORKED_OUT, *SHOWN):
            for form in ("application/json", "text/html"):
                told = [without_ids(client.get(address, headers={"Accept": form}).text) for client in (first, second)]
                assert told[0] == told[1], (who, address, form)
                assert "Zebra" not in told[0], (who, address, form)


@pytest.mark.parametrize("seed", range(3))
def test_what_is_worked_out_is_the_same_in_random_worlds(tmp_path: Path, seed: int) -> None:
    """Who is paired may then differ, and is shown; what stands on the public part may not."""
    apps = [app_of(world, tmp_path / f"{at}.sqlite") for at, world in enumerate(worlds(seed))]
    clients = [app.test_client(person=READERS["planner"]) for app in apps]
    for address in WORKED_OUT:
        answers = [client.get(address, headers={"Accept": "application/json"}) for client in clients]
        told = [answer.json or {} for answer in answers]
        for each in told:
            each.pop("in_round_s", None)
        assert answers[0].status_code == answers[1].status_code
        assert without_ids(str(told[0])) == without_ids(str(told[1])), (seed, address)


def test_a_seen_proposal_follows_from_who_is_paired_with_whom(tmp_path: Path) -> None:
    """Over many random worlds: the same pairs with the same fits, the same document."""
    compared = 0
    for seed in range(24):
        found = []
        for at, world in enumerate(worlds(seed)):
            store = open_store(f"sqlite:///{tmp_path / f'{seed}-{at}.sqlite'}")
            fill(store, world)
            network = network_of(store)
            store.close()
            document = proposed(network)
            hidden = hidden_from(network, Sight())
            assert SECRET in hidden
            seen = seen_document(document, view_of(network, seen_network(network, hidden), hidden))
            found.append((facts_of(document, hidden), without_fits(seen, hidden)))
        if found[0][0] == found[1][0]:
            assert found[0][1] == found[1][1], seed
            compared += 1
    assert compared >= 6


def test_a_job_tells_no_more_than_its_proposal(tmp_path: Path) -> None:
    app = app_of(decisive(), tmp_path / "one.sqlite")
    with app.app_context():
        document = app.extensions["wop"].now().latest
    board: JobBoard = app.extensions["wop_jobs"]
    asked = board.ask("match", [document["policy"]], document["as_of"], 0, 300.0, 1)
    board.end(number_of(asked["id"]), "done", [document["id"]], [scenario(document)])
    admin = Person("admin@example.org", ("administrator",), key="admin-key")
    for client, told in ((app.test_client(), True), (app.test_client(person=admin), False)):
        for address in ("/jobs", f"/jobs/{asked['id']}"):
            data = client.get(address, headers={"Accept": "application/json"}).json
            assert data is not None
            row = data.get("jobs", [data])[0]["scenarios"][0]
            assert (row["totals"]["eligible_pairs"] is not None) == told
            assert bool(row["input_hash"]) == told
            assert client.get(address).status_code == 200


def test_a_round_that_nothing_seen_can_satisfy_says_so(tmp_path: Path) -> None:
    """The policy asks for a partnership that only the private need makes possible; whoever sees it gets all answers."""
    app = app_of(decisive(), tmp_path / "one.sqlite", must_serve=SECRET)
    planner = app.test_client(person=READERS["planner"])
    answer = planner.get("/proposal/scarcity")
    assert answer.status_code == 409
    assert "On what you may see, this round has no proposal" in answer.text
    assert "wop match" not in answer.text
    itself = Person("s1@example.org", ("utility",), utilities=(SECRET,), key="s1-key")
    for client in (app.test_client(), app.test_client(person=itself)):
        told = client.get(f"/proposal/pair/M1/{SECRET}/round", headers={"Accept": "application/json"}).json
        assert told is not None
        assert told["standing"] == "proposed"
        assert "left_out" not in told
