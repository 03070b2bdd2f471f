"""Where recipients choose: a mentee ranks its best mentors, and the solve counts it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from apiflask import APIFlask
from signed_in import Person
from small_world import AS_OF

from graph.errors import BadInput, Conflict, UnknownName
from graph.network import Network, read_network
from graph.register import with_inferred
from graph.store import Store
from matcher.document import PairExplanation
from matcher.pairs import Partners, explain_pair
from matcher.policy import load_policy
from matcher.rounds.edits import change_settings, create_round
from matcher.rounds.input import RANKED_FIRST, policy_of
from matcher.rounds.keeping import read_log, read_state
from matcher.rounds.readiness import check_round
from matcher.rounds.shortlist import rank, shortlist, unranked_policy
from matcher.rounds.solving import solve_round
from matcher.rounds.state import LivingRound

JSON = {"Accept": "application/json"}
HERE = {"Sec-Fetch-Site": "same-origin"}
N1 = Person("n1@example.org", ("utility",), utilities=("N1",), key="n1-key")
N2 = Person("n2@example.org", ("utility",), utilities=("N2",), key="n2-key")
DAY = date.fromisoformat(AS_OF)


@pytest.fixture
def store(app: APIFlask) -> Store:
    found: Store = app.extensions["wop"].store
    return found


def listed(state: LivingRound, network: Network, mentee: str) -> list[PairExplanation]:
    partners = Partners(network, unranked_policy(state), date.fromisoformat(state.as_of))
    return shortlist(state, mentee, partners)


def network_of(store: Store) -> Network:
    with store.read() as reader:
        return with_inferred(read_network(reader), DAY)


def choosing(store: Store, count: int = 2) -> LivingRound:
    """A checked round in which recipients choose."""
    state = create_round(store, "Spring", as_of=DAY, who="Ana", policy=load_policy("best_fit"), recipients_choose=count)
    return check_round(store, state, network_of(store), who="Ana")


def test_a_mentee_ranks_its_shortlist_and_the_solve_counts_it(app: APIFlask, store: Store) -> None:
    state = choosing(store)
    client = app.test_client(person=N1)
    desk = client.get("/utilities/N1/partners").text
    assert "A round lets you choose" in desk
    found = client.get(f"/utilities/N1/shortlist/{state.id}", headers=JSON).json
    assert found is not None
    mentors = [row["partner"]["id"] for row in found["mentors"]]
    assert set(mentors) == {"M1", "M2"}
    assert all(row["pair"]["speaks_for"] for row in found["mentors"])
    assert (found["open"], found["ranked"]) == (True, [])
    for language in ("en", "fr", "es"):
        assert client.get(f"/utilities/N1/shortlist/{state.id}?lang={language}").status_code == 200
    last = mentors[1]
    form = {"mentors": [last, ""]}
    answer = client.post(f"/utilities/N1/shortlist/{state.id}", data=form, headers=HERE)
    assert answer.status_code == 303, answer.text
    with store.read() as reader:
        after = read_state(reader, state.id)
    assert after.rankings == {"N1": (last,)}
    assert after.phase == "checked"
    (adjusted,) = policy_of(after).adjustments
    assert (adjusted.mentor, adjusted.mentee, adjusted.by, adjusted.source) == (last, "N1", RANKED_FIRST, "ranking")
    network = network_of(store)
    plain = explain_pair(network, policy_of(state), last, "N1", DAY)
    ranked = explain_pair(network, policy_of(after), last, "N1", DAY)
    assert ranked["fit"] == pytest.approx(plain["fit"] + RANKED_FIRST)
    assert "ranked this mentor (1/2)" in ranked["reasons"][-1]["text_s"]["text"]
    assert [pair["mentor"]["id"] for pair in listed(after, network, "N1")] == mentors, "the list does not move"
    solve_round(store, state.id, lambda _as_of: network, who="Ana")
    facilitator = app.test_client()
    record = facilitator.get(f"/rounds/{state.id}/record", headers=JSON).json
    assert record is not None
    assert [row["who"] for row in record["rankings"]] == [N1.login]
    assert record["policy"]["adjustments"][0]["source"] == "ranking"
    assert "Ranked by mentees" in facilitator.get(f"/rounds/{state.id}/record").text
    assert "ranked by the mentee" in facilitator.get(f"/rounds/{state.id}").text
    late = client.post(f"/utilities/N1/shortlist/{state.id}", json={"mentors": mentors}, headers=JSON)
    assert late.status_code == 409
    assert "No ranking is taken now" in client.get(f"/utilities/N1/shortlist/{state.id}?lang=en").text


def test_no_answer_is_unknown_and_an_answer_can_be_taken_back(app: APIFlask, store: Store) -> None:
    state = choosing(store)
    assert not policy_of(state).adjustments
    client = app.test_client(person=N2)
    mentors = [pair["mentor"]["id"] for pair in listed(state, network_of(store), "N2")]
    client.post(f"/utilities/N2/shortlist/{state.id}", json={"mentors": mentors}, headers=JSON)
    with store.read() as reader:
        after = read_state(reader, state.id)
    by = [each.by for each in policy_of(after).adjustments if each.mentee == "N2"]
    assert sorted(by, reverse=True) == [RANKED_FIRST * (2 - place) / 2 for place in range(len(mentors))]
    client.post(f"/utilities/N2/shortlist/{state.id}", json={}, headers=JSON)
    with store.read() as reader:
        assert not policy_of(read_state(reader, state.id)).adjustments
        assert [entry.kind for entry in read_log(reader, state.id)][-2:] == ["rank", "rank"]


def test_only_what_was_shown_is_ranked_once_and_in_time(store: Store) -> None:
    state = choosing(store)
    said: dict[str, Any] = {"who": "N", "on": DAY}
    with pytest.raises(UnknownName):
        rank(store, state.id, "N1", ["N2"], ["M1", "M2"], **said)
    with pytest.raises(BadInput, match="twice"):
        rank(store, state.id, "N1", ["M1", "M1"], ["M1", "M2"], **said)
    state = change_settings(store, state.id, who="Ana", why="", choose_by=date(2024, 1, 5))
    assert state.phase == "draft", "settings have the round checked again"
    with pytest.raises(Conflict):
        rank(store, state.id, "N1", ["M1"], ["M1"], **said)
    check_round(store, state, network_of(store), who="Ana")
    with pytest.raises(BadInput, match="was to be given by"):
        rank(store, state.id, "N1", ["M1"], ["M1"], who="N", on=date(2024, 1, 6))
    rank(store, state.id, "N1", ["M1"], ["M1"], **said)
    off = change_settings(store, state.id, who="Ana", why="", recipients_choose=0)
    assert off.rankings
    assert not policy_of(off).adjustments, "where recipients do not choose, earlier rankings do not count"
    with pytest.raises(BadInput):
        change_settings(store, state.id, who="Ana", why="", recipients_choose=21)


def test_who_takes_no_part_is_shown_no_list(app: APIFlask, store: Store) -> None:
    state = choosing(store)
    assert listed(state, network_of(store), "M1") == []
    other = Person("m1@example.org", ("utility",), utilities=("M1",), key="m1-key")
    assert app.test_client(person=other).get(f"/utilities/M1/shortlist/{state.id}").status_code == 404
    assert app.test_client(person=other).get(f"/utilities/N1/shortlist/{state.id}").status_code == 403
